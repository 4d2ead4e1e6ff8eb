"""The exceptions of the client, built from the error object that `registry --json` prints."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from modelreg._records import Verdict


class RegistryError(ValueError):
    """Base of all errors of the registry.

    It is a `ValueError`, so that programs for the original Python module catch it.

    Attributes
    ----------
    kind : str
        A stable name for the kind of error: ``"version_not_found"``, ``"lock_timeout"``, ...
    hint : str or None
        What to do, usually with a command, or None.
    exit_code : int
        The exit code of the command: 1 failure, 2 usage error, 3 not found, 4 refused.
    details : dict
        Other fields of the error object, such as ``model`` and ``version``.

    Examples
    --------
    >>> from modelreg import Registry, RegistryError
    >>> try:
    ...     Registry("no/such/manifest.json").get("minutes_v1_lgbm", "@prod")
    ... except RegistryError as error:
    ...     print(error.kind, error.exit_code)
    model_not_found 3
    """

    kind: str
    hint: str | None
    exit_code: int
    details: dict[str, Any]

    def __init__(
        self,
        message: str,
        *,
        kind: str = "unknown",
        hint: str | None = None,
        exit_code: int = 1,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.hint = hint
        self.exit_code = exit_code
        self.details = dict(details or {})
        if hint and sys.version_info >= (3, 11):  # then a traceback shows it
            self.add_note(f"hint: {hint}")

    @property
    def message(self) -> str:
        """Return the message without the hint."""
        return str(self.args[0])

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception crosses the border between the processes of a pool by pickle.
        state = (self.kind, self.hint, self.exit_code, self.details)
        return _rebuild, (type(self), self.message, *state)


class NotFound(RegistryError, LookupError):
    """A model, a version, a revision or an alias does not exist.

    Examples
    --------
    >>> from modelreg import NotFound, Registry
    >>> try:
    ...     Registry().get("minutes_v1_lgbm", "missing")
    ... except NotFound as error:
    ...     print(error)
    model `minutes_v1_lgbm` has no version `missing`
    """


class NothingInStage(NotFound):
    """No version is current in the stage.

    Examples
    --------
    >>> from modelreg import NothingInStage, Registry
    >>> try:
    ...     Registry().get("fpts_v1_lgbm", "@staging")
    ... except NothingInStage as error:
    ...     print(error.details["newest"])
    20251213T070102Z
    """


class AlreadyRegistered(RegistryError):
    """The version is already registered with different content.

    Attributes
    ----------
    fields : tuple of str
        The fields that differ.

    Examples
    --------
    >>> from modelreg import AlreadyRegistered, Registry
    >>> try:
    ...     Registry().register("fpts_v1_lgbm", "elsewhere", version="20251213T070102Z")
    ... except AlreadyRegistered as error:
    ...     print(error.fields[0])
    artifact_path
    """

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields that differ."""
        return tuple(str(name) for name in self.details.get("fields", ()))


