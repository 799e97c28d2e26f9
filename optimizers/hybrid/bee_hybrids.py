"""The artificial bee colony with gradient steps, under the names that papers gave it.

These are the rivals in the papers on cuckoo search with gradient steps
(:mod:`.cuckoo_hybrids`). Only the summaries of the papers were read. They say what is combined,
not which points take gradient steps, when, and how many: here it is every point, one step in
every generation, as in CSBPERN, so that the population method is all that differs.
"""

from dataclasses import dataclass, field

from ..population.bee_colony import BeeColony
from ..population_based import Population
from .cuckoo_hybrids import CSBPERN, CSLM


@dataclass
class ABCBP(CSBPERN):
    """ABC-BP: each food source takes one step of back-propagation, then the bees fly.

    :class:`Memetic` with other defaults, and all of its settings.

    Notes
    -----
    A generation costs six passes a source. A step that lowers a source's loss also counts as
    a success of its bee, so sources are given up less often. Of the bee colony's moves of single
    coordinates little is to be expected where the coordinates depend on each other, as weights
    do: compare with ``CSBPERN()`` and with several starts of Rprop.

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

    :class:`Memetic` with other defaults, and all of its settings.

    Notes
    -----
    Dear, and for few weights only, as :class:`CSLM`, where it is said why; what is to be expected
    of the bees is said in :class:`ABCBP`.

    References
    ----------
    C. Ozturk, D. Karaboga: Hybrid artificial bee colony algorithm for neural network training.
    CEC 2011, 84-88.
    """

    population: Population = field(default_factory=BeeColony)
