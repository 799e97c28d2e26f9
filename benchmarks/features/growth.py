"""A chart of the accuracy by the number of features, from the study "growth".

python -m benchmarks.features growth --archive FOLDER --seeds 3
python -m benchmarks.features.growth
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import OUT, Parser
from benchmarks.features.contestants import GROWTH
from benchmarks.report import one_line

#: Colors of Okabe and Ito, markers and line styles, which tell the curves apart without color too.
STYLES = {
    "choosing": ("#0072B2", "o", "-"),
    "telling": ("#D55E00", "s", "--"),
    "memory": ("#009E73", "^", ":"),
}


def curves(
    content: dict[str, Any], kinds: dict[str, list[str]]
) -> dict[str, tuple[list[float], list[float]]]:
    """Return the mean errors, and their mean deviations between seeds, by kind of set."""
    found = {}
    for kind, names in kinds.items():
        of = [[content["sets"][name][f"features, {n:,}"] for name in names] for n in GROWTH]
        errors = [1 - float(np.mean([each["score"] for each in sets])) for sets in of]
        found[kind] = errors, [float(np.mean([each["deviation"] for each in sets])) for sets in of]
    return found


def draw(path: Path, content: dict[str, Any]) -> None:
    """Draw the mean error by the number of features, and save it."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    kinds = {kind: names for kind, names in content["kinds"].items() if kind in STYLES and names}
    figure = Figure(figsize=(6.2, 3.8), layout="constrained")
    ax = figure.subplots()
    for kind, (errors, deviations) in curves(content, kinds).items():
        color, marker, line = STYLES[kind]
        ax.plot(GROWTH, errors, color=color, marker=marker, ls=line, ms=5, lw=1.6)
        low, high = (np.add(errors, np.multiply(sign, deviations)) for sign in (-1, 1))
        ax.fill_between(GROWTH, low, high, color=color, alpha=0.15, lw=0)
        label = f"{kind} ({len(kinds[kind])} sets)"
        place = {"xytext": (7, 0), "textcoords": "offset points", "va": "center", "fontsize": 8.5}
        ax.annotate(label, (GROWTH[-1], errors[-1]), color=color, annotation_clip=False, **place)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("features", fontsize=9)
    ax.set_ylabel("1 - accuracy, mean over the sets", fontsize=9)
    ax.grid(alpha=0.3)
    ax.tick_params(labelsize=8)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    figure.suptitle("More random networks, fewer errors, with shrinking returns", fontsize=11)
    figure.supxlabel(
        f"band: deviation between seeds; {one_line(content['machine'])}", fontsize=7, color="0.35"
    )
    figure.savefig(path, dpi=150)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = Parser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="with the results")
    options = parser.parse_args(words)
    path = options.out / "features-growth.json"
    if not path.exists():
        parser.error(f"There is no {path}; run python -m benchmarks.features growth first.")
    draw(options.out / "features-growth.png", json.loads(path.read_text()))


if __name__ == "__main__":
    main()
