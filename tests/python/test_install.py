"""The installed package: its command, where the command is searched for, and that it is needed."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

import modelreg
from modelreg import BinaryNotFound, Registry, find_binary
from modelreg.manifest import load_manifest, register_model, save_manifest

PACKAGE = Path(modelreg.__file__).parent
EXE = ".exe" if sys.platform == "win32" else ""
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


def outside(code, path, *options, **environment):
    """Run code in the base interpreter, which has no `registry`, with the package at `path`."""
    base = Path(sys.base_prefix) / SCRIPTS / f"python{EXE}"
    return subprocess.run(
        [base, *options, "-c", code],
        env={**os.environ, "PYTHONPATH": str(path), "PYTHONNOUSERSITE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def copied(folder):
    """Copy the package, without its command, into a folder."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, folder / "modelreg", ignore=ignored)
    return folder


FOUND = "import modelreg; print(modelreg.find_binary())"


def test_the_command_is_the_one_of_this_environment():
    assert Path(find_binary()).parent == Path(sysconfig.get_path("scripts"))
    shown = subprocess.run([find_binary(), "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.split()[-1] == importlib.metadata.version("modelreg")


def test_every_command_has_a_manual_page_where_man_looks():
    shown = subprocess.run([find_binary(), "--help"], capture_output=True, text=True, check=True)
    listed = shown.stdout.split("Commands:\n")[1].split("\n\n")[0]
    lines = [line for line in listed.splitlines() if not line.startswith("   ")]
    verbs = {line.split()[0] for line in lines} - {"help"}
    pages = Path(sysconfig.get_path("data"), "share", "man", "man1").glob("registry*.1")
    assert {page.name for page in pages} == {"registry.1", *(f"registry-{v}.1" for v in verbs)}


def test_python_m_is_the_command(registry):
    arguments = ["-m", registry.manifest, "production", "minutes_v1_lgbm"]
    module = subprocess.run([sys.executable, "-m", "modelreg", *arguments], capture_output=True)
    direct = subprocess.run([find_binary(), *arguments], capture_output=True)
    assert module.stdout == direct.stdout != b""
    failed = subprocess.run(
        [sys.executable, "-m", "modelreg", "production", "no_such_model"], capture_output=True
    )
    assert failed.returncode == 3


def test_the_package_has_types():
    assert (PACKAGE / "py.typed").is_file()
    assert not set(modelreg.__all__) - set(dir(modelreg))
    for name in modelreg.__all__:
        assert getattr(modelreg, name) is not None
    with pytest.raises(AttributeError):
        modelreg.no_such_name  # noqa: B018


def test_the_variable_wins(monkeypatch, tmp_path):
    other = tmp_path / f"other{EXE}"
    shutil.copy(find_binary(), other)
    monkeypatch.setenv("MODELREG_BIN", str(other))
    assert find_binary() == str(other)
    assert Registry(tmp_path / "m.json").register("m", "p", version="1").version == "1"


def test_a_variable_that_names_nothing_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("MODELREG_BIN", str(tmp_path / "gone"))
    with pytest.raises(BinaryNotFound, match=r"MODELREG_BIN.*gone") as error:
        find_binary()
    assert isinstance(error.value, FileNotFoundError)
    assert isinstance(error.value, ValueError)
    assert error.value.kind == "binary_not_found"


def test_it_is_found_after_pip_install_target(tmp_path):
    copied(tmp_path)
    (tmp_path / "bin").mkdir()
    shutil.copy(find_binary(), tmp_path / "bin")
    assert outside(FOUND, tmp_path).stdout.strip() == str(tmp_path / "bin" / f"registry{EXE}")


@pytest.mark.skipif(sys.platform == "win32", reason="other folders")
@pytest.mark.parametrize("lib", ["lib/python3.99/site-packages", "lib64/python3/dist-packages"])
def test_it_is_found_after_pip_install_prefix(tmp_path, lib):
    site = tmp_path / lib
    site.mkdir(parents=True)
    copied(site)
    (tmp_path / "bin").mkdir()
    shutil.copy(find_binary(), tmp_path / "bin")
    assert outside(FOUND, site).stdout.strip() == str(tmp_path / "bin/registry")


@pytest.mark.skipif(sys.platform == "win32", reason="other folders")
def test_it_is_found_after_pip_install_user(tmp_path):
    copied(tmp_path / "elsewhere")
    (tmp_path / "base/bin").mkdir(parents=True)
    shutil.copy(find_binary(), tmp_path / "base/bin")
    found = outside(FOUND, tmp_path / "elsewhere", PYTHONUSERBASE=str(tmp_path / "base"))
    assert found.stdout.strip() == str(tmp_path / "base/bin/registry")


def test_it_is_found_from_a_module_that_is_elsewhere(tmp_path):
    # An editable installation, or an environment on top of this one: the base prefix has it.
    copied(tmp_path)
    code = f"import sys; sys.base_prefix = {sys.prefix!r}; {FOUND}"
    assert outside(code, tmp_path).stdout.strip() == find_binary()


def test_the_command_of_its_own_installation_comes_first(tmp_path):
    """A client with the command of another version would be the worst."""
    copied(tmp_path)
    (tmp_path / "bin").mkdir()
    shutil.copy(find_binary(), tmp_path / "bin")
    code = f"import sys; sys.base_prefix = {sys.prefix!r}; {FOUND}"
    assert outside(code, tmp_path).stdout.strip() == str(tmp_path / "bin" / f"registry{EXE}")


def test_without_the_command_every_place_is_named(tmp_path):
    copied(tmp_path)
    ran = outside(FOUND, tmp_path)
    assert ran.returncode != 0
    message = ran.stderr
    assert "BinaryNotFound" in message
    for folder in [tmp_path / "bin", Path(sys.base_prefix) / SCRIPTS]:
        assert str(folder / f"registry{EXE}") in message, message
    assert "MODELREG_BIN" in message
    module = outside("import runpy; runpy.run_module('modelreg', run_name='__main__')", tmp_path)
    assert module.returncode == 1
    assert module.stderr.startswith("error: the `registry` program was not found")
    assert "Traceback" not in module.stderr


WHEEL = os.environ.get("REGISTRY_TEST_WHEEL", "")


@pytest.mark.skipif(not WHEEL, reason="REGISTRY_TEST_WHEEL does not name the wheel; see .ci/python")
@pytest.mark.parametrize("way", ["target", "prefix", "user"])
def test_it_is_found_where_pip_puts_it(tmp_path, way):
    options = [] if way == "user" else [f"--{way}", tmp_path]
    base = Path(sys.base_prefix) / SCRIPTS / f"python{EXE}"
    environment = {**os.environ, "PYTHONUSERBASE": str(tmp_path)}
    subprocess.run(
        [
            base,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--no-warn-script-location",
        ]
        + [*(options or ["--user"]), WHEEL],
        env=environment,
        check=True,
        capture_output=True,
    )
    (package,) = tmp_path.rglob("modelreg/__init__.py")
    if way == "user":  # found without a path, as after the installation
        ran = subprocess.run([base, "-c", FOUND], env=environment, capture_output=True, text=True)
    else:
        ran = outside(FOUND, package.parent.parent)
    found = Path(ran.stdout.strip())
    assert found.is_relative_to(tmp_path), ran.stderr
    assert found.name == f"registry{EXE}"


SDIST = os.environ.get("REGISTRY_TEST_SDIST", "")


@pytest.mark.skipif(not SDIST, reason="REGISTRY_TEST_SDIST does not name the sdist; see .ci/python")
def test_the_sdist_has_what_a_build_needs_and_no_more(root):
    with tarfile.open(SDIST) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()} - {"PKG-INFO"}
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True)
    sources = {
        name
        for name in listed.stdout.splitlines()
        if name.startswith(("src/", "python/", "schemas/", "crates/json-document/src/"))
    }
    assert len(sources) > 100
    needed = {"Cargo.toml", "Cargo.lock", "pyproject.toml", "README.md", "LICENSE"}
    assert packed >= sources | needed, (sources | needed) - packed
    folders = {name.partition("/")[0] for name in packed if "/" in name}
    assert folders == {"src", "python", "schemas", "crates"}
    # Only its sources and what describes them: the crate has tests, benches and a fuzz corpus.
    crate = {name for name in packed - sources if name.startswith("crates/")}
    assert crate <= {f"crates/json-document/{name}" for name in ("Cargo.toml", "README.md")}


