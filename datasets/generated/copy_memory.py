"""The copying task: symbols to be repeated after a wait."""

import math

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_seed
from .generation import generated


def copy_memory(
    n_sequences: int = 200, lag: int = 20, n_copied: int = 10, n_symbols: int = 8, seed: int = 0
) -> Dataset:
    """Generate symbols to be repeated after a wait.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of sequences, 1 or more.
    lag : int, default 20
        Steps of the wait, 1 or more; the last of them shows the sign that it is over.
    n_copied : int, default 10
        Number of symbols to be copied, 1 or more.
    n_symbols : int, default 8
        Number of different symbols, 2 or more.
    seed : int, default 0
        Seed of the symbols.

    Returns
    -------
    Dataset
        X of shape (n_sequences, T, n_symbols + 2) with T = lag + 2 n_copied, and y of shape
        (n_sequences, T), a label for each step. A step is one-hot: first `n_copied` random
        symbols, then lag - 1 blanks, then the sign to begin, then blanks again. The label
        is "blank" but in the last `n_copied` steps, where it is the symbols in their order.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    The baseline is a model that remembers no symbol, predicts blank up to the sign and then
    guesses: a mean cross-entropy of ``n_copied * ln(n_symbols) / (lag + 2 * n_copied)`` per
    step, 0.520 by default, with an accuracy of 78.1%. So a loss well below it, not the accuracy,
    shows that a model remembers. The copying task of Hochreiter and
    Schmidhuber (1997) as posed by Arjovsky, Shah and Bengio, Unitary evolution recurrent
    neural networks, ICML 2016, where the lag is 100 to 500.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=1)
    lag = check_integer("lag", lag, least=1)
    n_copied = check_integer("n_copied", n_copied, least=1)
    n_symbols = check_integer("n_symbols", n_symbols, least=2)
    rng = np.random.default_rng(check_seed(seed))
    blank, go = n_symbols, n_symbols + 1
    n_steps = lag + 2 * n_copied
    copied = rng.integers(n_symbols, size=(n_sequences, n_copied))
    shown = np.full((n_sequences, n_steps), blank)
    shown[:, :n_copied] = copied
    shown[:, n_copied + lag - 1] = go
    y = np.full_like(shown, blank)
    y[:, n_copied + lag :] = copied
    return generated(
        name="copy_memory",
        X=np.eye(n_symbols + 2)[shown],
        y=y,
        classes=(*(f"symbol {symbol}" for symbol in range(n_symbols)), "blank"),
        description=f"{n_copied} of {n_symbols} symbols, a wait of {lag} steps whose last one is "
        "a sign, and then the symbols to be repeated; until then the class is blank.",
        origin="after Arjovsky, M., Shah, A. and Bengio, Y. (2016), Unitary "
        "evolution recurrent neural networks, ICML, PMLR 48:1120-1128",
        criterion="every symbol repeated, or a loss well below "
        f"{n_copied * math.log(n_symbols) / n_steps:.3f}",
        chance=(lag + n_copied + n_copied / n_symbols) / n_steps,
    )
