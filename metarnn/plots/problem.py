"""The runs of one problem, by optimizer, for the plots over time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metarnn.criteria import criterion_of
from metarnn.names import unknown
from metarnn.optimizers import History

from .labels import describe, name_ends
from .style import Style, styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metarnn.study.results import Results

Floats = NDArray[np.float64]

#: The units of time.
AXES = ("passes", "seconds")


@dataclass(frozen=True)
class ProblemRuns:
    """The runs of a data set and a network.

    Attributes
    ----------
    title : str
        Data set and network.
    histories : dict of str to list of History or None
        Those of each optimizer's runs; None for a run that failed.
    target : float
        Training loss of the table.
    targets : (n,) array
        Training losses of the runtime distribution, falling.
    budget : float
        Passes of each run.
    gradient_passes : float
        Price of a gradient.
    loss : str
        The name of the loss.
    n_seeds : int
        Number of seeds.
    optimizers : tuple of str
        All optimizers of the results, which may have more problems: their order decides the looks
        of the lines. By default those of the histories.
    """

    title: str
    histories: dict[str, list[History | None]]
    target: float
    targets: Floats
    budget: float
    gradient_passes: float
    loss: str
    n_seeds: int
    optimizers: tuple[str, ...] = ()

    @property
    def looks(self) -> dict[str, Style]:
        """The style of the lines of each optimizer, the same for all problems of the results."""
        return styles(dict.fromkeys([*self.optimizers, *self.histories]))

    def grid(self, axis: str, n: int) -> Floats:
        """Return n passes up to the budget, or seconds up to the longest run, for a log axis."""
        end = self.longest(axis)
        return np.geomspace(1 if axis == "passes" else min(1e-3, end / 10), end, n)

    def longest(self, axis: str) -> float:
        """Return the budget in passes, or the seconds of the longest run.

        Raises
        ------
        ValueError
            Another axis.
        """
        if axis not in AXES:
            raise ValueError(f"axis must be 'passes' or 'seconds', got {axis!r}.")
        if axis == "passes":
            return self.budget
        seconds = [
            one.seconds[-1]
            for histories in self.histories.values()
            for one in histories
            if one is not None and len(one)
        ]
        return float(max(seconds, default=1.0))

    def label(self, axis: str) -> str:
        """Return the label of the axis of time, with its unit."""
        if axis == "seconds":
            return "seconds of the run"
        return f"passes over the training set (a gradient counts as {self.gradient_passes:g})"


def problem_of(
    results: "Results | ProblemRuns | Any", problem: tuple[str, str] | None = None
) -> ProblemRuns:
    """Return the runs of one problem.

    Parameters
    ----------
    results : Results, Comparison or ProblemRuns
        Of a study or of :func:`metarnn.compare`, which holds results of one problem.
    problem : (str, str), optional
        Labels of data set and network; not needed if there is one problem only.

    Returns
    -------
    ProblemRuns
        What plots of one problem draw.

    Raises
    ------
    ValueError
        No such problem, or several and none named.
    """
    if isinstance(results, ProblemRuns):
        return results
    results = getattr(results, "results", results)
    runs, settings = results.runs, results.settings
    pairs = results.problems
    if problem is None and len(pairs) == 1:
        problem = pairs[0]
    if problem is None or problem not in pairs:
        raise ValueError(unknown("problem", problem, pairs))
    dataset, network = problem
    mine = np.flatnonzero((runs["dataset"] == dataset) & (runs["network"] == network))
    optimizers = optimizers_of(results)
    histories: dict[str, list[History | None]] = {name: [] for name in optimizers}
    for row, name in zip(mine, runs["optimizer"].iloc[mine], strict=True):
        histories[name].append(results.histories[row])
    return ProblemRuns(
        title=f"{dataset}: {network}",
        histories={name: those for name, those in histories.items() if those},
        target=float(runs["target"].iloc[mine].max()),
        targets=np.sort(np.asarray(results.targets[problem], dtype=float))[::-1],
        budget=settings.budget,
        gradient_passes=settings.gradient_passes,
        loss=criterion_of(settings.loss_of(dataset), settings.solve).title.replace("_", " "),
        n_seeds=runs["seed"].iloc[mine].nunique(),
        optimizers=optimizers,
    )


def optimizers_of(results: Any) -> tuple[str, ...]:
    """Return the optimizers of a study or comparison, in the order that decides their looks.

    Those of its settings come first, with runs or without, so that an optimizer looks the same in
    a part of the results as in the whole.
    """
    results = getattr(results, "results", results)
    return tuple(dict.fromkeys([*results.settings.optimizers, *results.runs["optimizer"].unique()]))


def name_lines(
    ax: "Axes", p: ProblemRuns, axis: str, y: str, note: str, ends: dict[str, float]
) -> None:
    """Name the problem, the axes and, at their ends, the lines, when all else is drawn."""
    describe(ax, title=p.title, note=note, x=p.label(axis), y=y)
    name_ends(ax, ends, p.looks)
