"""The states of the recurrent layers of a network."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.cells import Linear
from metarnn.engine import Pass
from metarnn.engine.signals import Signal
from metarnn.nodes import Scan

from .network import Network

Floats = NDArray[np.float64]


def scans_of(network: Network) -> list[Scan]:
    """Return the recurrent scans over the inputs, from the data up, forward ones first."""
    scans = (node for node in network.program.nodes if isinstance(node, Scan))
    recurrent = (scan for scan in scans if not isinstance(scan.cell, Linear))
    return [scan for scan in recurrent if scan.source.clock.of == "inputs"]


def scan_of(network: Network, layer: int) -> Scan:
    """Return the scan of a recurrent layer."""
    scans = scans_of(network)
    if not -len(scans) <= layer < len(scans):
        raise ValueError(f"layer must be one of the {len(scans)} recurrent layers, got {layer}.")
    return scans[layer]


def states(
    network: Network, weights: ArrayLike, X: ArrayLike, *, layer: int = 0, lengths: Any = None
) -> Floats:
    """Return the states (B, T, H) of a layer after each step.

    Parameters
    ----------
    network : Network
        With more than `layer` recurrent layers; both directions count.
    weights : (D,) array_like
        One candidate.
    X, lengths
        Sequences; see :meth:`Network.scores`. After the end of a sequence its state is held,
        or 0 in a layer that runs backwards.
    layer : int
        Index of the recurrent layer.
    """
    return values_of(network, weights, X, lengths, scan_of(network, layer).target)


def values_of(
    network: Network, weights: ArrayLike, X: ArrayLike, lengths: Any, signal: Signal
) -> Floats:
    """Return the values (B, T, n) of a signal."""
    tiles = network.pack_tiles(network.sequences(X, lengths))
    program = replace(network.program, shown=signal)
    runner = Pass(program, tiles, network.dtype, "scores")
    (values,) = runner.scores(np.atleast_2d(network.checked(weights)))
    return values.astype(float)
