"""Convert values from training code to values that the registry stores."""

from __future__ import annotations

import math
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Union

    Number = Union[int, float]


# Of the object stores that the command knows.
_SCHEMES = ("s3", "gs", "az", "abfs", "abfss")


def metrics_of(metrics: Mapping[str, Any] | None) -> dict[str, Number | None]:
    """Return metrics as JSON numbers.

    Parameters
    ----------
    metrics : mapping of str to number, or None
        Numbers, booleans, `Decimal`, or scalars of NumPy, PyTorch, JAX and other libraries that
        have `.item()`. None means that the metric has no value.

    Returns
    -------
    dict of str to int, float or None
        The same metrics in the same order. NaN and infinity are not converted: the command
        stores them as null, with a warning.

    Raises
    ------
    TypeError
        If a metric is something else, such as a string or a list. The message contains its name.

    Examples
    --------
    >>> from decimal import Decimal
    >>> metrics_of({"val_mae": Decimal("3.5"), "converged": True})
    {'val_mae': 3.5, 'converged': 1}
    """
    if metrics is None:
        return {}
    if not hasattr(metrics, "items"):
        raise TypeError(f"metrics must be a mapping of names to numbers, not {_kind(metrics)}")
    numbers: dict[str, Number | None] = {}
    for name, value in metrics.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a metric must be a string, not {name!r}")
        numbers[name] = number_of(name, value)
    return numbers


def number_of(name: str, value: Any) -> Number | None:
    """Return one metric as a JSON number; `name` is for the error."""
    number = value
    if not _is_plain(number) and callable(getattr(number, "item", None)):
        try:
            number = number.item()
        except Exception as error:  # an array of several numbers; each library has its own error
            raise _not_a_number(name, value) from error
    if number is None:
        return None
    if isinstance(number, int):  # booleans are 0 and 1
        return int(number)
    if isinstance(number, float):
        return float(number)
    if _is_decimal(number):
        whole = number.is_finite() and number == number.to_integral_value()
        return int(number) if whole and number.as_tuple().exponent >= 0 else float(number)
    if getattr(getattr(number, "dtype", None), "kind", "") == "f":
        return float(number)  # numpy.longdouble, whose item() is itself
    raise _not_a_number(name, value)


def text_of(name: str, value: Any) -> str | None:
    """Return a text, a path, a date or a time as text; `name` is for the error."""
    if value is None or isinstance(value, str):
        return value
    isoformat = getattr(value, "isoformat", None)
    if callable(isoformat):
        return str(isoformat())
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    raise TypeError(f"{name} must be a string, not {_kind(value)}")


def tags_of(tags: Mapping[str, str] | None) -> dict[str, str] | None:
    """Return tags as the registry stores them. Their values must be strings, too."""
    if not tags:
        return None
    if not hasattr(tags, "items"):
        raise TypeError(f"tags must be a mapping of names to strings, not {_kind(tags)}")
    strings: dict[str, str] = {}
    for name, value in tags.items():
        if not isinstance(name, str) or "=" in name:
            raise TypeError(f"the name of a tag must be a string without `=`, not {name!r}")
        if not isinstance(value, str):
            raise TypeError(f"tag `{name}` must be a string, not {_kind(value)}")
        strings[name] = value
    return strings


def digest_of(digest: bool | str | None) -> dict[str, bool | str]:
    """Return the field of a registration for its argument `digest`; none for the default."""
    if digest is None:
        return {}
    if isinstance(digest, bool):
        return {"digest": True} if digest else {"no_digest": True}
    if isinstance(digest, str):
        return {"artifact_digest": digest}
    raise TypeError(f"digest must be a boolean or a string, not {_kind(digest)}")


def location_of(manifest: Any) -> str:
    """Return the path or the URL of a manifest, which is a string or a path."""
    location = os.fspath(manifest)
    if not isinstance(location, str):
        raise TypeError(f"the manifest must be a string or a path, not {_kind(manifest)}")
    scheme, colon, rest = location.partition(":/")
    if colon and not rest.startswith("/") and scheme.split("+")[0] in _SCHEMES:
        raise ValueError(
            f"`{location}` was a URL before it became a path; pass the URL as a string"
        )
    return location


def required_text(name: str, value: Any) -> str:
    """Return a text as `text_of` does, but refuse None."""
    text = text_of(name, value)
    if text is None:
        raise TypeError(f"{name} must be a string, not None")
    return text


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal as JSON. NaN equals itself, and 1 is not 1.0."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (int, float))


def _is_decimal(value: Any) -> bool:
    # Without importing decimal: a value of that type shows that somebody has.
    return type(value).__name__ == "Decimal" and hasattr(value, "to_integral_value")


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".replace("builtins.", "")


def _not_a_number(name: str, value: Any) -> TypeError:
    return TypeError(f"metric `{name}` must be a number, not {_kind(value)}")
