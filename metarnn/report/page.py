"""The report of a study: one page of HTML."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metarnn.names import many
from metarnn.plots import problem_of
from metarnn.runtimes import Axis
from metarnn.writing import write_whole

from .answer import PHRASES, answer
from .assets import template
from .curves import AXES, alternative, curves, points_of_curves
from .failures import LISTED, failure_table
from .lineup import lineup
from .numbers import loss
from .overview import overview_chart
from .pairs import omnibus, pair_table
from .settings import price, setting_rows
from .standings import rank_chart, standings_table, success_chart
from .tables import joined_table, problem_table

if TYPE_CHECKING:
    from metarnn.statistics import Measured, Verdict
    from metarnn.study import Results

CONTENTS = (
    ("optimizers", "Optimizers"),
    ("problems", "Problems"),
    ("tests", "Tests"),
    ("failures", "Failed runs"),
    ("settings", "Settings"),
    ("machine", "Versions and hardware"),
    ("repeat", "Repeat it"),
)

#: The line of a page that says what wrote it.
MARK = '<meta name="generator" content="metarnn">'


def is_report(path: str | Path) -> bool:
    """Return whether a file is a page that :func:`~metarnn.report.write_report` has written.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    bool
        Whether its beginning says so.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with Path(path).open("rb") as file:
        return MARK.encode() in file.read(1000)


def write_report(
    results: "Results",
    path: str | Path,
    *,
    title: str = "Report of a study",
    command: str | None = None,
    axis: Axis = "passes",
) -> Path:
    """Write the report of a study: one self-contained HTML page.

    It begins with the answer in words: who wins, by how much, and how sure that is. Then follow
    one figure; the optimizers over all problems; for each problem a table, the convergence and
    the distribution of runtimes; the tests; the runs that failed, and why; settings, versions
    and hardware, and the command that repeats the study. Tables sort and filter, curves zoom and
    show their values, optimizers hide and show, and figures download as SVG and CSV. The page
    loads nothing. The same results give the same page, to the bit.

    Parameters
    ----------
    results : Results
        Of :meth:`metarnn.Study.results`.
    path : str or Path
        The file, which is replaced once the page is complete; its folder is made if need be.
    title : str
        Title of the page.
    command : str, optional
        The command that repeats the study, as shown; by default ``metarnn study run`` on the
        file of settings beside the page.
    axis : {"passes", "seconds"}
        The unit of time in which the curves are shown first.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        An unknown axis.
    OSError
        The file cannot be written; an older one is as it was.
    """
    if axis not in AXES:
        raise ValueError(f"axis must be 'passes' or 'seconds', got {axis!r}.")
    path = Path(path)
    page = template().render(
        title=title,
        contents=CONTENTS,
        command=command or f"metarnn study run {shlex.quote(path.with_suffix('.toml').name)}",
        **_content(results, axis),
    )
    # The name of a file may hold bytes that are no text.
    return write_whole(path, page.encode(errors="replace").decode(), parents=True)


def _content(results: "Results", axis: Axis) -> dict[str, Any]:
    """Return the values of the template."""
    runs, settings, problems = results.runs, results.settings, results.problems
    found, verdicts = _judged(results)
    looks = lineup(results, verdicts.get("train_loss"))
    names = [look.name for look in looks]
    charts_of = (overview_chart(results, one, names) for one in found.values())
    shown = [one for one in charts_of if one]
    ranks = [rank_chart(verdict, names) for verdict in verdicts.values()]
    successes = [success_chart(results, names)] if len(runs) else []
    sections, charts = _problems(results, problems, names, axis)
    data: dict[str, list[Any] | str] = {
        "optimizers": [look._asdict() for look in looks],
        "unit": axis,
        "overview": shown,
        "ranks": [one for one in ranks if one],
        "successes": [one for one in successes if one],
        "problems": charts,
    }
    n_failed = int((runs["status"] == "failed").sum())
    failures = failure_table(runs)
    listed = f" The first {LISTED} kinds are listed." if len(failures.rows) == LISTED else ""
    return {
        "size": f"{many(len(problems), 'problem')} × {many(len(names), 'optimizer')}: "
        f"{many(len(runs), 'run')}" + (f", {n_failed} of them failed." if n_failed else "."),
        "question": settings.question,
        "answer": answer(results, verdicts),
        "overview_choices": [(i, PHRASES[one["key"]].title.lower()) for i, one in enumerate(shown)],
        "looks": {look.name: look._replace(color=_ink(look.color)) for look in looks},
        "standings": standings_table(results, found["train_loss"], verdicts, names)
        if found
        else None,
        "price": price(settings),
        "problems": sections,
        "everything": joined_table([(one["title"], one["table"]) for one in sections]),
        "omnibus": [(PHRASES[key].title, omnibus(one)) for key, one in verdicts.items()],
        "pairs": pair_table(verdicts, names),
        "failures": failures,
        "n_failed": f"{many(n_failed, 'run')} of {len(runs)} failed.{listed}"
        if n_failed
        else "No run failed.",
        "settings": setting_rows(settings),
        "environment": results.environment,
        "data": data,
        **{key: data[key] for key in ("overview", "ranks", "successes")},
    }


def _judged(results: "Results") -> tuple[dict[str, "Measured"], dict[str, "Verdict"]]:
    """Return each measure of the results, and its tests if there are several optimizers."""
    from metarnn.statistics import judge, measured

    runs = results.runs
    if not len(runs):
        return {}, {}
    wanted = [
        measure
        for measure in PHRASES
        if measure != "test_accuracy" or runs["test_accuracy"].notna().any()
    ]
    if runs["optimizer"].nunique() < 2:
        return {measure: measured(results, measure) for measure in wanted}, {}
    verdicts = {measure: judge(results, measure) for measure in wanted}
    return {measure: verdict.measured for measure, verdict in verdicts.items()}, verdicts


def _problems(
    results: "Results", problems: list[tuple[str, str]], names: list[str], axis: Axis
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the sections of the problems, and their curves."""
    if not problems:
        return [], []
    by_problem = results.summary().groupby(level=["dataset", "network"], sort=False)
    summaries = {pair: part.droplevel(["dataset", "network"]) for pair, part in by_problem}
    n_points = points_of_curves(len(problems), len(names))
    sections, charts = [], []
    for pair in problems:
        problem = problem_of(results, pair)
        chart = curves(problem, names, n_points)
        n_runs = sum(map(len, problem.histories.values()))
        charts.append(chart)
        sections.append(
            {
                "title": problem.title,
                "target": loss(problem.target),
                "targets": chart["targets"],
                "runs": f"{many(n_runs, 'run')} of {many(problem.n_seeds, 'seed')}",
                "table": problem_table(summaries[pair], names, problem.title),
                "alts": {
                    kind: alternative(chart, names, axis, kind) for kind in ("loss", "reached")
                },
            }
        )
    return sections, charts


def _ink(color: str) -> str:
    """Return a color that is seen on dark pages, too."""
    return "currentColor" if color == "#000000" else color
