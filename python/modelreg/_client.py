"""The client: one method for each command."""

from __future__ import annotations

import os

from modelreg._changes import Changes, command_line, pruning
from modelreg._errors import RegistryWarning
from modelreg._run import run
from modelreg._values import location_of, required_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    import pandas

    from modelreg import _records as records
    from modelreg._changes import Operation, Text
    from modelreg._transaction import Transaction
    from modelreg._watch import Watch
else:

    class _Records:
        """The module of the dataclasses, imported at the first call and not with the client."""

        def __getattr__(self, name: str) -> object:
            from modelreg import _records

            return getattr(_records, name)

    records = _Records()


class Registry(Changes["records.Version", "records.Move", "records.Change"]):
    """Reads and changes a manifest.

    Every method runs the `registry` program once. All methods are safe while other processes and
    threads use the same manifest. A registry can be shared between threads, forked and pickled.

    Parameters
    ----------
    manifest : str or path, optional
        The manifest's path, or its URL in an object store as a string:
        ``"s3://bucket/manifest.json"``. Default: the environment variable ``REGISTRY_MANIFEST``, or
        ``artifacts/registry/manifest.json`` in the working directory or a folder above it.
    lock_timeout : float, optional
        How many seconds to wait for another process that writes. Default: 30.
    at : str, optional
        Read the manifest of this git revision. Methods that write then raise.
    policy : str or path, optional
        The policy that promotions must meet. Default: ``policy.toml`` beside the manifest, if it
        exists.

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
        policy: Text | None = None,
    ) -> None:
        self.manifest = None if manifest is None else location_of(manifest)
        self.lock_timeout = lock_timeout
        self.at = at
        self.policy = None if policy is None else os.fspath(policy)

    def __repr__(self) -> str:
        return f"Registry({self.manifest!r})"

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

    def production(self, model: str, *, verify: bool = False) -> records.Version:
        """Return the version that is current in prod.

        Parameters
        ----------
        model : str
            The model.
        verify : bool, optional
            Compare the artifact with its registered digest first.

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
        ArtifactNotVerified
            With `verify`, the artifact has changed, is missing or cannot be compared.

        Examples
        --------
        >>> from modelreg import Registry
        >>> Registry().production("minutes_v1_lgbm").version
        '20251205T061430Z'
        """
        options = _flags({"--verify": verify})
        return records.Version.from_dict(self._run("production", options, [model]))

    def path(self, model: str, ref: str = "@prod", *, verify: bool = False) -> str:
        """Return the path of a version's artifact, to open it from the working directory.

        `Version.artifact_path` is the path as it was registered, which starts at the project root.

        Parameters
        ----------
        model : str
            The model.
        ref : str, optional
            A version or a reference, as in `get`.
        verify : bool, optional
            Compare the artifact with its registered digest first.

        Returns
        -------
        str
            A path or a URL.

        Raises
        ------
        NotFound
            The model or the version does not exist.
        NothingInStage
            No version is current in the stage.
        ArtifactNotVerified
            With `verify`, the artifact has changed, is missing or cannot be compared.

        Examples
        --------
        >>> from modelreg import Registry
        >>> Registry().path("minutes_v1_lgbm")
        'artifacts/minutes_v1/runs/20251205T061430Z/model.txt'
        """
        return str(self._run("path", _flags({"--verify": verify}), [model, ref])["path"])

    def verify(
        self,
        model: str | None = None,
        version: str | None = None,
        *,
        stage: str | None = None,
        every: bool = False,
        jobs: int | None = None,
    ) -> list[records.Verification]:
        """Compare artifacts with their registered digests.

        Parameters
        ----------
        model : str, optional
            Only this model.
        version : str, optional
            Only this version of the model, or a reference as in `get`. Without it, the versions
            that are current in prod or staging are verified.
        stage : str, optional
            Only the current version of this stage; for ``"dev"``, all versions in dev.
        every : bool, optional
            Verify every version.
        jobs : int, optional
            How many files to read at once. Default: the number of processors.

        Returns
        -------
        list of Verification
            One for each version. Those whose artifact is not what was registered have `ok` False;
            they are not an exception.

        Raises
        ------
        NotFound
            The model or the version does not exist.
        NothingInStage
            No version of the model is current in the stage.

        Examples
        --------
        >>> from modelreg import Registry
        >>> [found.state for found in Registry().verify("minutes_v1_lgbm", "@latest")]
        ['missing']
        """
        if version is not None and model is None:
            raise TypeError("a version needs its model")
        options = _options({"--stage": stage, "--jobs": None if jobs is None else str(jobs)})
        options += _flags({"--all": every})
        names = [name for name in (model, version) if name is not None]
        answer = self._run("verify", options, names, accept=(4,))
        return [records.Verification.from_dict(each) for each in answer]

    def aliases(self, model: str) -> dict[str, str]:
        """Return the aliases of a model, each with the version that it names.

        Parameters
        ----------
        model : str
            The model.

        Returns
        -------
        dict of str to str
            Versions by alias. `get(model, "@champion")` returns the version of one alias.

        Raises
        ------
        NotFound
            The model does not exist.

        Examples
        --------
        >>> from modelreg import Registry
        >>> registry = Registry()
        >>> change = registry.alias("minutes_v1_lgbm", "champion", "@prod")
        >>> registry.aliases("minutes_v1_lgbm")
        {'champion': '20251205T061430Z'}
        """
        return {each["alias"]: each["version"] for each in self._run("alias", [], [model])}

    def models(self) -> list[records.ModelSummary]:
        """Return all models, in the order of the file.

        Returns
        -------
        list of ModelSummary
            Their names and what is current.

        Examples
        --------
        >>> from modelreg import Registry
        >>> [model.name for model in Registry().models()]
        ['minutes_v1_lgbm', 'fpts_v1_lgbm', 'rates_v1_lgbm']
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

        Examples
        --------
        >>> from modelreg import Registry
        >>> [version.version for version in Registry().versions("minutes_v1_lgbm", stage="staging")]
        ['20251212T061455Z']
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

        Examples
        --------
        >>> from modelreg import Registry
        >>> event = Registry().history("minutes_v1_lgbm")[-1]
        >>> (event.version, event.to_stage)
        ('20251212T061455Z', 'staging')
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

        Examples
        --------
        >>> from modelreg import Registry
        >>> comparison = Registry().compare("minutes_v1_lgbm", "@staging")
        >>> [(each.name, each.difference < 0) for each in comparison.metrics[:1]]
        [('val_mae', True)]
        """
        answer = self._run("compare", [], [model, version, baseline])
        return records.Comparison.from_dict(answer)

    def trend(self, model: str, *metrics: str, limit: int | None = None) -> records.Trend:
        """Return how metrics change over the versions of a model.

        Parameters
        ----------
        model : str
            The model.
        *metrics : str
            The metrics, at least one.
        limit : int, optional
            Only this many of the newest versions. Default: all.

        Returns
        -------
        Trend
            For each metric the value of every version, the lowest and the highest one, and those
            of the current versions. A rule of the policy such as ``"val_mae <= prod"`` implies
            which values are better.

        Raises
        ------
        NotFound
            The model does not exist or has no versions, or no version has any of the metrics.
        TypeError
            No metric is given.

        Examples
        --------
        >>> from modelreg import Registry
        >>> trend = Registry().trend("minutes_v1_lgbm", "val_mae", limit=3).metrics[0]
        >>> [round(point.value, 2) for point in trend.points]
        [3.62, 3.54, 3.54]
        """
        if not metrics:
            raise TypeError("trend needs at least one metric")
        options = _options({"--limit": None if limit is None else str(limit)})
        return records.Trend.from_dict(self._run("trend", options, [model, *metrics]))

    def watch(self, model: str, *, stage: str = "prod", poll: float | None = None) -> Watch:
        """Return an iterator that waits for changes of the version that is current in a stage.

        It returns the current version at once, and then each one that replaces it. It does not
        end by itself; see `Watch`.

        Parameters
        ----------
        model : str
            The model. It may be registered later.
        stage : str, optional
            ``"prod"`` or ``"staging"``.
        poll : float, optional
            Longest time in seconds between two looks at the manifest, for file systems that report
            no changes. Default: 2, and 10 for an object.

        Returns
        -------
        Watch
            An iterator of `CurrentVersion`, and a context manager.

        Raises
        ------
        BinaryNotFound
            The program is missing. Other errors are raised by the iterator.

        Examples
        --------
        >>> from modelreg import Registry
        >>> for current in Registry().watch("minutes_v1_lgbm"):
        ...     print(current.path)
        ...     break
        artifacts/minutes_v1/runs/20251205T061430Z/model.txt
        """
        from modelreg._watch import Watch

        options = _options({"--stage": stage, "--poll": None if poll is None else repr(poll)})
        return Watch(self._arguments("watch", options, [model]), self._environment())

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
            There is no such revision.

        Examples
        --------
        >>> from modelreg import Registry
        >>> registry = Registry("artifacts/registry/manifest.json")
        >>> bool(registry.diff("./artifacts/registry/manifest.json"))
        False
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
            There is no such revision.

        Examples
        --------
        >>> from modelreg import Registry
        >>> [problem.message for problem in Registry().check() if problem.severity == "problem"]
        []
        """
        file = None if against_file is None else os.fspath(against_file)
        options = _options({"--against": against, "--against-file": file})
        options += _flags({"--artifacts": artifacts})
        answer = self._run("check", options, [], accept=(4,))
        return [records.Problem.from_dict(each) for each in answer]

    def prune(
        self,
        model: str | None = None,
        *,
        keep: int,
        older_than: Any = None,
        past: bool = False,
        delete_artifacts: bool = False,
        reason: str | None = None,
        by: str | None = None,
        dry_run: bool = False,
    ) -> records.Pruned:
        """Remove versions that were never promoted, and record which.

        Versions that are current in a stage or that an alias names, and the version that a
        rollback would return to, are never removed.

        Parameters
        ----------
        model : str, optional
            Only this model. Default: all models.
        keep : int
            How many of the newest versions of each model to keep.
        older_than : str or timedelta, optional
            Remove only versions that were registered longer ago: ``"90d"``, ``"12w"``, ``"36h"``.
        past : bool, optional
            Remove versions that were promoted and replaced, too.
        delete_artifacts : bool, optional
            Delete the artifacts of the removed versions: those inside the project root that no
            other version needs. One that cannot be deleted is a `RegistryWarning`.
        reason, by : str, optional
            Why, and who; both are kept in the history.
        dry_run : bool, optional
            Find out what would be removed, and remove nothing.

        Returns
        -------
        Pruned
            The removed versions of each model, and what became of their artifacts.

        Raises
        ------
        NotFound
            The model does not exist.

        Examples
        --------
        >>> from modelreg import Registry
        >>> pruned = Registry().prune("minutes_v1_lgbm", keep=0, dry_run=True)
        >>> [version["version"] for version in pruned.models[0].versions]
        ['20251214T061411Z']
        """
        operation = pruning(model or "", keep, older_than, past, reason, by)
        options, names, _ = command_line(operation)
        if model is None:
            options, names = ["--all", *options], []
        options += _flags({"--delete-artifacts": delete_artifacts, "--dry-run": dry_run})
        # Exit code 1 comes with an answer if an artifact could not be deleted.
        pruned = records.Pruned.from_dict(self._run("prune", options, names, accept=(1,)))
        for artifact in pruned.artifacts:
            if artifact.outcome == "failed":
                import warnings

                message = f"cannot delete `{artifact.artifact_path}`: {artifact.problem}"
                warnings.warn(message, RegistryWarning, stacklevel=2)
        return pruned

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
            With the methods `register`, `promote`, `rollback`, `describe`, `alias`, `retire` and
            `prune`.

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

        Examples
        --------
        >>> from modelreg import Registry
        >>> frame = Registry().to_dataframe("minutes_v1_lgbm")
        >>> frame["metrics.val_mae"].idxmin()
        '20251214T061411Z'
        """
        import pandas

        rows = []
        for version in self.versions(model):
            row = {name: getattr(version, name) for name in _COLUMNS}
            row.update({f"metrics.{name}": value for name, value in version.metrics.items()})
            rows.append(row)
        frame = pandas.DataFrame(rows, columns=None if rows else list(_COLUMNS))
        return frame.set_index("version")

    def _register(self, operation: Operation) -> records.Version:
        return records.Version.from_dict(self._run_operation(operation))

    def _move(self, operation: Operation, dry_run: bool) -> records.Move:
        return records.Move.from_dict(self._run_operation(operation, dry_run))

    def _change(self, operation: Operation, dry_run: bool) -> records.Change:
        answer = self._run_operation(operation, dry_run)
        changed = bool(answer["changed"])
        return records.Change.from_dict({"op": operation["op"], **answer, "changed": changed})

    def _run_operation(self, operation: Operation, dry_run: bool = False) -> Any:
        options, names, sends = command_line(operation)
        options += _flags({"--dry-run": dry_run})
        return self._run(operation["op"], options, names, sends=sends)

    def _run(
        self,
        verb: str,
        options: list[str],
        names: list[str],
        *,
        sends: str | None = None,
        accept: tuple[int, ...] = (),
    ) -> Any:
        arguments = self._arguments(verb, options, names)
        return run(arguments, sends=sends, accept=accept, environment=self._environment())

    def _arguments(self, verb: str, options: list[str], names: list[str]) -> list[str]:
        for name in names:
            required_text("a name", name)
        shared = {
            "--manifest": self.manifest,
            "--lock-timeout": None if self.lock_timeout is None else repr(self.lock_timeout),
            "--at": self.at,
        }
        return [verb, "--json", *_options(shared), *options, "--", *names]

    def _environment(self) -> dict[str, str]:
        return {} if self.policy is None else {"REGISTRY_POLICY": self.policy}


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
