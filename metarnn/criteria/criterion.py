"""What a criterion is, and a criterion on data."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from metarnn.engine import LOSSES
from metarnn.networks.network import Network
from metarnn.sequences.labeled import LabeledSequences
from metarnn.sequences.validation import Integers

Floats = NDArray[np.float64]


class BoundCriterion(ABC):
    """A criterion of a network on data, which computes the losses of candidates."""

    @abstractmethod
    def losses(self, points: Floats, n_threads: int | None) -> Floats:
        """Return the losses (P,) of weights (P, D); NaN where the weights are not finite."""

    @abstractmethod
    def warm_up(self, n_threads: int | None) -> None:
        """Compile all that it calls."""

    def derivatives(
        self, task: str, points: Floats, n_threads: int | None
    ) -> tuple[Floats, Floats]:
        """Return losses (P,) and their derivatives (P, n), where the criterion has any.

        The task "gradients" returns gradients (P, D), and "curvatures" these and then
        Gauss-Newton matrices (P, D + D * D).
        """
        raise TypeError(f"{type(self).__name__} has no derivatives.")


class Criterion(ABC):
    """What makes a loss of a candidate's predictions."""

    name: str  # which selects it
    title: str  # the quantity that is minimized, for plots and captions
    description: str  # one line
    has_derivatives: ClassVar[bool] = False  # gradients and Gauss-Newton matrices
    is_regression: ClassVar[bool] = False  # whether targets are numbers (B, K), not classes
    floor: ClassVar[float] = 0.0  # the lowest loss that there can be

    def calibrated(self, data: LabeledSequences, n_outputs: int) -> Self:
        """Return the same criterion for these data and parts of them, or raise a ValueError."""
        return self

    @abstractmethod
    def bind(self, network: Network, data: LabeledSequences) -> BoundCriterion:
        """Return the criterion of a network on data, or raise a ValueError if it cannot apply."""

    def bind_part(
        self, whole: BoundCriterion, rows: Integers, network: Network, data: LabeledSequences
    ) -> BoundCriterion:
        """Bind it to some rows (n,) of data that `whole` is bound to; `data` are these rows."""
        return self.bind(network, data)

    @abstractmethod
    def baseline_loss(self, targets: NDArray[Any], n_outputs: int) -> float:
        """Return the loss of the best constant prediction, as of a network that ignores its input.

        It is that of the class frequencies of labels (n,), or of the mean of numbers (n, K).
        """

    def probabilities(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Return class probabilities (..., K) of scores (..., K): by default their softmax."""
        return LOSSES["cross_entropy"].probabilities(scores)
