"""The dataclasses of `modelreg.manifest`.

They are in a module of their own, because `dataclasses` takes longer to import than a program that
never uses them should wait.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from modelreg._stage import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

D = TypeVar("D", bound="Document")


def now() -> str:
    """Return the current time as the file has it."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


@dataclass
class Document:
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
class ModelVersion(Document):
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
    created_at: str = field(default_factory=now)
    promoted_at: str | None = None
    training_start: str | None = None
    training_end: str | None = None
    feature_schema_version: str | None = None
    feature_hash: str | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    description: str = ""


@dataclass
class ModelEntry(Document):
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
class ModelManifest(Document):
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
    updated_at: str = field(default_factory=now)

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
