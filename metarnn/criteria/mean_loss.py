"""The weighted mean of a differentiable loss: what passes compute by themselves."""

from functools import cached_property
from math import fsum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from metarnn.engine import LANES, LOSSES, NUMBER_LOSSES, GatheredTiles, Pass, Tiles
from metarnn.engine.tiles import CANDIDATES_AS_LANES_BELOW
from metarnn.networks.network import Network
from metarnn.sequences.labeled import LabeledSequences, merged_weights
from metarnn.sequences.validation import Integers

from .criterion import BoundCriterion, Criterion, Floats

#: Room for mini-batches is kept of KEPT_SIZES sizes, and KEPT_OF_SIZE of each, for threads that
#: train at once.
KEPT_SIZES, KEPT_OF_SIZE = 4, 4
#: Room for so many numbers is not worth a thought.
FEW = 2**20


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

    def bind_part(
        self, whole: BoundCriterion, rows: Integers, network: Network, data: LabeledSequences
    ) -> BoundCriterion:
        if isinstance(whole, MeanLossPart):
            rows, whole = whole.rows[rows], whole.whole
        if isinstance(whole, MeanLossEvaluator) and whole.has_room(len(rows)):
            return MeanLossPart(whole, rows, data)
        return self.bind(network, data)

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
        self.loss, self.network, self._data = loss, network, data
        self._total_weight = fsum(data.weights)
        self._passes: dict[str, Pass] = {}
        merged, self.places = data.merging()
        self._tiles = self._packed(merged)  # refuses data that are not finite
        self._rooms: dict[int, list[GatheredTiles]] = {}

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
            tiles = self._tiles
            if task == "curvatures":
                tiles = self._packed(self._data.merged(), lanes_are_candidates=False)
            program, dtype = self.network.program, self.network.dtype
            self._passes[task] = Pass(program, tiles, dtype, task, self.loss)
        return self._passes[task]

    def _packed(self, merged: LabeledSequences, **layout: Any) -> Tiles:
        return self.network.pack_tiles(
            merged.sequences, labels=merged.labels, weights=merged.step_weights, **layout
        )

    def has_room(self, n: int) -> bool:
        """Return whether n sequences may be gathered: each tile has room for the longest one.

        Where a few are far longer than the others, that is more than all data take. Where lanes are
        candidates, a pass has tiles of its own for single ones, which are packed.
        """
        starts = self._tiles.inputs.starts
        fits = -(-n // LANES) * np.diff(starts).max() <= max(starts[-1], FEW)
        return bool(fits and n >= CANDIDATES_AS_LANES_BELOW)

    def gathered(self, places: Integers, weights: Floats) -> GatheredTiles:
        """Return tiles of the different sequences at these places (n,), with weights (n,).

        They are the caller's until it calls :meth:`give_back`.
        """
        n_tiles = -(-len(places) // LANES)
        try:
            # A list pops and appends in one step of Python: no two threads get the same room.
            room = self._rooms[n_tiles].pop()
        except (KeyError, IndexError):
            program, dtype = self.network.program, self.network.dtype
            room = GatheredTiles(program, dtype, self.loss, self._tiles, n_tiles)
        room.gather(self._tiles.place[places], weights)
        return room

    def give_back(self, room: GatheredTiles) -> None:
        """Keep room for other mini-batches, of the last few sizes."""
        if room.n_tiles not in self._rooms and len(self._rooms) >= KEPT_SIZES:
            self._rooms.clear()
        alike = self._rooms.setdefault(room.n_tiles, [])
        if len(alike) < KEPT_OF_SIZE:
            alike.append(room)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_rooms": {}}


class MeanLossPart(BoundCriterion):
    """The same for some rows of the data, such as a mini-batch, without packing them again.

    Parameters
    ----------
    whole : MeanLossEvaluator
        The loss on all data.
    rows : (n,) array of int
        Those of the part.
    data : LabeledSequences
        The part.
    """

    def __init__(self, whole: MeanLossEvaluator, rows: Integers, data: LabeledSequences) -> None:
        self.whole, self.rows, self._data = whole, rows, data
        self._total_weight = fsum(data.weights)
        self._room: GatheredTiles | None = None

    def losses(self, points: Floats, n_threads: int | None) -> Floats:
        totals, _ = self._run("losses", points, n_threads)
        return totals / self._total_weight

    def derivatives(
        self, task: str, points: Floats, n_threads: int | None
    ) -> tuple[Floats, Floats]:
        if task == "curvatures":  # whose lanes are always sequences
            return self._packed.derivatives(task, points, n_threads)
        totals, sums = self._run(task, points, n_threads)
        sums /= self._total_weight
        return totals / self._total_weight, sums

    def warm_up(self, n_threads: int | None) -> None:
        self.whole.warm_up(n_threads)

    @cached_property
    def _packed(self) -> MeanLossEvaluator:
        """The part, packed."""
        return MeanLossEvaluator(self.whole.loss, self.whole.network, self._data)

    def _run(self, task: str, points: Floats, n_threads: int | None) -> tuple[Floats, Floats]:
        if self._room is None:
            places, weights = self.whole.places[self.rows], self._data.weights
            order = np.argsort(places)
            places, weights = places[order], weights[order]
            if (places[1:] == places[:-1]).any():
                places, merged = np.unique(places, return_inverse=True)
                weights = merged_weights(merged, weights)
            if len(places) < CANDIDATES_AS_LANES_BELOW:  # so few of them are different
                return self._packed._pass(task)(points, n_threads)
            self._room = self.whole.gathered(places, weights)
        return self._room.run(task, points, n_threads)

    def __del__(self) -> None:
        if self._room is not None:
            self.whole.give_back(self._room)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_room": None}
