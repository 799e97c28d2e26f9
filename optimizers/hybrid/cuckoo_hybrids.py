"""Cuckoo search with and without gradient steps, under the names that papers gave them.

The papers are by one group (N. M. Nawi, A. Khan, M. Z. Rehman, T. Herawan and others). Their
pseudocode was read, their tables were not: nothing here is claimed to give their figures. What
their texts leave open is named in each class.

All of them inherit what is to be said against cuckoo search (see :class:`CuckooSearch`). Two
cautions are the papers' own. Epochs of different methods are not comparable, as one of CSBPERN
costs six passes a nest; compare by passes. And a row of a table that is fed to an Elman network
in one step leaves its recurrent weights without effect; feed it feature by feature.
"""

from dataclasses import dataclass, field

from ..descent import Descent
from ..gradient.gradient_descent import GradientDescent
from ..gradient.levenberg_marquardt import LevenbergMarquardt
from ..optimizer import setting
from ..population.cuckoo_search import CuckooSearch
from ..population_based import Population
from .memetic import Memetic


def back_propagation() -> GradientDescent:
    """Return gradient descent without momentum, clipping or schedule."""
    return GradientDescent(learning_rate=0.4, momentum=0.0, max_norm=None)


@dataclass
class CSERN(CuckooSearch):
    """CSERN: cuckoo search on the weights of an Elman network.

    It is :class:`CuckooSearch`, whose settings it has; that the network is Elman's is the user's
    choice: ``RNNClassifier(cell="elman", optimizer="csern")``.

    Notes
    -----
    In the paper, a nest is the full weight vector, and its loss the network's error; cuckoo
    search alone lowers it, and the best nest is the result. The text prints the pseudocode of
    Yang and Deb, ``variant="paper"``; which code was run is not known, so the variant here is
    the reference code, which nearly everyone runs and which does better.

    Without a gradient the passes that it takes grow with the number of weights. Use it to see
    what the gradient steps of :class:`CSBPERN` add, or where there is no gradient.

    References
    ----------
    N. M. Nawi, A. Khan, M. Z. Rehman, H. Chiroma, T. Herawan: Weight optimization in recurrent
    neural networks with hybrid metaheuristic cuckoo search techniques for data classification.
    Mathematical Problems in Engineering 2015, 868375.
    """


@dataclass
class CSBPERN(Memetic):
    """CSBPERN: each nest takes one step of back-propagation, then comes cuckoo search.

    :class:`Memetic` with other defaults, and all of its settings.

    Notes
    -----
    The steps of the paper's pseudocode, and where they are:

    - 1, 2, 4, 5: nests are weight vectors, and pass through the network: the first ask;
    - 6, 7: sensitivities from the last layer backwards (its eqs 17 and 18), weights and biases
      updated by them (19 and 20), for every nest: `local_search`, `refine_steps` = 1,
      `refine_every` = 1, `n_refined` = None;
    - 8 to 12: errors (7), Levy flights, a share p_a of nests abandoned, better eggs kept:
      a generation of `population`;
    - 3, 13: until the error is low enough, the best is kept: what runs the search does both.

    Where it departs: a step that raises a nest's loss is not taken, and the cuckoo search is the
    reference code; ``CSBPERN(population=CuckooSearch(variant="paper"))`` is the printed one,
    which solved 14 of 30 runs on the parity of seven bits (two hidden units, 100,000 passes), and
    the reference code 26. The learning rate is this project's choice, since the paper's was not
    to be had; 0.1 solved 21 of them.

    A generation costs six passes a nest. It pays on small networks with many minima; where
    a single descent does not get stuck, all nests but one are wasted, and the step of fixed length
    is the weakest of the gradient methods: :class:`Memetic` with Rprop for a few nests gets
    further.

    References
    ----------
    N. M. Nawi, A. Khan, M. Z. Rehman, H. Chiroma, T. Herawan: Weight optimization in recurrent
    neural networks with hybrid metaheuristic cuckoo search techniques for data classification.
    Mathematical Problems in Engineering 2015, 868375.
    """

    population: Population = field(default_factory=CuckooSearch)
    local_search: Descent = field(default_factory=back_propagation)
    refine_every: int = setting(1, low=1)
    n_refined: int | None = setting(None, low=1)
    refine_steps: int = setting(1, low=1)


@dataclass
class CSLM(CSBPERN):
    """CSLM: each nest takes one Levenberg-Marquardt step, then comes cuckoo search.

    :class:`CSBPERN` with other steps. In the paper the network is a feed-forward one.

    Notes
    -----
    Its introduction was read, not its equations: that every nest takes a step in every generation
    is carried over from :class:`CSBPERN`. Each step begins with the damping anew, so it is
    a short one; give `refine_steps` of 5 or so to let the damping fall.

    A Gauss-Newton matrix costs as many passes as several gradients, and its step D^3 / 3
    multiply-adds; each generation takes one for every nest: for few weights only. Restarts of
    :class:`LevenbergMarquardt` alone are the rival to compare with.

    References
    ----------
    N. M. Nawi, A. Khan, M. Z. Rehman: A new cuckoo search based Levenberg-Marquardt (CSLM)
    algorithm. ICCSA 2013, Lecture Notes in Computer Science 7971, 438-451.
    """

    local_search: Descent = field(default_factory=LevenbergMarquardt)


@dataclass
class CSLMEN(CSLM):
    """CSLMEN: the steps of CSLM for an Elman network.

    The same algorithm under the name that it has in the paper on recurrent networks; that
    the network is Elman's is the user's choice: ``RNNClassifier(cell="elman",
    optimizer="cslmen")``.

    References
    ----------
    N. M. Nawi, A. Khan, M. Z. Rehman, T. Herawan, M. M. Deris: CSLMEN: a new cuckoo search
    Levenberg Marquardt Elman network for data classification. SCDM 2014, Advances in
    Intelligent Systems and Computing 287.
    """
