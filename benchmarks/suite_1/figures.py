"""The figures of docs/answer.md."""

from pathlib import Path

from metarnn.plots import new_figure, plot_groups, plot_runtimes
from metarnn.study import Results

from .runs import trained

#: Whose curves are drawn: descent from one start and from many, populations, both, and chance.
CURVES = ("rprop_restarts", "lbfgs", "adam", "memetic", "cma_es", "ga", "cuckoo", "random_search")
COLUMNS = 2


def draw_groups(results: Results, path: Path) -> None:
    """Draw the table of optimizers by groups of problems."""
    title = f"Who escapes, and who converges faster: {len(results.runs):,} runs"
    plot_groups(results, title=title).figure.savefig(path, dpi=150)  # type: ignore[union-attr]


def draw_profiles(results: Results, path: Path) -> None:
    """Draw the fraction of targets reached over the passes, a panel for each group."""
    groups = list(results.groups)
    n_rows = -(-len(groups) // COLUMNS)
    figure = new_figure(5.5 * COLUMNS, 3.4 * n_rows)
    panels = figure.subplots(n_rows, COLUMNS, squeeze=False).ravel()
    for ax, group in zip(panels, groups, strict=False):
        own = trained(results.of_group(group))
        title = f"{group}: {len(own.problems)} problems"
        plot_runtimes(own, ax, optimizers=CURVES, title=title)
    for ax in panels[len(groups) :]:
        ax.remove()
    figure.savefig(path, dpi=130)
