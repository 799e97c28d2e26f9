"""The models by their names, with settings, as studies and the command line give them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from metarnn.names import unknown

from .classifier import RecurrentFeaturesClassifier
from .model import FeatureModel
from .regressor import RecurrentFeaturesRegressor


class Kinds(NamedTuple):
    """The estimators of a name: of classes, and of numbers."""

    classifier: type[RecurrentFeaturesClassifier]
    regressor: type[RecurrentFeaturesRegressor]


#: Every model without descent by its name.
MODELS = {"recurrent_features": Kinds(RecurrentFeaturesClassifier, RecurrentFeaturesRegressor)}


def check_settings(
    kind: type[FeatureModel], names: Iterable[str], set_by: Mapping[str, str], option: str = ""
) -> None:
    """Raise a ValueError unless all names are of settings that are open.

    Parameters
    ----------
    kind : type
        The estimator.
    names : iterable of str
        The settings that are given.
    set_by : mapping of str to str
        Who sets a parameter that is not open.
    option : str
        What the model was given by, for messages.
    """
    listed = next(name for name, kinds in MODELS.items() if kind in kinds)
    model = f"{option} {listed}".strip()
    known = [name for name in kind().get_params() if name not in set_by]
    for name in names:
        if name in set_by:
            raise ValueError(f"{name} of {model} is set by {set_by[name]}: leave it out.")
        if name not in known:
            raise ValueError(unknown(f"setting of {model}", name, known, listed))
