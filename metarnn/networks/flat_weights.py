"""Flat vectors of weights: joined from named blocks, and drawn."""

from collections.abc import Mapping
from functools import lru_cache, partial

import numpy as np
from numpy.typing import ArrayLike

from metarnn.engine.graph import Program
from metarnn.engine.weight_block import Floats, Shapes, flatten
from metarnn.optimizers import Space

from .unit_groups import unit_groups


def pack(blocks: Mapping[str, ArrayLike], shapes: Shapes) -> Floats:
    """Join named blocks of one candidate or of a population; see :meth:`Network.pack`."""
    if set(blocks) != set(shapes):
        raise ValueError(
            f"Expected the blocks {', '.join(shapes)}, got {', '.join(blocks) or 'none'}."
        )
    arrays = {name: np.asarray(blocks[name], float) for name in shapes}
    ahead: tuple[int, ...] | None = None  # () for one candidate, (P,) for a population
    for name, shape in shapes.items():
        given = arrays[name].shape
        ahead = given[: max(0, len(given) - len(shape))] if ahead is None else ahead
        if given != (*ahead, *shape):
            raise ValueError(f"{name} must have shape {(*ahead, *shape)}, got {given}.")
    return flatten(arrays, shapes)


def search_space(program: Program, init_scale: float) -> Space:
    """Return the space of a network's weights: unbounded, sampled like initial weights."""
    means, spreads, scales = _initial(program)
    sampler = partial(_draw, means, init_scale * spreads)
    return Space(program.dim, sampler, init_scale * scales, groups=unit_groups(program))


@lru_cache(maxsize=256)
def _initial(program: Program) -> tuple[Floats, ...]:
    """Return means and standard deviations of initial weights, and natural steps, each (D,)."""
    blocks = [block.initial for node in program.nodes for block in node.blocks]
    return tuple(np.concatenate([np.empty((3, 0)), *blocks], axis=1))


def _draw(means: Floats, spreads: Floats, n: int, rng: np.random.Generator) -> Floats:
    points = rng.standard_normal((n, spreads.size))
    points *= spreads
    points += means
    return points
