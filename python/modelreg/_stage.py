"""The stages of a version."""

from __future__ import annotations

from typing import Literal

Stage = Literal["dev", "staging", "prod"]
"""The stage that a version was last moved to."""
