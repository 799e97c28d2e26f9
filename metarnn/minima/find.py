"""The minima of a loss, by many descents with certificates."""

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from metarnn.optimizers import Objective, Space, Stopped
from metarnn.optimizers.minimize import Seed, positive

from .certificate import Certificate, certified
from .clusters import Cluster, clustered
from .counted_objective import UNLIMITED, CountedObjective, check_integers
from .hessian import Floats
from .newton import first_descent, newton
from .valley import inert_directions

if TYPE_CHECKING:
    import pandas as pd

#: Steps of L-BFGS after which converged starts drop out.
ROUND = 50

#: Newton's method continues to this fraction of `tol`.
EXTRA = 1e-3


@dataclass(frozen=True)
class Minima:
    """Results of :func:`~metarnn.minima.find_minima`.

    Attributes
    ----------
    certificates : list of Certificate
        One for each start, in their order.
    clusters : list of Cluster
        Minima first, then by increasing loss. Isolated minima are the same if a symmetry of the
        network maps one to the other; everything else is distinguished by kind, loss and the
        number of flat directions. Symmetries of the data lead to several minima of the same loss.
    passes, seconds : float
        The cost, certificates included.
    """

    certificates: list[Certificate]
    clusters: list[Cluster]
    passes: float
    seconds: float

    @property
    def minima(self) -> list[Cluster]:
        """The clusters that are certified minima."""
        return [cluster for cluster in self.clusters if cluster.kind == "minimum"]

    def to_frame(self) -> "pd.DataFrame":
        """Return a table with one row for each cluster: its certificate and fraction of starts."""
        import pandas as pd

        rows = []
        for cluster in self.clusters:
            found = cluster.certificate
            low, high = found.eigenvalues[[0, -1]] if len(found.eigenvalues) else (np.nan, np.nan)
            rows.append(
                {
                    "kind": cluster.kind,
                    "loss": cluster.loss,
                    "starts": len(cluster.starts),
                    "share": len(cluster.starts) / len(self.certificates),
                    "gradient_norm": found.gradient_norm,
                    "lowest_eigenvalue": low,
                    "highest_eigenvalue": high,
                    "error": found.error,
                    "n_flat": found.n_flat,
                    "trap": found.trap,
                    "length": float(np.linalg.norm(found.point)),
                }
            )
        return pd.DataFrame(rows)


def find_minima(
    objective: Objective,
    *,
    n_starts: int = 100,
    seed: Seed = None,
    budget: float | None = None,
    steps: int = 1000,
    tol: float = 1e-10,
    space: Space | None = None,
) -> Minima:
    """Descend from many random points to zero gradients, and certify the end points.

    All starts descend in one batch by :class:`~metarnn.optimizers.LBFGS`, and those with a zero
    gradient drop out; then Newton's method reduces the gradients to below `tol`. Each point is
    certified by its second derivatives, and copies are combined.

    Parameters
    ----------
    objective : Objective
        With exact gradients in float64: a :class:`metarnn.Fitness` of a network of
        ``dtype="float64"``, or a function of your own. With a penalty (``alpha``) a network has
        true minima; without a penalty, many descents follow valleys to infinity, and are
        certified as such.
    n_starts : int
        Number of descents.
    seed : int, SeedSequence or Generator, optional
        The same seed gives the same starts and results.
    budget : float, optional
        Limit in passes for the descents, without the certificates; by default none.
    steps : int
        Limit of the steps of L-BFGS from each start.
    tol : float
        Norm of the gradient at which a descent ends.
    space : Space, optional
        The space of the starts, by default that of the objective. Its bounds limit the starts
        only.

    Returns
    -------
    Minima
        The certificates of all starts, and the distinct minima.

    Raises
    ------
    TypeError, ValueError
        An argument out of range, no gradients, no space, or a network in float32.

    Notes
    -----
    The certificates are as reliable as finite differences are, but there may be more minima: the
    fractions of the starts are those of the basins for this space and this descent, and small
    basins are missed. Use more starts, and a wider space.
    """
    check_integers(1, n_starts=n_starts, steps=steps)
    if budget is not None:
        budget = positive("budget", budget, "passes")
    tol = positive("tol", tol, "loss per unit of weight")
    began = time.perf_counter()
    counted = CountedObjective(objective, space, budget or UNLIMITED)
    rng = np.random.default_rng(seed)
    points = counted.space.sample(n_starts, rng)
    with suppress(Stopped):  # the points are those before the last round
        descend(counted, points, steps, tol, rng)
    certifying = CountedObjective(objective, space)
    inert = inert_directions(certifying, points[0])
    certificates = certified(certifying, points, inert, 100 * tol)
    clusters = clustered(certificates, inert, counted.network)
    spent = counted.passes + certifying.passes
    return Minima(certificates, clusters, spent, time.perf_counter() - began)


def descend(
    objective: CountedObjective, points: Floats, steps: int, tol: float, rng: np.random.Generator
) -> None:
    """Move points (n, D) to where their gradients are zero."""
    free = replace(objective.space, bounds=None)
    at = np.arange(len(points))
    for begin in range(0, steps, ROUND):
        descent = first_descent(len(at))
        few = min(ROUND, steps - begin)
        points[at], _ = objective.answers(descent.refine(points[at], free, few, rng))
        norms = np.linalg.norm(objective.gradient(points[at])[1], axis=1)
        at = at[norms > tol]
        if not len(at):
            break
    # Convergence beyond `tol` makes second derivatives, and the classification, more exact.
    points[:] = newton(objective.gradient, points, tol=EXTRA * tol)
