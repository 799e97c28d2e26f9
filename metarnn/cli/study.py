"""``metarnn study``: several data sets and networks, stored run by run, and reported."""

import argparse
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from metarnn.names import are, in_column, many
from metarnn.writing import check_folder_writable, check_writable, write_whole

from .options import command
from .output import check_file, check_replaced, show, shows_progress
from .parser import Commands
from .study_runs import import_, places, repeat, study_of

if TYPE_CHECKING:
    from metarnn.study.study import Study


@command(
    options="settings --force --json",
    examples="""
    metarnn study init study.toml
    metarnn study init suite.toml --suite suite-1
    """,
    own={
        "--suite": dict(
            metavar="NAME",
            help="take the problems of a suite, such as suite-1, in place of three small ones",
        )
    },
)
def init(options: argparse.Namespace) -> None:
    """Write a commented study.toml to begin with."""
    from metarnn.study.toml import write_template

    path: Path = options.settings
    if path.is_dir():
        path /= "study.toml"
    check_file(path, options.force)
    write_template(path, suite=options.suite, replace=options.force)
    time, more = "hours", "which may be in pieces: started again, it goes on where it was stopped"
    if options.suite is None:
        time = "about a minute"
        more = "three problems are a first look: the file says how many decide something"
    line = f"{path} is written; 'metarnn study run {path}' runs it, in {time}"
    show(options, {"settings": path}, line, more)


@command(
    options="settings --store --jobs --json --quiet",
    examples="metarnn study run study.toml --jobs 2",
    own={"--retry-failed": dict(action="store_true", help="make failed runs again")},
)
def run(options: argparse.Namespace) -> int:
    """Make the runs that are not stored yet."""
    from metarnn.study.checks import at

    study = study_of(options)
    if study.store is not None and study.store.parent.is_dir():
        check_writable(study.store)
    with at(str(options.settings)):
        study.check()
    try:
        results = study.run(
            n_jobs=options.jobs, progress=not options.quiet, retry_failed=options.retry_failed
        )
    except KeyboardInterrupt:
        stored = sum(state != "missing" for state in study.status().values())
        command = f"metarnn study run {options.settings}"
        if options.store:
            command += f" --store {options.store}"
        print(
            f"metarnn: interrupted: {stored} of {len(study.plan)} runs are stored in "
            f"{study.store}; '{command}' goes on from there",
            file=sys.stderr,
        )
        return 130
    summary = results.summary().reset_index().to_dict("records")
    n = len(results.runs)
    value = {"summary": summary, "n_runs": n, "store": study.store}
    where = f"{many(n, 'run')} {are(n)} stored in {study.store}"
    retry = f"'metarnn study run {options.settings} --retry-failed' makes those that failed again"
    failed = (results.runs["status"] == "failed").any()
    show(options, value, results.table(), *[retry] * bool(failed), "", where)
    return 0


