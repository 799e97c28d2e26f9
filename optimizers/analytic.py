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

#: Of points (n, D).
Formula = Callable[[Array], Array]


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
    value: Formula = field(repr=False)
    slope: Formula = field(repr=False)
    space: Space = field(repr=False)
    minimizer: Array = field(repr=False)
    minimum: float
    matrix: Formula | None = field(default=None, repr=False)

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
        return (1.0, 3.0, 3.0 + self.dim)[order]


FUNCTIONS: dict[str, Callable[[int], Function]] = {}


def _function(
    slope: Formula,
    width: float,
    *,
    at: float = 0.0,
    minimum: float = 0.0,
    matrix: Formula | None = None,
    least: int = 1,
) -> Callable[[Formula], Callable[[int], Function]]:
    """Turn the formula of the values into a function of the dimension; `minimum` is that of D = 1.

    It has at least `least` dimensions, its box is [-width, width]^D, its minimizer (at, ...).
    """

    def in_table(value: Formula) -> Callable[[int], Function]:
        def of_dimension(dim: int) -> Function:
            if dim < least:
                raise ValueError(f"{name} needs a dimension of at least {least}, got {dim}.")
            space = Space.box(-width, width, dim)
            return Function(name, value, slope, space, np.full(dim, at), dim * minimum, matrix)

        name = of_dimension.__name__ = value.__name__
        of_dimension.__doc__ = value.__doc__
        FUNCTIONS[name] = of_dimension
        return of_dimension

    return in_table


def _diagonals(rows: Array) -> Array:
    """Return matrices (n, D, D) with rows (n, D) on their diagonals."""
    return rows[:, :, None] * np.eye(rows.shape[1])


@_function(lambda x: 2 * x, 5.12, matrix=lambda x: _diagonals(np.full_like(x, 2.0)))
def sphere(x: Array) -> Array:
    """Sum of squares: the easiest function."""
    return (x**2).sum(1)


def _weights(x: Array) -> Array:
    return np.broadcast_to(10.0 ** np.linspace(0, 6, x.shape[1]), x.shape)


@_function(lambda x: 2 * _weights(x) * x, 5.0, matrix=lambda x: _diagonals(2 * _weights(x)))
def ellipsoid(x: Array) -> Array:
    """Sum of squares with weights from 1 to a million: ill-conditioned."""
    return x**2 @ _weights(x)[0]


def _rosenbrock_slope(x: Array) -> Array:
    off = x[:, 1:] - x[:, :-1] ** 2
    out = np.zeros_like(x)
    out[:, :-1] = -400 * x[:, :-1] * off - 2 * (1 - x[:, :-1])
    out[:, 1:] += 200 * off
    return out


def _rosenbrock_matrix(x: Array) -> Array:
    # Of 10 (x_(i+1) - x_i^2) and 1 - x_i.
    diagonal = np.zeros_like(x)
    diagonal[:, :-1] = 800 * x[:, :-1] ** 2 + 2
    diagonal[:, 1:] += 200
    out, i = _diagonals(diagonal), np.arange(x.shape[1] - 1)
    out[:, i, i + 1] = out[:, i + 1, i] = -400 * x[:, :-1]
    return out


@_function(_rosenbrock_slope, 2.048, at=1.0, matrix=_rosenbrock_matrix, least=2)
def rosenbrock(x: Array) -> Array:
    """A curved valley with a flat bottom (Rosenbrock 1960); needs a dimension of at least 2."""
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(1)


TURN = 2 * np.pi


@_function(lambda x: 2 * x + 10 * TURN * np.sin(TURN * x), 5.12)
def rastrigin(x: Array) -> Array:
    """A parabola with a regular grid of about 11^D minima."""
    return 10 * x.shape[1] + (x**2 - 10 * np.cos(TURN * x)).sum(1)


def _ackley_parts(x: Array) -> tuple[Array, Array, Array]:
    root = np.sqrt((x**2).mean(1))
    return root, np.exp(-0.2 * root), np.exp(np.cos(TURN * x).mean(1))


def _ackley_slope(x: Array) -> Array:
    root, funnel, ripple = (part[:, None] for part in _ackley_parts(x))
    outward = np.divide(x, root, out=np.zeros_like(x), where=root > 0)  # 0 at the cusp
    return (4 * funnel * outward + TURN * np.sin(TURN * x) * ripple) / x.shape[1]


@_function(_ackley_slope, 32.768)
def ackley(x: Array) -> Array:
    """A nearly flat plain with many small minima and a funnel; a cusp at the minimum."""
    _, funnel, ripple = _ackley_parts(x)
    return -20 * funnel - ripple + 20 + np.e


def _griewank_slope(x: Array) -> Array:
    roots = np.sqrt(np.arange(1, x.shape[1] + 1))
    cosines = np.cos(x / roots)
    others = [np.delete(cosines, i, axis=1).prod(1) for i in range(x.shape[1])]
    return x / 2000 + np.stack(others, axis=1) * np.sin(x / roots) / roots


@_function(_griewank_slope, 600.0)
def griewank(x: Array) -> Array:
    """A wide parabola with the ripples of a product of cosines (Griewank 1981)."""
    return (x**2).sum(1) / 4000 - np.cos(x / np.sqrt(np.arange(1, x.shape[1] + 1))).prod(1) + 1


def _schwefel_slope(x: Array) -> Array:
    root = np.sqrt(np.abs(x))
    return -np.sin(root) - 0.5 * root * np.cos(root)


@_function(_schwefel_slope, 500.0, at=420.96874635998199)
def schwefel(x: Array) -> Array:
    """The best minimum is near a corner, far from the second best (Schwefel 1981)."""
    return 418.98288727243369 * x.shape[1] - (x * np.sin(np.sqrt(np.abs(x)))).sum(1)


AT = -2.903534027771177
LOWEST = (AT**4 - 16 * AT**2 + 5 * AT) / 2


@_function(lambda x: (4 * x**3 - 32 * x + 5) / 2, 5.0, at=AT, minimum=LOWEST)
def styblinski_tang(x: Array) -> Array:
    """2^D minima, one of them the lowest."""
    return (x**4 - 16 * x**2 + 5 * x).sum(1) / 2
