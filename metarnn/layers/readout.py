"""Readouts: how the steps of a sequence are reduced to one row, or kept."""

from collections.abc import Callable
from typing import Any, NamedTuple

from metarnn.engine.graph import Builder
from metarnn.engine.signals import ONCE, Signal
from metarnn.nodes.pool import Pool
from metarnn.nodes.sum import Sum
from metarnn.validation import check_choice

from .attention import attended
from .layer import Stream


def pooled(builder: Builder, stream: Stream, kind: str, target: Signal | None = None) -> Signal:
    """Return the single step that stands for all steps of a stream, in a target if it is given."""
    if stream.steps.clock == ONCE and target is None:
        return stream.steps
    if kind == "last" and stream.last is not None:
        if target is None:
            return stream.last
        return builder.add(Sum(target, builder.n_weights, "", (stream.last,)))
    if target is None:
        target = builder.buffer(stream.steps.n_rows, ONCE)
    suffix = f"_{kind}{builder.count(kind) or ''}"  # of the names of its weights, if it has any
    return builder.add(Pool(target, builder.n_weights, suffix, stream.steps, kind))


class Readout(NamedTuple):
    """A reduction of the steps of a sequence."""

    description: str
    read: Callable[[Builder, Stream, Signal | None], Signal]


def _pool(kind: str) -> Callable[[Builder, Stream, Signal | None], Signal]:
    return lambda builder, stream, target: pooled(builder, stream, kind, target)


def _attention(builder: Builder, stream: Stream, target: Signal | None) -> Signal:
    if target is None:
        target = builder.buffer(stream.steps.n_rows, ONCE)
    return attended(builder, stream.steps, target)


#: Every readout by its name in networks.
READOUTS = {
    "last": Readout("the state after the last step, in each direction", _pool("last")),
    "mean": Readout("the mean of all steps", _pool("mean")),
    "max": Readout("the largest value of each row", _pool("max")),
    "min": Readout("the smallest value of each row", _pool("min")),
    "std": Readout("the standard deviation of each row over the steps", _pool("std")),
    "above": Readout("the fraction of steps in which a row is above a threshold", _pool("above")),
    "rises": Readout("the fraction of steps that rise above a threshold", _pool("rises")),
    "attention": Readout("a mean of the steps with trained weights", _attention),
    "steps": Readout("none: each step is scored", lambda builder, stream, _: stream.steps),
}


def readout_parts(readout: Any) -> list[str]:
    """Return the readouts that one joins: "max+mean" has the largest values, then the means.

    Parameters
    ----------
    readout : str
        A name in READOUTS, or several joined by "+".

    Returns
    -------
    list of str
        Names in READOUTS.

    Raises
    ------
    ValueError
        An unknown name, a name twice, or "steps" among others.
    """
    parts = readout.split("+") if isinstance(readout, str) else [readout]
    for part in parts:
        check_choice("readout", readout if len(parts) == 1 else part, READOUTS)
    if len({*parts}) < len(parts):
        raise ValueError(f"readout must not have a part twice, got {readout!r}.")
    if len(parts) > 1 and "steps" in parts:
        raise ValueError(f"readout 'steps' keeps the steps: it joins no other, got {readout!r}.")
    return parts


def read_out(builder: Builder, stream: Stream, readout: str) -> Signal:
    """Return what the linear map reads: a row for the steps, or the steps.

    Parameters
    ----------
    builder : Builder
        The network that grows.
    stream : Stream
        The output of the last layer.
    readout : str
        A name in READOUTS, or several joined by "+".

    Returns
    -------
    Signal
        The input of the last linear map.

    Raises
    ------
    ValueError
        An unknown readout, or one that the stream does not have.
    """
    parts = readout_parts(readout)
    if len(parts) == 1:
        once = stream.steps.clock == ONCE
        return stream.steps if once else READOUTS[readout].read(builder, stream, None)
    if stream.steps.clock == ONCE:
        raise ValueError(
            f"readout {readout!r} needs steps, but the layer before it leaves only one row."
        )
    n = stream.steps.n_rows
    joined = builder.buffer(n * len(parts), ONCE)
    for place, part in enumerate(parts):
        READOUTS[part].read(builder, stream, joined.rows(place * n, n))
    return joined
