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

import sys

from modelreg._values import location_of, required_text, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from modelreg._changes import Text
    from modelreg._document import ModelEntry, ModelManifest, ModelVersion
    from modelreg._stage import Stage

    DEFAULT_MANIFEST_PATH: Path

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

_MODULES = {
    "ModelEntry": "_document",
    "ModelManifest": "_document",
    "ModelVersion": "_document",
    "Stage": "_stage",
}


def __getattr__(name: str) -> object:
    # Imported when they are used first: a trainer that imports this module pays for the
    # dataclasses only when it loads a manifest.
    value: object
    if name == "DEFAULT_MANIFEST_PATH":
        from pathlib import Path

        value = Path("artifacts/registry/manifest.json")
    elif name in _MODULES:
        from importlib import import_module

        value = getattr(import_module(f"modelreg.{_MODULES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


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
    from modelreg._document import ModelManifest

    place = _place_of(path)
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
    from modelreg._document import now

    _save.save(manifest, _place_of(path))
    manifest.updated_at = now()


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
    from modelreg._document import ModelVersion

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
    from modelreg._document import now

    entry = manifest.get_model(model_name)
    if entry is None:
        raise ValueError(f"Model {model_name} not found in registry")
    moved = entry.get_version(version)
    if moved is None:
        raise ValueError(f"Version {version} not found for {model_name}")
    if stage not in ("dev", "staging", "prod"):
        raise ValueError(f"Stage {stage} is not dev, staging or prod")
    moved.stage = stage
    moved.promoted_at = now()
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


def _place_of(path: Text | None) -> str:
    # As an attribute of the module, which a program may have replaced.
    return location_of(sys.modules[__name__].DEFAULT_MANIFEST_PATH if path is None else path)


def _pointer(current: str | None, of: str, version: str, stage: str) -> str | None:
    """Return which version is current in a stage after a version has moved."""
    if stage == of:
        return version
    return None if current == version else current
