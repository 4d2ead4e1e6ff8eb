"""Drop-in replacement for the original Python module: change one import line.

The names, signatures and exceptions are those of the original. Only the save is different: the
original wrote its whole copy of the manifest, and `save_manifest` writes only what the program
changed since it loaded the manifest, in one locked and atomic write. So registrations of other
processes are kept, every move is in the history, and promotions must meet the policy.

Examples
--------
>>> from modelreg.manifest import load_manifest, register_model, save_manifest
>>> manifest = load_manifest()
>>> version = register_model(
...     manifest,
...     model_name="minutes_v1_lgbm",
...     version="20241204T220000Z",
...     run_id="20241204T220000Z",
...     artifact_path="artifacts/minutes_v1/runs/20241204T220000Z",
...     metrics={"val_mae": 3.51},
... )
>>> save_manifest(manifest)
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from modelreg._values import location_of, required_text, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from modelreg._changes import Text

__all__ = [
    "DEFAULT_MANIFEST_PATH",
    "ModelEntry",
    "ModelManifest",
    "ModelVersion",
    "Stage",
    "get_production_model",
    "list_versions",
    "load_manifest",
    "promote_model",
    "register_model",
    "save_manifest",
]

Stage = Literal["dev", "staging", "prod"]
D = TypeVar("D", bound="_Document")

DEFAULT_MANIFEST_PATH = Path("artifacts/registry/manifest.json")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


@dataclass
class _Document:
    """Base of the dataclasses: their form in the file."""

    def to_dict(self) -> dict[str, Any]:
        """Return this object as it is in the file, with the fields that this module knows.

        Returns
        -------
        dict
            All fields, with nested objects as dictionaries.
        """
        return asdict(self)

    @classmethod
    def from_dict(cls: type[D], data: Mapping[str, Any]) -> D:
        """Return the dataclass for an object of the file; unknown keys are left out.

        Parameters
        ----------
        data : mapping
            The object.

        Returns
        -------
        ModelVersion, ModelEntry or ModelManifest
            An object of this class.
        """
        known = {each.name for each in fields(cls)}
        values = cls._nested(data)
        return cls(**{key: value for key, value in values.items() if key in known})

    @classmethod
    def _nested(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the fields with nested objects as dataclasses."""
        return data


@dataclass
class ModelVersion(_Document):
    """One version of a model.

    Attributes
    ----------
    version, run_id, artifact_path : str
        The version, the training run, and the path or URL of the trained model.
    stage : {"dev", "staging", "prod"}
        The stage the version was last moved to.
    created_at : str
        When it was registered.
    promoted_at : str or None
        When it was last moved.
    training_start, training_end, feature_schema_version, feature_hash : str or None
        First and last day of the training data; version and hash of the features.
    metrics : dict of str to float
        The metrics.
    description : str
        The description.
    """

    version: str
    run_id: str
    artifact_path: str
    stage: Stage = "dev"
    created_at: str = field(default_factory=_now)
    promoted_at: str | None = None
    training_start: str | None = None
    training_end: str | None = None
    feature_schema_version: str | None = None
    feature_hash: str | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    description: str = ""


