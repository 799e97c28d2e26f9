"""Blocks of weights: the named arrays that a flat vector consists of."""

from collections.abc import Iterable
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .affine import Positions

Floats = NDArray[np.float64]
Shapes = dict[str, tuple[int, ...]]


class WeightBlock(NamedTuple):
    """A named array of weights, and the distribution of its initial values."""

    name: str  # PyTorch's, where PyTorch has such a block
    shape: tuple[int, ...]  # stored in row-major order
    scale: float  # natural step of a search along each coordinate
    mean: Any = 0.0  # of the initial values
    spread: float | None = None  # standard deviation of the initial values; `scale` by default

    @property
    def initial(self) -> NDArray[np.float64]:
        """Mean, standard deviation and natural step of each number, (3, size)."""
        spread = self.scale if self.spread is None else self.spread
        rows = self.mean, spread, self.scale
        return np.array([np.broadcast_to(row, self.shape).ravel() for row in rows])


def shapes_of(blocks: Iterable[WeightBlock], suffix: str = "") -> Shapes:
    """Return the shape of each block by its name."""
    return {block.name + suffix: block.shape for block in blocks}


def size_of(shapes: Shapes) -> int:
    """Return the number of weights."""
    return sum(map(prod, shapes.values()))


def size_of_matrices(shapes: Shapes) -> int:
    """Return the number of weights in matrices, each of which takes a multiply-add a step."""
    return sum(prod(shape) for shape in shapes.values() if len(shape) > 1)


def positions_of(shapes: Shapes, first: int) -> dict[str, Positions]:
    """Return the position of each weight in a flat vector whose blocks begin at `first`."""
    positions = {}
    for name, shape in shapes.items():
        positions[name] = first + np.arange(prod(shape)).reshape(shape)
        first += prod(shape)
    return positions


def unflatten(flat: Floats, shapes: Shapes) -> dict[str, Floats]:
    """Cut flat vectors (..., D) into named blocks (..., *shape): views where possible."""
    blocks, start = {}, 0
    for name, shape in shapes.items():
        end = start + prod(shape)
        blocks[name] = flat[..., start:end].reshape(*flat.shape[:-1], *shape)
        start = end
    return blocks


def flatten(blocks: dict[str, Floats], shapes: Shapes) -> Floats:
    """Join named blocks (..., *shape) into flat vectors (..., D), in the order of the shapes."""
    parts = [
        blocks[name].reshape(*blocks[name].shape[: blocks[name].ndim - len(shape)], prod(shape))
        for name, shape in shapes.items()
    ]
    return np.concatenate(parts, axis=-1)
