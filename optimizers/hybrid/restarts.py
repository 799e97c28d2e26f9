"""Restarts of any optimizer from new points when it stalls."""

from contextlib import closing
from dataclasses import dataclass, field, replace
from math import inf, isfinite

import numpy as np

from ..gradient.rprop import Rprop
from ..lockstep import send
from ..optimizer import Optimizer, Search, setting
from ..population_based import Population
from ..requests import requests
from ..space import Space


@dataclass
class Restarts(Optimizer):
    """Restarts: run an optimizer again, with a larger population, when it ends or stalls.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer to run.
    on : {"stall", "end"}
        When a new run begins: when the last one ends or stalls, or only when it ends.
    population_growth : float
        Factor from run to run of the size of the population, or of the number of starts.
    largest_size : int or None
        Upper limit of the size.
    patience : int
        A run stalls when this many requests on all data have improved its best loss ...
    tol : float
        ... by no more than this fraction of it.

    Notes
    -----
    Runs are independent: each draws new points (x0 is for the first run), and schedules follow
    the part of the budget that is left at the start of the run. The growing population is the
    rule of Auger and Hansen (2005) for CMA-ES, where the size doubles: a larger population may
    escape minima that a smaller one does not. An optimizer without a size, such as
    :class:`~metarnn.optimizers.Islands`, restarts at the same size. A population method that
    begins again by itself (`patience` of :class:`~metarnn.optimizers.Memetic`) does not here.

    Restarts pay where runs end in different minima. Where every run ends in the same one, or where
    progress is slow but steady, they discard progress: raise the patience for long plateaus.

    References
    ----------
    A. Auger, N. Hansen: A restart CMA evolution strategy with increasing population size. CEC
    2005, 1769-1776.
    """

    optimizer: Optimizer = field(default_factory=Rprop)
    on: str = setting("stall", choices=("stall", "end"))
    population_growth: float = setting(2.0, low=1.0, tune=(1.0, 3.0))
    largest_size: int | None = setting(None, low=1)
    patience: int = setting(50, low=1, tune=(10, 300), log=True)
    tol: float = setting(0.01, low=0.0)

    @property
    def size_param(self) -> str | None:
        """The optimizer's setting, by its nested name."""
        name = self.optimizer.size_param
        return name and f"optimizer__{name}"

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        optimizer, spent = self.optimizer.copy(), 0.0
        if isinstance(optimizer, Population):
            optimizer = optimizer.once()
        size = optimizer.size_param and optimizer.get_params()[optimizer.size_param]
        while True:
            began, mark, waited = spent, inf, 0
            search = optimizer.search(space, rng)
            with closing(requests(optimizer, search, space.dim)) as run:
                ask = next(run, None)
                if ask is None:
                    return  # it would request nothing in any run
                # Where the size is None, it is that of the first request.
                size = size or len(ask.points)
                while ask is not None and waited < self.patience:
                    told = yield ask
                    spent = told.budget_fraction
                    if ask.mini_batch is None and self.on == "stall":
                        enough = self.tol * abs(mark) if isfinite(mark) else 0.0
                        best = float(told.losses.min())
                        mark, waited = (best, 0) if best < mark - enough else (mark, waited + 1)
                    fraction = (spent - began) / (1.0 - began) if began < 1.0 else 1.0
                    ask = send(run, told.at(fraction))
            space = replace(space, start=None)
            if optimizer.size_param is not None:
                size = max(size, min(self.population_growth * size, self.largest_size or inf))
                optimizer.set_params(**{optimizer.size_param: round(size)})
