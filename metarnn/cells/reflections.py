"""Householder reflections H = 1 - 2 u u' of vectors of any length, and products of them.

Every orthogonal matrix is a product H_1 ... H_n of them in which u_k begins with k - 1 zeros, and
u = 0 stands for no reflection (A. S. Householder: Unitary triangularization of a nonsymmetric
matrix. Journal of the ACM 5 (1958) 339-342). Every such product is orthogonal to rounding.

Computed in float64, one candidate after the other, so that results do not depend on other
candidates.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from metarnn.compilation import stored
from metarnn.engine.weight_block import Floats

from .expressions import Expression

# Sums in the fastest order, which depends only on the number of terms.
summing_kernel = stored(fastmath={"reassoc"})

#: Where a vector is shorter than this, the derivative by it is 0.
SHORTEST = np.finfo(float).tiny


class Directions(NamedTuple):
    """Unit vectors, and what their derivative needs.

    Attributes
    ----------
    units : (..., n) array
        Of length 1, or 0 where a vector is 0: no reflection.
    slopes : (..., 1) array
        1 over the length of the vector, or 0 where the length is not a normal number.
    """

    units: Floats
    slopes: Floats

    @classmethod
    def of(cls, vectors: Floats) -> "Directions":
        """Return the directions of vectors (..., n) of any finite length."""
        with np.errstate(over="ignore", invalid="ignore"):  # of infinite ones: NaN
            largest = abs(vectors).max(axis=-1, keepdims=True)
            scaled = vectors / np.where(largest == 0, 1.0, largest)
            length = np.sqrt((scaled * scaled).sum(axis=-1, keepdims=True))
            units = scaled / np.where(length == 0, 1.0, length)
            whole = length * largest
        slopes = np.where(whole >= SHORTEST, 1.0, 0.0) / np.where(whole >= SHORTEST, whole, 1.0)
        return cls(units, slopes)

    def vjp(self, gradients: Floats) -> Floats:
        """Return gradients (P, m, ..., n) by the vectors (P, ..., n) from those by the units."""
        units = self.units[:, None]
        along = (gradients * units).sum(axis=-1, keepdims=True)
        return (gradients - along * units) * self.slopes[:, None]


def reflected(v: Any) -> Any:
    """Return the orthogonal matrix H_1 ... H_n of reflections, as formulas have it.

    Parameters
    ----------
    v : Expression, array or tensor
        The free numbers of v_1, v_2, ..., which begin with 0, 1, ... zeros: n (n + 1) / 2.
    """
    if isinstance(v, Expression):
        if v.operation != "vector":
            raise TypeError(f"reflected takes a vector of weights, got {v}")
        return Expression.of("reflected", v)
    v = v.reshape(-1)
    n, end = int(np.sqrt(2 * len(v))), len(v)
    identity = getattr(v, "new_tensor", np.asarray)(np.eye(n))
    Q = identity
    for k in range(n - 1, -1, -1):
        u, end = v[end - n + k : end] @ identity[k:], end - n + k
        if (u != 0).any():
            Q = Q - (2 / (u @ u)) * u[:, None] @ (u[None] @ Q)
    return Q


def n_free(n: int) -> int:
    """Return how many numbers the reflections of n rows have."""
    return n * (n + 1) // 2


@lru_cache(maxsize=64)
def triangle(n: int) -> tuple[Any, ...]:
    """Return the places (n, n) of the numbers that are not 0."""
    return np.triu_indices(n)


def _directions(free: Floats) -> "Directions":
    """Return the directions (P, n, n) of v_1, v_2, ... as rows, from their numbers (P, ...)."""
    n = int(np.sqrt(2 * free.shape[1]))
    vectors = np.zeros((len(free), n, n))
    vectors[:, *triangle(n)] = free
    return Directions.of(vectors)


def reflected_each(free: Floats) -> Floats:
    """Return the orthogonal matrix (P, n, n) of each candidate."""
    units = _directions(free).units
    Q = np.empty(units.shape)
    products(units, Q)
    return Q


def pulled_back(free: Floats, gradients: Floats) -> Floats:
    """Return gradients (P, m, ...) by the numbers (P, 1, ...) from those by Q (P, m, n, n)."""
    directions = _directions(free[:, 0])
    Q, G = np.empty(directions.units.shape), np.array(gradients)
    of_units = np.empty(G.shape)
    products(directions.units, Q)
    products_back(directions.units, Q, G, of_units)
    return np.asarray(directions.vjp(of_units)[:, :, *triangle(gradients.shape[-1])])


@summing_kernel
def products(units: Floats, Q: Floats) -> None:
    """Compute Q = H_1 ... H_n (P, n, n) of the rows u_k of units (P, n, n), 0 before place k."""
    n = units.shape[1]
    w = np.empty(n)
    for p in range(len(units)):
        Q[p] = 0.0
        for k in range(n - 1, -1, -1):
            Q[p, k, k] = 1.0
            _reflect(units[p, k, k:], Q[p, k:, k:], w)


@summing_kernel
def products_back(units: Floats, Q: Floats, G: Floats, gradients: Floats) -> None:
    """Compute the gradients (P, m, n, n) by the units from those by Q, G; overwrites Q and G.

    With M_k = H_k ... H_n and G_k the derivative by it, M_{k+1} = H_k M_k and
    G_{k+1} = H_k G_k, and the derivative by u_k is -2 (G_k M_{k+1}' + M_{k+1} G_k') u_k.
    """
    n = units.shape[1]
    a, b = np.empty(n), np.empty(n)
    gradients[:] = 0.0
    for p in range(len(units)):
        for k in range(n):
            u, M = units[p, k, k:], Q[p, k:, k:]
            _reflect(u, M, a)
            _project(u, M, a)
            for m in range(G.shape[1]):
                S, d = G[p, m, k:, k:], gradients[p, m, k, k:]
                _project(u, S, b)
                for i in range(len(u)):
                    total, factor = 0.0, 2.0 * u[i]
                    for j in range(len(u)):
                        total += S[i, j] * a[j] + M[i, j] * b[j]
                        S[i, j] -= factor * b[j]
                    d[i] = -2.0 * total


@summing_kernel
def _project(u: Floats, M: Floats, w: Floats) -> None:
    """Compute w = M' u."""
    n = len(u)
    for j in range(n):
        w[j] = 0.0
    for i in range(n):
        for j in range(n):
            w[j] += u[i] * M[i, j]


@summing_kernel
def _reflect(u: Floats, M: Floats, w: Floats) -> None:
    """Replace M by (1 - 2 u u') M."""
    n = len(u)
    _project(u, M, w)
    for i in range(n):
        factor = 2.0 * u[i]
        for j in range(n):
            M[i, j] -= factor * w[j]
