"""What a study is asked to do: data sets, networks, optimizers, seeds, budget and split."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from metarnn.criteria import class_criterion_of
from metarnn.datasets import DATASETS, Dataset
from metarnn.networks.network import Network
from metarnn.optimizers import OPTIMIZERS, Optimizer

from .runs import seeds_of

Entries = Mapping[str, Any]

#: What a study needs at least.
REQUIRED = "datasets", "optimizers"

#: Seeds, where nothing is said.
N_SEEDS = 5


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """What a study is asked to do; what ``study.toml`` says.

    Everything is checked at once, before any data are read.

    Parameters
    ----------
    datasets : list or dict
        Names in ``metarnn.datasets.DATASETS``, :class:`~metarnn.datasets.Dataset` objects, or
        by labels of your own: a dict of options, with ``name`` where the label is not that of
        the table, or with ``path`` (and ``label``, ``timesteps``) for a CSV file. The option
        ``timesteps`` cuts the rows of any.
    optimizers : list or dict
        Names in ``metarnn.optimizers.OPTIMIZERS``, optimizers, or by labels of your own: a
        dict of settings, with ``name`` where the label is not that of the table. A nested
        optimizer is a dict again: with a name it is that one, without it changes the settings of
        the one that is there.
    networks : dict
        By label, what :meth:`metarnn.Network.build` takes; ``datasets``, a list of labels,
        confines a network to these. By default an Elman network of 8 units.
    seeds : int or sequence of int, optional
        How many, or which: each is a split and first points of its own, the same for every
        optimizer. 5, if nothing is said.
    repeats : int, optional
        With `folds`, another word for how many seeds: cross-validation is repeated for each.
    budget : float
        Passes of each run.
    seconds : float, optional
        A run ends here, if its budget is not spent before. Its results are then those of this
        machine at this hour.
    loss, alpha, gradient_passes
        See :class:`metarnn.Fitness`.
    target : float, optional
        Training loss of the table, for all problems. By default of each a tenth of the loss of
        answering with the class frequencies.
    targets : sequence of float, optional
        Training losses of the runtime distributions, for all problems. By default of each 51,
        evenly spaced in the logarithm from the loss of answering with the class frequencies to
        a thousandth of it.
    test_fraction : float
        Share held out, drawn anew for each seed. Data with a held-out part of their own keep
        it; of data that are all the patterns there are nothing is held out.
    folds : int, optional
        Hold out each of so many parts once instead: seeds x folds runs. The parts are drawn anew
        for each seed, with the same share of each class; they go before a split that the data
        bring.
    timesteps : int, optional
        Steps into which rows are cut, of all data sets that are rows.
    n_threads : int
        Threads of a run.
    question : str
        What the study is to answer; the report begins with it.
    folder : path
        Where the paths of CSV files begin.

    Raises
    ------
    TypeError, ValueError
        One sentence that names the key.
    """

    datasets: Entries | Sequence[Any]
    optimizers: Entries | Sequence[Any]
    networks: Entries = field(default_factory=lambda: {"elman": {"hidden": 8}})
    seeds: int | Sequence[int] | None = None
    repeats: int | None = None
    budget: float = 10_000
    seconds: float | None = None
    loss: str | Callable[..., Any] = "cross_entropy"
    alpha: float = 0.0
    gradient_passes: float = 3.0
    target: float | None = None
    targets: Sequence[float] | None = None
    test_fraction: float = 0.3
    folds: int | None = None
    timesteps: int | None = None
    n_threads: int = 1
    question: str = ""
    folder: str | Path = "."

    def __post_init__(self) -> None:
        self._settle("datasets", self._entries("datasets", Dataset, DATASETS, ("name", "path")))
        self._settle("optimizers", self._entries("optimizers", Optimizer, OPTIMIZERS, ("name",)))
        self._settle("networks", self._networks())
        self._settle("seeds", tuple(self._seeds()))
        self._settle("repeats", None)  # they are seeds now
        if not isinstance(self.question, str):
            raise TypeError(f"question must be a text, got {self.question!r}.")
        if not (isinstance(self.loss, str) or callable(self.loss)):
            raise TypeError(f"loss must be a name or a scorer, got {self.loss!r}.")
        class_criterion_of(self.loss)
        number = self._number
        number("budget", least=1.0, unit="passes")
        number("seconds", above=0.0, optional=True)
        number("alpha", least=0.0)
        number("gradient_passes", least=1.0)
        number("target", optional=True)
        number("test_fraction", above=0.0, below=1.0)
        number("folds", least=2, optional=True, whole=True)
        number("timesteps", least=1, optional=True, whole=True)
        number("n_threads", least=1, whole=True)
        if self.targets is not None:
            self._settle("targets", self._targets())

    def plain(self) -> dict[str, Any]:
        """Return what is asked as plain values, as JSON has them; objects are described.

        What is changed by no result, the question and the folder, is not in it.
        """
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("question", "folder", "repeats"):
            del values[name]
        described: dict[str, Any] = plain(values)
        return described

    def _settle(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # a frozen dataclass bars assignment

    def _number(
        self,
        name: str,
        *,
        least: float | None = None,
        above: float | None = None,
        below: float | None = None,
        unit: str = "",
        optional: bool = False,
        whole: bool = False,
    ) -> None:
        value = getattr(self, name)
        if optional and value is None:
            return
        kind: Any = (int, np.integer) if whole else Real
        limits = (("at least", least), ("above", above), ("below", below))
        wanted = "an integer" if whole else "a finite number"
        words = [f"{word} {limit:g}" for word, limit in limits if limit is not None]
        wanted += (f" of {unit}" if unit else "") + (", " + " and ".join(words) if words else "")
        message = f"{name} must be {wanted}, got {value!r}."
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(message)
        number = float(value)
        outside = (
            not np.isfinite(number)
            or (least is not None and number < least)
            or (above is not None and number <= above)
            or (below is not None and number >= below)
        )
        if outside:
            raise ValueError(message)
        self._settle(name, int(number) if whole else number)

    def _seeds(self) -> list[int]:
        if self.repeats is None:
            seeds = N_SEEDS if self.seeds is None else self.seeds
            if isinstance(seeds, bool | str):
                raise TypeError(f"seeds must be how many, or a list of integers, got {seeds!r}.")
            return seeds_of(seeds)
        self._number("repeats", least=1, whole=True)
        if self.folds is None:
            raise ValueError("repeats goes with folds; without these, seeds says how many runs.")
        if self.seeds is not None:
            raise ValueError("repeats and seeds both say how often; give one of them.")
        return seeds_of(self.repeats)

    def _targets(self) -> tuple[float, ...]:
        message = f"targets must be a list of different positive losses, got {self.targets!r}."
        try:
            targets = np.asarray(self.targets, float)
        except (TypeError, ValueError):
            raise TypeError(message) from None
        if targets.ndim != 1 or not len(targets) or not np.isfinite(targets).all():
            raise ValueError(message)
        if targets.min() <= 0 or len(np.unique(targets)) < len(targets):
            raise ValueError(message)
        return tuple(sorted(targets.tolist(), reverse=True))

    def _entries(
        self, key: str, kind: type[Any], table: Mapping[str, Any], sources: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return data sets or optimizers by label, with the names looked up."""
        given = getattr(self, key)
        if isinstance(given, str | kind):
            given = [given]
        if not isinstance(given, Mapping):
            if not isinstance(given, Sequence):
                raise TypeError(f"{key} must be a list of names or a table, got {given!r}.")
            given = self._labelled(key, kind, given)
        entries = {}
        for label, entry in given.items():
            with at(f"{key}.{label}"):
                if isinstance(entry, str):
                    entry = {"name": entry}
                if isinstance(entry, type) and issubclass(entry, kind):
                    raise TypeError(f"write {entry.__name__}(), an instance.")
                if not isinstance(entry, kind | Mapping):
                    raise TypeError(f"expected a table of settings, got {entry!r}.")
                if isinstance(entry, Mapping):
                    entry = dict(entry)
                    if not set(sources) & set(entry):
                        entry["name"] = label
                    if "name" in entry:
                        known(entry["name"], table, key.removesuffix("s"))
                entries[str(label)] = entry
        if not entries:
            raise ValueError(f"{key} must name one at least, got none.")
        return entries

    def _labelled(self, key: str, kind: type[Any], items: Sequence[Any]) -> dict[str, Any]:
        labelled: dict[str, Any] = {}
        for item in items:
            if isinstance(item, str):
                label, item = item, {"name": item}
            elif isinstance(item, kind):
                label = getattr(item, "name", type(item).__name__)
            else:
                raise TypeError(f"{key} must be a list of names or a table, got {item!r} in it.")
            if label in labelled:
                raise ValueError(f"{key} has two called {label}; give them labels, in a table.")
            labelled[label] = item
        return labelled

    def _networks(self) -> dict[str, dict[str, Any]]:
        if not isinstance(self.networks, Mapping):
            raise TypeError(f"networks must be a table of labels, got {self.networks!r}.")
        if not self.networks:
            raise ValueError("networks must name one at least, got none.")
        parameters = inspect.signature(Network.build).parameters.values()
        takes = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY] + ["datasets"]
        networks = {}
        for label, entry in self.networks.items():
            with at(f"networks.{label}"):
                if not isinstance(entry, Mapping):
                    raise TypeError(f"expected a table of settings, got {entry!r}.")
                for name in entry:
                    known(name, takes, "setting of a network")
                entry = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
                for name in entry.get("datasets", ()):
                    known(name, self.datasets, "data set of the study")
                networks[str(label)] = entry
        return networks


