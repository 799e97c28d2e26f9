"""Tomita's seven regular languages: strings of a and b that belong or not."""

import itertools

import numpy as np
import numpy.typing as npt

from ..dataset import Dataset
from .generation import GENERATED, LICENCE, balanced, whole

# By language: its rule; by state, the states that a and b lead to; the states that accept.
_LANGUAGES = {
    1: ("no b", ((0, 1), (1, 1)), {0}),
    2: ("ab any number of times", ((1, 2), (2, 0), (2, 2)), {0}),
    3: (
        "no run of b of odd length anywhere after a run of a of odd length",
        ((1, 0), (0, 2), (4, 3), (3, 2), (4, 4)),
        {0, 1, 3},
    ),
    4: ("no three a in a row", ((1, 0), (2, 0), (3, 0), (3, 3)), {0, 1, 2}),
    5: ("an even number of a and of b", ((2, 1), (3, 0), (0, 3), (1, 2)), {0}),
    6: ("as many a as b, but for a multiple of three", ((1, 2), (2, 0), (0, 1)), {0}),
    7: (
        "a run of a, of b, of a and of b, or less",
        ((0, 1), (2, 1), (2, 3), (4, 3), (4, 4)),
        {0, 1, 2, 3},
    ),
}
_LONGEST_LISTED = 14


