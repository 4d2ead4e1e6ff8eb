"""Score with the model in production, found by the client."""

from __future__ import annotations

import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np

from data import games
from modelreg import NothingInStage, Registry

if __name__ == "__main__":
    registry = Registry()
    try:
        version = registry.production("minutes_v1_lgbm")
    except NothingInStage as error:
        sys.exit(f"{error}\nhint: {error.hint}")
    print(f"minutes_v1_lgbm v{version.version}, val_mae {version.metrics['val_mae']:.3f}")
    rows = games(rows=5, seed=1).features
    for quantile in ("p10", "p50", "p90"):
        booster = lgb.Booster(model_file=Path(version.artifact_path) / f"{quantile}.txt")
        print(quantile, np.round(np.asarray(booster.predict(rows)), 1).tolist())
