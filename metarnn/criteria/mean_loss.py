"""The weighted mean of a differentiable loss: what passes compute by themselves."""

from math import fsum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from metarnn.engine import LOSSES, NUMBER_LOSSES, Pass, Tiles
from metarnn.networks.network import Network
from metarnn.sequences.labeled import LabeledSequences

from .criterion import BoundCriterion, Criterion, Floats


class MeanLoss(Criterion):
    """A loss of ``metarnn.engine.LOSSES``, averaged over the sequences.

    Parameters
    ----------
    name : str
        A name in ``metarnn.engine.LOSSES``.
    """

    has_derivatives: ClassVar[bool] = True

    def __init__(self, name: str) -> None:
        self.name = self.title = name
        self.description = (LOSSES | NUMBER_LOSSES)[name].description

    def bind(self, network: Network, data: LabeledSequences) -> BoundCriterion:
        return MeanLossEvaluator(self.name, network, data)

    def baseline_loss(self, targets: NDArray[Any], n_outputs: int) -> float:
        return LOSSES[self.name].baseline_loss(np.bincount(targets) / len(targets))

    def probabilities(self, scores: NDArray[Any]) -> NDArray[Any]:
        return LOSSES[self.name].probabilities(scores)


class MeanNumberLoss(MeanLoss):
    """A loss of ``metarnn.engine.NUMBER_LOSSES``, averaged over the sequences.

    Parameters
    ----------
    name : str
        A name in ``metarnn.engine.NUMBER_LOSSES``.
    """

    is_regression: ClassVar[bool] = True

    def baseline_loss(self, targets: NDArray[Any], n_outputs: int) -> float:
        return float(targets.var(axis=0).mean())

    def probabilities(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Raise a ValueError: a regression has none."""
        raise ValueError(f"The loss {self.name!r} is for regression and has no probabilities.")


class MeanLossEvaluator(BoundCriterion):
    """The weighted means of a loss over sequences, and their derivatives."""

    def __init__(self, loss: str, network: Network, data: LabeledSequences) -> None:
        self._loss, self._network, self._data = loss, network, data
        self._total_weight = fsum(data.weights)
        self._passes: dict[str, Pass] = {}
        self._tiles = self._packed()  # refuses data that are not finite

    def losses(self, points: Floats, n_threads: int | None) -> Floats:
        totals, _ = self._pass("losses")(points, n_threads)
        return totals / self._total_weight

    def derivatives(
        self, task: str, points: Floats, n_threads: int | None
    ) -> tuple[Floats, Floats]:
        totals, sums = self._pass(task)(points, n_threads)
        sums /= self._total_weight
        return totals / self._total_weight, sums

    def warm_up(self, n_threads: int | None) -> None:
        for task in ("losses", "gradients"):
            self._pass(task).warm_up(n_threads)

    def _pass(self, task: str) -> Pass:
        """Return the pass of a task, made when it is first needed."""
        if task not in self._passes:
            # The lanes of a Gauss-Newton matrix are always sequences.
            layout = {"lanes_are_candidates": False} if task == "curvatures" else {}
            tiles = self._packed(**layout) if layout else self._tiles
            program, dtype = self._network.program, self._network.dtype
            self._passes[task] = Pass(program, tiles, dtype, task, self._loss)
        return self._passes[task]

    def _packed(self, **layout: Any) -> Tiles:
        data = self._data.merged()
        return self._network.pack_tiles(
            data.sequences, labels=data.labels, weights=data.step_weights, **layout
        )
