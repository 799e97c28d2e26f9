"""Strings of the embedded Reber grammar, whose end repeats their second symbol."""

import numpy as np

from ..dataset import Dataset
from ..task import EVERY_LABEL, Rule
from ..validation import Flags, Floats, Integers, check_choice, check_integer, check_seed
from .generation import HOCHREITER_1997, generated, one_hot

_SYMBOLS = ("B", "T", "P", "S", "X", "V", "E")

# The inner grammar: by state, the allowed symbols and the states to which they lead.
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

# The embedded grammar: the begin (0), the embedding symbol (1), an inner grammar for T (2 to 8)
# and one for P (9 to 15), each followed by its own symbol (16, 17), and the end (18).
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
    """Generate strings of the embedded Reber grammar, labeled with the next symbol.

    Parameters
    ----------
    n_sequences : int, default 256
        Number of strings, 1 or more.
    ask : {"all", "embedding"}, default "all"
        Label each step with the next symbol, or only the step before the last but one symbol,
        which repeats the second and alone needs a long memory.
    seed : int, default 0
        Seed of the strings.

    Returns
    -------
    Dataset
        X of shape (n_sequences, T, 7), the symbols B, T, P, S, X, V and E one-hot, all but the
        last of each string, with zeros after its own `lengths`; T is the longest of them. y of
        shape (n_sequences, T): the next symbol, and -1 where none is to be predicted.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    A string is B, then T or P, then a string of Reber's grammar, then the same T or P, then E;
    where two symbols are allowed, each has probability 1/2. The expected string has 12 symbols,
    of which 11 are to be predicted. A model that knows the grammar but forgets the second symbol
    predicts 7 of those 11 (63.6%), and one in two with "embedding"; with memory it predicts 7.5
    of 11 (68.2%) and all. (These are ratios of expected numbers; those of a draw differ.) In the
    literature, solved means that at each step of 256 strings of training and 256 of testing
    the allowed symbols have the highest scores: :func:`legal_successors` returns which these are.
    After Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780
    (1997), experiment 1. Short strings are frequent, so that two draws share many.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=1)
    ask = check_choice("ask", ask, ("all", "embedding"))
    rng = np.random.default_rng(check_seed(seed))
    strings = [_draw_string(rng) for _ in range(n_sequences)]
    X, lengths = one_hot([codes[:-1] for codes in strings], len(_SYMBOLS))
    y = np.full(X.shape[:2], -1)
    for labels, codes, length in zip(y, strings, lengths, strict=True):
        labels[:length] = codes[1:]
        if ask == "embedding":
            labels[: length - 2] = labels[length - 1] = -1
    if ask == "all":
        wanted = "the next symbol is to be predicted at each step."
        rule, chance = ALLOWED_SUCCESSORS, 7 / 11
        criterion = (
            "at each step of 256 strings of training and 256 of testing, the allowed symbols have "
            "the highest scores"
        )
    else:
        wanted = "the last symbol but one is to be predicted, which repeats the second."
        rule, chance = EVERY_LABEL, 1 / 2
        criterion = "every string right, in training and testing"
    return generated(
        name="embedded_reber",
        X=X,
        y=y,
        classes=_SYMBOLS,
        description=f"Strings of the embedded Reber grammar; {wanted}",
        origin=f"after {HOCHREITER_1997}, experiment 1",
        lengths=lengths,
        rule=rule,
        criterion=criterion,
        chance=chance,
    )


def legal_successors(data: Dataset) -> Flags:
    """Return which symbols may come next at each step of embedded Reber strings.

    Parameters
    ----------
    data : Dataset
        Strings that :func:`embedded_reber` generated.

    Returns
    -------
    (B, T, 7) boolean array
        True for a symbol that the grammar allows after the steps up to this one; all False
        after a sequence's own length.

    Raises
    ------
    ValueError
        If a sequence is not the beginning of an embedded Reber string.
    """
    if data.X.ndim != 3 or data.shape[2] != len(_SYMBOLS) or data.lengths is None:
        raise ValueError(f"{data.name!r} has X of shape {data.shape}, expected embedded_reber.")
    return _allowed(data.X)


def _allowed(X: Floats) -> Flags:
    """Return which symbols may come next (B, T, 7), for one-hot strings padded with zeros."""
    allowed = np.zeros(X.shape, dtype=bool)
    for i, length in enumerate(X.any(axis=2).sum(axis=1)):
        state = 0
        for t, code in enumerate(X[i, :length].argmax(axis=1)):
            following = _GRAMMAR[state] if state < len(_GRAMMAR) else {}
            if _SYMBOLS[code] not in following:
                raise ValueError(
                    f"sequence {i} has the symbol {_SYMBOLS[code]} at step {t}, expected one of: "
                    f"{', '.join(following) or 'the end'}."
                )
            state = following[_SYMBOLS[code]]
            if state < len(_GRAMMAR):
                allowed[i, t, [_SYMBOLS.index(symbol) for symbol in _GRAMMAR[state]]] = True
    return allowed


def _allowed_ahead(X: Floats, y: Integers, scores: Floats) -> Flags:
    allowed = _allowed(X)
    lowest = np.where(allowed, scores, np.inf).min(axis=-1)
    highest = np.where(allowed, -np.inf, scores).max(axis=-1)
    return np.asarray(((lowest > highest) | (y < 0)).all(axis=1))


#: At each step, each allowed symbol scores above each that is not (Hochreiter and Schmidhuber
#: 1997, section 5.1).
ALLOWED_SUCCESSORS = Rule("every allowed symbol ahead of all others at each step", _allowed_ahead)


def _draw_string(rng: np.random.Generator) -> list[int]:
    """Draw a string of the embedded grammar, as indices of symbols."""
    state, codes = 0, []
    while state < len(_GRAMMAR):
        choices = list(_GRAMMAR[state])
        symbol = choices[rng.integers(len(choices))]
        codes.append(_SYMBOLS.index(symbol))
        state = _GRAMMAR[state][symbol]
    return codes
