"""Which minima optimizers visit on their way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import delayed

from metarnn.optimizers import Objective, Optimizer, Order, Space, minimize, resolve_optimizers
from metarnn.optimizers.meter import price_of
from metarnn.optimizers.minimize import check_problem, positive
from metarnn.runtimes import wilson_interval
from metarnn.statistics import bootstrap_interval
from metarnn.workers import parallel

from .basins import NO_MINIMUM, Basins
from .clusters import Cluster
from .counted_objective import check_integers, seeds_of
from .find import Minima
from .hessian import Floats

if TYPE_CHECKING:
    import pandas as pd

#: Minima whose losses differ by this fraction only are equally low: data have symmetries, too.
AS_LOW = 1e-6

#: The order of derivatives that the methods of an objective return.
ORDERS = {"gradient": Order.GRADIENT, "gauss_newton": Order.GAUSS_NEWTON}


@dataclass(frozen=True)
class Visits:
    """Results of :func:`~metarnn.minima.visits`.

    Attributes
    ----------
    snapshots : pandas.DataFrame
        One row for each snapshot of a run: optimizer, seed, snapshot, the passes spent, the loss of
        the point, the index in `minima` of the minimum whose basin it is in (-1 if its descent ends
        in none that is certified), and the loss of that minimum.
    runs : list of (str, int)
        The optimizer and the seed of each run. One that had no finite loss has no snapshots.
    minima : list of Cluster
        The known minima and those that were met, by increasing loss.
    budget : float
        Passes of each run.
    passes, descent_passes : float
        The cost of the runs, and that of the descents with their certificates.
    """

    snapshots: "pd.DataFrame"
    runs: list[tuple[str, int]]
    minima: list[Cluster]
    budget: float
    passes: float
    descent_passes: float

    def way(self, optimizer: str, seed: int) -> list[int]:
        """Return the minima whose basins a run was in, in their order.

        Parameters
        ----------
        optimizer : str
            Its label.
        seed : int
            Of the run.

        Returns
        -------
        list of int
            Indices in `minima`; a basin that several snapshots in a row saw is there once. None of
            a run without snapshots.

        Raises
        ------
        ValueError
            There is no such run.
        """
        if (optimizer, seed) not in self.runs:
            raise ValueError(f"optimizer and seed must be those of a run, got {optimizer}, {seed}.")
        rows = self._snapshots_of(optimizer, seed)
        basins = rows["basin"][rows["basin"] != NO_MINIMUM].to_numpy()
        changed = np.diff(basins, prepend=NO_MINIMUM) != 0
        return [int(basin) for basin in basins[changed]]

    def to_frame(self) -> "pd.DataFrame":
        """Return a table with one row for each run.

        Returns
        -------
        pandas.DataFrame
            The optimizer and the seed; how many distinct minima had a basin that the run was in,
            and how often it moved to another one; the fraction of snapshots without a certified
            minimum; the loss of the minimum below the run's best point, and whether it is as low
            as the lowest one known; the passes at the first snapshot that was in such a basin; and
            how many snapshots there were. A run without any, which had no finite loss, met no
            minimum.
        """
        import pandas as pd

        lowest = self.minima[0].loss if self.minima else np.nan
        low = lowest + AS_LOW * abs(lowest)
        rows = []
        for name, seed in self.runs:
            snapshots = self._snapshots_of(name, seed)
            way, seen = self.way(name, seed), snapshots["basin"] != NO_MINIMUM
            row = snapshots["loss"].idxmin() if len(snapshots) else None
            best = np.nan if row is None else snapshots.loc[row, "basin_loss"]
            seen_low = snapshots["basin_loss"] <= low
            rows.append(
                {
                    "optimizer": name,
                    "seed": seed,
                    "minima": len(set(way)),
                    "moves": max(len(way) - 1, 0),
                    "uncertified": float(1 - seen.mean()),
                    "loss": float(best),
                    "lowest": bool(best <= low),
                    "passes": float(snapshots["passes"][seen_low].min()),
                    "snapshots": len(snapshots),
                }
            )
        return pd.DataFrame(rows)

    def _snapshots_of(self, optimizer: str, seed: int) -> "pd.DataFrame":
        """Return the snapshots of a run."""
        snapshots = self.snapshots
        return snapshots[(snapshots["optimizer"] == optimizer) & (snapshots["seed"] == seed)]

    def summary(self, confidence: float = 0.95) -> "pd.DataFrame":
        """Return a table with one row for each optimizer.

        Parameters
        ----------
        confidence : float
            Of the intervals: bootstrap for means, Wilson's for the fraction of runs.

        Returns
        -------
        pandas.DataFrame
            Means over the runs of the distinct minima that were visited, from `minima_low` to
            `minima_high`, and of the moves; for how many runs the best point is in the basin of a
            lowest minimum, and their fraction, from `low` to `high`; and how many of the runs have
            no snapshots, as they had no finite loss.
        """
        import pandas as pd

        rows = {}
        for name, runs in self.to_frame().groupby("optimizer", sort=False):
            counts, n = runs["minima"].to_numpy(dtype=float), len(runs)
            mean, least, most = (
                bootstrap_interval(counts, np.mean, seed=0, confidence=confidence)
                if n > 1
                else (counts.mean(), np.nan, np.nan)
            )
            reached = int(runs["lowest"].sum())
            low, high = wilson_interval(reached, n, confidence)
            rows[name] = {"runs": n, "minima": mean, "minima_low": least, "minima_high": most}
            rows[name] |= {"moves": runs["moves"].mean(), "lowest": reached}
            rows[name] |= {"fraction": reached / n, "low": low, "high": high}
            rows[name] |= {"no_snapshots": int((runs["snapshots"] == 0).sum())}
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index.name = "optimizer"
        return table


def visits(
    objective: Objective,
    optimizer: str | Optimizer | Iterable[str | Optimizer] | Mapping[str, Optimizer],
    found: Minima | Sequence[Cluster],
    *,
    budget: float = 10_000,
    seeds: int | Sequence[int] = 10,
    n_snapshots: int = 30,
    space: Space | None = None,
    n_jobs: int = 1,
) -> Visits:
    """Run optimizers, and tell which minima have the basins that they were in.

    The passes of a run are cut into equal parts. A snapshot takes the point of lowest loss that was
    evaluated in such a part, descends from it as :func:`find_minima` does, and compares the end
    with the minima known so far, up to the symmetries of the network. Any end that is not a copy
    of one is certified, and added if it is a minimum.

    Parameters
    ----------
    objective : Objective
        With exact gradients in float64, as for :func:`find_minima`.
    optimizer : str, Optimizer, or an iterable or mapping of these
        One optimizer, or several with their labels; see
        :func:`metarnn.optimizers.resolve_optimizers`.
    found : Minima or list of Cluster
        The known minima, of the same objective; an empty list if none are known.
    budget : float
        Passes of each run.
    seeds : int or sequence of int
        Number of runs of each optimizer, or their seeds; the same for all optimizers.
    n_snapshots : int
        Parts of a run.
    space : Space, optional
        The search space; by default that of the objective.
    n_jobs : int
        Parallel runs, in processes of their own; the results do not depend on it. The descents
        are in this one, as one batch for all runs.

    Returns
    -------
    Visits
        The snapshots, with :meth:`Visits.to_frame` and :meth:`Visits.summary`.

    Raises
    ------
    TypeError, ValueError
        An argument out of range, an objective without gradients or in float32, or without what
        an optimizer needs.

    Notes
    -----
    Many visits are no merit: random search is in another basin at each snapshot. They show whether
    an optimizer stays where it began. A basin is that of the descents of :func:`find_minima`, by
    L-BFGS: from an early point another descent may end in another minimum, so that even a plain
    descent may be seen in several basins. Each snapshot costs a descent, often more passes than the
    part of the run itself: `descent_passes` says how many. What an optimizer evaluates on
    mini-batches is in none.
    """
    budget = positive("budget", budget, "passes")
    check_integers(1, n_snapshots=n_snapshots)
    numbers, many = seeds_of(seeds), resolve_optimizers(optimizer)
    basins = Basins(objective, found, space)
    for one in many.values():
        check_problem(objective, one, budget, space)
    before = basins.objective.passes
    which = [(label, seed) for label in many for seed in numbers]
    runs = parallel(n_jobs)(
        delayed(_run)(objective, label, many[label], space, seed, budget, n_snapshots)
        for label, seed in which
    )
    rows = [row for of_run, _ in runs for row in of_run]
    if not rows:
        raise ValueError("objective must have a finite loss somewhere, got none in all runs.")
    import pandas as pd

    snapshots = pd.DataFrame(rows)
    places = basins.of(np.stack(snapshots.pop("point").tolist()))
    minima = basins.minima
    order = np.argsort([one.loss for one in minima], kind="stable")
    rank = np.append(np.argsort(order), NO_MINIMUM)  # whose last is that of no minimum
    losses = np.array([one.loss for one in minima] + [np.nan])
    snapshots = snapshots.assign(basin=rank[places], basin_loss=losses[places])
    spent, descending = sum(passes for _, passes in runs), basins.objective.passes - before
    return Visits(snapshots, which, [minima[i] for i in order], budget, spent, descending)


def _run(
    objective: Objective,
    label: str,
    optimizer: Optimizer,
    space: Space | None,
    seed: int,
    budget: float,
    n_snapshots: int,
) -> tuple[list[dict[str, Any]], float]:
    """Return the snapshots of one run, and its passes."""
    watched = _Watched(objective, budget, n_snapshots)
    space = space if space is not None else objective.space  # type: ignore[attr-defined]
    result = minimize(watched, optimizer, budget=budget, seed=seed, space=space)
    run = {"optimizer": label, "seed": seed}
    return [run | snapshot for _, snapshot in sorted(watched.snapshots.items())], result.passes


class _Watched:
    """An objective that keeps the point of lowest loss in each part of a budget."""

    def __init__(self, objective: Objective, budget: float, n_snapshots: int) -> None:
        self._objective, self._n_snapshots = objective, n_snapshots
        self._length, self._passes = budget / n_snapshots, 0.0
        self.snapshots: dict[int, dict[str, Any]] = {}

    def __call__(self, points: Floats) -> Floats:
        return np.asarray(self._watch(self._objective, Order.VALUE, points))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._objective, name)
        if name == "mini_batch":
            return lambda batch: _Clocked(found(batch), self)
        return partial(self._watch, found, ORDERS[name]) if name in ORDERS else found

    def spend(self, passes: float) -> None:
        """Count what is evaluated and is in no snapshot."""
        self._passes += passes

    def _watch(self, evaluate: Any, order: Order, points: Floats) -> Any:
        answer = evaluate(points)
        losses = np.asarray(answer if order == Order.VALUE else answer[0])
        price = price_of(self._objective, order)
        begin, self._passes = self._passes, self._passes + price * len(points)
        first, last = self._part(begin + price), self._part(self._passes)
        if first == last:
            self._keep(first, begin, price, points, losses)
            return answer
        parts = np.array([self._part(begin + price * i) for i in range(1, len(points) + 1)])
        for part in range(first, last + 1):
            at = np.flatnonzero(parts == part)
            if len(at):
                self._keep(part, begin + price * at[0], price, points[at], losses[at])
        return answer

    def _part(self, passes: float) -> int:
        """Return the part of the budget that an evaluation ends in."""
        return min(ceil(passes / self._length) - 1, self._n_snapshots - 1)

    def _keep(self, part: int, begin: float, price: float, points: Floats, losses: Floats) -> None:
        """Keep the lowest of points (n, D) that follow each other in one part."""
        best = int(np.where(np.isfinite(losses), losses, np.inf).argmin())
        loss = float(losses[best])
        if loss < self.snapshots.get(part, {"loss": np.inf})["loss"]:
            passes = begin + price * (best + 1)
            point = np.array(points[best])
            known = {"passes": passes, "loss": loss, "point": point}
            self.snapshots[part] = {"snapshot": part} | known


class _Clocked:
    """A mini-batch, whose points are in no snapshot, but whose passes count."""

    def __init__(self, objective: Any, watched: _Watched) -> None:
        self._objective, self._watched = objective, watched

    def __call__(self, points: Floats) -> Floats:
        return np.asarray(self._spend(self._objective, Order.VALUE, points))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._objective, name)
        return partial(self._spend, found, ORDERS[name]) if name in ORDERS else found

    def _spend(self, evaluate: Any, order: Order, points: Floats) -> Any:
        self._watched.spend(price_of(self._objective, order) * len(points))
        return evaluate(points)
