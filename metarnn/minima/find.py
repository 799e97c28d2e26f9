"""The minima of a loss, by many descents, each one certified."""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from metarnn.optimizers import LBFGS, Objective, Space, Stopped
from metarnn.optimizers.minimize import Seed, positive

from .certificate import KINDS, Certificate, certified
from .counted_objective import UNLIMITED, CountedObjective
from .hessian import Floats
from .inert import inert_directions
from .newton import newton
from .symmetry import Symmetry

if TYPE_CHECKING:
    import pandas as pd

#: Steps of L-BFGS after which those that have arrived drop out.
ROUND = 50

#: Newton's method continues to this fraction of `tol`.
EXTRA = 1e-3

# Of two copies of one minimum: the share by which losses differ, and weights.
SAME_LOSS, SAME_POINT = 1e-9, 1e-5

#: Of all that is not one point, such as valleys, the share by which losses differ.
NEAR_LOSS = 1e-4


@dataclass(frozen=True)
class Cluster:
    """Starts that ended in the same minimum, but for the order and signs of hidden units.

    Attributes
    ----------
    certificate : Certificate
        Of the first that was found; the others are copies of it.
    starts : list of int
        Which ones ended there.
    """

    certificate: Certificate
    starts: list[int]

    @property
    def kind(self) -> str:
        """See :class:`Certificate`."""
        return self.certificate.kind

    @property
    def loss(self) -> float:
        """Of the minimum."""
        return self.certificate.loss


@dataclass(frozen=True)
class Minima:
    """Results of :func:`find_minima`.

    Attributes
    ----------
    certificates : list of Certificate
        One a start, in their order.
    clusters : list of Cluster
        Minima first, then from the lowest loss up. Isolated minima are the same if a symmetry of
        the network takes one to the other; all else is told apart by kind, loss and the number
        of flat directions alone. Symmetries of the data make minima of one loss, but several.
    passes, seconds : float
        What it took, certificates included.
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
        """Return a table, one row a cluster: what it is, and the share of starts it caught."""
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
    """Descend from many random points to where the gradient is zero, and certify what is there.

    All starts descend in one batch by :class:`~metarnn.optimizers.LBFGS`, and those whose
    gradient has vanished drop out; then Newton's steps take each on to a gradient of about
    `tol`. Each point is certified by its second derivatives, and copies are put together.

    Parameters
    ----------
    objective : Objective
        With exact gradients in float64: a :class:`metarnn.Fitness` of a network of
        ``dtype="float64"``, or a function of your own. With a penalty (``alpha``) a network has
        true minima; without, many descents run along valleys to infinity, and are said to.
    n_starts : int
        Descents.
    seed : int, SeedSequence or Generator, optional
        The same seed gives the same starts and results.
    budget : float, optional
        Passes at most for the descents; no limit, if not given. Certificates come on top.
    steps : int
        Of L-BFGS from each start, at most.
    tol : float
        Norm of the gradient at which a descent ends.
    space : Space, optional
        Where starts are drawn, by default that of the objective. Its bounds bind nothing else.

    Returns
    -------
    Minima

    Raises
    ------
    TypeError, ValueError
        An argument out of range, no gradients, no space, or a network in float32.

    Notes
    -----
    What it finds it proves, as far as differences do, but there may be more: the shares of the
    starts are those of the basins under this space's draws and this descent, and small basins
    are missed. Take more starts, and a wider space.
    """
    for name, number in (("n_starts", n_starts), ("steps", steps)):
        if not isinstance(number, int | np.integer) or isinstance(number, bool) or number < 1:
            raise ValueError(f"{name} must be an integer of at least 1, got {number!r}.")
    if budget is not None:
        budget = positive("budget", budget, "passes")
    tol = positive("tol", tol, "loss per unit of weight")
    began = time.perf_counter()
    counted = CountedObjective(objective, space, budget or UNLIMITED)
    rng = np.random.default_rng(seed)
    points = counted.space.sample(n_starts, rng)
    with suppress(Stopped):  # the points are where they were before the last round
        _descend(counted, points, steps, tol, rng)
    certifying = CountedObjective(objective, space)
    inert = inert_directions(certifying, points[0])
    certificates = certified(certifying, points, inert, 100 * tol)
    clusters = clustered(certificates, inert, counted.network)
    spent = counted.passes + certifying.passes
    return Minima(certificates, clusters, spent, time.perf_counter() - began)


def _descend(
    objective: CountedObjective,
    points: Floats,
    steps: int,
    tol: float,
    rng: np.random.Generator,
) -> None:
    """Move points (n, D) to where their gradients are zero."""
    free = replace(objective.space, bounds=None)
    at = np.arange(len(points))
    for begin in range(0, steps, ROUND):
        descent = LBFGS(n_starts=len(at), tol=0.0, restart="stay")
        few = min(ROUND, steps - begin)
        points[at], _ = objective.answers(descent.refine(points[at], free, few, rng))
        norms = np.linalg.norm(objective.gradient(points[at])[1], axis=1)
        at = at[norms > tol]
        if not len(at):
            break
    # One more step than asked for makes second derivatives, and what is told from them, exact.
    points[:] = newton(objective.gradient, points, tol=EXTRA * tol)


def clustered(
    certificates: Iterable[Certificate], inert: Floats, network: object = None
) -> list[Cluster]:
    """Put together the copies of a minimum, and whatever else has the same kind and loss.

    Parameters
    ----------
    certificates : iterable of Certificate
    inert : (m, D) array
        Directions that have no effect, orthonormal: minima may differ by these.
    network : Network, optional
        Whose symmetries make copies; see :class:`Symmetry`. None for other objectives.
    """
    from metarnn.networks.network import Network

    symmetry = Symmetry(network) if isinstance(network, Network) else None
    clusters: list[Cluster] = []
    forms: list[Floats] = []
    numbered = sorted(enumerate(certificates), key=lambda pair: pair[1].loss)
    for number, found in numbered:
        form = found.point - (inert @ found.point) @ inert
        form = form if symmetry is None else symmetry.canonical(form)
        for cluster, other in zip(clusters, forms, strict=True):
            if _same(cluster.certificate, other, found, form, len(inert), symmetry):
                cluster.starts.append(number)
                break
        else:
            clusters.append(Cluster(found, [number]))
            forms.append(form)
    return sorted(clusters, key=lambda one: (KINDS.index(one.kind) > 0, one.loss))


def _same(
    a: Certificate,
    a_form: Floats,
    b: Certificate,
    b_form: Floats,
    n_inert: int,
    symmetry: Symmetry | None,
) -> bool:
    """Tell whether two certificates are of the same."""
    isolated = a.kind == "minimum" and a.n_flat == n_inert
    near = SAME_LOSS if isolated else NEAR_LOSS
    unlike = a.kind != b.kind or a.n_flat != b.n_flat
    if unlike or abs(a.loss - b.loss) > near * max(abs(a.loss), abs(b.loss), near):
        return False
    if not isolated:
        return True
    if symmetry is not None:
        b_form = symmetry.aligned(b_form, a_form)
    apart = np.linalg.norm(a_form - b_form)
    return bool(apart <= SAME_POINT * max(1.0, float(np.linalg.norm(a_form))))
