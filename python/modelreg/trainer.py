"""Register a run at the end of a training script.

An error of the registry must not stop a script with a finished model. So these functions print a
warning instead of raising, unless ``on_error="raise"``. The warning contains a command that
registers the model later.
"""

from __future__ import annotations

import contextlib
import functools
import math
import sys

from modelreg._client import Registry
from modelreg._errors import RegistryError, RegistryWarning
from modelreg._values import metrics_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Callable, Literal, TypeVar

    from modelreg._changes import Text
    from modelreg._records import Version

    OnError = Literal["warn", "raise"]
    F = TypeVar("F", bound=Callable[..., Any])


def register_run(
    model: str,
    artifact_path: Text,
    *,
    registry: Registry | Text | None = None,
    on_error: OnError = "warn",
    **details: Any,
) -> Version | None:
    """Register a training run, and print one line.

    Parameters
    ----------
    model : str
        The model.
    artifact_path : str or path
        Path or URL of the trained model.
    registry : Registry or path, optional
        The registry, or the path of its manifest. Default: ``Registry()``.
    on_error : {"warn", "raise"}, optional
        What to do if the run cannot be registered. ``"warn"`` prints a warning to standard error
        with the command that registers the run later, and returns None.
    **details
        The other arguments of `Registry.register`: `run_id`, `version`, `metrics`,
        `training_start`, `training_end`, `feature_schema_version`, `feature_hash`, `description`,
        `tags`, `created_at`, `digest`.

    Returns
    -------
    Version or None
        The registered version, or None after a warning.

    Raises
    ------
    RegistryError
        With ``on_error="raise"``, what `Registry.register` raises.
    TypeError
        With ``on_error="raise"``, if a metric is not a number.

    Examples
    --------
    >>> version = register_run(
    ...     "minutes_v1_lgbm",
    ...     "artifacts/minutes_v1/runs/20241204T220000Z",
    ...     run_id="20241204T220000Z",
    ...     metrics={"val_mae": 3.51},
    ... )
    [registry] Registered minutes_v1_lgbm v20241204T220000Z (stage=dev)
    """
    if on_error not in ("warn", "raise"):
        raise ValueError(f'on_error must be "warn" or "raise", not {on_error!r}')
    try:
        target = registry if isinstance(registry, Registry) else Registry(registry)
        version = target.register(model, artifact_path, **details)
    except RegistryWarning as remark:  # warnings are errors here, and the run is registered
        _print(f"[registry] Registered {model}, with a warning: {remark}")
        return None
    except Exception as error:
        if on_error == "raise":
            raise
        _warn(error, model, artifact_path, registry, details)
        return None
    _print(f"[registry] Registered {model} v{version.version} (stage={version.stage})")
    return version


def registers(
    model: str,
    *,
    registry: Registry | Text | None = None,
    on_error: OnError = "warn",
) -> Callable[[F], F]:
    """Return a decorator that registers the result of a training function.

    The function must return a mapping with `artifact_path` and any other arguments of
    `Registry.register`. The decorated function returns the same mapping. If the function raises,
    nothing is registered and the exception is not caught.

    Parameters
    ----------
    model : str
        The model.
    registry : Registry or path, optional
        The registry, or its manifest. Default: ``Registry()``.
    on_error : {"warn", "raise"}, optional
        As in `register_run`.

    Returns
    -------
    callable
        The decorator.

    Examples
    --------
    >>> @registers("minutes_v1_lgbm")
    ... def train():
    ...     return {"artifact_path": "runs/20241204", "run_id": "20241204", "metrics": {"mae": 3.5}}
    >>> result = train()
    [registry] Registered minutes_v1_lgbm v20241204 (stage=dev)
    """

    def decorate(train: F) -> F:
        @functools.wraps(train)
        def trained(*args: Any, **kwargs: Any) -> Any:
            result = train(*args, **kwargs)
            if not hasattr(result, "keys") or "artifact_path" not in result:
                error = TypeError(f"{train.__name__}() must return a mapping with `artifact_path`")
                if on_error == "raise":
                    raise error
                _warn(error, model, "", registry, {})
                return result
            register_run(model, registry=registry, on_error=on_error, **result)
            return result

        return trained  # type: ignore[return-value]

    return decorate


def _warn(
    error: Exception,
    model: str,
    artifact_path: Any,
    registry: Registry | Text | None,
    details: Mapping[str, Any],
) -> None:
    # Nothing here may raise: it runs because something went wrong already.
    lines = [f"[registry] Warning: {model} is trained, but not registered: {error}"]
    if isinstance(error, RegistryError) and error.hint:
        lines.append(f"[registry] Hint: {error.hint}")
    if artifact_path:
        try:
            command = _command(model, artifact_path, registry, details)
            lines.append(f"[registry] To register it later: {command}")
        except Exception as problem:  # noqa: BLE001
            lines.append(f"[registry] The model is in {artifact_path} ({problem})")
    _print("\n".join(lines), sys.stderr)


def _print(text: str, stream: Any = None) -> None:
    stream = sys.stdout if stream is None else stream
    # Standard output may be closed, or there may be none.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(text, file=stream, flush=True)


def _command(
    model: str,
    artifact_path: Any,
    registry: Registry | Text | None,
    details: Mapping[str, Any],
) -> str:
    """Return the command line that registers the run."""
    import shlex

    from modelreg._changes import command_line

    target = registry if isinstance(registry, Registry) else Registry(registry)
    change = target.transaction()
    change.register(model, artifact_path, **{**details, "metrics": None})
    options, names, _ = command_line(change.operations[0])
    if target.manifest is not None:
        options.append(f"--manifest={target.manifest}")
    options += _metric_options(details.get("metrics") or {})
    return shlex.join(["registry", "register", *options, "--", *names])


def _metric_options(metrics: Mapping[str, Any]) -> list[str]:
    options = []
    for name, value in metrics.items():
        try:
            number = metrics_of({name: value})[name]
        except TypeError:
            continue  # this may be the reason why the run was not registered
        if number is not None and math.isfinite(number):
            options.append(f"--metric={name}={number!r}")
    return options
