"""Equal tuning: each optimizer gets the same passes to find settings on the same runs."""

import copy
import json
import random
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import delayed

from metarnn.extras import install
from metarnn.optimizers import Optimizer
from metarnn.optimizers.resolve import table_of
from metarnn.optimizers.tuning_ranges import TuningRange, tuning_ranges
from metarnn.runtimes import area_under_curve
from metarnn.workers import parallel
from metarnn.writing import check_writable

from .checks import check_n_jobs, number
from .consistency import conditions
from .lock import Lock
from .problems import Problem, optimizers_of, problems_of, suits
from .run import RunKey, train
from .settings import StudySettings

if TYPE_CHECKING:
    import optuna

#: Trials that draw settings by chance, before a model of the best ones draws them.
N_RANDOM = 10
#: A trial is given up where a signed-rank test finds it worse than the best, on the same runs.
P_GIVEN_UP, LEAST_RUNS = 0.1, 6
#: What is kept of a trial, and of all trials of an optimizer, beside what Optuna keeps.
PASSES, CONDITIONS = "passes", "conditions"
#: Trials of each optimizer that are paid for if nobody says how many passes to spend. More are
#: made, as some are given up.
N_TRIALS = 40
#: Seeds to tune with, which are not those of comparisons.
SEEDS = 1_000_000, 1_000_001
#: The end of the label of a tuned optimizer.
TUNED = "_tuned"


@dataclass(frozen=True)
class Tuned:
    """What tuning found for an optimizer.

    Attributes
    ----------
    optimizer : str
        Its label.
    settings : dict
        The best values of what may be tuned, by name as ``set_params`` takes them; those it had
        where none are better.
    default_area, area : float
        The mean area under the convergence curves with the settings it had, and with the best
        ones: 0 is best, 1 is worst.
    n_trials : int
        Settings that were tried, on all runs or until they were given up.
    passes : float
        What that took.
    """

    optimizer: str
    settings: dict[str, Any]
    default_area: float
    area: float
    n_trials: int
    passes: float


def tune(
    settings: StudySettings, *, passes: float, store: str | Path, n_jobs: int | None = None
) -> Iterator[Tuned]:
    """Look for better settings of each optimizer of a study, with the same passes for each.

    A trial runs one set of values on all problems with all seeds, in an order that is the same
    for all; it counts by the mean area under its convergence curves
    (:func:`metarnn.runtimes.area_under_curve`, between the first and the last target of the
    problem). The first trial is that of the settings as they are; then tree-structured Parzen
    estimators draw (Bergstra et al. 2011), and Optuna's Wilcoxon test gives up trials that are
    worse than the best.

    Parameters
    ----------
    settings : StudySettings
        With the problems and seeds to tune on, which should not be those to be compared on.
    passes : float
        The passes of each optimizer. No trial begins that might spend more.
    store : path
        The SQLite file of the trials. Each one is stored as it ends, and what was stopped goes on
        with the trials that it would have made.
    n_jobs : int, optional
        Optimizers at a time, as for :meth:`metarnn.Study.run`.

    Yields
    ------
    Tuned
        For each optimizer with something to tune, as it is done.

    Raises
    ------
    ImportError
        Optuna is not installed.
    OSError
        A store that cannot be written, or at which another process works.
    ValueError
        Passes for less than one trial; a store that is no database of trials, or one of trials
        under other conditions.
    """
    require_optuna()
    check_n_jobs(n_jobs)
    store = Path(store)
    _check_store(store)
    with Lock(store):
        yield from _tuned(settings, passes, store, n_jobs)


def _tuned(
    settings: StudySettings, passes: float, store: Path, n_jobs: int | None
) -> Iterator[Tuned]:
    """Check that all can be tuned, then tune."""
    problems, optimizers = problems_of(settings), optimizers_of(settings)
    jobs = []
    for label, optimizer in optimizers.items():
        if isinstance(optimizer, Optimizer) and tuning_ranges(optimizer):
            runs = runs_of(label, optimizer, problems, settings.seeds)  # type: ignore[arg-type]
            least = sum(problem.protocol.budget for problem, _ in runs)
            number("passes", passes, least=least, unit="passes for one trial of all runs")
            wanted = conditions(settings, problems, {label: optimizer})
            wanted["seeds"] = settings.seeds
            _check_conditions(open_trials(store, label), wanted, store)
            jobs.append(delayed(_tune_one)(label, optimizer, runs, passes, store))
    pool = parallel(1 if n_jobs is None else n_jobs, return_as="generator_unordered", batch_size=1)
    if jobs:
        with closing(pool(jobs)) as found:
            yield from found


def one_trial(settings: StudySettings) -> float:
    """Return the most passes that a trial of all runs takes."""
    seeds: Any = settings.seeds
    return sum(problem.protocol.budget for problem in problems_of(settings)) * len(seeds)


