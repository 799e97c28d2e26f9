"""Any optimizer of nevergrad."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .borrowed_globals import BorrowedGlobals
from .callbacks import Calls, asks_of
from .optimizer import Array, Optimizer, Search, setting
from .space import Space

# nevergrad clips what is higher, and warns.
_WORST = 1e20


@dataclass
class Nevergrad(Optimizer):
    """An optimizer of nevergrad, by default the one that it chooses itself.

    Parameters
    ----------
    method : str
        A name of ``nevergrad.optimizers.registry``. NGOpt chooses by the numbers of dimensions,
        evaluations and workers.
    num_workers : int
        Points that are asked for at once.
    expected_budget : int
        Evaluations that a run is planned for, which nevergrad wants to know beforehand: set it
        to the budget. A run that has made them is followed by one from fresh points.

    Notes
    -----
    nevergrad searches in steps of the space's scale around the first point. The first points
    are told to it as suggestions, where the method takes any. What it warns of is not shown.

    Some of its methods draw from the global random states, and some have settings that nevergrad
    draws when it is imported; here both are seeded. If a program has imported nevergrad before,
    those settings are that import's.

    Its own time is 0.2 to 3 milliseconds a point, NGOpt being among the slowest: where losses
    are fast, that is most of a run. Several of its methods take no more than one worker; they
    say so before the first evaluation.

    References
    ----------
    P. Bennet, C. Doerr, A. Moreau, J. Rapin, F. Teytaud, O. Teytaud: Nevergrad: black-box
    optimization platform. SIGEVOlution 14 (2021) 8-15.
    """

    method: str = "NGOpt"
    num_workers: int = setting(1, low=1)
    expected_budget: int = setting(10_000, low=1)

    size_setting: ClassVar[str | None] = "num_workers"
    library: ClassVar[str | None] = "nevergrad"

    def check(self) -> None:
        """See :meth:`Optimizer.check`."""
        super().check()
        registry = _library().optimizers.registry
        if not isinstance(self.method, str) or self.method not in registry:
            raise ValueError(
                f"Nevergrad: method must be a name of nevergrad.optimizers.registry, such as "
                f"'NGOpt' or 'TwoPointsDE', got {self.method!r}."
            )

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        """See :meth:`Optimizer.search`."""
        ng = _library()

        def run(loss: Calls, points: Array) -> None:
            center, scale = points[0], space.scale
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                array = ng.p.Array(init=np.zeros(space.dim))
                if space.bounds is None:
                    array.set_mutation(sigma=1.0)
                else:
                    array.set_bounds(*((corner - center) / scale for corner in space.bounds))
                array.random_state = np.random.RandomState(int(rng.integers(2**32)))  # noqa: NPY002
                optimizer = ng.optimizers.registry[self.method](
                    array, budget=int(self.expected_budget), num_workers=int(self.num_workers)
                )
            candidates = [array.spawn_child((x - center) / scale) for x in points]
            losses = loss(points)
            while True:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    _tell(optimizer, candidates, losses)
                    if optimizer.num_tell >= self.expected_budget:
                        return
                    candidates = [optimizer.ask() for _ in range(self.num_workers)]
                    asked = np.array([candidate.value for candidate in candidates])
                losses = loss(center + scale * asked)

        yield from asks_of(run, space, rng, int(self.num_workers), globally_random=True)


def _tell(optimizer: Any, candidates: list[Any], losses: Array) -> None:
    from nevergrad.common.errors import TellNotAskedNotSupportedError

    for candidate, loss in zip(candidates, losses.tolist(), strict=True):
        try:
            optimizer.tell(candidate, min(loss, _WORST))
        except TellNotAskedNotSupportedError:
            pass  # the first points, which it was not asked for


def _library() -> Any:
    # On import nevergrad draws settings of some methods from the global states.
    with BorrowedGlobals(np.random.default_rng(0)), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nevergrad
    return nevergrad
