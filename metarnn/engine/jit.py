"""The compiler options and the disk cache, in one place."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

# A division by zero gives inf, as in NumPy: with Python's exception no loop vectorises.
# "contract" allows fused multiply-adds and nothing else, so NaN and inf keep their meaning.
OPTIONS: dict[str, Any] = {
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
    "nogil": True,
}


def _fingerprint() -> str:
    """Return a hash of all that is compiled."""
    package = Path(__file__).parent.parent
    sources = sorted([*package.glob("engine/*.py"), *package.glob("cells/*.py")])
    digest = hashlib.sha256((package / "passes.py").read_bytes())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


FINGERPRINT = _fingerprint()


def _compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**(OPTIONS | options))(function)
        # numba renews what it has on disk when the function's own file changes, but a
        # function also holds the code of those that it calls, from other files.
        cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
        if cache_file is not None:
            cache_file._source_stamp = FINGERPRINT
        return dispatcher

    return decorate


kernel = _compiled()
parallel_kernel = _compiled(parallel=True)
# Sums over the lanes of a tile: their order is the compiler's, but always the same.
lane_sum_kernel = _compiled(fastmath={"contract", "reassoc", "nsz"})
