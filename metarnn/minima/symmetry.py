"""Weights of the same network: hidden units in another order, or with another sign.

H. J. Sussmann: Uniqueness of the weights for minimal feedforward nets with a given input-output
map. Neural Networks 5 (1992) 589-593. F. Albertini, E. D. Sontag: For neural networks, function
determines form. Neural Networks 6 (1993) 975-990, for recurrent networks: tanh units generically
have no other symmetries.
"""

from dataclasses import dataclass
from math import factorial

import numpy as np

from metarnn.layers import Recurrent
from metarnn.networks.network import Network

from .hessian import Floats

#: The number of gates of a cell, and the gates whose sign changes with that of the unit.
GATES = {"elman": 1, "irnn": 1, "lstm": 4, "gru": 3}
SIGNED = {"elman": (0,), "irnn": (), "lstm": (2,), "gru": (2,)}

#: The blocks that read the states of the last layer.
READOUT: tuple[str, ...] = ("weight_out",)

#: Readouts that are linear in the states, so that the weights can undo a sign or an order.
LINEAR = "last", "mean", "steps"

#: Weights smaller than this fraction of the largest have no sign.
NOTHING = 1e-6


@dataclass(frozen=True)
class Bank:
    """The units of one layer in one direction; its blocks have H rows for each gate."""

    suffix: str  # of the names of its blocks: "_l0", "_l0_reverse"
    size: int  # H
    n_gates: int
    signed: tuple[int, ...]  # gates whose sign changes with the unit's; none if it must not change
    readers: tuple[str, ...]  # the blocks that read its states, from column `begin` on
    begin: int


