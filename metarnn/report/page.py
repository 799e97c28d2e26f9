"""The report of a study: one page of HTML."""

import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metarnn.plots import problem_of
from metarnn.runtimes import Axis
from metarnn.writing import write_whole

from .figures import Picture, over_time, ranked, succeeded
from .settings import price, setting_rows
from .tables import loss, problem_table

if TYPE_CHECKING:
    from jinja2 import Template

    from metarnn.study import Results

#: The measures of the tests, with their titles.
MEASURES = {
    "train_loss": "training loss",
    "ert": "expected passes to the target",
    "test_accuracy": "held-out accuracy",
}

#: The most kinds of failures that are listed.
LISTED = 200

CONTENTS = (
    ("question", "Question"),
    ("overall", "Overall"),
    ("tests", "Tests"),
    ("problems", "Problems"),
    ("failures", "Failed runs"),
    ("settings", "Settings"),
    ("machine", "Versions and hardware"),
    ("repeat", "Repeat it"),
)


#: The line of a page that says what wrote it.
MARK = '<meta name="generator" content="metarnn">'


def is_report(path: str | Path) -> bool:
    """Return whether a file is a page that :func:`write_report` has written."""
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

    It contains the question and the settings; for each problem a table, the convergence and the
    distribution of runtimes; ranks and tests over the problems; the runs that failed, and why;
    versions and hardware, and the command that repeats the study. The same results give the
    same page, to the bit.

    Parameters
    ----------
    results : Results
        Of :meth:`metarnn.study.Study.results`.
    path : str or Path
        The file, which is replaced once the page is complete; its folder is made if need be.
    title : str
        Title of the page.
    command : str, optional
        The command that repeats the study, as shown; by default ``metarnn study run`` on the
        file of settings beside the page.
    axis : {"passes", "seconds"}
        The unit of time in the plots.

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
    path = Path(path)
    page = _template().render(
        title=title,
        contents=CONTENTS,
        command=command or f"metarnn study run {shlex.quote(path.with_suffix('.toml').name)}",
        **_content(results, axis),
    )
    return write_whole(path, page, parents=True)


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    text = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)


def _content(results: "Results", axis: Axis) -> dict[str, Any]:
    """Return the values of the template."""
    runs, settings = results.runs, results.settings
    problems = results.problems
    n_optimizers, n_failed = runs["optimizer"].nunique(), int((runs["status"] == "failed").sum())
    verdicts, ranks = _verdicts(results) if problems else ([], [])
    failures = _failures(runs)
    return {
        "size": (
            f"{_many(len(problems), 'problem')} × {_many(n_optimizers, 'optimizer')}: "
            f"{_many(len(runs), 'run')}, {n_failed} of them failed."
        ),
        "question": settings.question or "None was stated.",
        "ranks": ranks,
        "successes": succeeded(_successes(runs)) if problems else None,
        "verdicts": verdicts,
        "price": price(settings),
        "problems": _problems(results, problems, axis),
        "failures": failures[:LISTED],
        "n_failed": f"{_many(n_failed, 'run')} of {len(runs)} failed."
        + (f" The first {LISTED} kinds are listed." if len(failures) > LISTED else ""),
        "settings": setting_rows(settings),
        "environment": results.environment,
        "how": "With the settings above in a file and the versions above installed, this command "
        "repeats all results but the seconds:",
    }


def _verdicts(results: "Results") -> tuple[list[tuple[str, str]], list[tuple[Picture, str]]]:
    """Return the tests in words, and the diagrams of ranks if there are several problems."""
    from metarnn.statistics import judge

    if results.runs["optimizer"].nunique() < 2:
        return [], []
    texts, diagrams = [], []
    for measure, title in MEASURES.items():
        if measure == "test_accuracy" and not results.runs["test_accuracy"].notna().any():
            continue
        verdict = judge(results, measure)
        texts.append((title, verdict.text()))
        names, ranks = verdict.measured.optimizers, verdict.ranks
        if ranks is not None and len(names) > 1 and len(verdict.measured.problems) > 1:
            placed = dict(zip(names, map(float, ranks.mean_ranks), strict=True))
            picture = ranked(placed, float(ranks.critical_difference()), title)
            diagrams.append((picture, f"Mean ranks over the problems by {title}."))
    return texts, diagrams


def _problems(
    results: "Results", problems: list[tuple[str, str]], axis: Axis
) -> list[dict[str, Any]]:
    """Return the sections of the problems."""
    if not problems:
        return []
    by_problem = results.summary().groupby(level=["dataset", "network"], sort=False)
    summaries = {pair: part.droplevel(["dataset", "network"]) for pair, part in by_problem}
    sections = []
    for number, pair in enumerate(problems, 1):
        problem = problem_of(results, pair)
        pictures = over_time(problem, axis, n_problems=len(problems))
        texts = (
            f"Best training loss over {axis}.",
            f"Fraction of runs and targets reached over {axis} (ECDF).",
        )
        n_runs = sum(map(len, problem.histories.values()))
        sections.append(
            {
                "anchor": f"problem-{number}",
                "title": problem.title,
                "target": loss(problem.target),
                "runs": f"{_many(n_runs, 'run')} of {_many(problem.n_seeds, 'seed')}",
                "table": problem_table(summaries[pair]),
                "plots": list(zip(pictures, texts, strict=True)),
            }
        )
    return sections


def _successes(runs: Any) -> dict[str, tuple[int, int]]:
    """Return how many runs of each optimizer reached the target, and of how many."""
    groups = runs.groupby("optimizer", sort=False)["reached"]
    return {str(name): (int(reached.sum()), len(reached)) for name, reached in groups}


def _failures(runs: Any) -> list[tuple[str, ...]]:
    """Return the failed runs, grouped if they differ in seed or fold only."""
    failed = runs[runs["status"] == "failed"]
    by = ["dataset", "network", "optimizer", "error"]
    rows: list[tuple[str, ...]] = []
    for (dataset, network, optimizer, error), group in failed.groupby(by, sort=False):
        seeds = [str(seed) for seed in dict.fromkeys(group["seed"])]
        shown = ", ".join(seeds[:20]) + (", …" if len(seeds) > 20 else "")
        rows.append((str(len(group)), f"{dataset}: {network}", str(optimizer), shown, str(error)))
    return rows


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
