"""Measure the Python client beside the original module, and beside MLflow where it is installed.

    python benches/python_client.py [--rounds N]

It needs the installed package. Every round runs each measurement once, so that other load on the
machine affects all of them; the figures are medians. `Original` repeats what the original module
does: it reads the whole file, changes it, and writes it back without a lock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from modelreg import Registry
from modelreg._find import find_binary

METRICS = {"val_mae": 3.5127, "val_rmse": 4.83, "train_rows": 64120, "val_rows": 5251}


class Original:
    """Reads and writes like the original Python module, without a lock and without fsync."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def register(self, version: str) -> None:
        document = json.loads(self.path.read_text())
        document["models"]["m0"]["versions"].append(entry(version))
        document["updated_at"] = datetime.now(timezone.utc).isoformat()
        with self.path.open("w") as file:
            json.dump(document, file, indent=2)

    def production(self) -> str:
        model = json.loads(self.path.read_text())["models"]["m0"]
        return next(
            each["artifact_path"]
            for each in model["versions"]
            if each["version"] == model["current_prod"]
        )


def entry(version: str) -> dict[str, Any]:
    """Return a version as it is in the file."""
    return {
        "version": version,
        "run_id": version,
        "artifact_path": f"artifacts/m0/runs/{version}/model.txt",
        "stage": "dev",
        "created_at": datetime.now(timezone.utc).isoformat(timespec="microseconds"),
        "promoted_at": None,
        "training_start": "2022-10-18",
        "training_end": "2025-12-06",
        "feature_schema_version": "v4",
        "feature_hash": "c07b9e5512d4f8a0",
        "metrics": METRICS,
        "description": "Weekly retrain",
    }


def manifest(path: Path, versions: int) -> None:
    """Write a manifest with ten models."""
    models = {}
    for number in range(10):
        entries = [entry(f"v{index}") for index in range(versions // 10)]
        entries[-1]["stage"] = "prod"
        models[f"m{number}"] = {
            "name": f"m{number}",
            "versions": entries,
            "current_prod": entries[-1]["version"],
            "current_staging": None,
        }
    document = {"schema_version": "1.0.0", "updated_at": None, "models": models}
    path.write_text(json.dumps(document, indent=2))


def measure(rounds: int, calls: dict[str, Callable[[int], object]]) -> dict[str, float]:
    """Return the median time of each call in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call(number)
            if number:  # the first round only warms the caches
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(each) for name, each in times.items()}


def imports(rounds: int) -> None:
    """Print how long imports take, without the start of Python."""
    lines = {
        "bare": "pass",
        "modelreg": "import modelreg",
        "Registry": "from modelreg import Registry",
        "manifest": "import modelreg.manifest",
        "dataclasses, json, subprocess": "import dataclasses, json, subprocess",
    }
    walls = measure(
        rounds,
        {
            name: lambda _, code=code: subprocess.run(
                [sys.executable, "-I", "-c", code], check=True
            )
            for name, code in lines.items()
        },
    )
    for name, wall in walls.items():
        print(f"import {name:32} {wall - walls['bare']:8.2f} ms beyond {walls['bare']:.2f} ms")


def calls(rounds: int, folder: Path) -> None:
    """Print how long the calls take on manifests of two sizes."""
    for versions in (50, 10_000):
        ours, theirs = folder / f"ours-{versions}.json", folder / f"original-{versions}.json"
        manifest(ours, versions)
        manifest(theirs, versions)
        registry, original = Registry(ours), Original(theirs)
        command = [find_binary(), "-m", str(ours), "production", "m0"]
        found = measure(
            rounds,
            {
                "production, client": lambda _, r=registry: r.production("m0"),
                "production, command": lambda _, c=command: subprocess.run(
                    c, check=True, capture_output=True
                ),
                "production, original": lambda _, o=original: o.production(),
                "register, client": lambda n, r=registry: r.register(
                    "m0", "p", version=f"n{n}", metrics=METRICS
                ),
                "register, original": lambda n, o=original: o.register(f"n{n}"),
            },
        )
        for name, each in found.items():
            print(f"{versions:6} versions: {name:24} {each:8.2f} ms")


def mlflow(rounds: int, folder: Path) -> None:
    """Print how long MLflow's client takes, with its default store, if it is installed."""
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
    try:
        from mlflow import MlflowClient  # type: ignore[import-not-found]
    except ImportError:
        print("MLflow is not installed")
        return
    client = MlflowClient()
    client.create_registered_model("m0")

    def register(number: int) -> object:
        version = client.create_model_version("m0", source=f"{folder}/runs/{number}")
        for name, value in METRICS.items():
            client.set_model_version_tag("m0", version.version, name, value)
        return version

    register(-1)
    client.set_registered_model_alias("m0", "prod", "1")
    found = measure(
        rounds,
        {
            "production, MLflow": lambda _: client.get_model_version_by_alias("m0", "prod").source,
            "register, MLflow": register,
        },
    )
    for name, each in found.items():
        print(f"    50 versions: {name:24} {each:8.2f} ms")
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "from mlflow import MlflowClient"], check=True)
    print(f"import MlflowClient {(time.perf_counter() - start) * 1000:27.2f} ms, once")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    print(sys.version.split()[0], sys.platform)
    imports(options.rounds)
    with tempfile.TemporaryDirectory() as name:
        calls(options.rounds, Path(name))
        mlflow(options.rounds, Path(name))
