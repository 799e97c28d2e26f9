"""Train recurrent networks by gradient or by population, and compare them fairly.

>>> from metarnn import RNNClassifier, compare
>>> comparison = compare("iris", budget=2000)  # doctest: +SKIP
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from metarnn.moved import MovedModules
from metarnn.version import __version__ as __version__

if TYPE_CHECKING:
    from metarnn.comparison import Comparison as Comparison
    from metarnn.comparison import compare as compare
    from metarnn.estimators import RNNClassifier as RNNClassifier
    from metarnn.estimators import RNNRegressor as RNNRegressor
    from metarnn.features import RecurrentFeatures as RecurrentFeatures
    from metarnn.features import RecurrentFeaturesClassifier as RecurrentFeaturesClassifier
    from metarnn.features import RecurrentFeaturesRegressor as RecurrentFeaturesRegressor
    from metarnn.features import load_model as load_model
    from metarnn.fitness import Fitness as Fitness
    from metarnn.networks.network import Network as Network
    from metarnn.optimizers import minimize as minimize
    from metarnn.sequences.scaling import SequenceScaler as SequenceScaler
    from metarnn.solved_fitness import SolvedFitness as SolvedFitness
    from metarnn.study.study import Study as Study
    from metarnn.warm_up import warmup as warmup
    from metarnn.warm_up import warmup_everything as warmup_everything


sys.meta_path.append(MovedModules())

# Loaded on first use: "import metarnn" is instant, and the optimizers come without numba.
_HOMES = {
    "Comparison": "metarnn.comparison",
    "Fitness": "metarnn.fitness",
    "Network": "metarnn.networks.network",
    "RNNClassifier": "metarnn.estimators",
    "RNNRegressor": "metarnn.estimators",
    "RecurrentFeatures": "metarnn.features",
    "RecurrentFeaturesClassifier": "metarnn.features",
    "RecurrentFeaturesRegressor": "metarnn.features",
    "SequenceScaler": "metarnn.sequences.scaling",
    "SolvedFitness": "metarnn.solved_fitness",
    "Study": "metarnn.study.study",
    "compare": "metarnn.comparison",
    "load_model": "metarnn.features",
    "minimize": "metarnn.optimizers",
    "warmup": "metarnn.warm_up",
    "warmup_everything": "metarnn.warm_up",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'metarnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
