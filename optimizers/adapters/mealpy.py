"""The optimizers of mealpy."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from ..optimizer import Array, Optimizer, Search, setting
from ..space import Space
from .callback_style import Calls, requests_of
from .scipy import box_around


@dataclass
class Mealpy(Optimizer):
    """An optimizer of mealpy.

    Parameters
    ----------
    method : str
        Name of a class of mealpy, such as "L_SHADE", "OriginalPSO" or "OriginalWOA".
    population_size : int
        Number of points; `pop_size` in mealpy.
    epochs : int
        Generations of a run, which mealpy's schedules follow; `epoch` in mealpy. Then another run
        starts from new points.
    settings : dict
        Further arguments of the class, such as ``{"c1": 2.05}``.
    mode : {"swarm", "single"}
        "swarm" evaluates a generation in one batch, if the method allows it. "single", mealpy's
        own default, evaluates each point at once, so that it can influence the next one.
    width : float
        Without bounds the search is limited to `width` times the space's scale on either side of
        the initial points' mean, extended to the initial points.

    Notes
    -----
    mealpy's own count of evaluations overshoots, and its seed does not determine the methods that
    draw from NumPy's global state (L_SHADE, OriginalSHADE, JADE). Here the budget is exact and
    the seed determines these too; only OriginalPSS seeds itself from the system.
    OriginalSSpiderA does not accept initial points, and fails.

    Most of its two hundred methods are metaphors, and many repeat the operators of older methods.
    Several are biased towards the middle of the box, which helps them where the minimum is there:
    a doubtful advantage for networks, whose weights are drawn around 0.

    References
    ----------
    N. Van Thieu, S. Mirjalili: MEALPY: an open-source library for latest meta-heuristic
    algorithms in Python. Journal of Systems Architecture 139 (2023) 102871.
    C. Aranha et al.: Metaphor-based metaheuristics, a call for action: the elephant in the room.
    Swarm Intelligence 16 (2022) 1-6.
    J. Kudela: A critical problem in benchmarking and analysis of evolutionary computation
    methods. Nature Machine Intelligence 4 (2022) 1238-1245.
    """

    method: str = "L_SHADE"
    population_size: int = setting(50, low=5, size=True)
    epochs: int = setting(1000, low=1)
    settings: dict[str, Any] = field(default_factory=dict)
    mode: str = setting("swarm", choices=("swarm", "single"))
    width: float = setting(10.0, above=0.0)

    library = "mealpy"

    def check(self) -> None:
        super().check()
        if not isinstance(self.settings, dict):
            raise TypeError(f"Mealpy: settings must be a dict, got {self.settings!r}.")
        self._model()

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        from mealpy import FloatVar
        from mealpy.utils.target import Target

        def run(loss: Calls, points: Array) -> None:
            model, box = self._model(), box_around(points, space, self.width)

            losses = loss(points).tolist()
            known = list(zip(points, losses, strict=True))[::-1]

            def one(point: Array) -> float:
                # mealpy evaluates the initial points one by one.
                if known and np.array_equal(known[-1][0], point):
                    return known.pop()[1]
                return float(loss(point))

            def at_once(agents: list[Any]) -> list[Any]:
                losses = loss(np.array([agent.solution for agent in agents])).tolist()
                for agent, value in zip(agents, losses, strict=True):
                    agent.target = Target(value)
                return agents

            if self.mode == "swarm":
                model.update_target_for_population = at_once
            problem = {
                "obj_func": one,
                "bounds": FloatVar(lb=box.lb, ub=box.ub),
                "minmax": "min",
                "log_to": None,
            }
            seed = int(rng.integers(2**31))
            model.solve(problem, mode=self.mode, starting_solutions=points, seed=seed)

        n = int(self._model().pop_size)  # which some methods round
        yield from requests_of(run, space, rng, n, globally_random=True)

    def _model(self) -> Any:
        kinds = _kinds()
        if not isinstance(self.method, str) or self.method not in kinds:
            raise ValueError(
                f"Mealpy: method must be a class of mealpy such as 'OriginalPSO' or 'L_SHADE', "
                f"got {self.method!r}."
            )
        sizes = {"epoch": int(self.epochs), "pop_size": int(self.population_size)}
        try:
            return kinds[self.method](**(sizes | self.settings))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Mealpy: {self.method} does not take the settings {self.settings!r}: {error}"
            ) from None


@cache
def _kinds() -> dict[str, Any]:
    import mealpy

    kinds: dict[str, Any] = mealpy.get_all_optimizers(verbose=False)
    return kinds
