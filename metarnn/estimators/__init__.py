"""Estimators in the style of scikit-learn.

========================  ================================================================
file                      idea
========================  ================================================================
``parameters.py``         the parameters that both share, and what follows from them
``recurrent.py``          the base: the walk of a fit from X and y to weights, and to scores
``classifier.py``         ``RNNClassifier``
``regressor.py``          ``RNNRegressor``
``seeds.py``              what ``random_state`` may be
``targets.py``            what y means: classes or numbers
``examples.py``           what a fit trains on: encoded, held back, scaled
``early_stopping.py``     the weights that do best on the validation part
``streaming.py``          one gradient step at a time
``fitted_state.py``       the fitted attributes
``callbacks.py``          callbacks of the user
``sklearn_callbacks.py``  callbacks of scikit-learn 1.9 and later
``saving.py``             a fitted model in a file, and back
``file_values.py``        the values in such a file
``model_archive.py``      the arrays of such a file, checked before they are read
``value_types.py``        its values, compared with the types of their fields
``file_versions.py``      files of older versions
``torch_module.py``       a fitted model as a PyTorch module
========================  ================================================================
"""

from .callbacks import Callback as Callback
from .classifier import RNNClassifier as RNNClassifier
from .regressor import RNNRegressor as RNNRegressor
