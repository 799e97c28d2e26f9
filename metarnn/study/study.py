"""A study: every optimizer on every problem with every seed, each run stored as it ends."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

from metarnn.optimizers import Optimizer

from .consistency import conditions, joined_conditions
from .display import ProgressDisplay
from .environment import environment, joined
from .execution import execute
from .lock import Lock
from .problems import Problem, check_runs, optimizers_of, problems_of
from .results import Results
from .settings import StudySettings
from .store import KEY, RunKey, Store
from .worker import Job, write_protocol


class Study:
    """Train networks by several optimizers on several data sets, and keep every run.

    Runs are paired: with the same seed every optimizer has the same split and the same first
    points. They are stored one by one, so a study that was stopped, by Ctrl-C or by ``kill -9``,
    goes on where it was, and one with more seeds, optimizers or data sets makes the new runs
    only.

    Parameters
    ----------
    settings : StudySettings, optional
        What to do, such as ``read_settings("study.toml")``.
    store : path, optional
        File of the runs, made if need be; without one they live as long as the study.
    **keywords
        In place of `settings`: what :class:`StudySettings` takes.

    Raises
    ------
    TypeError, ValueError
        Settings that cannot be, in one sentence; data are read when they are needed first.

    Notes
    -----
    For one data set and one network :func:`metarnn.compare` is less to write. A study is for
    conclusions: several problems, enough seeds, and targets fixed beforehand.

    Runs that share the cores of a machine slow each other down: losses and passes are those of
    runs made one by one, seconds are not.

    Examples
    --------
    >>> from metarnn.study import Study
    >>> study = Study(datasets=["iris"], optimizers=["adam", "cuckoo"], budget=500, seeds=2)
    >>> print(study.run(jobs=2).table())  # doctest: +SKIP
    """

    def __init__(
        self,
        settings: StudySettings | None = None,
        *,
        store: str | Path | None = None,
        **keywords: Any,
    ) -> None:
        if settings is None:
            _check_keywords(keywords)
            settings = StudySettings(**keywords)
        elif not isinstance(settings, StudySettings) or keywords:
            raise TypeError(
                "Study takes settings, such as read_settings('study.toml'), or keywords, such as "
                f"datasets=['iris'], got {settings!r}"
                + (f" and {', '.join(keywords)}." * bool(keywords) or ".")
            )
        self.settings = settings
        self.store = None if store is None else Path(store)
        self._memory = Store() if self.store is None else None

    @cached_property
    def problems(self) -> list[Problem]:
        """Data sets with networks, and the targets, which are fixed by them alone."""
        return problems_of(self.settings)

    @cached_property
    def optimizers(self) -> dict[str, Optimizer]:
        """Optimizers by label."""
        return optimizers_of(self.settings)

    @cached_property
    def plan(self) -> list[RunKey]:
        """All runs, in the order of the results: problem, optimizer, seed, fold."""
        return [
            RunKey(problem.dataset, problem.network, optimizer, seed, fold)
            for problem in self.problems
            for optimizer in self.settings.optimizers
            for seed in self.settings.seeds  # type: ignore[union-attr]
            for fold in range(problem.protocol.n_folds)
        ]

    def check(self) -> None:
        """Check all that can be checked before anything runs.

        Raises
        ------
        TypeError, ValueError, OSError, ImportError
            One sentence, which begins with the key.
        """
        check_runs(self.problems, self.optimizers, self.settings.seeds[0])  # type: ignore[index]

    def run(
        self, *, jobs: int | None = None, progress: bool = False, retry_failed: bool = False
    ) -> Results:
        """Make the runs that are not stored yet.

        Parameters
        ----------
        jobs : int, optional
            Runs at a time, each in a process of its own, through joblib; -1 for one a core. By
            default what ``joblib.parallel_config`` says, whose backend is used: with "dask"
            or "ray" a cluster, whose machines must see the folder of the store. Without either
            the runs are made in this process, one by one.
        progress : bool
            Show on standard error how far it is.
        retry_failed : bool
            Make the runs again that had failed.

        Returns
        -------
        Results
            All runs, those stored before as well.

        Raises
        ------
        BlockingIOError
            Another process works on the store.
        ValueError
            The store holds runs that were made under other conditions.
        OSError
            The store cannot be written. What it holds is kept.
        KeyboardInterrupt
            At Ctrl-C; what had ended is stored.
        """
        if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or not jobs):
            raise ValueError(f"jobs must be how many runs at a time, -1 for all, got {jobs!r}.")
        self.check()
        with nullcontext() if self.store is None else Lock(self.store), self._open() as store:
            self._prepare(store)
            if retry_failed:
                store.forget_failed()
            self._run(store, jobs, progress)
        return self.results()

    def results(self) -> Results:
        """Return what is stored of the study, at any time.

        Raises
        ------
        FileNotFoundError
            Nothing was run yet.
        ValueError
            The file is no store.
        """
        with self._open(readonly=True) as store:
            frame, histories = store.frame(), store.histories()
            sessions = store.sessions()
        found = frame[list(KEY)].itertuples(index=False)
        rows = {RunKey(*key): row for row, key in enumerate(found)}
        order = [rows[key] for key in self.plan if key in rows]
        return Results(
            runs=frame.iloc[order].reset_index(drop=True),
            histories=[histories[row] for row in order],
            settings=self.settings,
            environment=joined(sessions),
            targets={(p.dataset, p.network): p.targets for p in self.problems},
        )

    def status(self) -> dict[RunKey, str]:
        """Return of each run of the plan "done", "failed" or "missing"; at any time."""
        with self._open(readonly=True) as store:
            stored = store.keys()
        return {key: stored.get(key, "missing") for key in self.plan}

    @property
    def running(self) -> bool:
        """Whether a process works on the store now."""
        return self.store is not None and Lock(self.store).taken

    @contextmanager
    def _open(self, readonly: bool = False) -> Iterator[Store]:
        if self._memory is not None:
            yield self._memory
            return
        with Store(self.store, readonly=readonly) as store:
            yield store

    def _prepare(self, store: Store) -> None:
        """See that stored runs and those to come fit together; write down what is asked."""
        asked = conditions(self.settings, self.problems, self.optimizers)
        where = str(self.store or "the study")
        store.keep("conditions", joined_conditions(store.read("conditions"), asked, where))
        store.keep("settings", self.settings.plain() | {"question": self.settings.question})
        targets = store.read("targets") or {}
        for problem in self.problems:
            targets[f"{problem.dataset}/{problem.network}"] = problem.targets
        store.keep("targets", targets)

    def _run(self, store: Store, jobs: int | None, progress: bool) -> None:
        stored = store.keys()
        missing = [key for key in self.plan if key not in stored]
        board = ProgressDisplay(len(self.plan), len(self.plan) - len(missing)) if progress else None
        if missing:
            store.begin_session(environment())
        with board or nullcontext(), self._folder() as folder:
            outcomes = execute(self._jobs(missing, folder), jobs)
            with closing(outcomes):  # type: ignore[type-var]
                for outcome in outcomes:
                    store.add(outcome.record, outcome.history, outcome.weights)
                    if board is not None:
                        board.count(outcome)

    def _jobs(self, keys: list[RunKey], folder: Path) -> list[Job]:
        """Return runs as jobs, seed by seed: a study that is stopped has whole seeds."""
        protocols = {}
        for problem in self.problems:
            pair = problem.dataset, problem.network
            if any((key.dataset, key.network) == pair for key in keys):
                protocols[pair] = write_protocol(problem.protocol, folder)
        seeds = list(self.settings.seeds)  # type: ignore[arg-type]
        ordered = sorted(keys, key=lambda key: (seeds.index(key.seed), key.fold))
        return [
            Job(
                key,
                protocols[key.dataset, key.network],
                self.optimizers[key.optimizer],
                str(folder / f"begun-{number}"),
            )
            for number, key in enumerate(ordered)
        ]

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """Make a folder for what workers fetch, beside the store, which they must see."""
        if self.store is None:
            with tempfile.TemporaryDirectory(prefix="metarnn-") as name:
                yield Path(name)
            return
        folder = self.store.absolute().with_name(f"{self.store.name}-work")
        shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _check_keywords(keywords: dict[str, Any]) -> None:
    from .settings import REQUIRED, known
    from .toml import KEYS

    for name in keywords:
        known(name, [*KEYS, "folder"], "keyword of Study")
    for name in REQUIRED:
        if name not in keywords:
            raise TypeError(f"Study needs {name}, such as {name}=['{_EXAMPLES[name]}'].")


_EXAMPLES = {"datasets": "iris", "optimizers": "adam"}