class Symmetry:
    """The orders and signs of hidden units that do not change a network's predictions.

    For layers of Elman, IRNN, LSTM and GRU cells, stacked and bidirectional, with a linear
    readout: any order of the units of a layer and direction, and for Elman networks with tanh,
    LSTM and GRU any of their signs. For other cells and layers, and for residual ones, no
    symmetry is known. The continuous scaling of relu units is not included.

    Parameters
    ----------
    network : Network
        Whose predictions do not change.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.banks: list[Bank] = []  # from the data up
        layers = [layer for layer in network.layers if isinstance(layer, Recurrent)]
        known = len(layers) == len(network.layers) and all(
            layer.cell in GATES and not (layer.residual and number)
            for number, layer in enumerate(layers)
        )
        if not known or network.readout not in (*LINEAR, "max"):
            return
        suffixes = [
            [f"_l{number}{way}" for way in ("", "_reverse")[: 1 + layer.bidirectional]]
            for number, layer in enumerate(layers)
        ]
        for number, layer in enumerate(layers):
            signed, readers = SIGNED[layer.cell], READOUT
            if number + 1 < len(layers):
                readers = tuple(f"weight_ih{suffix}" for suffix in suffixes[number + 1])
            elif network.readout not in LINEAR:
                signed = ()
            if layer.cell == "elman" and layer.activation != "tanh":
                signed = ()
            for place, suffix in enumerate(suffixes[number]):
                gates, begin = GATES[layer.cell], place * layer.hidden
                self.banks.append(Bank(suffix, layer.hidden, gates, signed, readers, begin))

    @property
    def n_copies(self) -> float:
        """The generic number of weight vectors of the same network: H! 2^H for tanh units."""
        copies = 1.0
        for bank in self.banks:
            copies *= factorial(bank.size) * (2.0**bank.size if bank.signed else 1.0)
        return copies

    def random(self, weights: Floats, rng: np.random.Generator) -> Floats:
        """Return weights (D,) of the same network, with random orders and signs."""
        for bank in self.banks:
            signs = np.where(rng.random(bank.size) < 0.5, -1.0, 1.0)
            weights = self._moved(weights, bank, rng.permutation(bank.size), signs)
        return weights

    def canonical(self, weights: Floats) -> Floats:
        """Return the same network's weights (D,) in a form that all of its copies share.

        The first weight of a unit that is not nearly zero is made positive, then units are sorted
        by their weights; from the data up, since the order of a layer affects the weights of the
        next one. Units that agree to six digits in all of these may keep either order.
        """
        for bank in self.banks:
            weights = self._moved(weights, bank, np.arange(bank.size), self._signs(weights, bank))
            features = self._features(weights, bank)
            nothing = NOTHING * max(float(np.abs(features).max()), 1e-300)
            order = np.lexsort(np.round(features / nothing).T[::-1])
            weights = self._moved(weights, bank, order, np.ones(bank.size))
        return weights

    def aligned(self, weights: Floats, to: Floats) -> Floats:
        """Return the same network's weights (D,) in the copy near to others (D,).

        Layer by layer from the data up, units are matched by their weights from below, to
        themselves and to the readout (Kuhn's assignment). Exact for copies of one network; for
        other networks it may miss the nearest copy, since the recurrent weights between different
        units are ignored.
        """
        from scipy.optimize import linear_sum_assignment

        for bank in self.banks:
            wanted, plain = self._features(to, bank), self._features(weights, bank)
            whole = np.arange(bank.size)
            flipped = self._features(self._moved(weights, bank, whole, -np.ones(bank.size)), bank)
            costs = np.stack(
                [((wanted[:, None] - features[None]) ** 2).sum(2) for features in (plain, flipped)]
            )
            _, order = linear_sum_assignment(costs.min(axis=0))
            turn = costs[1, whole, order] < costs[0, whole, order]
            weights = self._moved(weights, bank, order, np.where(turn, -1.0, 1.0))
        return weights

    def _signs(self, weights: Floats, bank: Bank) -> Floats:
        """Return 1 or -1 for each unit: the sign of its first weight that is not nearly zero."""
        # Below the last layer without the layers above, since these have no order yet.
        rows = self._rows(weights, bank)[:, list(bank.signed)].reshape(bank.size, -1)
        odd = np.concatenate([rows, self._read(weights, bank)], axis=1)
        clear = np.abs(odd) > NOTHING * max(float(np.abs(odd).max()), 1e-300)
        first = odd[np.arange(bank.size), clear.argmax(axis=1)]
        return np.where(clear.any(axis=1) & (first < 0), -1.0, 1.0)

    def _features(self, weights: Floats, bank: Bank) -> Floats:
        """Return what identifies units, (H, m): their weights without those to other units."""
        blocks = self.network.unpack(weights)
        loops = blocks[f"weight_hh{bank.suffix}"].reshape(bank.n_gates, bank.size, bank.size)
        own = loops[:, np.arange(bank.size), np.arange(bank.size)].T
        rows = self._rows(weights, bank).reshape(bank.size, -1)
        return np.concatenate([rows, own, self._read(weights, bank)], axis=1)

    def _rows(self, weights: Floats, bank: Bank) -> Floats:
        """Return the weights of each unit from below, and its biases: (H, gates, m)."""
        blocks = self.network.unpack(weights)
        into = [blocks[f"weight_ih{bank.suffix}"], blocks[f"bias_ih{bank.suffix}"][:, None]]
        return np.concatenate(into, axis=1).reshape(bank.n_gates, bank.size, -1).swapaxes(0, 1)

    def _read(self, weights: Floats, bank: Bank) -> Floats:
        """Return the readout weights of each unit, (H, K); none below the last layer."""
        if bank.readers != READOUT:
            return np.zeros((bank.size, 0))
        out = self.network.unpack(weights)["weight_out"]
        return np.asarray(out[:, bank.begin : bank.begin + bank.size].T)

    def _moved(self, weights: Floats, bank: Bank, order: np.ndarray, signs: Floats) -> Floats:
        """Return weights with unit order[i] of a bank at place i, and its state times signs[i]."""
        if not bank.signed:
            signs = np.ones(bank.size)
        blocks = {name: block.copy() for name, block in self.network.unpack(weights).items()}
        gates = np.ones((bank.n_gates, bank.size))
        gates[list(bank.signed)] = signs
        rows = (np.arange(bank.n_gates)[:, None] * bank.size + order).ravel()
        for name in (f"weight_ih{bank.suffix}", f"weight_hh{bank.suffix}", f"bias_ih{bank.suffix}"):
            factors = gates.ravel() if blocks[name].ndim == 1 else gates.reshape(-1, 1)
            blocks[name] = factors * blocks[name][rows]
        loops = f"weight_hh{bank.suffix}"
        blocks[loops] = blocks[loops][:, order] * signs
        if f"bias_hn{bank.suffix}" in blocks:
            name = f"bias_hn{bank.suffix}"
            blocks[name] = blocks[name][order] * signs
        columns = slice(bank.begin, bank.begin + bank.size)
        for name in bank.readers:
            blocks[name][:, columns] = blocks[name][:, columns][:, order] * signs
        return self.network.pack({**blocks})
