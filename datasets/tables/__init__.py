"""Tables of real data: shipped with scikit-learn, from the user's files, or from OpenML."""

from .built_in import breast_cancer as breast_cancer
from .built_in import digits as digits
from .built_in import iris as iris
from .built_in import wine as wine
from .openml import load_openml as load_openml
from .uci import australian as australian
from .uci import breast_cancer_wisconsin as breast_cancer_wisconsin
from .uci import diabetes as diabetes
from .uci import glass as glass
from .uci import new_thyroid as new_thyroid
from .uci import thyroid as thyroid
from .ucr import ucr as ucr
