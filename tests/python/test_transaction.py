"""Several changes in one write: all of them, or none."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import numpy
import pytest

from modelreg import AlreadyRegistered, CurrentMismatch, NotFound, Registry, RegistryError

MODEL = "minutes_v1_lgbm"


def test_changes_are_written_together(registry):
    with registry.transaction() as change:
        change.register(MODEL, "runs/new", version="new", metrics={"val_mae": 3.5}, description="-")
        change.promote(MODEL, "new", "staging", reason="first")
        change.promote(MODEL, "new", "prod", reason="then", by="ada")
        assert registry.production(MODEL).version != "new"
    assert registry.production(MODEL).version == "new"
    assert [(each.line, each.op, each.changed) for each in change.result.results] == [
        (1, "register", True),
        (2, "promote", True),
        (3, "promote", True),
    ]
    assert change.result.changed == 3
    assert [event.reason for event in registry.history(MODEL)[-2:]] == ["first", "then"]


def test_an_exception_discards_everything(registry, manifest):
    before = manifest.read_bytes()

    def fail():
        with registry.transaction() as change:
            change.register(MODEL, "runs/new", version="new")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert manifest.read_bytes() == before


def test_the_operation_that_failed_is_named_and_nothing_is_written(registry, manifest):
    before = manifest.read_bytes()
    current = registry.production(MODEL).version

    def run(operation, line):
        change = registry.transaction()
        change.register(MODEL, "runs/new", version="new")
        operation(change)
        with pytest.raises(RegistryError) as error:
            registry.apply(change.operations)
        assert error.value.details["line"] == line
        assert manifest.read_bytes() == before
        return error.value

    missing = run(lambda change: change.promote(MODEL, "missing", "prod"), 2)
    assert isinstance(missing, NotFound)
    assert missing.kind == "version_not_found"
    taken = run(lambda change: change.register(MODEL, "elsewhere", version=current), 2)
    assert isinstance(taken, AlreadyRegistered)
    moved = run(lambda change: change.promote(MODEL, "new", "prod", expect_current=None), 2)
    assert isinstance(moved, CurrentMismatch)
    assert moved.found == current


def test_the_same_operations_again_change_nothing(registry, manifest):
    operations = [
        {"op": "register", "model": "m", "artifact_path": Path("runs/1"), "version": "1"},
        {"op": "promote", "model": "m", "version": "1", "stage": "prod"},
    ]
    assert registry.apply(operations).changed == 2
    before = manifest.read_bytes()
    again = registry.apply(operations)
    assert again.changed == 0
    assert [each.changed for each in again.results] == [False, False]
    assert manifest.read_bytes() == before


def test_every_change_can_be_part_of_a_transaction(registry):
    newest = registry.get(MODEL, "@latest").version
    with registry.transaction() as change:
        change.register(MODEL, "runs/new", version="new", tags={"a": "1"})
        change.promote(MODEL, "new", "prod")
        change.rollback(MODEL, reason="errors")
        change.describe(MODEL, "new", description="Rolled back")
        change.retire(MODEL, "new", reason="errors")
        change.alias(MODEL, "champion", "@prod")
        change.prune("fpts_v1_lgbm", keep=0)
        change.retire(MODEL, newest, reason="leaked")
        change.retire(MODEL, newest, undo=True)
    assert [each.op for each in change.result.results] == [
        *("register", "promote", "rollback", "describe", "retire", "alias", "prune"),
        *("retire", "retire"),
    ]
    assert change.result.changed == 9
    new = registry.get(MODEL, "new")
    assert (new.description, dict(new.tags)) == ("Rolled back", {"a": "1"})
    assert new.retired["reason"] == "errors"
    assert registry.get(MODEL, newest).retired is None
    assert len(registry.versions("fpts_v1_lgbm")) == 1
    assert registry.aliases(MODEL) == {"champion": registry.production(MODEL).version}
    changes = {name for name in dir(type(change)) if not name.startswith("_")}
    assert changes == {each.op for each in change.result.results}


def test_a_trial_of_one_change_is_a_trial_of_all(registry, manifest):
    before = manifest.read_bytes()
    with registry.transaction() as change:
        change.register(MODEL, "runs/new", version="new")
        change.promote(MODEL, "new", "prod", dry_run=True)
    assert change.result.dry_run
    assert manifest.read_bytes() == before


def test_a_dry_run_writes_nothing(registry, manifest):
    before = manifest.read_bytes()
    with registry.transaction(dry_run=True) as change:
        change.register(MODEL, "runs/new", version="new")
    assert change.result.dry_run
    assert change.result.changed == 1
    assert manifest.read_bytes() == before


def test_an_empty_transaction(registry, manifest):
    before = manifest.read_bytes()
    with registry.transaction() as change:
        pass
    assert change.result.results == ()
    assert manifest.read_bytes() == before


def test_an_import_keeps_the_time(fresh):
    created = datetime(2024, 12, 4, 22, tzinfo=timezone.utc)
    with fresh.transaction() as change:
        for number in range(500):
            change.register("m", f"runs/{number}", version=str(number), created_at=created)
    assert change.result.changed == 500
    assert {version.created_at for version in fresh.versions("m")} == {created}


def test_numbers_and_paths_are_converted_in_operations_too(fresh):
    fresh.apply(
        [
            {
                "op": "register",
                "model": "m",
                "version": "1",
                "artifact_path": Path("runs/1"),
                "metrics": {"a": numpy.float32(0.5), "b": numpy.int64(3)},
            }
        ]
    )
    assert json.loads(Path(fresh.manifest).read_text())["models"]["m"]["versions"][0][
        "metrics"
    ] == {
        "a": 0.5,
        "b": 3,
    }
    with pytest.raises(TypeError):
        fresh.apply([{"op": "register", "model": "m", "artifact_path": object()}])
    with pytest.raises(TypeError, match="`x`"), fresh.transaction() as change:
        change.register("m", "p", metrics={"x": "3"})


def test_an_unknown_operation_is_an_error(registry, manifest):
    before = manifest.read_bytes()
    with pytest.raises(RegistryError) as error:
        registry.apply([{"op": "delete", "model": MODEL}])
    assert error.value.details["line"] == 1
    assert manifest.read_bytes() == before


def test_descriptions_and_tags(registry):
    registry.describe(MODEL, description="Quantiles of minutes", tags={"trainer": "minutes.py"})
    change = registry.describe(MODEL, "@prod", description="Serves", tags={"a": "1", "b": "2"})
    assert change.changed
    version = registry.production(MODEL)
    assert (version.description, dict(version.tags)) == ("Serves", {"a": "1", "b": "2"})
    registry.describe(MODEL, version.version, untag=["a"])
    assert dict(registry.production(MODEL).tags) == {"b": "2"}
    stored = json.loads(Path(registry.manifest).read_text())["models"][MODEL]
    assert stored["description"] == "Quantiles of minutes"
    assert stored["tags"] == {"trainer": "minutes.py"}


def test_aliases(registry):
    version = registry.get(MODEL, "@latest")
    assert registry.alias(MODEL, "champion", version.version, expect_current=None).changed
    assert registry.get(MODEL, "@champion").version == version.version
    with pytest.raises(CurrentMismatch):
        registry.alias(MODEL, "champion", registry.production(MODEL).version, expect_current=None)
    assert registry.alias(MODEL, "champion", None, expect_current=version.version).changed
    with pytest.raises(NotFound):
        registry.get(MODEL, "@champion")


def test_a_transaction_of_the_default_registry(project):
    with Registry().transaction() as change:
        change.rollback(MODEL, reason="errors")
    assert change.result.results[0].op == "rollback"
