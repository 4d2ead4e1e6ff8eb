"""Score with the model in the folder that MODEL_PATH names. See score.sh."""

from __future__ import annotations

import os
from pathlib import Path

import lightgbm as lgb
import numpy as np

from data import games

if __name__ == "__main__":
    folder = Path(os.environ["MODEL_PATH"])
    rows = games(rows=5, seed=1).features
    for quantile in ("p10", "p50", "p90"):
        booster = lgb.Booster(model_file=folder / f"{quantile}.txt")
        print(quantile, np.round(np.asarray(booster.predict(rows)), 1).tolist())
