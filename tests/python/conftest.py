"""What the tests share. They run against the installed wheel and never against the source tree."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import modelreg
from modelreg import Registry, find_binary

ROOT = Path(__file__).resolve().parents[2]

# Nothing of the machine decides what a test sees.
for name in list(os.environ):
    if name in ("REGISTRY_TEST_SERVERS", "REGISTRY_TEST_WHEEL", "REGISTRY_TEST_SDIST"):
        continue  # set by .ci/python
    if name.startswith(("REGISTRY_", "MODELREG_", "GITHUB_", "GITLAB_")):
        del os.environ[name]
os.environ["REGISTRY_BY"] = "tester"

# A shell that starts the tests in the background ignores interrupts, and every child inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

if Path(modelreg.__file__).is_relative_to(ROOT / "python"):
    raise pytest.UsageError("modelreg is imported from the source tree; install the wheel first")


@pytest.fixture
def root():
    """Return the root of the repository."""
    return ROOT


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a new folder with the example manifest, which is the working directory."""
    source = ROOT / "artifacts/registry/manifest.json"
    target = tmp_path / "artifacts/registry/manifest.json"
    target.parent.mkdir(parents=True)
    target.write_bytes(source.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def manifest(project):
    """Return the path of a copy of the example manifest."""
    return project / "artifacts/registry/manifest.json"


@pytest.fixture
def artifacts(project):
    """Return the folder of the artifacts that the example manifest names."""
    shutil.copytree(ROOT / "artifacts", project / "artifacts", dirs_exist_ok=True)
    return project / "artifacts"


@pytest.fixture
def registry(manifest):
    """Return a registry of a copy of the example manifest."""
    return Registry(manifest)


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """Return a registry without a manifest yet, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Registry(tmp_path / "artifacts/registry/manifest.json")


@pytest.fixture
def command():
    """Return a function that runs the `registry` command as a shell would."""

    def run(*arguments, **options):
        options.setdefault("text", True)
        return subprocess.run(
            [find_binary(), *map(str, arguments)], capture_output=True, check=False, **options
        )

    return run
