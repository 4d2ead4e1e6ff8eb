"""The changes that can be made alone, by `Registry`, or together, by `Transaction`."""

from __future__ import annotations

from modelreg._unset import UNSET, Unset
from modelreg._values import digest_of, metrics_of, required_text, tags_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from typing import Any, Generic, TypeVar, Union

    Text = Union[str, "os.PathLike[str]"]
    Operation = dict[str, Any]
    # What registering, moving and other changes return.
    Registered = TypeVar("Registered")
    Moved = TypeVar("Moved")
    Changed = TypeVar("Changed")
else:
    # Importing `typing` would take longer than everything else here.
    Registered = Moved = Changed = None

    class Generic:
        """A class that takes types in brackets."""

        def __class_getitem__(cls, _: object) -> type:
            return cls


class Changes(Generic[Registered, Moved, Changed]):
    """The methods that change a model. `Registry` and `Transaction` have them in common."""

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
        digest: bool | str | None = None,
    ) -> Registered:
        """Register a version of a model, in stage dev.

        Registering the same version again with the same content changes nothing, so a training
        job can be retried.

        Parameters
        ----------
        model : str
            The model. Its first version creates it.
        artifact_path : str or path
            Path or URL of the trained model: a file or a folder.
        version : str, optional
            The name of the version. Default: the run id, or else the current time in UTC.
        run_id : str, optional
            The training run. Default: the version.
        training_start, training_end : str or date, optional
            First and last day of the training window.
        feature_schema_version, feature_hash : str, optional
            Version and hash of the features.
        metrics : mapping of str to number, optional
            Numbers of Python, NumPy, PyTorch and other libraries. A value that is not finite is
            stored as None, with a `RegistryWarning`.
        description : str, optional
            A description, which `describe` can change later.
        tags : mapping of str to str, optional
            Tags of the version.
        created_at : str or datetime, optional
            When the model was trained, for a run that is imported. Default: now.
        digest : bool or str, optional
            Whether to register the SHA-256 of the artifact. By default, it is computed if the
            artifact is a local file or folder; if that does not exist, there is a
            `RegistryWarning`. True computes that of a URL, too, and requires that it can be
            computed. False computes none. A string is a digest that is already known, such as
            ``"sha256:5aa0..."`` with 64 hexadecimal digits; the artifact is not read.

        Returns
        -------
        Version
            The registered version. In a transaction, None.

        Raises
        ------
        AlreadyRegistered
            The version exists with different content.
        RegistryError
            The artifact cannot be read (kind ``"artifact_unreadable"``), or the digest is
            malformed. Nothing was written.
        TypeError
            A metric is not a number. The message contains its name; nothing was written.

        Examples
        --------
        >>> from modelreg import Registry
        >>> version = Registry().register(
        ...     "minutes_v1_lgbm",
        ...     "artifacts/minutes_v1/runs/20251205T061430Z/model.txt",
        ...     run_id="20260105T060000Z",
        ...     metrics={"val_mae": 3.51, "train_rows": 64120},
        ...     tags={"trainer": "minutes.py"},
        ... )
        >>> version.stage
        'dev'
        """
        fields = {
            "artifact_path": required_text("artifact_path", artifact_path),
            "version": text_of("version", version),
            "run_id": text_of("run_id", run_id),
            "training_start": text_of("training_start", training_start),
            "training_end": text_of("training_end", training_end),
            "feature_schema_version": text_of("feature_schema_version", feature_schema_version),
            "feature_hash": text_of("feature_hash", feature_hash),
            "metrics": metrics_of(metrics) or None,
            "description": text_of("description", description) or None,
            "tags": tags_of(tags),
            "created_at": text_of("created_at", created_at),
            **digest_of(digest),
        }
        return self._register(_operation("register", model, fields))

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
        dry_run: bool = False,
    ) -> Moved:
        """Move a version to a stage, where it becomes the current one.

        Parameters
        ----------
        model : str
            The model.
        version : str
            A version, a run id (if only one version has it), or ``"@staging"``, ``"@latest"``
            or an alias such as ``"@champion"``. In a transaction, it may be a version that the
            same transaction registers.
        stage : str
            ``"dev"``, ``"staging"`` or ``"prod"``.
        reason, by : str, optional
            Why, and who; both are kept in the history.
        from_stage : str, optional
            Fail unless the version is current in this stage.
        require : iterable of str, optional
            Rules that the version must meet, in addition to the policy: ``"val_mae <= prod"``.
        expect_current : str or None, optional
            Fail unless this version is current in the stage; None means no version. By default,
            any current version is replaced.
        force : bool, optional
            Override failed rules. It needs a reason.
        dry_run : bool, optional
            Check everything and write nothing. In a transaction, this holds for all its changes.

        Returns
        -------
        Move
            The move, with the replaced version and the result of every rule. In a transaction,
            None.

        Raises
        ------
        NotFound
            The model or the version does not exist.
        GateNotMet
            A rule is not met; `verdicts` contains the result of every rule. Nothing was written.
        CurrentMismatch
            Another version is current than expected. Nothing was written.

        Examples
        --------
        >>> from modelreg import Registry
        >>> move = Registry().promote(
        ...     "minutes_v1_lgbm", "20251212T061455Z", "prod", require=["val_mae <= prod"]
        ... )
        >>> move.replaced
        '20251205T061430Z'
        """
        rules = [require] if isinstance(require, str) else list(require)
        fields = {
            "version": required_text("version", version),
            "stage": required_text("stage", stage),
            "from": text_of("from_stage", from_stage),
            "reason": text_of("reason", reason),
            "by": text_of("by", by),
            "require": rules or None,
            "force": force or None,
        }
        operation = _operation("promote", model, fields, expect_current=expect_current)
        return self._move(operation, dry_run)

    def rollback(
        self,
        model: str,
        *,
        to: str | None = None,
        reason: str | None = None,
        by: str | None = None,
        expect_current: str | Unset | None = UNSET,
        dry_run: bool = False,
    ) -> Moved:
        """Return production to the version that was there before.

        Parameters
        ----------
        model : str
            The model.
        to : str, optional
            The version to return to. Default: the previous one.
        reason, by : str, optional
            Why, and who; both are kept in the history.
        expect_current : str or None, optional
            Fail unless this version is in production; None means no version.
        dry_run : bool, optional
            Check everything and write nothing. In a transaction, this holds for all its changes.

        Returns
        -------
        Move
            The move, with the replaced version. In a transaction, None.

        Raises
        ------
        NotFound
            The model does not exist, or has no earlier production version.
        CurrentMismatch
            Another version is in production than expected. Nothing was written.

        Examples
        --------
        >>> from modelreg import Registry
        >>> move = Registry().rollback("minutes_v1_lgbm", reason="errors since noon")
        >>> (move.version, move.replaced)
        ('20251128T061502Z', '20251205T061430Z')
        """
        fields = {
            "to": text_of("to", to),
            "reason": text_of("reason", reason),
            "by": text_of("by", by),
        }
        operation = _operation("rollback", model, fields, expect_current=expect_current)
        return self._move(operation, dry_run)

    def retire(
        self,
        model: str,
        version: str,
        *,
        reason: str | None = None,
        by: str | None = None,
        undo: bool = False,
        dry_run: bool = False,
    ) -> Changed:
        """Retire a version that must not be used any more, or restore it.

        Promotions of a retired version are refused, and rollbacks and ``"@latest"`` pass over it.

        Parameters
        ----------
        model : str
            The model.
        version : str
            A version or a reference. It must not be current in a stage.
        reason, by : str, optional
            Why, and who; both are kept in the history. Retiring needs a reason.
        undo : bool, optional
            Restore a version that was retired.
        dry_run : bool, optional
            Check everything and write nothing. In a transaction, this holds for all its changes.

        Returns
        -------
        Change
            Whether anything changed. In a transaction, None.

        Raises
        ------
        NotFound
            The model or the version does not exist.
        RegistryError
            There is no reason, or the version is current in a stage (kind ``"still_current"``).

        Examples
        --------
        >>> from modelreg import Registry
        >>> registry = Registry()
        >>> registry.retire("minutes_v1_lgbm", "20251214T061411Z", reason="leaked features").changed
        True
        >>> registry.get("minutes_v1_lgbm", "20251214T061411Z").retired["reason"]
        'leaked features'
        >>> registry.retire("minutes_v1_lgbm", "20251214T061411Z", undo=True).changed
        True
        """
        fields = {
            "version": required_text("version", version),
            "reason": text_of("reason", reason),
            "by": text_of("by", by),
            "undo": undo or None,
        }
        return self._change(_operation("retire", model, fields), dry_run)

    def describe(
        self,
        model: str,
        version: str | None = None,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        untag: Iterable[str] = (),
        reason: str | None = None,
        by: str | None = None,
        dry_run: bool = False,
    ) -> Changed:
        """Change the description and the tags of a model or a version.

        Parameters
        ----------
        model : str
            The model.
        version : str, optional
            A version or a reference. Without it, the model itself is described.
        description : str, optional
            The new description.
        tags : mapping of str to str, optional
            Tags to set; others are kept.
        untag : iterable of str, optional
            Names of tags to remove.
        reason, by : str, optional
            Why, and who; both are kept in the history.
        dry_run : bool, optional
            Check everything and write nothing. In a transaction, this holds for all its changes.

        Returns
        -------
        Change
            Whether anything changed. In a transaction, None.

        Raises
        ------
        NotFound
            The model or the version does not exist.

        Examples
        --------
        >>> from modelreg import Registry
        >>> registry = Registry()
        >>> registry.describe("minutes_v1_lgbm", "@prod", tags={"ticket": "ML-12"}).changed
        True
        >>> registry.production("minutes_v1_lgbm").tags["ticket"]
        'ML-12'
        """
        removed = [untag] if isinstance(untag, str) else list(untag)
        fields = {
            "version": text_of("version", version),
            "description": text_of("description", description),
            "tags": tags_of(tags),
            "untag": removed or None,
            "reason": text_of("reason", reason),
            "by": text_of("by", by),
        }
        return self._change(_operation("describe", model, fields), dry_run)

    def alias(
        self,
        model: str,
        name: str,
        version: str | None,
        *,
        expect_current: str | Unset | None = UNSET,
        reason: str | None = None,
        by: str | None = None,
        dry_run: bool = False,
    ) -> Changed:
        """Set, move or delete an alias of a version.

        Parameters
        ----------
        model : str
            The model.
        name : str
            The alias, such as ``"champion"``. Other methods accept it as ``"@champion"``.
        version : str or None
            A version or a reference. None deletes the alias.
        expect_current : str or None, optional
            Fail unless the alias names this version; None means that it does not exist.
        reason, by : str, optional
            Why, and who; both are kept in the history.
        dry_run : bool, optional
            Check everything and write nothing. In a transaction, this holds for all its changes.

        Returns
        -------
        Change
            Whether anything changed. In a transaction, None.

        Raises
        ------
        NotFound
            The model, the version or the alias to delete does not exist.
        CurrentMismatch
            The alias names another version than expected. Nothing was written.

        Examples
        --------
        >>> from modelreg import Registry
        >>> registry = Registry()
        >>> registry.alias("minutes_v1_lgbm", "champion", "@prod").version
        '20251205T061430Z'
        >>> registry.get("minutes_v1_lgbm", "@champion").version
        '20251205T061430Z'
        """
        fields = {
            "name": required_text("name", name),
            "reason": text_of("reason", reason),
            "by": text_of("by", by),
        }
        operation = _operation("alias", model, fields, expect_current=expect_current)
        operation["version"] = text_of("version", version)
        return self._change(operation, dry_run)

    def _register(self, operation: Operation) -> Registered:
        raise NotImplementedError

    def _move(self, operation: Operation, dry_run: bool) -> Moved:
        raise NotImplementedError

    def _change(self, operation: Operation, dry_run: bool) -> Changed:
        raise NotImplementedError