class GateNotMet(RegistryError):
    """A version does not meet the rules of a stage.

    Attributes
    ----------
    verdicts : tuple of Verdict
        The verdict of every rule, met or not.
    unmet : tuple of str
        The rules that are not met.

    Examples
    --------
    >>> from modelreg import GateNotMet, Registry
    >>> try:
    ...     Registry().promote("minutes_v1_lgbm", "@staging", "prod", require=["val_mae < 3"])
    ... except GateNotMet as error:
    ...     print(error.unmet, error.verdicts[0].limit)
    ('val_mae < 3',) 3
    """

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the verdict of every rule."""
        from modelreg._records import Verdict

        return tuple(Verdict.from_dict(each) for each in self.details.get("verdicts", ()))

    @property
    def unmet(self) -> tuple[str, ...]:
        """Return the rules that are not met."""
        return tuple(str(rule) for rule in self.details.get("unmet", ()))


class CurrentMismatch(RegistryError):
    """Another version is current than `expect_current`.

    Attributes
    ----------
    expected, found : str or None
        The version that was expected and the one that is current; None for none.

    Examples
    --------
    >>> from modelreg import CurrentMismatch, Registry
    >>> try:
    ...     Registry().promote("minutes_v1_lgbm", "@staging", "prod", expect_current=None)
    ... except CurrentMismatch as error:
    ...     print(error.found)
    20251205T061430Z
    """

    @property
    def expected(self) -> str | None:
        """Return the version that was expected, or None for none."""
        return self.details.get("expected")

    @property
    def found(self) -> str | None:
        """Return the version that is current, or None for none."""
        return self.details.get("found")


class BadManifest(RegistryError):
    """The manifest is damaged. It is never overwritten.

    Attributes
    ----------
    path : str or None
        The manifest.
    line, column : int or None
        Where the fault is, if it has a place.

    Examples
    --------
    >>> from pathlib import Path
    >>> from modelreg import BadManifest, Registry
    >>> size = Path("bad.json").write_text("{}}")
    >>> try:
    ...     Registry("bad.json").models()
    ... except BadManifest as error:
    ...     print(error.line, error.column)
    1 3
    """

    @property
    def path(self) -> str | None:
        """Return the path of the manifest."""
        return self.details.get("path")

    @property
    def line(self) -> int | None:
        """Return the line of the error, from 1."""
        return self.details.get("line")

    @property
    def column(self) -> int | None:
        """Return the column of the error, from 1."""
        return self.details.get("column")


class ArtifactNotVerified(RegistryError):
    """An artifact has changed, is missing, or cannot be compared with its registered digest.

    Attributes
    ----------
    path : str or None
        The artifact path as it was registered.
    registered, found : str or None
        The registered digest and that of the artifact now, if it has changed.

    Examples
    --------
    >>> from modelreg import ArtifactNotVerified, Registry
    >>> try:
    ...     Registry().production("minutes_v1_lgbm", verify=True)
    ... except ArtifactNotVerified as error:
    ...     print(error.kind)
    artifact_missing
    """

    @property
    def path(self) -> str | None:
        """Return the artifact path as it was registered."""
        return self.details.get("path")

    @property
    def registered(self) -> str | None:
        """Return the registered digest, if the artifact has changed."""
        return self.details.get("registered")

    @property
    def found(self) -> str | None:
        """Return the digest of the artifact now, if it has changed."""
        return self.details.get("found")


class LockTimeout(RegistryError, TimeoutError):
    """Another process kept the manifest locked for longer than the lock timeout.

    Examples
    --------
    >>> from modelreg import LockTimeout, Registry
    >>> try:
    ...     version = Registry(lock_timeout=5).register("m", "runs/1", version="1")
    ... except LockTimeout as error:
    ...     print(error.details["holder"])
    """


class BinaryNotFound(RegistryError, FileNotFoundError):
    """The `registry` program is missing.

    Attributes
    ----------
    places : tuple of str
        Every path that was tried.

    Examples
    --------
    >>> from modelreg import BinaryNotFound, find_binary
    >>> try:
    ...     binary = find_binary()
    ... except BinaryNotFound as error:
    ...     print(error.places)
    """

    def __init__(
        self, message: str, *, hint: str | None = None, places: Sequence[str] = (), **state: Any
    ) -> None:
        state.setdefault("kind", "binary_not_found")
        state.setdefault("details", {"places": list(places)})
        super().__init__(message, hint=hint, **state)

    @property
    def places(self) -> tuple[str, ...]:
        """Return every path that was tried."""
        return tuple(self.details.get("places", ()))


class RegistryWarning(UserWarning):
    """The registry did what was asked, with a remark: a metric that is not finite, for example.

    Examples
    --------
    >>> import warnings
    >>> from modelreg import Registry, RegistryWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", RegistryWarning)
    ...     version = Registry().register("m", "s3://models/1", metrics={"mae": 3.5}, run_id="1")
    """


_BY_KIND: dict[str, type[RegistryError]] = {
    "model_not_found": NotFound,
    "version_not_found": NotFound,
    "alias_not_found": NotFound,
    "metric_not_found": NotFound,
    "no_versions": NotFound,
    "nothing_to_roll_back_to": NotFound,
    "revision_not_found": NotFound,
    "not_in_revision": NotFound,
    "nothing_in_stage": NothingInStage,
    "already_registered": AlreadyRegistered,
    "gate_not_met": GateNotMet,
    "current_mismatch": CurrentMismatch,
    "bad_document": BadManifest,
    "dangling_pointer": BadManifest,
    "dangling_alias": BadManifest,
    "artifact_changed": ArtifactNotVerified,
    "artifact_missing": ArtifactNotVerified,
    "artifact_not_verified": ArtifactNotVerified,
    "lock_timeout": LockTimeout,
}


def from_object(error: Mapping[str, Any]) -> RegistryError:
    """Return the exception for an error object of the command."""
    fields = dict(error)
    kind = str(fields.pop("kind", "unknown"))
    message = str(fields.pop("message", kind))
    hint = fields.pop("hint", None)
    exit_code = int(fields.pop("exit_code", 1))
    # An unknown kind gets a class by its exit code.
    other = NotFound if exit_code == 3 else RegistryError
    found = _BY_KIND.get(kind, other)
    return found(message, kind=kind, hint=hint, exit_code=exit_code, details=fields)


def _rebuild(
    family: type[RegistryError],
    message: str,
    kind: str,
    hint: str | None,
    exit_code: int,
    details: dict[str, Any],
) -> RegistryError:
    return family(message, kind=kind, hint=hint, exit_code=exit_code, details=details)
