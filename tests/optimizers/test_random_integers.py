"""Random integers drawn in compiled code, against those of NumPy."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from metarnn.optimizers.population.random_integers import bits_of, choose_others, integers
from metarnn.optimizers.population.updates import archive_rows

each_generator = pytest.mark.parametrize(
    "make",
    [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64],
)


def two(make: Callable[[int], np.random.BitGenerator], seed: int = 1) -> list[np.random.Generator]:
    """Return two generators that draw the same."""
    return [np.random.Generator(make(seed)) for _ in range(2)]


@each_generator
@pytest.mark.parametrize("end", [1, 2, 3, 50, 107, 2**16 + 1, 2**30 + 1, 2**31 - 1, 2**31])
def test_they_are_those_of_numpy(make: Callable[[int], np.random.BitGenerator], end: int) -> None:
    ours, theirs = two(make)
    for n in (0, 1, 2, 3, 500):  # odd ones leave half a word to the next
        drawn = integers(end, n, ours)
        assert drawn.dtype == np.int64
        np.testing.assert_array_equal(drawn, theirs.integers(end, size=n))
        assert ours.random() == theirs.random()
    # As many bits were drawn: a quarter of them again where end is 2**30 + 1.
    assert ours.integers(2**32, dtype=np.uint32) == theirs.integers(2**32, dtype=np.uint32)


def test_copies_of_a_generator_have_states_of_their_own() -> None:
    rng = np.random.default_rng(1)
    integers(9, 3, rng)
    for twin in (copy.deepcopy(rng), pickle.loads(pickle.dumps(rng))):
        expected = copy.deepcopy(rng).integers(9, size=20)
        np.testing.assert_array_equal(integers(9, 20, twin), expected)
    np.testing.assert_array_equal(integers(9, 20, rng), expected)


def test_a_generator_that_is_gone_is_not_taken_for_a_new_one() -> None:
    for seed in range(100):
        expected = np.random.default_rng(seed).integers(9, size=5)
        np.testing.assert_array_equal(integers(9, 5, np.random.default_rng(seed)), expected)


@each_generator
@pytest.mark.parametrize("ends", [(4, 4, 4), (5, 9), (50, 50, 50), (3,)])
def test_others_are_as_drawn_by_numpy(
    make: Callable[[int], np.random.BitGenerator], ends: tuple[int, ...]
) -> None:
    n = ends[0]
    ours, theirs = two(make)
    numbers = choose_others(bits_of(ours), n, ends)
    left = [end - taken for taken, end in enumerate(ends, start=1)]
    drawn = theirs.integers(left, size=numbers.shape)
    for i, (row, draws) in enumerate(zip(numbers, drawn, strict=True)):
        free = np.arange(ends[-1])
        taken = [i]
        for number, draw in zip(row, draws, strict=True):
            assert number == np.setdiff1d(free, taken)[draw]
            taken.append(number)


@each_generator
def test_archived_rows_append_and_then_replace(
    make: Callable[[int], np.random.BitGenerator],
) -> None:
    points, capacity = np.random.default_rng(0).normal(size=(12, 3)), 8
    for size in (0, 5, 8):
        ours, theirs = two(make)
        archive = np.zeros((10, 3))
        expected, chosen = archive.copy(), np.array([0, 2, 3, 7, 11])
        archive_rows(points, chosen, bits_of(ours), capacity, size, archive)
        n = min(5, capacity - size)
        expected[size : size + n] = points[chosen[:n]]
        for place, row in zip(theirs.integers(capacity, size=5 - n), chosen[n:], strict=True):
            expected[place] = points[row]
        np.testing.assert_array_equal(archive, expected)
        assert ours.random() == theirs.random()
