"""A problem: a data set with the network that is to learn it."""

from collections.abc import Callable
from typing import Any

from metarnn.criteria import class_criterion_of
from metarnn.datasets import Dataset
from metarnn.networks.network import Network
from metarnn.sequences import as_sequences
from metarnn.sequences.validation import UNSCORED


def network_for(data: Dataset, *, timesteps: int | None = None, **settings: Any) -> Network:
    """Return the network with the inputs and classes of a data set.

    Parameters
    ----------
    data : Dataset
        What it is to learn.
    timesteps : int, optional
        Steps into which rows are cut.
    **settings
        See :meth:`metarnn.Network.build`.

    Raises
    ------
    TypeError, ValueError
        Settings out of range; a network that cannot read such data, or does not give such
        answers.
    """
    plain = data.n_tokens is None and data.X.ndim < 4
    X = as_sequences(data.X, timesteps) if plain else data.X
    network = Network.build(data.n_tokens or X.shape[-1], data.n_classes, **settings)
    _check_form(data, network)
    return network


def constant_loss(
    data: Dataset,
    network: Network,
    loss: str | Callable[..., Any],
    timesteps: int | None = None,
) -> float:
    """Return the loss of answering every sequence with the class frequencies of the data.

    It is what a network that ignores its input can reach: the mark from which targets are
    measured.
    """
    plain = data.n_tokens is None and data.X.ndim < 4
    X = as_sequences(data.X, timesteps) if plain else data.X
    criterion = class_criterion_of(loss)
    labels = network.labeled(X, data.y, lengths=data.lengths).labels
    return criterion.baseline_loss(labels[labels != UNSCORED], network.n_outputs)


def _check_form(data: Dataset, network: Network) -> None:
    """Refuse data that the network does not read, or answers that it does not give."""
    input_kind = "tokens" if data.n_tokens else "images" if data.X.ndim == 4 else "numbers"
    if network.input_kind != input_kind:
        way = {
            "tokens": "embedding=16, the numbers that stand for each token",
            "images": "grid=1, 2 or 4, the corners that they are scanned from",
            "numbers": "neither embedding nor grid",
        }[input_kind]
        raise ValueError(f"{data.name} has inputs that are {input_kind}: the network needs {way}.")
    several = data.y.ndim == 2
    if several != (network.decodes or network.scores_steps):
        way = "readout='steps', or a decoder" if several else "another readout, and no decoder"
        raise ValueError(
            f"{data.name} has {'several answers' if several else 'one class'} for each sequence: "
            f"the network needs {way}."
        )
