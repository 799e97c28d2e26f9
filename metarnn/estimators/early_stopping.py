"""Early stopping: the weights that do best on the validation part are kept."""

from collections.abc import Callable
from typing import Any

import numpy as np

from metarnn.fitness import Fitness
from metarnn.sequences.validation import Floats


class EarlyStopping:
    """A callback for :func:`~metarnn.optimizers.minimize`.

    After each iteration it evaluates the best weights so far: their loss and their score, such as
    the accuracy, on the validation sequences. These evaluations are not charged to the budget,
    since the optimizer does not see them. After `patience` iterations without a lower loss the
    search is halted. `complete` turns points of the search into weights of the network, which
    loss and score are of.
    """

    def __init__(
        self,
        fitness: Fitness,
        score: Callable[[Floats], float],
        patience: int,
        complete: Callable[[Floats], Floats] = np.asarray,
    ) -> None:
        self.patience = patience
        self._complete = complete
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
            weights = self._complete(self._seen)
            self.losses.append(float(self._fitness(weights)[0]))
            self.scores.append(self._score(weights))
        self._stale += 1
        lower = self.losses[-1] < np.nan_to_num(self.best_loss, nan=np.inf, posinf=np.inf)
        if self.best_x is None or lower:
            self.best_x, self._stale = self._seen, 0
            self.best_loss, self.best_score = self.losses[-1], self.scores[-1]
        if self._stale >= self.patience:
            self.halted = True
            raise StopIteration
