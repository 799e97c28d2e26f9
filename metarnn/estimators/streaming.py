"""``partial_fit``: one gradient step on each part of a stream of sequences."""

from typing import Any

import numpy as np

from metarnn.fitness import Fitness
from metarnn.optimizers import OPTIMIZERS, resolve_optimizer
from metarnn.optimizers.gradient.first_order import FirstOrder, clip_factors
from metarnn.sequences.validation import Floats


def has_single_steps(model: Any) -> bool:
    """Return True if an estimator's optimizer takes single gradient steps, or raise.

    The AttributeError tells scikit-learn that the estimator has no ``partial_fit``.
    """
    try:
        optimizer = resolve_optimizer(model.optimizer)
    except (TypeError, ValueError):
        return True  # the call says what is wrong
    if not isinstance(optimizer, FirstOrder):
        names = [name for name, kind in OPTIMIZERS.items() if issubclass(kind, FirstOrder)]
        raise AttributeError(
            f"partial_fit takes one gradient step a call, which {type(optimizer).__name__} does "
            f"not: it is for {', '.join(names)}. Use fit, or warm_start to continue from weights."
        )
    return True


class GradientSteps:
    """Weights (D,), and the moments of the first-order optimizer that moves them."""

    def __init__(self, optimizer: Any, weights: Floats) -> None:
        optimizer.check()
        self._points = weights[None].copy()
        self._update = optimizer.make_update(self._points)

    def take(self, optimizer: Any, fitness: Fitness) -> tuple[Floats, float]:
        """Take one step by an optimizer's settings; return the weights and the loss before it."""
        losses, gradients = fitness.gradient(self._points)
        if not (np.isfinite(losses[0]) and np.isfinite(gradients).all()):
            raise ValueError(
                f"The loss of this part of the data is {losses[0]:g} and its gradient cannot be "
                "followed: the weights stay as they were."
            )
        factors = clip_factors(gradients, optimizer.max_norm)
        self._update(gradients, factors, float(optimizer.learning_rate))
        return self._points[0].copy(), float(losses[0])
