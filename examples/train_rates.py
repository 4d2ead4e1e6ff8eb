"""Train one model for each rate, and register them as one version with the client.

python examples/train_rates.py [--rounds N] [--seed N]
"""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

import lightgbm as lgb
import numpy as np

from data import FEATURES, TARGETS, games
from modelreg import Registry


def train(rounds: int, seed: int) -> None:
    """Train one booster for each target, save them in a folder, and register the folder."""
    run_id = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ") + f"_{seed}"
    folder = Path("artifacts/rates_v1/runs") / run_id
    folder.mkdir(parents=True)

    training, validation = games(seed=seed).split()
    errors = {}
    for column, target in enumerate(TARGETS):
        booster = lgb.train(
            {"objective": "l2", "verbosity": -1, "seed": seed},
            lgb.Dataset(training.features, training.rates[:, column], feature_name=list(FEATURES)),
            num_boost_round=rounds,
        )
        booster.save_model(folder / f"{target}.txt")
        predicted = np.asarray(booster.predict(validation.features))
        errors[target] = np.abs(predicted - validation.rates[:, column]).mean()

    version = Registry().register(
        "rates_v1_lgbm",
        folder,
        run_id=run_id,
        training_start="2023-10-01",
        training_end="2025-12-06",
        feature_schema_version="stage1",
        metrics={
            "val_mae_avg": np.mean(list(errors.values())),
            **{f"val_mae_{target}": error for target, error in errors.items()},
            "train_rows": len(training.minutes),
            "num_targets": len(TARGETS),
        },
        description=f"{len(TARGETS)} targets, {rounds} rounds",
    )
    print(f"[registry] Registered {version.model} v{version.version} (stage={version.stage})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    train(options.rounds, options.seed)
