"""Estimators in the style of scikit-learn.

=======================  =================================================================
file                     idea
=======================  =================================================================
``recurrent.py``         what classifier and regressor share: parameters, input, training
``classifier.py``        classes
``regressor.py``         numbers
``callbacks.py``         what may look on while a fit goes on
``sklearn_callbacks.py`` the callbacks of scikit-learn 1.9 and later
=======================  =================================================================
"""

from .callbacks import Callback
from .classifier import RNNClassifier
from .regressor import RNNRegressor

__all__ = ["Callback", "RNNClassifier", "RNNRegressor"]