@command(
    options="settings --jobs --json --quiet",
    examples="metarnn study tune suite.toml --passes 2e7 --jobs 2",
    output="the study to write (default: the settings' name, with -tuned.toml)",
    own={
        "--passes": dict(
            type=float,
            metavar="PASSES",
            help="passes to spend on each optimizer (default: those of 40 trials)",
        ),
        "--trials": dict(
            type=Path,
            metavar="FILE",
            help="database of the trials (default: the settings' name, with -tuning.sqlite)",
        ),
    },
)
def tune(options: argparse.Namespace) -> int:
    """Look for better settings of each optimizer, with the same passes for each.

    Of a suite the part for tuning is taken, otherwise the study's own problems with other seeds. A
    study is written that has each optimizer as it was, and as NAME_tuned. Stopped, it goes on.
    """
    from metarnn.study import tuning
    from metarnn.study.toml import read_settings, write_settings

    path: Path = options.settings
    output = options.output or path.with_name(f"{path.stem}-tuned.toml")
    check_file(output, options.force)
    settings = read_settings(path)
    apart = tuning.tuning_settings(settings)
    passes = options.passes
    if passes is None:
        passes = tuning.N_TRIALS * tuning.one_trial(apart)
    store = options.trials or path.with_name(f"{path.stem}-tuning.sqlite")
    found = []
    try:
        for one in tuning.tune(apart, passes=passes, store=store, n_jobs=options.jobs):
            found.append(one)
            if shows_progress(options):
                print(f"{one.optimizer} is tuned, {len(found)}", file=sys.stderr)
    except KeyboardInterrupt:
        print(
            f"metarnn: interrupted: trials that have ended are stored in {store}, and the same "
            "command goes on from there",
            file=sys.stderr,
        )
        return 130
    order = [*settings.optimizers]
    found.sort(key=lambda one: order.index(one.optimizer))
    write_settings(output, tuning.with_tuned(settings, found), replace=options.force)
    lines = []
    for one in found:
        before, label = in_column(one.optimizer, 24)
        lines += [*before, f"{label} {one.default_area:>9.3f} {one.area:>9.3f} {one.n_trials:>7}"]
    tuned = [asdict(one) for one in found]
    show(
        options,
        {"settings": output, "trials": store, "tuned": tuned},
        "Mean area under the convergence curves on the problems for tuning, 0 is best:",
        f"{'':24} {'as it was':>9} {'tuned':>9} {'trials':>7}",
        *lines,
        "",
        f"{output} has both; 'metarnn study run {output}' compares them",
    )
    return 0


@command(options="settings --store --json", examples="metarnn study status study.toml")
def status(options: argparse.Namespace) -> None:
    """Count the runs that are stored, also while the study runs."""
    study = study_of(options)
    states = study.status()
    by_problem: dict[tuple[str, str], list[str]] = {}
    for key, state in states.items():
        by_problem.setdefault((key.dataset, key.network), []).append(state)
    problems = [
        {
            "dataset": dataset,
            "network": network,
            "done": found.count("done"),
            "failed": found.count("failed"),
            "n_runs": len(found),
        }
        for (dataset, network), found in by_problem.items()
    ]
    missing = list(states.values()).count("missing")
    counts = {"missing": missing, "n_runs": len(states), "running": study.running}
    lines = []
    for (dataset, network), found in by_problem.items():
        above, left = in_column(dataset, 24)
        between, right = in_column(network, 16)
        numbers = f"{found.count('done'):>6} {found.count('failed'):>6} {len(found):>6}"
        lines += [*above, *between, f"{left} {right} {numbers}"]
    end = f"all {len(states)} runs are stored in {study.store}"
    if missing:
        now = "a process is making them" if study.running else "no process is making them"
        end = f"{missing} of {len(states)} runs are missing; {now}"
        if study.store is not None and not study.store.exists():
            end = f"no run of {len(states)} is stored in {study.store} yet; {now}"
    show(
        options,
        {"problems": problems, **counts, "store": study.store},
        f"{'data set':24} {'network':16} {'done':>6} {'failed':>6} {'all':>6}",
        *lines,
        "",
        end,
        *_left_out(study),
    )


def _left_out(study: "Study") -> list[str]:
    """Return a line about optimizers that do not run on all problems, if there are any."""
    if not study.left_out:
        return []
    dataset, _, optimizer = study.left_out[0]
    n, such = len(study.left_out), f"{optimizer} on {dataset}"
    line = f"{n} pairs have no runs, since they do not suit each other, such as {such}"
    return [textwrap.fill(line, 80)]


