"""``partial_fit``: one gradient step on each part of a stream of sequences."""

from typing import Any

import numpy as np

from metarnn.fitness import Fitness
from metarnn.optimizers import OPTIMIZERS, resolve_optimizer
from metarnn.optimizers.gradient.first_order import FirstOrder, clip_factors
from metarnn.sequences.validation import Floats


def has_single_steps(model: Any) -> bool:
    """Return True if an estimator takes single gradient steps of all weights, or raise.

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
    if model.solve is not None:
        raise AttributeError(
            f"partial_fit takes one gradient step of all weights a call, and solve={model.solve!r} "
            "solves some of them for a whole training set: use fit, or solve=None."
        )
    return True


#: Settings of a model, and of its optimizer, that need a whole fit, with the values for a stream.
WHOLE_FIT: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("early_stopping", (False,), "watches a validation part during a fit"),
    ("callbacks", (None, []), "follow a fit from its beginning to its end"),
)
WHOLE_BUDGET: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("n_batches", (1,), "cuts a training set, and each call gives one batch"),
    ("schedule", ("constant",), "follows a budget, and a stream has none"),
    ("warmup", (0,), "follows a budget, and a stream has none"),
)


def check_streamable(model: Any, optimizer: Any, n_networks: int) -> None:
    """Raise a ValueError if a model or its optimizer has settings that need a whole fit."""
    if optimizer.n_starts > n_networks:
        raise ValueError(
            f"{type(optimizer).__name__}: partial_fit takes n_starts up to n_best, "
            f"{n_networks}, got {optimizer.n_starts}: a stream cannot tell which start is the best "
            "one. Average them by n_best, or use fit."
        )
    for owner, settings in ((model, WHOLE_FIT), (optimizer, WHOLE_BUDGET)):
        for name, accepted, reason in settings:
            if (value := getattr(owner, name)) not in accepted:
                prefix = "" if owner is model else f"{type(optimizer).__name__}: "
                raise ValueError(
                    f"{prefix}partial_fit takes {name}={accepted[0]!r} only, got {value!r}: it "
                    f"{reason}. Set it so, or use fit."
                )
    if model._starts_solved:
        raise ValueError(
            "partial_fit cannot take initial_weights='solved': it solves the readout for a whole "
            "training set. Give weights, leave it out, or use fit."
        )
    if getattr(model, "_skl_callbacks", None):
        raise ValueError(
            "partial_fit takes no callbacks, and set_callbacks has set some: they follow a fit "
            "from its beginning to its end. Use fit."
        )
    if isinstance(weight := getattr(model, "class_weight", None), str):
        raise ValueError(
            f"partial_fit cannot take class_weight={weight!r}: a batch does not hold the "
            "frequencies of a whole training set. Give a dict of weights, or sample_weight."
        )


class GradientSteps:
    """The moments of a first-order optimizer that moves the weights (n, D) of n networks."""

    #: What may change from step to step.
    FREE = "learning_rate", "max_norm"

    def __init__(self, points: Floats) -> None:
        self._points = points.copy()
        self._settings: Any = None

    def take(self, optimizer: Any, fitness: Fitness, points: Floats) -> tuple[Floats, Floats]:
        """Take one step from points (n, D) by an optimizer's settings; return others and losses.

        The losses (n,) are those before the step. The moments begin again where the optimizer or
        the number of points changes.
        """
        settings = type(optimizer), optimizer.get_params(deep=False)
        if settings != self._settings:
            optimizer.check()
        losses, gradients = fitness.gradient(points)
        if not (np.isfinite(losses).all() and np.isfinite(gradients).all()):
            raise ValueError(
                f"The loss of this part of the data is {losses.max():g} and its gradient cannot be "
                "followed: the weights stay as they were."
            )
        same = self._settings is not None and _fixed(settings) == _fixed(self._settings)
        if not same or len(points) != len(self._points):
            self._points = points.copy()
            self._update = optimizer.copy().make_update(self._points)
        self._settings = settings
        self._points[:] = points
        factors = clip_factors(gradients, optimizer.max_norm)
        self._update(gradients, factors, float(optimizer.learning_rate))
        return self._points.copy(), losses


def _fixed(settings: tuple[type, dict[str, Any]]) -> Any:
    """Return the settings without those that may change from step to step."""
    kind, values = settings
    return kind, {name: v for name, v in values.items() if name not in GradientSteps.FREE}
