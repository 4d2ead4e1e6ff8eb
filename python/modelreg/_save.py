"""Finds what a program changed in a manifest, and writes it through `registry apply`."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from modelreg._client import Registry
from modelreg._errors import RegistryError, RegistryWarning
from modelreg._stage import Stage
from modelreg._values import metrics_of, number_of, required_text, same, text_of

if TYPE_CHECKING:
    from modelreg._document import ModelEntry, ModelManifest, ModelVersion

    Operation = dict[str, Any]

# What promotions change, and what an operation of its own changes.
_MUTABLE = ("stage", "promoted_at", "description")
# What a registration takes besides the fields that this module knows.
_KEPT = {"artifact_digest": str, "artifact_size": int, "tags": dict}


def read(place: str) -> str | None:
    """Return the text of the manifest at a path or a URL; None if there is none.

    The command explains what is wrong with a damaged one.
    """
    if "://" in place:
        return _read_object(place)
    attempts = 3
    while True:
        try:
            text = Path(place).read_text(encoding="utf-8")
            parse(text)
            return text
        except FileNotFoundError:
            return None
        except ValueError:
            attempts -= 1
            if attempts == 0:
                raise
        # A program that takes no lock may be writing at this moment. The command waits for that
        # to end; a file that stays damaged is an error with its line and column.
        Registry(place).models()


def parse(text: str) -> dict[str, Any]:
    """Return the JSON object of a manifest; ValueError if it is not one."""
    import json

    data: object = json.loads(text, object_pairs_hook=_without_duplicates)
    if isinstance(data, dict):
        return data
    raise ValueError("a manifest is a JSON object")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return members


def _read_object(url: str) -> str | None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        copy_of_it = Path(folder, "manifest.json")
        try:
            _copy(url, str(copy_of_it))
        except RegistryError:
            # Of an object that does not exist, the command lists no models. It fails for others.
            if Registry(url).models():
                raise
            return None
        return copy_of_it.read_text(encoding="utf-8")


def _copy(source: str, destination: str) -> None:
    Registry()._run("copy", [], [source, destination])


def remember(manifest: ModelManifest, place: str, text: str | None) -> None:
    """Remember that the manifest is now as it is in this place.

    `text` is that of the whole file; None if it is to be read when it is needed.
    """
    manifest._path = _absolute(place)
    manifest._text = text
    manifest._loaded = copy.deepcopy(manifest.to_dict()["models"])
    manifest._moves.clear()


def save(manifest: ModelManifest, place: str) -> None:
    """Write what changed since the manifest was loaded from this place, or else all of it."""
    source, target = manifest._path, _absolute(place)
    is_url = "://" in target
    exists = is_url or os.path.exists(target)
    if source is None or (source == target and exists):
        loaded = manifest._loaded if source == target else {}
        _write(manifest, target, loaded, manifest._moves)
    elif (is_url or not exists) and _save_copy(manifest, target):
        return
    else:
        # Another manifest that exists has nothing of what was loaded.
        _write(manifest, target, {}, [])


def _write(
    manifest: ModelManifest,
    place: str,
    loaded: dict[str, Any],
    moves: list[tuple[str, str, str]],
) -> None:
    plans = _plans(manifest, loaded, moves)
    operations = [each for plan in plans for each in plan.operations]
    text = None if operations or not loaded else manifest._text
    try:
        if operations:
            Registry(place).apply(operations)
    except RegistryWarning:
        # Somebody made warnings to errors; the changes are written.
        _settle(manifest, place, plans, text)
        raise
    _settle(manifest, place, plans, text)


def _save_copy(manifest: ModelManifest, place: str) -> bool:
    """Save all that was loaded, with the changes; False if there is another manifest already."""
    from tempfile import TemporaryDirectory

    text = _whole(manifest)
    if text is None:  # the source was deleted
        return False
    plans = _plans(manifest, manifest._loaded, manifest._moves)
    operations = [each for plan in plans for each in plan.operations]
    with TemporaryDirectory() as folder:
        # All changes are made before anything is in its place.
        prepared = Path(folder, "manifest.json")
        prepared.write_bytes(text.encode("utf-8"))
        if operations:
            policy = Path(place).parent / "policy.toml"
            judged_by = policy if "://" not in place and policy.exists() else None
            Registry(prepared, policy=judged_by).apply(operations)
        try:
            _copy(str(prepared), place)
        except RegistryError as error:
            if error.kind == "manifest_mismatch":
                return False
            raise
        text = prepared.read_bytes().decode("utf-8")
    _settle(manifest, place, plans, text)
    return True


def _whole(manifest: ModelManifest) -> str | None:
    """Return the text that the manifest was loaded from; None if there is none."""
    if manifest._text is None and manifest._path is not None:
        manifest._text = read(manifest._path)
    return manifest._text


def _plans(
    manifest: ModelManifest, loaded: dict[str, Any], moves: list[tuple[str, str, str]]
) -> list[_Plan]:
    gone = set(loaded) - set(manifest.models)
    if gone:
        raise ValueError(f"model {min(gone)} was removed from the manifest; models are not deleted")
    kept = {} if loaded else _unknown_fields(manifest)
    return [
        _Plan(
            name,
            entry,
            loaded.get(name, {}),
            [move[1:] for move in moves if move[0] == name],
            kept.get(name, {}),
        )
        for name, entry in manifest.models.items()
    ]


def _unknown_fields(manifest: ModelManifest) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the fields that a registration can keep and this module does not know.

    They are those of the versions that were loaded, by model and version.
    """
    text = _whole(manifest)
    models = {} if text is None else parse(text).get("models", {})
    return {
        name: {version["version"]: _kept_of(version) for version in entry.get("versions", [])}
        for name, entry in models.items()
    }


