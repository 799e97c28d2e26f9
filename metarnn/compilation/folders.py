"""Folders for compiled code: which they are, and what is said where none can be written."""

import os
import uuid
import warnings
from pathlib import Path

import numba
from numba.core.caching import _CacheLocator
from numba.misc.appdirs import AppDirs

from .notice import is_worker


def folders(file: Path) -> list[Path]:
    """Return the folders for the code of a source file: those of numba, the first choice first.

    NUMBA_CACHE_DIR stands alone. Otherwise a ``__pycache__`` that cannot be written is read all
    the same: code that was compiled when a container's image was made serves all its users.
    """
    name = _CacheLocator.get_suitable_cache_subpath(str(file))
    if numba.config.CACHE_DIR:
        return [Path(numba.config.CACHE_DIR, name)]
    own = Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)
    # "~" is left as it is where there is no home folder.
    return [file.parent / "__pycache__", *([own / name] if own.is_absolute() else [])]


def writable_folder() -> Path:
    """Return the folder that holds the code of the package, or all of its ``__pycache__``.

    Raises
    ------
    OSError
        None can be written.
    """
    file, reasons = Path(__file__), []
    for folder in folders(file):
        try:
            put(folder / "probe", b"")
            (folder / "probe").unlink()
        except OSError as error:
            reasons.append(reason(folder, error))
        else:
            return file.parent.parent if folder.parent == file.parent else folder.parent
    raise OSError(_advice(reasons))


def put(path: Path, content: bytes) -> None:
    """Put a file in place, whole, or raise an OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        # Windows does not replace a file that another process reads, which then has it.
        if not (isinstance(error, PermissionError) and os.name == "nt" and path.exists()):
            raise


def reason(folder: Path, error: OSError) -> str:
    """Return what is wrong with a folder."""
    return f"{folder}: {error.strerror or error}"


def _advice(reasons: list[str]) -> str:
    return (
        f"Compiled code cannot be stored ({'; '.join(reasons)}), so that each process compiles "
        "again, which takes some seconds. Set the environment variable NUMBA_CACHE_DIR to a folder "
        "that can be written."
    )


_warned: list[bool] = []


def warn_once(reasons: list[str]) -> None:
    """Warn that no folder takes code, once in a process and in no worker."""
    if not is_worker() and not _warned:
        _warned.append(True)
        warnings.warn(_advice(reasons), stacklevel=2)
