"""Tables of real data: shipped with scikit-learn, from the user's files, or from OpenML."""

from .built_in import breast_cancer, digits, iris, wine
from .openml import load_openml
from .uci import (
    australian,
    breast_cancer_wisconsin,
    diabetes,
    glass,
    new_thyroid,
    thyroid,
)

__all__ = [
    "australian",
    "breast_cancer",
    "breast_cancer_wisconsin",
    "diabetes",
    "digits",
    "glass",
    "iris",
    "load_openml",
    "new_thyroid",
    "thyroid",
    "wine",
]
