"""Sequences joined with what a network is to predict for them."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from metarnn.engine.signals import Clock
from metarnn.sequences.labeled import LabeledSequences, decoder_targets
from metarnn.sequences.lazy import LazySequences
from metarnn.sequences.network_input import Sequences
from metarnn.sequences.validation import (
    check_labels,
    check_numbers,
    check_sample_weight,
    check_step_labels,
    check_step_numbers,
)


def labeled(
    sequences: Sequences,
    y: Any,
    n_outputs: int,
    clock: Clock,
    sample_weight: ArrayLike | None,
    is_regression: bool,
) -> LabeledSequences:
    """Return sequences with checked labels and weights; see :meth:`Network.labeled`.

    The clock is that of the network's K scores.
    """
    sequences = sequences._replace(X=LazySequences.of(sequences.X))
    n, K = len(sequences.X), n_outputs
    n_steps, most = clock.steps(sequences.steps), clock.steps(sequences.X.shape[1])
    labels: NDArray[Any]
    if is_regression and clock.of == "answers":
        raise ValueError(
            "A decoder predicts classes, not numbers: choose a network without one for a loss of "
            "numbers."
        )
    elif is_regression and clock.of == "inputs":
        labels = check_step_numbers(y, K, n_steps, most)
    elif is_regression:
        labels = check_numbers(y, K, n)
    elif K < 2:
        raise ValueError(
            "A loss of classes needs two classes or more, but the network has n_outputs=1, which "
            "is for a loss of numbers."
        )
    elif clock.of == "answers":
        received, counts, labels = decoder_targets(y, K, n)
        sequences = sequences._replace(answers=received, answer_lengths=counts)
    elif clock.of == "inputs":
        labels = check_step_labels(y, K, n_steps, most)
    else:
        labels = check_labels(y, K, n)
    return LabeledSequences(sequences, labels, check_sample_weight(sample_weight, n))
