"""Any optimizer, of the weights ahead of a readout that is solved for each candidate."""

from dataclasses import dataclass, field

import numpy as np

from ..optimizer import Optimizer, Search, setting
from ..population.cuckoo_search import CuckooSearch
from ..space import Space


@dataclass
class SolvedReadout(Optimizer):
    """Any optimizer, of the weights ahead of a readout that is solved for each candidate.

    The search is that of the optimizer itself; what changes is the objective, which is asked to
    solve for the weights of the last linear map (:class:`metarnn.SolvedFitness`): D is smaller, and
    each candidate is judged by the best that its features allow. Estimators, ``compare`` and
    studies do so.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer to run.
    solve : {"logistic", "ridge", "leave_one_out", "held_out"}
        How the readout is solved. The loss of "logistic" is the cross-entropy, so that its runs
        stand beside those of whole networks; the others have losses of their own, which a study
        compares only where all optimizers have them.

    Notes
    -----
    A pass that solves takes longer: a logistic regression some 5 to 60 times the forward pass of a
    small network. It pays in passes where features are hard to find and easy to read, and in
    seconds only where the search without it does not end. It does nothing for a function without
    a readout; :func:`~metarnn.optimizers.minimize` refuses a :class:`metarnn.Fitness`, which has
    one and does not solve for it.

    References
    ----------
    J. Schmidhuber, D. Wierstra, M. Gagliolo, F. Gomez: Training recurrent networks by Evolino.
    Neural Computation 19 (2007) 757-779.
    """

    optimizer: Optimizer = field(default_factory=CuckooSearch)
    solve: str = setting("logistic", choices=("logistic", "ridge", "leave_one_out", "held_out"))

    @property
    def size_param(self) -> str | None:
        """The optimizer's setting, by its nested name."""
        name = self.optimizer.size_param
        return name and f"optimizer__{name}"

    @property
    def solves(self) -> str | None:
        return self.solve

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        yield from self.optimizer.search(space, rng)
