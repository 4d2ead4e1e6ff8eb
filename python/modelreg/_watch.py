"""Wait for changes of the version that is current in a stage."""

from __future__ import annotations

import json
import subprocess
import warnings
import weakref
from collections import deque
from typing import TYPE_CHECKING

from modelreg._errors import RegistryWarning
from modelreg._records import CurrentVersion
from modelreg._run import WARNING, caller, failure, start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType


class Watch:
    """An iterator over the versions that are current in a stage, from `Registry.watch`.

    It returns the version that is current now, and then waits for each change. An empty stage is a
    `CurrentVersion` whose `version` and `path` are None. A manifest that is missing or damaged for
    a while is a `RegistryWarning`, and the watch goes on.

    The command runs until `close`, the end of a `with` block, an exception while waiting, such as
    `KeyboardInterrupt`, or until nothing refers to the iterator any more. Another thread may call
    `close`, which ends the loop.

    Examples
    --------
    >>> from modelreg import Registry
    >>> with Registry().watch("minutes_v1_lgbm") as watch:
    ...     for current in watch:
    ...         print(current.path)
    ...         break
    artifacts/minutes_v1/runs/20251205T061430Z/model.txt
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        # With one pipe for both, lines arrive in the order in which they were printed, and nobody
        # has to read two pipes at once.
        process = start(
            arguments,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            environment=environment,
        )
        self._process = process
        self._messages: deque[str] = deque(maxlen=20)
        self._end = weakref.finalize(self, _end, process)

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> CurrentVersion:
        try:
            while self._end.alive:
                line = self._read()
                if line is None:
                    break
                if line.startswith("{") and "error" not in (fields := json.loads(line)):
                    return CurrentVersion.from_dict(fields)
                if line.startswith(WARNING):
                    warnings.warn(line[len(WARNING) :], RegistryWarning, stacklevel=caller())
                self._messages.append(line)
            code = self._process.wait()
            if self._end.alive and code != 0:
                raise failure(code, "\n".join(self._messages))
            raise StopIteration
        except BaseException:  # also an interrupt
            self.close()
            raise

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the command. A loop over this iterator ends, too."""
        self._end()

    def _read(self) -> str | None:
        """Return the next line, or None at the end of the output."""
        assert self._process.stdout is not None
        try:
            line = self._process.stdout.readline()
        except ValueError:  # closed by another thread
            return None
        return line.decode("utf-8", "replace") if line else None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()  # it writes nothing that could be left half done
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
