"""Whether a network solves a task, by the task's own rule."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metarnn.datasets import EVERY_LABEL, Dataset
from metarnn.networks.network import Network


@dataclass(frozen=True)
class Solved:
    """How far a task is solved.

    Attributes
    ----------
    is_solved : bool
        Whether the fraction reaches the task's threshold.
    fraction : float
        Fraction of the sequences that the network has right by the rule.
    rule : str
        The rule in words.
    """

    is_solved: bool
    fraction: float
    rule: str

    def __bool__(self) -> bool:
        return self.is_solved

    def __str__(self) -> str:
        return f"{'solved' if self else 'not solved'}: {self.fraction:.1%} with {self.rule}"


def solved(
    dataset: Dataset, network: Network, weights: ArrayLike, *, n_threads: int | None = None
) -> Solved:
    """Judge whether a network solves a task, by the task's own rule.

    Parameters
    ----------
    dataset : Dataset
        Sequences to judge by, with a `task`: fresh ones, of another seed than those trained on,
        and longer ones where the task says so.
    network : Network
        One whose outputs match the labels: a class for each sequence, for each step
        (``readout="steps"``), or an output sequence of a decoder, which is then searched for
        greedily (:meth:`Network.decode`).
    weights : (D,) array_like
        One candidate.
    n_threads : int, optional
        At most this many threads; the result is the same for any number.

    Raises
    ------
    ValueError
        If the data set has no task, its classes or labels do not match the network's outputs,
        or the weights are those of a population.

    Notes
    -----
    The rules, :data:`metarnn.datasets.EVERY_LABEL` and the like, say which sequences are right.
    A sequence with a score that is not finite is wrong. Do not monitor training by this fraction:
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
    solved: 100.0% with every label right
    """
    name, task = f"data set {dataset.name!r}", dataset.task
    if task is None:
        raise ValueError(f"{name} has no task: give it one by dataclasses.replace.")
    if network.n_outputs != dataset.n_classes:
        raise ValueError(
            f"{name} has {dataset.n_classes} classes, but the network scores {network.n_outputs}."
        )
    flat = network.checked(weights)
    if flat.ndim != 1:
        raise ValueError(f"weights must be one candidate (D,), got shape {flat.shape}.")
    how: dict[str, Any] = {"lengths": dataset.lengths, "n_threads": n_threads}
    if network.decodes:
        if task.rule != EVERY_LABEL:
            raise ValueError(
                f"A decoder is judged by its whole output, not by the rule {task.rule.words!r}."
            )
        # One step more than is right: a longer output is wrong however it goes on.
        steps = dataset.y.shape[1] + 1
        outputs = network.decode(flat, dataset.X, max_steps=steps, **how)
        pairs = zip(outputs, dataset.y, strict=True)
        right = np.array([np.array_equal(output, y[y >= 0]) for output, y in pairs])
    else:
        scores = network.scores(flat, dataset.X, **how)
        if scores.shape[:-1] != dataset.y.shape:
            raise ValueError(
                f"The network's outputs have shape {scores.shape[:-1]}, but the labels of {name} "
                f"have {dataset.y.shape}: readout='steps' is for a label at each step."
            )
        right = task.rule.right(dataset.X, dataset.y, scores)
        finite = np.isfinite(scores).all(axis=-1) | (dataset.y < 0)
        right &= finite.reshape(len(right), -1).all(axis=1)
    fraction = float(right.mean())
    rule = task.rule.words
    if task.threshold < 1:
        rule += f", of which {task.threshold:.0%} is enough"
    return Solved(fraction >= task.threshold, fraction, rule)
