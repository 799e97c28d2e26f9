"""``metarnn list``: the names that other commands take."""

import argparse
import inspect
import textwrap
from typing import Any

from .options import command
from .output import show


@command(options="--json")
def list(options: argparse.Namespace) -> None:
    """List data sets, optimizers, parts of networks and losses."""
    tables = _tables()
    lines = []
    for title, names in tables.items():
        lines.append(title)
        for name, text in names.items():
            line = f"  {name:20} {text}".rstrip()
            lines.append(textwrap.fill(line, 80, subsequent_indent=" " * 23))
        if title == "losses":
            scorers = "scikit-learn's scorers of classes, such as roc_auc_ovr and neg_log_loss"
            lines.append(f"  and {scorers}")
    show(options, tables, *lines)


def _tables() -> dict[str, dict[str, str]]:
    """Return what can be named: by title, each name with what it is."""
    from metarnn import layers
    from metarnn.cells import ACTIVATIONS, CELLS
    from metarnn.criteria import CRITERIA
    from metarnn.datasets import DATASETS
    from metarnn.layers.decoder import DECODERS
    from metarnn.optimizers import OPTIMIZERS

    kinds = [getattr(layers, name) for name in layers.__all__]
    kinds = [kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, layers.Layer)]
    return {
        "data sets": {name: _summary(make) for name, make in DATASETS.items()},
        "optimizers": {
            name: _summary(kind) + (f" ({lack})" if (lack := kind.missing_dependency()) else "")
            for name, kind in OPTIMIZERS.items()
        },
        "cells": {name: _summary(type(make(1, 1, "tanh", 1))) for name, make in CELLS.items()},
        "layers": {kind.__name__: _summary(kind) for kind in kinds if kind is not layers.Layer},
        "readouts": {name: readout.description for name, readout in layers.READOUTS.items()},
        "losses": {name: loss.description for name, loss in CRITERIA.items()},
        "decoders": dict.fromkeys(DECODERS, ""),
        "activations": dict.fromkeys(ACTIVATIONS, ""),
    }


def _summary(thing: Any) -> str:
    """Return the first line of a docstring, without its period."""
    return (inspect.getdoc(thing) or "").partition("\n")[0].rstrip(".")