def tomita(
    language: int = 4,
    n_sequences: int | None = 200,
    shortest: int = 1,
    longest: int = 10,
    seed: int = 0,
) -> Dataset:
    """Generate strings of a and b, to be told whether they belong to a regular language.

    Parameters
    ----------
    language : int, default 4
        Which of Tomita's seven, 1 to 7.
    n_sequences : int or None, default 200
        Number of strings, 2 or more, half of them of the language; None for every string of
        these lengths once.
    shortest : int, default 1
        Least length, 1 or more.
    longest : int, default 10
        Greatest length, 1000 or less, 14 or less with None.
    seed : int, default 0
        Seed of the strings; with None they need none.

    Returns
    -------
    Dataset
        X of shape (n_sequences, T, 2), a and b one-hot, with zeros after a string's own
        `lengths`; T is the longest of them. Classes "out" and "in".

    Raises
    ------
    ValueError
        If an option is out of its range, or no string of these lengths is in the language,
        or none is out of it.

    Notes
    -----
    The languages: 1, a*; 2, (ab)*; 3, no odd run of a with an odd run of b anywhere after it;
    4, no aaa; 5, even numbers of a and of b; 6, #a - #b a multiple of 3; 7, a*b*a*b*. A
    string is drawn by its class, then by its length, alike among those that have strings of
    the class, then alike among these strings; short ones repeat. Chance is the best that the
    last symbol alone gives: of strings of 1 to 10 symbols 79% in language 1, 76% in 2, 59% in 3
    and 4, 50% in 5 and 6, 65% in 7. Solved means every string right, those of lengths never
    trained on too: train on up to 10 and test longer ones. After Tomita, Dynamic construction
    of finite automata from examples using hill-climbing, Annual Conference of the Cognitive
    Science Society (1982), without the empty string, which has no step to be answered at.
    """
    language = whole("language", language, least=1, most=7)
    shortest = whole("shortest", shortest, least=1)
    most = 1000 if n_sequences is not None else _LONGEST_LISTED
    longest = whole("longest", longest, least=shortest, most=most)
    seed = whole("seed", seed, least=0)
    if n_sequences is None:
        words = [
            np.array(word)
            for length in range(shortest, longest + 1)
            for word in itertools.product((0, 1), repeat=length)
        ]
        y = np.array([_accepts(language, word) for word in words], dtype=np.int64)
        # Raises where a class has no strings.
        for wanted in (0, 1):
            _weights(language, wanted, shortest, longest)
        told = np.bincount(2 * np.array([word[-1] for word in words]) + y, minlength=4)
        chance = float(told.reshape(2, 2).max(axis=1).sum() / len(y))
    else:
        n_sequences = whole("n_sequences", n_sequences, least=2)
        rng = np.random.default_rng(seed)
        y = balanced(rng, n_sequences, n_classes=2)
        weights = [_weights(language, wanted, shortest, longest) for wanted in (0, 1)]
        words = [_word(language, weights[label], shortest, longest, rng) for label in y]
        ends = np.stack([_ends(language, wanted, shortest, longest) for wanted in (0, 1)])
        # As `balanced` has it, an odd one is out.
        counts = [[n_sequences - n_sequences // 2], [n_sequences // 2]]
        chance = float((ends * counts).max(axis=0).sum() / n_sequences)
    lengths = np.array([len(word) for word in words])
    X = np.zeros((len(words), lengths.max(), 2))
    for x, word in zip(X, words, strict=True):
        x[np.arange(len(word)), word] = 1.0
    return Dataset(
        name="tomita",
        X=X,
        y=y,
        classes=("out", "in"),
        description=f"Strings of a and b, to be told whether they are of Tomita's language "
        f"{language}: {_LANGUAGES[language][0]}.",
        source=f"{GENERATED} after Tomita, M. (1982), Dynamic construction of finite automata "
        "from examples using hill-climbing, Annual Conference of the Cognitive Science Society",
        licence=LICENCE,
        exhaustive=n_sequences is None,
        lengths=lengths,
        chance=chance,
        solved="every string right, those of lengths never trained on too",
        rule="sequences",
    )


def _accepts(language: int, word: npt.NDArray[np.int64]) -> bool:
    _, moves, accepting = _LANGUAGES[language]
    state = 0
    for symbol in word:
        state = moves[state][symbol]
    return state in accepting


def _weights(language: int, wanted: int, shortest: int, longest: int) -> npt.NDArray[np.float64]:
    """Return, by steps left and state, how many strings end in a class (R, S)."""
    _, moves, accepting = _LANGUAGES[language]
    table = np.empty((longest + 1, len(moves)))
    table[0] = [(state in accepting) == bool(wanted) for state in range(len(moves))]
    for left in range(longest):
        table[left + 1] = [table[left, a] + table[left, b] for a, b in moves]
    if not table[shortest:, 0].any():
        raise ValueError(
            f"no string of {shortest} to {longest} symbols is {('out of', 'in')[wanted]} language "
            f"{language}, expected lengths with strings of both kinds"
        )
    return table


def _ends(language: int, wanted: int, shortest: int, longest: int) -> npt.NDArray[np.float64]:
    """Return how likely a string that is drawn from a class ends in a and in b (2,)."""
    _, moves, accepting = _LANGUAGES[language]
    ahead, shares = np.zeros(len(moves)), []
    ahead[0] = 1.0  # strings of the steps so far, by the state that they lead to
    for length in range(1, longest + 1):
        ends, after = np.zeros(2), np.zeros(len(moves))
        for state, n in enumerate(ahead):
            for symbol, then in enumerate(moves[state]):
                after[then] += n
                ends[symbol] += n * ((then in accepting) == bool(wanted))
        ahead = after
        if length >= shortest and ends.any():
            shares.append(ends / ends.sum())
    return np.array(np.mean(shares, axis=0))


def _word(
    language: int,
    weights: npt.NDArray[np.float64],
    shortest: int,
    longest: int,
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Draw a length that has strings of the class, and one of these strings."""
    moves = _LANGUAGES[language][1]
    lengths = [length for length in range(shortest, longest + 1) if weights[length, 0]]
    length = lengths[rng.integers(len(lengths))]
    word, state = np.empty(length, dtype=np.int64), 0
    for t in range(length):
        a, b = (weights[length - t - 1, then] for then in moves[state])
        word[t] = rng.random() * (a + b) >= a
        state = moves[state][word[t]]
    return word
