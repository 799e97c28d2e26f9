"""Diagnostics of a network: vanishing gradients, exploding states, memory.

Y. Bengio, P. Simard, P. Frasconi: Learning long-term dependencies with gradient descent is
difficult. IEEE Transactions on Neural Networks 5 (1994) 157-166. R. Pascanu, T. Mikolov,
Y. Bengio: On the difficulty of training recurrent neural networks. ICML 2013.

Every function examines given weights, initial or trained, one candidate at a time; budgets do not
count them. For the costs of a pass see :mod:`metarnn.networks.costs`.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metarnn.engine import LOSSES, NUMBER_LOSSES, Pass
from metarnn.validation import check_choice

from .network import Network
from .states import Floats, jacobian_norms, jacobians, lyapunov_exponents, scans_of, states

__all__ = [
    "gradient_norms", "jacobian_norms", "jacobians", "lyapunov_exponents", "memory_curve",
    "scans_of", "states",
]  # fmt: skip


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
        Data and loss as for :class:`metarnn.Fitness`; the loss must have a gradient.

    Returns
    -------
    list of (B, T) arrays
        Euclidean norm of the derivative of a sequence's loss by the layer's state after each
        step, through everything that follows. Towards the early steps it falls by about the
        same factor at each step where gradients vanish, and grows where they explode. NaN
        after the end of a sequence.
    """
    check_choice("loss", loss, (*LOSSES, *NUMBER_LOSSES))
    data = network.labeled(X, y, lengths=lengths, is_regression=loss in NUMBER_LOSSES)
    flat = network.checked(weights)
    tiles = network.pack_tiles(data.sequences, labels=data.labels, weights=data.step_weights)
    found = []
    for scan in scans_of(network):
        program = replace(network.program, shown=scan.target, traced=True)
        (traces,) = Pass(program, tiles, network.dtype, "traces", loss).scores(np.atleast_2d(flat))
        norms = np.linalg.norm(traces.astype(float), axis=2)
        steps = scan.source.clock.steps(data.sequences.steps)
        norms[np.arange(norms.shape[1]) >= steps[:, None]] = np.nan
        found.append(norms)
    return found


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
    network : Network
        With more than `layer` recurrent layers; both directions count.
    weights : (D,) array_like
        One candidate.
    lags : iterable of int
        Numbers of steps; 0 is the input just read.
    layer : int
        Which recurrent layer, from 0.
    n_sequences, n_steps : int
        Size of the random inputs; half of the sequences train the classifier.
    random_state : int
        Seed of the inputs.

    Returns
    -------
    (n_lags,) array
        On the other half of the sequences; 0.5 is chance.
    """
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

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
