"""What a layer is: settings that add nodes to a network, from one stream to the next."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from metarnn.engine.graph import Builder
from metarnn.engine.signals import Signal, inputs
from metarnn.validation import check_bools, check_choice, check_integer


class Stream(NamedTuple):
    """The output of a layer, which the next one reads.

    Attributes
    ----------
    steps : Signal
        Rows at each step.
    last : Signal or None
        Rows at the end of each sequence, where a layer has any.
    n_tokens : int or None
        V, if the data are tokens that no layer has looked up yet.
    """

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


def check_settings(layer: Layer, *sizes: str, **choices: Iterable[str]) -> None:
    """Check sizes, which become ints, names, and what is True or False, of a layer.

    None is allowed as a default only.
    """
    check_bools(layer)
    for name in (*choices, *sizes):
        value = getattr(layer, name)
        if value is None and getattr(type(layer), name, 0) is None:
            continue
        if name in choices:
            check_choice(name, value, choices[name])
        else:
            object.__setattr__(layer, name, check_integer(name, value))
