"""Run the `registry` program: `python -m modelreg` is the same as `registry`."""

from __future__ import annotations

import os
import sys

from modelreg._errors import BinaryNotFound
from modelreg._find import find_binary


def main() -> None:
    """Replace this process by the `registry` program, with the same arguments.

    Windows cannot replace a process, so there it runs the program and passes its exit code on.
    """
    try:
        binary = find_binary()
    except BinaryNotFound as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)
        sys.exit(1)
    if sys.platform == "win32":
        import subprocess

        try:
            sys.exit(subprocess.run([binary, *sys.argv[1:]], check=False).returncode)
        except KeyboardInterrupt:
            sys.exit(130)
    os.execv(binary, [binary, *sys.argv[1:]])


if __name__ == "__main__":
    main()
