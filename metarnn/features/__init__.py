"""Random recurrent networks as features, and linear models on them.

======================  ==============================================================
file                    idea
======================  ==============================================================
``distribution.py``     the numbers that networks are drawn from, and the drawing
``population.py``       networks of one cell: a program whose scores are pooled states
``channels.py``         what networks read of a series
``extraction.py``       from sequences to features
``parameters.py``       the parameters that all three estimators share
``transformer.py``      ``RecurrentFeatures``
``model.py``            the base of both models: features, then a ridge
``classifier.py``       ``RecurrentFeaturesClassifier``
``regressor.py``        ``RecurrentFeaturesRegressor``
``named.py``            the models by their names, with settings
``torch_module.py``     a fitted model as a PyTorch module
``selection.py``        the best of the networks of a model
``evolution.py``        the best distribution to draw networks from
======================  ==============================================================
"""

import os
from typing import Any

from metarnn.estimators import RNNClassifier, RNNRegressor
from metarnn.estimators.saving import load

from .classifier import RecurrentFeaturesClassifier as RecurrentFeaturesClassifier
from .distribution import NetworkDistribution as NetworkDistribution
from .evolution import DistributionFitness as DistributionFitness
from .evolution import evolve_distribution as evolve_distribution
from .regressor import RecurrentFeaturesRegressor as RecurrentFeaturesRegressor
from .selection import SelectionFitness as SelectionFitness
from .selection import select_networks as select_networks
from .transformer import RecurrentFeatures as RecurrentFeatures


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read a model of any class that metarnn has saved; see :meth:`metarnn.RNNClassifier.load`.

    Parameters
    ----------
    path : str or path
        The file that ``save`` wrote.

    Returns
    -------
    estimator
        An instance of the class that was saved.
    """
    kinds: tuple[type, ...] = (RNNClassifier, RNNRegressor)
    kinds += (RecurrentFeaturesClassifier, RecurrentFeaturesRegressor)
    return load(path, {kind.__name__: kind for kind in kinds})
