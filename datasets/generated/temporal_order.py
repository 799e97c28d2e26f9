"""The order of two rare symbols among many that tell nothing."""

import itertools

import numpy as np

from ..dataset import Dataset
from .generation import GENERATED, LICENCE, balanced, whole

_SYMBOLS = ("B", "E", "a", "b", "c", "d", "X", "Y")


def temporal_order(
    n_sequences: int = 200, n_steps: int = 100, n_marked: int = 2, seed: int = 0
) -> Dataset:
    """Generate symbols whose class is the order of two or three among them.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of sequences, at least one a class, in classes as equal as it allows.
    n_steps : int, default 100
        Least steps of a sequence, 10 or more; there are up to a tenth more.
    n_marked : int, default 2
        Number of symbols whose order is the class, 2 (four classes) or 3 (eight).
    seed : int, default 0
        Seed of the order of the classes, of the lengths, of the positions and of the symbols.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps + n_steps // 10, 8), symbols one-hot in the order B,
        E, a, b, c, d, X, Y, with zeros after a sequence's own `lengths`. A sequence begins
        with B and ends with E; it has X or Y at a step from n_steps / 10 to n_steps / 5
        and at one from n_steps / 2 to 3/5 n_steps, counted from 0, which are the class, and
        random symbols a to d elsewhere. Three of them are at a step from n_steps / 10 to
        n_steps / 5, at one of the n_steps / 10 that follow n_steps / 3, and at one of those
        that follow 2/3 n_steps.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Notes
    -----
    Chance is 25%, and knowing one of the two gives 50%; of three, 12.5%, 25% and 50%. Solving
    it needs each kept over a stretch of random length, and told apart from the others. Tasks
    6a and 6b of Hochreiter and Schmidhuber, Long short-term memory, Neural Computation
    9(8):1735-1780 (1997), which `n_steps` scales; they need some 30,000 sequences for two and
    some 570,000 for three, each shown once.
    """
    n_marked = whole("n_marked", n_marked, least=2, most=3)
    n_classes = 2**n_marked
    n_sequences = whole("n_sequences", n_sequences, least=n_classes)
    n_steps = whole("n_steps", n_steps, least=10)
    rng = np.random.default_rng(whole("seed", seed, least=0))
    y = balanced(rng, n_sequences, n_classes=n_classes)
    longest = n_steps + n_steps // 10
    lengths = rng.integers(n_steps, longest, size=n_sequences, endpoint=True)
    tenth = n_steps // 10
    spans = [(tenth, n_steps // 5), (n_steps // 2, 3 * n_steps // 5)]
    if n_marked == 3:
        thirds = (n_steps // 3, 2 * n_steps // 3)
        spans = [spans[0], *((third, third + tenth) for third in thirds)]
    places = [rng.integers(*span, size=n_sequences, endpoint=True) for span in spans]
    symbols = rng.integers(_SYMBOLS.index("a"), _SYMBOLS.index("X"), size=(n_sequences, longest))
    each = np.arange(n_sequences)
    symbols[:, 0] = _SYMBOLS.index("B")
    symbols[each, lengths - 1] = _SYMBOLS.index("E")
    for bit, place in enumerate(reversed(places)):
        symbols[each, place] = _SYMBOLS.index("X") + (y >> bit) % 2
    own = np.arange(longest) < lengths[:, np.newaxis]
    return Dataset(
        name="temporal_order",
        X=np.eye(len(_SYMBOLS))[symbols] * own[:, :, np.newaxis],
        y=y,
        classes=tuple("".join(order) for order in itertools.product("XY", repeat=n_marked)),
        description="Symbols, all random but for a B, an E and "
        f"{('two', 'three')[n_marked - 2]} of X or Y, whose order is the class.",
        source=f"{GENERATED} after Hochreiter, S. and Schmidhuber, J. (1997), Long short-term "
        f"memory, Neural Computation 9(8):1735-1780, task 6{'ab'[n_marked - 2]}",
        licence=LICENCE,
        lengths=lengths,
        chance=1 / n_classes,
        solved="every sequence right, or, as in the source, the last 2,000 of training",
        rule="sequences",
    )
