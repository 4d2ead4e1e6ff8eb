"""Several changes in one write."""

from __future__ import annotations

import os

from modelreg._changes import Changes, pruning
from modelreg._values import number_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from modelreg._changes import Operation
    from modelreg._client import Registry
    from modelreg._records import Applied


class Transaction(Changes[None, None, None]):
    """Changes that are written together, or not at all.

    The methods collect changes and return None. The end of the `with` block makes all of them, in
    one locked write; an exception in the block discards them.

    Attributes
    ----------
    operations : list of dict
        The operations so far, in the format of `Registry.apply`.
    result : Applied or None
        The result, after the block.

    Examples
    --------
    >>> from modelreg import Registry
    >>> with Registry().transaction() as change:
    ...     change.register("rates_v1_lgbm", "runs/r7", version="r7", metrics={"val_mae": 0.5})
    ...     change.promote("rates_v1_lgbm", "r7", "staging", reason="first try")
    >>> change.result.changed
    2
    """

    def __init__(self, registry: Registry, *, dry_run: bool = False) -> None:
        self._registry = registry
        self._dry_run = dry_run
        self.operations: list[dict[str, Any]] = []
        self.result: Applied | None = None

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.result = self._registry.apply(self.operations, dry_run=self._dry_run)

    def prune(
        self,
        model: str,
        *,
        keep: int,
        older_than: Any = None,
        past: bool = False,
        reason: str | None = None,
        by: str | None = None,
    ) -> None:
        """Remove versions that were never promoted, as `Registry.prune` does.

        Parameters
        ----------
        model : str
            The model.
        keep, older_than, past, reason, by
            As in `Registry.prune`.
        """
        self.operations.append(pruning(model, keep, older_than, past, reason, by))

    def _register(self, operation: Operation) -> None:
        self.operations.append(operation)

    def _move(self, operation: Operation, dry_run: bool) -> None:
        self._change(operation, dry_run)

    def _change(self, operation: Operation, dry_run: bool) -> None:
        self.operations.append(operation)
        self._dry_run = self._dry_run or dry_run


def lines(operations: Iterable[Mapping[str, Any]]) -> str:
    """Return operations as the JSON lines that `registry apply` reads."""
    import json

    return "".join(json.dumps(dict(each), default=_default) + "\n" for each in operations)


def _default(value: Any) -> Any:
    if isinstance(value, os.PathLike) or hasattr(value, "isoformat"):
        return text_of("a value", value)
    return number_of("of an operation", value)
