"""The order and the look of the optimizers, the same everywhere on a page."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from metarnn.plots.style import styles

if TYPE_CHECKING:
    from metarnn.statistics import Verdict
    from metarnn.study import Results

#: matplotlib's named dashes, in widths of the line.
DASHES = {"-": (), "--": (3.7, 1.6), "-.": (6.4, 1.6, 1.0, 1.6)}

#: The width of a line in pixels.
WIDTH = 1.8


class Look(NamedTuple):
    """A name, with the color, the dashes (of SVG) and the marker (of matplotlib) of its line."""

    name: str
    color: str
    dash: str
    marker: str


def lineup(results: "Results", verdict: "Verdict | None") -> list[Look]:
    """Return the optimizers, the best mean rank of training losses first.

    Their looks are those of the plots in Python. Without ranks, as in a study that was
    interrupted early, the median training loss of all runs decides.
    """
    runs = results.runs
    names = [str(name) for name in runs["optimizer"].unique()]
    looks = styles(names)
    if verdict is not None and verdict.ranks is not None:
        places = dict(zip(verdict.measured.optimizers, verdict.ranks.mean_ranks, strict=True))
    else:
        losses = runs.assign(train_loss=runs["train_loss"].fillna(np.inf))
        places = losses.groupby("optimizer", sort=False)["train_loss"].median().to_dict()
    ordered = sorted(names, key=lambda name: places[name])
    return [
        Look(name, looks[name].color, _dashes(looks[name].dash), looks[name].marker)
        for name in ordered
    ]


def _dashes(dash: Any) -> str:
    """Return the dashes of matplotlib as those of SVG."""
    widths = DASHES[dash] if isinstance(dash, str) else dash[1]
    return " ".join(f"{WIDTH * width:.3g}" for width in widths)
