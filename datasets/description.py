"""What arrays are, in words: the parts of a data set's description."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from .validation import Floats, Integers


def paragraph(headline: str, facts: Mapping[str, str]) -> str:
    """Return a headline and the facts that are not empty, in lines of at most 78 columns."""
    lines = [textwrap.fill(headline, 78, subsequent_indent="  ")]
    for fact, text in facts.items():
        if text:
            lines.append(textwrap.fill(f"  {fact:9}{text}", 78, subsequent_indent=" " * 11))
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def shape_in_words(
    shape: Sequence[int], y: Integers, lengths: Integers | None, n_tokens: int | None
) -> str:
    """Return the size of X, and the labels per sequence where there are several."""
    B, T, *rest = shape
    steps = T if lengths is None else lengths
    sequences = _count(B, "sequence")
    if n_tokens is not None:
        text = f"{sequences} of {_count(steps, 'token')} out of {n_tokens}"
    elif not rest:
        text = f"{_count(B, 'row')} of {_count(T, 'feature')}"  # timesteps says how they are read
    elif len(rest) == 1:
        text = f"{sequences} of {_count(steps, 'step')} of {_count(rest[0], 'input')}"
    else:
        pixels = f"{T} by {rest[0]} pixels"
        text = f"{_count(B, 'image')} of {pixels} of {_count(rest[1], 'input')}"
    return text if y.ndim == 1 else f"{text}, with {_count((y >= 0).sum(axis=1), 'label')} each"


def lengths_in_words(lengths: Integers | None) -> str:
    """Return the quartiles of the lengths where they differ."""
    if lengths is None or lengths.min() == lengths.max():
        return ""
    lower, median, upper = np.quantile(lengths, (0.25, 0.5, 0.75))
    return f"median {median:g}, half of them {lower:g} to {upper:g}"


def classes_in_words(y: Integers, classes: Sequence[str]) -> str:
    """Return the names of the classes with their counts."""
    counts = np.bincount(y[y >= 0], minlength=len(classes))
    # No line break between a class and its count.
    words = [f"{name}\N{NO-BREAK SPACE}({n})" for name, n in zip(classes, counts, strict=True)]
    if len(words) > 20:
        words[20:] = [f"and {len(words) - 20} more"]
    return ", ".join(words)


def balance_in_words(y: Integers) -> str:
    """Return the accuracy of the most frequent class, and how far the rarest is from it."""
    counts = np.bincount(y[y >= 0])
    most, rarest = counts.max(), counts[counts > 0].min()
    balance = f"{most / counts.sum():.1%} by the most frequent class alone"
    if most >= 2 * rarest:
        balance += f", which is {most / rarest:.3g} times as frequent as the rarest"
    return balance


def targets_in_words(targets: Floats | None) -> str:
    """Return the range and the variance of numeric targets."""
    if targets is None:
        return ""
    return f"{targets.min():.3g} to {targets.max():.3g}, variance {targets.var():.3g}"


def _count(number: int | Integers, noun: str) -> str:
    """Return "1 step", "8 steps" or, for different numbers, "3 to 8 steps"."""
    least, most = np.min(number), np.max(number)
    span = f"{most}" if least == most else f"{least} to {most}"
    return f"{span} {noun}" if most == 1 else f"{span} {noun}s"
