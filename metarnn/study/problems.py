"""From the settings of a study to what is trained: data sets, networks, optimizers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from metarnn.criteria import class_criterion_of
from metarnn.datasets import Dataset
from metarnn.networks.description import Description, resolve_network
from metarnn.networks.network import Network
from metarnn.optimizers import Optimizer, Order, check_problem
from metarnn.sequences import as_sequences
from metarnn.sequences.validation import UNSCORED
from metarnn.validation import shown

from .checks import at
from .models import Contestant, check_model, resolve_contestant
from .run import fitness_of, solve_of
from .settings import StudySettings, network_and_datasets
from .split import Protocol, split
from .study_data import StudyData, own_option

#: The target of the table, the number of targets of a runtime distribution, and the last of
#: them; losses as fractions of that of predicting the class frequencies.
TARGET, N_TARGETS, LAST_TARGET = 0.1, 51, 1e-3


@dataclass(frozen=True)
class Problem:
    """A data set with a network, by their labels, and what all runs on them share."""

    dataset: str
    network: str
    protocol: Protocol
    targets: tuple[float, ...]  # losses of the runtime distribution, falling


def problems_of(settings: StudySettings) -> list[Problem]:
    """Return the problems of a study, in its order; targets are fixed here, before any run.

    The message about data that cannot be read, or a network that does not fit them, begins with
    the key. Data sets that are not there are named all at once, before anything else is done.
    """
    problems, (read, missing) = [], data_that_are_there(settings)
    if missing:
        raise FileNotFoundError(missing)
    for label, entry in settings.datasets.items():  # type: ignore[union-attr]
        data = read[label]
        with at(f"datasets.{label}"):
            _check_classes(data.dataset)
        for name, network_entry in settings.networks.items():
            given, meant_for = network_and_datasets(network_entry)
            if meant_for is not None and label not in meant_for:
                continue
            with at(f"networks.{name}"):
                network = network_for(data.dataset, given, timesteps=data.timesteps)
                problems.append(_problem(settings, (label, name), entry, data, network))
    alone = set(settings.datasets) - {problem.dataset for problem in problems}
    if alone:
        raise ValueError(f"datasets.{min(alone)}: no network is meant for it.")
    return problems


def data_that_are_there(settings: StudySettings) -> tuple[dict[str, StudyData], str]:
    """Return data by the labels of their data sets, and a sentence that names all others.

    Where all are there, it is empty.
    """
    read: dict[str, StudyData] = {}
    missing: dict[str, str] = {}
    for label, entry in settings.datasets.items():  # type: ignore[union-attr]
        try:
            with at(f"datasets.{label}"):
                read[label] = StudyData.of(entry, settings.timesteps, settings.folder)
        except FileNotFoundError as error:
            missing[label] = str(error)
    if len(missing) < 2:
        return read, "".join(missing.values())
    n, first = len(missing), next(iter(missing.values()))
    which = f"{n} of {n + len(read)} data sets are not there, {', '.join(missing)}; of the first"
    return read, f"{which}: {first}"


def _problem(
    settings: StudySettings, labels: tuple[str, str], entry: Any, data: StudyData, network: Network
) -> Problem:
    target, targets = own_option(entry, "target_loss", settings.target_loss), settings.targets
    loss = own_option(entry, "loss", settings.loss)
    if target is None or targets is None:
        constant = constant_loss(data.dataset, network, loss, data.timesteps, settings.solve)
        target = TARGET * constant if target is None else target
        if targets is None:
            targets = np.geomspace(constant, LAST_TARGET * constant, N_TARGETS).tolist()
    own = {"network": network, "target": target, "loss": loss}
    own |= {f.name: getattr(data, f.name) for f in fields(data)}
    shared = {f.name: getattr(settings, f.name) for f in fields(Protocol) if f.name not in own}
    return Problem(*labels, Protocol(**own, **shared), tuple(targets))


def network_for(data: Dataset, given: Description, *, timesteps: int | str = 1) -> Network:
    """Return a network, given in any way, with the inputs and classes of a data set.

    Refuse one that cannot read such data, its rows cut into `timesteps`, or predict such targets.
    """
    _check_classes(data)
    X = _inputs(data, timesteps)
    network = resolve_network(given, data.n_tokens or X.shape[-1], data.n_classes)
    _check_form(data, network)
    return network


def constant_loss(
    data: Dataset,
    network: Network,
    loss: str | Callable[..., Any],
    timesteps: int | str = 1,
    solve: str | None = None,
) -> float:
    """Return the loss of predicting the class frequencies of the data for every sequence.

    A network that ignores its input can reach it; targets are fractions of it.
    """
    criterion = class_criterion_of(loss, solve)
    labels = network.labeled(_inputs(data, timesteps), data.y, lengths=data.lengths).labels
    return criterion.baseline_loss(labels[labels != UNSCORED], network.n_outputs)


def _inputs(data: Dataset, timesteps: int | str) -> Any:
    """Return X as the network reads it."""
    plain = data.n_tokens is None and data.X.ndim < 4
    return as_sequences(data.X, timesteps) if plain else data.X


def _check_classes(data: Dataset) -> None:
    """Refuse data without classes."""
    if not data.classes:
        numbers = " but numbers to predict, as RNNRegressor and 'metarnn fit' do"
        found = "labels" if data.targets is None else f"classes{numbers}"
        raise ValueError(f"{data.name} has no {found}; expected two classes or more.")


def _check_form(data: Dataset, network: Network) -> None:
    """Refuse data that the network does not read, or targets that it does not predict."""
    input_kind = "tokens" if data.n_tokens else "images" if data.X.ndim == 4 else "numbers"
    if network.input_kind != input_kind:
        way = {
            "tokens": "embedding=16, the numbers that stand for each token",
            "images": "grid=1, 2 or 4, the corners that they are scanned from",
            "numbers": "neither embedding nor grid",
        }[input_kind]
        raise ValueError(f"{data.name} has inputs that are {input_kind}: the network needs {way}.")
    several = data.y.ndim == 2
    if several != (network.decodes or network.scores_steps):
        way = "readout='steps', or a decoder" if several else "another readout, and no decoder"
        raise ValueError(
            f"{data.name} has {'several labels' if several else 'one class'} for each sequence: "
            f"the network needs {way}."
        )


def optimizers_of(settings: StudySettings) -> dict[str, Contestant]:
    """Return the optimizers and models of a study by label, settings and nested ones in place."""
    chosen = {}
    for label, entry in settings.optimizers.items():  # type: ignore[union-attr]
        with at(f"optimizers.{label}"):
            chosen[label] = contestant = resolve_contestant(entry)
            contestant.check()
    return chosen


def suits(protocol: Protocol, contestant: Contestant) -> bool:
    """Return whether an optimizer or a model can run on a problem, by its loss and its targets."""
    if isinstance(contestant, Optimizer):
        if not _comparable(protocol, contestant):
            return False
        criterion = class_criterion_of(protocol.loss, solve_of(protocol, contestant))
        return contestant.order == Order.VALUE or criterion.has_derivatives
    return protocol.dataset.y.ndim == 1 and protocol.dataset.X.ndim < 4


def _comparable(protocol: Protocol, optimizer: Optimizer) -> bool:
    """Return whether the readout is solved for all optimizers alike, or for the loss of all."""
    if protocol.solve is not None or optimizer.solves is None:
        return True
    return (optimizer.solves, protocol.loss) == ("logistic", "cross_entropy")


def pairs_of(
    problems: list[Problem], optimizers: Mapping[str, Contestant]
) -> list[tuple[Problem, str]]:
    """Return each problem with the optimizers that run on it, by their labels.

    What suits some of the problems is left out of the others; what suits none stays, so that a
    check says why.
    """
    fit = {
        label: [suits(problem.protocol, optimizer) for problem in problems]
        for label, optimizer in optimizers.items()
    }
    return [
        (problem, label)
        for i, problem in enumerate(problems)
        for label in optimizers
        if fit[label][i] or not any(fit[label])
    ]


def check_runs(problems: list[Problem], optimizers: Mapping[str, Contestant], seed: int) -> None:
    """Check that the data can be split and every optimizer can train, without evaluating."""
    for problem, pairs in groupby(pairs_of(problems, optimizers), key=itemgetter(0)):
        with at(f"datasets.{problem.dataset}"):
            data = split(problem.protocol, seed, 0)
        for _, label in pairs:
            optimizer = optimizers[label]
            with at(f"optimizers.{label}"):
                if not isinstance(optimizer, Optimizer):
                    check_model(problem.protocol, data, optimizer)
                    continue
                if not _comparable(problem.protocol, optimizer):
                    way = "set loss='cross_entropy'"
                    if problem.protocol.loss == "cross_entropy":
                        way = (
                            f"set solve={optimizer.solves!r} for all optimizers, or solve by "
                            "'logistic', whose loss is 'cross_entropy'"
                        )
                    raise ValueError(
                        f"{type(optimizer).__name__} solves the readout by {optimizer.solves!r}, "
                        f"whose loss is not {shown(problem.protocol.loss)}: {way}."
                    )
                fitness = fitness_of(problem.protocol, data, optimizer)
                check_problem(fitness, optimizer, problem.protocol.budget)
