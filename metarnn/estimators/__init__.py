"""Estimators in the style of scikit-learn.

=======================  =================================================================
file                     idea
=======================  =================================================================
``recurrent.py``         what classifier and regressor share: parameters, input, training
``classifier.py``        classes
``regressor.py``         numbers
``callbacks.py``         what may look on while a fit goes on
``model_file.py``        a fitted model in a file, and back
``torch_module.py``      a fitted model as a module of PyTorch
``sklearn_callbacks.py`` the callbacks of scikit-learn 1.9 and later
=======================  =================================================================
"""

import os
from typing import Any

from . import model_file
from .callbacks import Callback
from .classifier import RNNClassifier
from .regressor import RNNRegressor


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read a model of either kind; see :meth:`RNNClassifier.load`."""
    return model_file.load(path, {kind.__name__: kind for kind in (RNNClassifier, RNNRegressor)})


__all__ = ["Callback", "RNNClassifier", "RNNRegressor", "load_model"]
