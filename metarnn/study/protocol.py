"""What all runs on a problem share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from metarnn.datasets import Dataset
from metarnn.networks.network import Network


@dataclass(frozen=True, eq=False)
class Protocol:
    """What all runs on a problem share; what differs are the optimizer, the seed and the fold.

    Attributes
    ----------
    dataset : Dataset
        Data. Rows are standardized by column, sequences and images by input, with the means
        and deviations of the training part.
    network : Network
        The network to train.
    target : float
        Training loss for the passes and seconds to the target.
    budget, loss, alpha, gradient_passes, test_fraction, timesteps, n_threads, seconds, folds
        As in the :class:`StudySettings`.
    """

    dataset: Dataset
    network: Network
    budget: float
    target: float
    loss: str | Callable[..., Any]
    alpha: float
    gradient_passes: float
    test_fraction: float
    timesteps: int | None
    n_threads: int | None
    seconds: float | None = None
    folds: int | None = None

    @property
    def n_folds(self) -> int:
        """Runs of a seed: one for each fold; one without folds or without a test part."""
        return 1 if self.dataset.exhaustive else self.folds or 1
