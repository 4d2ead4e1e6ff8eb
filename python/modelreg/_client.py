"""The client: one method for each command."""

from __future__ import annotations

import os

from modelreg._run import run
from modelreg._unset import UNSET, Unset
from modelreg._values import metrics_of, required_text, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Union

    import pandas

    from modelreg import _records as records
    from modelreg._transaction import Transaction

    Text = Union[str, "os.PathLike[str]"]
else:

    class _Records:
        """The module of the dataclasses, imported at the first call and not with the client."""

        def __getattr__(self, name: str) -> object:
            from modelreg import _records

            return getattr(_records, name)

    records = _Records()


class Registry:
    """Reads and changes a manifest.

    Every method runs the `registry` program once. All methods are safe while other processes and
    threads use the same manifest. A registry can be shared between threads, forked and pickled.

    Parameters
    ----------
    manifest : str or path, optional
        The manifest. Default: the environment variable ``REGISTRY_MANIFEST``, or else
        ``artifacts/registry/manifest.json`` in the working directory or a folder above it.
    lock_timeout : float, optional
        How many seconds to wait for another process that writes. Default: 30.
    at : str, optional
        Read the manifest of this git revision. Methods that write then raise.

    Raises
    ------
    RegistryError
        Raised by every method, as the subclass for the kind of error.

    Examples
    --------
    >>> from modelreg import Registry
    >>> registry = Registry("artifacts/registry/manifest.json")
    >>> registry.path("minutes_v1_lgbm")
    'artifacts/minutes_v1/runs/20251205T061430Z/model.txt'
    """

    def __init__(
        self,
        manifest: Text | None = None,
        *,
        lock_timeout: float | None = None,
        at: str | None = None,
    ) -> None:
        self.manifest = None if manifest is None else os.fspath(manifest)
        self.lock_timeout = lock_timeout
        self.at = at

    def __repr__(self) -> str:
        return f"Registry({self.manifest!r})"

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
    ) -> records.Version:
        """Register a new version of a model, in stage dev.

        Registering the same version again with the same content changes nothing, so a training
        job can be retried.

        Parameters
        ----------
        model : str
            The model. Its first version creates it.
        artifact_path : str or path
            Path or URL of the trained model.
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

        Returns
        -------
        Version
            The registered version.

        Raises
        ------
        AlreadyRegistered
            The version exists with different content.
        TypeError
            A metric is not a number. The message contains its name; nothing was written.

        Examples
        --------
        >>> version = Registry().register(
        ...     "minutes_v1_lgbm",
        ...     "artifacts/minutes_v1/runs/20260105T060000Z/model.txt",
        ...     run_id="20260105T060000Z",
        ...     metrics={"val_mae": 3.51, "train_rows": 64120},
        ... )
        >>> version.stage
        'dev'
        """
        numbers = metrics_of(metrics)
        arguments = _options(
            {
                "--artifact-path": required_text("artifact_path", artifact_path),
                "--version": text_of("version", version),
                "--run-id": text_of("run_id", run_id),
                "--training-start": text_of("training_start", training_start),
                "--training-end": text_of("training_end", training_end),
                "--feature-schema-version": text_of(
                    "feature_schema_version", feature_schema_version
                ),
                "--feature-hash": text_of("feature_hash", feature_hash),
                "--description": text_of("description", description) or None,
                "--metrics-file": "-" if numbers else None,
            }
        )
        sends = _json(numbers) if numbers else None
        return records.Version.from_dict(self._run("register", arguments, [model], sends=sends))

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
        policy: Text | None = None,
        dry_run: bool = False,
    ) -> records.Move:
        """Move a version to a stage, where it becomes the current one.

        Parameters
        ----------
        model : str
            The model.
        version : str
            A version, a run id (if only one version has it), or ``"@staging"``, ``"@latest"``
            or an alias such as ``"@champion"``.
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
            Override rules that are not met. It needs a reason.
        policy : str or path, optional
            The policy. Default: ``policy.toml`` beside the manifest, if it exists.
        dry_run : bool, optional
            Check everything and write nothing.

        Returns
        -------
        Move
            The move, with the replaced version and the result of every rule.

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
        >>> move = Registry().promote(
        ...     "minutes_v1_lgbm", "20251212T061455Z", "prod", require=["val_mae <= prod"]
        ... )
        >>> move.replaced
        '20251205T061430Z'
        """
        arguments = _options(
            {
                "--stage": stage,
                "--from": from_stage,
                "--reason": reason,
                "--by": by,
                "--policy": None if policy is None else os.fspath(policy),
                "--expect-current": _expected(expect_current),
            }
        )
        rules = [require] if isinstance(require, str) else require
        arguments += [f"--require={rule}" for rule in rules]
        arguments += _flags({"--force": force, "--dry-run": dry_run})
        return records.Move.from_dict(self._run("promote", arguments, [model, version]))

    def rollback(
        self,
        model: str,
        *,
        to: str | None = None,
        reason: str | None = None,
        by: str | None = None,
        expect_current: str | Unset | None = UNSET,
        dry_run: bool = False,
    ) -> records.Move:
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
            Check everything and write nothing.

        Returns
        -------
        Move
            The move, with the replaced version.

        Raises
        ------
        NotFound
            The model does not exist, or has no earlier production version.
        CurrentMismatch
            Another version is in production than expected.
        """
        options = {
            "--to": to,
            "--reason": reason,
            "--by": by,
            "--expect-current": _expected(expect_current),
        }
        arguments = _options(options) + _flags({"--dry-run": dry_run})
        return records.Move.from_dict(self._run("rollback", arguments, [model]))

    def get(self, model: str, ref: str = "@prod") -> records.Version:
        """Return one version.

        Parameters
        ----------
        model : str
            The model.
        ref : str, optional
            A version, a run id (if only one version has it), ``"@prod"``, ``"@staging"``,
            ``"@latest"`` or an alias such as ``"@champion"``.

        Returns
        -------
        Version
            The version.

        Raises
        ------
        NotFound
            The model or the version does not exist.
        NothingInStage
            No version is current in the stage.

        Examples
        --------
        >>> Registry().get("minutes_v1_lgbm", "@staging").metrics["val_mae"]
        3.541883992015448
        """
        return records.Version.from_dict(self._run("show", [], [model, ref]))

    def production(self, model: str) -> records.Version:
        """Return the version that is current in prod.

        Parameters
        ----------
        model : str
            The model.

        Returns
        -------
        Version
            The version.

        Raises
        ------
        NothingInStage
            No version is in production.
        NotFound
            The model does not exist.

        Examples
        --------
        >>> Registry().production("minutes_v1_lgbm").version
        '20251205T061430Z'
        """
        return records.Version.from_dict(self._run("production", [], [model]))

    def path(self, model: str, ref: str = "@prod") -> str:
        """Return the artifact path of a version.

        Parameters
        ----------
        model : str
            The model.
        ref : str, optional
            A version or a reference, as in `get`.

        Returns
        -------
        str
            A path or a URL.

        Raises
        ------
        NotFound
            As in `get`.
        """
        return str(self._run("path", [], [model, ref])["artifact_path"])

    def models(self) -> list[records.ModelSummary]:
        """Return all models, in the order of the file.

        Returns
        -------
        list of ModelSummary
            The models, with their current versions.
        """
        return [records.ModelSummary.from_dict(each) for each in self._run("list", [], [])]

    def versions(self, model: str, *, stage: str | None = None) -> list[records.Version]:
        """Return the versions of a model, in the order they were registered.

        Parameters
        ----------
        model : str
            The model.
        stage : str, optional
            Only versions with this stage, including past ones.

        Returns
        -------
        list of Version
            The versions.

        Raises
        ------
        NotFound
            The model does not exist.
        """
        answer = self._run("list", _options({"--stage": stage}), [model])
        return [records.Version.from_dict(each) for each in answer]

    def history(self, model: str | None = None) -> list[records.Event]:
        """Return every move of a model, or of all: when, who and why.

        Parameters
        ----------
        model : str, optional
            Only this model.

        Returns
        -------
        list of Event
            The events, oldest first.

        Raises
        ------
        NotFound
            The model does not exist.
        """
        answer = self._run("history", [], [] if model is None else [model])
        return [records.Event.from_dict(each) for each in answer]

    def compare(self, model: str, version: str, baseline: str = "@prod") -> records.Comparison:
        """Compare the metrics and the training data of two versions.

        Parameters
        ----------
        model : str
            The model.
        version, baseline : str
            Versions or references, as in `get`.

        Returns
        -------
        Comparison
            All metrics, and the other fields that differ.

        Raises
        ------
        NotFound
            As in `get`.
        """
        answer = self._run("compare", [], [model, version, baseline])
        return records.Comparison.from_dict(answer)

    def diff(self, old: Text, new: Text | None = None) -> records.Diff:
        """Return how two manifests differ.

        Parameters
        ----------
        old : str or path
            A git revision as a string, or a file as a `Path` or a string such as
            ``"./old.json"``.
        new : str or path, optional
            The same. Default: the manifest of this registry.

        Returns
        -------
        Diff
            The differences. It is false (`bool`) if there are none.

        Raises
        ------
        NotFound
            The revision does not exist.
        """
        sides = [_side(side) for side in (old, new) if side is not None]
        return records.Diff.from_dict(self._run("diff", [], sides))

    def check(
        self,
        *,
        against: str | None = None,
        against_file: Text | None = None,
        artifacts: bool = False,
    ) -> list[records.Problem]:
        """Find problems in the manifest.

        Parameters
        ----------
        against : str, optional
            A git revision. Also find changes to the versions that it publishes.
        against_file : str or path, optional
            A manifest to compare with, instead of a revision.
        artifacts : bool, optional
            Also find missing and changed artifacts.

        Returns
        -------
        list of Problem
            Problems and warnings; empty if there are none.

        Raises
        ------
        BadManifest
            The manifest cannot be read.
        NotFound
            The revision does not exist.
        """
        file = None if against_file is None else os.fspath(against_file)
        options = _options({"--against": against, "--against-file": file})
        options += _flags({"--artifacts": artifacts})
        answer = self._run("check", options, [], accept=(4,))
        return [records.Problem.from_dict(each) for each in answer]

    def describe(
        self,
        model: str,
        version: str | None = None,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        untag: Iterable[str] = (),
    ) -> records.Change:
        """Change the description and the tags of a model or a version.

        Parameters
        ----------
        model : str
            The model.
        version : str, optional
            A version. Without it, the model itself is described.
        description : str, optional
            The new description.
        tags : mapping of str to str, optional
            Tags to set; others are kept.
        untag : iterable of str, optional
            Names of tags to remove.

        Returns
        -------
        Change
            Whether anything changed.

        Raises
        ------
        NotFound
            The model or the version does not exist.
        """
        change = self.transaction()
        change.describe(model, version, description=description, tags=tags, untag=untag)
        return self.apply(change.operations).results[0]

    def alias(
        self,
        model: str,
        name: str,
        version: str | None,
        *,
        expect_current: str | Unset | None = UNSET,
    ) -> records.Change:
        """Point an alias to a version, or delete the alias.

        Parameters
        ----------
        model : str
            The model.
        name : str
            The alias, such as ``"champion"``. Other methods accept it as ``"@champion"``.
        version : str or None
            A version or a reference. None deletes the alias.
        expect_current : str or None, optional
            Fail unless the alias points to this version; None means that it does not exist.

        Returns
        -------
        Change
            Whether anything changed.

        Raises
        ------
        NotFound
            The model or the version does not exist.
        CurrentMismatch
            The alias points to another version than expected.
        """
        change = self.transaction()
        change.alias(model, name, version, expect_current=expect_current)
        return self.apply(change.operations).results[0]

    def apply(
        self, operations: Iterable[Mapping[str, Any]], *, dry_run: bool = False
    ) -> records.Applied:
        """Make several changes in one write, all of them or none.

        Parameters
        ----------
        operations : iterable of mapping
            The operations of `registry apply`, one for each change:
            ``{"op": "register", "model": "m", "artifact_path": "runs/1", "version": "1"}``.
        dry_run : bool, optional
            Check everything and write nothing.

        Returns
        -------
        Applied
            The result of each operation.

        Raises
        ------
        RegistryError
            The error that the method of an operation raises. ``details["line"]`` is the number of
            the operation, from 1. Nothing was written.
        TypeError
            A value cannot be written as JSON. Nothing was written.

        Examples
        --------
        >>> from modelreg import Registry
        >>> applied = Registry().apply(
        ...     [
        ...         {"op": "register", "model": "m", "artifact_path": "runs/1", "version": "1"},
        ...         {"op": "promote", "model": "m", "version": "1", "stage": "staging"},
        ...     ]
        ... )
        >>> applied.changed
        2
        """
        from modelreg._transaction import lines

        answer = self._run("apply", _flags({"--dry-run": dry_run}), ["-"], sends=lines(operations))
        return records.Applied.from_dict(answer)

    def transaction(self, *, dry_run: bool = False) -> Transaction:
        """Return a context manager that writes several changes together, at the end of the block.

        Parameters
        ----------
        dry_run : bool, optional
            Check everything and write nothing.

        Returns
        -------
        Transaction
            An object with the methods `register`, `promote`, `rollback`, `describe` and `alias`.

        Examples
        --------
        >>> with Registry().transaction() as change:
        ...     change.register("m", "runs/1", version="1", metrics={"val_mae": 3.5})
        ...     change.promote("m", "1", "staging")
        """
        from modelreg._transaction import Transaction

        return Transaction(self, dry_run=dry_run)

    def to_dataframe(self, model: str) -> pandas.DataFrame:
        """Return the versions of a model as a `DataFrame`. This needs pandas.

        Parameters
        ----------
        model : str
            The model.

        Returns
        -------
        pandas.DataFrame
            One row for each version, with the version as the index. Metrics are columns named
            ``metrics.val_mae``.

        Raises
        ------
        NotFound
            The model does not exist.
        ImportError
            pandas is not installed.
        """
        import pandas

        rows = []
        for version in self.versions(model):
            row = {name: getattr(version, name) for name in _COLUMNS}
            row.update({f"metrics.{name}": value for name, value in version.metrics.items()})
            rows.append(row)
        frame = pandas.DataFrame(rows, columns=None if rows else list(_COLUMNS))
        return frame.set_index("version")

    def _run(
        self,
        verb: str,
        options: list[str],
        names: list[str],
        *,
        sends: str | None = None,
        accept: tuple[int, ...] = (),
    ) -> Any:
        for name in names:
            required_text("a name", name)
        shared = {
            "--manifest": self.manifest,
            "--lock-timeout": None if self.lock_timeout is None else repr(self.lock_timeout),
            "--at": self.at,
        }
        arguments = [verb, "--json", *_options(shared), *options, "--", *names]
        return run(arguments, sends=sends, accept=accept)


_COLUMNS = (
    "version",
    "run_id",
    "artifact_path",
    "stage",
    "current",
    "created_at",
    "promoted_at",
    "training_start",
    "training_end",
    "feature_schema_version",
    "feature_hash",
    "description",
)


def _json(value: Any) -> str:
    import json

    return json.dumps(value)


def _options(values: Mapping[str, str | None]) -> list[str]:
    """Return options in the form `--name=value`, in which a value may start with a hyphen."""
    return [f"{name}={value}" for name, value in values.items() if value is not None]


def _side(side: Text) -> str:
    """Return a revision as it is, and a path so that it is not taken for a revision."""
    if isinstance(side, str):
        return side
    path = os.fspath(side)
    return path if os.path.isabs(path) else os.path.join(os.curdir, path)


def _flags(values: Mapping[str, bool]) -> list[str]:
    return [name for name, given in values.items() if given]


def _expected(version: str | Unset | None) -> str | None:
    if isinstance(version, Unset):
        return None
    return "none" if version is None else version
