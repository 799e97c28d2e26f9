"""The optimizers over all problems: a table, mean ranks, and runs that reached the target."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metarnn.names import many
from metarnn.runtimes import wilson_interval
from metarnn.statistics import Measured, Verdict

from .answer import PHRASES
from .leads import all_equal
from .margins import behind, floored, interval
from .numbers import data, factor, listed, seconds, success
from .tables import Cell, Table

if TYPE_CHECKING:
    from metarnn.study import Results


def standings_table(
    results: "Results", found: Measured, verdicts: dict[str, Verdict], names: list[str]
) -> Table:
    """Return a row for each optimizer, in the order of the names.

    Mean ranks by each measure, the distance to the best of each problem, successes, seconds and
    failures.
    """
    runs = results.runs
    judged = {key: one for key, one in verdicts.items() if one.ranks is not None}
    headings = ["optimizer", *(f"mean rank: {PHRASES[key].title.lower()}" for key in judged)]
    relative = len(found.problems) > 1 and len(found.optimizers) > 1
    if relative:
        headings.append("loss, times the best: median (95% interval)")
    headings += ["runs that reached the target (95% interval)", "seconds of a run: median"]
    rows = []
    for name in names:
        mine = runs[runs["optimizer"] == name]
        row = [Cell(name)]
        for verdict in judged.values():
            row.append(_rank(verdict, name))
        if relative:
            row.append(_distance(found, floored(results, found), name))
        reached = int(mine["reached"].sum())
        row.append(Cell(success(reached, len(mine)), reached / len(mine)))
        spent = float(mine["seconds"].median())
        row.append(Cell(seconds(spent) if np.isfinite(spent) else "–", spent))
        if (runs["status"] == "failed").any():
            failed = int((mine["status"] == "failed").sum())
            row.append(Cell(f"{failed} of {len(mine)}", float(failed)))
        rows.append(row)
    if (runs["status"] == "failed").any():
        headings.append("failed runs")
    return Table("Optimizers over all problems", headings, rows)


def _rank(verdict: Verdict, name: str) -> Cell:
    ranks = verdict.ranks
    if ranks is None or name not in verdict.measured.optimizers:
        return Cell("–")
    mean = float(ranks.mean_ranks[verdict.measured.optimizers.index(name)])
    return Cell(f"{mean:.2f}", mean, not all_equal(verdict) and mean == ranks.mean_ranks.min())


def _distance(found: Measured, values: NDArray[np.float64], name: str) -> Cell:
    times = behind(values[:, found.optimizers.index(name)], values.min(axis=1), found.measure)
    middle, ends = float(np.median(times)), interval(times, np.median)
    shown = factor(middle)
    if ends is not None:
        shown += f" ({factor(ends.low)}–{factor(ends.high)})"
    return Cell(shown, middle)


def rank_chart(verdict: Verdict, names: list[str]) -> "dict[str, Any] | None":
    """Return the mean ranks over several problems, with Nemenyi's critical difference.

    A bar reaches half a critical difference to both sides, so that optimizers whose bars do not
    overlap are separated (all pairs at once, at the level of the verdict). The headline goes by
    another test, signed ranks: the note names the pairs of which only one of the two is sure.
    """
    found, ranks = verdict.measured, verdict.ranks
    if ranks is None or len(found.problems) < 2 or all_equal(verdict):
        return None
    half = ranks.critical_difference(verdict.alpha) / 2
    title = PHRASES[found.measure].title.lower()
    rows = []
    for name in names:
        mean = float(ranks.mean_ranks[found.optimizers.index(name)])
        rows.append({"middle": data(mean), "low": data(mean - half), "high": data(mean + half)})
    shown = ", ".join(f"{name} {row['middle']:.2f}" for name, row in zip(names, rows, strict=True))
    return {
        "title": f"Mean ranks by {title}",
        "note": f"1 is best. Bars that do not overlap are {2 * half:.2f} or more apart, Nemenyi's "
        f"critical difference for {many(len(found.problems), 'problem')}. {_other_test(verdict)}",
        "label": f"mean rank by {title}",
        "limits": [min(row["low"] for row in rows), max(row["high"] for row in rows)],
        "ticks": list(range(1, len(names) + 1)),
        "alt": f"Mean ranks by {title}: {shown}; critical difference {2 * half:.2f}.",
        "rows": rows,
    }


def _other_test(verdict: Verdict) -> str:
    """Return how the signed ranks, by which the headline goes, differ from Nemenyi's test."""
    ranks, names = verdict.ranks, verdict.measured.optimizers
    decided = {(pair.optimizer, pair.than) for pair in verdict.better}
    least = np.inf if ranks is None else ranks.critical_difference(verdict.alpha)
    means = {} if ranks is None else dict(zip(names, ranks.mean_ranks, strict=True))
    apart = {(a, b) for a in means for b in means if means[b] - means[a] >= least}
    test = "The headline and the tests of pairs go by signed ranks, which also weigh by how much"
    if decided == apart:
        return f"{test}; here they decide the same pairs."
    said = [
        f"{verb} {listed([f'{a} over {b}' for a, b in sorted(pairs)])}, whose bars {bars}"
        for verb, pairs, bars in (
            ("they also decide", decided - apart, "overlap"),
            ("they leave open", apart - decided, "do not overlap"),
        )
        if pairs
    ]
    return f"{test}; here {', and '.join(said)}."


def success_chart(results: "Results", names: list[str]) -> "dict[str, Any] | None":
    """Return the fractions of runs that reached the target, with Wilson's intervals."""
    runs = results.runs
    if not runs["target"].notna().any():
        return None
    rows, shown = [], []
    for name in names:
        mine = runs[runs["optimizer"] == name]
        reached = int(mine["reached"].sum())
        low, high = wilson_interval(reached, len(mine))
        rate = reached / len(mine)
        rows.append({"middle": data(rate), "low": data(low), "high": data(high), "bar": True})
        shown.append(f"{name} {reached} of {len(mine)}")
    return {
        "title": "Runs that reached the target loss of their problem",
        "note": "Over all problems. Lines are Wilson's 95% intervals.",
        "label": "fraction of runs that reached the target",
        "limits": [0, 1],
        "alt": f"Runs that reached the target of their problem: {', '.join(shown)}.",
        "rows": rows,
    }
