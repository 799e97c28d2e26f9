"""How likely optimizers leave minima, and at what cost, for several minima at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from metarnn.optimizers import Objective, Optimizer, Space

from .basins import minima_of
from .clusters import Cluster
from .escaping import Escape, escape
from .find import Minima

if TYPE_CHECKING:
    import pandas as pd

#: The label of the rows over all minima.
ALL = "all"


def leaving(
    objective: Objective,
    optimizer: str | Optimizer | Iterable[str | Optimizer] | Mapping[str, Optimizer],
    found: Minima | Sequence[Cluster],
    *,
    below: float = 1e-6,
    seeds: int | Sequence[int] = 20,
    budget: float = 10_000,
    radius: float | None = None,
    space: Space | None = None,
    n_jobs: int = 1,
    confidence: float = 0.95,
) -> "pd.DataFrame":
    """Start optimizers in each of several minima, and count how many reach a lower loss.

    Parameters
    ----------
    objective, optimizer
        As for :func:`escape`.
    found : Minima or list of Cluster
        The minima to leave: some of ``find_minima(...).minima``. No run can leave the lowest one,
        so leave that out.
    below : float
        How much lower than the minimum counts: a little more than rounding errors, since a lower
        loss is in another basin.
    seeds, budget, radius, space, n_jobs
        As for :func:`escape`.
    confidence : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row for each minimum and optimizer, and for each optimizer a row "all" over the runs
        from all minima, with the columns of :meth:`Escape.summary` and the loss of the minimum.

    Raises
    ------
    TypeError, ValueError
        As for :func:`escape`, or no minima.
    """
    import pandas as pd

    minima = minima_of(found)
    if not minima:
        raise ValueError("found must have at least one minimum to leave, got none.")
    made: dict[int | str, Escape] = {
        number: escape(
            objective,
            optimizer,
            one.certificate,
            below=below,
            seeds=seeds,
            budget=budget,
            radius=radius,
            space=space,
            n_jobs=n_jobs,
        )
        for number, one in enumerate(minima)
    }
    first = made[0]
    runs = pd.concat([one.runs for one in made.values()], ignore_index=True)
    made[ALL] = Escape(runs, first.start, float("nan"), first.target, first.budget)
    tables = {name: one.summary(confidence).assign(loss=one.loss) for name, one in made.items()}
    return pd.concat(tables, names=["minimum"])
