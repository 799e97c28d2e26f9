"""Analytic test functions of any dimension, with their gradients and minima.

Each is an objective for :func:`~metarnn.optimizers.minimize`: ``sphere(10)`` is called with
points (n, D), and has a ``gradient``, a ``space`` (its usual box), its ``minimum`` and
``minimizer``. Definitions as in M. Jamil, X.-S. Yang: A literature survey of benchmark
functions for global optimization problems, IJMMNO 4 (2013) 150-194.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .optimizer import Array, Order
from .space import Space


@dataclass(frozen=True)
class Function:
    """A test function.

    Parameters
    ----------
    name : str
        Its name in ``FUNCTIONS``.
    value : callable
        Points (n, D) to values (n,).
    slope : callable
        Points (n, D) to gradients (n, D).
    space : Space
        The usual box.
    minimizer : (D,) array
        A point with the lowest value.
    minimum : float
        That value.
    matrix : callable, optional
        Points (n, D) to Gauss-Newton matrices (n, D, D), for sums of squares.
    """

    name: str
    value: Callable[[Array], Array] = field(repr=False)
    slope: Callable[[Array], Array] = field(repr=False)
    space: Space = field(repr=False)
    minimizer: Array = field(repr=False)
    minimum: float
    matrix: Callable[[Array], Array] | None = field(default=None, repr=False)

    @property
    def dim(self) -> int:
        """D."""
        return self.space.dim

    def __call__(self, points: Array) -> Array:
        """Return the values (n,) of points (n, D)."""
        return self.value(points)

    def gradient(self, points: Array) -> tuple[Array, Array]:
        """Return the values (n,) and the gradients (n, D) of points (n, D)."""
        return self.value(points), self.slope(points)

    @property
    def gauss_newton(self) -> Callable[[Array], tuple[Array, Array, Array]] | None:
        """For sums of squares: points (n, D) to values, gradients and Gauss-Newton matrices.

        The matrix of a sum of r^2 is 2 J' J, where J holds the derivatives of all r.
        """
        matrix = self.matrix
        return matrix and (lambda points: (*self.gradient(points), matrix(points)))

    def cost(self, order: Order) -> float:
        """Return the price of one point in passes.

        A matrix costs a gradient and one pass for each column of J.
        """
        return {
            Order.VALUE: 1.0,
            Order.GRADIENT: 3.0,
            Order.GAUSS_NEWTON: 3.0 + self.dim,
        }[order]


def _function(
    name: str,
    dim: int,
    value: Callable[[Array], Array],
    slope: Callable[[Array], Array],
    width: float,
    at: float = 0.0,
    minimum: float = 0.0,
    matrix: Callable[[Array], Array] | None = None,
) -> Function:
    _check_dimension(name, dim, 1)
    space = Space.box(-width, width, dim)
    return Function(name, value, slope, space, np.full(dim, at), minimum, matrix)


def _diagonals(rows: Array) -> Array:
    """Return matrices (n, D, D) with rows (n, D) on their diagonals."""
    return np.asarray(rows[:, :, None] * np.eye(rows.shape[1]))


def _check_dimension(name: str, dim: int, least: int) -> None:
    if dim < least:
        raise ValueError(f"{name} needs a dimension of at least {least}, got {dim}.")


def sphere(dim: int) -> Function:
    """Sum of squares: the easiest function."""
    return _function(
        "sphere",
        dim,
        lambda x: (x**2).sum(1),
        lambda x: 2 * x,
        5.12,
        matrix=lambda x: _diagonals(np.full_like(x, 2.0)),
    )


def ellipsoid(dim: int) -> Function:
    """Sum of squares with weights from 1 to a million: ill-conditioned."""
    _check_dimension("ellipsoid", dim, 1)
    weights = 10.0 ** np.linspace(0, 6, dim)
    return _function(
        "ellipsoid",
        dim,
        lambda x: x**2 @ weights,
        lambda x: 2 * weights * x,
        5.0,
        matrix=lambda x: _diagonals(np.broadcast_to(2 * weights, x.shape)),
    )


def rosenbrock(dim: int) -> Function:
    """A curved valley with a flat bottom (Rosenbrock 1960); needs a dimension of at least 2."""
    _check_dimension("rosenbrock", dim, 2)

    def value(x: Array) -> Array:
        return np.asarray((100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(1))

    def slope(x: Array) -> Array:
        off = x[:, 1:] - x[:, :-1] ** 2
        out = np.zeros_like(x)
        out[:, :-1] = -400 * x[:, :-1] * off - 2 * (1 - x[:, :-1])
        out[:, 1:] += 200 * off
        return out

    def matrix(x: Array) -> Array:
        # Of 10 (x_(i+1) - x_i^2) and 1 - x_i.
        diagonal = np.zeros_like(x)
        diagonal[:, :-1] = 800 * x[:, :-1] ** 2 + 2
        diagonal[:, 1:] += 200
        out, i = _diagonals(diagonal), np.arange(dim - 1)
        out[:, i, i + 1] = out[:, i + 1, i] = -400 * x[:, :-1]
        return out

    return _function("rosenbrock", dim, value, slope, 2.048, at=1.0, matrix=matrix)


def rastrigin(dim: int) -> Function:
    """A parabola with a regular grid of about 11^D minima."""
    turn = 2 * np.pi
    return _function(
        "rastrigin",
        dim,
        lambda x: 10 * dim + (x**2 - 10 * np.cos(turn * x)).sum(1),
        lambda x: 2 * x + 10 * turn * np.sin(turn * x),
        5.12,
    )


def ackley(dim: int) -> Function:
    """A nearly flat plain with many small minima and a funnel; a cusp at the minimum."""
    turn = 2 * np.pi

    def parts(x: Array) -> tuple[Array, Array, Array]:
        root = np.sqrt((x**2).mean(1))
        return root, np.exp(-0.2 * root), np.exp(np.cos(turn * x).mean(1))

    def value(x: Array) -> Array:
        _, funnel, ripple = parts(x)
        return np.asarray(-20 * funnel - ripple + 20 + np.e)

    def slope(x: Array) -> Array:
        root, funnel, ripple = (part[:, None] for part in parts(x))
        outward = np.divide(x, root, out=np.zeros_like(x), where=root > 0)  # 0 at the cusp
        return np.asarray((4 * funnel * outward + turn * np.sin(turn * x) * ripple) / dim)

    return _function("ackley", dim, value, slope, 32.768)


def griewank(dim: int) -> Function:
    """A wide parabola with the ripples of a product of cosines (Griewank 1981)."""
    roots = np.sqrt(np.arange(1, dim + 1))

    def value(x: Array) -> Array:
        return np.asarray((x**2).sum(1) / 4000 - np.cos(x / roots).prod(1) + 1)

    def slope(x: Array) -> Array:
        cosines = np.cos(x / roots)
        others = np.stack([np.delete(cosines, i, axis=1).prod(1) for i in range(dim)], axis=1)
        return np.asarray(x / 2000 + others * np.sin(x / roots) / roots)

    return _function("griewank", dim, value, slope, 600.0)


def schwefel(dim: int) -> Function:
    """The best minimum is near a corner, far from the second best (Schwefel 1981)."""
    at, lowest = 420.96874635998199, 418.98288727243369

    def slope(x: Array) -> Array:
        root = np.sqrt(np.abs(x))
        return np.asarray(-np.sin(root) - 0.5 * root * np.cos(root))

    return _function(
        "schwefel",
        dim,
        lambda x: lowest * dim - (x * np.sin(np.sqrt(np.abs(x)))).sum(1),
        slope,
        500.0,
        at=at,
    )


def styblinski_tang(dim: int) -> Function:
    """2^D minima, one of them the lowest."""
    at = -2.903534027771177
    return _function(
        "styblinski_tang",
        dim,
        lambda x: (x**4 - 16 * x**2 + 5 * x).sum(1) / 2,
        lambda x: (4 * x**3 - 32 * x + 5) / 2,
        5.0,
        at=at,
        minimum=dim * (at**4 - 16 * at**2 + 5 * at) / 2,
    )


FUNCTIONS: dict[str, Callable[[int], Function]] = {
    function.__name__: function
    for function in (
        sphere,
        ellipsoid,
        rosenbrock,
        rastrigin,
        ackley,
        griewank,
        schwefel,
        styblinski_tang,
    )
}
