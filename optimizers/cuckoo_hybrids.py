"""Cuckoo search with and without gradient steps, under the names that papers gave them."""

from .cuckoo_search import CuckooSearch
from .gradient_descent import GradientDescent


def as_described() -> CuckooSearch:
    """Return cuckoo search as its paper describes it, on which the hybrids are built."""
    return CuckooSearch(variant="paper")


def back_propagation() -> GradientDescent:
    """Return gradient descent without momentum and clipping."""
    return GradientDescent(momentum=0.0, max_norm=None)
