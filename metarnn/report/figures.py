"""Plots as pictures within a page: SVG in a data URI, with an alternative text."""

import re
from base64 import b64encode
from collections.abc import Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from metarnn.plots import ProblemRuns, plot_convergence, plot_ranks, plot_runtimes, plot_success
from metarnn.runtimes import Axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Up to this number of problems curves have all their points; with more, a page stays small.
FEW = 8

#: Inches. Two fit side by side on a page, enlarged; one fits a phone almost unreduced.
SIZE = (4.6, 3.3)


class Picture(NamedTuple):
    """A plot as a data URI, and in words for readers who do not see it."""

    source: str
    alt: str


def over_time(problem: ProblemRuns, axis: Axis, *, n_problems: int) -> list[Picture]:
    """Return the convergence and the runtime distribution of one of the problems on a page."""
    n_points = 160 if n_problems <= FEW else 60
    pictures = []
    for plot, what in (
        (plot_convergence, "best training loss"),
        (plot_runtimes, "fraction of targets"),
    ):
        figure = _figure(len(problem.histories))
        axes = figure.subplots()
        plot(problem, axes, axis=axis, n_points=n_points)
        # The page has both in words, and space is short.
        axes.set_title("", loc="left")
        axes.set_xlabel(axis)
        lines: dict[str, Any] = {str(one.get_label()): one.get_ydata() for one in axes.get_lines()}
        last = {
            name: float(y[-1]) for name, y in lines.items() if name in problem.histories and len(y)
        }
        lower = plot is plot_convergence
        order = sorted(last, key=last.__getitem__, reverse=not lower)
        alt = f"{what.capitalize()} over {axis}, {problem.title}. At the end, best first: "
        alt += ", ".join(f"{name} {last[name]:.3g}" for name in order) + "."
        pictures.append(Picture(_source(figure), alt))
    return pictures


def succeeded(counts: Mapping[str, tuple[int, int]]) -> Picture:
    """Return the success rates over all problems."""
    figure = _figure(len(counts))
    plot_success(counts, figure.subplots())
    shown = ", ".join(f"{name} {n} of {runs}" for name, (n, runs) in counts.items())
    return Picture(_source(figure), f"Runs that reached the target of their problem: {shown}.")


def ranked(ranks: Mapping[str, float], critical_difference: float, title: str) -> Picture:
    """Return the diagram of mean ranks."""
    figure = _figure(len(ranks))
    plot_ranks(ranks, critical_difference, figure.subplots())
    order = sorted(ranks, key=lambda name: ranks[name])
    shown = ", ".join(f"{name} {ranks[name]:.2f}" for name in order)
    return Picture(
        _source(figure),
        f"Mean ranks by {title}: {shown}; critical difference {critical_difference:.2f}.",
    )


def _figure(n_names: int) -> "Figure":
    from matplotlib.figure import Figure

    width, height = SIZE
    return Figure(figsize=(width, max(height, 0.19 * n_names + 0.8)), layout="constrained")


def _source(figure: "Figure | Any") -> str:
    """Return a figure as SVG in a data URI.

    A data URI rather than a part of the page, because matplotlib's identifiers would collide
    between plots. Text stays text, and coordinates have two decimals.
    """
    import matplotlib as mpl

    text = StringIO()
    # Without a date and with a fixed salt, the same results give the same page.
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "metarnn",
        "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    }
    with mpl.rc_context(settings):
        figure.savefig(text, format="svg", metadata=nothing)
    drawn = re.sub(r'="[^"]*"', _rounded, text.getvalue())
    drawn = re.sub(r"\s*\n\s*", "\n", drawn)
    return "data:image/svg+xml;base64," + b64encode(drawn.encode()).decode()


def _rounded(attribute: "re.Match[str]") -> str:
    """Round the numbers of an attribute to two decimals; texts keep theirs."""
    return re.sub(r"(\.\d\d)\d+", r"\1", attribute.group())
