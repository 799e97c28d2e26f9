"""The map of minima: which one follows which when a kick and a descent alternate."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metarnn.optimizers import Objective, Space
from metarnn.optimizers.minimize import Seed, positive

from .basins import NO_MINIMUM, Basins, minima_of
from .clusters import Cluster
from .counted_objective import check_integers
from .find import Minima
from .hessian import Floats

if TYPE_CHECKING:
    import pandas as pd

#: Losses that differ by this fraction are equal.
EQUAL = 1e-6


@dataclass(frozen=True)
class OptimaNetwork:
    """A local optima network, as :func:`~metarnn.minima.optima_network` returns it.

    Attributes
    ----------
    minima : list of Cluster
        The nodes, by increasing loss.
    kicks : (n, n) array of int
        How many kicks from a minimum (row) led to the basin of another one (column), or back.
    elsewhere : (n,) array of int
        Kicks from each that led to a minimum that is not a node, or to none that is certified.
    strength : float
        Of the kicks.
    passes : float
        The cost.
    """

    minima: list[Cluster]
    kicks: NDArray[np.int64]
    elsewhere: NDArray[np.int64]
    strength: float
    passes: float

    @property
    def losses(self) -> Floats:
        """The loss (n,) of each minimum."""
        return np.array([one.loss for one in self.minima])

    @property
    def basins(self) -> Floats:
        """The fraction (n,) of the starts of :func:`find_minima` that each minimum attracted.

        Of those that ended in a minimum of the network.
        """
        counts = np.array([len(one.starts) for one in self.minima], dtype=float)
        return counts / max(counts.sum(), 1.0)

    @property
    def edges(self) -> Floats:
        """The fraction (n, n) of the kicks from a minimum that led to another; 0 to itself."""
        totals = self.kicks.sum(axis=1) + self.elsewhere
        edges = self.kicks / np.maximum(totals, 1)[:, None]
        np.fill_diagonal(edges, 0.0)
        return edges

    @property
    def monotonic(self) -> Floats:
        """The edges (n, n) to a loss that is not higher, which a search that only improves takes.

        G. Ochoa, N. Veerapen, F. Daolio, M. Tomassini: Understanding phase transitions with local
        optima networks. EvoCOP 2017, 233-248.
        """
        losses = self.losses
        return np.where(losses <= (losses + EQUAL * np.abs(losses))[:, None], self.edges, 0.0)

    @cached_property
    def plateaus(self) -> NDArray[np.int64]:
        """The node (n,) of the compressed network that each minimum is part of, by loss.

        Minima of equal loss that edges connect are one node of it.
        """
        from scipy.sparse.csgraph import connected_components

        equal = np.abs(self.losses[:, None] - self.losses) <= EQUAL * np.abs(self.losses)
        labels = connected_components((self.edges > 0) & equal, directed=False)[1]
        _, first = np.unique(labels, return_index=True)
        order = np.argsort(np.argsort(first))
        return np.asarray(order[labels], dtype=np.int64)

    @property
    def bottoms(self) -> NDArray[np.int64]:
        """The nodes of the compressed monotonic network without an edge out: the ends of funnels.

        Numbers as in `plateaus`.
        """
        down = self.monotonic
        inside = self.plateaus[:, None] == self.plateaus
        leaves = (np.where(inside, 0.0, down) > 0).any(axis=1)
        return np.setdiff1d(self.plateaus, self.plateaus[leaves])

    @cached_property
    def ends(self) -> Floats:
        """The probability (n, m) that a search from each minimum ends in each of the m bottoms.

        The search kicks and descends without end, and accepts what is not worse. It is a Markov
        chain over the compressed monotonic network, whose bottoms absorb.
        """
        plateaus, bottoms = self.plateaus, self.bottoms
        n_nodes = int(plateaus.max(initial=-1)) + 1
        member = np.eye(n_nodes)[plateaus]
        # A search on a plateau is taken to be at each of its minima equally often.
        flow = member.T @ self.monotonic @ member / member.sum(axis=0)[:, None]
        np.fill_diagonal(flow, 0.0)
        chances = flow / np.maximum(flow.sum(axis=1, keepdims=True), 1e-300)
        chances[bottoms] = 0.0
        arrivals = np.eye(n_nodes)[:, bottoms]
        ended = np.linalg.solve(np.eye(n_nodes) - chances, arrivals)
        return np.asarray(ended[plateaus])

    def to_frame(self) -> "pd.DataFrame":
        """Return a table with one row for each minimum.

        Returns
        -------
        pandas.DataFrame
            Its loss and the fraction of the starts in its basin; the fractions of kicks that came
            back, that led to a minimum that is lower, as low, higher, or elsewhere; whether it is
            a bottom; and the probability that a search from it that only improves ends in the
            lowest minimum.
        """
        import pandas as pd

        edges, losses = self.edges, self.losses
        margin = EQUAL * np.abs(losses)[:, None]
        apart = losses - losses[:, None]
        totals = np.maximum(self.kicks.sum(axis=1) + self.elsewhere, 1)
        return pd.DataFrame(
            {
                "loss": losses,
                "basin": self.basins,
                "stays": np.diag(self.kicks) / totals,
                "lower": np.where(apart < -margin, edges, 0.0).sum(axis=1),
                "as_low": np.where(np.abs(apart) <= margin, edges, 0.0).sum(axis=1),
                "higher": np.where(apart > margin, edges, 0.0).sum(axis=1),
                "elsewhere": self.elsewhere / totals,
                "bottom": np.isin(self.plateaus, self.bottoms),
                "to_lowest": self.to_lowest,
            }
        )

    @property
    def to_lowest(self) -> Floats:
        """The probability (n,) that a search that only improves ends at the lowest loss."""
        ends_low = np.isin(self.bottoms, self.plateaus[self.lowest])
        return np.asarray(self.ends[:, ends_low].sum(axis=1))

    @property
    def lowest(self) -> NDArray[np.bool_]:
        """Which minima (n,) are as low as the lowest: symmetries of the data make several."""
        low = self.losses.min(initial=np.inf)
        return np.asarray(self.losses <= low + EQUAL * abs(low))

    def to_networkx(self) -> Any:
        """Return the network for networkx, to analyze, draw or write it as other tools do.

        Returns
        -------
        networkx.DiGraph
            Nodes 0 to n - 1 with `loss` and `basin`, and edges with `weight`, the fraction of
            kicks.

        Raises
        ------
        ImportError
            networkx is missing.
        """
        networkx = import_networkx()
        graph = networkx.DiGraph()
        for number, (loss, basin) in enumerate(zip(self.losses, self.basins, strict=True)):
            graph.add_node(number, loss=float(loss), basin=float(basin))
        edges = self.edges
        for a, b in np.argwhere(edges > 0):
            graph.add_edge(int(a), int(b), weight=float(edges[a, b]))
        return graph


def import_networkx() -> Any:
    """Return networkx, or raise a sentence on how to install it."""
    try:
        import networkx
    except ImportError as missing:
        raise ImportError(
            "Networks of minima need networkx: pip install 'metarnn[minima]'."
        ) from missing
    return networkx


def optima_network(
    objective: Objective,
    found: Minima | Sequence[Cluster],
    *,
    n_kicks: int = 50,
    strength: float = 1.0,
    seed: Seed = 0,
    space: Space | None = None,
) -> OptimaNetwork:
    """Kick each minimum many times, and tell where the descents from there end.

    A kick adds normal noise to all weights; the descent and the comparison with the known minima
    are those of :func:`visits`. Nodes, edges and funnels are those of local optima networks.

    Parameters
    ----------
    objective : Objective
        With exact gradients in float64, as for :func:`find_minima`.
    found : Minima or list of Cluster
        The nodes, such as the minima of ``find_minima(...)`` or of ``visits(...)``.
    n_kicks : int
        Kicks from each minimum.
    strength : float
        Standard deviation of the noise, in units of the space's scale. Weak kicks lead back,
        strong ones anywhere.
    seed : int, SeedSequence or Generator, optional
        The same seed gives the same kicks.
    space : Space, optional
        Whose scale; by default that of the objective.

    Returns
    -------
    OptimaNetwork
        The minima, and the kicks that led from one to another.

    Raises
    ------
    ValueError
        An argument out of range, no minima, no gradients, or a network in float32.

    Notes
    -----
    The network depends on the strength, and lacks minima that were never found: `elsewhere` counts
    the kicks that led to these.

    G. Ochoa, M. Tomassini, S. Verel, C. Darabos: A study of NK landscapes' basins and local optima
    networks. GECCO 2008, 555-562. J. Adair, G. Ochoa, K. M. Malan: Local optima networks for
    continuous fitness landscapes. GECCO 2019 (companion), 1407-1414.
    """
    check_integers(1, n_kicks=n_kicks)
    strength = positive("strength", strength, "natural steps")
    minima = sorted(minima_of(found), key=lambda one: one.loss)
    if not minima:
        raise ValueError("found must have at least one minimum, got none.")
    basins, n = Basins(objective, minima, space), len(minima)
    scale = strength * basins.objective.space.scale
    points = np.stack([one.certificate.point for one in minima])
    noise = np.random.default_rng(seed).standard_normal((n, n_kicks, points.shape[1]))
    kicked = points[:, None] + scale * noise
    ends = basins.of(kicked.reshape(n * n_kicks, -1)).reshape(n, n_kicks)
    ends[ends >= n] = NO_MINIMUM
    kicks = np.stack([(ends == number).sum(axis=1) for number in range(n)], axis=1)
    elsewhere = (ends == NO_MINIMUM).sum(axis=1)
    return OptimaNetwork(minima, kicks, elsewhere, strength, basins.objective.passes)
