"""A function in other coordinates: moved, in other units, its axes in another order."""

from functools import partial

import numpy as np

from metarnn.optimizers import Order, Space
from metarnn.optimizers.analytic import Function


class Moved:
    """f(factor x - shift), with the coordinates of x in another order.

    The space goes with it: its samples, scale, bounds and groups. So a search that is blind to
    where zero is, what the unit is and which axis comes first finds the same losses as on f.

    Parameters
    ----------
    function : Function
        f.
    space : Space
        That of f.
    shift : float or (D,) array
        What is added to every point of f.
    factor : float
        What every point is then divided by; a power of two, so that nothing is rounded.
    order : (D,) array of int, optional
        Coordinate i of x is coordinate order[i] of f.
    """

    def __init__(self, function: Function, space: Space, shift=0.0, factor=1.0, order=None):
        dim = function.dim
        self.function, self.factor = function, factor
        self.shift = np.array(np.broadcast_to(np.asarray(shift, float), (dim,)))
        self.order = np.arange(dim) if order is None else np.asarray(order)
        self.back = np.argsort(self.order)
        bounds = space.bounds and tuple(map(self.there, space.bounds))
        groups = space.groups and tuple(self.back[group] for group in space.groups)
        sampler, scale = partial(self.draw, space), (space.scale / factor)[self.order]
        self.space = Space(dim, sampler, scale, bounds, groups=groups)

    def there(self, points: np.ndarray) -> np.ndarray:
        """Return points of f in the new coordinates."""
        return ((points + self.shift) / self.factor)[..., self.order]

    def here(self, points: np.ndarray) -> np.ndarray:
        """Return points in the coordinates of f."""
        return points[..., self.back] * self.factor - self.shift

    def draw(self, space: Space, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.there(space.sample(n, rng))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return self.function(self.here(points))

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        losses, slopes = self.function.gradient(self.here(points))
        return losses, slopes[:, self.order] * self.factor

    def gauss_newton(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        matrices = self.function.gauss_newton(self.here(points))[2]
        matrices = matrices[:, self.order][:, :, self.order] * self.factor**2
        return (*self.gradient(points), matrices)

    def cost(self, order: Order) -> float:
        return self.function.cost(order)
