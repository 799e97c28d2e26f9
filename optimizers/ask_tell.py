"""Ask and tell: a search for callers with a loop of their own."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metarnn.validation import as_numbers, check_seed, shown

from .lockstep import send
from .meter import PRICES, clean
from .minimize import check_search, positive
from .optimizer import Array, Ask, MiniBatch, Optimizer, Order, Told
from .requests import requests
from .resolve import resolve_optimizer
from .space import Space


class AskTell:
    """Ask an optimizer for points and tell it their losses; the search can be pickled.

    Parameters
    ----------
    optimizer : Optimizer, str or mapping
        The settings; see :func:`metarnn.optimizers.resolve_optimizer`.
    space : Space
        The search space.
    seed : int or SeedSequence, optional
        By default entropy is drawn and kept, so that a pickled search resumes exactly.
    budget : float, optional
        Passes, for schedules that follow the budget. The search does not end when they are spent.
    prices : dict of Order to float, optional
        Passes of a point, if not 1 for a loss and 3 for a gradient; needed for Gauss-Newton
        matrices. A mini-batch costs its fraction.

    Notes
    -----
    A pickle holds the settings, the seed and the log of all answers. Loading replays the log,
    so that the search continues exactly. The log grows with the search, by 8 n bytes a request
    of n points, or 8 n (D + 1) with gradients.

    Examples
    --------
    >>> from metarnn.optimizers import AskTell, CuckooSearch, Space
    >>> search = AskTell(CuckooSearch(), Space.box(-5, 5, dim=2), seed=1)
    >>> for _ in range(100):
    ...     points = search.ask()
    ...     search.tell(points, (points**2).sum(axis=1))
    >>> x, loss = search.best
    """

    def __init__(
        self,
        optimizer: Optimizer | str | Mapping[str, Any],
        space: Space,
        seed: int | np.random.SeedSequence | None = None,
        budget: float | None = None,
        prices: Mapping[Order, float] | None = None,
    ) -> None:
        optimizer = resolve_optimizer(optimizer)
        check_search(optimizer, space)
        self._budget = None if budget is None else positive("budget", budget, "passes")
        if not isinstance(prices, Mapping | None):
            raise TypeError(f"prices must be a dict of Order to passes, got {shown(prices)}.")
        self._prices = PRICES | dict(prices or {})
        for order, price in self._prices.items():
            if order not in tuple(Order):
                raise ValueError(f"prices must be of an Order, got {shown(order)}.")
            positive(f"prices[{Order(order).name}]", price, "passes")
        if budget is not None and optimizer.order not in self._prices:
            raise ValueError(
                f"{type(optimizer).__name__} needs Gauss-Newton matrices, whose price is not "
                "known: give it in passes, as in prices={Order.GAUSS_NEWTON: 10}."
            )
        self._passes = 0.0
        # A copy, since loading replays the search from the settings at its start.
        self._optimizer = optimizer.copy()
        self._space = space
        new = np.random.SeedSequence
        seed = check_seed("seed", seed)
        if isinstance(seed, np.random.Generator | np.random.BitGenerator | np.random.RandomState):
            # The search is repeated from its seed where it is loaded: one that is drawn here.
            seed = np.random.default_rng(seed).integers(2**32, size=4).tolist()
        self._seed = seed if isinstance(seed, new) else new(seed)
        self._log: list[Told] = []
        self._begin()

    def _begin(self) -> None:
        self._best_x: Array | None = None
        self._best_loss = np.inf
        search = self._optimizer.search(self._space, np.random.default_rng(self._seed))
        self._search = requests(self._optimizer, search, self._space.dim)
        self._ask: Ask | None = next(self._search, None)

    @property
    def _asked(self) -> Ask:
        if self._ask is None:
            raise ValueError("The optimizer has ended its search, and requests no more points.")
        return self._ask

    @property
    def order(self) -> Order:
        """The order of the current request: values, or gradients as well."""
        return self._asked.order

    @property
    def mini_batch(self) -> MiniBatch | None:
        """The mini-batch to evaluate the points on; None for all data."""
        return self._asked.mini_batch

    @property
    def finished(self) -> bool:
        """Whether the optimizer has ended its search."""
        return self._ask is None

    def ask(self) -> Array:
        """Return the points (n, D) to evaluate; the same ones until :meth:`tell`."""
        return self._asked.points.copy()

    def tell(
        self,
        points: ArrayLike,
        losses: ArrayLike,
        gradients: ArrayLike | None = None,
        curvatures: ArrayLike | None = None,
    ) -> None:
        """Answer the current request.

        Parameters
        ----------
        points : (n, D) array_like
            The points from :meth:`ask`.
        losses : (n,) array_like
            Lower is better; NaN and infinity rank worst.
        gradients : (n, D) array_like, optional
            Needed where :attr:`order` is ``Order.GRADIENT`` or more.
        curvatures : (n, D, D) array_like, optional
            Needed where :attr:`order` is ``Order.GAUSS_NEWTON``.

        Raises
        ------
        ValueError
            Other points than the requested ones, wrong shapes, or missing derivatives.
        """
        asked = self._asked
        given = as_numbers("points", points, ("points", "coordinates"))
        if not np.array_equal(given, asked.points):
            raise ValueError(
                "tell() takes the points that ask() returned, "
                f"an array of shape {asked.points.shape}, but got others."
            )
        if asked.order >= Order.GRADIENT and gradients is None:
            raise ValueError(
                f"{type(self._optimizer).__name__} needs the gradients at these points: "
                "tell(points, losses, gradients)."
            )
        if asked.order >= Order.GAUSS_NEWTON and curvatures is None:
            raise ValueError(
                f"{type(self._optimizer).__name__} needs the Gauss-Newton matrices at these "
                "points: tell(points, losses, gradients, curvatures)."
            )
        told, _ = clean(losses, gradients, curvatures, *asked.points.shape)
        if self._budget is not None:
            batch = asked.mini_batch
            fraction = 1.0 if batch is None else 1.0 / batch.n_batches
            self._passes += len(asked.points) * self._prices[asked.order] * fraction
            told = told.at(min(1.0, self._passes / self._budget))
        self._advance(told)

    def _advance(self, told: Told) -> None:
        points, whole = self._asked.points, self._asked.mini_batch is None
        best = int(told.losses.argmin())
        if whole and (told.losses[best] < self._best_loss or self._best_x is None):
            self._best_x, self._best_loss = points[best].copy(), float(told.losses[best])
        self._log.append(told)
        # A copy, since the optimizer may keep the arrays and write to them.
        self._ask = send(self._search, told.copy())

    @property
    def best(self) -> tuple[Array, float]:
        """The best point so far, and its loss."""
        if self._best_x is None:
            raise ValueError("There is no best point before the first call of tell().")
        return self._best_x.copy(), self._best_loss

    def __getstate__(self) -> dict[str, Any]:
        kept = "optimizer", "space", "seed", "budget", "prices", "passes", "log"
        return {name: getattr(self, f"_{name}") for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({f"_{name}": value for name, value in state.items()} | {"_log": []})
        self._begin()
        for told in state["log"]:
            self._advance(told)
