"""Tomita's languages, against a definition of another kind."""

import itertools
import re

import numpy as np
import pytest
from helpers.one_hot_strings import strings_of

from metarnn.datasets import (
    load,
)


def runs(word: str) -> list[tuple[str, int]]:
    return [(symbol, len(list(run))) for symbol, run in itertools.groupby(word)]


def third(word: str) -> bool:
    lengths = runs(word)
    odd = [i for i, (symbol, n) in enumerate(lengths) if symbol == "a" and n % 2]
    return not any(symbol == "b" and n % 2 for i in odd[:1] for symbol, n in lengths[i:])


RULES = {
    1: lambda word: re.fullmatch("a*", word),
    2: lambda word: re.fullmatch("(ab)*", word),
    3: third,
    4: lambda word: "aaa" not in word,
    5: lambda word: word.count("a") % 2 == word.count("b") % 2 == 0,
    6: lambda word: (word.count("a") - word.count("b")) % 3 == 0,
    7: lambda word: re.fullmatch("a*b*a*b*", word),
}


@pytest.mark.parametrize("language", RULES)
def test_tomita_lists_every_string_with_its_class(language: int) -> None:
    data = load("tomita", language=language, n_sequences=None, longest=9)
    words = strings_of(data, "ab")
    assert words == [
        "".join(word) for n in range(1, 10) for word in itertools.product("ab", repeat=n)
    ]
    for word, label in zip(words, data.y, strict=True):
        assert data.classes[label] == ("in" if RULES[language](word) else "out"), word
    assert data.exhaustive


@pytest.mark.parametrize("language", RULES)
def test_tomita_draws_both_classes_at_all_lengths(language: int) -> None:
    data = load("tomita", language=language, n_sequences=600, shortest=3, longest=40, seed=1)
    words = strings_of(data, "ab")
    for word, label in zip(words, data.y, strict=True):
        assert bool(label) == bool(RULES[language](word)), word
        assert 3 <= len(word) <= 40
    assert np.bincount(data.y).tolist() == [300, 300]
    assert max(map(len, words)) == 40
    assert not data.exhaustive


def test_tomita_strings_of_a_length_are_drawn_alike() -> None:
    data = load("tomita", language=4, n_sequences=8000, shortest=4, longest=4)
    words = np.array(strings_of(data, "ab"))
    for label in (0, 1):
        _, counts = np.unique(words[data.y == label], return_counts=True)
        assert len(counts) == (3, 13)[label]
        expected = 4000 / len(counts)
        # Five standard deviations of a count.
        assert (abs(counts - expected) < 5 * expected**0.5).all()


def test_tomita_says_where_a_class_is_empty() -> None:
    for options in ({"language": 2, "shortest": 3, "longest": 3}, {"language": 4, "longest": 2}):
        for n_sequences in (10, None):
            with pytest.raises(ValueError, match="no string of") as error:
                load("tomita", n_sequences=n_sequences, **options)
            assert "expected lengths with strings of both kinds" in str(error.value)


def test_tomita_of_long_strings_is_finite() -> None:
    data = load("tomita", language=5, n_sequences=4, shortest=1000, longest=1000)
    for word, label in zip(strings_of(data, "ab"), data.y, strict=True):
        assert bool(label) == bool(RULES[5](word))
