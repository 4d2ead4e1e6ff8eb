"""What the client returns, one class for each shape of `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from modelreg._record import (
    Record,
    list_of,
    mapping,
    optional,
    read,
    record_of,
    strings,
    time_field,
)
from modelreg._stage import Stage


@dataclass(frozen=True)
class Version(Record):
    """One version of a model.

    Attributes
    ----------
    model, version, run_id, artifact_path : str
        The model, the version, the training run, and the path or URL of the trained model.
    stage : str
        The stage the version was last moved to: ``"dev"``, ``"staging"`` or ``"prod"``.
    current : str or None
        The stage in which the version is current: ``"prod"``, ``"staging"`` or None. A version
        that was replaced in prod has `stage` ``"prod"`` and `current` None.
    created_at, promoted_at : datetime or None
        Times in UTC. An invalid time is in `extra`, as a string.
    training_start, training_end, feature_schema_version, feature_hash : str or None
        First and last day of the training data; version and hash of the features.
    metrics : mapping of str to int, float or None
        The metrics in their order. None means that a value was not finite.
    description : str
        The description.
    tags : mapping of str to str
        The tags of the version.
    artifact_digest : str or None
        The SHA-256 of the artifact, as ``"sha256:..."``.
    artifact_size : int or None
        The size of the artifact in bytes.
    retired : mapping or None
        When, by whom and why the version was retired: ``at``, ``by`` and ``reason``. None if it
        is not retired.
    extra : mapping
        All other fields of the version.

    Examples
    --------
    >>> from modelreg import Registry
    >>> version = Registry().production("minutes_v1_lgbm")
    >>> (version.version, version.stage, version.created_at.year)
    ('20251205T061430Z', 'prod', 2025)
    """

    model: str
    version: str
    run_id: str
    artifact_path: str
    stage: Stage = "dev"
    created_at: datetime | None = time_field()
    promoted_at: datetime | None = time_field()
    training_start: str | None = None
    training_end: str | None = None
    feature_schema_version: str | None = None
    feature_hash: str | None = None
    metrics: Mapping[str, float | None] = read(mapping, default_factory=dict, hash=False)
    description: str = ""
    tags: Mapping[str, str] = read(mapping, default_factory=dict, hash=False)
    artifact_digest: str | None = None
    artifact_size: int | None = None
    retired: Mapping[str, Any] | None = read(mapping, default=None, hash=False)
    current: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class CurrentVersion(Record):
    """The version that is current in a stage, from `Registry.watch`.

    Attributes
    ----------
    model, stage : str
        The model and the stage.
    path : str or None
        Path or URL of the artifact, which opens from the working directory. None if no version is
        current.
    version : Version or None
        The version. None if no version is current.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> current = next(Registry().watch("minutes_v1_lgbm", stage="staging"))
    >>> (current.version.version, current.path)
    ('20251212T061455Z', 'artifacts/minutes_v1/runs/20251212T061455Z/model.txt')
    """

    model: str
    stage: str
    path: str | None = None
    version: Version | None = read(record_of(Version), default=None)
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class ModelSummary(Record):
    """A model in the list of models.

    Attributes
    ----------
    name : str
        The model.
    versions : int
        The number of versions.
    current_prod, current_staging : str or None
        The current version in each stage.
    latest : str or None
        The version that was registered last.
    description : str
        The model's description.
    tags : mapping of str to str
        Names and values of the model's tags.
    aliases : mapping of str to str
        The versions that the model's aliases name.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> model = Registry().models()[0]
    >>> (model.name, model.versions, model.current_prod)
    ('minutes_v1_lgbm', 4, '20251205T061430Z')
    """

    name: str
    versions: int
    current_prod: str | None = None
    current_staging: str | None = None
    latest: str | None = None
    description: str = ""
    tags: Mapping[str, str] = read(mapping, default_factory=dict, hash=False)
    aliases: Mapping[str, str] = read(mapping, default_factory=dict, hash=False)
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Verdict(Record):
    """The result of one rule of a gate.

    Attributes
    ----------
    rule : str
        The rule: ``"val_mae <= prod * 1.02"``.
    met : bool
        Whether the version meets it.
    value, limit : int, float, str or None
        The compared values: the version's value, and the limit.
    note : str or None
        An explanation, such as that no version is in production yet.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> move = Registry().promote(
    ...     "minutes_v1_lgbm", "@staging", "prod", require=["val_mae < 4"], dry_run=True
    ... )
    >>> (move.verdicts[0].rule, move.verdicts[0].limit, move.verdicts[0].met)
    ('val_mae < 4', 4, True)
    """

    rule: str
    met: bool
    value: Any = None
    limit: Any = None
    note: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Move(Record):
    """A promotion or a rollback.

    Attributes
    ----------
    model, version : str
        The version that moved.
    action : str
        ``"promote"`` or ``"rollback"``.
    from_stage, to_stage : str or None
        The version's stage before and after the move.
    replaced : str or None
        The version that was current in the stage before.
    vacated : str or None
        The stage that the version left without a current version.
    artifact_path : str or None
        Path or URL of the trained model.
    changed : bool
        Whether anything was written. False if the version was already current.
    by, reason : str or None
        The author and the reason.
    forced : bool
        Whether rules that were not met were overridden.
    verdicts : tuple of Verdict
        The verdict of every rule.
    extra : mapping
        All other fields, such as the ``changes`` of a dry run.

    Examples
    --------
    >>> from modelreg import Registry
    >>> move = Registry().promote("minutes_v1_lgbm", "@staging", "prod")
    >>> (move.from_stage, move.to_stage, move.replaced)
    ('staging', 'prod', '20251205T061430Z')
    """

    model: str
    version: str
    action: str = "promote"
    from_stage: str | None = read(optional, key="from", default=None)
    to_stage: str | None = read(optional, key="to", default=None)
    replaced: str | None = None
    vacated: str | None = None
    artifact_path: str | None = None
    changed: bool = True
    by: str | None = None
    reason: str | None = None
    forced: bool = False
    verdicts: tuple[Verdict, ...] = read(list_of(Verdict), default=())
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Event(Record):
    """One entry of the history.

    Attributes
    ----------
    model : str
        The model.
    version : str or None
        The version that changed. None if the event is about the model.
    at : datetime or None
        Time of the event.
    action : str or None
        ``"promote"``, ``"rollback"``, ... None if the move is known only from the promotion time
        of the version, as in manifests of the original Python tool.
    from_stage, to_stage, replaced, by, reason : str or None
        The stages before and after, the replaced version, the author and the reason.
    forced : bool
        Whether rules that were not met were overridden.
    unmet : tuple of str
        The rules that were not met.
    recorded : bool
        Whether the event is in the history, and not inferred from a promotion time.
    lost : bool
        Whether a merge left the move without effect.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> registry = Registry()
    >>> move = registry.promote("minutes_v1_lgbm", "@staging", "prod", reason="better")
    >>> event = registry.history("minutes_v1_lgbm")[-1]
    >>> (event.action, event.reason)
    ('promote', 'better')
    """

    model: str
    version: str | None = None
    at: datetime | None = time_field()
    action: str | None = None
    from_stage: str | None = read(optional, key="from", default=None)
    to_stage: str | None = read(optional, key="to", default=None)
    replaced: str | None = None
    by: str | None = None
    reason: str | None = None
    forced: bool = False
    unmet: tuple[str, ...] = read(strings, default=())
    recorded: bool = True
    lost: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class MetricDifference(Record):
    """One metric of two versions.

    Attributes
    ----------
    name : str
        The metric.
    value, baseline : int, float or None
        Its value in the version and in the baseline.
    difference, relative : int, float or None
        `value - baseline`, and this divided by the baseline. None if it cannot be computed.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> first = Registry().compare("minutes_v1_lgbm", "@staging").metrics[0]
    >>> (first.name, round(first.relative, 3))
    ('val_mae', -0.022)
    """

    name: str
    value: float | None = None
    baseline: float | None = None
    difference: float | None = None
    relative: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class FieldDifference(Record):
    """One field, other than a metric, in which two versions differ.

    Attributes
    ----------
    field_name : str
        The field.
    value, baseline : str or None
        Its value in the version and in the baseline.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> fields = Registry().compare("fpts_v1_lgbm", "@latest").fields
    >>> (fields[0].field_name, fields[0].value, fields[0].baseline)
    ('training_end', '2025-12-05', '2025-11-28')
    """

    field_name: str = read(str, key="field")
    value: Any = None
    baseline: Any = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Comparison(Record):
    """How a version differs from a baseline.

    Attributes
    ----------
    model, version, baseline : str
        The compared versions of the model.
    metrics : tuple of MetricDifference
        All metrics of either version.
    fields : tuple of FieldDifference
        The other fields that differ.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> comparison = Registry().compare("minutes_v1_lgbm", "@staging")
    >>> (comparison.version, comparison.baseline)
    ('20251212T061455Z', '20251205T061430Z')
    """

    model: str
    version: str
    baseline: str
    metrics: tuple[MetricDifference, ...] = read(list_of(MetricDifference), default=())
    fields: tuple[FieldDifference, ...] = read(list_of(FieldDifference), default=())
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Reading(Record):
    """The value of a metric in one version.

    Attributes
    ----------
    version : str
        The version.
    value : int or float
        The value.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> lowest = Registry().trend("minutes_v1_lgbm", "val_mae").metrics[0].lowest
    >>> (lowest.version, round(lowest.value, 3))
    ('20251214T061411Z', 3.539)
    """

    version: str
    value: float
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class TrendPoint(Record):
    """One version in the trend of a metric.

    Attributes
    ----------
    version : str
        The version.
    created_at : datetime or None
        When it was registered, in UTC.
    stage : str or None
        The stage the version was last moved to.
    current : str or None
        The stage in which the version is current.
    value : int, float or None
        The metric. None if the version does not have it.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> point = Registry().trend("minutes_v1_lgbm", "val_mae").metrics[0].points[-1]
    >>> (point.version, point.stage, round(point.value, 3))
    ('20251214T061411Z', 'dev', 3.539)
    """

    version: str
    created_at: datetime | None = time_field()
    stage: Stage | None = None
    current: Stage | None = None
    value: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class MetricTrend(Record):
    """One metric over the versions of a model.

    Attributes
    ----------
    name : str
        The metric.
    better : str or None
        Which values are better according to the policy: ``"lower"``, ``"higher"``, or None if no
        rule implies it.
    rule : str or None
        The rule that implies it.
    first, last, lowest, highest : Reading or None
        The oldest, newest, lowest and highest value. None if no version has a finite one.
    best : Reading or None
        The lowest or highest value, if `better` is known.
    prod, staging : Reading or None
        The values of the current versions.
    points : tuple of TrendPoint
        Every version, in the order of registration.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> trend = Registry().trend("minutes_v1_lgbm", "val_mae").metrics[0]
    >>> (trend.name, trend.last.value < trend.first.value)
    ('val_mae', True)
    """

    name: str = read(str, key="metric")
    better: Literal["lower", "higher"] | None = None
    rule: str | None = None
    first: Reading | None = read(record_of(Reading), default=None)
    last: Reading | None = read(record_of(Reading), default=None)
    lowest: Reading | None = read(record_of(Reading), default=None)
    highest: Reading | None = read(record_of(Reading), default=None)
    best: Reading | None = read(record_of(Reading), default=None)
    prod: Reading | None = read(record_of(Reading), default=None)
    staging: Reading | None = read(record_of(Reading), default=None)
    points: tuple[TrendPoint, ...] = read(list_of(TrendPoint), default=())
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Trend(Record):
    """Metrics over the versions of a model.

    Attributes
    ----------
    model : str
        The model.
    versions, shown : int
        How many versions the model has, and how many of the newest are in the trend.
    metrics : tuple of MetricTrend
        One for each requested metric.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> trend = Registry().trend("minutes_v1_lgbm", "val_mae", "val_rmse", limit=2)
    >>> (trend.versions, trend.shown, [metric.name for metric in trend.metrics])
    (4, 2, ['val_mae', 'val_rmse'])
    """

    model: str
    versions: int
    shown: int
    metrics: tuple[MetricTrend, ...] = read(list_of(MetricTrend), default=())
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class PointerChange(Record):
    """A change of the current version in a stage.

    Attributes
    ----------
    model, stage : str
        The model and the stage.
    from_version, to_version : str or None
        The current version before and after.
    metrics : tuple of dict
        The differences between their metrics.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> from pathlib import Path
    >>> registry = Registry("artifacts/registry/manifest.json")
    >>> before = Path("before.json").write_bytes(Path(registry.manifest).read_bytes())
    >>> move = registry.promote("minutes_v1_lgbm", "@staging", "prod")
    >>> change = registry.diff("./before.json").moves[0]
    >>> (change.stage, change.from_version, change.to_version)
    ('prod', '20251205T061430Z', '20251212T061455Z')
    """

    model: str
    stage: str
    from_version: str | None = read(optional, key="from", default=None)
    to_version: str | None = read(optional, key="to", default=None)
    metrics: tuple[Mapping[str, Any], ...] = read(tuple, default=(), hash=False)
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Diff(Record):
    """The differences between two manifests. It is true (`bool`) if there are any.

    Attributes
    ----------
    moves : tuple of PointerChange
        Changes of the current version in a stage.
    versions_registered, versions_gone : tuple of dict
        Versions that are only in the new, or only in the old manifest.
    models_added, models_gone : tuple
        Models that are only in the new, or only in the old manifest.
    events_added, events_gone : tuple of dict
        Entries of the history that are only in the new, or only in the old manifest.
    rewritten : tuple of dict
        Changes to fields that must not change after registration.
    extra : mapping
        All other lists.

    Examples
    --------
    >>> from modelreg import Registry
    >>> registry = Registry("artifacts/registry/manifest.json")
    >>> bool(registry.diff("./artifacts/registry/manifest.json"))
    False
    """

    moves: tuple[PointerChange, ...] = read(list_of(PointerChange), default=())
    versions_registered: tuple[Mapping[str, Any], ...] = read(tuple, default=(), hash=False)
    versions_gone: tuple[Mapping[str, Any], ...] = read(tuple, default=(), hash=False)
    models_added: tuple[Any, ...] = read(tuple, default=(), hash=False)
    models_gone: tuple[Any, ...] = read(tuple, default=(), hash=False)
    events_added: tuple[Mapping[str, Any], ...] = read(tuple, default=(), hash=False)
    events_gone: tuple[Mapping[str, Any], ...] = read(tuple, default=(), hash=False)
    rewritten: tuple[Mapping[str, Any], ...] = read(tuple, default=(), hash=False)
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __bool__(self) -> bool:
        return any(self.to_dict().values())


@dataclass(frozen=True)
class Problem(Record):
    """A problem or a warning about a manifest.

    Attributes
    ----------
    severity : str
        ``"problem"`` or ``"warning"``.
    message : str
        The message.
    model, version, field_name : str or None
        Where it is.
    verdicts : tuple of Verdict
        The rules of a move that the problem is about.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> [problem.message for problem in Registry().check()]
    []
    """

    severity: str
    message: str
    model: str | None = None
    version: str | None = None
    field_name: str | None = read(optional, key="field", default=None)
    verdicts: tuple[Verdict, ...] = read(list_of(Verdict), default=())
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Verification(Record):
    """Whether the artifact of a version is what was registered.

    Attributes
    ----------
    model, version : str
        The version.
    state : str
        ``"ok"``, ``"no_digest"``, ``"not_local"``, ``"changed"``, ``"missing"``, ``"bad_digest"``,
        ``"unreadable"`` or ``"not_checked"``; see `registry verify`.
    stage, current : str or None
        As in `Version`.
    artifact_path : str or None
        The path or URL as it was registered.
    artifact_digest : str or None
        The registered digest.
    found_digest, found_size : str or int, or None
        Digest and size of an artifact that has changed.
    problem : str or None
        Why the artifact could not be compared.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> found = Registry().verify("minutes_v1_lgbm", "@latest")[0]
    >>> (found.state, found.ok)
    ('missing', False)
    """

    model: str
    version: str
    state: str
    stage: str | None = None
    current: str | None = None
    artifact_path: str | None = None
    artifact_digest: str | None = None
    found_digest: str | None = None
    found_size: int | None = None
    problem: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def ok(self) -> bool:
        """Whether the artifact is what was registered, or there is nothing to compare."""
        return self.state in ("ok", "no_digest", "not_local")


@dataclass(frozen=True)
class PrunedModel(Record):
    """The versions of one model that were removed.

    Attributes
    ----------
    model : str
        The model.
    versions : tuple of dict
        The removed versions, each with ``version`` and ``artifact_path``.
    kept : int
        How many versions remain.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> model = Registry().prune("fpts_v1_lgbm", keep=0, dry_run=True).models[0]
    >>> (model.model, len(model.versions), model.kept)
    ('fpts_v1_lgbm', 1, 1)
    """

    model: str
    versions: tuple[Mapping[str, Any], ...] = read(tuple, default=(), hash=False)
    kept: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Removal(Record):
    """What became of the artifact of a removed version.

    Attributes
    ----------
    artifact_path : str
        The path as it was registered.
    outcome : str
        ``"deleted"``, ``"missing"``, ``"kept"`` or ``"failed"``.
    reason : str or None
        Why it was kept.
    problem : str or None
        Why it could not be deleted.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> pruned = Registry().prune("fpts_v1_lgbm", keep=0, delete_artifacts=True, dry_run=True)
    >>> [artifact.outcome for artifact in pruned.artifacts]
    ['missing']
    """

    artifact_path: str
    outcome: str
    reason: str | None = None
    problem: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Pruned(Record):
    """What `Registry.prune` removed.

    Attributes
    ----------
    models : tuple of PrunedModel
        The models, each with the versions that were removed.
    artifacts : tuple of Removal
        What became of the artifacts; empty without `delete_artifacts`.
    dry_run : bool
        Whether nothing was removed.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> pruned = Registry().prune(keep=0, dry_run=True)
    >>> [len(model.versions) for model in pruned.models]
    [1, 1, 0]
    """

    models: tuple[PrunedModel, ...] = read(list_of(PrunedModel), default=())
    artifacts: tuple[Removal, ...] = read(list_of(Removal), default=())
    dry_run: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Change(Record):
    """The result of one change.

    Attributes
    ----------
    op : str
        The operation: ``"describe"``, ``"register"``, ...
    model, version : str or None
        The model and the version.
    changed : bool
        Whether it changed the manifest. False if that was done already.
    line : int or None
        The number of the operation in a transaction, from 1.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> change = Registry().describe("minutes_v1_lgbm", "@prod", tags={"ticket": "ML-12"})
    >>> (change.op, change.version, change.changed)
    ('describe', '20251205T061430Z', True)
    """

    op: str
    model: str | None = None
    version: str | None = None
    changed: bool = True
    line: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Applied(Record):
    """The result of a transaction.

    Attributes
    ----------
    results : tuple of Change
        One for each operation, in order.
    changed : int
        How many operations changed the manifest.
    dry_run : bool
        Whether it was a dry run, which writes nothing.
    extra : mapping
        All other fields.

    Examples
    --------
    >>> from modelreg import Registry
    >>> applied = Registry().apply(
    ...     [{"op": "describe", "model": "fpts_v1_lgbm", "description": "Points"}], dry_run=True
    ... )
    >>> (applied.changed, applied.dry_run)
    (1, True)
    """

    results: tuple[Change, ...] = read(list_of(Change), default=())
    changed: int = 0
    dry_run: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
