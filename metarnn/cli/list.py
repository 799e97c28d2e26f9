"""``metarnn list``: the names that other commands take, and the settings behind a name."""

import argparse
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from metarnn.names import unknown

from .options import command
from .output import show
from .settings import settings_of, summary


@command(
    options="--json",
    own={
        "name": dict(
            nargs="?",
            metavar="TABLE | NAME",
            help="one table (datasets, optimizers, cells, layers, readouts, losses, decoders or "
            "activations), or a name in it, whose settings are explained",
        )
    },
)
def list(options: argparse.Namespace) -> None:
    """List data sets, optimizers, parts of networks and losses."""
    if options.name in (None, *TABLES):
        chosen = [*TABLES] if options.name is None else [options.name]
        shown = {title: TABLES[title]() for title in chosen}
        summaries = {
            title: {name: summary(thing) for name, thing in table.items()}
            for title, table in shown.items()
        }
        show(options, summaries, *_lines(summaries))
        return
    things = {name: thing for table in TABLES.values() for name, thing in table().items()}
    if options.name not in things:
        raise ValueError(unknown("table or name", options.name, [*TABLES, *things], ""))
    thing = things[options.name]
    settings = settings_of(thing)
    lines = [textwrap.fill(f"{options.name}: {summary(thing)}", 80)]
    for name, (default, meaning) in settings.items():
        lines.append(f"  {name}={default}" if default else f"  {name}")
        lines += textwrap.wrap(meaning, 80, initial_indent=" " * 6, subsequent_indent=" " * 6)
    explained = {name: setting._asdict() for name, setting in settings.items()}
    value = {"name": options.name, "summary": summary(thing), "settings": explained}
    show(options, value, *lines)


def _lines(summaries: dict[str, dict[str, str]]) -> Any:
    """Yield the lines of tables, at most 80 columns wide."""
    for title, table in summaries.items():
        yield title
        for name, text in table.items():
            line = f"  {name:20} {text}".rstrip()
            yield textwrap.fill(line, 80, subsequent_indent=" " * 23)
        if title == "losses":
            yield "  and scikit-learn's scorers of classes, such as roc_auc_ovr and neg_log_loss"


# A table is imported when it is listed: that of the optimizers needs no numba.


def _datasets() -> dict[str, Any]:
    from metarnn.datasets import DATASETS

    return dict(DATASETS)


def _optimizers() -> dict[str, Any]:
    from metarnn.optimizers import OPTIMIZERS

    return dict(OPTIMIZERS)


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
    "cells": _cells,
    "layers": _layers,
    "readouts": _readouts,
    "losses": _losses,
    "decoders": _decoders,
    "activations": _activations,
}
