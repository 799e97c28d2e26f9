"""From scores to answers: the most probable sequence that a decoder can say, or nearly so."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def beam_search(
    scores: Callable[[Integers, Integers], NDArray[np.floating[Any]]],
    n_sequences: int,
    n_classes: int,
    beam: int,
    max_steps: int,
) -> list[Integers]:
    """Search for the answer of each sequence that has the largest probability.

    Of each sequence the `beam` most probable beginnings are kept, and an answer that has ended
    competes with those that go on (A. Graves: Sequence transduction with recurrent neural
    networks, arXiv:1211.3711, 2012). The probability of an answer is the product of those of
    its classes and of the last class, which ends it: that favours short answers where a
    network is unsure. Of equal ones that is kept whose beginning was ahead, or else the one
    with the smaller class.

    Parameters
    ----------
    scores : callable
        (rows, answers) to scores (n, K) of the next class: rows (n,) are sequences, of which
        one may come several times, and answers (n, steps) what each has said so far.
    n_sequences, n_classes : int
        B and K.
    beam : int
        Beginnings that are kept; 1 takes the most probable class at each step.
    max_steps : int
        Classes of an answer at most.

    Returns
    -------
    answers : list of int arrays
        Classes 0..K-2, one array for each sequence.

    Raises
    ------
    ValueError
        Scores that are not finite.
    """
    bound = n_classes - 1
    said = np.empty((n_sequences, beam, 0), np.int64)
    ended = np.zeros((n_sequences, beam), bool)
    logs = np.full((n_sequences, beam), -np.inf)
    logs[:, 0] = 0.0
    for step in range(max_steps + 1):
        # What goes on only becomes less probable: a sequence is done when its best one has ended.
        live = ~ended & ~ended[:, :1] & (logs > -np.inf)
        if not live.any():
            break
        longer = np.full((n_sequences, beam, n_classes), -np.inf)
        longer[ended, bound] = logs[ended]
        new = _log_softmax(scores(live.nonzero()[0], said[live]))
        if not np.isfinite(new).all():
            raise ValueError("There is no best answer: the network's scores are not finite.")
        if step == max_steps:
            new[:, :bound] = -np.inf
        longer[live] = logs[live][:, None] + new
        flat = longer.reshape(n_sequences, -1)
        best = np.argsort(-flat, axis=1, kind="stable")[:, :beam]
        parents, classes = np.divmod(best, n_classes)
        logs = np.take_along_axis(flat, best, axis=1)
        ended = np.take_along_axis(ended, parents, axis=1) | (classes == bound)
        said = np.take_along_axis(said, parents[..., None], axis=1)
        said = np.concatenate([said, classes[..., None]], axis=2)
    return [answer[: np.argmax(answer == bound)] for answer in said[:, 0]]


def _log_softmax(scores: NDArray[np.floating[Any]]) -> Floats:
    below = scores.astype(float) - scores.max(axis=1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=1, keepdims=True))
