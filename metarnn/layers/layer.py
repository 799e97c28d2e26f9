"""What a layer is: settings that add nodes to a network, from one stream to the next."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.engine.graph import Builder
from metarnn.engine.signals import Signal, inputs
from metarnn.names import unknown


class Stream(NamedTuple):
    """The output of a layer, which the next one reads."""

    #: Rows at each step.
    steps: Signal
    #: Rows at the end of each sequence, if the layer has any: the last state, or, of rows that run
    #: backwards, the state after the first step.
    last: Signal | None = None
    #: V, if the data are tokens that no layer has looked up yet.
    n_tokens: int | None = None


class Layer:
    """A part of a network: a frozen dataclass of settings.

    Every kind is a file in ``metarnn/layers``. A :class:`metarnn.Network` is made of a list of
    layers.
    """

    #: What it reads as the first layer: "numbers", "tokens" or "images".
    input_kind = "numbers"

    @property
    def scores_classes(self) -> bool:
        """Whether its outputs are scores, so that no linear readout follows."""
        return False

    def source(self, n_inputs: int) -> Stream:
        """Return the stream of the data, as the first layer of a network."""
        return Stream(inputs(n_inputs))

    def prepared(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return what compiled code reads of data (B, T, I), as the first layer of a network."""
        return X

    def __str__(self) -> str:
        return type(self).__name__.lower()

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        """Add the nodes of this layer to a program; return its output.

        Raises
        ------
        ValueError
            A stream that the layer cannot read.
        """
        raise NotImplementedError


def check_size(name: str, size: Any, least: int = 1) -> int:
    """Return a size as an int; raise a TypeError or ValueError for any other or smaller one."""
    if not isinstance(size, int | np.integer) or isinstance(size, bool):
        raise TypeError(f"{name} must be an integer, got {size!r}.")
    if size < least:
        raise ValueError(f"{name} must be at least {least}, got {size}.")
    return int(size)


def check_settings(layer: Layer, *sizes: str, **choices: Iterable[str]) -> None:
    """Check sizes, which become ints, and names of a layer; None is allowed as a default only."""
    for name in (*choices, *sizes):
        value = getattr(layer, name)
        if value is None and getattr(type(layer), name, 0) is None:
            continue
        if name in choices:
            check_name(name, value, choices[name])
        else:
            object.__setattr__(layer, name, check_size(name, value))


def check_name(name: str, choice: Any, choices: Iterable[str]) -> None:
    """Raise a ValueError unless a choice is one of several."""
    if choice not in tuple(choices):
        raise ValueError(unknown(name, choice, choices))
