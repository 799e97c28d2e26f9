"""Compiled code on disk: one file for each function and signature, right or not there.

numba's own cache has an index and numbered files for each function. Two processes that compile
different signatures at once can write an index that names the file of the other; a file cut short
is an error; and where no folder can be written, the function cannot be made at all. It also sees
changes in the function's own file only, although stored code holds that of the functions it calls,
and tells functions of one source line apart by what their closures hold, pickled, which differs in
each process.

Here a function is known by its file, line and qualified name, which must therefore be unique:
:func:`.named` gives a generated function one. The name of its file has a hash of the signature and
of the processor. The file begins with a hash of what follows and of all that it was made from:
the package's compiled code, and the versions of numba and LLVM. A file that does not match, since
it is old, cut short or damaged, is as good as none, and is written again. Files are put in place
whole. So processes may read, write and be killed at any time. Code also depends on the files of the
compiled functions that its function calls by name, wherever they are.

``tests/compilation/test_disk_cache.py`` fails where a new version of numba has other private names.
"""

import hashlib
import inspect
import pickle
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.registry import CPUDispatcher
from numba.core.serialize import dumps

from metarnn.version import __version__

from .folders import folders, put, reason, warn_once
from .notice import NOTICE

Function = Callable[..., Any]

#: Folders of the package that hold compiled code, or say how it is compiled.
COMPILED = "compilation", "engine", "cells", "nodes"
HASH_BYTES = 32
#: How often code was found on disk in this process, and how often it was compiled.
COUNTS = Counter(loaded=0, compiled=0)


class DiskCache(_Cache):
    """The stored code of one function, as numba's dispatchers use it."""

    def __init__(self, function: Function) -> None:
        self._file, code = Path(inspect.getfile(function)).absolute(), function.__code__
        self._sources = sorted(_sources(function))
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
                put(folder / name, content)
                return
            except OSError as error:
                reasons.append(reason(folder, error))
        warn_once(reasons)

    def _key(self, signature: Any, codegen: Any) -> tuple[str, bytes]:
        """Return the name of the file for a signature, and what its content depends on."""
        key = f"{self._name} {signature} {codegen.magic_tuple()}"
        name = f"{self._name}.{sys.implementation.cache_tag}-{_hash(key.encode()).hex()[:16]}.nbc"
        sources = " ".join(map(_file_hash, self._sources))
        return name, f"{key} {sources} {fingerprint()}".encode()

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


@cache
def fingerprint() -> str:
    """Return a hash of all that stored code depends on, computed when the first kernel is."""
    package = Path(__file__).parent.parent
    versions = __version__, numba.__version__, llvmlite.__version__, sys.version_info[:2]
    digest = hashlib.sha256(f"{versions} {getattr(sys, 'abiflags', '')}".encode())
    for source in sorted(path for folder in COMPILED for path in package.glob(f"{folder}/*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _sources(function: Function) -> set[Path]:
    """Return the files of a function and of the compiled functions that it calls by name."""
    known, found = set(), [function]
    while found:
        function = found.pop()
        known.add(function)
        called = (function.__globals__.get(name) for name in function.__code__.co_names)
        functions = {each.py_func for each in called if isinstance(each, CPUDispatcher)}
        found += functions - known
    return {Path(inspect.getfile(each)).absolute() for each in known}


@cache
def _file_hash(file: Path) -> str:
    try:
        return _hash(file.read_bytes()).hex()
    except OSError:  # within an archive, of a known version
        return ""


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"\0".join(parts)).digest()
