"""Cuckoo search and bee colonies with gradient steps, under the names of the papers.

The papers on cuckoo search are by one group (N. M. Nawi, A. Khan, M. Z. Rehman, T. Herawan and
others). The classes follow the published pseudocode; they do not claim to reproduce the published
results. Each class names what the papers leave open. The bee colonies are the rivals in these
papers. Of theirs only the abstracts were available, which name the components, but not which points
take gradient steps, when, and how many: every point takes one step in every generation, as in
CSBPERN, so that only the population method differs.

Cuckoo search has weaknesses (see :class:`CuckooSearch`). Two cautions about the papers: epochs of
different methods are not comparable, since one epoch of CSBPERN costs six passes a nest, so compare
by passes; and a row of a table that enters an Elman network in a single step leaves the recurrent
weights without effect, so feed it feature by feature, ``timesteps="features"``. The papers' network
has one direction and answers after the last step: ``bidirectional=False, readout="last"``.
"""

from dataclasses import dataclass, field

from ..descent import Descent
from ..gradient.gradient_descent import GradientDescent
from ..gradient.levenberg_marquardt import LevenbergMarquardt
from ..optimizer import setting
from ..population.bee_colony import BeeColony
from ..population.cuckoo_search import CuckooSearch
from ..population_based import Population
from .memetic import Memetic


def back_propagation() -> GradientDescent:
    """Return gradient descent without momentum, clipping or schedule."""
    return GradientDescent(learning_rate=0.4, momentum=0.0, max_norm=None)


def reference_code() -> CuckooSearch:
    """Return cuckoo search with the settings of its authors' code."""
    return CuckooSearch(n_nests=25, discovery_rate=0.25, step_size=0.01, patience=None)


@dataclass
class CSERN(CuckooSearch):
    """CSERN: cuckoo search on the weights of an Elman network.

    :class:`CuckooSearch` with the settings of its reference code. The user chooses the Elman
    network:
    ``RNNClassifier(cell="elman", bidirectional=False, readout="last", optimizer="csern")``.

    Notes
    -----
    In the paper, a nest is the full weight vector, and its loss is the network's error; cuckoo
    search alone lowers it, and the best nest is the result. The text prints the pseudocode of
    Yang and Deb, ``variant="paper"``, but does not say which code was run. The variant here is
    the reference code, which nearly everyone runs and which does better.

    Without a gradient the number of passes grows with the number of weights. Use it to see
    what the gradient steps of :class:`CSBPERN` add, or where there is no gradient.

    References
    ----------
    N. M. Nawi, A. Khan, M. Z. Rehman, H. Chiroma, T. Herawan: Weight optimization in recurrent
    neural networks with hybrid metaheuristic cuckoo search techniques for data classification.
    Mathematical Problems in Engineering 2015, 868375.
    """

    n_nests: int = setting(25, low=3, size=True, tune=(5, 60), log=True)
    discovery_rate: float = setting(0.25, low=0.0, high=1.0, tune=(0.05, 0.95))
    step_size: float = setting(0.01, above=0.0, tune=(3e-3, 1.0), log=True)
    patience: int | None = setting(None, low=1)


@dataclass
class CSBPERN(Memetic):
    """CSBPERN: each nest takes one step of back-propagation, then comes cuckoo search.

    :class:`Memetic` with other defaults.

    Notes
    -----
    The steps of the paper's pseudocode, and where they are:

    - 1, 2, 4, 5: nests are weight vectors, and pass through the network: the first request;
    - 6, 7: sensitivities from the last layer backwards (its eqs 17 and 18), weights and biases
      updated by them (19 and 20), for every nest: `local_search`, `refine_steps` = 1,
      `refine_every` = 1, `n_refined` = None;
    - 8 to 12: errors (7), Levy flights, a fraction p_a of nests abandoned, better eggs kept:
      a generation of `population`;
    - 3, 13: until the error is low enough, the best is kept: :func:`minimize` does both.

    It departs from the paper in two points: a step that raises the loss of a nest is not taken,
    and the cuckoo search is the reference code. The printed one,
    ``CSBPERN(population=CuckooSearch(variant="paper"))``, solved 14 of 30 runs on the parity of
    seven bits (two hidden units, 100,000 passes), the reference code 26. The learning rate is
    this project's choice, since the paper does not give one; a rate of 0.1 solved 21 runs.

    A generation costs six passes a nest. The method pays on small networks with many minima. Where
    a single descent does not get stuck, all nests but one are wasted, and plain gradient descent is
    the weakest of the gradient methods: :class:`Memetic` with Rprop for a few nests gets further.

    References
    ----------
    N. M. Nawi, A. Khan, M. Z. Rehman, H. Chiroma, T. Herawan: Weight optimization in recurrent
    neural networks with hybrid metaheuristic cuckoo search techniques for data classification.
    Mathematical Problems in Engineering 2015, 868375.
    """

    population: Population = field(default_factory=reference_code)
    local_search: Descent = field(default_factory=back_propagation)
    refine_every: int = setting(1, low=1)
    n_refined: int | None = setting(None, low=1)
    refine_steps: int = setting(1, low=1)
    patience: int | None = setting(None, low=1)


@dataclass
class CSLM(CSBPERN):
    """CSLM: each nest takes one Levenberg-Marquardt step, then comes cuckoo search.

    :class:`CSBPERN` with other steps. The paper trains a feed-forward network.

    Notes
    -----
    Only the introduction of the paper was available: that every nest takes a step in every
    generation is taken from :class:`CSBPERN`. Each refinement begins with the initial damping, so
    its first step is short; with `refine_steps` of about 5 the damping can fall.

    A Gauss-Newton matrix costs as many passes as several gradients, and its step D^3 / 3
    multiply-adds. Every nest takes one in each generation: for few weights only. Compare with
    restarts of :class:`LevenbergMarquardt` alone.

    References
    ----------
    N. M. Nawi, A. Khan, M. Z. Rehman: A new cuckoo search based Levenberg-Marquardt (CSLM)
    algorithm. ICCSA 2013, Lecture Notes in Computer Science 7971, 438-451.
    """

    local_search: Descent = field(default_factory=LevenbergMarquardt)


@dataclass
class CSLMEN(CSLM):
    """CSLMEN: the steps of CSLM for an Elman network.

    The same algorithm under its name in the paper on recurrent networks. The user chooses the
    Elman network:
    ``RNNClassifier(cell="elman", bidirectional=False, readout="last", optimizer="cslmen")``.

    References
    ----------
    N. M. Nawi, A. Khan, M. Z. Rehman, T. Herawan, M. M. Deris: CSLMEN: a new cuckoo search
    Levenberg Marquardt Elman network for data classification. SCDM 2014, Advances in
    Intelligent Systems and Computing 287.
    """


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

    population: Population = field(default_factory=lambda: BeeColony(25))


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

    population: Population = field(default_factory=lambda: BeeColony(25))
