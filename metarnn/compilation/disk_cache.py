"""Compiled code on disk: one file for each function and signature, right or not there.

numba's own cache has an index and numbered files for each function. Two processes that compile
different signatures at once can write an index that names the file of the other; a file cut short
is an error; and where no folder can be written, the function cannot be made at all. It also sees
changes in the function's own file only, although stored code holds that of the functions it calls,
and tells functions of one source line apart by what their closures hold, pickled, which differs in
each process.

Here a function is known by its file, line and qualified name, which must therefore be unique:
:func:`named` gives a generated function one. The name of its file has a hash of the signature and
of the processor. The file begins with a hash of what follows and of all that it was made from:
the package's compiled code, and the versions of numba and LLVM. A file that does not match, since
it is old, cut short or damaged, is as good as none, and is written again. Files are put in place
whole. So processes may read, write and be killed at any time.

``tests/engine/test_cache.py`` fails where a new version of numba has other private names.
"""

import hashlib
import inspect
import os
import pickle
import sys
import uuid
import warnings
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import _Cache, _CacheLocator
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from numba.misc.appdirs import AppDirs

from metarnn.version import __version__

from .notice import NOTICE, is_worker

Function = Callable[..., Any]

#: Folders of the package that hold compiled code, or say how it is compiled.
COMPILED = "compilation", "engine", "cells", "nodes"
HASH_BYTES = 32
#: How often code was found on disk in this process, and how often it was compiled.
COUNTS = Counter(loaded=0, compiled=0)


class DiskCache(_Cache):
    """The stored code of one function, as numba's dispatchers use it."""

    def __init__(self, function: Function) -> None:
        self._file, code = Path(inspect.getfile(function)), function.__code__
        self._name = f"{self._file.stem}.{function.__qualname__}-{code.co_firstlineno}"
        self._enabled = True

    @property
    def cache_path(self) -> str:
        """The folder that is tried first."""
        return str(folders(self._file)[0])

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled code for a signature, or None if it is to be compiled."""
        target_context.refresh()
        name, identity = self._key(sig, target_context.codegen())
        for folder in folders(self._file) if self._enabled else ():
            try:
                content = (folder / name).read_bytes()
                if content[:HASH_BYTES] == _hash(identity, content[HASH_BYTES:]):
                    parts = pickle.loads(content[HASH_BYTES:])
                    found = CompileResult._rebuild(target_context, *parts)
                    COUNTS["loaded"] += 1
                    return found
            except Exception:
                continue  # it is written again
        COUNTS["compiled"] += 1
        NOTICE.begin()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store compiled code, in the first folder that takes it."""
        if not self._enabled or data.lifted or data.library.has_dynamic_globals:
            return
        name, identity = self._key(sig, data.codegen)
        content = dumps(data._reduce())
        content = _hash(identity, content) + content
        reasons = []
        for folder in folders(self._file):
            try:
                _write(folder / name, content)
                return
            except OSError as error:
                reasons.append(_reason(folder, error))
        _warn_once(reasons)

    def _key(self, signature: Any, codegen: Any) -> tuple[str, bytes]:
        """Return the name of the file for a signature, and what its content depends on."""
        key = f"{self._name} {signature} {codegen.magic_tuple()}"
        name = f"{self._name}.{sys.implementation.cache_tag}-{_hash(key.encode()).hex()[:16]}.nbc"
        return name, f"{key} {_file_hash(self._file)} {fingerprint()}".encode()

    def enable(self) -> None:
        """Use the disk."""
        self._enabled = True

    def disable(self) -> None:
        """Do not use the disk."""
        self._enabled = False

    def flush(self) -> None:
        """Delete what is stored."""
        for folder in folders(self._file):
            for path in folder.glob(f"{self._name}.*.nbc"):
                path.unlink(missing_ok=True)


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
            _write(folder / "probe", b"")
            (folder / "probe").unlink()
        except OSError as error:
            reasons.append(_reason(folder, error))
        else:
            return file.parent.parent if folder.parent == file.parent else folder.parent
    raise OSError(_advice(reasons))


@cache
def fingerprint() -> str:
    """Return a hash of all that stored code depends on, computed when the first kernel is."""
    package = Path(__file__).parent.parent
    versions = __version__, numba.__version__, llvmlite.__version__, sys.version_info[:2]
    digest = hashlib.sha256(f"{versions} {getattr(sys, 'abiflags', '')}".encode())
    for source in sorted(path for folder in COMPILED for path in package.glob(f"{folder}/*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


@cache
def _file_hash(file: Path) -> str:
    try:
        return _hash(file.read_bytes()).hex()
    except OSError:  # within an archive, of a known version
        return ""


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"\0".join(parts)).digest()


def _write(path: Path, content: bytes) -> None:
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


def _reason(folder: Path, error: OSError) -> str:
    return f"{folder}: {error.strerror or error}"


def _advice(reasons: list[str]) -> str:
    return (
        f"Compiled code cannot be stored ({'; '.join(reasons)}), so that each process compiles "
        "anew, which takes some seconds. Set the environment variable NUMBA_CACHE_DIR to a folder "
        "that can be written."
    )


_warned: list[bool] = []


def _warn_once(reasons: list[str]) -> None:
    if not is_worker() and not _warned:
        _warned.append(True)
        warnings.warn(_advice(reasons), stacklevel=2)


_generated: dict[tuple[str, int, str], dict[str, Any]] = {}


def named(name: str) -> Callable[[Function], Function]:
    """Return a decorator that gives a generated function the name by which it is stored.

    Raises
    ------
    ValueError
        Another function of the same source line has the name: one of them would run in place of
        the other.
    """

    def decorate(function: Function) -> Function:
        code = function.__code__
        key = code.co_filename, code.co_firstlineno, name
        # An import that was interrupted runs again, with names of its own.
        if _generated.get(key) is function.__globals__:
            raise ValueError(
                f"Two functions generated by {key[0]}:{key[1]} are named {name!r}; "
                "give each one a name of its own."
            )
        _generated[key] = function.__globals__
        function.__name__ = function.__qualname__ = name
        return function

    return decorate


def is_named(function: Function) -> bool:
    """Return whether a function can be told by its name from all others of its file."""
    return "<" not in function.__qualname__  # as in <locals> and <lambda>
