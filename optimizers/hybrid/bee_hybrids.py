"""The artificial bee colony with gradient steps, under the names of the papers.

They are the rivals in the papers on cuckoo search with gradient steps (:mod:`.cuckoo_hybrids`).
Only the abstracts were available. They name the components, but not which points take gradient
steps, when, and how many. Here every point takes one step in every generation, as in CSBPERN, so
that only the population method differs.
"""

from dataclasses import dataclass, field

from ..population.bee_colony import BeeColony
from ..population_based import Population
from .cuckoo_hybrids import CSBPERN, CSLM


@dataclass
class ABCBP(CSBPERN):
    """ABC-BP: each food source takes one step of back-propagation, then the bees fly.

    :class:`Memetic` with other defaults.

    Notes
    -----
    A generation costs six passes a source. A step that lowers the loss of a source also counts as
    a success of its bee, so that sources are abandoned less often. The colony moves single
    coordinates, which promises little where coordinates depend on each other, as weights do:
    compare with ``CSBPERN()`` and with several starts of Rprop.

    References
    ----------
    S. Nandy, P. P. Sarkar, A. Das: Training a feed-forward neural network with artificial bee
    colony based backpropagation method. International Journal of Computer Science and
    Information Technology 4 (2012).
    """

    population: Population = field(default_factory=BeeColony)


@dataclass
class ABCLM(CSLM):
    """ABC-LM: each food source takes one Levenberg-Marquardt step, then the bees fly.

    :class:`Memetic` with other defaults.

    Notes
    -----
    Expensive, and for few weights only, as :class:`CSLM`; for the bees see :class:`ABCBP`.

    References
    ----------
    C. Ozturk, D. Karaboga: Hybrid artificial bee colony algorithm for neural network training.
    CEC 2011, 84-88.
    """

    population: Population = field(default_factory=BeeColony)
