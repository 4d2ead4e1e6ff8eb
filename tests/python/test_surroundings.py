"""The client in threads, forks and notebooks, without a terminal, and interrupted."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modelreg import AlreadyRegistered, Registry, RegistryError

MODEL = "minutes_v1_lgbm"
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks of POSIX")


def test_threads_share_one_registry(fresh):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: fresh.register("m", f"runs/{i}", version=f"v{i}"), range(32)))
    assert {version.version for version in fresh.versions("m")} == {f"v{i}" for i in range(32)}


def _register(path, number):
    Registry(path).register("m", "p", version=f"v{number}")
    try:
        Registry(path).register("m", "other", version=f"v{number}")
    except AlreadyRegistered as error:
        raise error


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_pool_of_processes(fresh, method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = [pool.apply_async(_register, (fresh.manifest, i)) for i in range(4)]
        for result in results:
            with pytest.raises(AlreadyRegistered) as error:  # it crosses the border as it was
                result.get(60)
            assert error.value.fields == ("artifact_path",)
    assert len(fresh.versions("m")) == 4


@posix
def test_a_fork_while_threads_run(fresh):
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            fresh.models()

    fresh.register("m", "p", version="0")
    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        context = multiprocessing.get_context("fork")
        for number in range(5):
            process = context.Process(target=_try_register, args=(fresh.manifest, number))
            process.start()
            process.join(60)
            assert process.exitcode == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _try_register(path, number):
    Registry(path).register("m", "p", version=f"v{number}")


@posix
@pytest.mark.parametrize("descriptors", ["0<&- 1>&- 2>&-", "</dev/null >/dev/null 2>&1"])
def test_without_a_terminal(fresh, descriptors):
    code = (
        "from modelreg import Registry;"
        f"Registry({fresh.manifest!r}).register('m', 'p', version='1')"
    )
    script = f'exec "$1" -c "$2" {descriptors}'
    subprocess.run(["/bin/sh", "-c", script, "-", sys.executable, code], check=True)
    assert fresh.path("m", "1") == "p"


@posix
@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_a_name_is_utf_8_in_every_locale(fresh, locale):
    code = (
        "from modelreg import Registry; import sys;"
        f"v = Registry({fresh.manifest!r}).register('caf\\u00e9', 'p', version='\\u4e2d');"
        "assert v.model == 'caf\\u00e9' and v.version == '\\u4e2d', ascii(v)"
    )
    environment = {**os.environ, "LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    stored = json.loads(Path(fresh.manifest).read_text(encoding="utf-8"))
    assert list(stored["models"]) == ["caf\u00e9"]


def test_standard_input_belongs_to_the_caller(fresh):
    """In a notebook or a pipe, the command does not take what is there to read."""
    code = (
        "import sys; from modelreg import Registry\n"
        f"r = Registry({fresh.manifest!r}); r.register('m', 'p', version='1'); r.models()\n"
        "try: Registry('-').models()  # a manifest from standard input\n"
        "except ValueError as error: print(error.details['reason'])\n"
        "print(sys.stdin.read())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input="mine", capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["empty", "mine"]


@posix
def test_an_interrupt_leaves_nothing_half_written(fresh):
    import fcntl

    fresh.register("m", "p", version="1")
    path = Path(fresh.manifest)
    before = path.read_bytes()
    code = (
        "from modelreg import Registry; print('ready', flush=True);"
        f"Registry({fresh.manifest!r}, lock_timeout=60).register('m', 'p', version='2')"
    )
    with open(str(path.parent / ".manifest.json.lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert child.stdout.readline() == "ready\n"
        _until(lambda: any(_has_open(pid, lock.name) for pid in _children(child.pid)))
        commands = _children(child.pid)
        os.kill(child.pid, signal.SIGINT)  # only Python, as a notebook does it
        _, errors = child.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    _until(lambda: not any(_alive(pid) for pid in commands))
    # An interrupt that arrives while Python is still starting the command does not end it. Then the
    # registration is whole, once the lock is free.
    written = set() if path.read_bytes() == before else {"2"}
    assert {version.version for version in fresh.versions("m")} == {"1"} | written
    assert fresh.register("m", "p", version="3").version == "3"
    assert {version.version for version in fresh.versions("m")} == {"1", "3"} | written


def _children(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("this system does not list the children of a process")
    return [int(each) for each in listed.read_text().split()]


def _has_open(pid, path):
    try:
        return any(os.readlink(each) == path for each in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _until(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@posix
def test_a_command_that_is_killed_is_an_error(fresh, tmp_path, monkeypatch):
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\nkill -9 $$\n")
    fake.chmod(0o755)
    monkeypatch.setenv("MODELREG_BIN", str(fake))
    with pytest.raises(RegistryError, match="signal 9") as error:
        fresh.models()
    assert error.value.kind == "killed"


@posix
def test_one_command_for_one_call(registry, tmp_path, monkeypatch):
    from modelreg import find_binary

    log = tmp_path / "log"
    fake = tmp_path / "fake"
    fake.write_text(f'#!/bin/sh\necho run >> {log}\nexec {find_binary()} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("MODELREG_BIN", str(fake))
    registry.production(MODEL)
    registry.register("m", "p", metrics={"a": 1})
    registry.promote(MODEL, "@staging", "prod")
    assert log.read_text().count("run") == 3
