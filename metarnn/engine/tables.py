"""From a program to the table of ``program.py`` that compiled code runs."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .affine import Positions
from .graph import Program
from .jit import Variant
from .layout import LayoutBuilder
from .program import NODE
from .signals import Steps


class Tables(NamedTuple):
    """A program as data."""

    nodes: Any  # records NODE of ``program.py``
    cleared: Any  # records SIGNAL, as the next two
    scores: Any  # which the loss reads
    shown: Any  # which is returned: if traced, derivatives
    order: Positions  # where each packed weight comes from, or -1 for a zero
    n_numbers: int  # size of the scratch memory
    recomputes: bool  # whether a backward pass leaves other states than it found
    layout: LayoutBuilder  # keeps alive what the records point to


@lru_cache(maxsize=256)
def tables(program: Program, kind: Variant, steps: Steps, derivatives: bool) -> Tables:
    """Lay out a program for data of at most so many steps."""
    layout = LayoutBuilder(program, kind, steps, derivatives)
    nodes = np.zeros(len(program.nodes), NODE)
    for row, node in zip(nodes, program.nodes, strict=True):
        forward, back, known = node.lower(layout)
        row["forward"], row["record"] = forward.address(kind), layout.kept(known)
        if derivatives:
            row["back"] = back.address(kind)
    shown = layout.signal(program.shown or program.scores)
    if program.traced:
        shown["offset"], shown["stride"] = shown["d_offset"], shown["d_stride"]
    return Tables(
        nodes, layout.cleared, layout.signal(program.scores), shown, layout.order,
        layout.scratch.n_numbers, layout.recomputes, layout,
    )  # fmt: skip
