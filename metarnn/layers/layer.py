"""What a layer is: a piece of a network, which reads a stream and writes one."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.engine.graph import Builder
from metarnn.engine.signals import Signal, inputs


class Stream(NamedTuple):
    """What goes from one layer to the next.

    Attributes
    ----------
    steps : Signal
        Rows at each step.
    last : Signal or None
        Rows that are known at the end of each sequence, if a layer has any: the last state,
        and, of what runs backwards, the state after the first step.
    n_tokens : int or None
        V, if the data are tokens and nothing has looked them up yet.
    """

    steps: Signal
    last: Signal | None = None
    n_tokens: int | None = None


class Layer:
    """A piece of a network; a frozen dataclass of settings.

    Every kind is a file in ``metarnn/layers``, and may be an element of the list that
    :class:`metarnn.Network` is made of.
    """

    #: What it reads where it comes first: "numbers", "tokens" or "images".
    input_kind = "numbers"

    @property
    def scores_classes(self) -> bool:
        """Whether its outputs are scores, so that no linear map has to follow."""
        return False

    def source(self, n_inputs: int) -> Stream:
        """Return the stream of the data, for a network whose first layer it is."""
        return Stream(inputs(n_inputs))

    def prepared(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return what compiled code reads of data (B, T, I), for a network that it is first of."""
        return X

    def __str__(self) -> str:
        """Say in a few words what it is."""
        return type(self).__name__.lower()

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        """Add the nodes of this layer to a network; return what it writes.

        Raises
        ------
        ValueError
            A stream that it cannot read.
        """
        raise NotImplementedError


def check_size(name: str, size: Any, least: int = 1) -> int:
    """Return a size as an int.

    Raises
    ------
    TypeError, ValueError
        Not an integer, or too small.
    """
    if not isinstance(size, int | np.integer) or isinstance(size, bool):
        raise TypeError(f"{name} must be an integer, got {size!r}.")
    if size < least:
        raise ValueError(f"{name} must be at least {least}, got {size}.")
    return int(size)


def check_name(name: str, choice: Any, choices: Iterable[str]) -> None:
    """Raise a ValueError unless it is one of these."""
    if choice not in tuple(choices):
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {choice!r}.")