def _kept_of(version: dict[str, Any]) -> dict[str, Any]:
    kept = {
        key: version[key] for key, family in _KEPT.items() if isinstance(version.get(key), family)
    }
    # A version that was registered without a digest does not get one by being copied.
    return kept if "artifact_digest" in kept else {**kept, "no_digest": True}


def _settle(manifest: ModelManifest, place: str, plans: list[_Plan], text: str | None) -> None:
    for plan in plans:
        plan.settle()
    remember(manifest, place, text)


def _absolute(place: str) -> str:
    return place if "://" in place else os.path.abspath(place)


@dataclass
class _State:
    """The stages and pointers of one model, as the operations so far leave them."""

    stages: dict[str, str]
    current: dict[str, str | None]

    def move(self, version: str, stage: str) -> None:
        self.stages[version] = stage
        for other, current in self.current.items():
            if other == stage:
                self.current[other] = version
            elif current == version:
                self.current[other] = None

    def stage_of(self, version: str) -> str:
        """Return the stage in which a version is current, or dev."""
        return next((stage for stage, current in self.current.items() if current == version), "dev")


class _Plan:
    """The operations for one model."""

    def __init__(
        self,
        name: str,
        entry: ModelEntry,
        loaded: dict[str, Any],
        moves: list[tuple[str, str]],
        kept: dict[str, dict[str, Any]],
    ) -> None:
        self.name = name
        self.entry = entry
        self.kept = kept
        self.operations: list[Operation] = []
        self.before = {each["version"]: each for each in loaded.get("versions", [])}
        self.state = _State(
            {version: each["stage"] for version, each in self.before.items()},
            {
                "prod": loaded.get("current_prod"),
                "staging": loaded.get("current_staging"),
            },
        )
        self.versions = self._by_name()
        for version in self.versions.values():
            self._content(version)
        for version_name, stage in moves:
            if version_name in self.state.stages:
                self._promote(version_name, stage)
        self._direct_changes()

    def settle(self) -> None:
        """Bring the dataclasses to what is in the file now."""
        for name, version in self.versions.items():
            version.stage = self.state.stages[name]  # type: ignore[assignment]
        self.entry.current_prod = self.state.current["prod"]
        self.entry.current_staging = self.state.current["staging"]

    def _by_name(self) -> dict[str, ModelVersion]:
        versions: dict[str, ModelVersion] = {}
        for version in self.entry.versions:
            if version.version in versions:
                raise ValueError(f"Version {version.version} already exists for {self.name}")
            if version.stage not in get_args(Stage):
                raise ValueError(f"Stage {version.stage} is not dev, staging or prod")
            versions[version.version] = version
        gone = [name for name in self.before if name not in versions]
        if gone:
            raise ValueError(
                f"version {gone[0]} of {self.name} was removed from the manifest; a registered "
                "version is not deleted by saving (see `registry retire` and `registry prune`)"
            )
        return versions

    def _content(self, version: ModelVersion) -> None:
        """Register a new version; find what changed in one that was there."""
        before = self.before.get(version.version)
        if before is None:
            self._register(version)
            return
        after = version.to_dict()
        changed = [
            field
            for field in after
            if field not in _MUTABLE and not same(_plain(after[field]), _plain(before.get(field)))
        ]
        if changed:
            raise ValueError(
                f"version {version.version} of {self.name} is registered, and its "
                f"{', '.join(changed)} changed; a registered version never changes"
            )
        if after["description"] != before["description"]:
            self._add("describe", version.version, description=version.description)

    def _register(self, version: ModelVersion) -> None:
        texts = {
            name: text_of(name, getattr(version, name))
            for name in (
                "run_id",
                "created_at",
                "training_start",
                "training_end",
                "feature_schema_version",
                "feature_hash",
                "description",
            )
        }
        self._add(
            "register",
            version.version,
            artifact_path=required_text("artifact_path", version.artifact_path),
            metrics=metrics_of(version.metrics),
            **{name: text for name, text in texts.items() if text},
            **self.kept.get(version.version, {}),
        )
        self.state.stages[version.version] = "dev"

    def _direct_changes(self) -> None:
        """Find moves that were made by changing the dataclasses."""
        wanted = {"prod": self.entry.current_prod, "staging": self.entry.current_staging}
        changed = [stage for stage in wanted if wanted[stage] != self.state.current[stage]]
        if len(changed) == 1 and wanted["prod"] == wanted["staging"]:
            # The version moves from the one stage to the other, and leaves the first.
            wanted = {stage: wanted[stage] if stage in changed else None for stage in wanted}
        relabelled = {
            name: version.stage
            for name, version in self.versions.items()
            if version.stage != self.state.stages[name]
        }
        for stage, version in wanted.items():
            moving = [name for name, label in relabelled.items() if label == stage]
            if version == self.state.current[stage]:
                moving = [name for name in moving if name != version]
                if moving:
                    raise ValueError(
                        f"version {moving[0]} of {self.name} has stage {stage}, but "
                        f"current_{stage} is {version}; use promote_model"
                    )
                continue
            if version is not None and version not in self.versions:
                raise ValueError(f"Version {version} not found for {self.name}")
            # Versions that were in the stage before it, the oldest move first.
            moving.sort(key=lambda name: self.versions[name].promoted_at or "")
            for name in moving:
                if name != version:
                    self._promote(name, stage)
            if version is not None:
                self._promote(version, stage)
        for stage, version in wanted.items():
            left = self.state.current[stage]
            if version is None and left is not None:
                self._promote(left, "dev")
        for name, label in relabelled.items():
            if label == "dev" and name not in wanted.values():
                self._promote(name, "dev")
        if wanted != self.state.current:
            raise ValueError(f"a version of {self.name} cannot be current in two stages")
        for name, label in relabelled.items():
            if label != self.state.stages[name]:
                raise ValueError(
                    f"version {name} of {self.name} has stage {label}, but it is current in "
                    f"{self.state.stage_of(name)}; use promote_model"
                )

    def _promote(self, version: str, stage: str) -> None:
        current = self.state.stage_of(version)
        if self.state.stages[version] == stage == current:
            return
        # What this program believed to be there must still be there.
        if stage == "dev":
            expected: dict[str, str | None] = {"from": current}
        else:
            expected = {"expect_current": self.state.current[stage]}
        self._add("promote", version, stage=stage, **expected)
        self.state.move(version, stage)

    def _add(self, op: str, version: str, **fields: Any) -> None:
        self.operations.append({"op": op, "model": self.name, "version": version, **fields})


def _plain(value: Any) -> Any:
    """Return metrics with scalars of other libraries as numbers."""
    if not isinstance(value, dict):
        return value
    plain = {}
    for name, each in value.items():
        try:
            plain[name] = number_of(name, each)
        except TypeError:
            plain[name] = each  # the file may have anything
    return plain
