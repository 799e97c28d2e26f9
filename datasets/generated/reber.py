"""The embedded Reber grammar: what comes next, and what came second."""

import numpy as np
import numpy.typing as npt

from ..dataset import Dataset
from .generation import GENERATED, LICENCE, one_of, whole

_SYMBOLS = ("B", "T", "P", "S", "X", "V", "E")

# The inner grammar: by state, the symbols that may come and the states that they lead to.
_REBER = (
    {"B": 1},
    {"T": 2, "P": 3},
    {"S": 2, "X": 4},
    {"T": 3, "V": 5},
    {"X": 3, "S": 6},
    {"P": 4, "V": 6},
    {"E": 7},
)
_N_INNER = len(_REBER)

# The whole: begin (0), the embedding symbol (1), an inner grammar for T (2 to 8) and one for P
# (9 to 15), each followed by its own symbol (16, 17) and the end (18).
_FIRST = {"T": 2, "P": 2 + _N_INNER}
_CLOSING = {"T": 2 + 2 * _N_INNER, "P": 3 + 2 * _N_INNER}
_END = 4 + 2 * _N_INNER


def _embedded() -> tuple[dict[str, int], ...]:
    states: list[dict[str, int]] = [{"B": 1}, dict(_FIRST)]
    for embedding, first in _FIRST.items():
        for inner in _REBER:
            states.append(
                {
                    symbol: first + then if then < _N_INNER else _CLOSING[embedding]
                    for symbol, then in inner.items()
                }
            )
    return (*states, {"T": _END}, {"P": _END}, {"E": _END + 1})


_GRAMMAR = _embedded()


def embedded_reber(n_sequences: int = 256, ask: str = "all", seed: int = 0) -> Dataset:
    """Generate strings of the embedded Reber grammar, the next symbol to be told.

    Parameters
    ----------
    n_sequences : int, default 256
        Number of strings, 1 or more.
    ask : {"all", "embedding"}, default "all"
        Ask for the next symbol at each step, or only for the last but one symbol, which
        repeats the second and which alone needs a long memory.
    seed : int, default 0
        Seed of the strings.

    Returns
    -------
    Dataset
        X of shape (n_sequences, T, 7), the symbols B, T, P, S, X, V and E one-hot, all but the
        last of each string, with zeros after its own `lengths`; T is the longest of them. y of
        shape (n_sequences, T): the next symbol, and -1 where it is not asked for.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Notes
    -----
    A string is B, then T or P, then a string of Reber's grammar, then the same T or P, then E;
    where two symbols may come each has probability 1/2. The expected string has 12 symbols, 11
    of them to be told. A model that knows the grammar but forgets the second symbol gets 7 of
    those 11 right (63.6%), and one of the two asked for by "embedding"; knowing it gives 7.5
    of 11 (68.2%) and all. (Both are shares of expected numbers; those of a draw differ.) Solved
    in the literature means that at each step of 256 strings of training and 256 of testing
    the symbols that may come have the highest scores: :func:`legal_successors` says which.
    After Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780
    (1997), experiment 1. Short strings are frequent, so that two draws share many.
    """
    n_sequences = whole("n_sequences", n_sequences, least=1)
    ask = one_of("ask", ask, ("all", "embedding"))
    rng = np.random.default_rng(whole("seed", seed, least=0))
    words = [_word(rng) for _ in range(n_sequences)]
    lengths = np.array([len(word) - 1 for word in words])
    X = np.zeros((n_sequences, lengths.max(), len(_SYMBOLS)))
    y = np.full(X.shape[:2], -1)
    for i, (word, length) in enumerate(zip(words, lengths, strict=True)):
        codes = [_SYMBOLS.index(symbol) for symbol in word]
        X[i, np.arange(length), codes[:-1]] = 1.0
        y[i, :length] = codes[1:]
        if ask == "embedding":
            y[i, : length - 2] = y[i, length - 1] = -1
    return Dataset(
        name="embedded_reber",
        X=X,
        y=y,
        classes=_SYMBOLS,
        description="Strings of the embedded Reber grammar, "
        + (
            "the next symbol to be told at each step."
            if ask == "all"
            else "the last symbol but one to be told, which repeats the second."
        ),
        source=f"{GENERATED} after Hochreiter, S. and Schmidhuber, J. (1997), Long short-term "
        "memory, Neural Computation 9(8):1735-1780, experiment 1",
        licence=LICENCE,
        lengths=lengths,
        chance=7 / 11 if ask == "all" else 1 / 2,
        solved="at each step of 256 strings of training and 256 of testing, the symbols that may "
        "come have the highest scores"
        if ask == "all"
        else "every answer right, in training and testing",
        rule="successors" if ask == "all" else "sequences",
    )


def legal_successors(data: Dataset) -> npt.NDArray[np.bool_]:
    """Return which symbols may come next at each step of embedded Reber strings.

    Parameters
    ----------
    data : Dataset
        What :func:`embedded_reber` generated.

    Returns
    -------
    (B, T, 7) boolean array
        True for a symbol that the grammar allows after the steps up to this one; all False
        after a sequence's own length.

    Raises
    ------
    ValueError
        If a sequence is no beginning of an embedded Reber string.
    """
    legal = np.zeros(data.shape, dtype=bool)
    if data.X.ndim != 3 or data.shape[2] != len(_SYMBOLS) or data.lengths is None:
        raise ValueError(f"{data.name!r} has X of shape {data.shape}, expected embedded_reber")
    for i, length in enumerate(data.lengths):
        state = 0
        for t, code in enumerate(data.X[i, :length].argmax(axis=1)):
            follows = _GRAMMAR[state] if state < len(_GRAMMAR) else {}
            if _SYMBOLS[code] not in follows:
                raise ValueError(
                    f"sequence {i} of {data.name!r} has {_SYMBOLS[code]} at step {t}, expected "
                    f"one of: {', '.join(follows) or 'the end'}"
                )
            state = follows[_SYMBOLS[code]]
            if state < len(_GRAMMAR):
                legal[i, t, [_SYMBOLS.index(symbol) for symbol in _GRAMMAR[state]]] = True
    return legal


def _word(rng: np.random.Generator) -> str:
    state, word = 0, ""
    while state < len(_GRAMMAR):
        choices = list(_GRAMMAR[state])
        symbol = choices[rng.integers(len(choices))]
        word += symbol
        state = _GRAMMAR[state][symbol]
    return word
