"""One thread for the linear algebra of small matrices.

BLAS wakes a thread for each core from some dozen rows on. That gains little, and where the cores
have other work the threads wait for each other: an eigendecomposition of 47 rows then takes 10
milliseconds instead of 0.4. Sums by several threads also differ in their last bits.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

#: Matrices of more rows are worth several threads.
MOST_ROWS = 500


def one_thread(n_rows: int) -> AbstractContextManager[Any]:
    """Return a block within which BLAS has one thread, unless a matrix is large.

    Parameters
    ----------
    n_rows : int
        Of the matrices.

    Returns
    -------
    context manager
        It costs about 15 microseconds.
    """
    if n_rows > MOST_ROWS:
        return nullcontext()
    return _libraries().limit(limits=1, user_api="blas")


@cache
def _libraries() -> ThreadpoolController:
    """Return NumPy's and SciPy's libraries, which are two where both come as wheels."""
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()
