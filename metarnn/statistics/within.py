"""The optimizers on one problem of a study, run by run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from .measures import MEASURES, ProblemLabels, RunTable, run_numbers, runs_by_problem
from .pairs import holm
from .samples import compare_samples

if TYPE_CHECKING:
    import pandas as pd


def within_problem(
    results: RunTable,
    problem: ProblemLabels,
    measure: str = "train_loss",
    targets: Mapping[ProblemLabels, ArrayLike] | None = None,
) -> "pd.DataFrame":
    """Compare each pair of optimizers on one problem, run by run.

    Parameters
    ----------
    results : Results
        Of a study.
    problem : (str, str)
        Labels of data set and network.
    measure : {"train_loss", "test_accuracy", "area"}
        Not "ert", which a single run does not have; see
        :func:`metarnn.statistics.ert_ratio_interval`.
    targets : dict of (str, str) to array_like, optional
        For "area"; see :func:`metarnn.statistics.measured`.

    Returns
    -------
    pandas.DataFrame
        A row for each pair: `first`, `second`, `p` of Mann-Whitney's test, `p_holm` adjusted
        for all these pairs, `a12`, the probability that a run of the first beats one of the
        second, and its `effect` in a word.

    Raises
    ------
    ValueError
        An unknown measure, or an unknown problem.

    Notes
    -----
    The result need not hold on other problems; see :func:`metarnn.statistics.judge`.
    """
    import pandas as pd

    names = [name for name in MEASURES if name != "ert"]
    if measure not in names:
        raise ValueError(f"measure must be one of {', '.join(names)}, got {measure!r}.")
    parts = dict(runs_by_problem(results.runs))
    if problem not in parts:
        raise ValueError(f"problem must be one of {', '.join(map(str, parts))}, got {problem!r}.")
    part = parts[problem]
    numbers = run_numbers(results, problem, part, measure, targets)
    whose = part["optimizer"].to_numpy()
    samples = {str(name): numbers[whose == name] for name in part["optimizer"].unique()}
    rows = [
        (first, second, *compare_samples(x, y, MEASURES[measure].lower_is_better))
        for i, (first, x) in enumerate(samples.items())
        for second, y in list(samples.items())[i + 1 :]
    ]
    frame = pd.DataFrame(rows, columns=["first", "second", "p", "a12", "effect"])
    frame.insert(3, "p_holm", holm(frame["p"].to_numpy(dtype=float)))
    return frame
