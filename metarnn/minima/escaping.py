"""The probability that an optimizer escapes from a minimum, and the cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import delayed

from metarnn.optimizers import Objective, Optimizer, Space, minimize, resolve_optimizers
from metarnn.optimizers.minimize import positive
from metarnn.runtimes import wilson_interval
from metarnn.statistics import ert_interval
from metarnn.workers import parallel

from .counted_objective import seeds_of, space_of
from .hessian import Floats

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Escape:
    """Results of :func:`~metarnn.minima.escape`.

    Attributes
    ----------
    runs : pandas.DataFrame
        One row for each run: optimizer, seed, whether it escaped, the passes to the escape or
        else those spent, the lowest loss, and its distance from the start.
    start : (D,) array
    loss : float
        The loss of the start.
    target : float
        The loss that counts as an escape.
    budget : float
        Passes of each run.
    """

    runs: "pd.DataFrame"
    start: Floats
    loss: float
    target: float
    budget: float

    def summary(self, confidence: float = 0.95) -> "pd.DataFrame":
        """Return one row for each optimizer: the probability of escape, and the passes to it.

        Parameters
        ----------
        confidence : float
            Level of Wilson's score interval of the probability, `low` to `high`, and of the
            interval of the passes.

        Returns
        -------
        pandas.DataFrame
            With columns runs, escaped, probability, low, high, passes_median (over the runs
            that escaped) and ert, the expected running time: the passes of all runs divided by
            the number of runs that escaped, infinite if none did; `ert_low` to `ert_high` is its
            bootstrap interval.
        """
        import pandas as pd

        rows = {}
        for name, runs in self.runs.groupby("optimizer", sort=False):
            out, n = int(runs["escaped"].sum()), len(runs)
            low, high = wilson_interval(out, n, confidence)
            reached = runs["passes"].where(runs["escaped"])
            ert = ert_interval(reached, runs["passes"], seed=0, confidence=confidence)
            rows[name] = {"runs": n, "escaped": out, "probability": out / n, "low": low}
            rows[name] |= {"high": high, "passes_median": reached.median(), "ert": ert.value}
            rows[name] |= {"ert_low": ert.low, "ert_high": ert.high}
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index.name = "optimizer"
        return table


def escape(
    objective: Objective,
    optimizer: str | Optimizer | Iterable[str | Optimizer] | Mapping[str, Optimizer],
    start: Any,
    *,
    below: float,
    seeds: int | Sequence[int] = 20,
    budget: float = 10_000,
    radius: float | None = None,
    space: Space | None = None,
    n_jobs: int = 1,
) -> Escape:
    """Start optimizers in a minimum; count how many escape, and when.

    Parameters
    ----------
    objective : Objective
        What to minimize.
    optimizer : str, Optimizer, or an iterable or mapping of these
        One optimizer, or several with their labels; see
        :func:`metarnn.optimizers.resolve_optimizers`.
    start : (D,) array_like or Certificate
        The minimum, usually a certified one; the first point of each run.
    below : float
        How much lower than at the start the loss must be to count as an escape.
    seeds : int or sequence of int
        Number of runs of each optimizer, or their seeds; the same for all optimizers.
    budget : float
        Passes of each run.
    radius : float, optional
        Standard deviation, in units of the space's scale, of the normal distribution around the
        start from which the optimizers draw all other points. By default they draw from the space,
        so that most of a population starts outside of the minimum, and the result measures how
        well it continues from there.
    space : Space, optional
        The search space; by default that of the objective.
    n_jobs : int
        Parallel runs, in processes of their own; the results do not depend on it.

    Returns
    -------
    Escape
        The runs, with :meth:`Escape.summary`.

    Raises
    ------
    TypeError, ValueError
        An argument out of range, or an objective that lacks what an optimizer needs.

    Notes
    -----
    A random point may be in a lower basin by chance; RandomSearch shows how often. A lower loss
    means that a run has left the basin only if `below` exceeds rounding errors and the start has
    the lowest loss of its basin: certify it. Compare optimizers with the same radius. It does not
    change their steps, which depend on their settings and the space's scale.
    """
    below = positive("below", below, "loss")
    if radius is not None:
        radius = positive("radius", radius, "natural steps")
    found = space_of(objective, space)
    many = resolve_optimizers(optimizer)
    numbers = seeds_of(seeds)
    point = np.array(getattr(start, "point", start), dtype=float)
    if point.ndim != 1:
        raise ValueError(f"start must be one point ({found.dim},), got shape {point.shape}.")
    found = found.starting_at(point)
    if radius is not None:
        found = replace(found, sampler=_Around(point, radius * found.scale, found))
    loss = float(objective(point[None])[0])
    target = loss - below
    rows = parallel(n_jobs)(
        delayed(_run)(objective, label, one, found, seed, budget, target)
        for label, one in many.items()
        for seed in numbers
    )
    import pandas as pd

    return Escape(pd.DataFrame(rows), point, loss, target, float(budget))


@dataclass(frozen=True)
class _Around:
    """Draws points around another point, within the bounds of a space."""

    point: Floats
    spread: Floats
    space: Space

    def __call__(self, n: int, rng: np.random.Generator) -> Floats:
        drawn = self.point + self.spread * rng.standard_normal((n, len(self.point)))
        return self.space.repair(drawn)


def _run(
    objective: Objective,
    label: str,
    optimizer: Optimizer,
    space: Space,
    seed: int,
    budget: float,
    target: float,
) -> dict[str, Any]:
    """Return the row of one run."""
    result = minimize(objective, optimizer, budget=budget, seed=seed, space=space, target=target)
    reached = result.history.reached(target)
    return {
        "optimizer": label,
        "seed": seed,
        "escaped": reached is not None,
        "passes": result.passes if reached is None else reached[0],
        "loss": result.fun,
        "distance": float(np.linalg.norm(result.x - space.start)),
    }
