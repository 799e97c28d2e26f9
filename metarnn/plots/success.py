"""Success rates of optimizers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from metarnn.runtimes import wilson_interval

from .style import caption, shortened, styles, wide_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_success(
    counts: Mapping[str, tuple[int, int]],
    ax: "Axes | None" = None,
    *,
    title: str = "",
    confidence: float = 0.95,
) -> "Axes":
    """Draw the fraction of runs that reached the target, with Wilson's intervals.

    Parameters
    ----------
    counts : mapping of str to (int, int)
        For each optimizer, how many runs reached it, and of how many; drawn from the top.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    title : str
        Title.
    confidence : float
        Coverage of the intervals.

    Raises
    ------
    ValueError
        No counts, or impossible ones.
    """
    if not counts:
        raise ValueError("counts must name at least one optimizer, got none.")
    ax = wide_axes(ax, len(counts))
    looks, texts = styles(counts), shortened(counts)
    for place, (name, (successes, runs)) in enumerate(counts.items()):
        low, high = wilson_interval(successes, runs, confidence)
        rate = successes / runs
        ax.barh(place, rate, height=0.62, color=looks[name].color, alpha=0.55)
        # The interval contains the rate, up to rounding.
        reach = [[max(rate - low, 0)], [max(high - rate, 0)]]
        ax.errorbar(rate, place, xerr=reach, color="0.15", capsize=3, lw=1.2)
        ax.text(1.02, place, f"{successes}/{runs}", va="center", fontsize=8, color="0.15")
    ax.set_yticks(range(len(counts)), [texts[name] for name in counts], fontsize=9)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.2)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    ax.set_xlabel("fraction of runs that reached the target loss")
    ax.set_title(title, fontsize=11, loc="left", pad=18, parse_math=False)
    caption(ax, f"line: Wilson's interval, {confidence:.0%}")
    ax.grid(alpha=0.25, axis="x")
    return ax
