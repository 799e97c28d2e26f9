"""``metarnn study import, repeat, places``: runs of others, one of them again, and one's own."""

import argparse
import dataclasses
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metarnn.names import are, many

from .options import command
from .output import show, shows_progress

if TYPE_CHECKING:
    import pandas as pd

    from metarnn.study import Results, Study, StudySettings
    from metarnn.study.parquet import PublishedRuns

#: A loss that differs by more than rounding in another order: processors differ by less.
SAME = 1e-6


def study_of(options: argparse.Namespace) -> "Study":
    """Return the study of the settings that were given, with its store."""
    from metarnn.study.study import Study
    from metarnn.study.toml import read_settings

    path: Path = options.settings
    settings = read_settings(path)
    return Study(settings, store=options.store or path.with_suffix(".sqlite"))


@command(
    options="settings --store --json",
    own={
        "--runs": dict(
            type=Path,
            metavar="FILE",
            help="what 'metarnn study export --format parquet' wrote (default: the settings' name, "
            "with .parquet)",
        )
    },
    examples="metarnn study import study.toml --runs study.parquet",
)
def import_(options: argparse.Namespace) -> None:
    """Store runs that were published as a Parquet file.

    Those that the study plans are taken; 'metarnn study run' makes the rest.
    """
    path = options.runs or options.settings.with_suffix(".parquet")
    study = study_of(options)
    n_new = study.import_runs(path)
    missing = sum(state == "missing" for state in study.status().values())
    value = {"n_runs": n_new, "n_missing": missing, "store": study.store}
    rest = f"{missing} more {are(missing)} planned" if missing else "none is missing"
    taken = f"{many(n_new, 'run')} of {path} {are(n_new)} stored in {study.store}"
    show(options, value, f"{taken}; {rest}")


@command(
    options="settings --store --json",
    own={
        "--dataset": dict(metavar="LABEL", required=True, help="the data set of the run"),
        "--optimizer": dict(metavar="LABEL", required=True, help="its optimizer"),
        "--network": dict(metavar="LABEL", help="its network, where the data set has several"),
        "--seed": dict(type=int, default=0, metavar="SEED", help="its seed"),
        "--runs": dict(
            type=Path,
            metavar="FILE",
            help="published runs, a Parquet file, to compare with in place of those in the store",
        ),
    },
    examples="""
    metarnn study repeat --dataset iris --optimizer cuckoo --seed 1
    metarnn study repeat --dataset iris --optimizer cuckoo --runs study.parquet
    """,
)
def repeat(options: argparse.Namespace) -> int:
    """Make one run again, and compare it with the stored one.

    Nothing is stored, and other data sets need not be there. The exit status is 1 if the passes
    differ, or the losses by more than rounding.
    """
    study = study_of(options)
    what = options.dataset, options.optimizer, options.seed
    run = study.repeat(*what, network=options.network)
    found = {name: run.record[name] for name in ("train_loss", "passes", "passes_to_target")}
    runs = _stored_runs(study, options)
    stored: dict[str, Any] = {}
    missing = "no run is stored"
    if runs is not None:
        same = runs[list(run.key._fields)].apply(tuple, axis=1) == tuple(run.key)
        failed = same & (runs["status"] == "failed")
        missing = "the stored run failed" if failed.any() else missing
        same &= ~failed
        stored = runs.loc[same, [*found]].iloc[0].to_dict() if same.any() else {}
    lines = [f"{'':18} {'again':>14} {'stored':>14}"] + [
        f"{name:18} {value:>14.8g} {stored.get(name, float('nan')):>14.8g}"
        for name, value in found.items()
    ]
    equal = bool(stored) and found["passes"] == stored["passes"]
    equal = equal and _equal(found["train_loss"], stored["train_loss"])
    verdict = "the same run" if equal else "another run" if stored else missing
    if stored and not equal:
        verdict += ": a later version, or another kind of processor, may make it"
    show(options, {"again": found, "stored": stored, "equal": equal}, *lines, verdict)
    return 0 if equal or not stored else 1


def _stored_runs(study: "Study", options: argparse.Namespace) -> "pd.DataFrame | None":
    """Return the runs to compare one with, or None where none is stored."""
    from metarnn.study import read_results

    if options.runs is not None:
        return read_results(options.runs, study.settings).runs
    part = type(study)(
        study.settings.only([options.dataset], [options.optimizer]), store=study.store
    )
    return part.results().runs if part.store is None or part.store.exists() else None


def _equal(first: float, second: float) -> bool:
    return first == second or abs(first - second) <= SAME * max(abs(first), abs(second))


