"""Train a model for points per minute, and register what the training function returns.

python examples/train_points.py [--rounds N] [--seed N]
"""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from data import FEATURES, games
from modelreg import registers


@registers("fpts_v1_lgbm")
def train(rounds: int, seed: int) -> dict[str, Any]:
    """Train one booster and save it. The decorator registers it."""
    run_id = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ") + f"_{seed}"
    path = Path("artifacts/fpts_v1/runs") / run_id / "model.txt"
    path.parent.mkdir(parents=True)

    training, validation = games(seed=seed).split()
    booster = lgb.train(
        {"objective": "l1", "verbosity": -1, "seed": seed},
        lgb.Dataset(training.features, training.points, feature_name=list(FEATURES)),
        num_boost_round=rounds,
    )
    booster.save_model(path)
    error = np.abs(np.asarray(booster.predict(validation.features)) - validation.points)
    baseline = np.abs(training.points.mean() - validation.points)
    return {
        "artifact_path": path,
        "run_id": run_id,
        "training_end": "2025-12-06",
        "metrics": {"val_mae_per_min": error.mean(), "baseline_mae_per_min": baseline.mean()},
        "description": f"Points per minute, {rounds} rounds",
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    train(options.rounds, options.seed)
