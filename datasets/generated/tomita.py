"""Tomita's seven regular languages: strings of a and b that belong to one or not."""

import itertools

import numpy as np

from ..dataset import Dataset
from ..validation import Flags, Floats, Integers, check_integer, check_seed
from .generation import balanced_labels, generated, one_hot

# By language: its rule; by state, the states to which a and b lead; the accepting states.
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
    """Generate strings of a and b, labeled by whether a regular language has them.

    Parameters
    ----------
    language : int, default 4
        Which of Tomita's seven, 1 to 7.
    n_sequences : int or None, default 200
        Number of strings, 2 or more, half of them in the language; None for every string of
        these lengths once.
    shortest : int, default 1
        Least length, 1 or more.
    longest : int, default 10
        Greatest length, at most 1000, or 14 with None.
    seed : int, default 0
        Seed of the strings; without effect with None.

    Returns
    -------
    Dataset
        X of shape (n_sequences, T, 2), a and b one-hot, with zeros after a string's own
        `lengths`; T is the longest of them. Classes "out" and "in".

    Raises
    ------
    ValueError
        If an option is out of its range, or no string of these lengths is in the language,
        or all are.

    Notes
    -----
    The languages: 1, a*; 2, (ab)*; 3, no odd run of a with an odd run of b anywhere after it;
    4, no aaa; 5, even numbers of a and of b; 6, #a - #b a multiple of 3; 7, a*b*a*b*. A
    string is drawn by its class, then by its length, uniformly among those that have strings of
    the class, then uniformly among these strings; short ones repeat. Chance is the best that the
    last symbol alone gives: of strings of 1 to 10 symbols 79% in language 1, 76% in 2, 59% in 3
    and 4, 50% in 5 and 6, 65% in 7. Solved means every string right, also of unseen lengths:
    train on up to 10 symbols and test longer strings. After Tomita, Dynamic construction
    of finite automata from examples using hill-climbing, Annual Conference of the Cognitive
    Science Society (1982), without the empty string, which has no step to be labeled.
    """
    language = check_integer("language", language, least=1, most=7)
    shortest = check_integer("shortest", shortest, least=1)
    most = 1000 if n_sequences is not None else _LONGEST_LISTED
    longest = check_integer("longest", longest, least=shortest, most=most)
    seed = check_seed(seed)
    counts = [_string_counts(language, label, shortest, longest) for label in (0, 1)]
    strings: list[Integers]
    if n_sequences is None:
        strings = [
            np.array(string)
            for length in range(shortest, longest + 1)
            for string in itertools.product((0, 1), repeat=length)
        ]
        y = np.array([_accepts(language, string) for string in strings], dtype=np.int64)
        last = np.array([string[-1] for string in strings])
        by_last = np.bincount(2 * last + y, minlength=4).reshape(2, 2)
        chance = float(by_last.max(axis=1).sum() / len(y))
    else:
        n_sequences = check_integer("n_sequences", n_sequences, least=2)
        rng = np.random.default_rng(seed)
        y = balanced_labels(rng, n_sequences, n_classes=2)
        strings = [_draw_string(language, counts[label], shortest, longest, rng) for label in y]
        ends = [_last_symbol(language, label, shortest, longest) for label in (0, 1)]
        # An odd number of strings has one more out of the language.
        n_by_class = [[n_sequences - n_sequences // 2], [n_sequences // 2]]
        chance = float((np.stack(ends) * n_by_class).max(axis=0).sum() / n_sequences)
    X, lengths = one_hot(strings, 2)
    return generated(
        name="tomita",
        X=X,
        y=y,
        classes=("out", "in"),
        description="Strings of a and b; the class is whether they are in Tomita's language "
        f"{language}: {_LANGUAGES[language][0]}.",
        origin="after Tomita, M. (1982), Dynamic construction of finite automata "
        "from examples using hill-climbing, Annual Conference of the Cognitive Science Society",
        exhaustive=n_sequences is None,
        lengths=lengths,
        criterion="every string right, also of unseen lengths",
        chance=chance,
    )


def _accepts(language: int, string: Integers) -> bool:
    _, moves, accepting = _LANGUAGES[language]
    state = 0
    for symbol in string:
        state = moves[state][symbol]
    return state in accepting


def _automaton(language: int, label: int) -> tuple[Integers, Flags]:
    """Return the states to which a and b lead (S, 2), and where strings of a class end (S,)."""
    _, moves, accepting = _LANGUAGES[language]
    return np.array(moves), np.isin(range(len(moves)), list(accepting)) == bool(label)


def _string_counts(language: int, label: int, shortest: int, longest: int) -> Floats:
    """Return, by steps left and state, how many strings end in a class (R, S)."""
    moves, wanted = _automaton(language, label)
    counts = np.empty((longest + 1, len(moves)))
    counts[0] = wanted
    for left in range(longest):
        counts[left + 1] = counts[left, moves].sum(axis=1)
    if not counts[shortest:, 0].any():
        raise ValueError(
            f"no string of {shortest} to {longest} symbols is {('out of', 'in')[label]} language "
            f"{language}, expected lengths with strings of both kinds."
        )
    return counts


def _last_symbol(language: int, label: int, shortest: int, longest: int) -> Floats:
    """Return the probabilities that a string drawn from a class ends in a and in b (2,)."""
    moves, wanted = _automaton(language, label)
    reached, by_length = np.eye(len(moves))[0], []  # numbers of strings so far that reach a state
    for length in range(1, longest + 1):
        ends = reached @ wanted[moves]
        reached = np.bincount(moves.ravel(), np.repeat(reached, 2), len(moves))
        if length >= shortest and ends.any():
            by_length.append(ends / ends.sum())
    return np.array(np.mean(by_length, axis=0))


def _draw_string(
    language: int, counts: Floats, shortest: int, longest: int, rng: np.random.Generator
) -> Integers:
    """Draw a length that has strings of the class, and one of these strings."""
    moves = _LANGUAGES[language][1]
    lengths = [length for length in range(shortest, longest + 1) if counts[length, 0]]
    length = lengths[rng.integers(len(lengths))]
    string, state = np.empty(length, dtype=np.int64), 0
    for t in range(length):
        a, b = (counts[length - t - 1, following] for following in moves[state])
        string[t] = rng.random() * (a + b) >= a
        state = moves[state][string[t]]
    return string
