"""Waiting for another version in a stage, and metrics over the versions of a model."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import warnings

import pytest

from modelreg import NotFound, Registry, RegistryError, RegistryWarning

MODEL = "minutes_v1_lgbm"
PROD, STAGING = "20251205T061430Z", "20251212T061455Z"
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def test_each_change_of_the_stage_is_returned(registry, artifacts):
    with registry.watch(MODEL) as watch:
        first = next(watch)
        assert (first.model, first.stage, first.path) == (MODEL, "prod", registry.path(MODEL))
        assert first.version == registry.production(MODEL)
        registry.promote(MODEL, STAGING, "prod")
        assert next(watch).version.version == STAGING
        registry.register(MODEL, "p", version="not seen")
        registry.rollback(MODEL)
        assert next(watch).version.version == PROD
        with pytest.warns(RegistryWarning, match="no version in prod"):
            registry.promote(MODEL, PROD, "dev")
        empty = next(watch)
        assert (empty.path, empty.version) == (None, None)
    assert list(watch) == []


def test_another_stage(registry):
    for current in registry.watch(MODEL, stage="staging", poll=0.5):
        assert (current.stage, current.version.version) == ("staging", STAGING)
        break


def test_a_path_opens_from_the_working_directory(artifacts, monkeypatch):
    monkeypatch.chdir(artifacts)
    with open(next(Registry().watch(MODEL)).path) as file:
        assert file.read(4) == "tree"


def test_the_command_ends_with_the_iterator(registry):
    watch = registry.watch(MODEL)
    process = watch._process
    for _ in watch:
        break
    assert process.poll() is None  # there is more to wait for
    del watch
    assert process.returncode is not None
    assert process.stdout.closed

    def fail():
        with registry.watch(MODEL) as watch:
            processes.append(watch._process)
            raise RuntimeError("stop")

    processes: list[subprocess.Popen[bytes]] = []
    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert processes[0].returncode is not None


def test_another_thread_ends_the_loop(registry):
    watch = registry.watch(MODEL)
    seen = []
    arrived = threading.Event()

    def loop():
        for current in watch:
            seen.append(current.version.version)
            arrived.set()

    thread = threading.Thread(target=loop)
    thread.start()
    assert arrived.wait(60)
    watch.close()
    thread.join(60)
    assert not thread.is_alive()
    assert seen == [PROD]
    watch.close()


@posix
def test_an_interrupt_ends_the_command(fresh):
    code = (
        "from modelreg import Registry\n"
        f"watch = Registry({fresh.manifest!r}).watch('m')\n"
        "print(watch._process.pid, flush=True)\n"
        "for current in watch: print('found', flush=True)"
    )
    fresh.register("m", "p", version="1")
    fresh.promote("m", "1", "prod")
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        command = int(child.stdout.readline())
        assert child.stdout.readline() == "found\n"
        child.send_signal(signal.SIGINT)  # only to Python, as in a notebook
        _, errors = child.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    with pytest.raises(ProcessLookupError):  # Python has waited for it
        os.kill(command, 0)


@posix
def test_a_command_that_is_killed_is_an_error(registry):
    watch = registry.watch(MODEL)
    next(watch)
    watch._process.kill()
    with pytest.raises(RegistryError) as error:
        next(watch)
    assert error.value.kind == "killed"


def test_arguments_that_are_wrong_are_errors_of_their_kind(registry, manifest):
    for watch in (
        registry.watch(MODEL, stage="dev"),
        registry.watch(MODEL, poll=0),
        Registry(manifest, at="HEAD").watch(MODEL),
    ):
        with pytest.raises(RegistryError) as error:
            next(watch)
        assert (error.value.kind, error.value.exit_code) == ("usage", 2)
        assert list(watch) == []
    with pytest.raises(TypeError):
        registry.watch(3)


def test_a_damaged_manifest_is_a_warning(registry, manifest, monkeypatch):
    whole = manifest.read_bytes()
    manifest.write_text("{")
    messages, files = [], []

    def warn(message, category, stacklevel):
        messages.append((message, category))
        files.append(sys._getframe(stacklevel).f_code.co_filename)
        manifest.write_bytes(whole)

    monkeypatch.setattr(warnings, "warn", warn)
    assert next(registry.watch(MODEL)).version.version == PROD
    assert [category for _, category in messages] == [RegistryWarning]
    assert "waiting" in messages[0][0]
    assert files == [__file__]


def test_trend(registry, tmp_path):
    trend = registry.trend(MODEL, "val_mae", "train_rows")
    assert (trend.model, trend.versions, trend.shown) == (MODEL, 4, 4)
    assert [metric.name for metric in trend.metrics] == ["val_mae", "train_rows"]
    versions = registry.versions(MODEL)
    metric = trend.metrics[0]
    assert [point.value for point in metric.points] == [
        each.metrics["val_mae"] for each in versions
    ]
    assert [point.created_at for point in metric.points] == [each.created_at for each in versions]
    assert [point.current for point in metric.points] == [None, "prod", "staging", None]
    assert (metric.first.version, metric.last.version) == (versions[0].version, "20251214T061411Z")
    assert metric.lowest == metric.last
    assert metric.highest == metric.first
    assert (metric.prod.version, metric.staging.version) == (PROD, STAGING)
    assert (metric.better, metric.rule, metric.best) == (None, None, None)
    assert registry.trend(MODEL, "val_mae", limit=2).shown == 2
    policy = tmp_path / "policy.toml"
    policy.write_text('[prod]\nrequire = ["val_mae <= prod"]\n')
    judged = Registry(registry.manifest, policy=policy).trend(MODEL, "val_mae").metrics[0]
    assert (judged.better, judged.rule) == ("lower", "val_mae <= prod")
    assert judged.best == judged.lowest
    with pytest.raises(NotFound) as error:
        registry.trend(MODEL, "no_such_metric")
    assert error.value.kind == "metric_not_found"
    with pytest.raises(TypeError, match="at least one"):
        registry.trend(MODEL)


def test_a_version_without_the_metric_has_no_value(root):
    registry = Registry(root / "tests/data/every_kind.json")
    with pytest.warns(RegistryWarning, match="absent"):
        trend = registry.trend(MODEL, "a", "absent")
    assert [point.value for point in trend.metrics[0].points] == [1e-07, None]
    assert trend.metrics[1].first is None
    assert type(trend).from_dict(trend.to_dict()) == trend
