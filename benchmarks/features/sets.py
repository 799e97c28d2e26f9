"""The sets of series: for choices, for reports, and forms that the archives lack."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.defaults import Part, generated, problems

#: Sequences that ask for memory, two of them of unequal length and three of several channels.
MEMORY = "latch", "delayed_recall", "temporal_order", "two_sequence", "adding"
#: Sets of which a form of unequal length, or one of three channels, is made.
CUT, MIXED = ("Plane", "two_patterns"), ("Trace", "waveform")
#: Sets whose targets are numbers.
NUMBERS = ("Tecator",)

Draw = Callable[[int], Iterator[Part]]


def cut(parts: Iterator[Part], seed: int) -> Iterator[Part]:
    """Cut each series at its end, to between a half and all of its steps."""
    rng = np.random.default_rng(seed)

    def shortened(X: Any) -> Any:
        return [x[: rng.integers(len(x) // 2, len(x) + 1)] for x in X]

    for part in parts:
        yield part._replace(X=shortened(part.X), X_test=shortened(part.X_test))


def mixed(parts: Iterator[Part], seed: int) -> Iterator[Part]:
    """Make three channels, each a random sum of the series and of two random walks."""
    rng = np.random.default_rng(seed)
    mix = np.linalg.qr(rng.normal(size=(3, 3)))[0]

    def sums(X: Any) -> Any:
        walks = rng.normal(size=(*X.shape[:2], 2)).cumsum(axis=1) / np.sqrt(X.shape[1])
        return np.concatenate([X, walks], axis=2) @ mix

    for part in parts:
        yield part._replace(X=sums(part.X), X_test=sums(part.X_test))


def halves(archive: Path | None) -> dict[str, dict[str, Draw]]:
    """Return the parts of each set as a function of the seed, by half and name.

    The sets of the archive and the generated ones, each sorted by name, go by turns to the half
    of choices and to the half that is reported, to which the made forms belong. Numbers to predict,
    and sequences for memory, are kinds of their own.
    """
    kinds = problems(archive, telling=True)
    archived, drawn = kinds.get("archive", {}), kinds["generated series"]
    found: dict[str, dict[str, Draw]] = {"choosing": {}, "telling": {}}
    for kind in (archived, drawn):
        for place, name in enumerate(sorted(kind)):
            if name not in NUMBERS:
                found[("choosing", "telling")[place % 2]][name] = kind[name]
    forms = [*((cut, name) for name in CUT), *((mixed, name) for name in MIXED)]
    for form, name in forms:
        if draw := found["telling"].get(name):
            found["telling"][f"{name}, {form.__name__}"] = _made(form, draw)
    found["memory"] = {name: lambda seed, name=name: generated(name, seed) for name in MEMORY}
    found["numbers"] = {name: archived[name] for name in NUMBERS if name in archived}
    return found


def _made(form: Callable[[Iterator[Part], int], Iterator[Part]], draw: Draw) -> Draw:
    return lambda seed: form(draw(seed), seed)


def shape(part: Part) -> str:
    """Return series, steps and channels in words."""
    lengths = [len(x) for x in part.X]
    steps = f"{max(lengths)}" if min(lengths) == max(lengths) else f"{min(lengths)}-{max(lengths)}"
    return f"{len(part.X)} x {steps} x {part.X[0].shape[1]}"
