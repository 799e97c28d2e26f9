"""Beam search: the most probable output sequences of a decoder, approximately."""

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
    """Search for the most probable output of each sequence.

    For each sequence the `beam` most probable prefixes are kept, and an output that has ended
    competes with those that go on (A. Graves: Sequence transduction with recurrent neural
    networks, arXiv:1211.3711, 2012). The probability of an output is the product of those of its
    classes and of the last class, which ends it; this favors short outputs where a network is
    uncertain. Ties go to the prefix that was ahead, and then to the smaller class.

    Parameters
    ----------
    scores : callable
        Maps (rows, prefixes) to the scores (n, K) of the next class. rows (n,) are indices of
        sequences, possibly repeated, and prefixes (n, steps) their outputs so far.
    n_sequences, n_classes : int
        B and K.
    beam : int
        Number of prefixes that are kept; 1 takes the most probable class at each step.
    max_steps : int
        Maximum number of classes of an output.

    Returns
    -------
    outputs : list of int arrays
        Classes 0..K-2, one array for each sequence.

    Raises
    ------
    ValueError
        Scores that are not finite.
    """
    end = n_classes - 1
    prefixes = np.empty((n_sequences, beam, 0), np.int64)
    ended = np.zeros((n_sequences, beam), bool)
    logs = np.full((n_sequences, beam), -np.inf)
    logs[:, 0] = 0.0
    for step in range(max_steps + 1):
        # Probabilities only fall: a sequence is done when its best prefix has ended.
        live = ~ended & ~ended[:, :1] & (logs > -np.inf)
        if not live.any():
            break
        longer = np.full((n_sequences, beam, n_classes), -np.inf)
        longer[ended, end] = logs[ended]
        new = _log_softmax(scores(live.nonzero()[0], prefixes[live]))
        if not np.isfinite(new).all():
            raise ValueError("Decoding needs finite scores, got NaN or infinity.")
        if step == max_steps:
            new[:, :end] = -np.inf
        longer[live] = logs[live][:, None] + new
        flat = longer.reshape(n_sequences, -1)
        best = np.argsort(-flat, axis=1, kind="stable")[:, :beam]
        parents, classes = np.divmod(best, n_classes)
        logs = np.take_along_axis(flat, best, axis=1)
        ended = np.take_along_axis(ended, parents, axis=1) | (classes == end)
        prefixes = np.take_along_axis(prefixes, parents[..., None], axis=1)
        prefixes = np.concatenate([prefixes, classes[..., None]], axis=2)
    return [prefix[: np.argmax(prefix == end)] for prefix in prefixes[:, 0]]


def _log_softmax(scores: NDArray[np.floating[Any]]) -> Floats:
    below = scores.astype(float) - scores.max(axis=1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=1, keepdims=True))
