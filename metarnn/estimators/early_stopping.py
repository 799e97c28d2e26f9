"""Early stopping: a validation part is held back, and the weights that do best there are kept."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from metarnn.fitness import Fitness
from metarnn.sequences.validation import Floats

from .examples import Examples


def hold_back(
    examples: Examples,
    fraction: float,
    seed: int | np.random.SeedSequence,
    strata: NDArray[Any] | None,
) -> tuple[Examples, Examples]:
    """Return the training part and the validation part of examples.

    Parameters
    ----------
    examples : Examples
        All there are.
    fraction : float
        Of the sequences that are held back.
    seed : int or SeedSequence
        Determines which.
    strata : (B,) array or None
        Groups of which both parts have equal fractions.

    Raises
    ------
    ValueError
        Too few sequences for both parts.
    """
    state = int(np.random.default_rng(seed).integers(2**31))
    n_sequences = len(examples.targets)
    try:
        train, held_back = train_test_split(
            np.arange(n_sequences), test_size=fraction, stratify=strata, random_state=state
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping cannot hold back {fraction:g} of {n_sequences} sequences: {error}"
        ) from None
    return examples.part(train), examples.part(held_back)


class EarlyStopping:
    """A callback for :func:`~metarnn.optimizers.minimize`.

    After each iteration it evaluates the best weights so far. These evaluations are not charged
    to the budget, since the optimizer does not see them.

    Parameters
    ----------
    fitness : Fitness
        The loss on the validation sequences, without penalty.
    score : callable
        ``score(weights (D,)) -> float`` on the same sequences, such as the accuracy.
    patience : int
        Iterations without a lower validation loss after which the search is halted.

    Attributes
    ----------
    losses, scores : list of float
        Validation loss and score after each iteration.
    best_x, best_loss, best_score : array, float, float
        The weights with the lowest validation loss, that loss, and the score there.
    halted : bool
        Whether it has halted the search.
    """

    def __init__(
        self,
        fitness: Fitness,
        score: Callable[[Floats], float],
        patience: int,
    ) -> None:
        self.patience = patience
        self._fitness = fitness
        self._score = score
        self._seen: Any = None
        self._stale = 0
        self.losses: list[float] = []
        self.scores: list[float] = []
        self.best_x: Floats | None = None
        self.best_loss = self.best_score = np.nan
        self.halted = False

    def __call__(self, intermediate_result: Any) -> None:
        """Evaluate the best weights so far; raise StopIteration when the patience is exhausted."""
        if intermediate_result.x is self._seen:
            self.losses.append(self.losses[-1])
            self.scores.append(self.scores[-1])
        else:
            self._seen = intermediate_result.x
            self.losses.append(float(self._fitness(self._seen)[0]))
            self.scores.append(self._score(self._seen))
        self._stale += 1
        lower = self.losses[-1] < np.nan_to_num(self.best_loss, nan=np.inf, posinf=np.inf)
        if self.best_x is None or lower:
            self.best_x, self._stale = self._seen, 0
            self.best_loss, self.best_score = self.losses[-1], self.scores[-1]
        if self._stale >= self.patience:
            self.halted = True
            raise StopIteration
