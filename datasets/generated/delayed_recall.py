"""A symbol shown with a cue, to be kept while others like it follow."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_seed
from .generation import balanced_labels, generated


def delayed_recall(
    n_sequences: int = 240, n_symbols: int = 4, lag: int = 8, seed: int = 0
) -> Dataset:
    """Generate a marked symbol followed by distractors of the same kind.

    Parameters
    ----------
    n_sequences : int, default 240
        Number of sequences, at least `n_symbols`, in classes as equal as possible.
    n_symbols : int, default 4
        Number of symbols, 2 or more.
    lag : int, default 8
        Number of distractors after the marked symbol, 0 or more.
    seed : int, default 0
        Seed of the order of the classes and of the distractors.

    Returns
    -------
    Dataset
        X of shape (n_sequences, lag + 1, n_symbols + 1). Each step shows one symbol,
        one-hot on the first `n_symbols` inputs; the last input is the cue, 1 at the
        first step and 0 after it. The class is the symbol shown with the cue.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Each distractor is drawn uniformly from all symbols, whatever the class: without the class
    among them, the missing symbol would give the class away. So with a lag of 1 or more the later
    steps carry no information, and a model without memory, which sees the last step alone, is
    at chance, ``1 / n_symbols``. With a lag of 0 the last step is the marked one and the task
    needs no memory. A solution takes in a symbol when the cue is on and keeps it, unchanged by
    the same inputs, when the cue is off. Defined here.
    """
    n_symbols = check_integer("n_symbols", n_symbols, least=2)
    n_sequences = check_integer("n_sequences", n_sequences, least=n_symbols)
    lag = check_integer("lag", lag, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=n_symbols)
    shown = rng.integers(n_symbols, size=(n_sequences, lag + 1))
    shown[:, 0] = y
    X = np.zeros((n_sequences, lag + 1, n_symbols + 1))
    X[:, :, :n_symbols] = np.eye(n_symbols)[shown]
    X[:, 0, n_symbols] = 1.0
    return generated(
        name="delayed_recall",
        X=X,
        y=y,
        classes=tuple(f"symbol {symbol}" for symbol in range(n_symbols)),
        description=f"One of {n_symbols} symbols shown with a cue, which is the class, then "
        f"{lag} random symbols without it.",
        criterion="every sequence right, in training and testing",
        chance=1 / n_symbols if lag else 1.0,
    )
