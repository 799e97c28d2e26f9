"""The commands of ``metarnn study``."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metarnn.study.study import Study


def add_study_commands(parser: argparse.ArgumentParser) -> None:
    """Add ``init, run, status, export, report`` to the parser of ``metarnn study``."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="write a commented study.toml to begin with")
    init.add_argument("path", nargs="?", type=Path, default=Path("study.toml"))
    init.add_argument("--debug", action="store_true", help="show where an error came from")
    init.set_defaults(run=_init)

    run = _command(commands, "run", "make the runs that are not stored yet")
    run.add_argument(
        "--jobs", type=int, metavar="N", help="runs at a time, -1 for one a core; default 1"
    )
    run.add_argument("--retry-failed", action="store_true", help="make failed runs again")
    run.set_defaults(run=_run)

    status = _command(commands, "status", "say how far it is, while it runs as well")
    status.set_defaults(run=_status)

    export = _command(commands, "export", "write the runs for other programs")
    export.add_argument(
        "--format",
        choices=("csv", "ioh"),
        default="csv",
        help="csv: a table, one row a run; ioh: a folder for IOHanalyzer",
    )
    export.add_argument("--output", type=Path, metavar="PATH", help="where to write")
    export.set_defaults(run=_export)

    report = _command(commands, "report", "write one page with tables, plots and tests")
    report.add_argument("--output", type=Path, metavar="PATH", help="where to write")
    report.set_defaults(run=_report)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    parser.add_argument(
        "settings", nargs="?", type=Path, default=Path("study.toml"), help="default: study.toml"
    )
    parser.add_argument("--store", type=Path, metavar="FILE", help="default: beside the settings")
    parser.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser


def _study(options: argparse.Namespace) -> "Study":
    from metarnn.study.study import Study
    from metarnn.study.toml import read_settings

    path = options.settings
    settings = read_settings(path)
    return Study(settings, store=options.store or path.with_suffix(".sqlite"))


def _init(options: argparse.Namespace) -> int:
    from metarnn.study.toml import write_template

    path = write_template(options.path)
    print(f"{path} is written; 'metarnn study run {path}' runs it, in about a minute")
    return 0


def _run(options: argparse.Namespace) -> int:
    from metarnn.study.settings import at

    study = _study(options)
    with at(str(options.settings)):
        study.check()
    try:
        results = study.run(jobs=options.jobs, progress=True, retry_failed=options.retry_failed)
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
    print(results.table())
    print()
    print(f"{len(results.runs)} runs are stored in {study.store}")
    return 0


def _status(options: argparse.Namespace) -> int:
    study = _study(options)
    states = study.status()
    by_problem: dict[tuple[str, str], list[str]] = {}
    for key, state in states.items():
        by_problem.setdefault((key.dataset, key.network), []).append(state)
    print(f"{'data set':24} {'network':16} {'done':>6} {'failed':>6} {'all':>6}")
    for (dataset, network), found in by_problem.items():
        done, failed = found.count("done"), found.count("failed")
        print(f"{dataset:24} {network:16} {done:>6} {failed:>6} {len(found):>6}")
    left = list(states.values()).count("missing")
    print()
    if left:
        now = "a process is making them" if study.running else "nobody is making them now"
        print(f"{left} of {len(states)} runs are to be made; {now}")
    else:
        print(f"all {len(states)} runs are stored in {study.store}")
    return 0


def _export(options: argparse.Namespace) -> int:
    results = _study(options).results()
    output = options.output
    if options.format == "csv":
        path = output or options.settings.with_suffix(".csv")
        if path.exists():
            raise ValueError(f"{path} exists already; name another file with --output.")
        results.runs.to_csv(path, index=False)
    else:
        from metarnn.study.iohprofiler import export

        path = output or options.settings.with_name(f"{options.settings.stem}-ioh")
        if path.exists():
            raise ValueError(f"{path} exists already; name another folder with --output.")
        export(results, path)
    print(f"{len(results.runs)} runs are in {path}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from metarnn.report import write_report

    results = _study(options).results()
    path = write_report(results, options.output or options.settings.with_suffix(".html"))
    print(f"the report is in {path}")
    return 0
