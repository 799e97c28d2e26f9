"""The embedded Reber grammar, against a regular expression."""

import re

import numpy as np
import pytest
from helpers.one_hot_strings import strings_of

from metarnn.datasets import (
    Dataset,
    legal_successors,
    load,
)


def reber_pattern() -> re.Pattern[str]:
    """Return Reber's grammar as a regular expression, by eliminating its states."""
    # From the state after P: T*V, then V ends, or P and then S ends or X leads back.
    lower = "T*V(?:PXT*V)*(?:V|PS)"
    inner = f"B(?:TS*X(?:S|X{lower})|P{lower})E"
    return re.compile(f"B(?:T{inner}T|P{inner}P)E")


def test_reber_strings_are_of_the_grammar() -> None:
    data = load("embedded_reber", n_sequences=2000, seed=3)
    pattern = reber_pattern()
    words = strings_of(data, "BTPSXVE")
    assert data.lengths is not None
    for word, y, length in zip(words, data.y, data.lengths, strict=True):
        following = "".join(data.classes[label] for label in y[:length])
        assert following[:-1] == word[1:]
        assert pattern.fullmatch(word + following[-1])
        assert (y[length:] == -1).all()
    assert {word[1] for word in words} == {"T", "P"}


def test_reber_draws_what_may_come_alike() -> None:
    data = load("embedded_reber", n_sequences=4000)
    legal = legal_successors(data)
    assert data.lengths is not None
    total = data.lengths.sum()
    # Five standard errors: a length has a variance below 40.
    assert total / 4000 == pytest.approx(11, abs=5 * (40 / 4000) ** 0.5)
    known = 1 / legal.sum(axis=2)[data.y >= 0]
    assert known.sum() / total == pytest.approx(7.5 / 11, abs=0.01)
    assert data.task is not None
    assert data.task.chance == pytest.approx(known.sum() / total - 0.5 * 4000 / total, abs=0.01)


def test_reber_successors_are_those_that_some_string_has() -> None:
    data = load("embedded_reber", n_sequences=3000, seed=1)
    seen: dict[str, set[str]] = {}
    for word, y in zip(strings_of(data, "BTPSXVE"), data.y, strict=True):
        for t in range(len(word)):
            seen.setdefault(word[: t + 1], set()).add(data.classes[y[t]])
    legal = legal_successors(data)
    for i, word in enumerate(strings_of(data, "BTPSXVE")):
        for t in range(len(word)):
            allowed = {data.classes[k] for k in np.flatnonzero(legal[i, t])}
            assert seen[word[: t + 1]] <= allowed
            if t < 6:
                # Frequent enough to have been met in all ways.
                assert seen[word[: t + 1]] == allowed


def test_reber_asks_for_the_embedding_alone() -> None:
    every = load("embedded_reber", n_sequences=50)
    data = load("embedded_reber", n_sequences=50, ask="embedding")
    np.testing.assert_array_equal(data.X, every.X)
    assert (data.y >= 0).sum(axis=1).tolist() == [1] * 50
    for word, y in zip(strings_of(data, "BTPSXVE"), data.y, strict=True):
        assert data.classes[y[len(word) - 2]] == word[1] == word[-1]


def test_reber_successors_refuse_other_data() -> None:
    with pytest.raises(ValueError, match="expected embedded_reber"):
        legal_successors(load("iris"))
    data = load("embedded_reber", n_sequences=2)
    other = Dataset("toy", data.X[:, ::-1], data.y, data.classes, lengths=data.lengths)
    with pytest.raises(ValueError, match="at step 0, expected one of: B"):
        legal_successors(other)
