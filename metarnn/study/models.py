"""Models without descent, which take part in a study beside the optimizers of a network.

A model has no loss of its own to minimize: its probabilities on the training part are judged by the
study's loss, once, after all its passes are spent.
"""

import time
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from metarnn.criteria import class_criterion_of
from metarnn.features import RecurrentFeaturesClassifier
from metarnn.features.named import MODELS, check_settings
from metarnn.fitness import Fitness
from metarnn.layers import Embedding
from metarnn.networks.network import Network
from metarnn.optimizers import OPTIMIZERS, History, Optimizer, resolve_optimizer

from .split import Protocol, Subset, TrainTestSplit

#: What a study trains on a problem.
Contestant = Optimizer | RecurrentFeaturesClassifier

#: All names that the entries of a study may have, those that a program adds at run time, too.
CONTESTANTS: ChainMap[str, Any] = ChainMap(
    {name: model.classifier for name, model in MODELS.items()}, OPTIMIZERS
)

#: What a study sets of a model: it knows the data, and cuts and scales them itself.
SET_BY_STUDIES = dict.fromkeys(
    ("random_state", "n_threads", "timesteps", "layout", "verbose"), "the study, for all alike"
)

#: Probabilities are kept this far from 0 and 1, so that their logarithms are numbers.
LEAST = 1e-12


def resolve_contestant(given: Any) -> Contestant:
    """Return an optimizer or a model, given in any way that :func:`resolve_optimizer` takes.

    Raises
    ------
    TypeError, ValueError
        Anything else, or an unknown name or setting.
    """
    if isinstance(given, RecurrentFeaturesClassifier):
        usual = type(given)().get_params()
        own = [name for name in SET_BY_STUDIES if given.get_params()[name] != usual[name]]
        check_settings(type(given), own, SET_BY_STUDIES)
        return given
    if not (isinstance(given, Mapping) and given.get("name") in MODELS):
        return resolve_optimizer(given)
    settings = {name: value for name, value in given.items() if name != "name"}
    kind: type[RecurrentFeaturesClassifier] = MODELS[given["name"]].classifier
    check_settings(kind, settings, SET_BY_STUDIES)
    return kind(**settings)


def refuse_estimators(given: Any) -> None:
    """Raise a TypeError if there is an estimator, other than a model, among the optimizers."""
    if isinstance(given, Mapping):
        given = list(given.values())
    for entry in given if isinstance(given, list | tuple) else [given]:
        if isinstance(entry, BaseEstimator) and not isinstance(entry, Contestant):
            raise TypeError(
                f"optimizers must have no estimator but RecurrentFeaturesClassifier, got "
                f"{type(entry).__name__}: give its optimizer, and its network as that of all."
            )


def check_model(
    protocol: Protocol, data: TrainTestSplit, model: RecurrentFeaturesClassifier
) -> None:
    """Raise a ValueError unless a model can take part, before anything runs."""
    name = type(model).__name__
    if protocol.dataset.n_tokens is None and data.train.X.ndim != 3:
        raise ValueError(f"{name} reads sequences, and {protocol.dataset.name} has images.")
    if data.train.y.ndim > 1:
        raise ValueError(
            f"{name} predicts one class for each sequence, and {protocol.dataset.name} has several."
        )
    if protocol.solve is not None:
        raise ValueError(
            f"{name} has a readout of its own, whose loss is not that of solve={protocol.solve!r}: "
            "compare it where solve is left out."
        )
    own = _prepared(protocol, model, seed=0)
    own.check()
    if own.embedding is not None and protocol.dataset.n_tokens is None:
        raise ValueError(f"embedding is for tokens, and {protocol.dataset.name} has numbers.")
    n_passes = own._n_networks
    if n_passes > protocol.budget:
        raise ValueError(
            f"{name} spends {n_passes} passes, one for each network, more than the budget of "
            f"{protocol.budget:g}: give it fewer n_features."
        )


@dataclass(frozen=True)
class FittedModel:
    """A model that was fitted on the training part of a problem."""

    model: RecurrentFeaturesClassifier
    history: History
    on_train: tuple[float, float]  # loss and accuracy


def judged(
    protocol: Protocol, model: RecurrentFeaturesClassifier, data: Subset
) -> tuple[float, float]:
    """Return the study's loss of the probabilities of a fitted model, and its accuracy."""
    probabilities = _probabilities(protocol, model, data)
    accuracy = float((probabilities.argmax(axis=1) == data.y).mean())
    p = np.clip(probabilities, LEAST, 1 - LEAST)
    # The network that shows its inputs, so that every loss is computed where all others are.
    logits = np.log(p / (1 - p)) if protocol.loss == "mse" else np.log(p)
    K = p.shape[1]
    shown = Network(K, K, (), dtype="float64")
    weights = shown.pack({"weight_out": np.eye(K), "bias_out": np.zeros(K)})
    fitness = Fitness(shown, logits[:, None], data.y, loss=protocol.loss)
    return float(fitness(weights)[0]), accuracy


def _probabilities(
    protocol: Protocol, model: RecurrentFeaturesClassifier, data: Subset
) -> NDArray[np.float64]:
    """Return the probabilities (B, K) of all classes of the data set, seen or not."""
    found = model.predict_proba(data.X, lengths=data.lengths)
    probabilities = np.zeros((len(found), protocol.dataset.n_classes))
    probabilities[:, model.classes_] = found
    return probabilities


def fit_model(
    protocol: Protocol, data: TrainTestSplit, model: RecurrentFeaturesClassifier, seed: int
) -> FittedModel:
    """Fit a copy of a model on the training part."""
    train, chosen = data.train, _prepared(protocol, model, seed)
    # As an optimizer's run, without compilation: a few networks on a few sequences.
    few = np.concatenate([np.flatnonzero(train.y == k)[:2] for k in np.unique(train.y)])
    part = train.part(few)
    warm = clone(chosen).set_params(n_features=chosen.hidden * len(chosen.pools))
    warm.fit(part.X, part.y, lengths=part.lengths)
    began = time.perf_counter()
    chosen.fit(train.X, train.y, lengths=train.lengths)
    seconds, history = time.perf_counter() - began, History()
    loss, accuracy = judged(protocol, chosen, train)
    constant = class_criterion_of(protocol.loss).baseline_loss(train.y, protocol.dataset.n_classes)
    if loss < constant:  # until all networks are drawn, nothing is known but how often a class is
        history.improve(1.0, 0.0, constant)
    history.add(chosen.n_passes_, seconds, loss, loss)
    history.improve(chosen.n_passes_, seconds, loss)
    return FittedModel(chosen, history, (loss, accuracy))


def _prepared(
    protocol: Protocol, model: RecurrentFeaturesClassifier, seed: int
) -> RecurrentFeaturesClassifier:
    """Return a copy of a model for the data of a problem."""
    copy: RecurrentFeaturesClassifier = clone(model)
    first = next(iter(protocol.network.layers), None)
    if isinstance(first, Embedding) and copy.embedding is None:
        copy.set_params(embedding=first.size)  # as wide as the network's
    return copy.set_params(random_state=seed, n_threads=protocol.n_threads)
