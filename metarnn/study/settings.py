"""The settings of a study: data sets, networks, optimizers, seeds, budget and split."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from metarnn.cells import CELLS
from metarnn.criteria import class_criterion_of
from metarnn.datasets import DATASETS, Dataset
from metarnn.defaults import BUDGET, CELL, N_SEEDS, TEST_FRACTION
from metarnn.names import warn_renamed
from metarnn.networks.description import Description, settings_of
from metarnn.networks.network import Network
from metarnn.optimizers.resolve import table_of
from metarnn.own_parts import import_parts
from metarnn.sequences.axes import check_timesteps
from metarnn.solved_fitness import check_solve
from metarnn.validation import check_path, shown

from .checks import at, check_known, different_seeds, falling_targets, number
from .models import CONTESTANTS, Contestant, refuse_estimators
from .plain import plain
from .study_data import check_own, own_option, with_present_names
from .suite import datasets_and_networks

Entries = Mapping[str, Any]

#: The settings without a default, with examples.
REQUIRED = {"datasets": ["iris"], "optimizers": ["adam"]}

#: The limits of the numbers among the settings.
NUMBERS: dict[str, dict[str, Any]] = {
    "budget": {"least": 1.0, "unit": "passes"},
    "seconds": {"above": 0.0},
    "alpha": {"least": 0.0},
    "gradient_passes": {"least": 1.0},
    "target_loss": {},
    "test_fraction": {"above": 0.0, "below": 1.0},
    "folds": {"least": 2, "whole": True},
    "n_threads": {"least": 1, "whole": True},
}

#: What a sentence says to who gives arrays as data sets.
OWN = "; for arrays write metarnn.datasets.Dataset.of(X, y)"

#: The settings that a suite only has.
OF_A_SUITE = {"part": "evaluation", "size": "medium"}

#: Those that may not be None.
REQUIRED_NUMBERS = "budget", "alpha", "gradient_passes", "test_fraction"


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """The settings of a study, as in ``study.toml``; checked at once, before any data are read.

    Parameters
    ----------
    datasets : list or dict
        Names in ``metarnn.datasets.DATASETS``, :class:`~metarnn.datasets.Dataset` objects, or
        a dict of options by label: ``name`` where the label is not a name of the table, or
        ``path`` for what :func:`metarnn.datasets.load_path` reads, with its options ``target``,
        ``series``, ``order``, ``missing`` and ``encoding``. Any data set may also have its own
        ``timesteps``, ``loss`` and ``target_loss``; a ``group``, a name for problems of one kind;
        and generated ones ``instances`` (bool), to draw the data again for each seed.
    optimizers : list or dict
        Names in ``metarnn.optimizers.OPTIMIZERS``, words such as "adam:learning_rate=0.01",
        optimizers, or a dict of settings by label, with ``name`` where the label is not a name of
        the table. A nested optimizer is again a dict: with a name it replaces the default one,
        without it changes settings of the default one. "recurrent_features", or a
        :class:`metarnn.RecurrentFeaturesClassifier`, takes part beside them: it trains no network,
        and spends one pass for each that it draws.
    networks : dict
        By label, the arguments of :meth:`metarnn.Network.build`; a list of layers of
        ``metarnn.layers``; a table with ``layers``, each a table of its ``kind`` and settings; or
        a :class:`metarnn.Network`. In a table ``datasets``, a list of labels, restricts the
        network to these. A label that is the name of a cell stands for the cell; what else is
        left open has the defaults of ``metarnn.defaults``.
    seeds : int or sequence of int, optional
        How many, or which; 5 by default. Each has its own split and first points.
    repeats : int, optional
        With `folds`, another word for the number of seeds.
    budget : float
        Passes of each run.
    seconds : float, optional
        A run stops after this time, if its budget lasts longer. Its results then depend on
        the machine and its load.
    loss, alpha
        Of the :class:`metarnn.Fitness`.
    solve : {"leave_one_out", "held_out", "ridge", "logistic"}, optional
        Solve the readout of each candidate; see :class:`metarnn.SolvedFitness`. Losses on the
        test part are those of the whole network, by `loss`.
    gradient_passes
        Of the :class:`metarnn.Fitness`.
    target_loss : float, optional
        Training loss of the table, for all problems. By default 0.1 times the loss of
        predicting the class frequencies, for each problem.
    target : float, optional
        The former name of `target_loss`.
    targets : sequence of float, optional
        Training losses of the runtime distributions. By default 51, evenly spaced on a log scale
        from the loss of predicting the class frequencies to 0.001 times that loss.
    test_fraction : float
        Fraction held out, drawn again for each seed. Data with a test part of their own keep
        it; of data that contain every possible pattern nothing is held out.
    folds : int, optional
        Cross-validate instead, seeds x folds runs: the folds are drawn again for each seed,
        stratified by class, and replace a test part of the data's own.
    timesteps : int or "features"
        Steps into which rows are cut, for all data sets of rows: by default one step of all
        features; "features" makes each feature a step of one input.
    n_threads : int or None
        Threads of a run; None for all.
    imports : sequence of str
        Modules or files (``["parts.py"]``) with cells, optimizers, losses or data sets of your own.
        They are run first.
    suite, part, size : str
        In place of `datasets` and `networks`: the problems of a suite, "suite-1"; its "tuning" or
        "evaluation" part; networks that are "small", "medium" or "large".
    question : str
        The question of the study, with which the report begins.
    folder : path
        The folder to which the paths of files are relative.

    Raises
    ------
    TypeError, ValueError
        One sentence that names the key.
    """

    datasets: Entries | Sequence[Any] = ()
    optimizers: Entries | Sequence[Any]
    networks: Entries = field(default_factory=lambda: {CELL: {}})
    seeds: int | Sequence[int] | None = None
    repeats: int | None = None
    budget: float = BUDGET
    seconds: float | None = None
    loss: str | Callable[..., Any] = "cross_entropy"
    alpha: float = 0.0
    solve: str | None = None
    gradient_passes: float = 3.0
    target_loss: float | None = None
    target: float | None = None
    targets: Sequence[float] | None = None
    test_fraction: float = TEST_FRACTION
    folds: int | None = None
    timesteps: int | str = 1
    n_threads: int | None = 1
    imports: Sequence[str] = ()
    suite: str | None = None
    part: str = "evaluation"
    size: str = "medium"
    question: str = ""
    folder: str | Path = "."

    def __post_init__(self) -> None:
        check_path("folder", self.folder)
        self._settle("imports", import_parts(self.imports, "imports", self.folder))
        if self.suite is not None:
            self._take(*datasets_and_networks(self.suite, self.part, self.size))
        else:
            for name, default in OF_A_SUITE.items():
                if getattr(self, name) != default:
                    raise ValueError(f"{name} is that of a suite, expected suite beside it.")
        self._settle("datasets", self._entries("datasets", Dataset, DATASETS, ("name", "path")))
        refuse_estimators(self.optimizers)
        self._settle("optimizers", self._entries("optimizers", Contestant, CONTESTANTS, ("name",)))
        self._settle("networks", self._networks())
        self._settle("seeds", self._seeds())
        self._settle("repeats", None)  # they are seeds now
        if not isinstance(self.question, str):
            raise TypeError(f"question must be a text, got {shown(self.question)}.")
        if not (isinstance(self.loss, str) or callable(self.loss)):
            raise TypeError(f"loss must be a name or a scorer, got {shown(self.loss)}.")
        class_criterion_of(self.loss)
        if self.target is not None:
            if self.target_loss is not None:
                raise ValueError(
                    "target is the former name of target_loss: give target_loss alone."
                )
            warn_renamed("target", "target_loss", stacklevel=3)
            self._settle("target_loss", self.target)
            self._settle("target", None)
        if self.solve is not None:
            check_solve(self.solve, self.loss)
        for name, limits in NUMBERS.items():
            value = getattr(self, name)
            if value is not None or name in REQUIRED_NUMBERS:
                self._settle(name, number(name, value, **limits))
        check_timesteps(self.timesteps)
        if self.targets is not None:
            self._settle("targets", falling_targets(self.targets))

    @classmethod
    def of(cls, values: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """Return settings by name, with a hint for a name that is misspelled or missing."""
        for key in values:
            check_known(
                key, [f.name for f in fields(cls) if f.name != "folder"], "setting of a study"
            )
        for key, example in REQUIRED.items():
            if key not in values and not (key == "datasets" and "suite" in values):
                raise ValueError(
                    f"{key} is missing, a list of names such as {example}, or a table."
                )
        return cls(**values, folder=folder)

    def plain(self) -> dict[str, Any]:
        """Return the settings as plain values, as JSON has them; objects are described.

        The question, the imports, the folder and the suite, whose problems are there one by one,
        are left out, since no result depends on them.
        """
        left_out = "question", "imports", "folder", "repeats", "suite", "part", "size", "target"
        names = [f.name for f in fields(self) if f.name not in left_out]
        found = {name: plain(getattr(self, name)) for name in names}
        found["target"] = found.pop("target_loss")  # as stores have it
        return found

    def loss_of(self, dataset: str) -> Any:
        """Return the loss of the problems on a data set."""
        return own_option(self.datasets[dataset], "loss", self.loss)  # type: ignore[call-overload]

    def group_of(self, dataset: str) -> str:
        """Return the group of the problems on a data set, or an empty text."""
        group: str = own_option(self.datasets[dataset], "group", "")  # type: ignore[call-overload]
        return group

    def only(self, datasets: Sequence[str], optimizers: Sequence[str]) -> Self:
        """Return the settings of the same runs on some data sets by some optimizers.

        Raises
        ------
        KeyError
            A label that is not in these settings.
        """
        networks = {}
        for label, entry in self.networks.items():
            network, meant_for = network_and_datasets(entry)
            left = [name for name in datasets if meant_for is None or name in meant_for]
            if len(left) == len(datasets):
                networks[label] = network
            elif left:
                networks[label] = {**entry, "datasets": left}
        no_suite: dict[str, Any] = {"suite": None, **OF_A_SUITE}  # its problems are here one by one
        return replace(
            self,
            datasets={label: self.datasets[label] for label in datasets},  # type: ignore[call-overload]
            optimizers={label: self.optimizers[label] for label in optimizers},  # type: ignore[call-overload]
            networks=networks,
            **no_suite,
        )

    def _settle(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # assignment is barred in a frozen dataclass

    def _take(self, datasets: dict[str, Any], networks: dict[str, Any]) -> None:
        """Take the problems of a suite, or have them already: settings are copied with theirs."""
        if self.datasets not in ((), datasets):
            raise ValueError("suite and datasets both say which data; give one of them.")
        if self.networks not in ({}, {CELL: {}}, networks):
            raise ValueError("suite and networks both say which networks; give one of them.")
        self._settle("datasets", datasets)
        self._settle("networks", networks)

    def _seeds(self) -> tuple[int, ...]:
        if self.repeats is None:
            return different_seeds(N_SEEDS if self.seeds is None else self.seeds)
        repeats = int(number("repeats", self.repeats, least=1, whole=True))
        if self.folds is None:
            raise ValueError("repeats goes with folds; without folds, use seeds.")
        if self.seeds is not None:
            raise ValueError("repeats and seeds both set the number of seeds; give one of them.")
        return different_seeds(repeats)

    def _entries(
        self, key: str, kind: Any, table: Mapping[str, Any], sources: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return data sets or optimizers by label, with their names checked."""
        given, own = getattr(self, key), OWN if kind is Dataset else ""
        if isinstance(given, str | kind):
            given = [given]
        if not isinstance(given, Mapping | Sequence):
            raise TypeError(f"{key} must be a list of names or a table, got {shown(given)}{own}.")
        if isinstance(given, Sequence):
            given = self._labeled(key, kind, given)
        entries = {}
        for label, entry in given.items():
            with at(f"{key}.{label}"):
                if isinstance(entry, str):
                    entry = table_of(entry)
                if isinstance(entry, type) and issubclass(entry, kind):
                    raise TypeError(f"write {entry.__name__}(), an instance.")
                if not isinstance(entry, kind | Mapping):
                    raise TypeError(f"expected a table of settings, got {shown(entry)}{own}.")
                if isinstance(entry, Mapping):
                    entry = with_present_names(entry) if kind is Dataset else dict(entry)
                    if not set(sources) & set(entry):
                        entry["name"] = label
                    if "name" in entry:
                        check_known(
                            entry["name"], table, "data set" if kind is Dataset else "optimizer"
                        )
                if kind is Dataset:
                    check_own(entry)
                entries[str(label)] = entry
        if not entries:
            raise ValueError(f"{key} must name at least one, got none.")
        return entries

    def _labeled(self, key: str, kind: Any, items: Sequence[Any]) -> dict[str, Any]:
        labeled: dict[str, Any] = {}
        own = OWN if kind is Dataset else ""
        for item in items:
            if isinstance(item, str):
                label = item
            elif isinstance(item, Mapping) and isinstance(item.get("name"), str):
                label = item["name"]
            elif isinstance(item, kind):
                label = getattr(item, "name", type(item).__name__)
            elif isinstance(item, type) and issubclass(item, kind):
                raise TypeError(f"{key} has the class {item.__name__}: write {item.__name__}().")
            else:
                raise TypeError(
                    f"{key} must be a list of names or a table, got {shown(item)} in it{own}."
                )
            if label in labeled:
                raise ValueError(
                    f"{key} has two entries called {label}: leave one out (in Python a dict of "
                    "labels takes both, in study.toml a table)."
                )
            labeled[label] = item
        return labeled

    def _networks(self) -> dict[str, Any]:
        if not isinstance(self.networks, Mapping):
            raise TypeError(
                "networks must be a table of labels, such as {'elman': {'hidden': 8}}, got "
                f"{shown(self.networks)}."
            )
        if not self.networks:
            raise ValueError("networks must name at least one, got none.")
        networks: dict[str, Any] = {}
        for label, entry in self.networks.items():
            with at(f"networks.{label}"):
                if isinstance(entry, str) or not isinstance(entry, Network | Mapping | Sequence):
                    raise TypeError(f"expected a table of settings, got {shown(entry)}.")
                given, datasets = network_and_datasets(entry)
                settings = settings_of(given)
                for name in datasets or ():
                    check_known(name, self.datasets, "data set of the study")
                restricted = {} if datasets is None else {"datasets": tuple(datasets)}
                if label in CELLS and "layers" not in settings:
                    settings = {"cell": label, **settings}
                whole = isinstance(entry, Network)
                networks[str(label)] = entry if whole else settings | restricted
        return networks


def network_and_datasets(entry: Any) -> tuple[Description, Sequence[str] | None]:
    """Return what an entry of `networks` describes, and the data sets it is for; None for all."""
    if not isinstance(entry, Mapping):
        return entry, None
    return {k: v for k, v in entry.items() if k != "datasets"}, entry.get("datasets")
