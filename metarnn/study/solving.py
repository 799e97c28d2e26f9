"""Whether a network solves a task, by the task's own rule."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.datasets import Dataset, legal_successors
from metarnn.networks.network import Network

Flags = NDArray[np.bool_]

#: What counts of a sequence, by the rule's name in a data set.
COUNTED = {
    "sequences": "every answer right",
    "last": "the last answer right",
    "successors": "every symbol that may come next ahead of all others, at each step",
}


@dataclass(frozen=True)
class Solved:
    """How far a task is solved.

    Parameters
    ----------
    is_solved : bool
        Whether the share is what the rule asks for.
    share : float
        Share of the sequences, 0 to 1, that the network has right by the rule.
    rule : str
        The rule in words.
    """

    is_solved: bool
    share: float
    rule: str

    def __bool__(self) -> bool:
        """Whether it is solved."""
        return self.is_solved

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{'solved' if self else 'not solved'}: {self.share:.1%} with {self.rule}"


def solved(
    dataset: Dataset, network: Network, weights: ArrayLike, *, n_threads: int | None = None
) -> Solved:
    """Tell whether a network solves a task, by the task's own rule.

    Parameters
    ----------
    dataset : Dataset
        Sequences to judge by: fresh ones, of another seed than those trained on, and where
        the task says so longer ones. Its `rule` and `rule_share` are applied.
    network : Network
        One whose answers are of the data set's form: a class for each sequence, for each step
        (``readout="steps"``), or as many as a decoder says, which are then searched for
        greedily (:meth:`Network.decode`).
    weights : (D,) array_like
        One candidate.
    n_threads : int, optional
        At most so many threads; the answer is the same for any.

    Returns
    -------
    Solved

    Raises
    ------
    ValueError
        A data set without a rule, or whose classes or answers are not the network's; weights
        of a population.

    Notes
    -----
    The rules, each of the sequences that are right in this sense:

    - "sequences": every answer that is asked for is right; of a decoder, the whole answer
      with its end.
    - "last": the last answer that is asked for is right.
    - "successors": at each step, each symbol that may come next scores above each that may not
      (S. Hochreiter, J. Schmidhuber: Long short-term memory. Neural Computation 9 (1997)
      1735-1780, section 5.1); for :func:`metarnn.datasets.embedded_reber`.

    A sequence with a score that is not finite is wrong. Do not follow training by these shares:
    one wrong step of a hundred counts as much as a hundred. The loss is for that.

    Examples
    --------
    >>> from metarnn import Fitness, Network, minimize
    >>> from metarnn.datasets import load
    >>> from metarnn.optimizers import Rprop
    >>> train, fresh = load("latch", seed=0), load("latch", seed=1)
    >>> network = Network.build(1, 2, hidden=2)
    >>> fitness = Fitness(network, train.X, train.y)
    >>> result = minimize(fitness, Rprop(n_starts=10), budget=5000, seed=0)
    >>> print(solved(fresh, network, result.x))
    solved: 100.0% with every answer right
    """
    what = f"data set {dataset.name!r}"
    if not dataset.rule:
        raise ValueError(f"{what} says nothing of when it is solved: replace its rule.")
    if network.n_outputs != dataset.n_classes:
        raise ValueError(
            f"{what} has {dataset.n_classes} classes, but the network scores {network.n_outputs}."
        )
    flat = network.checked(weights)
    if flat.ndim != 1:
        raise ValueError(f"One candidate is judged, but weights have shape {flat.shape}.")
    if network.decodes:
        if dataset.rule != "sequences":
            raise ValueError(f"A decoder is judged by whole answers, not by {dataset.rule!r}.")
        right = _as_a_whole(dataset, network, flat, n_threads)
    else:
        scores = network.scores(flat, dataset.X, lengths=dataset.lengths, n_threads=n_threads)
        if scores.shape[:-1] != dataset.y.shape:
            raise ValueError(
                f"The network's answers have shape {scores.shape[:-1]}, but those of {what} have "
                f"{dataset.y.shape}: readout='steps' is for an answer at each step."
            )
        asked = dataset.y >= 0
        finite = np.isfinite(scores).all(axis=-1) | ~asked
        right = _RIGHT[dataset.rule](dataset, scores, asked)
        right &= finite if finite.ndim == 1 else finite.all(axis=1)
    share = float(right.mean())
    rule = COUNTED[dataset.rule]
    if dataset.rule_share < 1:
        rule += f", of which {dataset.rule_share:.0%} is enough"
    return Solved(share >= dataset.rule_share, share, rule)


def _as_a_whole(
    dataset: Dataset, network: Network, weights: NDArray[np.float64], n_threads: int | None
) -> Flags:
    said = network.decode(
        weights,
        dataset.X,
        lengths=dataset.lengths,
        # One more than is right: a longer answer is wrong however it goes on.
        max_steps=dataset.y.shape[1] + 1,
        n_threads=n_threads,
    )
    both = zip(said, dataset.y, strict=True)
    return np.array([np.array_equal(answer, y[y >= 0]) for answer, y in both])


def _sequences(dataset: Dataset, scores: NDArray[Any], asked: Flags) -> Flags:
    right = (scores.argmax(axis=-1) == dataset.y) | ~asked
    return right if right.ndim == 1 else np.asarray(right.all(axis=1))


def _last(dataset: Dataset, scores: NDArray[Any], asked: Flags) -> Flags:
    right = scores.argmax(axis=-1) == dataset.y
    if right.ndim == 1:
        return right
    last = asked.shape[1] - 1 - asked[:, ::-1].argmax(axis=1)
    return np.asarray(right[np.arange(len(right)), last])


def _successors(dataset: Dataset, scores: NDArray[Any], asked: Flags) -> Flags:
    legal = legal_successors(dataset)
    lowest = np.where(legal, scores, np.inf).min(axis=-1)
    highest = np.where(legal, -np.inf, scores).max(axis=-1)
    return np.asarray(((lowest > highest) | ~asked).all(axis=1))


_RIGHT = {"sequences": _sequences, "last": _last, "successors": _successors}
