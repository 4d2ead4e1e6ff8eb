"""Run the `registry` program and read what it prints."""

from __future__ import annotations

import os
import sys

from modelreg._errors import BinaryNotFound, RegistryError, RegistryWarning, from_object
from modelreg._find import find_binary

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from typing import Any

WARNING = "warning: "
"""Begins the line of a warning on standard error."""


def run(
    arguments: Sequence[str],
    *,
    sends: str | None = None,
    accept: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
) -> Any:
    """Run the program with `--json` and return what it printed, as Python values.

    No shell is involved, so arguments are not expanded. The program reads only `sends`, and never
    the standard input of this process.

    Parameters
    ----------
    arguments : sequence of str
        The arguments of the command, without the program.
    sends : str, optional
        Standard input of the program. Default: empty.
    accept : sequence of int, optional
        Exit codes other than 0 that come with an answer.
    environment : mapping of str to str, optional
        Variables to set for the command, beside those of this process.

    Returns
    -------
    object
        The JSON value on standard output.

    Raises
    ------
    RegistryError
        The error of the command, as the class for its kind.
    """
    # Imported here, because importing the client should cost a program nothing.
    import json
    import subprocess
    import warnings

    process = start(
        arguments,
        stdin=subprocess.DEVNULL if sends is None else subprocess.PIPE,
        stderr=subprocess.PIPE,
        environment=environment,
    )
    try:
        # `subprocess.run` waits for the command if an interrupt arrives before it begins to read.
        output, errors = process.communicate(None if sends is None else sends.encode("utf-8"))
    except BaseException:
        process.kill()
        process.wait()
        raise
    code = process.returncode
    messages = errors.decode("utf-8", "replace")
    if code != 0 and code not in accept:
        raise failure(code, messages)
    try:
        answer = json.loads(output)
    except ValueError as error:
        if code != 0:
            raise failure(code, messages) from None
        message = f"`registry {arguments[0]}` printed something that is not JSON: {error}"
        raise RegistryError(message, kind="unexpected_output") from error
    for line in messages.splitlines():
        if line.startswith(WARNING):
            warnings.warn(line[len(WARNING) :], RegistryWarning, stacklevel=caller())
    return answer


def start(
    arguments: Sequence[str],
    *,
    stdin: int,
    stderr: int,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start the program, with a pipe for its standard output.

    Parameters
    ----------
    arguments : sequence of str
        The arguments of the command, without the program.
    stdin, stderr : int
        As in `subprocess.Popen`.
    environment : mapping of str to str, optional
        As in `run`.

    Returns
    -------
    subprocess.Popen
        The process.

    Raises
    ------
    BinaryNotFound
        The program is missing.
    RegistryError
        The program cannot be run (kind ``"io"``).
    """
    import subprocess

    binary = find_binary()
    command = [binary, "--color=never", *arguments]
    try:
        return subprocess.Popen(
            [_encoded(each) for each in command],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **environment} if environment else None,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except FileNotFoundError as error:
        if os.path.isfile(binary):  # then it is the working directory that is gone
            raise RegistryError(f"cannot run `{binary}`: {error}", kind="io") from error
        raise BinaryNotFound(f"`{binary}` is gone", places=[binary]) from error
    except OSError as error:
        raise RegistryError(f"cannot run `{binary}`: {error}", kind="io") from error


def caller() -> int:
    """Return the stack level, seen from the caller of this function, of the code outside."""
    package = os.path.dirname(__file__)
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and os.path.dirname(frame.f_code.co_filename) == package:
        level, frame = level + 1, frame.f_back
    return level


def _encoded(argument: str) -> str | bytes:
    """Return an argument in UTF-8, in every locale."""
    if "\0" in argument:
        raise _invalid(argument, "contains a NUL character")
    if sys.platform == "win32":
        return argument
    try:
        return argument.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise _invalid(argument, "contains half of a surrogate pair") from error


def _invalid(argument: str, problem: str) -> RegistryError:
    details = {"value": argument}
    return RegistryError(f"{argument[:80]!a} {problem}", kind="invalid", details=details)


def failure(code: int, messages: str) -> RegistryError:
    """Return the exception for a command that failed."""
    import json

    for line in reversed(messages.splitlines()):
        if not line.startswith("{"):
            continue
        try:
            error = json.loads(line)["error"]
            return from_object({"exit_code": code, **error})
        except (ValueError, KeyError, TypeError):
            continue
    if code < 0:
        return RegistryError(f"`registry` was ended by signal {-code}", kind="killed")
    message = messages.strip() or f"`registry` ended with exit code {code}"
    return RegistryError(message, exit_code=code)
