"""The order of two or three relevant symbols among random ones."""

import itertools

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_seed
from .generation import HOCHREITER_1997, balanced_labels, draw_lengths, generated, zero_beyond

_SYMBOLS = ("B", "E", "a", "b", "c", "d", "X", "Y")


def temporal_order(
    n_sequences: int = 200, n_steps: int = 100, n_marked: int = 2, seed: int = 0
) -> Dataset:
    """Generate symbols whose class is the order of two or three among them.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of sequences, at least one per class, in classes as equal as possible.
    n_steps : int, default 100
        Least number of steps of a sequence, 10 or more; there are up to 10% more.
    n_marked : int, default 2
        Number of symbols whose order is the class, 2 (four classes) or 3 (eight).
    seed : int, default 0
        Seed of the order of the classes, of the lengths, of the positions and of the symbols.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps + n_steps // 10, 8), symbols one-hot in the order B,
        E, a, b, c, d, X, Y, with zeros after a sequence's own `lengths`. A sequence begins
        with B, ends with E, and has random symbols a to d elsewhere, but for the X or Y that are
        the class: of two, one is at a step from n_steps / 10 to n_steps / 5 and one from
        n_steps / 2 to 3/5 n_steps, counted from 0; of three, one is at a step from n_steps / 10
        to n_steps / 5, one at a step from n_steps / 3 and one from 2/3 n_steps, each to
        n_steps / 10 later.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Chance is 25%, and knowing one of the two symbols gives 50%; of three, 12.5%, 25% and 50%. A
    solution keeps each over a stretch of random length, and keeps them apart. Tasks
    6a and 6b of Hochreiter and Schmidhuber, Long short-term memory, Neural Computation
    9(8):1735-1780 (1997), which `n_steps` scales; they report some 30,000 sequences for two and
    some 570,000 for three, each shown once.
    """
    n_marked = check_integer("n_marked", n_marked, least=2, most=3)
    n_classes = 2**n_marked
    n_sequences = check_integer("n_sequences", n_sequences, least=n_classes)
    n_steps = check_integer("n_steps", n_steps, least=10)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=n_classes)
    lengths, longest = draw_lengths(rng, n_sequences, n_steps)
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
    return generated(
        name="temporal_order",
        X=zero_beyond(np.eye(len(_SYMBOLS))[symbols], lengths),
        y=y,
        classes=tuple("".join(order) for order in itertools.product("XY", repeat=n_marked)),
        description="Random symbols after a B and before an E, among them "
        f"{('two', 'three')[n_marked - 2]} of X or Y, whose order is the class.",
        origin=f"after {HOCHREITER_1997}, task 6{'ab'[n_marked - 2]}",
        lengths=lengths,
        criterion="every sequence right, or, as in the source, the last 2,000 of training",
        chance=1 / n_classes,
    )