@command(
    options="settings --store --jobs --import --json --quiet",
    own={
        "--runs": dict(
            type=Path,
            metavar="FILE",
            help="published runs, a Parquet file, in place of those in the store; their data need "
            "not be there",
        ),
        "--add": dict(
            nargs="+",
            metavar="OPTIMIZER",
            help="further optimizers, with settings if you like: their runs are made first, with "
            "those seeds that all others have, and kept in a store beside --store",
        ),
    },
    examples="""
    metarnn study places
    metarnn study places --add de:population_size=20
    metarnn study places --runs study.parquet --import walk.py --add walk
    """,
)
def places(options: argparse.Namespace) -> None:
    """Rank the optimizers of a study, and say how firm the ranking is.

    With --add, and --import parts.py for one of your own, a further optimizer is put among them:
    where the runs are published ones, on those problems whose data are there.
    """
    from metarnn.statistics import places as places_of
    from metarnn.study.parquet import read_runs

    study, published = study_of(options), None
    if options.runs is not None:
        published = read_runs(options.runs)
        study.check_published(published, data=False)
    if options.add:
        results = _with_newcomers(study, published, options)
    else:
        results = _results_of(study, published)
    found = places_of(results, results.targets)
    value = {"places": found.table.reset_index().to_dict("records")}
    left_out = found.scores.left_out
    reasons = "; ".join(dict.fromkeys(left_out.values()))
    why = f"{many(len(left_out), 'problem')} {are(len(left_out))} left out: {reasons}"
    absent = [label for label in study.settings.optimizers if label not in found.table.index]
    no_runs = f"there are no runs of {', '.join(absent)}"
    show(options, value, found.text(), *[why] * bool(left_out), *[no_runs] * bool(absent))


def _results_of(study: "Study", published: "PublishedRuns | None") -> "Results":
    """Return published runs of a study, or those in its store."""
    from metarnn.study.parquet import results_of

    return study.results() if published is None else results_of(published, study.settings)


def _seeds_of_all(study: "Study", published: "PublishedRuns | None") -> list[int]:
    """Return the seeds that have all runs: those planned, or those that any seed has."""
    seeds: Any = study.settings.seeds
    if published is None:
        missing = {key.seed for key, state in study.status().items() if state == "missing"}
        return [seed for seed in seeds if seed not in missing]
    runs = _results_of(study, published).runs
    kinds = runs.groupby(["dataset", "network", "optimizer", "fold"]).ngroup()
    n_kinds = kinds.groupby(runs["seed"]).nunique()
    return [seed for seed in seeds if n_kinds.get(seed) == kinds.nunique()]


def _with_newcomers(
    study: "Study", published: "PublishedRuns | None", options: argparse.Namespace
) -> "Results":
    """Return results with those of further optimizers, made with the seeds of all others."""
    import pandas as pd

    from metarnn.optimizers.resolve import table_of

    settings, words = study.settings, list(dict.fromkeys(options.add))
    for word in words:
        if word in settings.optimizers:
            raise ValueError(f"the study has an optimizer called {word} already: leave out --add.")
        dataclasses.replace(settings, optimizers={word: table_of(word)})  # checks it
    seeds = _seeds_of_all(study, published)
    if not seeds:
        raise ValueError(
            "no seed has the runs of all optimizers: 'metarnn study run' makes them, or 'metarnn "
            "study import' takes them from a file."
        )
    same = dataclasses.replace(settings, seeds=seeds, repeats=None)
    parts = [_results_of(type(study)(same, store=study.store), published)]
    if published is not None:
        same = _on_data_that_are_there(same)
    newcomers = {word: _newcomer(study, same, word, options) for word in words}
    for newcomer in newcomers.values():
        newcomer.check()
        if published is not None:
            newcomer.check_published(published, optimizers=False)
    parts += [_results_of_newcomer(word, one, options) for word, one in newcomers.items()]
    return dataclasses.replace(
        parts[0],
        runs=pd.concat([part.runs for part in parts], ignore_index=True),
        histories=[history for part in parts for history in part.histories],
    )


def _on_data_that_are_there(settings: "StudySettings") -> "StudySettings":
    """Return settings without the data sets that are not there, which are named."""
    from metarnn.study.problems import data_that_are_there

    there, missing = data_that_are_there(settings)
    if not missing:
        return settings
    if not there:
        raise FileNotFoundError(missing)
    print(f"metarnn: further optimizers run on the data that are there: {missing}", file=sys.stderr)
    return settings.only([*there], [*settings.optimizers])


def _newcomer(
    study: "Study", settings: "StudySettings", word: str, options: argparse.Namespace
) -> "Study":
    """Return the study of a further optimizer, with a store beside that of the study.

    Where the file that it was imported from has changed, its runs are made again.
    """
    from metarnn.optimizers.resolve import table_of
    from metarnn.own_parts import digests
    from metarnn.study.store import Store

    beside: Path = study.store  # type: ignore[assignment]
    label = re.sub(r"[^A-Za-z0-9_.-]+", "-", word)
    path = beside.with_name(f"{beside.stem}-{label}{beside.suffix}")
    files = [
        str(Path(one).resolve()) if one.endswith(".py") else one for one in options.imports or ()
    ]
    imports = (*settings.imports, *files)
    if path.exists():
        with Store(path, readonly=True) as store:
            kept = (store.read("conditions") or {}).get("imports", {})
        if kept != digests(imports, settings.folder):
            print(f"the code of {word} has changed: its runs are made again", file=sys.stderr)
            path.unlink()
    alone = dataclasses.replace(settings, optimizers={word: table_of(word)}, imports=imports)
    return type(study)(alone, store=path)


def _results_of_newcomer(word: str, newcomer: "Study", options: argparse.Namespace) -> "Results":
    """Return the results of a further optimizer, with the runs that were missing."""
    results = newcomer.run(n_jobs=options.jobs, progress=shows_progress(options), retry_failed=True)
    failed = results.runs[results.runs["status"] == "failed"]
    if len(failed):
        raise ValueError(
            f"{len(failed)} of {len(results.runs)} runs of {word} failed, the first by "
            f"{failed['error'].iloc[0]}: it has no place."
        )
    return results
