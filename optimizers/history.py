"""The history of a search, by request and by improvement."""

from typing import Any

import numpy as np

from .optimizer import Array


class History:
    """The history of a search: a row per answered request, and every improvement.

    Attributes
    ----------
    passes, seconds : (nit,) arrays
        Spent up to the answer.
    losses : (nit,) array
        Best loss of each request.
    best : (nit,) array
        Best loss so far.
    improvements : (m, 3) array
        Passes, seconds and loss of each point that is better than all points before it. Passes
        are counted point by point within a request, so that they do not depend on the size of
        the optimizer's batches; the seconds are those of the answer.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float, float]] = []
        self._improvements: list[tuple[float, float, float]] = []

    def add(self, passes: float, seconds: float, loss: float, best: float) -> None:
        """Append a row."""
        self._rows.append((passes, seconds, loss, best))

    def improve(self, passes: float, seconds: float, loss: float) -> None:
        """Append an improvement."""
        self._improvements.append((passes, seconds, loss))

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def improvements(self) -> Array:
        return np.array(self._improvements).reshape(-1, 3)

    def reached(self, target: float) -> tuple[float, float] | None:
        """Return the passes and seconds after which a loss was reached; None if it was not."""
        for passes, seconds, loss in self._improvements:
            if loss <= target:
                return passes, seconds
        return None

    def best_after(self, passes: Array) -> Array:
        """Return the best losses after these numbers of passes; infinite before the first."""
        at, _, losses = self.improvements.T
        row = np.searchsorted(at, passes, side="right")
        return np.concatenate([[np.inf], losses])[row]

    def _column(self, index: int) -> Array:
        return np.array([row[index] for row in self._rows])

    @property
    def passes(self) -> Array:
        return self._column(0)

    @property
    def seconds(self) -> Array:
        return self._column(1)

    @property
    def losses(self) -> Array:
        return self._column(2)

    @property
    def best(self) -> Array:
        return self._column(3)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with columns passes, seconds, loss and best."""
        import pandas as pd

        return pd.DataFrame(self._rows, columns=["passes", "seconds", "loss", "best"])