def pruning(
    model: str,
    keep: int,
    older_than: Any,
    past: bool,
    reason: str | None,
    by: str | None,
) -> Operation:
    """Return the operation that removes versions of a model."""
    if isinstance(keep, bool) or not isinstance(keep, int):
        raise TypeError(f"keep must be an integer, not {keep!r}")
    fields = {
        "keep": keep,
        "older_than": _age_of(older_than),
        "past": past or None,
        "reason": text_of("reason", reason),
        "by": text_of("by", by),
    }
    return _operation("prune", model, fields)


def command_line(operation: Operation) -> tuple[list[str], list[str], str | None]:
    """Return the options, the names and the standard input of the command for an operation.

    The options have the form `--name=value`, in which a value may start with a hyphen.
    """
    rest = dict(operation)
    verb, names = rest.pop("op"), [rest.pop("model")]
    options: list[str] = []
    sends = None
    if verb == "alias":
        names.append(rest.pop("name"))
        if rest["version"] is None:
            options.append("--delete")
    if verb != "register" and rest.get("version") is not None:
        names.append(rest["version"])
    if verb != "register":
        rest.pop("version", None)
    for key, value in rest.items():
        option = "--" + key.replace("_", "-")
        if key == "metrics":
            import json

            options.append("--metrics-file=-")
            sends = json.dumps(value)
        elif key == "expect_current" and value is None:
            options.append(f"{option}=none")
        elif value is True:
            options.append(option)
        elif key == "tags":
            options += [f"--tag={name}={text}" for name, text in value.items()]
        elif isinstance(value, list):
            options += [f"{option}={each}" for each in value]
        else:
            options.append(f"{option}={value}")
    return options, names, sends


def _operation(
    op: str,
    model: str,
    fields: Mapping[str, Any],
    *,
    expect_current: str | Unset | None = UNSET,
) -> Operation:
    """Return an operation as `registry apply` reads it. A field that is None is left out."""
    operation: Operation = {"op": op, "model": required_text("model", model)}
    operation.update((name, value) for name, value in fields.items() if value is not None)
    if not isinstance(expect_current, Unset):
        operation["expect_current"] = text_of("expect_current", expect_current)
    return operation


def _age_of(age: Any) -> str | None:
    """Return an age as the command reads it: `90d`. A `timedelta` is rounded up to whole hours."""
    seconds = getattr(age, "total_seconds", None)
    if seconds is None:
        return text_of("older_than", age)
    return f"{-int(-seconds() // 3600)}h"
