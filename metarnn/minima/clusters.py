"""The certified points that are one and the same, up to the symmetries of the network."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .certificate import KINDS, Certificate
from .hessian import Floats
from .symmetry import Symmetry

# Relative differences of two copies of a minimum: of the loss, and of the weights.
SAME_LOSS, SAME_POINT = 1e-9, 1e-5

#: Relative difference of the losses of one cluster that is not a point, such as a valley.
NEAR_LOSS = 1e-4


@dataclass(frozen=True)
class Cluster:
    """The starts, by index, that ended in the same minimum, up to its symmetries.

    The certificate is that of the first member, of which the others are copies.

    Attributes
    ----------
    certificate : Certificate
        That of the first member.
    starts : list of int
        The starts, by index.
    """

    certificate: Certificate
    starts: list[int]

    @property
    def kind(self) -> str:
        """The kind of its certificate."""
        return self.certificate.kind

    @property
    def loss(self) -> float:
        """The loss of the minimum."""
        return self.certificate.loss


class Clusters:
    """Clusters that grow by one certificate at a time.

    Copies of a minimum may differ along the inert directions (m, D), which are orthonormal, and
    by the symmetries of the network, if there is one.
    """

    def __init__(self, inert: Floats, network: object = None) -> None:
        from metarnn.networks.network import Network

        self.found: list[Cluster] = []
        self._inert = inert
        self._symmetry = Symmetry(network) if isinstance(network, Network) else None
        self._forms: list[Floats] = []

    def include(self, cluster: Cluster) -> None:
        """Add a cluster that differs from the others."""
        self.found.append(cluster)
        self._forms.append(self._form(cluster.certificate.point))

    def add(self, certificate: Certificate, start: int | None = None) -> int:
        """Add what a start led to; return the index of its cluster, which may be a new one."""
        starts = [] if start is None else [start]
        form = self._form(certificate.point)
        for index, cluster in enumerate(self.found):
            if self._same(cluster.certificate, self._forms[index], certificate, form):
                cluster.starts.extend(starts)
                return index
        self.found.append(Cluster(certificate, starts))
        self._forms.append(form)
        return len(self.found) - 1

    def index_of(self, point: Floats, loss: float) -> int | None:
        """Return the isolated minimum that a point is, which then needs no other certificate."""
        form = self._form(point)
        for index, cluster in enumerate(self.found):
            known = cluster.certificate
            near = self._isolated(known) and _near(known.loss, loss, SAME_LOSS)
            if near and self._same_place(self._forms[index], form):
                return index
        return None

    def _form(self, point: Floats) -> Floats:
        form = point - (self._inert @ point) @ self._inert
        return form if self._symmetry is None else self._symmetry.canonical(form)

    def _isolated(self, one: Certificate) -> bool:
        return one.kind == "minimum" and one.n_flat == len(self._inert)

    def _same(self, a: Certificate, a_form: Floats, b: Certificate, b_form: Floats) -> bool:
        """Return whether two certificates are of the same cluster."""
        isolated = self._isolated(a)
        unlike = a.kind != b.kind or a.n_flat != b.n_flat
        if unlike or not _near(a.loss, b.loss, SAME_LOSS if isolated else NEAR_LOSS):
            return False
        return not isolated or self._same_place(a_form, b_form)

    def _same_place(self, a_form: Floats, b_form: Floats) -> bool:
        if self._symmetry is not None:
            b_form = self._symmetry.aligned(b_form, a_form)
        apart = np.linalg.norm(a_form - b_form)
        return bool(apart <= SAME_POINT * max(1.0, float(np.linalg.norm(a_form))))


def _near(a: float, b: float, tol: float) -> bool:
    return abs(a - b) <= tol * max(abs(a), abs(b), tol)


def clustered(
    certificates: Iterable[Certificate], inert: Floats, network: object = None
) -> list[Cluster]:
    """Combine the copies of a minimum, and other points of the same kind and loss."""
    clusters = Clusters(inert, network)
    for number, found in sorted(enumerate(certificates), key=lambda pair: pair[1].loss):
        clusters.add(found, number)
    return sorted(clusters.found, key=lambda one: (KINDS.index(one.kind) > 0, one.loss))