def test_it_is_found_from_an_environment_of_an_environment(tmp_path):
    inner = tmp_path / "inner"
    options = ["--without-pip", "--system-site-packages"]
    subprocess.run([sys.executable, "-m", "venv", *options, inner], check=True)
    python = inner / SCRIPTS / f"python{EXE}"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    ran = subprocess.run([python, "-c", FOUND], env=environment, capture_output=True, text=True)
    assert ran.stdout.strip() == find_binary(), ran.stderr


def empty_transaction(registry):
    with registry.transaction():
        pass


CALLS = {
    "register": lambda r: r.register("m", "p"),
    "promote": lambda r: r.promote("m", "1", "prod"),
    "rollback": lambda r: r.rollback("m"),
    "get": lambda r: r.get("m"),
    "production": lambda r: r.production("m"),
    "path": lambda r: r.path("m"),
    "models": lambda r: r.models(),
    "versions": lambda r: r.versions("m"),
    "history": lambda r: r.history(),
    "trend": lambda r: r.trend("m", "mae"),
    "watch": lambda r: r.watch("m"),
    "compare": lambda r: r.compare("m", "1"),
    "diff": lambda r: r.diff("a"),
    "check": lambda r: r.check(),
    "to_dataframe": lambda r: r.to_dataframe("m"),
    "describe": lambda r: r.describe("m", description="x"),
    "alias": lambda r: r.alias("m", "champion", "1"),
    "aliases": lambda r: r.aliases("m"),
    "retire": lambda r: r.retire("m", "1", reason="x"),
    "prune": lambda r: r.prune(keep=1),
    "verify": lambda r: r.verify(),
    "apply": lambda r: r.apply([]),
    "transaction": empty_transaction,
}


