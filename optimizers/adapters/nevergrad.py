"""The optimizers of nevergrad."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings

import numpy as np

from ..isolated_rng import IsolatedGlobalRNG
from ..optimizer import Array, Optimizer, Search, setting
from ..space import Space
from .callback_style import Calls, requests_of

# nevergrad clips higher losses, and warns.
_WORST = 1e20


@dataclass
class Nevergrad(Optimizer):
    """An optimizer of nevergrad, by default the one that nevergrad chooses.

    Parameters
    ----------
    method : str
        A name in ``nevergrad.optimizers.registry``. NGOpt chooses by the numbers of dimensions,
        evaluations and workers.
    num_workers : int
        Points of a request.
    expected_budget : int
        The number of evaluations for which nevergrad plans a run: set it to the budget. Then
        another run starts from new points.

    Notes
    -----
    nevergrad searches in steps of the space's scale around the first point. It receives the
    initial points as suggestions, if the method accepts any. Its warnings are not shown.

    Some of its methods draw from the global random states, and nevergrad draws the settings of
    some methods when it is imported; here both are seeded, unless the program has imported
    nevergrad before.

    Its own time is 0.2 to 3 milliseconds a point, with NGOpt among the slowest: where losses are
    fast, this is most of a run.

    References
    ----------
    P. Bennet, C. Doerr, A. Moreau, J. Rapin, F. Teytaud, O. Teytaud: Nevergrad: black-box
    optimization platform. SIGEVOlution 14 (2021) 8-15.
    """

    method: str = "NGOpt"
    num_workers: int = setting(1, low=1, size=True)
    expected_budget: int = setting(10_000, low=1)

    library = "nevergrad"

    def check(self) -> None:
        super().check()
        registry = _library().optimizers.registry
        if not isinstance(self.method, str) or self.method not in registry:
            raise ValueError(
                f"Nevergrad: method must be a name in nevergrad.optimizers.registry, such as "
                f"'NGOpt' or 'TwoPointsDE', got {self.method!r}."
            )
        if self.num_workers > 1 and getattr(registry[self.method], "no_parallelization", False):
            raise ValueError(
                f"Nevergrad: num_workers must be 1 for {self.method}, got {self.num_workers}."
            )

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        ng = _library()

        def run(loss: Calls, points: Array) -> None:
            center, scale = points[0], space.scale
            with catch_warnings(action="ignore"):
                array = ng.p.Array(init=np.zeros(space.dim))
                if space.bounds is None:
                    array.set_mutation(sigma=1.0)
                else:
                    array.set_bounds(*((corner - center) / scale for corner in space.bounds))
                array.random_state = np.random.RandomState(int(rng.integers(2**32)))
                optimizer = ng.optimizers.registry[self.method](
                    array, budget=int(self.expected_budget), num_workers=int(self.num_workers)
                )
                for point in points[::-1]:  # the last suggestion is used first
                    optimizer.suggest((point - center) / scale)
            while optimizer.num_tell < self.expected_budget:
                with catch_warnings(action="ignore"):
                    candidates = [optimizer.ask() for _ in range(self.num_workers)]
                    asked = center + scale * np.array([each.value for each in candidates])
                # The initial points are known exactly.
                losses = loss(points if optimizer.num_tell == 0 else asked)
                with catch_warnings(action="ignore"):
                    _tell(optimizer, candidates, losses)

        yield from requests_of(run, space, rng, int(self.num_workers), globally_random=True)


def _tell(optimizer: Any, candidates: list[Any], losses: Array) -> None:
    from nevergrad.common.errors import TellNotAskedNotSupportedError

    for candidate, loss in zip(candidates, losses.tolist(), strict=True):
        with suppress(TellNotAskedNotSupportedError):  # of suggestions
            optimizer.tell(candidate, min(loss, _WORST))


def _library() -> Any:
    # On import, nevergrad draws settings of some methods from the global states.
    with IsolatedGlobalRNG(np.random.default_rng(0)), catch_warnings(action="ignore"):
        import nevergrad
    return nevergrad
