"""Train one model for each rate. The registration is that of the original Python module.

Only the import line differs from a trainer that used the original.

    python examples/train_rates.py [--rounds N] [--seed N]
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone
from pathlib import Path

import lightgbm as lgb
import numpy as np

from data import FEATURES, TARGETS, games
from modelreg.manifest import load_manifest, register_model, save_manifest


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

    try:
        manifest = load_manifest()
        register_model(
            manifest,
            model_name="rates_v1_lgbm",
            version=run_id,
            run_id=run_id,
            artifact_path=str(folder),
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
        save_manifest(manifest)
        print(f"[registry] Registered rates_v1_lgbm v{run_id} (stage=dev)")
    except Exception as error:
        print(f"[registry] Warning: Failed to register model: {error}", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    train(options.rounds, options.seed)
