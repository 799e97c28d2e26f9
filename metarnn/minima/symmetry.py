"""Weights of the same network: hidden units in another order, or with another sign.

H. J. Sussmann: Uniqueness of the weights for minimal feedforward nets with a given input-output
map. Neural Networks 5 (1992) 589-593. F. Albertini, E. D. Sontag: For neural networks, function
determines form. Neural Networks 6 (1993) 975-990, for recurrent networks: tanh units generically
have no other symmetries.
"""

from dataclasses import dataclass

import numpy as np

from metarnn.layers import Recurrent
from metarnn.networks.network import Network

from .hessian import Floats

#: The number of gates of a cell, and the gates whose sign changes with that of the unit.
GATES = {"elman": 1, "irnn": 1, "lstm": 4, "gru": 3}
SIGNED = {"elman": (0,), "irnn": (), "lstm": (2,), "gru": (2,)}

#: Readouts that are linear in the states, so that the weights can undo a sign or an order.
LINEAR = "last", "mean", "steps"

#: Weights smaller than this fraction of the largest have no sign.
NOTHING = 1e-6


@dataclass(frozen=True)
class Bank:
    """The units of one layer in one direction.

    Attributes
    ----------
    suffix : str
        Suffix of the names of its blocks: ``"_l0"``, ``"_l0_reverse"``.
    size : int
        H.
    n_gates : int
        Its blocks have H rows for each gate.
    signed : tuple of int
        Gates whose sign changes with that of the unit; none if a sign cannot be undone.
    """

    suffix: str
    size: int
    n_gates: int
    signed: tuple[int, ...]


class Symmetry:
    """The orders and signs of hidden units that do not change a network's predictions.

    For layers of Elman, IRNN, LSTM and GRU cells, stacked and bidirectional, with a linear
    readout: any order of the units of a layer and direction, and for Elman networks with tanh,
    LSTM and GRU any of their signs. For other cells and layers, and for residual ones, no
    symmetry is known. The continuous scaling of relu units is not included.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.banks: list[tuple[Bank, ...]] = []  # of each layer, from the data up
        layers = network.layers
        known = all(isinstance(layer, Recurrent) and layer.cell in GATES for layer in layers)
        if known and network.readout in (*LINEAR, "max"):
            for number, layer in enumerate(layers):
                if not isinstance(layer, Recurrent) or (layer.residual and number):
                    self.banks = []
                    break
                signed = SIGNED[layer.cell]
                if layer.cell == "elman" and layer.activation != "tanh":
                    signed = ()
                if network.readout not in LINEAR and number == len(layers) - 1:
                    signed = ()
                ways = ("", "_reverse")[: 1 + layer.bidirectional]
                self.banks.append(
                    tuple(
                        Bank(f"_l{number}{way}", layer.hidden, GATES[layer.cell], signed)
                        for way in ways
                    )
                )

    @property
    def n_copies(self) -> float:
        """The generic number of weight vectors of the same network: H! 2^H for tanh units."""
        from math import factorial

        copies = 1.0
        for bank in (bank for layer in self.banks for bank in layer):
            copies *= factorial(bank.size) * (2.0**bank.size if bank.signed else 1.0)
        return copies

    def random(self, weights: Floats, rng: np.random.Generator) -> Floats:
        """Return weights (D,) of the same network, with random orders and signs."""
        for bank in (bank for layer in self.banks for bank in layer):
            signs = np.where(rng.random(bank.size) < 0.5, -1.0, 1.0)
            weights = self._moved(weights, bank, rng.permutation(bank.size), signs)
        return weights

    def canonical(self, weights: Floats) -> Floats:
        """Return the same network's weights (D,) in a form that all of its copies share.

        The first weight of a unit that is not nearly zero is made positive, then units are sorted
        by their weights; from the data up, since the order of a layer affects the weights of the
        next one. Units that agree to six digits in all of these may keep either order.
        """
        for bank in (bank for layer in self.banks for bank in layer):
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

        for bank in (bank for layer in self.banks for bank in layer):
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
        odd = self._odd(weights, bank)
        clear = np.abs(odd) > NOTHING * max(float(np.abs(odd).max()), 1e-300)
        first = odd[np.arange(bank.size), clear.argmax(axis=1)]
        return np.where(clear.any(axis=1) & (first < 0), -1.0, 1.0)

    def _odd(self, weights: Floats, bank: Bank) -> Floats:
        """Return the weights that change sign with a unit, (H, m): signed gates, then readout.

        Below the last layer, weights of the layers above are excluded, since these have no order
        yet.
        """
        rows = self._rows(weights, bank)[:, list(bank.signed)]
        return np.concatenate([rows.reshape(bank.size, -1), self._read(weights, bank)], axis=1)

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
        if bank not in self.banks[-1]:
            return np.zeros((bank.size, 0))
        begin = self.banks[-1].index(bank) * bank.size
        out = self.network.unpack(weights)["weight_out"]
        return np.asarray(out[:, begin : begin + bank.size].T)

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
        level = next(i for i, layer in enumerate(self.banks) if bank in layer)
        begin = self.banks[level].index(bank) * bank.size
        columns = slice(begin, begin + bank.size)
        if level + 1 < len(self.banks):
            readers = [f"weight_ih{above.suffix}" for above in self.banks[level + 1]]
        else:
            readers = ["weight_out"]
        for name in readers:
            blocks[name][:, columns] = blocks[name][:, columns][:, order] * signs
        return self.network.pack({**blocks})
