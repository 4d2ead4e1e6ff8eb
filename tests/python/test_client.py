"""Every method of the client, against the command itself."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pandas
import pytest

import modelreg
from modelreg import NotFound, Registry

MODEL = "minutes_v1_lgbm"


def test_register_stores_what_was_given(fresh, command):
    version = fresh.register(
        "m",
        "runs/1/model.txt",
        version="v1",
        run_id="r1",
        training_start=date(2024, 10, 1),
        training_end="2024-11-30",
        feature_schema_version="v3",
        feature_hash="9f2c",
        metrics={"val_mae": 3.25, "rows": 10},
        description="Weekly",
        tags={"trainer": "m.py", "-note": "a = b"},
    )
    assert version.model == "m"
    assert dict(version.tags) == {"trainer": "m.py", "-note": "a = b"}
    assert (version.version, version.run_id, version.stage) == ("v1", "r1", "dev")
    assert (version.training_start, version.training_end) == ("2024-10-01", "2024-11-30")
    assert dict(version.metrics) == {"val_mae": 3.25, "rows": 10}
    assert isinstance(version.metrics["rows"], int)
    assert version.created_at.tzinfo is not None
    assert abs((datetime.now(timezone.utc) - version.created_at).total_seconds()) < 600
    shown = command("-m", fresh.manifest, "show", "m", "v1", "--json")
    assert version.to_dict().items() >= json.loads(shown.stdout).items()
    assert fresh.get("m", "@latest") == version


def test_the_same_registration_again_changes_nothing(fresh):
    first = fresh.register("m", "p", version="1", metrics={"a": 1})
    before = Path(fresh.manifest).read_bytes()
    assert fresh.register("m", "p", version="1", metrics={"a": 1}) == first
    assert Path(fresh.manifest).read_bytes() == before


TEXTS = [
    "-3 % MAE",
    "--",
    "-",
    "-x",
    "--dry-run",
    "--reason",
    "--no-digest",
    "--reason=x",
    "-- force",
    "-m manifest.json",
    "none",
    "@prod",
    "two\nlines",
    "caf\u00e9 \U0001f600",
    "$(id) `id` ; rm -rf *",
    "\"'\\",
    "=",
]


@pytest.mark.parametrize("way", ["alone", "together"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_arrives_as_it_is(fresh, text, way):
    """Also if it looks like an option of the command."""

    def change(method, *arguments, **details):
        if way == "alone":
            getattr(fresh, method)(*arguments, **details)
            return
        with fresh.transaction() as together:
            getattr(together, method)(*arguments, **details)

    path = text.replace("\n", " ")  # a path has no control characters
    change("register", "m", path, version="1", description=text, tags={"a": text})
    version = fresh.get("m", "1")
    assert (version.artifact_path, version.description, version.tags["a"]) == (path, text, text)
    assert fresh.path("m", "1") == path
    note = {"reason": text, "by": text}
    change("register", "m", "p", version="2")
    change("promote", "m", "1", "prod", **note)
    change("promote", "m", "2", "prod", **note)
    change("rollback", "m", **note)
    change("describe", "m", description=text, tags={"b": text}, **note)
    change("describe", "m", "1", description="", **note)
    change("describe", "m", "1", description=text, untag=["a"], **note)
    change("alias", "m", "champion", "1", **note)
    change("alias", "m", "champion", None, **note)
    change("retire", "m", "2", **note)
    change("retire", "m", "2", undo=True, **note)
    assert fresh.models()[0].description == text
    assert fresh.models()[0].tags == {"b": text}
    assert fresh.get("m", "1").description == text
    assert fresh.get("m", "1").tags == {}
    history = fresh.history("m")
    assert [(event.reason, event.by) for event in history] == [(text, text)] * 10
    change("register", "m", "p", version="3")
    change("prune", "m", keep=0, **note)
    assert (fresh.history("m")[-1].action, fresh.history("m")[-1].reason) == ("prune", text)


@pytest.mark.parametrize("name", ["-x", "--dry-run", "--json", "--delete", "--help", "-"])
def test_names_may_look_like_options(fresh, name):
    fresh.register(name, "p", version=name, run_id=name, metrics={name: 1}, tags={name: name})
    version = fresh.get(name, name)
    assert (version.model, version.version, version.run_id) == (name, name, name)
    assert (version.metrics, version.tags) == ({name: 1}, {name: name})
    assert fresh.promote(name, name, "prod", expect_current=None).to_stage == "prod"
    assert fresh.promote(name, name, "prod", expect_current=name).changed is False
    assert fresh.trend(name, name).metrics[0].name == name
    assert fresh.compare(name, name, name).baseline == name
    fresh.describe(name, name, untag=[name])
    assert fresh.get(name, name).tags == {}
    assert [event.version for event in fresh.history(name)] == [name, name]
    assert [each.version for each in fresh.verify(name, name)] == [name]
    assert next(fresh.watch(name)).version.version == name


def test_large_metrics_arrive_through_standard_input(fresh):
    metrics = {f"metric_{i:06}": i / 7 for i in range(50_000)}  # more than a command line holds
    assert dict(fresh.register("m", "p", version="1", metrics=metrics).metrics) == metrics


def test_promote_reports_what_it_replaced(registry):
    before = registry.production(MODEL).version
    move = registry.promote(
        MODEL, "@staging", "prod", reason="better", by="ada", require=["val_mae <= prod"]
    )
    assert (move.action, move.from_stage, move.to_stage) == ("promote", "staging", "prod")
    assert (move.replaced, move.vacated, move.changed) == (before, "staging", True)
    assert [(each.rule, each.met) for each in move.verdicts] == [("val_mae <= prod", True)]
    assert registry.production(MODEL).version == move.version
    event = registry.history(MODEL)[-1]
    assert (event.version, event.by, event.reason) == (move.version, "ada", "better")
    assert (event.from_stage, event.to_stage, event.recorded) == ("staging", "prod", True)
    assert event.at.tzinfo is not None
    again = registry.promote(MODEL, move.version, "prod")
    assert not again.changed


def test_one_rule_may_be_a_string(registry):
    move = registry.promote(MODEL, "@staging", "prod", require="val_mae <= prod", dry_run=True)
    assert len(move.verdicts) == 1


def test_a_dry_run_writes_nothing(registry, manifest):
    before = manifest.read_bytes()
    move = registry.promote(MODEL, "@staging", "prod", dry_run=True)
    assert move.changed
    assert move.extra["changes"]
    assert registry.rollback(MODEL, dry_run=True).action == "rollback"
    assert manifest.read_bytes() == before


def test_rollback_goes_back(registry):
    before = registry.production(MODEL).version
    move = registry.rollback(MODEL, reason="errors", expect_current=before)
    assert (move.action, move.replaced) == ("rollback", before)
    assert registry.production(MODEL).version == move.version != before


def test_reading(registry):
    assert [model.name for model in registry.models()] == [MODEL, "fpts_v1_lgbm", "rates_v1_lgbm"]
    assert registry.models()[0].versions == 4
    assert len(registry.versions(MODEL)) == 4
    staged = registry.versions(MODEL, stage="staging")
    assert [version.current for version in staged] == ["staging"]
    assert registry.path(MODEL) == registry.production(MODEL).artifact_path
    assert registry.path(MODEL, "@latest") == registry.get(MODEL, "@latest").artifact_path
    assert registry.get(MODEL) == registry.production(MODEL)
    assert {event.model for event in registry.history()} >= {MODEL}


def test_a_registration_with_its_time(fresh):
    created = datetime(2024, 12, 4, 22, tzinfo=timezone.utc)
    assert fresh.register("m", "p", version="1", created_at=created).created_at == created


@pytest.mark.parametrize("way", ["alone", "together", "apply"])
def test_the_digest_of_an_artifact(fresh, tmp_path, way):
    def register(path, version, **digest):
        if way == "alone":
            fresh.register("m", path, version=version, **digest)
        else:
            change = fresh.transaction()
            change.register("m", path, version=version, **digest)
            fresh.apply(change.operations)
        return fresh.get("m", version)

    (tmp_path / "model.txt").write_text("weights")
    computed = "sha256:" + hashlib.sha256(b"weights").hexdigest()
    known = "sha256:" + "0" * 64
    for version, digest in {"1": {}, "2": {"digest": None}, "3": {"digest": True}}.items():
        found = register("model.txt", version, **digest)
        assert (found.artifact_digest, found.artifact_size) == (computed, 7)
    assert register("model.txt", "4", digest=False).artifact_digest is None
    assert register("model.txt", "5", digest=known).artifact_digest == known
    assert register("s3://models/6", "6").artifact_digest is None
    assert register("s3://models/7", "7", digest=known).artifact_digest == known
    with pytest.warns(modelreg.RegistryWarning, match="`gone` does not exist"):
        assert register("gone", "8").artifact_digest is None
    before = Path(fresh.manifest).read_bytes()
    for path, digest in {"gone": True, "ftp://models/9": True, "model.txt": "sha256:1"}.items():
        with pytest.raises(modelreg.RegistryError) as error:
            register(path, "9", digest=digest)
        assert error.value.kind == "artifact_unreadable" or digest == "sha256:1"
    for digest in (1, 0.5, b"sha256:", [known]):
        with pytest.raises(TypeError, match="digest"):
            register("model.txt", "9", digest=digest)
    assert Path(fresh.manifest).read_bytes() == before
    (tmp_path / "model.txt").write_text("other")
    with pytest.raises(modelreg.AlreadyRegistered) as error:
        register("model.txt", "1")
    assert error.value.fields[0] == "artifact_digest"
    register("model.txt", "1", digest=False)  # the same version, without a look at the file


@pytest.mark.parametrize("tags", [{"a=b": "1"}, {"a": 1}, {1: "a"}, ["a"]])
def test_tags_are_strings(fresh, tags):
    with pytest.raises(TypeError, match="tag"):
        fresh.register("m", "p", tags=tags)
    with pytest.raises(TypeError, match="tag"):
        fresh.describe("m", tags=tags)


def test_a_path_opens_from_any_folder_of_the_project(artifacts, monkeypatch):
    assert Registry().path(MODEL).startswith("artifacts/")
    notebooks = artifacts / "notebooks/old"
    notebooks.mkdir(parents=True)
    monkeypatch.chdir(notebooks)
    path = Registry().path(MODEL)
    assert Path(path).is_file()
    assert Path(path).read_bytes().startswith(b"tree")
    version = Registry().production(MODEL)
    assert path.endswith(version.artifact_path)
    assert version.artifact_path.startswith("artifacts/")


def test_verify(artifacts, registry):
    assert [(each.model, each.current, each.state) for each in registry.verify()] == [
        (MODEL, "prod", "ok"),
        (MODEL, "staging", "ok"),
        ("fpts_v1_lgbm", "prod", "ok"),
        ("rates_v1_lgbm", "prod", "ok"),
        ("rates_v1_lgbm", "staging", "ok"),
    ]
    path = Path(registry.path(MODEL, "@staging", verify=True))
    path.write_bytes(path.read_bytes() + b"changed")
    Path(registry.path(MODEL, "@prod")).unlink()
    found = registry.verify(MODEL)
    assert [(each.state, each.ok) for each in found] == [("missing", False), ("changed", False)]
    assert found[1].artifact_digest == registry.get(MODEL, "@staging").artifact_digest
    assert found[1].found_digest.startswith("sha256:")
    assert found[1].found_size == path.stat().st_size
    assert len(registry.verify(every=True, jobs=2)) == 8
    assert [each.version for each in registry.verify(MODEL, "@latest")] == [
        registry.get(MODEL, "@latest").version
    ]
    assert {each.stage for each in registry.verify(stage="dev")} == {"dev"}
    with pytest.raises(TypeError, match="model"):
        registry.verify(version="1")
    with pytest.raises(NotFound):
        registry.verify("missing")


def test_retire_and_undo(registry, manifest):
    before = manifest.read_bytes()
    newest = registry.get(MODEL, "@latest").version
    assert registry.retire(MODEL, newest, reason="leaked", dry_run=True).changed
    assert manifest.read_bytes() == before
    change = registry.retire(MODEL, newest, reason="leaked features", by="ada")
    assert (change.op, change.model, change.version, change.changed) == (
        *("retire", MODEL, newest),
        True,
    )
    assert not registry.retire(MODEL, newest, reason="again").changed
    retired = registry.get(MODEL, newest).retired
    assert (retired["by"], retired["reason"]) == ("ada", "leaked features")
    assert registry.get(MODEL, "@latest").version != newest
    assert registry.retire(MODEL, newest, undo=True).changed
    assert registry.get(MODEL, "@latest").version == newest
    assert registry.get(MODEL, newest).retired is None
    with pytest.raises(modelreg.RegistryError) as error:
        registry.retire(MODEL, "@prod", reason="x")
    assert error.value.kind == "still_current"
    with pytest.raises(modelreg.RegistryError, match="reason"):
        registry.retire(MODEL, newest)


def test_prune(artifacts, registry, manifest):
    before = manifest.read_bytes()
    newest = registry.get(MODEL, "@latest")
    trial = registry.prune(keep=0, older_than="1d", delete_artifacts=True, dry_run=True)
    assert trial.dry_run
    assert manifest.read_bytes() == before
    assert [model.model for model in trial.models] == [model.name for model in registry.models()]
    pruned = registry.prune(
        MODEL, keep=0, older_than=timedelta(minutes=1), delete_artifacts=True, reason="disk"
    )
    assert [(each.model, each.kept) for each in pruned.models] == [(MODEL, 3)]
    assert [each["version"] for each in pruned.models[0].versions] == [newest.version]
    assert [(each.artifact_path, each.outcome) for each in pruned.artifacts] == [
        (newest.artifact_path, "deleted")
    ]
    assert not Path(newest.artifact_path).exists()
    assert registry.history(MODEL)[-1].reason == "disk"
    assert registry.prune(MODEL, keep=3).artifacts == ()
    for keep in (True, "3", 1.0):
        with pytest.raises(TypeError, match="keep"):
            registry.prune(MODEL, keep=keep)
    with pytest.raises(NotFound):
        registry.prune("missing", keep=1)


@pytest.mark.skipif(os.name == "nt", reason="a script of a POSIX shell")
def test_an_artifact_that_cannot_be_deleted_is_a_warning(registry, tmp_path, monkeypatch):
    answer = {"models": [], "artifacts": [{"artifact_path": "a", "outcome": "failed"}]}
    answer["artifacts"][0]["problem"] = "Permission denied"
    (tmp_path / "answer").write_text(json.dumps(answer))
    command = tmp_path / "fake"
    command.write_text(f"#!/bin/sh\ncat {tmp_path}/answer\nexit 1\n")
    command.chmod(0o755)
    monkeypatch.setenv("MODELREG_BIN", str(command))
    with pytest.warns(modelreg.RegistryWarning, match="cannot delete `a`: Permission denied"):
        pruned = registry.prune(MODEL, keep=0, delete_artifacts=True)
    assert pruned.artifacts[0].problem == "Permission denied"
    # The same exit code without an answer is an error.
    command.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(modelreg.RegistryError):
        registry.prune(MODEL, keep=0)


def test_the_aliases_of_a_model(registry):
    assert registry.aliases(MODEL) == {}
    registry.alias(MODEL, "champion", "@prod")
    registry.alias(MODEL, "challenger", "@staging")
    current = registry.models()[0]
    assert registry.aliases(MODEL) == {
        "champion": current.current_prod,
        "challenger": current.current_staging,
    }
    assert current.aliases == registry.aliases(MODEL)


def test_a_policy_can_be_named(registry, manifest, tmp_path):
    policy = tmp_path / "strict.toml"
    policy.write_text('[prod]\nrequire = ["val_mae < 1"]\n')
    strict = Registry(manifest, policy=policy)
    with pytest.raises(modelreg.GateNotMet):
        strict.promote(MODEL, "@staging", "prod")
    with pytest.raises(modelreg.GateNotMet), strict.transaction() as change:
        change.promote(MODEL, "@staging", "prod")
    assert registry.promote(MODEL, "@staging", "prod", dry_run=True).changed


def test_compare(registry):
    comparison = registry.compare(MODEL, "@latest")
    assert comparison.baseline == registry.production(MODEL).version
    first = comparison.metrics[0]
    assert first.difference == pytest.approx(first.value - first.baseline)
    assert {each.field_name for each in comparison.fields} >= {"feature_hash"}


def test_diff_is_true_if_something_differs(registry, manifest, tmp_path):
    old = tmp_path / "old.json"
    old.write_bytes(manifest.read_bytes())
    assert not registry.diff(old)
    move = registry.promote(MODEL, "@staging", "prod")
    diff = registry.diff(old)
    assert diff
    assert [(each.stage, each.to_version) for each in diff.moves if each.stage == "prod"] == [
        ("prod", move.version)
    ]
    assert not registry.diff(manifest, manifest)


def test_git_revisions(registry, manifest, project):
    def git(*arguments):
        settings = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *settings, *arguments], cwd=project, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message=first")
    before = registry.production(MODEL)
    move = registry.promote(MODEL, "@staging", "prod")
    assert registry.check(against="HEAD") == []
    assert [each.to_version for each in registry.diff("HEAD").moves if each.stage == "prod"] == [
        move.version
    ]
    assert Registry(manifest, at="HEAD").production(MODEL) == before
    for ask in (registry.diff, lambda name: registry.check(against=name)):
        with pytest.raises(NotFound) as error:
            ask("no-such-revision")
        assert error.value.kind == "revision_not_found"


def test_check_returns_the_problems(registry, manifest, tmp_path):
    assert registry.check() == []
    old = tmp_path / "old.json"
    old.write_bytes(manifest.read_bytes())
    manifest.write_text(manifest.read_text().replace('"val_mae": 3.62', '"val_mae": 3.12'))
    problems = registry.check(against_file=old)
    assert [problem.severity for problem in problems] == ["problem"]
    assert problems[0].model == MODEL
    assert problems[0].field_name == "metrics.val_mae"


def test_what_is_not_known_is_kept_in_extra(root):
    version = Registry(root / "tests/data/every_kind.json").get(MODEL)
    # In this manifest `tags` is a list, which is not what the registry writes.
    assert version.extra["tags"][0] == "x"
    assert version.tags == {}
    assert version.to_dict()["tags"] == version.extra["tags"]
    assert version.metrics["big"] == 2**64
    assert version.metrics["nan"] is None
    assert version.metrics["a"] == 1e-07


def test_a_time_that_is_not_a_time_is_kept_in_extra(manifest, registry):
    manifest.write_text(manifest.read_text().replace("2025-12-05T06:14:30.902117+00:00", "soon"))
    version = registry.production(MODEL)
    assert version.created_at is None
    assert version.to_dict()["created_at"] == "soon"


def test_records_are_frozen_and_can_be_pickled(registry):
    version = registry.production(MODEL)
    with pytest.raises(AttributeError):
        version.stage = "dev"
    assert pickle.loads(pickle.dumps(version)) == version
    assert {version}  # hashable
    assert modelreg.Version.from_dict(version.to_dict()) == version
    assert pickle.loads(pickle.dumps(registry)).production(MODEL) == version


def test_a_table_of_versions(registry):
    frame = registry.to_dataframe(MODEL)
    assert list(frame.index) == [version.version for version in registry.versions(MODEL)]
    assert frame["metrics.val_mae"].dtype == float
    assert isinstance(frame, pandas.DataFrame)
    assert frame["created_at"].dt.tz is not None


def test_the_manifest_is_found_as_the_command_finds_it(project, monkeypatch):
    assert Registry().production(MODEL).model == MODEL
    monkeypatch.setenv("REGISTRY_MANIFEST", str(project / "elsewhere.json"))
    Registry().register("other", "p", version="1")
    assert (project / "elsewhere.json").exists()


def test_a_name_that_is_not_a_string_is_refused(registry):
    with pytest.raises(TypeError):
        registry.get(3)
    with pytest.raises(TypeError, match="run_id"):
        registry.register("m", "p", run_id=3)


def test_null_is_none_in_every_field_that_may_be_none():
    move = modelreg.Move.from_dict({"model": "m", "version": "1", "from": None, "to": None})
    assert (move.from_stage, move.to_stage) == (None, None)
