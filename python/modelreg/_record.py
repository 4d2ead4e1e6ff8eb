"""The base of what the client returns: a frozen dataclass made from a JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from typing import Any, Callable, TypeVar

from modelreg._errors import RegistryError

R = TypeVar("R", bound="Record")


def time_of(value: object) -> datetime | None:
    """Return a time of the manifest; one without a zone is in UTC. None if it is not a time."""
    if not isinstance(value, str):
        return None
    text = value[:-1] + "+00:00" if value.endswith("Z") else value
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def read(parse: Callable[[Any], Any], key: str | None = None, **options: Any) -> Any:
    """Return a dataclass field with the key it has in JSON and the function that reads it."""
    return field(metadata={"parse": parse, "key": key}, **options)


def time_field() -> Any:
    """Return a dataclass field for a time."""
    return read(time_of, default=None)


def list_of(family: type[Record]) -> Callable[[Any], tuple[Any, ...]]:
    """Return the function that reads an array of objects as records of one class."""
    return lambda values: tuple(family.from_dict(value) for value in values or ())


def record_of(family: type[Record]) -> Callable[[Any], Record | None]:
    """Return the function that reads an object as a record of a class, and null as None."""
    return lambda value: None if value is None else family.from_dict(value)


@dataclass(frozen=True)
class Record:
    """Base of everything the client returns.

    Attributes
    ----------
    extra : mapping
        Unknown fields, with their JSON values.
    """

    @classmethod
    def from_dict(cls: type[R], data: Mapping[str, Any]) -> R:
        """Return a record from the JSON object of the command.

        Parameters
        ----------
        data : mapping
            The object. Unknown keys go to `extra`.

        Returns
        -------
        Record
            A record of this class.

        Raises
        ------
        RegistryError
            If a field is missing (kind ``"unexpected_output"``).
        """
        rest = dict(data)
        values: dict[str, Any] = {}
        for each in fields(cls):
            if each.name == "extra":
                continue
            key = each.metadata.get("key") or each.name
            if key not in rest:
                continue
            source = rest.pop(key)
            parse = each.metadata.get("parse")
            value = parse(source) if parse else source
            if value is not None:
                values[each.name] = value
            elif source is not None:
                rest[key] = source  # for example a time that is not a time
        try:
            return cls(**values, **{"extra": rest})
        except TypeError as error:
            message = f"`registry` printed a {cls.__name__} that is not complete: {error}"
            raise RegistryError(message, kind="unexpected_output") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a JSON object.

        Returns
        -------
        dict
            Times are strings in the format of the manifest. Unknown fields are included.
        """
        data: dict[str, Any] = {}
        for each in fields(self):
            if each.name != "extra":
                data[each.metadata.get("key") or each.name] = _plain(getattr(self, each.name))
        data.update(getattr(self, "extra", {}))
        return data


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value


def strings(values: Any) -> tuple[str, ...]:
    """Return a JSON array as a tuple of strings."""
    return tuple(str(value) for value in values or ())


def mapping(value: Any) -> Mapping[str, Any] | None:
    """Return a JSON object as a dict, and None for anything else."""
    return dict(value) if isinstance(value, Mapping) else None


def optional(value: Any) -> str | None:
    """Return a value as a string, and None for null."""
    return None if value is None else str(value)
