"""A small translation: English number words to digits."""

import numpy as np

from ..dataset import Dataset
from ..padding import padded
from ..validation import check_integer, check_seed
from .generation import generated

_UNITS = tuple(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen".split()
)
_TENS = tuple("twenty thirty forty fifty sixty seventy eighty ninety".split())
_WORDS = (*_UNITS, *_TENS, "hundred", "thousand")


def number_words(
    n_sequences: int = 500, largest: int = 999, seed: int = 0, smallest: int = 0
) -> Dataset:
    """Generate numbers in English words, to be written in digits.

    Parameters
    ----------
    n_sequences : int, default 500
        Number of sequences, 1 to as many as there are numbers.
    largest : int, default 999
        Largest number that may occur, 9 to 999,999.
    seed : int, default 0
        Seed of the numbers.
    smallest : int, default 0
        Smallest number that may occur, up to `largest`. From 20 on, no word occurs in one
        number only.

    Returns
    -------
    Dataset
        X of shape (n_sequences, T) with the tokens of each number's words, such as "three
        hundred forty two", and with 0 after its own `lengths`; T is the largest number of words.
        y of shape (n_sequences, U) with its digits, 3 4 2, and -1 after them. The 11 classes
        are the digits and, last, "end", which y does not hold: a decoder begins with it and
        ends its output by it. All 30 words have a token, whatever `largest` is.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    No number occurs twice, so that a held-out part has only unseen numbers: a model gets them
    right by composing what the words mean, not by rote. The number of digits depends on
    the words (three for "two hundred", which has two), so that the words cannot be labeled one
    by one. Defined here, as a small task for the networks of Sutskever, Vinyals and
    Le, Sequence to sequence learning with neural networks, NeurIPS 27 (2014).
    """
    largest = check_integer("largest", largest, least=9, most=999_999)
    smallest = check_integer("smallest", smallest, least=0, most=largest)
    n_sequences = check_integer("n_sequences", n_sequences, least=1, most=largest + 1 - smallest)
    rng = np.random.default_rng(check_seed(seed))
    possible = np.arange(smallest, largest + 1)
    numbers = rng.choice(possible, size=n_sequences, replace=False).tolist()
    phrases = [[_WORDS.index(word) for word in _in_words(number)] for number in numbers]
    X, lengths = padded(phrases)
    y, _ = padded([[int(digit) for digit in str(number)] for number in numbers], -1)
    return generated(
        name="number_words",
        X=X,
        y=y,
        classes=(*"0123456789", "end"),
        description=f"Numbers from {smallest:,} to {largest:,} in English words, one word per "
        "step, to be written in digits.",
        origin="for encoders and decoders as of Sutskever, I., Vinyals, O. and Le, "
        "Q. V. (2014), Sequence to sequence learning with neural networks, NeurIPS 27",
        lengths=lengths,
        tokens=_WORDS,
        criterion="every digit of every number right, also of unseen numbers",
    )


def _in_words(number: int) -> list[str]:
    """Return the words of a number below a million, zero as "zero"."""
    if number < 20:
        return [_UNITS[number]]
    if number < 100:
        tens, rest = divmod(number, 10)
        words = [_TENS[tens - 2]]
    else:
        base, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
        above, rest = divmod(number, base)
        words = [*_in_words(above), name]
    return words + (_in_words(rest) if rest else [])
