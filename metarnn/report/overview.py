"""The one figure: how far each optimizer is behind the best, by problem, with intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metarnn.statistics import MEASURES, Measured

from .answer import PHRASES
from .margins import behind, expected_interval, floored, interval, numbers_of_runs
from .numbers import count, data, factor, loss

if TYPE_CHECKING:
    from metarnn.study import Results


def overview_chart(
    results: "Results", found: Measured, names: list[str]
) -> "dict[str, Any] | None":
    """Return the values of each optimizer, their middle and its interval.

    Over several problems a value is that of a problem, relative to the best optimizer there; on
    a single problem it is that of a run. A value that is infinite, or a loss of zero relative to
    others, is None, which is drawn at the edge.
    """
    if not np.isfinite(found.values).any():
        return None  # no problem has all runs, all runs failed, or none reached a target
    single, alone = len(found.problems) == 1, len(found.optimizers) == 1
    ratios = MEASURES[found.measure].ratios
    if single or alone:
        shown = _runs(results, found) if single else _values(found)
        label = PHRASES[found.measure].title.lower()
    else:
        shown = _distances(found, floored(results, found))
        label = _relative_label(found.measure)
    chart = _words(found, single=single, alone=alone)
    rows = [shown[name] for name in names]
    texts = [f"{name} {row['text']}" for name, row in zip(names, rows, strict=True)]
    return {
        **chart,
        "key": found.measure,
        "label": label,
        "log": ratios,
        "alt": f"{chart['title']}: {'; '.join(texts)}.",
        "rows": rows,
    }


def _relative_label(measure: str) -> str:
    title = PHRASES[measure].title.lower()
    return f"{title}, times the best" if MEASURES[measure].ratios else f"{title}, points below best"


def _words(found: Measured, *, single: bool, alone: bool) -> dict[str, str]:
    """Return the title of the figure, and what its marks are."""
    title = PHRASES[found.measure].title
    middle = "median" if MEASURES[found.measure].ratios else "mean"
    if single and found.measure == "ert":
        return {
            "title": f"{title}: expected from all runs",
            "note": "Large mark: what all runs spent per success; line: its 95% interval.",
        }
    if single:
        return {
            "title": f"{title} of each run",
            "note": f"A dot is a run; large mark: {middle}; line: its 95% bootstrap interval.",
        }
    if alone:
        return {
            "title": f"{title} on each problem",
            "note": "A dot is a problem; large mark: median; line: its 95% bootstrap interval.",
        }
    return {
        "title": f"{title}: distance to the best optimizer of each problem",
        "note": "A dot is a problem; large mark: median over the problems; line: its 95% "
        "bootstrap interval. The best are at the left."
        + " Losses below 0.01 times the target count as that."
        * (found.measure == "train_loss"),
    }


def _runs(results: "Results", found: Measured) -> dict[str, dict[str, Any]]:
    """Return the rows of a single problem, whose dots are runs."""
    rows = {}
    for name, numbers in numbers_of_runs(results, found).items():
        if found.measure == "ert":
            ends = expected_interval(numbers)
            rows[name] = _row([], [], ends.value, ends, count)
            continue
        ratios = MEASURES[found.measure].ratios
        statistic, show = (np.median, loss) if ratios else (np.mean, _share)
        labels = [f"run {i}: {show(value)}" for i, value in enumerate(numbers.tolist(), 1)]
        middle = found.values[0, found.optimizers.index(name)]
        rows[name] = _row(numbers, labels, middle, interval(numbers, statistic), show)
    return rows


def _values(found: Measured) -> dict[str, dict[str, Any]]:
    """Return the rows of a single optimizer on several problems."""
    show = {"train_loss": loss, "ert": count}.get(found.measure, _share)
    (name,) = found.optimizers
    values = found.values[:, 0]
    labels = [f"{': '.join(p)}: {show(v)}" for p, v in zip(found.problems, values, strict=True)]
    return {name: _row(values, labels, np.median(values), interval(values, np.median), show)}


def _distances(found: Measured, values: NDArray[np.float64]) -> dict[str, dict[str, Any]]:
    """Return the rows of several optimizers on several problems."""
    ratios = MEASURES[found.measure].ratios
    best = values.min(axis=1) if ratios else values.max(axis=1)
    rows = {}
    for i, name in enumerate(found.optimizers):
        away = behind(values[:, i], best, found.measure)
        away = away if ratios else 100 * away
        show = _times if ratios else _points
        labels = [f"{': '.join(p)}: {show(v)}" for p, v in zip(found.problems, away, strict=True)]
        rows[name] = _row(away, labels, np.median(away), interval(away, np.median), show)
    return rows


def _row(values: Any, labels: list[str], middle: Any, ends: Any, show: Any) -> dict[str, Any]:
    text = show(float(middle))
    if ends is not None:
        text += f" (95% interval {show(ends.low)} to {show(ends.high)})"
    row = {"values": data(values), "labels": labels, "middle": data(middle), "text": text}
    return row if ends is None else {**row, "low": data(ends.low), "high": data(ends.high)}


def _share(value: float) -> str:
    return f"{value:.3f}"


def _times(value: float) -> str:
    return f"{factor(value)} times the best"


def _points(value: float) -> str:
    return f"{value:.1f} points below the best"