@command(
    options="settings --store --json",
    examples="""
    metarnn study export study.toml --output runs.csv
    metarnn study export study.toml --format ioh
    metarnn study export study.toml --format parquet
    """,
    output="the file or folder to write (default: the settings' name, with .csv, .parquet or -ioh)",
    own={
        "--format": dict(
            choices=("csv", "ioh", "parquet"),
            default="csv",
            help="csv: a table, one row a run; ioh: a folder for IOHanalyzer; parquet: a small "
            "file with short curves, from which 'metarnn study import' goes on",
        )
    },
)
def export(options: argparse.Namespace) -> None:
    """Write the runs for other programs.

    In a CSV file a text that begins like a formula (= + - @) gets a ' in front, so that no
    spreadsheet runs it.
    """
    from metarnn.datasets.csv_tables import csv_text

    settings: Path = options.settings
    ioh = options.format == "ioh"
    ending = settings.with_suffix(f".{options.format}")
    default = settings.with_name(f"{settings.stem}-ioh") if ioh else ending
    path: Path = options.output or default
    if not ioh:
        check_file(path, options.force)
    elif path.exists():
        raise ValueError(f"{path} exists already: name another folder with --output.")
    else:
        check_folder_writable(path)
    study = study_of(options)
    results = study.results()
    if ioh:
        from metarnn.study.iohprofiler import export

        export(results, path)
    elif options.format == "parquet":
        study.export_runs(path, replace=options.force, results=results)
    else:
        write_whole(path, csv_text(results.runs))
    n = len(results.runs)
    value = {"n_runs": n, "path": path}
    show(options, value, f"{many(n, 'run')} {are(n)} in {path}")


@command(
    options="settings --store --json",
    examples="metarnn study report study.toml --output report.html",
    output="the file to write (default: the settings' name, with .html)",
)
def report(options: argparse.Namespace) -> None:
    """Write one page with tables, plots and tests."""
    from metarnn.report import is_report, write_report

    path = options.output or options.settings.with_suffix(".html")
    check_replaced(path, options.force, is_report)
    if path.parent.is_dir():
        check_writable(path)
    else:  # which is made
        check_folder_writable(path.parent)
    path = write_report(study_of(options).results(), path)
    show(options, {"report": path}, f"the report is in {path}")


@command(
    options="--json",
    own={
        "store": dict(type=Path, help="the database of the runs, such as study.sqlite"),
        "--repair": dict(
            action="store_true",
            help="put what is whole into a new store, and keep the damaged one beside it",
        ),
    },
    examples="""
    metarnn study check study.sqlite
    metarnn study check study.sqlite --repair
    """,
)
def check(options: argparse.Namespace) -> int:
    """Look for broken runs in a store, and drop them.

    Reads every run. The exit status is 1 if something is broken and was not repaired. 'metarnn
    study run' makes again what was dropped.
    """
    from metarnn.study.repair import check_store

    found = check_store(options.store, repair=options.repair)
    lines = [f"{what}: {why}" for what, why in found.broken]
    if not found.broken:
        end = f"all {len(found.runs)} runs in {found.store} are whole"
    elif found.kept:
        end = (
            f"{found.store} holds the {len(found.runs)} runs that are whole; the damaged file is "
            f"{found.kept}"
        )
    else:
        end = (
            f"{len(found.runs)} runs in {found.store} are whole; "
            f"'metarnn study check {found.store} --repair' drops the rest"
        )
    value = {
        "store": found.store,
        "n_whole": len(found.runs),
        "broken": [{"what": what, "why": why} for what, why in found.broken],
        "kept": found.kept,
    }
    show(options, value, *lines, end)
    return 1 if found.broken and not found.kept else 0


def add(commands: Commands) -> None:
    """Add ``metarnn study`` with its own commands."""
    parser = commands.add_parser(
        "study",
        help="train on several data sets, stored run by run, and report",
        description="A study is described in study.toml: data sets, networks, optimizers and "
        "seeds. Every finished run is stored at once; a study that was stopped goes on.",
        epilog="examples:\n  metarnn study init     # write a study.toml to begin with\n"
        "  metarnn study run      # make the runs that are not stored yet\n"
        "  metarnn study report   # write one page with tables, plots and tests",
    )
    parser.set_defaults(run=lambda options: parser.print_help(), parser=parser)
    commands = parser.add_subparsers(metavar="COMMAND")
    for one in (init, tune, run, status, places, report, export, import_, repeat, check):
        one.add(commands)
