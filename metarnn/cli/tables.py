"""The tables of names that commands take: each name with what it means, or with words about it.

A table is imported when it is looked at: that of the optimizers needs nothing that compiles.
"""

import inspect
from collections.abc import Callable
from typing import Any

from .settings import summary


def _datasets() -> dict[str, Any]:
    from metarnn.datasets import DATASETS

    return dict(DATASETS)


def _optimizers() -> dict[str, Any]:
    from metarnn.optimizers import OPTIMIZERS

    return dict(OPTIMIZERS)


def _models() -> dict[str, Any]:
    from metarnn.features.named import MODELS

    network = "One recurrent network, or an average of some, trained by an optimizer."
    return {"network": network, **{name: kinds.classifier for name, kinds in MODELS.items()}}


def _cells() -> dict[str, Any]:
    from metarnn.cells import CELLS

    return {name: summary(type(make(1, 1, "tanh", 1))) for name, make in CELLS.items()}


def _layers() -> dict[str, Any]:
    from metarnn import layers

    kinds = [getattr(layers, name) for name in layers.__all__]
    kinds = [kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, layers.Layer)]
    return {kind.__name__: kind for kind in kinds if kind is not layers.Layer}


def _readouts() -> dict[str, Any]:
    from metarnn.layers import READOUTS

    return {name: readout.description for name, readout in READOUTS.items()}


def _losses() -> dict[str, Any]:
    from metarnn.criteria import CRITERIA

    return {name: criterion.description for name, criterion in CRITERIA.items()}


def _solves() -> dict[str, Any]:
    from metarnn.linear import SOLVES

    return {name: kind.description for name, kind in SOLVES.items()}


def _decoders() -> dict[str, Any]:
    from metarnn.layers import DECODERS

    return dict.fromkeys(DECODERS, "")


def _activations() -> dict[str, Any]:
    from metarnn.cells import ACTIVATIONS

    return dict.fromkeys(ACTIVATIONS, "")


#: By title, what returns a table: each name with what it means, or with words about it.
TABLES: dict[str, Callable[[], dict[str, Any]]] = {
    "datasets": _datasets,
    "optimizers": _optimizers,
    "models": _models,
    "cells": _cells,
    "layers": _layers,
    "readouts": _readouts,
    "losses": _losses,
    "solves": _solves,
    "decoders": _decoders,
    "activations": _activations,
}
