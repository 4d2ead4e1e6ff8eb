"""Generated box scores, so that the examples need no download."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEATURES = ("rest_days", "started", "minutes_last_5", "age", "home", "spread", "usage")
TARGETS = ("assists", "rebounds", "steals", "blocks", "turnovers")


class Games(NamedTuple):
    """One row for each player and game."""

    features: Floats
    minutes: Floats
    points: Floats
    rates: Floats

    def split(self, share: float = 0.8) -> tuple[Games, Games]:
        """Return the first games for training and the last ones for validation."""
        at = int(len(self.minutes) * share)
        return Games(*(part[:at] for part in self)), Games(*(part[at:] for part in self))


def games(rows: int = 2_000, seed: int = 7) -> Games:
    """Return generated games in which the features explain a part of the targets."""
    random = np.random.default_rng(seed)
    features = np.column_stack(
        [
            random.integers(0, 6, rows),
            random.integers(0, 2, rows),
            random.gamma(6, 4, rows),
            random.normal(27, 4, rows),
            random.integers(0, 2, rows),
            random.normal(0, 6, rows),
            random.beta(2, 8, rows),
        ]
    ).astype(np.float64)
    _, started, last, _, _, spread, usage = features.T
    minutes = np.clip(0.7 * last + 9 * started - 0.2 * np.abs(spread), 0, 44)
    minutes = np.clip(minutes + random.normal(0, 3, rows), 0, 48)
    points = np.clip(0.25 + 1.6 * usage + random.normal(0, 0.1, rows), 0, None)
    rates = np.column_stack(
        [
            np.clip(weight * usage + random.normal(0, 0.02, rows), 0, None)
            for weight in (3, 2, 1, 1, 2)
        ]
    )
    return Games(features, minutes, points, rates)
