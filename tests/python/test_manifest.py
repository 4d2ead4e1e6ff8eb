"""The drop-in for the original module: its behaviour, and a save that loses nothing."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import pickle
from datetime import date
from pathlib import Path

import numpy
import pytest

from modelreg import (
    AlreadyRegistered,
    BadManifest,
    CurrentMismatch,
    GateNotMet,
    Registry,
    RegistryWarning,
)
from modelreg import manifest as original
from modelreg.manifest import (
    DEFAULT_MANIFEST_PATH,
    ModelEntry,
    ModelManifest,
    ModelVersion,
    get_production_model,
    list_versions,
    load_manifest,
    promote_model,
    register_model,
    save_manifest,
)

MODEL = "minutes_v1_lgbm"
PROD, STAGING = "20251205T061430Z", "20251212T061455Z"
NEWEST = "20251214T061411Z"


def register(manifest, version, model=MODEL, **details):
    """Register a version in memory, as the trainers do it."""
    return register_model(
        manifest,
        model_name=model,
        version=version,
        run_id=version,
        artifact_path=f"runs/{version}",
        **details,
    )


def stored(path):
    """Return the models in the file."""
    return json.loads(Path(path).read_text())["models"]


def test_a_version_goes_to_a_dict_and_back():
    version = ModelVersion("1.0.0", "r1", "/path", metrics={"mae": 3.5}, description="Test")
    assert list(version.to_dict()) == [
        *("version", "run_id", "artifact_path", "stage", "created_at", "promoted_at"),
        *("training_start", "training_end", "feature_schema_version", "feature_hash"),
        *("metrics", "description"),
    ]
    assert ModelVersion.from_dict({**version.to_dict(), "unknown": 1}) == version
    assert (version.stage, version.promoted_at) == ("dev", None)


def test_the_behaviour_in_memory():
    manifest = ModelManifest()
    first = register(manifest, "1.0.0", "m", training_start=date(2024, 10, 1))
    assert first.training_start == "2024-10-01"
    with pytest.raises(ValueError, match="already exists"):
        register(manifest, "1.0.0", "m")
    with pytest.raises(ValueError, match="not found"):
        promote_model(manifest, model_name="missing", version="1", stage="prod")
    with pytest.raises(ValueError, match="not found"):
        promote_model(manifest, model_name="m", version="missing", stage="prod")
    assert get_production_model(manifest, "m") is None
    assert get_production_model(manifest, "missing") is None
    moved = promote_model(manifest, model_name="m", version="1.0.0", stage="prod")
    assert moved is first
    assert moved.stage == "prod"
    assert moved.promoted_at is not None
    assert manifest.models["m"].current_prod == "1.0.0"
    assert get_production_model(manifest, "m") is first
    second = register(manifest, "1.1.0", "m")
    promote_model(manifest, model_name="m", version="1.1.0", stage="staging")
    assert list_versions(manifest, "m") == [first, second]
    assert list_versions(manifest, "m", stage="prod") == [first]
    assert list_versions(manifest, "missing") == []
    assert manifest.get_model("m").get_by_run_id("1.1.0") is second
    assert manifest.get_model("m").get_version("9") is None
    assert ModelManifest.from_dict(manifest.to_dict()) == manifest
    assert pickle.loads(pickle.dumps(manifest)) == manifest
    assert set(dataclasses.asdict(manifest)) == {"models", "schema_version", "updated_at"}


def test_a_manifest_that_does_not_exist_is_empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Path("artifacts/registry/manifest.json") == DEFAULT_MANIFEST_PATH
    assert load_manifest().models == {}
    assert load_manifest(tmp_path / "none.json").models == {}
    manifest = load_manifest()
    register(manifest, "v1")
    save_manifest(manifest)
    assert load_manifest().models[MODEL].versions[0].version == "v1"


def test_the_default_path_can_be_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(original, "DEFAULT_MANIFEST_PATH", tmp_path / "other.json")
    manifest = ModelManifest()
    register(manifest, "v1")
    save_manifest(manifest)
    assert stored(tmp_path / "other.json")[MODEL]["versions"][0]["version"] == "v1"


def test_a_trainer_registers(manifest):
    before = stored(manifest)
    loaded = load_manifest(manifest)
    added = register(
        loaded,
        "new",
        training_start="2022-10-18",
        feature_hash="abc",
        metrics={"val_mae": 3.4, "rows": 7},
        description="Weekly",
    )
    save_manifest(loaded, manifest)
    after = stored(manifest)
    found = after[MODEL]["versions"].pop()
    assert {key: found[key] for key in added.to_dict()} == added.to_dict()
    assert after == before
    assert load_manifest(manifest).models == loaded.models


def test_a_save_without_a_change_does_not_touch_the_file(manifest):
    before = manifest.read_bytes()
    save_manifest(load_manifest(manifest), manifest)
    assert manifest.read_bytes() == before


def test_what_others_wrote_meanwhile_survives(manifest, registry):
    document = json.loads(manifest.read_text())
    document["team"] = {"name": "analytics"}
    document["models"][MODEL]["owner"] = "ada"
    document["models"][MODEL]["versions"][0]["reviewed"] = True
    manifest.write_text(json.dumps(document, indent=2))
    registry.promote("rates_v1_lgbm", "@staging", "prod", by="grace")

    loaded = load_manifest(manifest)
    registry.register(MODEL, "runs/other", version="other")
    registry.promote("fpts_v1_lgbm", "@latest", "staging", by="grace")
    register(loaded, "mine")
    save_manifest(loaded, manifest)

    after = json.loads(manifest.read_text())
    assert after["team"] == {"name": "analytics"}
    assert after["models"][MODEL]["owner"] == "ada"
    assert after["models"][MODEL]["versions"][0]["reviewed"] is True
    names = [version["version"] for version in after["models"][MODEL]["versions"]]
    assert names[-2:] == ["other", "mine"]
    assert after["models"]["fpts_v1_lgbm"]["current_staging"] is not None
    assert after["models"]["rates_v1_lgbm"]["history"][-1]["by"] == "grace"
    assert registry.check() == []


def test_a_promotion_is_in_the_history(manifest, registry):
    loaded = load_manifest(manifest)
    promote_model(loaded, model_name=MODEL, version=STAGING, stage="prod")
    assert loaded.models[MODEL].current_staging is None
    save_manifest(loaded, manifest)
    assert registry.production(MODEL).version == STAGING
    event = registry.history(MODEL)[-1]
    assert (event.version, event.from_stage, event.to_stage) == (STAGING, "staging", "prod")
    assert (event.replaced, event.recorded) == (PROD, True)
    assert load_manifest(manifest).models[MODEL].current_staging is None


def test_every_step_of_several_promotions_is_in_the_history(manifest, registry):
    loaded = load_manifest(manifest)
    register(loaded, "new")
    for stage in ("staging", "prod"):
        promote_model(loaded, MODEL, "new", stage)
    save_manifest(loaded, manifest)
    steps = [(each.from_stage, each.to_stage) for each in registry.history(MODEL)[-2:]]
    assert steps == [("dev", "staging"), ("staging", "prod")]


def test_dataclasses_may_be_changed_directly(manifest, registry):
    loaded = load_manifest(manifest)
    entry = loaded.models[MODEL]
    entry.versions.append(ModelVersion("direct", "direct", "runs/direct", metrics={"a": 1}))
    entry.current_prod = "direct"
    new = loaded.ensure_model("new_model")
    new.versions.append(ModelVersion("1", "1", "p", stage="staging"))
    new.current_staging = "1"
    save_manifest(loaded, manifest)
    assert registry.production(MODEL).version == "direct"
    assert registry.get(MODEL, PROD).stage == "prod"  # it was replaced
    assert registry.get("new_model", "@staging").version == "1"
    assert entry.get_version("direct").stage == "prod"
    assert load_manifest(manifest).models[MODEL].current_prod == "direct"
    before = manifest.read_bytes()
    save_manifest(loaded, manifest)
    assert manifest.read_bytes() == before


def test_a_version_that_is_made_current_in_prod_leaves_staging(manifest, registry):
    loaded = load_manifest(manifest)
    entry = loaded.models[MODEL]
    entry.current_prod = entry.current_staging
    save_manifest(loaded, manifest)
    summary = registry.models()[0]
    assert (summary.current_prod, summary.current_staging) == (STAGING, None)
    assert (entry.current_prod, entry.current_staging) == (STAGING, None)


def test_a_version_may_be_taken_out_of_production(manifest, registry):
    loaded = load_manifest(manifest)
    loaded.models[MODEL].current_prod = None
    save_manifest(loaded, manifest)
    assert registry.models()[0].current_prod is None
    assert registry.get(MODEL, PROD).stage == "dev"
    assert loaded.models[MODEL].get_version(PROD).stage == "dev"
    promote_model(loaded, MODEL, STAGING, "dev")
    save_manifest(loaded, manifest)
    assert registry.models()[0].current_staging is None


def test_stages_may_be_exchanged(manifest, registry):
    loaded = load_manifest(manifest)
    entry = loaded.models[MODEL]
    entry.current_prod, entry.current_staging = STAGING, PROD
    save_manifest(loaded, manifest)
    summary = registry.models()[0]
    assert (summary.current_prod, summary.current_staging) == (STAGING, PROD)
    assert (entry.get_version(STAGING).stage, entry.get_version(PROD).stage) == ("prod", "staging")


def test_a_description_may_change(manifest, registry):
    loaded = load_manifest(manifest)
    loaded.models[MODEL].get_version(PROD).description = "Serves since December"
    save_manifest(loaded, manifest)
    assert registry.production(MODEL).description == "Serves since December"


def conflicting(change):
    """Mark a change in memory that cannot be written."""
    return pytest.param(change, id=change.__name__)


def a_changed_metric(entry):
    entry.versions[0].metrics["val_mae"] = 1.0


def a_changed_path(entry):
    entry.versions[0].artifact_path = "elsewhere"


def a_removed_version(entry):
    del entry.versions[0]


def a_version_twice(entry):
    entry.versions.append(copy.copy(entry.versions[0]))


def a_stage_that_does_not_exist(entry):
    entry.versions[0].stage = "production"


def a_pointer_to_nothing(entry):
    entry.current_prod = "nothing"


def a_stage_without_its_pointer(entry):
    entry.get_version(NEWEST).stage = "prod"


def a_pointer_without_its_stage(entry):
    entry.get_version(PROD).stage = "dev"


def one_version_in_two_stages(entry):
    entry.current_staging = entry.current_prod = NEWEST


@pytest.mark.parametrize(
    "change",
    [
        conflicting(a_changed_metric),
        conflicting(a_changed_path),
        conflicting(a_removed_version),
        conflicting(a_version_twice),
        conflicting(a_stage_that_does_not_exist),
        conflicting(a_pointer_to_nothing),
        conflicting(a_stage_without_its_pointer),
        conflicting(a_pointer_without_its_stage),
        conflicting(one_version_in_two_stages),
    ],
)
def test_what_cannot_be_written_is_an_error_and_nothing_is_written(manifest, change):
    before = manifest.read_bytes()
    loaded = load_manifest(manifest)
    register(loaded, "fine")
    change(loaded.models[MODEL])
    with pytest.raises(ValueError, match=r"\S"):
        save_manifest(loaded, manifest)
    assert manifest.read_bytes() == before


def test_a_removed_model_is_an_error(manifest):
    loaded = load_manifest(manifest)
    del loaded.models[MODEL]
    with pytest.raises(ValueError, match=MODEL):
        save_manifest(loaded, manifest)


def test_a_true_conflict_is_an_error_and_nothing_is_written(manifest, registry):
    loaded = load_manifest(manifest)
    register(loaded, "fine")
    promote_model(loaded, MODEL, NEWEST, "prod")
    registry.promote(MODEL, STAGING, "prod")  # somebody else was faster
    before = manifest.read_bytes()
    with pytest.raises(CurrentMismatch) as error:
        save_manifest(loaded, manifest)
    assert (error.value.expected, error.value.found) == (PROD, STAGING)
    assert manifest.read_bytes() == before

    loaded = load_manifest(manifest)
    register(loaded, "fine")
    register(loaded, "same")
    registry.register(MODEL, "elsewhere", version="same", metrics={"a": 1})
    before = manifest.read_bytes()
    with pytest.raises(AlreadyRegistered):
        save_manifest(loaded, manifest)
    assert manifest.read_bytes() == before


def test_a_demotion_of_what_was_promoted_meanwhile_is_a_conflict(manifest, registry):
    loaded = load_manifest(manifest)
    promote_model(loaded, MODEL, STAGING, "dev")
    registry.promote(MODEL, STAGING, "prod")
    before = manifest.read_bytes()
    with pytest.raises(ValueError, match="staging"):
        save_manifest(loaded, manifest)
    assert manifest.read_bytes() == before


def test_a_policy_holds(manifest):
    (manifest.parent / "policy.toml").write_text('[prod]\nrequire = ["val_mae < 1"]\n')
    loaded = load_manifest(manifest)
    promote_model(loaded, MODEL, STAGING, "prod")
    before = manifest.read_bytes()
    with pytest.raises(GateNotMet):
        save_manifest(loaded, manifest)
    assert manifest.read_bytes() == before


def test_a_failed_save_can_be_mended_and_repeated(manifest, registry):
    loaded = load_manifest(manifest)
    version = register(loaded, "v", metrics={"val_mae": "3.5"})
    with pytest.raises(TypeError, match="val_mae"):
        save_manifest(loaded, manifest)
    version.metrics["val_mae"] = 3.5
    save_manifest(loaded, manifest)
    assert registry.get(MODEL, "v").metrics["val_mae"] == 3.5


def test_two_saves_of_one_load(manifest, registry):
    loaded = load_manifest(manifest)
    for name in ("a", "b"):
        register(loaded, name, metrics={"val_mae": 3.5})
        save_manifest(loaded, manifest)
    names = [version.version for version in registry.versions(MODEL)]
    assert names[-2:] == ["a", "b"]


def test_scalars_and_diverged_metrics(manifest, registry):
    loaded = load_manifest(manifest)
    register(loaded, "v", metrics={"a": numpy.float32(0.5), "b": numpy.float64("nan")})
    with pytest.warns(RegistryWarning, match="`b`"):
        save_manifest(loaded, manifest)
    assert dict(registry.get(MODEL, "v").metrics) == {"a": 0.5, "b": None}
    before = manifest.read_bytes()
    save_manifest(loaded, manifest)  # the scalars are still the same
    assert manifest.read_bytes() == before


def test_an_odd_manifest_of_the_original_is_not_changed_by_a_registration(root, tmp_path):
    path = tmp_path / "m.json"
    for name in ("every_kind.json", "python_three_prod.json"):
        path.write_bytes((root / "tests/data" / name).read_bytes())
        loaded = load_manifest(path) if name != "every_kind.json" else None
        if loaded is None:
            with pytest.raises(TypeError):  # as in the original: a version without its fields
                ModelVersion.from_dict({"version": "1"})
            continue
        register(loaded, "new", "rates")
        save_manifest(loaded, path)
        after = json.loads(path.read_text())["models"]["rates"]
        before = json.loads((root / "tests/data" / name).read_text())["models"]["rates"]
        after["versions"].pop()
        assert after == before


def test_a_copy_of_a_manifest_keeps_everything(manifest, registry, tmp_path):
    document = json.loads(manifest.read_text())
    document["team"] = "analytics"
    manifest.write_text(json.dumps(document, indent=2))
    registry.promote(MODEL, STAGING, "prod", by="ada")
    registry.describe(MODEL, STAGING, tags={"a": "1"})
    registry.alias(MODEL, "champion", STAGING)
    target = tmp_path / "copy/manifest.json"
    loaded = load_manifest(manifest)
    save_manifest(loaded, target)
    assert target.read_bytes() == manifest.read_bytes()
    # From here on, it is a manifest of the new place.
    register(loaded, "new")
    save_manifest(loaded, target)
    assert len(stored(target)[MODEL]["versions"]) == 5
    assert len(stored(manifest)[MODEL]["versions"]) == 4


def test_a_copy_has_the_changes_since_the_load(manifest, registry, tmp_path):
    loaded = load_manifest(manifest)
    register(loaded, "new")
    promote_model(loaded, MODEL, "new", "prod")
    registry.promote(MODEL, STAGING, "prod")  # the original has changed, but not what was loaded
    before = manifest.read_bytes()
    target = tmp_path / "copy/manifest.json"
    save_manifest(loaded, target)
    assert manifest.read_bytes() == before
    copied = stored(target)[MODEL]
    assert (copied["current_prod"], copied["current_staging"]) == ("new", STAGING)
    assert copied["history"][-1]["replaced"] == PROD
    assert all("artifact_digest" in version for version in copied["versions"][:-1])
    entry = loaded.models[MODEL]
    assert [(each.version, each.stage) for each in entry.versions] == [
        (each["version"], each["stage"]) for each in copied["versions"]
    ]
    before = target.read_bytes()
    save_manifest(loaded, target)
    assert target.read_bytes() == before


def test_a_copy_that_fails_leaves_nothing(manifest, tmp_path):
    target = tmp_path / "copy/manifest.json"
    target.parent.mkdir()
    (target.parent / "policy.toml").write_text('[prod]\nrequire = ["val_mae < 1"]\n')
    loaded = load_manifest(manifest)
    promote_model(loaded, MODEL, STAGING, "prod")
    with pytest.raises(GateNotMet):
        save_manifest(loaded, target)
    assert not target.exists()


def test_a_deleted_manifest_is_saved_whole(manifest):
    before = stored(manifest)
    loaded = load_manifest(manifest)
    register(loaded, "new")
    manifest.unlink()
    save_manifest(loaded, manifest)
    after = stored(manifest)
    after[MODEL]["versions"].pop()
    assert after == before


def test_a_manifest_saved_over_another_adds_its_versions(manifest, tmp_path):
    target = tmp_path / "other.json"
    other = ModelManifest()
    register(other, "theirs")
    save_manifest(other, target)
    save_manifest(load_manifest(manifest), target)
    copied = stored(target)[MODEL]["versions"]
    assert copied.pop(0)["version"] == "theirs"
    for old, new in zip(stored(manifest)[MODEL]["versions"], copied):
        assert new.pop("promoted_at") is None or old["promoted_at"]
        assert {key: new[key] for key in old if key != "promoted_at"} == {
            key: old[key] for key in old if key != "promoted_at"
        }


@pytest.mark.parametrize("use", [load_manifest, lambda path: save_manifest(ModelManifest(), path)])
def test_a_url_that_went_through_pathlib_is_refused(project, use):
    with pytest.raises(ValueError, match="URL as a string"):
        use(Path("s3://bucket/registry/manifest.json"))
    assert not (project / "s3:").exists()


def test_a_manifest_that_was_not_loaded_adds_to_the_file(manifest, registry):
    fresh = ModelManifest()
    register(fresh, "new")
    save_manifest(fresh, manifest)
    assert len(registry.versions(MODEL)) == 5
    other = ModelManifest()
    register(other, "newer")
    promote_model(other, MODEL, "newer", "prod")
    with pytest.raises(CurrentMismatch):  # it never knew what is in production
        save_manifest(other, manifest)


def test_a_damaged_manifest_is_explained(manifest):
    text = manifest.read_text()
    for damaged in [
        text[:-20],
        text + "}",
        "",
        "[]",
        text.replace('"models"', '"models": 1, "models"'),
    ]:
        manifest.write_text(damaged)
        with pytest.raises(BadManifest):
            load_manifest(manifest)
        assert manifest.read_text() == damaged


def test_an_entry_and_its_name():
    assert ModelEntry.from_dict({"name": "m"}) == ModelEntry("m")
    with pytest.raises(KeyError):
        ModelEntry.from_dict({})


def test_a_save_registers_the_digests_of_new_artifacts(manifest, project):
    artifact = project / "runs/new/model.txt"
    artifact.parent.mkdir(parents=True)
    artifact.write_text("weights")
    loaded = load_manifest(manifest)
    register(loaded, "file", model="m").artifact_path = "runs/new/model.txt"
    register(loaded, "folder", model="m").artifact_path = "runs/new"
    register(loaded, "url", model="m").artifact_path = "s3://models/new"
    save_manifest(loaded, manifest)
    found = {
        each["version"]: each.get("artifact_digest") for each in stored(manifest)["m"]["versions"]
    }
    assert found["file"] == "sha256:" + hashlib.sha256(b"weights").hexdigest()
    assert found["folder"].startswith("sha256:")
    assert found["url"] is None
    register(loaded, "missing", model="m")
    with pytest.warns(RegistryWarning, match="`runs/missing` does not exist"):
        save_manifest(loaded, manifest)


def test_a_copy_has_no_digest_that_the_original_has_not(registry, manifest, project):
    artifact = project / "model.txt"
    artifact.write_text("weights")
    registry.register("m", artifact, version="without", digest=False)
    registry.register("m", artifact, version="with")
    other = project / "other/artifacts/registry/manifest.json"
    other.parent.mkdir(parents=True)
    Registry(other).register("theirs", "p", version="1")
    save_manifest(load_manifest(manifest), other)
    assert stored(other)["m"] == stored(manifest)["m"]
