"""A model registry in one JSON file: a typed client for the `registry` command.

The package contains the command and runs it, so Python programs, shell scripts and CI jobs behave
the same: locked and atomic writes, gates, and a history of every move.

Examples
--------
>>> from modelreg import Registry
>>> registry = Registry()
>>> registry.production("minutes_v1_lgbm").artifact_path
'artifacts/minutes_v1/runs/20251205T061430Z/model.txt'
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from modelreg._client import Registry
    from modelreg._errors import (
        AlreadyRegistered,
        ArtifactNotVerified,
        BadManifest,
        BinaryNotFound,
        CurrentMismatch,
        GateNotMet,
        LockTimeout,
        NotFound,
        NothingInStage,
        RegistryError,
        RegistryWarning,
    )
    from modelreg._find import find_binary
    from modelreg._records import (
        Applied,
        Change,
        Comparison,
        CurrentVersion,
        Diff,
        Event,
        FieldDifference,
        MetricDifference,
        MetricTrend,
        ModelSummary,
        Move,
        PointerChange,
        Problem,
        Pruned,
        PrunedModel,
        Reading,
        Removal,
        Trend,
        TrendPoint,
        Verdict,
        Verification,
        Version,
    )
    from modelreg._stage import Stage
    from modelreg._unset import UNSET
    from modelreg._watch import Watch
    from modelreg.trainer import register_run, registers

__all__ = [
    "UNSET",
    "AlreadyRegistered",
    "Applied",
    "ArtifactNotVerified",
    "BadManifest",
    "BinaryNotFound",
    "Change",
    "Comparison",
    "CurrentMismatch",
    "CurrentVersion",
    "Diff",
    "Event",
    "FieldDifference",
    "GateNotMet",
    "LockTimeout",
    "MetricDifference",
    "MetricTrend",
    "ModelSummary",
    "Move",
    "NotFound",
    "NothingInStage",
    "PointerChange",
    "Problem",
    "Pruned",
    "PrunedModel",
    "Reading",
    "Registry",
    "RegistryError",
    "RegistryWarning",
    "Removal",
    "Stage",
    "Trend",
    "TrendPoint",
    "Verdict",
    "Verification",
    "Version",
    "Watch",
    "find_binary",
    "register_run",
    "registers",
]

_MODULES = {
    "UNSET": "_unset",
    "Registry": "_client",
    "Stage": "_stage",
    "Watch": "_watch",
    "find_binary": "_find",
    "register_run": "trainer",
    "registers": "trainer",
    "AlreadyRegistered": "_errors",
    "ArtifactNotVerified": "_errors",
    "BadManifest": "_errors",
    "BinaryNotFound": "_errors",
    "CurrentMismatch": "_errors",
    "GateNotMet": "_errors",
    "LockTimeout": "_errors",
    "NotFound": "_errors",
    "NothingInStage": "_errors",
    "RegistryError": "_errors",
    "RegistryWarning": "_errors",
}


def __getattr__(name: str) -> object:
    # Names are imported when they are used first: `import modelreg` costs nothing, and a program
    # that only looks for the command does not load the client.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_MODULES.get(name, '_records')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
