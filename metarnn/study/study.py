"""A study: every optimizer on every problem with every seed, each run stored as it ends."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from functools import cached_property
from math import isclose
from pathlib import Path
from typing import Any

from metarnn.validation import check_bool, check_path, shown

from .checks import check_known, check_n_jobs
from .consistency import OF_FILE, OF_STORE, conditions, fault_of_conditions, joined_conditions
from .damage import damaged
from .display import ProgressDisplay
from .environment import environment, joined
from .jobs import execute, in_process, jobs_of, remove_folder, working_folder
from .lock import Lock
from .models import Contestant
from .parquet import PublishedRuns, read_runs, write_runs
from .problems import Problem, check_runs, optimizers_of, pairs_of, problems_of
from .results import Results
from .run import KEY, Run, RunKey
from .settings import StudySettings
from .split import split
from .store import Store


class Study:
    """Train networks by several optimizers on several data sets, and keep every run.

    Runs are paired: with the same seed every optimizer has the same split and the same first
    points. Each run is stored as it ends, so that a study that was stopped, by Ctrl-C or by
    ``kill -9``, continues where it was, and one with more seeds, optimizers or data sets makes
    the new runs only.

    Parameters
    ----------
    settings : StudySettings, optional
        What to do, such as ``read_settings("study.toml")``.
    store : path, optional
        The file of the runs, made if need be; without one the runs live as long as the study.
    **keywords
        In place of `settings`: the parameters of :class:`metarnn.study.StudySettings`.

    Raises
    ------
    TypeError, ValueError
        Wrong settings, in one sentence; data are read when they are needed first.

    Notes
    -----
    For one data set and one network :func:`metarnn.compare` is shorter. A study is for
    conclusions: several problems, enough seeds, and targets fixed beforehand.

    Runs that share the cores of a machine slow each other down: their losses and passes are
    the same as one by one, their seconds are not.

    Examples
    --------
    >>> from metarnn.study import Study
    >>> study = Study(datasets=["iris"], optimizers=["adam", "cuckoo"], budget=500, seeds=2)
    >>> print(study.run(n_jobs=2).table())  # doctest: +SKIP
    """

    def __init__(
        self,
        settings: StudySettings | None = None,
        *,
        store: str | Path | None = None,
        **keywords: Any,
    ) -> None:
        if settings is None:
            folder = keywords.pop("folder", ".")
            settings = StudySettings.of(keywords, folder=folder)
        elif not isinstance(settings, StudySettings) or keywords:
            raise TypeError(
                "Study takes settings, such as read_settings('study.toml'), or keywords, such as "
                f"datasets=['iris'], got {shown(settings)}"
                + (f" and {', '.join(keywords)}." * bool(keywords) or ".")
            )
        self.settings = settings
        self.store = None if store is None else check_path("store", store)

    @cached_property
    def _memory(self) -> Store:
        """The runs of a study without a file."""
        return Store()

    @cached_property
    def problems(self) -> list[Problem]:
        """Data sets with networks, and their targets, which depend on nothing else."""
        return problems_of(self.settings)

    @cached_property
    def optimizers(self) -> dict[str, Contestant]:
        """Optimizers and models by label."""
        return optimizers_of(self.settings)

    @cached_property
    def plan(self) -> list[RunKey]:
        """All runs, in the order of the results: problem, optimizer, seed, fold."""
        return [
            RunKey(problem.dataset, problem.network, optimizer, seed, fold)
            for problem, optimizer in pairs_of(self.problems, self.optimizers)
            for seed in self.settings.seeds  # type: ignore[union-attr]
            for fold in range(problem.protocol.n_folds)
        ]

    @property
    def left_out(self) -> list[tuple[str, str, str]]:
        """Data set, network and optimizer that do not suit each other, of which no run is made.

        The loss has no gradient and the optimizer needs one, or a model cannot predict the targets.
        """
        made = {key[:3] for key in self.plan}
        every = ((p.dataset, p.network, label) for p in self.problems for label in self.optimizers)
        return [triple for triple in every if triple not in made]

    def check(self) -> None:
        """Check all that can be checked before anything runs; errors begin with the key."""
        check_runs(self.problems, self.optimizers, self.settings.seeds[0])  # type: ignore[index]

    def run(
        self, *, n_jobs: int | None = None, progress: bool = False, retry_failed: bool = False
    ) -> Results:
        """Make the runs that are not stored yet.

        Parameters
        ----------
        n_jobs : int, optional
            Runs at a time, each in a process of its own, through joblib; -1 for one a core. By
            default what ``joblib.parallel_config`` says, whose backend is used: with "dask"
            or "ray" a cluster, whose machines must see the folder of the store. Without either
            the runs are made in this process, one by one.
        progress : bool
            Show the progress on standard error.
        retry_failed : bool
            Repeat the runs that failed.

        Returns
        -------
        Results
            All runs, including those stored before.

        Raises
        ------
        BlockingIOError
            Another process works on the store.
        ValueError
            The store holds runs that were made under other conditions.
        OSError
            The store cannot be written. Its runs are kept.
        KeyboardInterrupt
            At Ctrl-C; the runs that had ended are stored.
        """
        check_n_jobs(n_jobs)
        check_bool("progress", progress)
        check_bool("retry_failed", retry_failed)
        self.check()
        with nullcontext() if self.store is None else Lock(self.store), self._open() as store:
            self._prepare(store)
            if self.store is not None:
                remove_folder(self.store)  # also where no run is missing
            if retry_failed:
                store.forget_failed()
            stored = store.keys()
            missing = [key for key in self.plan if key not in stored]
            if missing:
                store.begin_session(environment())
            with closing(self.each_run(missing, n_jobs=n_jobs, progress=progress)) as runs:
                for run in runs:
                    store.add(run.record, run.history, run.weights)
        return self.results()

    def each_run(
        self,
        keys: Sequence[RunKey],
        *,
        n_jobs: int | None = None,
        progress: bool = False,
        strict: bool = False,
    ) -> Generator[Run, None, None]:
        """Make runs of the plan, seed by seed, and yield each as it ends; nothing is stored.

        With `strict` the exception of a run is raised, instead of a run that failed, among others.
        """
        n_stored, names = len(self.plan) - len(keys), list(self.settings.optimizers)
        display = ProgressDisplay(len(self.plan), n_stored, names) if progress else None
        try:
            here = in_process(n_jobs)
            with (
                display or nullcontext(),
                nullcontext() if here else working_folder(self.store) as folder,
            ):
                seeds: Any = self.settings.seeds
                jobs = jobs_of(keys, self.problems, self.optimizers, seeds, folder)
                with closing(execute(jobs, n_jobs, strict=strict)) as runs:
                    for run in runs:
                        yield run
                        if display is not None:
                            display.count(run)
        finally:
            split.cache_clear()

    def results(self) -> Results:
        """Return the stored runs, at any time; a FileNotFoundError if none is stored yet."""
        with self._open(readonly=True) as store:
            frame, histories = store.frame(), store.histories()
            sessions = store.sessions()
        rows = {RunKey(*key): row for row, key in enumerate(frame[[*KEY]].itertuples(index=False))}
        order = [rows[key] for key in self.plan if key in rows]
        return Results(
            runs=frame.iloc[order].reset_index(drop=True),
            histories=[histories[row] for row in order],
            settings=self.settings,
            environment=joined(sessions),
            targets={(p.dataset, p.network): p.targets for p in self.problems},
        )

    def export_runs(
        self, path: str | Path, *, replace: bool = False, results: Results | None = None
    ) -> Path:
        """Write the stored runs as one small Parquet file, to publish or to go on from elsewhere.

        Of each history it has the improvements at which a target is first reached, the first and
        the last, so that running times to the targets stay as they are; weights it has none.

        Parameters
        ----------
        path : str or path
            The file.
        replace : bool
            Whether to write over a file that is there.
        results : Results, optional
            Those of :meth:`results`, where they were read already.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        FileNotFoundError
            No run is stored yet.
        FileExistsError
            There is such a file, and `replace` is not set.
        ImportError
            pyarrow is not installed.
        """
        path = check_path("path", path)
        results = self.results() if results is None else results
        if not isinstance(results, Results):
            raise TypeError(f"results must be those of Study.results(), got {shown(results)}.")
        with self._open(readonly=True) as store:
            sessions = store.sessions()
        made = conditions(self.settings, self.problems, self.optimizers)
        return write_runs(path, results, made, sessions, replace=replace)

    def import_runs(self, path: str | Path) -> int:
        """Store the runs of a Parquet file that the study plans and does not have yet.

        Parameters
        ----------
        path : str or path
            A file of :meth:`export_runs`.

        Returns
        -------
        int
            How many runs were stored. Runs that the study does not plan are left in the file.

        Raises
        ------
        BlockingIOError
            Another process works on the store.
        FileNotFoundError, ImportError, ValueError
            No such file, or no pyarrow; a file without runs of metarnn, or runs that were made
            under other conditions.
        """
        published, planned = read_runs(path), {*self.plan}
        self._check_conditions(published)
        with nullcontext() if self.store is None else Lock(self.store), self._open() as store:
            self._prepare(store)
            stored, known = store.keys(), store.sessions()
            new = [
                run
                for run in published.runs
                if run.key in planned
                and (run.key not in stored or (stored[run.key], run.status) == ("failed", "done"))
            ]
            self._check_targets((run.record for run in new), str(published.path), OF_FILE)
            for session in published.sessions if new else ():
                if session not in known:
                    store.begin_session(session)
            for run in new:
                store.add(run.record, run.history, run.weights)
        return len(new)

    def check_published(
        self, published: PublishedRuns, *, data: bool = True, optimizers: bool = True
    ) -> None:
        """Check that the runs of a Parquet file were made under the conditions of this study.

        Parameters
        ----------
        published : PublishedRuns
            What ``metarnn.study.parquet.read_runs`` returned.
        data : bool
            Whether the data, which must be there, and the losses to reach are compared as well.
        optimizers : bool
            Whether the optimizers are.

        Raises
        ------
        FileNotFoundError
            Some of the data, which are to be compared, are not there.
        ValueError
            The runs were made under other conditions.
        """
        self._check_conditions(published, data=data, optimizers=optimizers)
        if data:
            records = (run.record for run in published.runs)
            self._check_targets(records, str(published.path), OF_FILE)

    def _check_conditions(
        self, published: PublishedRuns, *, data: bool = True, optimizers: bool = True
    ) -> None:
        """Raise a ValueError about published runs that were made under other conditions."""
        compared = self.problems if data else [], self.optimizers if optimizers else {}
        wanted = conditions(self.settings, *compared)
        joined_conditions(published.conditions, wanted, str(published.path), OF_FILE)

    def _check_targets(self, records: Iterable[Mapping[str, Any]], where: str, remedy: str) -> None:
        """Raise a ValueError about runs whose loss to reach is another one."""
        targets = {(p.dataset, p.network): p.protocol.target for p in self.problems}
        for run in records:
            old, new = run["target"], targets.get((run["dataset"], run["network"]))
            if not (old is None or new is None or isclose(old, new, rel_tol=1e-6)):
                raise ValueError(
                    f"{where} holds runs with datasets.{run['dataset']}.target_loss = {old:.9g}, "
                    f"and now it is {new:.9g}; give {old:.9g}, or {remedy}."
                )

    def repeat(self, dataset: str, optimizer: str, seed: int, network: str | None = None) -> Run:
        """Make a run of the plan again, whether it is stored or not; nothing is stored.

        Other data sets need not be there.

        Parameters
        ----------
        dataset, optimizer : str
            Labels.
        seed : int
            One of the study's; of several folds it is the first.
        network : str, optional
            A label; the only network of the data set by default.

        Returns
        -------
        Run
            As it would be stored.

        Raises
        ------
        ValueError
            There is no such run in the plan, or there are several.
        """
        check_known(dataset, self.settings.datasets, "data set of the study")
        check_known(optimizer, self.settings.optimizers, "optimizer of the study")
        if network is not None:
            check_known(network, self.settings.networks, "network of the study")
        part = type(self)(self.settings.only([dataset], [optimizer]))
        found = [
            key
            for key in part.plan
            if (key.seed, key.fold) == (seed, 0) and network in (None, key.network)
        ]
        if len(found) != 1:
            networks = ", ".join(sorted({key.network for key in found}))
            *some, last = map(str, self.settings.seeds)  # type: ignore[arg-type]
            seeds = ", ".join([*some[:5], *["..."] * (len(some) > 5), last])
            why = f"has no such run, whose seeds are {seeds}"
            if found:
                why = f"has several, of {networks}: name the network"
            raise ValueError(f"the study {why}, got {dataset}, {optimizer}, seed {seed!r}.")
        return next(part.each_run(found, strict=True))

    def status(self) -> dict[RunKey, str]:
        """Return the state of each run of the plan, at any time: "done", "failed" or "missing"."""
        stored: dict[RunKey, str] = {}
        if self.store is None or self.store.exists():
            with self._open(readonly=True) as store:
                stored = store.keys()
        return {key: stored.get(key, "missing") for key in self.plan}

    @property
    def running(self) -> bool:
        """Whether a process works on the store now."""
        return self.store is not None and Lock(self.store).taken

    @contextmanager
    def _open(self, readonly: bool = False) -> Iterator[Store]:
        if self.store is None:
            yield self._memory
            return
        with Store(self.store, readonly=readonly) as store:
            yield store

    def _prepare(self, store: Store) -> None:
        """Check that stored and new runs fit together; keep the settings."""
        if self.store is None:
            return
        wanted = conditions(self.settings, self.problems, self.optimizers)
        where = str(self.store)
        stored = store.read("conditions")
        if fault := fault_of_conditions(stored or {}):
            raise damaged(self.store, fault)
        joined = joined_conditions(stored, wanted, where, OF_STORE)
        self._check_targets(store.records(), where, OF_STORE)
        store.keep("conditions", joined)
        store.keep("settings", self.settings.plain() | {"question": self.settings.question})
        targets = store.read("targets") or {}
        for problem in self.problems:
            targets[f"{problem.dataset}/{problem.network}"] = problem.targets
        store.keep("targets", targets)
