"""Several changes in one write."""

from __future__ import annotations

import os

from modelreg._unset import UNSET, Unset
from modelreg._values import metrics_of, required_text, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from modelreg._client import Registry, Text
    from modelreg._records import Applied


class Transaction:
    """Several changes that are written together, or not at all.

    The methods only collect the changes. The end of the `with` block writes them, in one locked
    write. An exception in the block discards all of them.

    Attributes
    ----------
    operations : list of dict
        The operations so far, in the format of `Registry.apply`.
    result : Applied or None
        Their results. None until the end of the block.

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

    def register(
        self,
        model: str,
        artifact_path: Text,
        *,
        version: str | None = None,
        run_id: str | None = None,
        training_start: Any = None,
        training_end: Any = None,
        feature_schema_version: str | None = None,
        feature_hash: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        created_at: Any = None,
    ) -> None:
        """Register a version, as `Registry.register` does.

        Parameters
        ----------
        model, artifact_path, version, run_id, training_start, training_end
            As in `Registry.register`.
        feature_schema_version, feature_hash, metrics, description
            As in `Registry.register`.
        tags : mapping of str to str, optional
            Tags of the version.
        created_at : str or datetime, optional
            When the version was created, if it is imported. Default: now.

        Raises
        ------
        TypeError
            A metric is not a number. The operation was not added.
        """
        self._add(
            "register",
            model,
            artifact_path=required_text("artifact_path", artifact_path),
            version=text_of("version", version),
            run_id=text_of("run_id", run_id),
            training_start=text_of("training_start", training_start),
            training_end=text_of("training_end", training_end),
            feature_schema_version=text_of("feature_schema_version", feature_schema_version),
            feature_hash=text_of("feature_hash", feature_hash),
            metrics=metrics_of(metrics) or None,
            description=text_of("description", description) or None,
            tags=dict(tags) if tags else None,
            created_at=text_of("created_at", created_at),
        )

    def promote(
        self,
        model: str,
        version: str,
        stage: str,
        *,
        reason: str | None = None,
        by: str | None = None,
        from_stage: str | None = None,
        require: Iterable[str] = (),
        expect_current: str | Unset | None = UNSET,
        force: bool = False,
    ) -> None:
        """Move a version to a stage, as `Registry.promote` does.

        Parameters
        ----------
        model, version, stage, reason, by, from_stage, require, expect_current, force
            As in `Registry.promote`. `version` may be one that this transaction registers.
        """
        rules = [require] if isinstance(require, str) else list(require)
        self._add(
            "promote",
            model,
            version=version,
            stage=stage,
            reason=reason,
            by=by,
            **{"from": from_stage},
            require=rules or None,
            force=force or None,
        )
        self._expect(expect_current)

    def rollback(
        self,
        model: str,
        *,
        to: str | None = None,
        reason: str | None = None,
        by: str | None = None,
        expect_current: str | Unset | None = UNSET,
    ) -> None:
        """Return production to the version that was there before.

        Parameters
        ----------
        model, to, reason, by, expect_current
            As in `Registry.rollback`.
        """
        self._add("rollback", model, to=to, reason=reason, by=by)
        self._expect(expect_current)

    def describe(
        self,
        model: str,
        version: str | None = None,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        untag: Iterable[str] = (),
    ) -> None:
        """Change the description and the tags of a model or a version.

        Parameters
        ----------
        model, version, description, tags, untag
            As in `Registry.describe`.
        """
        self._add(
            "describe",
            model,
            version=version,
            description=description,
            tags=dict(tags) if tags else None,
            untag=list(untag) or None,
        )

    def alias(
        self,
        model: str,
        name: str,
        version: str | None,
        *,
        expect_current: str | Unset | None = UNSET,
    ) -> None:
        """Point an alias to a version, or delete the alias.

        Parameters
        ----------
        model, name, version, expect_current
            As in `Registry.alias`.
        """
        self._add("alias", model, name=name)
        self.operations[-1]["version"] = version
        self._expect(expect_current)

    def _add(self, op: str, model: str, **fields: Any) -> None:
        operation = {"op": op, "model": required_text("model", model)}
        operation.update((name, value) for name, value in fields.items() if value is not None)
        self.operations.append(operation)

    def _expect(self, current: str | Unset | None) -> None:
        if not isinstance(current, Unset):
            self.operations[-1]["expect_current"] = current


def lines(operations: Iterable[Mapping[str, Any]]) -> str:
    """Return operations as the JSON lines that `registry apply` reads."""
    import json

    return "".join(json.dumps(dict(each), default=_default) + "\n" for each in operations)


def _default(value: Any) -> Any:
    if isinstance(value, os.PathLike) or hasattr(value, "isoformat"):
        return text_of("a value", value)
    numbers = metrics_of({"of an operation": value})
    return numbers["of an operation"]
