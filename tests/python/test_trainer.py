"""Registration as the last line of a training, which never fails the training."""

from __future__ import annotations

import shlex
import subprocess
import warnings

import pytest

from modelreg import AlreadyRegistered, Registry, find_binary, register_run, registers


def test_it_prints_one_line(fresh, capsys):
    version = register_run(
        "minutes_v1_lgbm",
        "runs/20241204T220000Z",
        registry=fresh,
        run_id="20241204T220000Z",
        metrics={"val_mae": 3.5},
    )
    assert version.version == "20241204T220000Z"
    printed = capsys.readouterr()
    assert printed.out == "[registry] Registered minutes_v1_lgbm v20241204T220000Z (stage=dev)\n"
    assert printed.err == ""


def test_an_error_is_a_warning_with_the_command_for_later(fresh, capsys):
    fresh.register("m", "other", run_id="r1")
    details = {
        "run_id": "r1",
        "metrics": {"val_mae": 3.5, "loss": float("nan")},
        "description": "it's -3 %",
        "training_end": "2025-01-01",
        "tags": {"trainer": "m.py", "-x": "--dry-run"},
        "digest": False,
    }
    assert register_run("m", "runs/r1", registry=fresh, **details) is None
    printed = capsys.readouterr()
    assert printed.out == ""
    first, hint, later = printed.err.splitlines()
    assert first.startswith("[registry] Warning: m is trained, but not registered: version `r1`")
    assert hint.startswith("[registry] Hint: ")
    words = shlex.split(later.partition("To register it later: ")[2])
    assert "--no-digest" in words
    words = [find_binary(), *(word.replace("=r1", "=r2") for word in words[1:])]
    subprocess.run(words, check=True, capture_output=True)
    version = fresh.get("m", "r2")
    assert version.description == "it's -3 %"
    assert dict(version.metrics) == {"val_mae": 3.5}
    assert version.training_end == "2025-01-01"
    assert dict(version.tags) == {"trainer": "m.py", "-x": "--dry-run"}


def test_the_training_survives_everything(fresh, capsys, monkeypatch, tmp_path):
    assert register_run("m", "p", registry=fresh, metrics={"x": "3.5", "y": 1}) is None
    assert "metric `x` must be a number" in capsys.readouterr().err
    assert register_run("m", "p", registry=fresh, no_such_argument=object()) is None
    assert register_run("m", object(), registry=fresh) is None
    monkeypatch.setenv("MODELREG_BIN", str(tmp_path / "gone"))
    assert register_run("m", "p", registry=fresh) is None
    assert "MODELREG_BIN" in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr", None)
    assert register_run("m", "p", registry=fresh) is None


def test_it_raises_if_it_is_asked_to(fresh):
    fresh.register("m", "other", run_id="r1")
    with pytest.raises(AlreadyRegistered):
        register_run("m", "runs/r1", registry=fresh, run_id="r1", on_error="raise")
    with pytest.raises(TypeError):
        register_run("m", "p", registry=fresh, metrics={"x": "3"}, on_error="raise")
    with pytest.raises(ValueError, match="on_error"):
        register_run("m", "p", registry=fresh, on_error="ignore")


def test_a_remark_is_not_taken_for_a_failure(fresh, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        register_run("m", "s3://p", registry=fresh, run_id="r", metrics={"loss": float("nan")})
    assert "Registered m, with a warning: metric `loss`" in capsys.readouterr().out
    assert fresh.path("m", "r") == "s3://p"


def test_the_decorator(fresh, capsys):
    @registers("m", registry=fresh.manifest)
    def train(scale):
        """Train."""
        return {"artifact_path": "runs/r1", "run_id": "r1", "metrics": {"mae": scale}}

    assert train.__name__ == "train"
    assert train(2)["metrics"] == {"mae": 2}
    assert capsys.readouterr().out == "[registry] Registered m vr1 (stage=dev)\n"
    assert fresh.get("m", "r1").metrics["mae"] == 2
    assert train(3)["metrics"] == {"mae": 3}
    assert "not registered" in capsys.readouterr().err


def test_a_training_that_fails_fails(fresh):
    @registers("m", registry=fresh)
    def train():
        raise RuntimeError("diverged")

    with pytest.raises(RuntimeError, match="diverged"):
        train()


def test_a_training_that_returns_something_else(fresh, capsys):
    assert registers("m", registry=fresh)(lambda: 3)() == 3
    assert "must return a mapping" in capsys.readouterr().err
    with pytest.raises(TypeError):
        registers("m", registry=fresh, on_error="raise")(lambda: {})()


def test_the_manifest_may_be_a_path(tmp_path):
    register_run("m", "p", registry=tmp_path / "m.json", run_id="1")
    assert Registry(tmp_path / "m.json").path("m", "1") == "p"
