"""Charts with a logarithmic axis: bars of times, and curves of fractions over time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import number

#: Colors of Okabe and Ito, which color-blind people can tell apart, by library.
COLOURS = {
    "metarnn": "#0072B2",
    "numpy": "#E69F00",
    "torch": "#D55E00",
    "jax": "#009E73",
    "evosax": "#009E73",
    "mealpy": "#CC79A7",
    "deap": "#56B4E9",
    "cma": "#000000",
    "pygad": "#D55E00",
    "pyswarms": "#F0E442",
    "scipy": "#D55E00",
}


def draw_panels(
    path: Path,
    panels: Mapping[str, Mapping[str, float]],
    libraries: Mapping[str, str],
    title: str,
    axis: str,
    caption: str,
    n_columns: int = 3,
    unit: str = "×",
    reference: float | None = 1.0,
    notes: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Draw one panel of bars for each problem, and save them.

    Parameters
    ----------
    path : Path
        The PNG file.
    panels : mapping of str to mapping of str to float
        Title of each panel, and a value for each contestant in it.
    libraries : mapping of str to str
        The library of each contestant, which gives its color.
    title, axis, caption : str
        Above, below, and in small print.
    n_columns : int
        Panels side by side.
    unit : str
        Written behind each value.
    reference : float, optional
        Where a line is drawn.
    notes : mapping of str to mapping of str to str, optional
        More to write behind the values.
    """
    from matplotlib.figure import Figure

    names = list(libraries)
    n_columns = min(n_columns, len(panels))
    n_rows = -(-len(panels) // n_columns)
    height = n_rows * (0.24 * len(names) + 0.8) + 1.1
    figure = Figure(figsize=(max(3.1 * n_columns + 1.6, 7.0), height), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False).ravel()
    measured = [value for values in panels.values() for value in values.values()]
    measured = [value for value in measured if np.isfinite(value)]
    low = 0.6 * min([*measured, reference or np.inf])
    axes[0].set_xscale("log")
    axes[0].set_xlim(low, (60 if notes else 3.2) * max(measured))
    for ax, (panel, values) in zip(axes, panels.items(), strict=False):
        places = np.arange(len(names))
        lengths = [values.get(name, np.nan) for name in names]
        behind = [(notes or {}).get(panel, {}).get(name, "") for name in names]
        _bars(ax, low, lengths, [COLOURS[libraries[name]] for name in names], unit, behind)
        if reference is not None:
            ax.axvline(reference, color="0.2", lw=1, ls="--")
        ax.set_title(panel, fontsize=10)
        ax.set_yticks(places, names, fontsize=8.5)
        ax.invert_yaxis() if ax is axes[0] else None
        ax.tick_params(axis="x", labelbottom=True)
    for ax in axes[max(0, len(panels) - n_columns) : len(panels)]:
        ax.set_xlabel(axis, fontsize=8.5)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    figure.suptitle(title, fontsize=12)
    figure.supxlabel(caption, fontsize=7.5, color="0.35")
    figure.savefig(path, dpi=150)


def _bars(
    ax: Any,
    low: float,
    lengths: Sequence[float],
    colours: Sequence[str],
    unit: str,
    behind: Sequence[str],
) -> None:
    """Draw bars from `low` to their lengths, and write the lengths behind them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for place, (length, colour, note) in enumerate(zip(lengths, colours, behind, strict=True)):
        if np.isfinite(length):
            ax.barh(place, length - low, left=low, height=0.72, color=colour)
            text = number(length) + unit + note
        else:
            length, text = low, "not measured"
        ax.annotate(
            text,
            (length, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color="0.15",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )
    high = ax.get_xlim()[1]
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="x", labelsize=8)
    ax.grid(axis="x", which="major", alpha=0.3)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def draw_curves(
    path: Path,
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    x: Sequence[float],
    libraries: Mapping[str, str],
    title: str,
    axes_labels: tuple[str, str],
    caption: str,
) -> None:
    """Draw one panel of curves from 0 to 1, each with its name behind it, and save them.

    Parameters
    ----------
    path : Path
        The PNG file.
    panels : mapping of str to mapping of str to sequence of float
        Title of each panel, and the values of each contestant in it.
    x : sequence of float
        Where the values are, on a logarithmic axis.
    libraries : mapping of str to str
        The library of each contestant, which gives its color; line styles tell apart those
        of one library.
    title, axes_labels, caption : str, pair of str, str
        Above, along the two axes, and in small print.
    """
    from matplotlib.figure import Figure

    height = max(4.5, 0.15 * len(libraries) + 1.5)
    figure = Figure(figsize=(4.8 * len(panels) + 0.6, height), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False).ravel()
    styles: dict[str, str] = {}
    for library in dict.fromkeys(libraries.values()):
        own = [name for name, its in libraries.items() if its == library]
        styles |= {name: ("-", "--", "-.", ":")[i % 4] for i, name in enumerate(own)}
    for ax, (panel, curves) in zip(axes, panels.items(), strict=True):
        ax.set_xscale("log")
        ax.set_xlim(x[0], x[-1])
        ax.set_ylim(0, 1)
        ends = {name: values[-1] for name, values in curves.items()}
        heights = _spread(ends, 0.95 * 8.2 / (72 * (height - 1.3)))
        for name, values in curves.items():
            colour = COLOURS[libraries[name]]
            ours = libraries[name] == "metarnn"
            ax.plot(x, values, color=colour, ls=styles[name], lw=1.7 if ours else 1.1)
            ends_at, label_at = (1.0, ends[name]), (1.04, heights[name])
            line = {"color": colour, "lw": 0.6, "ls": styles[name], "clip_on": False}
            ax.plot(*zip(ends_at, label_at, strict=True), transform=ax.transAxes, **line)
            label = {"fontsize": 7.5, "va": "center", "color": colour if ours else "0.15"}
            ax.text(1.05, heights[name], name, transform=ax.transAxes, **label)
        ax.set_title(panel, fontsize=10)
        ax.set_xlabel(axes_labels[0], fontsize=8.5)
        ax.grid(alpha=0.3)
        ax.tick_params(labelsize=8)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    axes[0].set_ylabel(axes_labels[1], fontsize=8.5)
    figure.suptitle(title, fontsize=12)
    figure.supxlabel(caption, fontsize=7.5, color="0.35")
    figure.savefig(path, dpi=150)


def _spread(heights: Mapping[str, float], gap: float) -> dict[str, float]:
    """Return the heights moved apart by at least a gap, in their order, not above 1."""
    names = sorted(heights, key=lambda name: heights[name])
    places: list[float] = []
    for name in names:
        places.append(max([heights[name], *(place + gap for place in places[-1:])]))
    for i in reversed(range(len(places))):
        highest = 1.0 if i == len(places) - 1 else places[i + 1] - gap
        places[i] = min(places[i], highest)
    return dict(zip(names, places, strict=True))
