"""Diagnostics of a network: vanishing gradients, exploding states, memory.

Y. Bengio, P. Simard, P. Frasconi: Learning long-term dependencies with gradient descent is
difficult. IEEE Transactions on Neural Networks 5 (1994) 157-166. R. Pascanu, T. Mikolov,
Y. Bengio: On the difficulty of training recurrent neural networks. ICML 2013.

Every function examines given weights, initial or trained, one candidate at a time; budgets do not
count them. For the costs of a pass see :mod:`metarnn.networks.costs`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.cells import Linear
from metarnn.engine import LOSSES, NUMBER_LOSSES, Pass, Tiles
from metarnn.engine.graph import Builder, Program
from metarnn.engine.signals import BY_INPUTS, ONCE, Signal, inputs
from metarnn.nodes import Scan

from .network import Network

Floats = NDArray[np.float64]


def scans_of(network: Network) -> list[Scan]:
    """Return the recurrent scans over the inputs, from the data up.

    A bidirectional layer has two, the forward one first.
    """
    return [
        node
        for node in network.program.nodes
        if isinstance(node, Scan)
        and node.source.clock.of == "inputs"
        and not isinstance(node.cell, Linear)
    ]


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
    shown = _scan(network, layer).target
    return _shown(network, weights, X, lengths, shown)


def gradient_norms(
    network: Network,
    weights: ArrayLike,
    X: ArrayLike,
    y: ArrayLike,
    *,
    loss: str = "cross_entropy",
    lengths: Any = None,
) -> list[Floats]:
    """Return the norm of the gradient by the state at each step, for each layer.

    Parameters
    ----------
    network : Network
        Each recurrent layer is examined, a bidirectional one in both directions.
    weights : (D,) array_like
        One candidate.
    X, y, loss, lengths
        Data and loss as for :class:`Fitness`; the loss must have a gradient.

    Returns
    -------
    norms : list of (B, T) arrays
        Euclidean norm of the derivative of a sequence's loss by the layer's state after each
        step, through everything that follows. Towards the early steps it falls by about the
        same factor at each step where gradients vanish, and grows where they explode. NaN
        after the end of a sequence.
    """
    known = *LOSSES, *NUMBER_LOSSES
    if loss not in known:
        raise ValueError(f"loss must be one of {', '.join(known)}, got {loss!r}.")
    data = network.labeled(X, y, lengths=lengths, is_regression=loss in NUMBER_LOSSES)
    flat = network.checked(weights)
    tiles = network.pack_tiles(data.sequences, labels=data.labels, weights=data.step_weights)
    found = []
    for scan in scans_of(network):
        program = replace(network.program, shown=scan.target, traced=True)
        runner = Pass(program, tiles, network.dtype, "traces", loss)
        (traces,) = runner.scores(np.atleast_2d(flat))
        norms = np.linalg.norm(traces.astype(float), axis=2)
        steps = scan.source.clock.steps(data.sequences.steps)
        norms[np.arange(norms.shape[1]) >= steps[:, None]] = np.nan
        found.append(norms)
    return found


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
    scan = _scan(network, layer)
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
    below 1 throughout, gradients must vanish; above 1 they may explode.

    Parameters
    ----------
    network, weights, X, layer
        See :func:`jacobians`.
    """
    norms = [np.linalg.norm(J, 2, axis=(1, 2)) for J in jacobians(network, weights, X, layer=layer)]
    return np.stack(norms, axis=1)


def lyapunov_exponents(
    network: Network, weights: ArrayLike, X: ArrayLike, *, layer: int = 0
) -> Floats:
    """Return the largest Lyapunov exponent along each sequence, (B,).

    It is log |J_T ... J_1| / T, the rate at which a small change of the state grows while the
    sequence drives the network: below 0 the past is forgotten at that rate, above 0 the network
    is chaotic.

    Parameters
    ----------
    network, weights, X, layer
        See :func:`jacobians`.
    """
    product, logs, n_steps = None, 0.0, 0
    with np.errstate(divide="ignore"):
        for J in jacobians(network, weights, X, layer=layer):
            product = J if product is None else J @ product
            size = np.linalg.norm(product, 2, axis=(1, 2))
            logs, n_steps = logs + np.log(size), n_steps + 1
            product = product / np.where(size > 0, size, 1.0)[:, None, None]
    return np.asarray(logs / n_steps)