@pytest.mark.parametrize("call", CALLS)
def test_nothing_works_without_the_command(call, manifest, monkeypatch, tmp_path):
    """The control: these tests cannot pass on another implementation than the command."""
    before = manifest.read_bytes()
    monkeypatch.setenv("MODELREG_BIN", str(tmp_path / "gone"))
    with pytest.raises(BinaryNotFound):
        CALLS[call](Registry(manifest))
    assert manifest.read_bytes() == before


def test_the_drop_in_needs_the_command_to_write(manifest, monkeypatch, tmp_path):
    before = manifest.read_bytes()
    monkeypatch.setenv("MODELREG_BIN", str(tmp_path / "gone"))
    loaded = load_manifest(manifest)
    register_model(loaded, model_name="m", version="1", run_id="1", artifact_path="p")
    with pytest.raises(BinaryNotFound):
        save_manifest(loaded, manifest)
    assert manifest.read_bytes() == before


def test_every_method_is_in_the_control():
    methods = {name for name in dir(Registry) if not name.startswith("_")}
    assert methods == set(CALLS)


def test_a_command_that_is_not_the_registry_is_not_believed(monkeypatch, manifest):
    true = shutil.which("true")
    if true is None:
        pytest.skip("there is no `true`")
    monkeypatch.setenv("MODELREG_BIN", true)
    with pytest.raises(modelreg.RegistryError) as error:
        Registry(manifest).models()
    assert error.value.kind == "unexpected_output"


def test_importing_the_client_does_not_import_what_only_a_call_needs():
    code = (
        "import sys; from modelreg import Registry, register_run; Registry('m.json');"
        "heavy = {'subprocess', 'json', 'dataclasses', 'inspect', 'typing', 'numpy', 'pandas'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert ran.stdout == "[]\n", ran.stderr
