"""The distribution that random networks are drawn from: a few numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn.cells.cell import Cell
from metarnn.engine.graph import Program
from metarnn.nodes import Scan
from metarnn.validation import as_float, check_choice, is_number, several, shown

Floats = NDArray[np.float64]

#: Cells with random weights that are of use, and the rows of weights, in blocks of H, that make
#: the new state; the others are gates.
CELLS = {"leaky": 0, "elman": 0, "gru": 2, "lstm": 2}

#: Time constants from here on: a unit keeps a thousandth of its state.
LEAST_TIME = 1.001


@dataclass(frozen=True)
class NetworkDistribution:
    """From which numbers the weights of random networks are drawn.

    The scale of a network's input weights, that of its recurrent weights and its time constant are
    uniform in the logarithm between two bounds. With a scale s, weights are
    normal with standard deviation s / sqrt(n), where n is the number of rows that a unit reads.

    A plain record of numbers, which a search may change: each is free but for ``low <= high`` and
    the signs of shares and `density`.

    Parameters
    ----------
    low_log_scale, high_log_scale : float
        Bounds of the logarithm of the scale of input weights.
    low_log_recurrence, high_log_recurrence : float
        The same of recurrent weights.
    low_log_time, high_log_time : float
        The same of time constants in steps.
    time_spread : float
        Deviation of the logarithms of the time constants within a network.
    bias, gates : float
        Deviation of biases, and the scale of all weights of gates.
    density : float
        Fraction of the channels that a unit reads, one at least.
    single : float
        Share of the networks that read one input, where there are several.
    leaky, elman, gru, lstm : float
        Shares of the cells.
    """

    low_log_scale: float = log(0.3)  # of input weights
    high_log_scale: float = log(4.0)
    low_log_recurrence: float = log(0.3)  # of recurrent weights
    high_log_recurrence: float = log(2.0)
    low_log_time: float = 0.0  # steps
    high_log_time: float = log(50.0)
    time_spread: float = 0.0  # of the units of a network about its own, in the logarithm
    bias: float = 1.0  # deviation of biases
    gates: float = 1.0  # scale of all weights of gates, in cells that have any
    density: float = 1.0  # fraction of the channels that a unit reads, one at least
    single: float = 0.5  # share of the networks that read one input, where there are several
    #: Share of the networks that have each cell of CELLS.
    leaky: float = 1.0
    elman: float = 0.0
    gru: float = 0.0
    lstm: float = 0.0

    def counts(self, n: int) -> dict[str, int]:
        """Return how many of n networks have each cell, those of none left out."""
        shares = np.array([getattr(self, cell) for cell in CELLS])
        ends = np.rint(n * np.cumsum(shares) / shares.sum()).astype(int)
        numbers = np.diff(ends, prepend=0).tolist()
        return {cell: number for cell, number in zip(CELLS, numbers, strict=True) if number}

    def draw(
        self, program: Program, cell: str, n: int, rng: np.random.Generator, n_inputs: int = 1
    ) -> Floats:
        """Draw weights (n, D) of networks of a cell; weights of pools are 0.

        Channels are representations of so many inputs: first one of each input, then another.
        """
        weights = np.zeros((n, program.dim))
        scales = self._between(rng, "scale", (n, 1, 1))
        recurrences = self._between(rng, "recurrence", (n, 1, 1))
        read = self._read(n, n_inputs, rng)
        for node, own in program.by_node(weights):
            if isinstance(node, Scan):
                first = 0
                inputs, *others = self._scan(node.cell, cell, scales, recurrences, rng)
                inputs = inputs * np.tile(read, inputs.shape[2] // n_inputs)
                for block in (inputs, *others):
                    size = block[0].size
                    own[:, first : first + size] = block.reshape(n, -1)
                    first += size
        return weights

    def _between(self, rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Floats:
        low, high = getattr(self, f"low_log_{name}"), getattr(self, f"high_log_{name}")
        return np.exp(rng.uniform(low, high, shape))

    def _read(self, n: int, n_inputs: int, rng: np.random.Generator) -> Floats:
        """Return factors (n, 1, I) of the inputs: 1, or 0 for all but one, with as much in all."""
        if n_inputs == 1:
            return np.ones((1, 1, 1))
        single = rng.random((n, 1, 1)) < self.single
        chosen = np.arange(n_inputs) == rng.integers(n_inputs, size=(n, 1, 1))
        return np.where(single, np.sqrt(n_inputs) * chosen, 1.0)

    def _scan(
        self, cell: Cell, name: str, scales: Floats, recurrences: Floats, rng: np.random.Generator
    ) -> list[Floats]:
        """Return the blocks of a cell, in the order of ``cell.blocks``."""
        n, H, n_inputs = len(scales), cell.n_hidden, cell.n_inputs
        n_rows = cell.shapes["weight_ih"][0]
        own = slice(CELLS[name] * H, (CELLS[name] + 1) * H)
        sizes = np.full((3, n, n_rows, 1), self.gates)
        sizes[:, :, own] = np.stack([scales, recurrences, np.full_like(scales, self.bias)])
        n_read = max(1, round(self.density * n_inputs))
        read = rng.random((n, n_rows, n_inputs)).argsort(axis=2) < n_read
        inputs = sizes[0] * read * rng.standard_normal((n, n_rows, n_inputs)) / sqrt(n_read)
        recurrent = sizes[1] * rng.standard_normal((n, n_rows, H)) / sqrt(H)
        biases = sizes[2, :, :, 0] * rng.standard_normal((n, n_rows))
        times = self._between(rng, "time", (n, 1))
        times = times * np.exp(rng.uniform(-self.time_spread, self.time_spread, (n, H)))
        times = times.clip(LEAST_TIME)
        decays = np.log(times - 1)  # the logit of the part of a state that is kept
        if name == "gru":
            biases[:, H : 2 * H] += decays
        if name == "lstm":  # C. Tallec, Y. Ollivier, ICLR 2018: chrono initialization
            biases[:, :H] -= decays
            biases[:, H : 2 * H] += decays
        more = {"leaky": [decays], "gru": [np.zeros((n, H))]}.get(name, [])
        return [inputs, recurrent, biases, *more]


def distribution_of(
    cells: str | Mapping[str, float] | Any,
    scales: tuple[float, float],
    recurrences: tuple[float, float],
    time_constants: tuple[float, float],
    n_steps: float,
) -> NetworkDistribution:
    """Return the distribution that settings describe, for series of so many steps.

    Raises
    ------
    TypeError, ValueError
        Unknown cells, or bounds that are none.
    """
    shares = dict.fromkeys(CELLS, 0.0) | cell_shares(cells)
    bounds: dict[str, float] = {}
    for name, parameter, pair in (
        ("scale", "scales", scales),
        ("recurrence", "recurrences", recurrences),
        ("time", "time_constants", time_constants),
    ):
        low, high = _checked_bounds(parameter, pair)
        if name == "time":
            low, high = (v if v >= 1 else max(1.0, v * n_steps) for v in (low, high))
            low, high = min(low, high), max(low, high)
        bounds |= {f"low_log_{name}": log(low), f"high_log_{name}": log(high)}
    return NetworkDistribution(**bounds, **shares)


def cell_shares(cells: Any) -> dict[str, float]:
    """Return the share of each cell, from a name, several, or a mapping."""
    if isinstance(cells, str):
        cells = [cells]
    shares: dict[Any, Any]
    if isinstance(cells, Mapping):
        shares = dict(cells)
    else:
        shares = {check_choice("cells", cell, CELLS): 1.0 for cell in several("cells", cells)}
    for name, share in shares.items():
        check_choice("cells", name, CELLS)
        if not is_number(share) or not 0 <= as_float(share) < np.inf:
            raise ValueError(
                f"cells must have shares of at least 0, got {shown(share)} for {name!r}."
            )
    if not sum(shares.values()):
        raise ValueError(f"cells must name a cell at least, got {shown(cells)}.")
    return shares


def _number(value: Any) -> float:
    """Return a number, infinite or not; a TypeError is made a sentence where it is caught."""
    if not is_number(value):
        raise TypeError
    return as_float(value)


def _checked_bounds(parameter: str, pair: Any) -> tuple[float, float]:
    try:
        low, high = (_number(v) for v in several(parameter, pair))
    except (TypeError, ValueError):
        raise TypeError(
            f"{parameter} must be two numbers, the lowest and the highest, got {shown(pair)}."
        ) from None
    if not 0 < low <= high < np.inf and not (parameter == "time_constants" and 0 < high < 1 <= low):
        raise ValueError(
            f"{parameter} must be two numbers above 0, the lower one first, got {shown(pair)}."
        )
    return low, high
