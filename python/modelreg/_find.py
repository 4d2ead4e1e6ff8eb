"""Find the `registry` program that was installed with this package."""

from __future__ import annotations

import os
import sys

from modelreg._errors import BinaryNotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "MODELREG_BIN"


def find_binary() -> str:
    """Return the path of the `registry` program.

    If the environment variable ``MODELREG_BIN`` is set, it is the path. Otherwise the program is
    searched for in the folders where installers put scripts, starting with the installation of this
    package, so that the client and the program have the same version.

    Returns
    -------
    str
        The path of an executable file.

    Raises
    ------
    BinaryNotFound
        If the program is in none of the folders. The message lists all of them.

    Examples
    --------
    >>> import os
    >>> os.path.basename(find_binary()).startswith("registry")
    True
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        if _is_program(chosen):
            return chosen
        raise BinaryNotFound(
            f"{VARIABLE} is `{chosen}`, which is not an executable file",
            hint=f"set {VARIABLE} to the path of the `registry` program, or unset it",
            places=[chosen],
        )
    tried: list[str] = []
    for folder in _folders():
        path = os.path.join(folder, _name())
        if path in tried:
            continue
        if _is_program(path):
            return path
        tried.append(path)
    listed = "".join(f"\n  {path}" for path in tried)
    raise BinaryNotFound(
        f"the `registry` program was not found at any of these paths:{listed}\n"
        f"to use another program, set the environment variable {VARIABLE}",
        hint="install the wheel again: pip install --force-reinstall modelreg",
        places=tried,
    )


def _name() -> str:
    return "registry.exe" if sys.platform == "win32" else "registry"


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _folders() -> Iterator[str]:
    import sysconfig

    package = os.path.dirname(os.path.abspath(__file__))
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    prefix = _prefix_of(package)
    if prefix is not None:
        # A virtual environment, `pip install --prefix`, `pip install --user`.
        yield os.path.join(prefix, scripts)
    # `pip install --target`.
    yield os.path.join(os.path.dirname(package), "bin")
    # The module may be elsewhere: an editable installation, a zipped application.
    yield sysconfig.get_path("scripts")
    yield sysconfig.get_path("scripts", vars={"base": sys.base_prefix})
    yield sysconfig.get_path("scripts", _user_scheme())


def _prefix_of(package: str) -> str | None:
    """Return the prefix of an installation, given the folder of this package in it.

    The folder is `PREFIX/lib/python3.12/site-packages/modelreg`, or on Windows
    `PREFIX/Lib/site-packages/modelreg`.
    """
    libraries, name = os.path.split(os.path.dirname(package))
    if name not in ("site-packages", "dist-packages"):
        return None
    parent, name = os.path.split(libraries)
    if name.lower() in ("lib", "lib64"):
        return parent
    prefix, lib = os.path.split(parent)
    is_library = name.startswith(("python", "pypy")) and lib in ("lib", "lib64")
    return prefix if is_library else None


def _user_scheme() -> str:
    import sysconfig

    if hasattr(sysconfig, "get_preferred_scheme"):  # Python 3.10 and newer
        return str(sysconfig.get_preferred_scheme("user"))
    if os.name == "nt":
        return "nt_user"
    if sys.platform == "darwin" and getattr(sys, "_framework", ""):
        return "osx_framework_user"
    return "posix_user"
