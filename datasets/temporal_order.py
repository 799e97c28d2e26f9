"""The order of two rare symbols among many that tell nothing."""

import numpy as np

from .dataset import Dataset
from .generation import GENERATED, LICENCE, balanced, whole

_SYMBOLS = ("B", "E", "a", "b", "c", "d", "X", "Y")


def temporal_order(n_sequences: int = 200, n_steps: int = 100, seed: int = 0) -> Dataset:
    """Generate symbols whose class is the order of two among them.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of sequences, 4 or more, in four classes as equal as it allows.
    n_steps : int, default 100
        Least steps of a sequence, 10 or more; there are up to a tenth more.
    seed : int, default 0
        Seed of the order of the classes, of the lengths, of the positions and of the symbols.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps + n_steps // 10, 8), symbols one-hot in the order B,
        E, a, b, c, d, X, Y, with zeros after a sequence's own `lengths`. A sequence begins
        with B and ends with E; it has X or Y at a step from n_steps / 10 to n_steps / 5
        and at one from n_steps / 2 to 3/5 n_steps, counted from 0, which are the class, and
        random symbols a to d elsewhere.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Notes
    -----
    Chance is 25%, and knowing one of the two gives 50%. Solving it needs each kept over
    a stretch of random length, and told apart from the other. Task 6a of Hochreiter and
    Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780 (1997), which
    `n_steps` scales; they need some 30,000 sequences, each shown once.
    """
    n_sequences = whole("n_sequences", n_sequences, least=4)
    n_steps = whole("n_steps", n_steps, least=10)
    rng = np.random.default_rng(whole("seed", seed, least=0))
    y = balanced(rng, n_sequences, n_classes=4)
    longest = n_steps + n_steps // 10
    lengths = rng.integers(n_steps, longest, size=n_sequences, endpoint=True)
    first = rng.integers(n_steps // 10, n_steps // 5, size=n_sequences, endpoint=True)
    second = rng.integers(n_steps // 2, 3 * n_steps // 5, size=n_sequences, endpoint=True)
    symbols = rng.integers(_SYMBOLS.index("a"), _SYMBOLS.index("X"), size=(n_sequences, longest))
    each = np.arange(n_sequences)
    symbols[:, 0] = _SYMBOLS.index("B")
    symbols[each, lengths - 1] = _SYMBOLS.index("E")
    symbols[each, first] = _SYMBOLS.index("X") + y // 2
    symbols[each, second] = _SYMBOLS.index("X") + y % 2
    own = np.arange(longest) < lengths[:, np.newaxis]
    return Dataset(
        name="temporal_order",
        X=np.eye(len(_SYMBOLS))[symbols] * own[:, :, np.newaxis],
        y=y,
        classes=("XX", "XY", "YX", "YY"),
        description="Symbols, all random but for a B, an E and two of X or Y, whose order is "
        "the class.",
        source=f"{GENERATED} after Hochreiter, S. and Schmidhuber, J. (1997), Long short-term "
        "memory, Neural Computation 9(8):1735-1780, task 6a",
        licence=LICENCE,
        lengths=lengths,
    )
