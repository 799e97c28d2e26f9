"""Number words."""

import pytest

from metarnn.datasets import (
    load,
)


def read_words(words: list[str]) -> int:
    """Return a number from its words, by adding and multiplying up."""
    values = {"hundred": 100, "thousand": 1000}
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    ):
        values[word] = n
    for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2):
        values[word] = 10 * n
    thousands = below = 0
    for word in words:
        if word == "thousand":
            thousands, below = below, 0
        elif word == "hundred":
            below *= 100
        else:
            below += values[word]
    return 1000 * thousands + below


@pytest.mark.parametrize(
    ("n_sequences", "smallest", "largest"),
    [(10, 0, 9), (100, 0, 99), (80, 20, 99), (1000, 0, 999), (5000, 100, 999_999), (1, 0, 21)],
)
def test_number_words_say_their_digits(n_sequences: int, smallest: int, largest: int) -> None:
    data = load("number_words", n_sequences=n_sequences, smallest=smallest, largest=largest)
    assert data.n_tokens == len(data.tokens) == 30
    assert data.lengths is not None
    numbers = []
    for x, y, length in zip(data.X, data.y, data.lengths, strict=True):
        assert not x[length:].any()
        n_digits = int((y >= 0).sum())
        assert (y[n_digits:] == -1).all()
        digits = "".join(data.classes[digit] for digit in y[:n_digits])
        numbers.append(int(digits))
        assert digits == str(numbers[-1])
        assert read_words([data.tokens[token] for token in x[:length]]) == numbers[-1]
    assert len(set(numbers)) == n_sequences
    assert smallest <= min(numbers) <= max(numbers) <= largest
    assert data.X.shape[1] == data.lengths.max()
    assert data.y.shape[1] == len(str(max(numbers)))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (342, "three hundred forty two"),
        (700, "seven hundred"),
        (1000, "one thousand"),
        (20_011, "twenty thousand eleven"),
        (999_999, "nine hundred ninety nine thousand nine hundred ninety nine"),
    ],
)
def test_number_words_are_english(number: int, words: str) -> None:
    from metarnn.datasets.generated.number_words import _in_words

    assert " ".join(_in_words(number)) == words
    assert read_words(words.split()) == number


def test_number_words_hold_out_what_was_never_seen() -> None:
    data = load("number_words", n_sequences=1000, seed=3)
    assert len({tuple(x) for x in data.X.tolist()}) == 1000
    assert "end (0)" in data.describe()
