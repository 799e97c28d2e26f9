"""A data set in words."""

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .dataset import Dataset


def described(data: "Dataset") -> str:
    """Return what the data are, in lines of at most 78 columns; see `Dataset.describe`."""
    facts = {
        "shape": _shape(data) + (", all there are" if data.exhaustive else ""),
        "lengths": _lengths(data),
        "classes": _classes(data),
        "targets": _targets(data.targets),
        "test": "" if data.test is None else _test(data.test),
        "chance": _chance(data),
        "solved": data.solved,
        "source": data.source,
        "licence": data.licence,
    }
    lines = [textwrap.fill(f"{data.name}: {data.description}", 78, subsequent_indent="  ")]
    for fact, text in facts.items():
        if not text:
            continue
        lines.append(textwrap.fill(f"  {fact:9}{text}", 78, subsequent_indent=" " * 11))
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _classes(data: "Dataset") -> str:
    """Return the classes' names with how often each is the answer."""
    counts = np.bincount(data.y[data.y >= 0], minlength=data.n_classes)
    # No line break between a class and its count.
    words = [
        f"{name}\N{NO-BREAK SPACE}({count})"
        for name, count in zip(data.classes, counts, strict=True)
    ]
    if len(words) > 20:
        words[20:] = [f"and {len(words) - 20} more"]
    return ", ".join(words)


def _lengths(data: "Dataset") -> str:
    """Return how the lengths of sequences lie, where they differ."""
    if data.lengths is None or data.lengths.min() == data.lengths.max():
        return ""
    quarter, half, three = np.quantile(data.lengths, (0.25, 0.5, 0.75))
    return f"median {half:g}, half of them {quarter:g} to {three:g}"


def _test(test: npt.NDArray[np.bool_]) -> str:
    return f"{test.sum()} of {len(test)}, set apart by the source"


def _targets(targets: npt.NDArray[np.float64] | None) -> str:
    """Return how the numbers lie of which the classes were made."""
    if targets is None:
        return ""
    return f"{targets.min():.3g} to {targets.max():.3g}, variance {targets.var():.3g}"


def _chance(data: "Dataset") -> str:
    """Return the accuracy of an answer without memory, and the balance of the classes."""
    answers = data.y[data.y >= 0]
    counts = np.bincount(answers, minlength=data.n_classes)
    most = counts.max() / len(answers)
    balance = f"{most:.1%} right by the commonest class alone"
    rarest = counts[counts > 0].min()
    if counts.max() >= 2 * rarest:
        balance += f", which is {counts.max() / rarest:.3g} times the rarest"
    return balance if data.chance is None else f"{data.chance:.1%} right without memory; {balance}"


def _shape(data: "Dataset") -> str:
    if data.y.ndim == 1:
        return _inputs(data)
    return f"{_inputs(data)}, with {_counted((data.y >= 0).sum(axis=1), 'answer')} each"


def _inputs(data: "Dataset") -> str:
    B, T, *rest = data.shape
    sequences = _counted(B, "sequence")
    steps = T if data.lengths is None else data.lengths
    if data.n_tokens is not None:
        return f"{sequences} of {_counted(steps, 'token')} out of {data.n_tokens}"
    if not rest:
        return (
            f"{_counted(B, 'row')} of {_counted(T, 'feature')}, "
            f"read as {_counted(T, 'step')} of 1 input"
        )
    inputs = _counted(rest[-1], "input")
    if len(rest) == 1:
        return f"{sequences} of {_counted(steps, 'step')} of {inputs}"
    return f"{_counted(B, 'image')} of {T} by {rest[0]} pixels of {inputs}"


def _counted(number: int | npt.NDArray[np.int64], noun: str) -> str:
    """Return "1 step", "8 steps" or, for different numbers, "3 to 8 steps"."""
    least, most = np.min(number), np.max(number)
    span = f"{most}" if least == most else f"{least} to {most}"
    return f"{span} {noun}" if most == 1 else f"{span} {noun}s"
