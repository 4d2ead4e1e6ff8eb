"""Train a quantile model for minutes, and register it as the last line.

python examples/train_minutes.py [--rounds N] [--seed N]
"""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import date, datetime, timezone
from pathlib import Path

import lightgbm as lgb
import numpy as np

from data import FEATURES, games
from modelreg import register_run

QUANTILES = (0.1, 0.5, 0.9)


def train(rounds: int, seed: int) -> None:
    """Train one booster for each quantile, save them in a folder, and register the folder."""
    run_id = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ") + f"_{seed}"
    folder = Path("artifacts/minutes_v1/runs") / run_id
    folder.mkdir(parents=True)

    training, validation = games(seed=seed).split()
    predicted = {}
    for quantile in QUANTILES:
        booster = lgb.train(
            {"objective": "quantile", "alpha": quantile, "verbosity": -1, "seed": seed},
            lgb.Dataset(training.features, training.minutes, feature_name=list(FEATURES)),
            num_boost_round=rounds,
        )
        booster.save_model(folder / f"p{round(quantile * 100)}.txt")
        predicted[quantile] = np.asarray(booster.predict(validation.features))
    (folder / "meta.json").write_text(json.dumps({"quantiles": QUANTILES, "features": FEATURES}))

    register_run(
        "minutes_v1_lgbm",
        folder,
        run_id=run_id,
        training_start=date(2022, 10, 18),
        training_end=date(2025, 12, 6),
        feature_schema_version="v1",
        feature_hash=hashlib.sha256(" ".join(FEATURES).encode()).hexdigest()[:16],
        # Scalars of NumPy are fine.
        metrics={
            "val_mae": np.abs(predicted[0.5] - validation.minutes).mean(),
            "val_p10_coverage": (validation.minutes < predicted[0.1]).mean(),
            "val_p90_coverage": (validation.minutes < predicted[0.9]).mean(),
            "train_rows": len(training.minutes),
        },
        description=f"Quantiles of minutes, {rounds} rounds",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    train(options.rounds, options.seed)
