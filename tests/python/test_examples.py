"""The examples, from training to scoring, with real LightGBM."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import lightgbm
import pytest

from modelreg import Registry, find_binary

REGISTERED = re.compile(r"^\[registry\] Registered (\S+) v(\S+) \(stage=dev\)$", re.MULTILINE)


@pytest.fixture
def run(root, tmp_path, monkeypatch):
    """Return a function that runs an example in a new folder."""
    monkeypatch.chdir(tmp_path)
    # `registry` and `python` are those of the environment, as after its activation.
    folders = [str(Path(find_binary()).parent), os.path.dirname(sys.executable)]
    path = os.pathsep.join([*folders, os.environ["PATH"]])

    def run(name, *arguments, code=0):
        program = [] if name.endswith(".sh") else [sys.executable]
        ran = subprocess.run(
            [*program, root / "examples" / name, *arguments],
            # One thread: with many on a busy machine, LightGBM takes minutes for these rows.
            env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran.stderr + ran.stdout
        return ran.stdout

    return run


def train(run, name, *arguments):
    """Run a trainer and return the version it registered."""
    printed = run(name, "--rounds=8", *arguments)
    (found,) = REGISTERED.findall(printed)
    assert printed.endswith(f"v{found[1]} (stage=dev)\n"), printed
    return Registry().get(*found)


@pytest.mark.parametrize(
    ("name", "model", "metric", "files"),
    [
        ("train_minutes.py", "minutes_v1_lgbm", "val_mae", 3),
        ("train_points.py", "fpts_v1_lgbm", "val_mae_per_min", 1),
        ("train_rates.py", "rates_v1_lgbm", "val_mae_avg", 5),
    ],
)
def test_a_trainer_saves_and_registers(run, name, model, metric, files):
    version = train(run, name)
    assert version.model == model
    assert 0 < version.metrics[metric] < 20
    path = Path(version.artifact_path)
    models = [path] if path.is_file() else sorted(path.glob("*.txt"))
    assert len(models) == files
    for each in models:
        assert lightgbm.Booster(model_file=each).num_trees() == 8


def test_from_training_to_scoring(run):
    first = train(run, "train_minutes.py", "--seed=1")
    run("promote.sh")
    assert Registry().production(first.model).version == first.version
    by_path = run("score.sh")
    by_client = run("score_client.py")
    assert by_client.startswith(f"minutes_v1_lgbm v{first.version}, val_mae ")
    assert by_client.splitlines()[1:] == by_path.splitlines()
    assert [line.split()[0] for line in by_path.splitlines()] == ["p10", "p50", "p90"]

    # One round is far worse than eight, so the gate keeps it out.
    printed = run("train_minutes.py", "--seed=2", "--rounds=1")
    worse = REGISTERED.findall(printed)[0][1]
    run("promote.sh", code=4)
    assert Registry().production(first.model).version == first.version
    assert Registry().get(first.model, "@staging").version == worse
    assert run("score.sh") == by_path


def test_a_scorer_without_a_model_in_production_stops(run):
    train(run, "train_minutes.py")
    run("score_client.py", code=1)
    run("score.sh", code=3)
