"""The report of runs on BBOB: tables, the content of bbob.json, and a chart."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bbob.rivals import PAIRS
from benchmarks.bbob.scores import difference, running_times, share_over_time, shares, target_index
from benchmarks.bbob.suite import GROUPS, TARGETS, Run
from benchmarks.chart import draw_curves
from benchmarks.report import number, one_line, paragraphs, table

#: Targets of the running times; the tables show the two of SHOWN.
RUNNING_TIME_TARGETS = (10.0, 1.0, 1e-1, 1e-2, 1e-3, 1e-5, 1e-7)
SHOWN = (1e-1, 1e-7)
#: The groups of functions at the head of a column.
HEADS = ("sepa-\nrable", "moder-\nate", "ill-\ncond.", "multi-\nmodal", "weak\nstr.")
#: Points of the curves, on a logarithmic axis.
N_POINTS = 120


def summarize(runs: Sequence[Run], libraries: Mapping[str, str]) -> dict[str, Any]:
    """Return the content of bbob.json: standings and differences by dimension."""
    dimensions = sorted({run.key.dimension for run in runs})
    of = {
        (D, name): [r for r in runs if (r.key.dimension, r.key.contestant) == (D, name)]
        for D in dimensions
        for name in libraries
    }
    return {
        "dimensions": dimensions,
        "libraries": dict(libraries),
        "standings": {
            str(D): {name: standing(of[D, name], D) for name in libraries} for D in dimensions
        },
        "differences": [
            compared(D, ours, theirs, of[D, ours], of[D, theirs])
            for ours, theirs in PAIRS
            for D in dimensions
            if ours in libraries and theirs in libraries
        ],
        "failed": {
            name: sorted({run.ended for run in runs if run.key.contestant == name and run.failed})
            for name in libraries
            if any(run.failed for run in runs if run.key.contestant == name)
        },
    }


def standing(runs: Sequence[Run], D: int) -> dict[str, Any]:
    """Return the figures of one contestant's runs of one dimension."""
    reached = shares(runs)
    groups = {
        group: [share for (function, _), share in reached.items() if function in functions]
        for group, functions in GROUPS.items()
    }
    budget = runs[0].key.budget
    return {
        "share": float(np.mean(list(reached.values()))),
        "share_by_group": {g: float(np.mean(own)) for g, own in groups.items() if own},
        "running_time": {
            f"{target:g}": {
                function: time if np.isfinite(time) else None
                for function, time in running_times(runs, target_index(target)).items()
            }
            for target in RUNNING_TIME_TARGETS
        },
        "curve": share_over_time(runs, D * curve_places(budget // D)).tolist(),
        "microseconds": 1e6 * float(np.median([r.seconds / max(1, r.evaluations) for r in runs])),
        "n_runs": len(runs),
        "gave_up": sum(run.ended == "itself" for run in runs),
    }


def curve_places(budget: int) -> np.ndarray:
    """Return the evaluations / D at which curves are drawn."""
    return np.geomspace(1, budget, N_POINTS)


def compared(
    D: int, ours: str, theirs: str, our_runs: Sequence[Run], their_runs: Sequence[Run]
) -> dict[str, Any]:
    """Return a row of the table of differences."""
    mine, others = shares(our_runs), shares(their_runs)
    mean, low, high = difference(mine, others)
    return {
        "ours": ours,
        "theirs": theirs,
        "dimension": D,
        "share": float(np.mean(list(mine.values()))),
        "their_share": float(np.mean(list(others.values()))),
        "difference": mean,
        "interval": [low, high],
    }


def describe(content: Mapping[str, Any]) -> str:
    """Return the tables."""
    counts = f"functions: {len(content['functions'])}, instances: {len(content['instances'])}"
    counts += f", budget: {content['budget']:,} D"
    parts = []
    for D in content["dimensions"]:
        standings = content["standings"][str(D)]
        ranked = sorted(standings, key=lambda name: -standings[name]["share"])
        parts.append(f"D = {D}: share of targets reached; {counts}")
        parts.append(share_table({name: standings[name] for name in ranked}))
        for target in SHOWN:
            parts.append(f"D = {D}: expected running time to 1e{np.log10(target):.0f}, / D")
            parts.append(running_time_table({n: standings[n] for n in ranked}, target, D))
    parts.append(
        paragraphs(
            f"Targets: {len(TARGETS)} from 10^2 to 10^-8 above the optimum. A running time is "
            "that of all of a function's runs (failures: the budget) over its successes, the "
            "median over functions; -: most of them were never solved. us: of a whole run, an "
            "evaluation, the function included. *: some runs ended by themselves before the budget."
        )
    )
    if content["differences"]:
        parts.append("The same algorithm elsewhere: ours - theirs, difference of shares")
        parts.append(difference_table(content["differences"]))
        parts.append(paragraphs("Bootstrap over pairs of function and instance; -: within noise."))
    parts += [
        paragraphs(f"{name}: some runs ended in an error and count as far as they came: {kinds}")
        for name, kinds in content["failed"].items()
    ]
    return "\n" + "\n\n".join(parts) + "\n"


def share_table(standings: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the fractions of targets, a column for each group of functions."""
    rows = [
        [
            name + "*" * bool(own["gave_up"]),
            f"{own['share']:.3f}",
            *(_share(own["share_by_group"].get(group)) for group in GROUPS),
            number(own["microseconds"]),
        ]
        for name, own in standings.items()
    ]
    return table(["", "all", *HEADS, "us"], rows)


def running_time_table(standings: Mapping[str, Mapping[str, Any]], target: float, D: int) -> str:
    """Return the median running times, a column for each group of functions."""
    rows = []
    for name, own in standings.items():
        times = {
            function: np.inf if time is None else time / D
            for function, time in own["running_time"][f"{target:g}"].items()
        }
        by_group = [[t for f, t in times.items() if f in members] for members in GROUPS.values()]
        columns = [list(times.values()), *by_group]
        solved = f"{sum(np.isfinite(list(times.values())))}/{len(times)}"
        rows.append([name, *map(_median, columns), solved])
    return table(["", "all", *HEADS, "solved"], rows)


def difference_table(differences: Sequence[Mapping[str, Any]]) -> str:
    """Return a row for each of PAIRS and dimension."""
    rows = []
    for row in differences:
        low, high = row["interval"]
        ahead = "ours" if low > 0 else "theirs" if high < 0 else "-"
        interval = f"[{low:+.3f}, {high:+.3f}]"
        gap = f"{row['difference']:+.3f}"
        rows.append([row["ours"], row["theirs"], str(row["dimension"]), gap, interval, ahead])
    header = ["ours", "theirs", "D", "gap", "95 % interval", "ahead"]
    return table(header, rows, left=(0, 1, 5))


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _median(times: Sequence[float]) -> str:
    """Return the median of running times, where it is one."""
    middle = float(np.median(times)) if times else np.inf
    return number(middle) if np.isfinite(middle) else "-"


def draw(path: Path, content: Mapping[str, Any]) -> None:
    """Draw the fraction of targets over evaluations: a panel for each dimension."""
    panels = {
        f"D = {D}": {name: own["curve"] for name, own in content["standings"][str(D)].items()}
        for D in content["dimensions"]
    }
    n_pairs = len(content["functions"]) * len(content["instances"])
    draw_curves(
        path,
        panels,
        curve_places(content["budget"]).tolist(),
        content["libraries"],
        "Targets reached on BBOB",
        ("evaluations / D (log scale)", "share of targets reached"),
        f"{n_pairs} pairs of function and instance, {len(TARGETS)} targets from 10^2 to 10^-8 "
        f"each. {one_line(content['machine'])}.",
    )
