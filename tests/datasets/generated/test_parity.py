"""Parity and exclusive or."""

import itertools

import numpy as np
import pytest

from metarnn import datasets


@pytest.mark.parametrize("n_bits", [2, 3, 7])
def test_parity_per_step_is_that_of_each_beginning(n_bits: int) -> None:
    data = datasets.load("parity", n_bits=n_bits, per_step=True)
    assert data.exhaustive
    for x, labels in zip(data.X, data.y, strict=True):
        bits = (x[:, 0] > 0).tolist()
        assert labels.tolist() == [sum(bits[: t + 1]) % 2 for t in range(n_bits)]


@pytest.mark.parametrize("n_bits", [2, 3, 7])
def test_parity_is_its_definition(n_bits: int) -> None:
    data = datasets.load("parity", n_bits=n_bits)
    strings = list(itertools.product((-1, 1), repeat=n_bits))
    assert data.shape == (2**n_bits, n_bits, 1)
    for x, label, bits in zip(data.X, data.y, strings, strict=True):
        assert tuple(x[:, 0]) == bits
        assert data.classes[label] == ("odd" if bits.count(1) % 2 else "even")


def test_largest_parity() -> None:
    data = datasets.load("parity", n_bits=16)
    assert len(np.unique(data.X[:, :, 0], axis=0)) == 2**16
    assert np.bincount(data.y).tolist() == [2**15, 2**15]


def test_xor_is_exclusive_or() -> None:
    data = datasets.load("xor")
    table = {tuple(x[:, 0]): data.classes[label] for x, label in zip(data.X, data.y, strict=True)}
    assert table == {(-1, -1): "even", (-1, 1): "odd", (1, -1): "odd", (1, 1): "even"}
