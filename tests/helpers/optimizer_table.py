"""The optimizers of the table that can run here, quick enough for tests."""

from collections.abc import Callable
from functools import partial
from typing import Any

from metarnn.optimizers import OPTIMIZERS, Nevergrad, Optimizer

#: Those whose library is installed.
INSTALLED = {name: kind for name, kind in OPTIMIZERS.items() if kind.missing_dependency() is None}

#: Settings in place of defaults that take ten milliseconds a point.
QUICK: dict[type[Optimizer], dict[str, Any]] = {
    Nevergrad: {"method": "TwoPointsDE", "num_workers": 10},
}

TABLE: dict[str, Callable[[], Optimizer]] = {
    name: partial(kind, **QUICK.get(kind, {})) for name, kind in INSTALLED.items()
}
