"""Improved cuckoo search: discovery rate and step size follow the budget."""

from dataclasses import dataclass

from ..optimizer import setting
from .cuckoo_search import CuckooSearch


@dataclass
class ImprovedCuckooSearch(CuckooSearch):
    """Cuckoo search whose discovery rate and step size decrease as the budget is spent.

    Parameters
    ----------
    n_nests : int
        Population size.
    discovery_rate, final_discovery_rate : float
        p_a at the start and at the end; for its meaning see :class:`CuckooSearch`.
    step_size, final_step_size : float
        Factor of the Levy steps at the start and at the end.
    levy_exponent, variant, step_distribution
        See :class:`CuckooSearch`.

    Notes
    -----
    With s the fraction of the budget that is spent, p_a decreases linearly from its first value
    to its last one, and the step size is ``first (last / first)^s``, as in Valian, Mohanna and
    Tavakoli (2011), where s is the number of the generation divided by their total; the defaults
    are their limits. Without a known budget both keep their first value.

    The meaning of p_a is that of the variant. In the paper's variant it is the fraction of nests
    that are abandoned, so that fewer are renewed over time. In the reference code it is the
    fraction of coordinates that a nest keeps, so that more coordinates move over time, from a
    half to nearly all: this is what the formula of the paper does in the code that nearly
    everyone runs. In the opposite direction most eggs of a low-dimensional space would in the end
    be copies of their nests, and cost a pass each.

    The weaknesses of cuckoo search remain. A schedule needs a known end: the settings do not suit
    a run that is stopped early or extended.

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