def known(name: Any, table: Any, what: str) -> None:
    """Refuse a name that is not in a table, with the nearest that is.

    Raises
    ------
    TypeError, ValueError
        No text, or not in the table.
    """
    if not isinstance(name, str):
        raise TypeError(f"expected the name of a {what}, got {name!r}.")
    if name not in table:
        near = get_close_matches(name.lower(), list(table), n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"unknown {what} {name!r}{hint}, expected one of {', '.join(table)}.")


@contextmanager
def at(place: str) -> Iterator[None]:
    """Say in errors at which key they arose."""
    try:
        yield
    except (TypeError, ValueError, OSError, ImportError) as error:
        kind = next(
            k for k in (TypeError, ValueError, OSError, ImportError) if isinstance(error, k)
        )
        raise kind(f"{place}: {error}") from error


def plain(value: Any) -> Any:
    """Return a value as JSON has it; objects as what tells them from others."""
    if isinstance(value, Dataset):
        from .problems import fingerprint

        return {"data": value.name, "shape": list(value.shape), "sha256": fingerprint(value)}
    if isinstance(value, Optimizer):
        settings = {name: plain(v) for name, v in value.get_params(deep=False).items()}
        return {"name": type(value).__name__, **settings}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return getattr(value, "__qualname__", None) or type(value).__qualname__
