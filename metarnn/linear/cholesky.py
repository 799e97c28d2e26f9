"""Cholesky's method for one system of equations, compiled, in whole vectors."""

import numpy as np

from metarnn.engine.emission import Code, emitted
from metarnn.engine.jit import subroutine
from metarnn.engine.pointers import at, doubles_at
from metarnn.engine.vector_memory import Pointer
from metarnn.engine.vectors import WIDTH, Integer, Vector, fma

#: Numbers of a vector: the rows of a matrix have a multiple of that.
NUMBERS = WIDTH // 8
#: Pivots below this fraction of what stood on the diagonal are rounding errors.
RESOLUTION = 1e-14


def _less_multiple(
    code: Code, row: Pointer, factor: Pointer, above: Pointer, n_vectors: Integer
) -> None:
    negative = -factor.broadcast()

    def vector(k: Integer) -> list[Vector]:
        place = k * NUMBERS
        row.store(fma(above.vector(place), negative, row.vector(place)), place)
        return []

    code.loop(n_vectors, [], vector)


#: _subtract(row, factor, above, n_vectors): row -= factor above.
_subtract = emitted(_less_multiple, "less_multiple")


@subroutine
def solve_positive(A, b, x):
    """Solve A x = b by Cholesky's A = U'U, which takes the place of the upper triangle of A.

    A is positive and has n rows; its columns beyond n, which fill vectors up, are finite numbers.
    """
    n, stride, least = len(b), A.shape[1], RESOLUTION * np.diag(A)
    at_A = doubles_at(A.ctypes.data)
    x[:] = b
    for k in range(n):
        root = np.sqrt(max(A[k, k], least[k]))
        A[k, k] = root
        for j in range(k + 1, n):
            A[k, j] /= root
        x[k] /= root
        above = at(at_A, k * stride)
        for i in range(k + 1, n):
            x[i] -= A[k, i] * x[k]
            # What is left of the diagonal may change.
            first = i // NUMBERS * NUMBERS
            row = at(at_A, i * stride + first)
            _subtract(row, at(above, i), at(above, first), (stride - first) // NUMBERS)
    for k in range(n - 1, -1, -1):
        for j in range(k + 1, n):
            x[k] -= A[k, j] * x[j]
        x[k] /= A[k, k]
