"""The networks to measure, as tables: their blocks of weights and their work.

All have tanh units and states that start at 0, and read the last states out: K scores
``V r + c``, where r are the states of the top layer after the last step, and with two
directions [forward after the last step; backward after the first].

Cells and blocks are torch's, gates in the order i f g o (LSTM) and r z n (GRU), but for the
biases: torch adds two, of which one is left here, and of the second what GRU multiplies by r.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from metarnn import Network


@dataclass(frozen=True)
class Cell:
    """What a step computes for each unit: products with weights, and tanh or sigmoid values."""

    n_products: int
    n_squashed: int
    hidden_bias: bool = False


CELLS = {"elman": Cell(1, 1), "lstm": Cell(4, 5), "gru": Cell(3, 3, hidden_bias=True)}


@dataclass(frozen=True)
class Architecture:
    """A network of n layers of H units; only a single layer may have two directions.

    Parameters
    ----------
    title : str
        The name of such networks in headings.
    cell : str
        One of the CELLS.
    n_layers : int
        Layers, each of which reads the states of the one below.
    options : dict of str to bool
        More options of ``Network.build``.
    """

    title: str
    cell: str = "elman"
    n_layers: int = 1
    options: dict[str, bool] = field(default_factory=dict)

    def build(self, I: int, H: int, K: int, dtype: str = "float32") -> Network:
        """Return our own network."""
        hidden = (H,) * self.n_layers
        return Network.build(I, K, cell=self.cell, hidden=hidden, dtype=dtype, **self.options)

    @property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """The suffixes of the blocks of each layer, one for each direction."""
        directions = ("", "_reverse") if self.options.get("bidirectional") else ("",)
        return tuple(
            tuple(f"_l{layer}{direction}" for direction in directions)
            for layer in range(self.n_layers)
        )

    def scans(self, I: int, H: int) -> Iterator[tuple[str, int]]:
        """Yield the suffix of each pass over the steps, and the size of what it reads."""
        for number, suffixes in enumerate(self.layers):
            for suffix in suffixes:
                yield suffix, H if number else I

    def n_read(self, H: int) -> int:
        """Return the number of states that are read out."""
        return H * len(self.layers[-1])

    def shapes(self, I: int, H: int, K: int) -> dict[str, tuple[int, ...]]:
        """Return the blocks that weights consist of, in order, each in row-major order."""
        cell, shapes = CELLS[self.cell], {}
        for suffix, n_inputs in self.scans(I, H):
            shapes["weight_ih" + suffix] = (cell.n_products * H, n_inputs)
            shapes["weight_hh" + suffix] = (cell.n_products * H, H)
            shapes["bias_ih" + suffix] = (cell.n_products * H,)
            if cell.hidden_bias:
                shapes["bias_hn" + suffix] = (H,)
        return shapes | {"weight_out": (K, self.n_read(H)), "bias_out": (K,)}

    def flops(self, T: int, I: int, H: int, K: int) -> float:
        """Return multiplications and additions in the products with weights, for a sequence.

        The first product of each pass with its state, which is 0, is not among them.
        """
        rows = CELLS[self.cell].n_products * H
        passes = sum(rows * (T * (H + n_inputs) - H) for _, n_inputs in self.scans(I, H))
        return 2.0 * (passes + K * self.n_read(H))

    def n_tanh(self, T: int, H: int) -> float:
        """Return the values of tanh for a sequence; a sigmoid, which is a tanh, counts as one."""
        return float(CELLS[self.cell].n_squashed * T * H * sum(map(len, self.layers)))


#: By the value of --network.
NETWORKS = {
    "elman": Architecture("Elman networks"),
    "lstm": Architecture("LSTM networks", "lstm"),
    "gru": Architecture("GRU networks", "gru"),
    "stacked": Architecture("two-layer Elman networks", n_layers=2),
    "bidirectional": Architecture("bidirectional Elman networks", options={"bidirectional": True}),
}


def unpack(weights: Any, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    """Cut weights (..., D) of any array library into views of their blocks."""
    blocks, start = {}, 0
    for name, shape in shapes.items():
        end = start + int(np.prod(shape))
        blocks[name] = weights[..., start:end].reshape(*weights.shape[:-1], *shape)
        start = end
    return blocks