@dataclass
class ModelEntry(_Document):
    """A model with its versions.

    Attributes
    ----------
    name : str
        The model.
    versions : list of ModelVersion
        Its versions, in the order they were registered.
    current_prod, current_staging : str or None
        The versions that are current.
    """

    name: str
    versions: list[ModelVersion] = field(default_factory=list)
    current_prod: str | None = None
    current_staging: str | None = None

    def get_version(self, version: str) -> ModelVersion | None:
        """Return the version with this name, or None.

        Parameters
        ----------
        version : str
            The version.

        Returns
        -------
        ModelVersion or None
            The version.
        """
        return next((each for each in self.versions if each.version == version), None)

    def get_by_run_id(self, run_id: str) -> ModelVersion | None:
        """Return the first version of this training run, or None.

        Parameters
        ----------
        run_id : str
            The training run.

        Returns
        -------
        ModelVersion or None
            The version.
        """
        return next((each for each in self.versions if each.run_id == run_id), None)

    @classmethod
    def _nested(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        versions = [ModelVersion.from_dict(version) for version in data.get("versions", [])]
        return {**data, "name": data["name"], "versions": versions}


@dataclass
class ModelManifest(_Document):
    """All models.

    Attributes
    ----------
    models : dict of str to ModelEntry
        The models by name.
    schema_version : str
        The version of the file's format.
    updated_at : str
        When the manifest was last saved.
    """

    models: dict[str, ModelEntry] = field(default_factory=dict)
    schema_version: str = "1.0.0"
    updated_at: str = field(default_factory=_now)

    def __post_init__(self) -> None:
        """Start without anything that was loaded."""
        # Not fields, so that equality, `asdict` and `to_dict` are those of the original.
        self._path: str | None = None
        self._text: str | None = None
        self._loaded: dict[str, Any] = {}
        self._moves: list[tuple[str, str, str]] = []

    def get_model(self, name: str) -> ModelEntry | None:
        """Return the model of this name, or None.

        Parameters
        ----------
        name : str
            The model.

        Returns
        -------
        ModelEntry or None
            The model.
        """
        return self.models.get(name)

    def ensure_model(self, name: str) -> ModelEntry:
        """Return the model of this name, and create it if it does not exist.

        Parameters
        ----------
        name : str
            The model.

        Returns
        -------
        ModelEntry
            The model. One without a version is not written.
        """
        return self.models.setdefault(name, ModelEntry(name=name))

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as it is in the file, with the fields that this module knows.

        Returns
        -------
        dict
            The version of the format, when it was saved, and the models.
        """
        data = super().to_dict()
        return {name: data[name] for name in ("schema_version", "updated_at", "models")}

    @classmethod
    def _nested(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        models = data.get("models", {})
        entries = {
            name: ModelEntry.from_dict({"name": name, **entry}) for name, entry in models.items()
        }
        return {**data, "models": entries}


def load_manifest(path: Text | None = None) -> ModelManifest:
    """Load a manifest. One that does not exist is empty.

    Parameters
    ----------
    path : path or str, optional
        The manifest's path, or its URL in an object store as a string. Default:
        `DEFAULT_MANIFEST_PATH`.

    Returns
    -------
    ModelManifest
        The manifest. It keeps a copy of the loaded state for `save_manifest`.

    Raises
    ------
    BadManifest
        The file cannot be read. This is a `ValueError`.

    Examples
    --------
    >>> manifest = load_manifest()
    >>> manifest.models["minutes_v1_lgbm"].current_prod
    '20251205T061430Z'
    """
    from modelreg import _save

    place = location_of(DEFAULT_MANIFEST_PATH if path is None else path)
    text = _save.read(place)
    if text is None:
        return ModelManifest()
    manifest = ModelManifest.from_dict(_save.parse(text))
    _save.remember(manifest, place, text)
    return manifest


def save_manifest(manifest: ModelManifest, path: Text | None = None) -> None:
    """Write what changed in a manifest since it was loaded or saved, all of it or nothing.

    Everything else in the file is left alone: what other processes wrote in the meantime, the
    history, and what this module does not know.

    A manifest that is saved to another place than it was loaded from becomes a copy of all that
    was loaded, with the changes. If there is a manifest in that place already, the versions are
    added to it.

    Parameters
    ----------
    manifest : ModelManifest
        The manifest.
    path : path or str, optional
        The manifest's path, or its URL in an object store as a string. Default:
        `DEFAULT_MANIFEST_PATH`.

    Raises
    ------
    AlreadyRegistered
        Another process registered one of the new versions with different content.
    CurrentMismatch
        Another process moved another version to the same stage.
    GateNotMet
        A version does not meet the policy of the stage.
    ValueError
        A registered version was removed, or one of its fixed fields was changed.
    TypeError
        A metric is not a number.

    Examples
    --------
    >>> manifest = load_manifest()
    >>> manifest.models["minutes_v1_lgbm"].current_prod = "20251212T061455Z"
    >>> save_manifest(manifest)
    """
    from modelreg import _save

    _save.save(manifest, location_of(DEFAULT_MANIFEST_PATH if path is None else path))
    manifest.updated_at = _now()


def register_model(
    manifest: ModelManifest,
    model_name: str,
    version: str,
    run_id: str,
    artifact_path: Text,
    training_start: Any = None,
    training_end: Any = None,
    feature_schema_version: str | None = None,
    feature_hash: str | None = None,
    metrics: Mapping[str, Any] | None = None,
    description: str = "",
) -> ModelVersion:
    """Add a version in stage dev. `save_manifest` writes it.

    Parameters
    ----------
    manifest : ModelManifest
        The manifest.
    model_name, version, run_id : str
        The model, the version and the training run.
    artifact_path : str or path
        Path or URL of the trained model.
    training_start, training_end : str or date, optional
        First and last day of the training window.
    feature_schema_version, feature_hash : str, optional
        Version and hash of the features.
    metrics : mapping of str to number, optional
        The metrics.
    description : str, optional
        The description.

    Returns
    -------
    ModelVersion
        The new version.

    Raises
    ------
    ValueError
        The version already exists.

    Examples
    --------
    >>> manifest = ModelManifest()
    >>> register_model(manifest, "rates_v1_lgbm", "r7", "r7", "runs/r7", metrics={"mae": 1}).stage
    'dev'
    """
    entry = manifest.ensure_model(model_name)
    if entry.get_version(version):
        raise ValueError(f"Version {version} already exists for {model_name}")
    added = ModelVersion(
        version=version,
        run_id=run_id,
        artifact_path=required_text("artifact_path", artifact_path),
        training_start=text_of("training_start", training_start),
        training_end=text_of("training_end", training_end),
        feature_schema_version=feature_schema_version,
        feature_hash=feature_hash,
        metrics=dict(metrics) if metrics else {},
        description=description,
    )
    entry.versions.append(added)
    return added


def promote_model(
    manifest: ModelManifest, model_name: str, version: str, stage: Stage
) -> ModelVersion:
    """Move a version to a stage, where it becomes the current one. `save_manifest` writes it.

    A version that moves to another stage is no longer current in the old one. In the original, it
    stayed current there.

    Parameters
    ----------
    manifest : ModelManifest
        The manifest.
    model_name, version : str
        The version.
    stage : {"dev", "staging", "prod"}
        The stage.

    Returns
    -------
    ModelVersion
        The version.

    Raises
    ------
    ValueError
        The model or the version is not found, or there is no such stage.

    Examples
    --------
    >>> manifest = load_manifest()
    >>> promote_model(manifest, "minutes_v1_lgbm", "20251212T061455Z", "prod").stage
    'prod'
    >>> save_manifest(manifest)
    """
    entry = manifest.get_model(model_name)
    if entry is None:
        raise ValueError(f"Model {model_name} not found in registry")
    moved = entry.get_version(version)
    if moved is None:
        raise ValueError(f"Version {version} not found for {model_name}")
    if stage not in ("dev", "staging", "prod"):
        raise ValueError(f"Stage {stage} is not dev, staging or prod")
    moved.stage = stage
    moved.promoted_at = _now()
    entry.current_prod = _pointer(entry.current_prod, "prod", version, stage)
    entry.current_staging = _pointer(entry.current_staging, "staging", version, stage)
    manifest._moves.append((model_name, version, stage))
    return moved


def get_production_model(manifest: ModelManifest, model_name: str) -> ModelVersion | None:
    """Return the version that is current in prod, or None.

    Parameters
    ----------
    manifest : ModelManifest
        The manifest.
    model_name : str
        The model.

    Returns
    -------
    ModelVersion or None
        The version. None if there is none, or no such model.

    Examples
    --------
    >>> get_production_model(load_manifest(), "minutes_v1_lgbm").version
    '20251205T061430Z'
    """
    entry = manifest.get_model(model_name)
    if entry is None or entry.current_prod is None:
        return None
    return entry.get_version(entry.current_prod)


def list_versions(
    manifest: ModelManifest, model_name: str, stage: Stage | None = None
) -> list[ModelVersion]:
    """Return the versions of a model.

    Parameters
    ----------
    manifest : ModelManifest
        The manifest.
    model_name : str
        The model.
    stage : {"dev", "staging", "prod"}, optional
        Only versions with this stage.

    Returns
    -------
    list of ModelVersion
        The versions in the order of the file. Empty if there is no such model.

    Examples
    --------
    >>> len(list_versions(load_manifest(), "minutes_v1_lgbm", stage="prod"))
    2
    """
    entry = manifest.get_model(model_name)
    if entry is None:
        return []
    return [each for each in entry.versions if stage is None or each.stage == stage]


def _pointer(current: str | None, of: str, version: str, stage: str) -> str | None:
    """Return which version is current in a stage after a version has moved."""
    if stage == of:
        return version
    return None if current == version else current
