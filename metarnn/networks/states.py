"""The states of recurrent layers, and the derivative of each by the previous one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.cells import Linear, Unbiased
from metarnn.engine import Pass, Tiles
from metarnn.engine.graph import Builder, Program
from metarnn.engine.signals import BY_INPUTS, ONCE, Signal, inputs
from metarnn.nodes import Scan

from .network import Network

Floats = NDArray[np.float64]


def scans_of(network: Network) -> list[Scan]:
    """Return the recurrent scans over the inputs, from the data up, forward ones first."""
    scans = (node for node in network.program.nodes if isinstance(node, Scan))
    recurrent = (scan for scan in scans if not isinstance(scan.cell, Linear | Unbiased))
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


def jacobians(
    network: Network, weights: ArrayLike, X: ArrayLike, *, layer: int = 0
) -> Iterator[Floats]:
    """Yield the derivative (B, N, N) of the state of a layer by the previous one, step by step.

    Parameters
    ----------
    network, weights, X, layer
        See :func:`states`; all sequences have T steps.

    Yields
    ------
    jacobian : (B, N, N) array
        N rows pass to the next step: H, or 2 H in an LSTM. Computed by central differences in
        float64, exact to about 1e-9; the difference grows with the state, so that it is not
        lost where the state explodes.
    """
    scan = scan_of(network, layer)
    blocks = {id(node): some for node, some in network.program.by_node(network.checked(weights))}
    own = np.atleast_2d(blocks[id(scan)])
    x = _inputs_of(network, weights, X, scan)
    program, n = _step_program(scan)
    shifts = np.concatenate([np.zeros((1, n)), np.eye(n), -np.eye(n)])
    state = np.zeros((len(x), n))
    for x_t in np.moveaxis(x[:, ::-1] if scan.reversed else x, 1, 0):
        step = 1e-5 * np.maximum(1.0, np.abs(state).max(axis=1))[:, None, None]
        points = state[:, None] + step * shifts
        read = np.broadcast_to(x_t[:, None], (*points.shape[:2], x_t.shape[1]))
        rows = np.concatenate([read, points], axis=2).reshape(-1, 1, x_t.shape[1] + n)
        tiles = Tiles.pack(rows, "float64", lanes_are_candidates=False)
        after = Pass(program, tiles, "float64", "scores").scores(own)[0, :, 0]
        after = after.reshape(points.shape)
        state = after[:, 0]
        derivatives = (after[:, 1 : n + 1] - after[:, n + 1 :]) / (2 * step)
        yield derivatives.swapaxes(1, 2)


def jacobian_norms(network: Network, weights: ArrayLike, X: ArrayLike, *, layer: int = 0) -> Floats:
    """Return the spectral norm of the Jacobian of each step, (B, T).

    It is the largest factor by which a step can stretch a small change of the state. If it is
    below 1 throughout, gradients must vanish; above 1 they may explode. The parameters are those
    of :func:`jacobians`.
    """
    norms = [np.linalg.norm(J, 2, axis=(1, 2)) for J in jacobians(network, weights, X, layer=layer)]
    return np.stack(norms, axis=1)


def lyapunov_exponents(
    network: Network, weights: ArrayLike, X: ArrayLike, *, layer: int = 0
) -> Floats:
    """Return the largest Lyapunov exponent along each sequence.

    It is log(norm(J_T ... J_1)) / T, the rate at which a small change of the state grows while the
    sequence drives the network: below 0 the past is forgotten at that rate, above 0 the network
    is chaotic.

    Parameters
    ----------
    network : Network
        With more than `layer` recurrent layers; both directions count.
    weights : (D,) array_like
        One candidate.
    X : (B, T, I) array_like
        Sequences of T steps each.
    layer : int
        Index of the recurrent layer.

    Returns
    -------
    (B,) array
        In natural logarithms for each step.
    """
    product, logs, n_steps = None, 0.0, 0
    with np.errstate(divide="ignore"):
        for J in jacobians(network, weights, X, layer=layer):
            product = J if product is None else J @ product
            size = np.linalg.norm(product, 2, axis=(1, 2))
            logs, n_steps = logs + np.log(size), n_steps + 1
            product = product / np.where(size > 0, size, 1.0)[:, None, None]
    return np.asarray(logs / n_steps)


def _inputs_of(network: Network, weights: ArrayLike, X: ArrayLike, scan: Scan) -> Floats:
    """Return the inputs (B, T, n) of a layer."""
    if scan.source.buffer >= 0:
        return values_of(network, weights, X, None, scan.source)
    first = network.layers[0]
    return first.prepared(network.sequences(X).X).astype(float)


def _step_program(scan: Scan) -> tuple[Program, int]:
    """Return a program for one step of a layer, [inputs; state] to state, and N."""
    n_inputs, n = scan.cell.n_inputs, scan.cell.n_state + scan.cell.n_carried
    builder = Builder(n_inputs + n, n)
    data = inputs(n_inputs + n)
    after = builder.buffer(n, ONCE)
    target = builder.buffer(scan.cell.n_state, BY_INPUTS)
    read: dict[str, Any] = {"source": data.rows(0, n_inputs), "initial": data.rows(n_inputs, n)}
    builder.add(replace(scan, target=target, first=0, final=after, reversed=False, **read))
    return builder.program(after), n
