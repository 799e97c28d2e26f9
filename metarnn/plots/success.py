"""Success rates of optimizers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from metarnn.runtimes import wilson_interval

from .figure import wide_axes
from .labels import describe, plain
from .style import in_style, ink, shortened, styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@in_style
def plot_success(
    results: "Mapping[str, tuple[int, int]] | Any",
    ax: "Axes | None" = None,
    *,
    title: str = "",
    confidence: float = 0.95,
) -> "Axes":
    """Draw the fraction of runs that reached the target, with Wilson's intervals.

    Parameters
    ----------
    results : Results, Comparison, or mapping of str to (int, int)
        Of a study, over all of its problems, or of :func:`metarnn.compare`; or for each optimizer
        how many runs reached the target, and of how many. Drawn from the top.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    title : str
        Title.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    matplotlib Axes
        What was drawn on: `ax`, or those of a new figure.

    Raises
    ------
    ValueError
        No counts, or impossible ones.
    """
    from .arrangement import Rows

    counts = results if isinstance(results, Mapping) else _counts(results)
    if not counts:
        raise ValueError("results must name at least one optimizer, got none.")
    ax = wide_axes(ax, len(counts), grid="x")
    looks, texts, beside = styles(counts), shortened(counts), []
    for place, (name, (successes, runs)) in enumerate(counts.items()):
        low, high = wilson_interval(successes, runs, confidence)
        rate = successes / runs
        ax.barh(place, rate, height=0.62, color=looks[name].color, alpha=0.55)
        # The interval contains the rate, up to rounding.
        reach = [[max(rate - low, 0)], [max(high - rate, 0)]]
        ax.errorbar(rate, place, xerr=reach, color=ink(ax), capsize=3, lw=1.2)
        text = ax.text(1.02, place, f"{successes}/{runs}", va="center", color=ink(ax))
        beside.append(text)
    ax.set_yticks(range(len(counts)), [texts[name] for name in counts])
    plain(ax.get_yticklabels())
    ax.set_ylim(len(counts) - 0.5, -0.5)
    ax.set_xlim(0, 1.2)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    Rows(ax, [*ax.get_yticklabels(), *beside], 9)
    note = f"line: Wilson's interval, {confidence:.0%}"
    describe(ax, title=title, note=note, x="fraction of runs that reached the target loss")
    return ax


def _counts(results: Any) -> dict[str, tuple[int, int]]:
    """Return how many runs of each optimizer reached the target of their problem, and of how many.

    A run that failed reached nothing.
    """
    runs = getattr(results, "results", results).runs
    groups = runs.groupby("optimizer", sort=False)["reached"]
    return {str(name): (int(reached.sum()), len(reached)) for name, reached in groups}
