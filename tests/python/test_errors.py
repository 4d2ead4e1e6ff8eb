"""Every kind of error is an exception of its own class, with its fields."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest

from modelreg import (
    AlreadyRegistered,
    ArtifactNotVerified,
    BadManifest,
    BinaryNotFound,
    CurrentMismatch,
    GateNotMet,
    LockTimeout,
    NotFound,
    NothingInStage,
    Registry,
    RegistryError,
)

MODEL = "minutes_v1_lgbm"


def test_what_does_not_exist(registry):
    with pytest.raises(NotFound) as model:
        registry.production("minutes_v2")
    assert (model.value.kind, model.value.exit_code) == ("model_not_found", 3)
    assert model.value.details["model"] == "minutes_v2"
    assert MODEL in model.value.hint
    with pytest.raises(NotFound) as version:
        registry.get(MODEL, "nope")
    assert version.value.kind == "version_not_found"
    assert isinstance(version.value, (ValueError, LookupError))


def test_nothing_in_a_stage(fresh):
    fresh.register("m", "p", version="1")
    with pytest.raises(NothingInStage) as error:
        fresh.production("m")
    assert error.value.kind == "nothing_in_stage"
    assert error.value.details["newest"] == "1"
    assert isinstance(error.value, NotFound)
    assert "--stage prod" in error.value.hint
    with pytest.raises(NothingInStage):
        fresh.path("m")
    with pytest.raises(NothingInStage):
        fresh.get("m", "@staging")


def test_other_content(fresh):
    fresh.register("m", "p", version="1")
    with pytest.raises(AlreadyRegistered) as error:
        fresh.register("m", "elsewhere", version="1")
    assert error.value.fields == ("artifact_path",)
    assert error.value.exit_code == 4


def test_a_gate(registry, manifest):
    before = manifest.read_bytes()
    rules = ["val_mae < 1", "val_mae <= prod"]
    with pytest.raises(GateNotMet) as error:
        registry.promote(MODEL, "@staging", "prod", require=rules)
    assert error.value.unmet == ("val_mae < 1",)
    assert [(each.rule, each.met) for each in error.value.verdicts] == [
        ("val_mae < 1", False),
        ("val_mae <= prod", True),
    ]
    assert error.value.verdicts[0].limit == 1
    assert manifest.read_bytes() == before
    move = registry.promote(MODEL, "@staging", "prod", require=rules, force=True, reason="agreed")
    assert move.forced


def test_a_gate_in_a_transaction(registry, manifest):
    """The verdicts are those of the promotion alone."""
    before = manifest.read_bytes()
    rules = ["val_mae < 1", "val_mae <= prod"]
    with pytest.raises(GateNotMet) as alone:
        registry.promote(MODEL, "@staging", "prod", require=rules)
    change = registry.transaction()
    change.register(MODEL, "p", version="new")
    change.promote(MODEL, "@staging", "prod", require=rules)
    with pytest.raises(GateNotMet) as together, change:
        pass
    assert together.value.details["line"] == 2
    assert together.value.verdicts == alone.value.verdicts
    assert len(together.value.verdicts) == 2
    assert together.value.unmet == ("val_mae < 1",)
    assert manifest.read_bytes() == before


def test_an_artifact_that_does_not_verify(artifacts, registry):
    path = Path(registry.path(MODEL))
    assert registry.production(MODEL, verify=True).current == "prod"
    path.write_text("changed")
    with pytest.raises(ArtifactNotVerified) as error:
        registry.production(MODEL, verify=True)
    assert (error.value.kind, error.value.exit_code) == ("artifact_changed", 4)
    assert error.value.registered == registry.production(MODEL).artifact_digest
    assert error.value.found.startswith("sha256:") != error.value.registered
    assert str(path).endswith(error.value.path)
    path.unlink()
    with pytest.raises(ArtifactNotVerified) as error:
        registry.path(MODEL, verify=True)
    assert (error.value.kind, error.value.found) == ("artifact_missing", None)


def test_another_version_is_current(registry):
    current = registry.production(MODEL).version
    with pytest.raises(CurrentMismatch) as error:
        registry.promote(MODEL, "@staging", "prod", expect_current="other")
    assert (error.value.expected, error.value.found) == ("other", current)
    with pytest.raises(CurrentMismatch) as error:
        registry.promote(MODEL, "@staging", "prod", expect_current=None)
    assert (error.value.expected, error.value.found) == (None, current)
    assert registry.promote(MODEL, "@staging", "prod", expect_current=current).changed


def test_a_damaged_manifest(registry, manifest):
    text = manifest.read_text()
    manifest.write_text(text.replace('"models": {', '"models": {,', 1))
    with pytest.raises(BadManifest) as error:
        registry.models()
    assert error.value.kind == "bad_document"
    assert error.value.line == text[: text.index('"models"')].count("\n") + 1
    assert error.value.column > 1
    assert str(manifest) in error.value.path
    with pytest.raises(BadManifest):
        registry.register("m", "p")
    assert manifest.read_text() != text  # it is not mended, either


def test_usage(registry):
    with pytest.raises(RegistryError) as error:
        registry.promote(MODEL, "@staging", "production")
    assert (error.value.kind, error.value.exit_code) == ("usage", 2)
    with pytest.raises(RegistryError) as error:
        registry.promote(MODEL, "@staging", "prod", require=["val_mae <"])
    assert error.value.kind == "bad_rule"
    with pytest.raises(RegistryError) as error:
        registry.register("m", "")
    assert error.value.kind == "invalid"


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_names_that_no_program_can_be_given(registry, name):
    with pytest.raises(RegistryError) as error:
        registry.get(name)
    assert error.value.kind == "invalid"


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
def test_a_held_lock(fresh):
    import fcntl

    fresh.register("m", "p", version="1")
    lock = os.path.join(os.path.dirname(fresh.manifest), ".manifest.json.lock")
    with open(lock) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(LockTimeout) as error:
            Registry(fresh.manifest, lock_timeout=0.1).register("m", "p", version="2")
        assert error.value.kind == "lock_timeout"
        assert isinstance(error.value, TimeoutError)
        assert fresh.path("m", "1") == "p"  # reading takes no lock
    assert fresh.register("m", "p", version="2").version == "2"


def test_a_hint_is_shown_below_a_traceback(registry):
    with pytest.raises(NotFound) as error:
        registry.production("minutes_v2")
    notes = getattr(error.value, "__notes__", [])
    assert notes == ([f"hint: {error.value.hint}"] if sys.version_info >= (3, 11) else [])
    assert "hint" not in str(error.value)


def test_exceptions_can_be_pickled(registry):
    with pytest.raises(GateNotMet) as error:
        registry.promote(MODEL, "@staging", "prod", require=["val_mae < 1"])
    for original in [error.value, BinaryNotFound("gone", hint="look", places=["a", "b"])]:
        copy = pickle.loads(pickle.dumps(original))
        assert type(copy) is type(original)
        assert copy.__dict__ == original.__dict__
        assert str(copy) == str(original)
    assert pickle.loads(pickle.dumps(error.value)).verdicts == error.value.verdicts