def require_optuna() -> None:
    """Raise an ImportError if Optuna is not installed."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise ImportError(f"tuning needs optuna: {install('tune')}.") from error


def runs_of(
    label: str, optimizer: Optimizer, problems: Sequence[Problem], seeds: Sequence[int]
) -> list[tuple[Problem, RunKey]]:
    """Return the runs of a trial: each problem once with the first seed, then with the next."""
    own = [problem for problem in problems if suits(problem.protocol, optimizer)]
    mixed = random.Random(0)
    runs = []
    for seed in seeds:
        mixed.shuffle(own)
        runs += [(p, RunKey(p.dataset, p.network, label, seed, 0)) for p in own]
    return runs


def _tune_one(
    label: str,
    optimizer: Optimizer,
    runs: Sequence[tuple[Problem, RunKey]],
    passes: float,
    store: Path,
) -> Tuned:
    """Try settings of one optimizer until the passes are spent."""
    import optuna

    ranges, study = tuning_ranges(optimizer), open_trials(store, label)
    dearest = sum(problem.protocol.budget for problem, _ in runs)
    while True:
        ended = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
        spent = sum(trial.user_attrs[PASSES] for trial in ended)
        if spent + dearest > passes:
            break
        # Seeded again for each trial, so that a process that goes on draws what it would have.
        study.sampler = optuna.samplers.TPESampler(n_startup_trials=N_RANDOM, seed=len(ended))
        trial = study.ask()
        values = {one.name: _suggested(trial, one) for one in ranges} if ended else {}
        mean = _try(trial, copy.deepcopy(optimizer).set_params(**values), runs)
        study.tell(trial, mean)
    best = study.best_trial
    settings = {one.name: one.default for one in ranges} | best.params
    default_area, area = (float(trial.value or 0.0) for trial in (ended[0], best))
    return Tuned(label, settings, default_area, area, len(ended), spent)


def _check_store(store: Path) -> None:
    """Refuse a file that is no database of trials."""
    check_writable(store)
    try:
        with closing(sqlite3.connect(store)) as database:
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{store} is no database of trials, {error}: name another file.") from None
    if names and "trials" not in names:
        raise ValueError(f"{store} is a database, but not of trials: name another file.")


def _check_conditions(study: "optuna.Study", wanted: dict[str, Any], store: Path) -> None:
    """Keep what results of trials depend on; refuse a store of trials under other conditions."""
    text = json.dumps(wanted, sort_keys=True, default=str)
    if study.user_attrs.setdefault(CONDITIONS, text) != text:
        raise ValueError(
            f"{store} holds trials of {study.study_name} with other problems, seeds or settings; "
            "name another store (--trials), or delete this one."
        )
    study.set_user_attr(CONDITIONS, text)


def open_trials(store: Path, label: str) -> "optuna.Study":
    """Open the trials of an optimizer; one of a process that was killed does not count."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        pruner = optuna.pruners.WilcoxonPruner(p_threshold=P_GIVEN_UP, n_startup_steps=LEAST_RUNS)
    study = optuna.create_study(
        storage=f"sqlite:///{store}", study_name=label, load_if_exists=True, pruner=pruner
    )
    for trial in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study


def _suggested(trial: "optuna.Trial", one: TuningRange) -> Any:
    if one.choices:
        return trial.suggest_categorical(one.name, one.choices)
    if one.whole:
        return trial.suggest_int(one.name, int(one.low), int(one.high), log=one.log)
    return trial.suggest_float(one.name, one.low, one.high, log=one.log)


def _try(
    trial: "optuna.Trial", optimizer: Optimizer, runs: Sequence[tuple[Problem, RunKey]]
) -> float:
    """Make the runs of a trial, or some if it is given up; return their mean area."""
    areas: list[float] = []
    spent = 0.0
    for i, (problem, key) in enumerate(runs):
        run = train(problem.protocol, key, optimizer)
        bounds = problem.targets[-1], problem.targets[0]
        areas += area_under_curve([run.history], *bounds, problem.protocol.budget).tolist()
        spent += run.record["passes"]
        trial.report(areas[-1], step=i)
        if trial.should_prune():  # never one whose mean is the best
            break
    trial.set_user_attr(PASSES, spent)
    return float(np.mean(areas))


def tuning_settings(settings: StudySettings) -> StudySettings:
    """Return the settings to tune with: other seeds, and of a suite the part that is for it.

    Raises
    ------
    ValueError
        A study of what tuning has found before.
    """
    for label in settings.optimizers:
        if (taken := f"{label}{TUNED}") in settings.optimizers:
            raise ValueError(
                f"optimizers has {taken} already, as which the tuned {label} would be written: "
                "rename it, or tune the study that it was made of."
            )
    own: dict[str, Any] = {"seeds": SEEDS, "repeats": None}
    if settings.suite is not None:
        own |= {"part": "tuning", "datasets": (), "networks": {}}
    return replace(settings, **own)


def with_tuned(settings: StudySettings, found: Sequence[Tuned]) -> StudySettings:
    """Return settings with each optimizer as it was and, as ``NAME_tuned``, as tuning left it."""
    optimizers: dict[str, Any] = {}
    tuned = {one.optimizer: one for one in found}
    for label, entry in settings.optimizers.items():  # type: ignore[union-attr]
        optimizers[label] = entry
        if label in tuned:
            changes = {k: v for k, v in tuned[label].settings.items() if v is not None}
            optimizers[f"{label}{TUNED}"] = _changed(entry, changes)
    return replace(settings, optimizers=optimizers)


def _changed(entry: Any, changes: Mapping[str, Any]) -> Any:
    """Return an optimizer, or a table or words of one, with other settings."""
    if isinstance(entry, Optimizer):
        return entry.copy().set_params(**changes)
    table = table_of(entry) if isinstance(entry, str) else dict(entry)
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        if inner and name not in table:
            table[outer] = _changed(table.get(outer, {}), {inner: value})
        else:
            table[name] = value
    return table
