"""Marks an argument that was not passed, where None has another meaning."""

from __future__ import annotations


class Unset:
    """The type of `UNSET`."""

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # there is only one


UNSET = Unset()
"""Default of `expect_current`: do not check the current version."""
