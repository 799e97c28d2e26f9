"""From the settings of a study to what is trained: data sets, networks, optimizers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from metarnn.datasets import Dataset, load, load_csv
from metarnn.optimizers import OPTIMIZERS, Optimizer, check_problem
from metarnn.optimizers.renamed import new_name

from .problem import constant_loss, network_for
from .runs import Protocol, fitness_of, split
from .settings import StudySettings, at, known

#: Targets of a runtime distribution, and the last one as a share of the first.
N_TARGETS, LAST_TARGET = 51, 1e-3


@dataclass(frozen=True)
class Problem:
    """A data set with a network, under the conditions that all its runs share.

    Attributes
    ----------
    dataset, network : str
        Labels in the study.
    protocol : Protocol
        What is trained on what, and the target of the table.
    targets : tuple of float
        Training losses of the runtime distribution, from the highest down.
    fingerprint : str
        SHA-256 of the data, which tells whether they are those of the stored runs.
    """

    dataset: str
    network: str
    protocol: Protocol
    targets: tuple[float, ...]
    fingerprint: str


def problems_of(settings: StudySettings) -> list[Problem]:
    """Return the problems of a study, in its order; targets are fixed here, before any run.

    Raises
    ------
    TypeError, ValueError, OSError
        Data that cannot be read or split, a network that does not fit them. The message
        begins with the key.
    """
    problems = []
    for label, entry in settings.datasets.items():  # type: ignore[union-attr]
        with at(f"datasets.{label}"):
            data, timesteps = _dataset(entry, settings)
            stamp = fingerprint(data)
        for name, options in settings.networks.items():
            if label not in options.get("datasets", (label,)):
                continue
            with at(f"networks.{name}"):
                problem = _problem(settings, data, timesteps, options)
            problems.append(replace(problem, dataset=label, network=name, fingerprint=stamp))
            with at(f"datasets.{label}"):
                split(problem.protocol, settings.seeds[0])  # type: ignore[index]
    missing = set(settings.datasets) - {problem.dataset for problem in problems}
    if missing:
        raise ValueError(f"datasets.{min(missing)}: no network is there for it.")
    return problems


def _problem(
    settings: StudySettings, data: Dataset, timesteps: int | None, options: Mapping[str, Any]
) -> Problem:
    build = {key: value for key, value in options.items() if key != "datasets"}
    network = network_for(data, timesteps=timesteps, **build)
    constant = constant_loss(data, network, settings.loss, timesteps)
    target = 0.1 * constant if settings.target is None else settings.target
    targets = settings.targets
    if targets is None:
        targets = tuple(np.geomspace(constant, LAST_TARGET * constant, N_TARGETS).tolist())
    protocol = Protocol(
        dataset=data,
        network=network,
        budget=settings.budget,
        target=target,
        loss=settings.loss,
        alpha=settings.alpha,
        gradient_passes=settings.gradient_passes,
        test_fraction=settings.test_fraction,
        timesteps=timesteps,
        n_threads=settings.n_threads,
        n_jobs=1,
        seconds=settings.seconds,
        folds=settings.folds,
    )
    return Problem("", "", protocol, tuple(targets), "")


def _dataset(entry: Any, settings: StudySettings) -> tuple[Dataset, int | None]:
    """Return a data set, and the steps into which its rows are to be cut."""
    timesteps = settings.timesteps
    if isinstance(entry, Dataset):
        return entry, timesteps if entry.X.ndim == 2 and entry.n_tokens is None else None
    options = dict(entry)
    own = options.pop("timesteps", None)
    if "path" in options:
        path = options.pop("path")
        for option in options:
            known(option, ("label",), "option of a CSV file")
        if not isinstance(path, str | Path):
            raise TypeError(f"path must be that of a CSV file, got {path!r}.")
        data = load_csv(Path(settings.folder) / path, **options)
    else:
        data = load(options.pop("name"), **options)
    rows = data.X.ndim == 2 and data.n_tokens is None
    if own is not None and not rows:
        raise ValueError(f"timesteps is for rows, and {data.name} has sequences of its own.")
    return data, (own or timesteps) if rows else None


def fingerprint(data: Dataset) -> str:
    """Return the SHA-256 of the arrays of a data set."""
    digest = sha256()
    for array in (data.X, data.y, data.lengths, data.test):
        if array is not None:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def optimizers_of(settings: StudySettings) -> dict[str, Optimizer]:
    """Return the optimizers of a study by label, settings and nested ones in place.

    Raises
    ------
    TypeError, ValueError, ImportError
        Unknown settings or values out of range. The message begins with the key.
    """
    chosen = {}
    for label, entry in settings.optimizers.items():  # type: ignore[union-attr]
        with at(f"optimizers.{label}"):
            chosen[label] = _optimizer(entry)
            chosen[label].check()
    return chosen


def _optimizer(entry: Any) -> Optimizer:
    if isinstance(entry, Optimizer):
        return entry
    settings = dict(entry)
    name = settings.pop("name")
    known(name, OPTIMIZERS, "optimizer")
    return _changed(OPTIMIZERS[name](), settings)


def _changed(optimizer: Optimizer, settings: Mapping[str, Any]) -> Optimizer:
    """Return an optimizer with settings that may hold tables for the nested ones."""
    params = optimizer.get_params(deep=False)
    for name, value in settings.items():
        if new := new_name(type(optimizer), name):
            raise ValueError(f"the setting {name!r} is now called {new!r}.")
        known(name, params, f"setting of {type(optimizer).__name__}")
        optimizer.set_params(**{name: _setting(name, value, params[name])})
    return optimizer


def _setting(name: str, value: Any, default: Any) -> Any:
    if isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        return [_setting(f"{name}[{i}]", inner, None) for i, inner in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    with at(name):
        if "name" in value:
            return _optimizer(value)
        if isinstance(default, Optimizer):
            return _changed(default.copy(), value)
    return dict(value)


def check_runs(problems: list[Problem], optimizers: Mapping[str, Optimizer], seed: int) -> None:
    """Check that every optimizer can train on every problem, without evaluating.

    Raises
    ------
    TypeError, ValueError
        For example one that needs a gradient, and a loss without.
    """
    for problem in problems:
        fitness = fitness_of(problem.protocol, split(problem.protocol, seed))
        for label, optimizer in optimizers.items():
            with at(f"optimizers.{label}"):
                check_problem(fitness, optimizer, problem.protocol.budget)
