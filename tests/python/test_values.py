"""Metrics of every kind become numbers, or an error that names the metric."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import numpy
import pytest

from modelreg import Registry, RegistryWarning


class Scalar:
    """A scalar as PyTorch, JAX and others have it, without the libraries."""

    def __init__(self, value):
        self.value = value

    def item(self):
        if isinstance(self.value, list):
            raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")
        return self.value


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (3, 3),
        (3.5, 3.5),
        (2**70, 2**70),
        (True, 1),
        (False, 0),
        (Level.HIGH, 3),
        (Decimal("3.25"), 3.25),
        (Decimal("3.0"), 3.0),
        (Decimal(7), 7),
        (Scalar(0.5), 0.5),
        (Scalar(True), 1),
        (None, None),
    ],
)
@pytest.mark.filterwarnings("ignore::modelreg.RegistryWarning")
def test_a_number_is_stored(fresh, given, stored):
    metrics = fresh.register("m", "p", version="1", metrics={"x": given}).metrics
    assert metrics["x"] == stored
    assert type(metrics["x"]) is type(stored)


@pytest.mark.parametrize(
    "value",
    ["3.5", [1.0], {"a": 1}, Fraction(1, 3), 1j, object(), Scalar([1, 2]), Scalar("x"), b"1"],
)
def test_anything_else_names_the_metric_before_anything_runs(tmp_path, monkeypatch, value):
    monkeypatch.setenv("MODELREG_BIN", "/nothing/runs")
    with pytest.raises(TypeError, match="`val_mae`"):
        Registry(tmp_path / "m.json").register("m", "p", metrics={"rows": 1, "val_mae": value})
    assert not list(tmp_path.iterdir())


def test_the_names_of_metrics_are_strings(fresh):
    with pytest.raises(TypeError, match="0"):
        fresh.register("m", "p", metrics={0: 1.0})
    with pytest.raises(TypeError, match="mapping"):
        fresh.register("m", "p", metrics=[1.0])


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Scalar(float("nan"))]
)
def test_what_is_not_finite_is_stored_as_null_with_a_warning(fresh, value):
    with pytest.warns(RegistryWarning, match="loss"):
        version = fresh.register("m", "p", version="1", metrics={"loss": value, "rows": 3})
    assert dict(version.metrics) == {"loss": None, "rows": 3}


def test_scalars_of_numpy(fresh):
    given = {
        "float64": numpy.float64(0.1),
        "float32": numpy.float32(0.5),
        "float16": numpy.float16(0.25),
        "longdouble": numpy.longdouble(0.75),
        "int64": numpy.int64(-3),
        "uint8": numpy.uint8(255),
        "bool": numpy.bool_(True),
        "zero_dimensions": numpy.array(1.5),
        "mean": numpy.mean([1, 2]),
    }
    version = fresh.register("m", "p", version="1", metrics=given)
    assert dict(version.metrics) == {
        "float64": 0.1,
        "float32": 0.5,
        "float16": 0.25,
        "longdouble": 0.75,
        "int64": -3,
        "uint8": 255,
        "bool": 1,
        "zero_dimensions": 1.5,
        "mean": 1.5,
    }
    for value in [numpy.array([1.0, 2.0]), numpy.str_("x"), numpy.datetime64("2025-01-01")]:
        with pytest.raises(TypeError, match="`x`"):
            fresh.register("m", "p", metrics={"x": value})
