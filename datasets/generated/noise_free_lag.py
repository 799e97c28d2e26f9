"""Two sequences that differ in their first symbol alone, which comes again at the end."""

import numpy as np

from ..dataset import Dataset
from .generation import GENERATED, LICENCE, truth, whole


def noise_free_lag(lag: int = 10, per_step: bool = True) -> Dataset:
    """Generate the two sequences whose first symbol is also their last.

    Parameters
    ----------
    lag : int, default 10
        Steps from the first symbol to the one to be told, 2 or more.
    per_step : bool, default True
        Ask for the next symbol at each step, as in the source, or at the end only.

    Returns
    -------
    Dataset
        X of shape (2, lag, lag + 1), one-hot in the order x, y, a1, a2, ...: x or y and then
        the same symbols a1 to a(lag - 1). y of shape (2, lag), the symbol that comes next, or
        (2,) with the classes x and y.

    Raises
    ------
    ValueError
        If `lag` is no whole number from 2 up, or `per_step` no truth value.

    Notes
    -----
    Both are all there is, so there is nothing to hold out. Everything but the last symbol
    follows from the symbol before it: a model without memory is right in all the steps but
    the last, and there in one sequence of two. Solved means both last symbols right. After
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780
    (1997), experiment 2a, the noise-free sequences with long time lags, where the lag is 100.
    """
    lag = whole("lag", lag, least=2)
    per_step = truth("per_step", per_step)
    symbols = ("x", "y", *(f"a{i}" for i in range(1, lag)))
    shown = np.tile(np.arange(1, lag + 1), (2, 1))
    shown[:, 0] = 0, 1
    follows = np.column_stack([shown[:, 1:], shown[:, 0]])
    return Dataset(
        name="noise_free_lag",
        X=np.eye(lag + 1)[shown],
        y=follows if per_step else follows[:, -1],
        classes=symbols if per_step else symbols[:2],
        description=f"A symbol, x or y, then {lag - 1} symbols alike in both, then the first "
        "again, to be told" + (" as each next one is." if per_step else "."),
        source=f"{GENERATED} after Hochreiter, S. and Schmidhuber, J. (1997), Long short-term "
        "memory, Neural Computation 9(8):1735-1780, experiment 2a",
        licence=LICENCE,
        exhaustive=True,
        chance=(lag - 0.5) / lag if per_step else 0.5,
        solved="the last symbol of both sequences right",
        rule="last",
    )
