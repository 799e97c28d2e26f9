"""Two sequences that differ in their first symbol alone, which comes again at the end."""

import numpy as np

from ..dataset import Dataset
from ..task import LAST_LABEL
from ..validation import check_bool, check_integer
from .generation import HOCHREITER_1997, generated


def noise_free_lag(lag: int = 10, per_step: bool = True) -> Dataset:
    """Generate the two sequences whose first symbol is also their last.

    Parameters
    ----------
    lag : int, default 10
        Steps from the first symbol to the one to be predicted, 2 or more.
    per_step : bool, default True
        Label each step with the next symbol, as in the source, or only the last step.

    Returns
    -------
    Dataset
        X of shape (2, lag, lag + 1), one-hot in the order x, y, a1, a2, ...: x or y and then
        the same symbols a1 to a(lag - 1). y of shape (2, lag), the symbol that comes next, or
        (2,) with the classes x and y.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    These two sequences are all there are, so there is nothing to hold out. Everything but the
    last symbol follows from the symbol before it: a model without memory is right in all steps
    but the last, and there in one of the two sequences. Solved means both last symbols right.
    After Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780
    (1997), experiment 2a, the noise-free sequences with long time lags, where the lag is 100.
    """
    lag = check_integer("lag", lag, least=2)
    per_step = check_bool("per_step", per_step)
    symbols = ("x", "y", *(f"a{i}" for i in range(1, lag)))
    shown = np.tile(np.arange(1, lag + 1), (2, 1))
    shown[:, 0] = 0, 1
    following = np.column_stack([shown[:, 1:], shown[:, 0]])
    return generated(
        name="noise_free_lag",
        X=np.eye(lag + 1)[shown],
        y=following if per_step else following[:, -1],
        classes=symbols if per_step else symbols[:2],
        description=f"A symbol, x or y, then {lag - 1} symbols that are the same in both "
        "sequences, then the first again; "
        + ("each next symbol is to be predicted." if per_step else "the last is the class."),
        origin=f"after {HOCHREITER_1997}, experiment 2a",
        exhaustive=True,
        rule=LAST_LABEL,
        criterion="the last symbol of both sequences right",
        chance=(lag - 0.5) / lag if per_step else 0.5,
    )
