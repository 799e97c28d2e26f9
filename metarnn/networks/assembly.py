"""From settings to layers, and from layers to a program."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from metarnn.cells import CELLS
from metarnn.engine.graph import Builder, Program
from metarnn.engine.signals import BY_ANSWERS, inputs
from metarnn.layers import DECODERS, Decoder, Embedding, Grid, Recurrent, Windows, read_out
from metarnn.layers.dense import linear
from metarnn.layers.layer import Layer, Stream
from metarnn.validation import check_choice, check_integer, is_integer, shown


def recurrent_layers(
    n_outputs: int,
    cell: str,
    hidden: int | tuple[int, ...],
    activation: str,
    bidirectional: bool,
    residual: bool,
    windows: int | tuple[int, ...] | None,
    grid: int | None,
    embedding: int | Embedding | None,
    readout: str,
    decoder: str | None,
) -> tuple[Layer, ...]:
    """Return the layers that settings describe; see :meth:`Network.build`."""
    sizes = tuple(check_integer("hidden", size) for size in _several(hidden))
    if not sizes:
        raise ValueError("hidden must have a layer at least, such as 16 or (16, 8), got none.")
    widths = _window_widths(windows, len(sizes))
    if grid is not None and not (is_integer(grid) and int(grid) in (1, 2, 4)):
        raise ValueError(f"grid must be 1, 2 or 4, the corners of an image, got {shown(grid)}.")
    grid = None if grid is None else int(grid)
    if grid is not None and (bidirectional or residual or windows or embedding is not None):
        raise ValueError(
            "grid reads images from their corners: bidirectional, residual, windows and "
            "embedding are for sequences."
        )
    if not isinstance(cell, str):
        raise TypeError(f"cell must be the name of one, got {shown(cell)}.")
    layers: list[Layer] = []
    if embedding is not None:
        if not isinstance(embedding, Embedding):
            embedding = Embedding(check_integer("embedding", embedding))
        layers.append(embedding)
    for i, (size, width) in enumerate(zip(sizes, widths, strict=True)):
        if width > 1:
            layers.append(Windows(width))
        if grid is not None:
            layers.append(Grid(cell, size, grid, activation))
            continue
        adds_input = residual and i > 0
        scores = cell == "jordan" and i == len(sizes) - 1 and decoder is None
        scores = scores and "attention" not in readout and not (bidirectional or adds_input)
        second_size = n_outputs if scores else None
        layers.append(Recurrent(cell, size, activation, bidirectional, adds_input, second_size))
    if decoder is not None:
        check_choice("decoder", decoder, DECODERS)
        n_rows = layers[0].n_rows if isinstance(layers[0], Embedding) else None
        layers.append(Decoder(sizes[-1], cell, activation, n_rows, DECODERS[decoder]))
    return tuple(layers)


def _window_widths(windows: int | tuple[int, ...] | None, n_layers: int) -> list[int]:
    """Return how many steps are joined before each layer; 1 before the first one."""
    n = n_layers - 1
    if windows is None:
        return [1] * n_layers
    widths = [check_integer("windows", width) for width in _several(windows)]
    if not n:
        raise ValueError("windows are between layers, so hidden must have two layers at least.")
    if np.ndim(windows) == 0:
        widths *= n
    if len(widths) != n:
        raise ValueError(
            f"windows must have one number between each two of the {n_layers} layers, {n} in "
            f"all, got {windows}."
        )
    return [1, *widths]


def _several(sizes: Any) -> Sequence[Any]:
    """Return sizes as several, which one is, too."""
    if isinstance(sizes, list | tuple):
        return sizes
    return tuple(sizes) if np.ndim(sizes) else (sizes,)


def assemble(n_inputs: int, n_outputs: int, layers: tuple[Layer, ...], readout: str) -> Program:
    """Return the program of a network; raise a ValueError for layers that do not fit together."""
    cells = tuple(CELLS.get(getattr(layer, "cell", "")) for layer in layers)
    return _assembled(n_inputs, n_outputs, layers, readout, cells)


@lru_cache(maxsize=256)
def _assembled(
    n_inputs: int, n_outputs: int, layers: tuple[Layer, ...], readout: str, cells: tuple[Any, ...]
) -> Program:
    """Assemble once for layers with these cells, which may be added again under the same name."""
    stream = layers[0].source(n_inputs) if layers else Stream(inputs(n_inputs))
    builder = Builder(stream.steps.n_rows, n_outputs)
    for layer in layers:
        stream = layer.connect(builder, stream)
    if stream.steps.clock == BY_ANSWERS and readout != "steps":
        raise ValueError(
            f"A decoder scores each step of its output: readout must be 'steps', not {readout!r}."
        )
    row = read_out(builder, stream, readout)
    scored = bool(layers) and layers[-1].scores_classes and readout != "attention"
    if scored and row.n_rows == n_outputs:
        return builder.program(row)
    return builder.program(linear(builder, row, n_outputs, "_out"))
