"""The long-memory tasks and the translation: each is what its docstring says."""

import math

import numpy as np
import pytest

from metarnn.datasets import load


def close(share: float, expected: float, n: int) -> bool:
    """Whether a share of n draws is within five standard errors of its expectation."""
    return abs(share - expected) < 5 * (expected * (1 - expected) / n) ** 0.5


# --- Adding ------------------------------------------------------------------------------


@pytest.mark.parametrize("n_steps", [2, 3, 9, 20])
def test_adding_is_its_definition(n_steps: int) -> None:
    data = load("adding", n_sequences=300, n_steps=n_steps)
    assert data.shape == (300, n_steps, 2)
    half, met = n_steps // 2, set()
    for x, label in zip(data.X, data.y, strict=True):
        first, second = np.flatnonzero(x[:, 1])
        met |= {first, second}
        assert first < half <= second
        assert x[[first, second], 1].tolist() == [1, 1]
        assert (x[first, 0] + x[second, 0] > 1) == (data.classes[label] == "above 1")
    assert met == set(range(n_steps))
    assert 0 <= data.X.min() < data.X[:, :, 0].max() < 1


def test_adding_gives_the_chances_that_it_states() -> None:
    data = load("adding", n_sequences=20_000, n_steps=4, seed=5)
    assert close(data.y.mean(), 0.5, 20_000)
    for part in (slice(0, 2), slice(2, 4)):
        known = (data.X[:, part, 0] * data.X[:, part, 1]).sum(axis=1)
        assert close(np.mean((known > 0.5) == data.y), 0.75, 20_000)


# --- Temporal order ----------------------------------------------------------------------


@pytest.mark.parametrize("n_steps", [10, 19, 100])
def test_temporal_order_is_its_definition(n_steps: int) -> None:
    data = load("temporal_order", n_sequences=400, n_steps=n_steps)
    longest = n_steps + n_steps // 10
    assert data.shape == (400, longest, 8)
    assert data.lengths is not None
    assert (data.lengths.min(), data.lengths.max()) == (n_steps, longest)
    where = []
    for x, label, length in zip(data.X, data.y, data.lengths, strict=True):
        assert not x[length:].any()
        assert (x[:length].sum(axis=1) == 1).all()
        word = "".join("BEabcdXY"[symbol] for symbol in x[:length].argmax(axis=1))
        assert (word[0], word[-1]) == ("B", "E")
        assert word.count("B") == word.count("E") == 1
        found = [(t, symbol) for t, symbol in enumerate(word) if symbol in "XY"]
        assert "".join(symbol for _, symbol in found) == data.classes[label]
        where.append([t for t, _ in found])
    first, second = np.array(where).T
    assert (first.min(), first.max()) == (n_steps // 10, n_steps // 5)
    assert (second.min(), second.max()) == (n_steps // 2, 3 * n_steps // 5)
    assert np.bincount(data.y).tolist() == [100, 100, 100, 100]


def test_temporal_order_has_the_published_times() -> None:
    data = load("temporal_order")
    assert data.lengths is not None
    assert data.shape == (200, 110, 8)
    assert "of 100 to 110 steps of 8 inputs" in data.describe()


# --- Copying -----------------------------------------------------------------------------


@pytest.mark.parametrize(("lag", "n_copied", "n_symbols"), [(20, 10, 8), (1, 1, 2), (5, 3, 4)])
def test_copy_memory_is_its_definition(lag: int, n_copied: int, n_symbols: int) -> None:
    data = load("copy_memory", n_sequences=50, lag=lag, n_copied=n_copied, n_symbols=n_symbols)
    blank, go = n_symbols, n_symbols + 1
    assert data.shape == (50, lag + 2 * n_copied, n_symbols + 2)
    assert (data.X.sum(axis=2) == 1).all()
    for x, y in zip(data.X.argmax(axis=2).tolist(), data.y.tolist(), strict=True):
        copied = x[:n_copied]
        assert x == copied + [blank] * (lag - 1) + [go] + [blank] * n_copied
        assert y == [blank] * (n_copied + lag) + copied
    assert data.classes[blank] == "blank"
    assert set(data.X[:, :n_copied].argmax(axis=2).ravel()) == set(range(n_symbols))


def test_copy_memory_states_its_baseline() -> None:
    data = load("copy_memory", n_sequences=5000)
    loss = -np.log(np.where(data.y < 8, 1 / 8, 1.0))
    assert loss.mean() == pytest.approx(10 * math.log(8) / 40)
    assert loss.mean() == pytest.approx(0.520, abs=5e-4)
    blank_then_lots = np.where(np.arange(40) < 30, 8, 3)
    assert close(np.mean((data.y == blank_then_lots)[:, 30:]), 1 / 8, 50_000)
    assert (data.y == blank_then_lots).mean() == pytest.approx(0.781, abs=0.002)


# --- Two sequences -----------------------------------------------------------------------


def test_two_sequence_is_its_definition() -> None:
    sizes = {"n_sequences": 500, "n_steps": 40, "n_marked": 5, "seed": 2}
    data = load("two_sequence", **sizes, noise=2.0, marked_noise=0.1)
    assert data.X.shape == (500, 44, 1)
    assert data.lengths is not None
    assert set(data.lengths) == set(range(40, 45))
    signs = np.array([float(data.classes[label]) for label in data.y])
    first = data.X[:, :5, 0] - signs[:, None]
    # Five standard errors of each moment of 2500 draws.
    assert abs(first.mean()) < 5 * 0.1 / 50
    assert first.std() == pytest.approx(0.1, abs=5 * 0.1 / 70)
    rest = data.X[:, 5:40, 0]
    assert abs(rest.mean()) < 5 * 2 / rest.size**0.5
    assert rest.std() == pytest.approx(2, abs=5 * 2 / (2 * rest.size) ** 0.5)
    for step in range(5, 40):
        assert abs(np.corrcoef(data.X[:, step, 0], data.y)[0, 1]) < 5 / 500**0.5
    for x, length in zip(data.X, data.lengths, strict=True):
        assert not x[length:].any()
        assert x[:length].all()
    np.testing.assert_array_equal(
        load("two_sequence", **sizes).X[:, :5, 0], signs[:, None] + np.zeros(5)
    )


# --- Number words ------------------------------------------------------------------------


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
