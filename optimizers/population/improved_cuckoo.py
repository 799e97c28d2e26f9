"""Improved cuckoo search: the two rates of cuckoo search follow the budget."""

from dataclasses import dataclass

from ..optimizer import setting
from .cuckoo_search import CuckooSearch


@dataclass
class ImprovedCuckooSearch(CuckooSearch):
    """Cuckoo search whose discovery rate and step size fall while the budget is spent.

    Parameters
    ----------
    n_nests : int
        Population size.
    discovery_rate, final_discovery_rate : float
        p_a at first and at last; see :class:`CuckooSearch` for what it is a share of.
    step_size, final_step_size : float
        Factor of the Levy steps at first and at last.
    levy_exponent, variant, step_distribution
        See :class:`CuckooSearch`.

    Notes
    -----
    With s the share of the budget that is spent, p_a falls evenly from its first value to its
    last one, and the step size is ``first (last / first)^s``. So have Valian, Mohanna and
    Tavakoli (2011), with the generation's number over their count for s; the defaults are
    their limits. Where the budget is unknown, both stay at their first value: give one.

    p_a is here what it is in the variant chosen. In the paper's it is the share of nests that
    are abandoned, so what is renewed gets less. In the reference code it is the share of
    coordinates that a nest keeps, so what moves gets more, from a half to nearly all; the
    formula of the paper does that in the code that everyone runs. Turned round, most eggs of
    a space of few dimensions would in the end be copies of their nests, paid for like others.

    What is said of cuckoo search holds of this one. A schedule needs an end: when a run may
    be stopped early or go on, its settings are wrong for the time it gets.

    References
    ----------
    E. Valian, S. Mohanna, S. Tavakoli: Improved cuckoo search algorithm for feedforward
    neural network training. International Journal of Artificial Intelligence & Applications
    2(3) (2011) 36-43.
    """

    discovery_rate: float = setting(0.5, low=0.0, high=1.0)
    step_size: float = setting(0.5, above=0.0)
    final_discovery_rate: float = setting(0.05, low=0.0, high=1.0)
    final_step_size: float = setting(0.01, above=0.0)

    def discovery_rate_at(self, spent: float) -> float:
        first, last = float(self.discovery_rate), float(self.final_discovery_rate)
        return first + (last - first) * spent

    def step_size_at(self, spent: float) -> float:
        first, last = float(self.step_size), float(self.final_step_size)
        return first * (last / first) ** spent
