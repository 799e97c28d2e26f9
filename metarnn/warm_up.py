"""Compiling ahead of the first training, for timings and for servers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn.criteria import criterion_of
from metarnn.fitness import Fitness
from metarnn.networks.network import Network


def warmup(network: Network | None = None, *, loss: str = "cross_entropy") -> None:
    """Compile what training needs, or load it from numba's cache on disk.

    Otherwise the first loss and the first gradient do, which takes some seconds the first time
    and some 0.3 s in later processes.

    Parameters
    ----------
    network : Network, optional
        A network like those to be trained: cell, activation and dtype matter, sizes do not. By
        default an Elman network of tanh units in float32.
    loss : str
        Their loss, a name in ``metarnn.criteria.CRITERIA``; "accuracy" stands for the scorers of
        scikit-learn.
    """
    network = network or Network.build(1, 2)
    for n_sequences in (1, 8):  # lanes are candidates, or sequences
        X, y, lengths = _some_data(network, n_sequences, criterion_of(loss).is_regression)
        Fitness(network, X, y, lengths=lengths, loss=loss).warm_up()
        answers = y if network.decodes else None
        network.scores(np.zeros(network.n_weights), X, lengths=lengths, answers=answers)
    if not network.decodes:  # so many that they are scored in parallel
        many = np.repeat(X[:1, :1], 10_000, axis=0)
        network.scores(np.zeros(network.n_weights), many)


def _some_data(
    network: Network, n: int, is_regression: bool
) -> tuple[NDArray[Any], NDArray[Any], Any]:
    """Return n sequences that are all different, their targets, and lengths or None."""
    kind = network.layers[0].input_kind if network.layers else "numbers"
    lengths = None
    X: NDArray[Any] = np.zeros((n, n), int)
    if kind == "tokens":
        lengths = np.arange(1, n + 1)
    else:
        axes = (1, 1, network.n_inputs) if kind == "images" else (1, network.n_inputs)
        X = np.arange(float(n)).reshape(n, *[1] * len(axes)) + np.zeros(axes)
    shape: tuple[int, ...] = ()
    if network.decodes:
        shape = (1,)
    elif network.scores_steps:
        n_steps = X.shape[1] * (X.shape[2] if kind == "images" else 1)
        shape = (network.program.scores.clock.steps(n_steps),)
    if is_regression:
        shape = *shape, network.n_outputs
    return X, np.zeros((n, *shape), int), lengths
