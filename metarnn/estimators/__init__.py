"""Estimators in the style of scikit-learn.

========================  ================================================================
file                      idea
========================  ================================================================
``parameters.py``         the parameters that both share
``recurrent.py``          the base: the walk of a fit from X and y to weights, and to scores
``classifier.py``         ``RNNClassifier``
``regressor.py``          ``RNNRegressor``
``targets.py``            what y means: classes or numbers
``examples.py``           what a fit trains on
``input_scaling.py``      standardized inputs
``start.py``              the seed and the weights that a search starts from
``early_stopping.py``     the validation part, and the weights that do best there
``streaming.py``          one gradient step at a time
``fitted_state.py``       the fitted attributes
``callbacks.py``          callbacks of the user
``sklearn_callbacks.py``  callbacks of scikit-learn 1.9 and later
``saving.py``             the methods that write, read and convert fitted models
``model_file.py``         a fitted model in a file, and back
``file_values.py``        the values in such a file
``file_versions.py``      files of older versions
``torch_module.py``       a fitted model as a PyTorch module
========================  ================================================================
"""

import os
from typing import Any

from . import model_file
from .callbacks import Callback
from .classifier import RNNClassifier
from .regressor import RNNRegressor


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read a model of either class; see :meth:`RNNClassifier.load`."""
    return model_file.load(path, {kind.__name__: kind for kind in (RNNClassifier, RNNRegressor)})


__all__ = ["Callback", "RNNClassifier", "RNNRegressor", "load_model"]
