"""The shell steps of action.yml, in a clone of a repository with a target branch."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from modelreg import Registry, find_binary

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps run in bash")

GH = """#!/usr/bin/env bash
echo "gh $*" >> "$STUB_LOG"
case "$*" in *--jq*) cat "$STUB_COMMENT" 2>/dev/null || true ;; esac
"""


class Action:
    """A run of the action, as GitHub would do it for a pull request."""

    def __init__(self, root, folder):
        self.document = yaml.safe_load((root / "action.yml").read_text())
        self.folder = folder
        self.clone = folder / "clone"
        self.outputs = {}
        self.path = os.environ["PATH"]
        (folder / "bin").mkdir()
        (folder / "bin/gh").write_text(GH)
        (folder / "bin/gh").chmod(0o755)
        for name in ("env-path", "output", "summary", "log"):
            (folder / name).touch()

    def run(self, name, code=0, **inputs):
        """Run the step of this name and return what it printed."""
        (step,) = [each for each in self.document["runs"]["steps"] if each["name"] == name]
        given = {key: str(each.get("default", "")) for key, each in self.document["inputs"].items()}
        given.update({key.replace("_", "-"): value for key, value in inputs.items()})

        def expand(match):
            expression = match.group(1).strip()
            if expression.startswith("inputs."):
                return given[expression[len("inputs.") :]]
            if expression.startswith("steps."):
                return self.outputs.get(
                    expression.split(".")[1] + "." + expression.split(".")[3], ""
                )
            return {"github.event.pull_request.number": "7", "github.token": "secret"}[expression]

        environment = {
            key: re.sub(r"\$\{\{(.*?)\}\}", expand, value)
            for key, value in step.get("env", {}).items()
        }
        assert "${{" not in step["run"], "an input would be pasted into the script"
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.clone,
            env={
                **os.environ,
                "PATH": f"{self.folder / 'bin'}{os.pathsep}{self.path}",
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_PATH": str(self.folder / "env-path"),
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                "GITHUB_BASE_REF": "main",
                "GITHUB_REPOSITORY": "sports/projections",
                "STUB_LOG": str(self.folder / "log"),
                "STUB_COMMENT": str(self.folder / "comment"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        for line in (self.folder / "output").read_text().splitlines():
            key, _, value = line.partition("=")
            self.outputs[f"{step['id']}.{key}"] = value
        (self.folder / "output").write_text("")
        for line in (self.folder / "env-path").read_text().splitlines():
            self.path = line + os.pathsep + self.path
        (self.folder / "env-path").write_text("")
        return ran.stdout + ran.stderr


@pytest.fixture
def action(root, tmp_path):
    """Return the action in a clone, on a branch that has promoted a version."""

    def git(folder, *arguments):
        settings = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)

    origin = tmp_path / "origin"
    target = origin / "artifacts/registry/manifest.json"
    target.parent.mkdir(parents=True)
    target.write_bytes((root / "artifacts/registry/manifest.json").read_bytes())
    git(origin, "init", "--quiet", "--initial-branch=main")
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message=first")
    git(tmp_path, "clone", "--quiet", "--depth=1", origin.as_uri(), "clone")
    clone = tmp_path / "clone"
    Registry(clone / "artifacts/registry/manifest.json").promote(
        "minutes_v1_lgbm", "@staging", "prod"
    )
    git(clone, "commit", "--quiet", "--all", "--message=promote")
    return Action(root, tmp_path)


def install(action):
    """Install the binary from a URL, as the action does it."""
    binary = Path(find_binary())
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()
    action.run("Install the binary", url=binary.as_uri(), sha256=digest)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="the step uses sha256sum")
def test_a_binary_with_another_checksum_is_not_installed(action):
    binary = Path(find_binary())
    action.run("Install the binary", url=binary.as_uri(), sha256="0" * 64, code=1)
    action.run("Install the binary", url=binary.as_uri(), code=1)
    assert not (action.folder / "registry-bin").exists()


def test_an_honest_pull_request_is_described_in_one_comment(action):
    install(action)
    action.run("Find the target branch")
    action.run("Check")
    action.run("Describe the change")
    described = (action.folder / "summary").read_text()
    assert "20251205T061430Z" in described
    assert "20251212T061455Z" in described
    action.run("Comment")
    (action.folder / "comment").write_text("42\n")
    action.run("Comment")
    written = [line for line in (action.folder / "log").read_text().splitlines() if "POST" in line]
    assert len(written) == 1
    assert "repos/sports/projections/issues/7/comments" in written[0]
    updated = [line for line in (action.folder / "log").read_text().splitlines() if "PATCH" in line]
    assert len(updated) == 1
    assert "issues/comments/42" in updated[0]
    assert Path(action.outputs["diff.file"]).read_text() == described


def test_a_rewritten_metric_fails_the_check(action):
    install(action)
    manifest = action.clone / "artifacts/registry/manifest.json"
    manifest.write_text(manifest.read_text().replace('"val_mae": 3.62', '"val_mae": 3.12'))
    action.run("Find the target branch")
    assert "metrics.val_mae" in action.run("Check", code=4)
    # Without a revision the manifest alone is checked, and it is a valid one.
    action.outputs["base.revision"] = ""
    action.run("Check")


def test_the_first_manifest(action):
    install(action)
    action.run("Check", manifest="other.json", code=4)
    (action.clone / "other.json").write_text('{"models": {}}')
    action.run("Find the target branch")
    action.run("Check", manifest="other.json", code=3)
    action.run("Check", manifest="other.json", allow_missing_base="true")


def test_a_revision_may_be_chosen(action):
    action.run("Find the target branch", against="v1.0")
    assert action.outputs["base.revision"] == "v1.0"