def memory_curve(
    network: Network,
    weights: ArrayLike,
    lags: Iterable[int] = range(0, 21, 2),
    *,
    layer: int = 0,
    n_sequences: int = 60,
    n_steps: int = 80,
    random_state: int = 0,
) -> Floats:
    """Return the accuracy of reading earlier inputs from the state, for each lag.

    The network is driven by random inputs of +1 and -1. For each lag a linear classifier (least
    squares on standardized states) is trained to predict the first input that many steps before
    from the state. The network is not trained: the curve measures its memory with the given
    weights.

    H. Jaeger: Short term memory in echo state networks. GMD report 152 (2001).

    Parameters
    ----------
    network, weights, layer
        See :func:`states`.
    lags : iterable of int
        Numbers of steps; 0 is the input just read.
    n_sequences, n_steps : int
        Size of the random inputs; half of the sequences train the classifier.
    random_state : int
        Seed of the inputs.

    Returns
    -------
    accuracies : (n_lags,) array
        On the other half of the sequences; 0.5 is chance.
    """
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    lags = list(lags)
    rng = np.random.default_rng(random_state)
    X = rng.choice([-1.0, 1.0], size=(n_sequences, n_steps, network.n_inputs))
    H_all, half = states(network, weights, X, layer=layer), n_sequences // 2
    accuracies = []
    for lag in lags:
        H = H_all.shape[2]
        rows, positive = H_all[:, lag:], X[:, : n_steps - lag, 0] > 0
        model = make_pipeline(StandardScaler(), RidgeClassifier(alpha=1e-3))
        model.fit(rows[:half].reshape(-1, H), positive[:half].ravel())
        accuracies.append(model.score(rows[half:].reshape(-1, H), positive[half:].ravel()))
    return np.array(accuracies)


def _scan(network: Network, layer: int) -> Scan:
    scans = scans_of(network)
    if not -len(scans) <= layer < len(scans):
        raise ValueError(f"layer must be one of the {len(scans)} recurrent layers, got {layer}.")
    return scans[layer]


def _shown(
    network: Network, weights: ArrayLike, X: ArrayLike, lengths: Any, signal: Signal
) -> Floats:
    """Return the values (B, T, n) of a signal."""
    tiles = network.pack_tiles(network.sequences(X, lengths))
    program = replace(network.program, shown=signal)
    runner = Pass(program, tiles, network.dtype, "scores")
    (values,) = runner.scores(np.atleast_2d(network.checked(weights)))
    return values.astype(float)


def _inputs_of(network: Network, weights: ArrayLike, X: ArrayLike, scan: Scan) -> Floats:
    """Return the inputs (B, T, n) of a layer."""
    if scan.source.buffer >= 0:
        return _shown(network, weights, X, None, scan.source)
    first = network.layers[0]
    return first.prepared(network.sequences(X).X).astype(float)


def _step_program(scan: Scan) -> tuple[Program, int]:
    """Return a program for one step of a layer, [inputs; state] to state, and N."""
    n_inputs, n = scan.cell.n_inputs, scan.cell.n_state + scan.cell.n_carried
    builder = Builder(n_inputs + n, n)
    data = inputs(n_inputs + n)
    after = builder.buffer(n, ONCE)
    step = replace(
        scan,
        target=builder.buffer(scan.cell.n_state, BY_INPUTS),
        first=0,
        source=data.rows(0, n_inputs),
        final=after,
        initial=data.rows(n_inputs, n),
        reversed=False,
    )
    builder.add(step)
    return builder.program(after), n
