"""Targets of a file: classes, numbers, or a question to the user."""

import numpy as np
import pytest

from metarnn.cli.targets import targets

NEITHER = {"regression": False, "classification": False}
FLOATS = np.linspace(0.0, 20.75, 84)
COUNTS = np.arange(25, 325)
TARGETS = {
    "words": (np.array(["a", "b"] * 9, object), False),
    "two numbers": (np.array([0, 1] * 9), False),
    "whole numbers as floats": (np.array([1.0, 2.0] * 9), False),
    "ten digits": (np.arange(100) % 10, False),
    "a hundred classes of ten": (np.arange(1000) % 100, False),
    "84 floats": (FLOATS, True),
    "a few fractions": (np.array([0.5, 1.5] * 9), True),
    "300 whole numbers": (COUNTS, True),
}


@pytest.mark.parametrize("name", TARGETS)
def test_what_looks_like_numbers_is_a_question(name):
    y, is_question = TARGETS[name]
    if not is_question:
        labels, are_numbers = targets(y, "mine.csv", **NEITHER)
        assert not are_numbers
        assert len(set(labels.tolist())) == len(set(y.tolist()))
        return
    with pytest.raises(ValueError, match="different numbers in") as error:
        targets(y, "mine.csv", **NEITHER)
    for part in ("mine.csv", f"{len(np.unique(y))} different", "--regression", "--classification"):
        assert part in str(error.value)


@pytest.mark.parametrize("y", [FLOATS, COUNTS], ids=["floats", "counts"])
def test_the_answer_is_kept(y):
    numbers, are_numbers = targets(y, "mine.csv", regression=True, classification=False)
    assert are_numbers
    np.testing.assert_array_equal(numbers, y)
    labels, are_numbers = targets(y, "mine.csv", regression=False, classification=True)
    assert not are_numbers
    assert labels.dtype.kind in "iU"  # scikit-learn's classifiers refuse fractions
    assert len(set(labels.tolist())) == len(y)


def test_words_are_no_numbers():
    with pytest.raises(ValueError, match="--regression predicts numbers, but the target of"):
        targets(["a", "b"], "mine.csv", regression=True, classification=False)
