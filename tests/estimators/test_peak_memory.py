"""The peak memory of fits, predictions and population methods, as multiples of what is given.

The bounds are for large data; here they are small, so the blocks that are computed at a time count
with BLOCKS bytes.
"""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from metarnn import Fitness, Network, RNNClassifier, RNNRegressor, SequenceScaler
from metarnn.optimizers import OPTIMIZERS, minimize
from metarnn.sequences.lazy import BLOCK, LazySequences, all_finite, blocks
from metarnn.sequences.ragged import RaggedSequences

BLOCKS = 48 * BLOCK
rng = np.random.default_rng(0)
X = rng.standard_normal((3000, 100, 10), np.float32)
y = rng.integers(2, size=len(X))


def peak(call: Callable[[], Any]) -> int:
    """Return the bytes that a call allocates at once, beyond what there was."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def model(**settings: Any) -> RNNClassifier:
    return RNNClassifier(hidden=2, budget=3, random_state=0, n_threads=1, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"scale": False},
        {"early_stopping": True},
        {"optimizer": "adam:n_batches=4"},
        {"loss": "accuracy", "optimizer": "cuckoo"},
    ],
    ids=str,
)
def test_a_fit_holds_the_data_once_more(settings: dict[str, Any]) -> None:
    model(**settings).fit(X[:64], y[:64])
    assert peak(lambda: model(**settings).fit(X, y)) < 1.25 * X.nbytes + BLOCKS


def test_a_fit_of_float64_data_holds_float32() -> None:
    twice = X.astype(np.float64)
    model().fit(twice[:64], y[:64])
    assert peak(lambda: model().fit(twice, y)) < 1.25 * X.nbytes + BLOCKS


def test_a_regression_holds_the_data_once_more() -> None:
    regressor = RNNRegressor(hidden=2, budget=3, random_state=0, n_threads=1)
    regressor.fit(X[:64], y[:64])
    assert peak(lambda: regressor.fit(X, y)) < 1.25 * X.nbytes + BLOCKS


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_prediction_holds_a_part_of_the_data(dtype: str) -> None:
    given, fitted = X.astype(dtype), model().fit(X[:64], y[:64])
    fitted.predict(given)
    assert peak(lambda: fitted.predict(given)) < 0.25 * X.nbytes + 2 * BLOCKS


def test_unequal_lengths_are_not_padded_to_the_longest() -> None:
    parts = [x[: 50 + b % 51] for b, x in enumerate(X)]
    parts[7] = rng.standard_normal((2000, 10), np.float32)
    given = sum(part.nbytes for part in parts)
    small, labels = parts[:64], np.arange(64) % 2
    fitted = model().fit(small, labels)
    # The states of the one long sequence come on top: they are of a tile, not of the data.
    states = peak(lambda: model().fit(small, labels))
    assert peak(lambda: model().fit(parts, y)) < 1.5 * given + states + BLOCKS
    assert peak(lambda: fitted.predict(parts)) < 0.5 * given + states + BLOCKS


#: Methods and the name of the setting of their size, with the populations that they hold.
METHODS = [
    ("random_search", "population_size", 3),
    ("sa", "n_chains", 3),
    ("es", "n_offspring", 3.1),
    ("openai_es", "population_size", 3),
    ("de", "population_size", 3),
    ("pso", "population_size", 3.1),
    ("abc", "population_size", 3.1),
    ("ga", "population_size", 3.1),
    ("cuckoo", "n_nests", 3.1),
    # Of the archive there are 2.6 more.
    ("lshade", "population_size", 5.5),
]


@pytest.mark.parametrize(("name", "size_param", "n_populations"), METHODS, ids=lambda v: str(v))
def test_a_population_method_holds_three(name: str, size_param: str, n_populations: float) -> None:
    network = Network.build(1, 2, cell="elman", hidden=100)
    fitness = Fitness(network, X[:8, :1, :1], y[:8], alpha=0.1, n_threads=1)
    for P in (20, 160):
        optimizer = OPTIMIZERS[name](**{size_param: P})

        def search(optimizer: Any = optimizer, P: int = P) -> None:
            minimize(fitness, optimizer, budget=4 * P, seed=0)

        found = peak(search)
    assert found < n_populations * 8 * P * fitness.dim + BLOCKS


# --- What it rests on ----------------------------------------------------------------------


def test_blocks_cover_each_number_once() -> None:
    for shape in ((5, 7, 3), (1, 1000, 1), (40, 1, 2), (3, 50, 10), (0, 4, 2), (6, 9)):
        for size in (1, 8, 64, 10**6):
            seen = np.zeros(shape, int)
            for some in blocks(shape, size=size):
                seen[some] += 1
                assert seen[some].size <= max(size, np.prod(shape[2:], dtype=int))
            assert (seen == 1).all()


def test_blocks_end_with_the_longest_of_their_rows() -> None:
    lengths = np.array([3, 1, 9, 2, 2, 2, 9, 1])
    for size in (1, 4, 8, 30, 1000):
        seen = np.zeros((8, 9, 1), int)
        for some in blocks(seen.shape, lengths, size):
            seen[some] += 1
        own = np.arange(9) < lengths[:, None]
        assert (seen[own] == 1).all()
        if size == 1:
            assert not seen[~own].any()


@pytest.mark.parametrize("real", ["float32", "float64"])
def test_lazy_sequences_read_as_their_array(real: str) -> None:
    values, shift, scale = rng.normal(size=(9, 6, 3)), rng.normal(size=3), np.array([1.0, 2.0, 3.0])
    lazy = LazySequences(values).part(np.arange(9)[::-1]).part(np.arange(9) % 2 == 0)
    expected = ((values[::-1][::2] - shift) / scale).astype(real)
    scaled = lazy.scaled(shift, scale, real)
    np.testing.assert_array_equal(np.asarray(lazy), values[::-1][::2])
    np.testing.assert_array_equal(np.asarray(scaled), expected)
    np.testing.assert_array_equal(scaled[np.array([3, 0]), 2:5], expected[[3, 0], 2:5])
    np.testing.assert_array_equal(scaled[1], expected[1])
    assert scaled.shape == expected.shape
    assert scaled.dtype == real


def test_ragged_sequences_read_as_their_padding() -> None:
    parts = [rng.normal(size=(n, 2)) for n in (3, 7, 1)]
    ragged = RaggedSequences(parts)
    whole = ragged[:, :]
    assert whole.shape == ragged.shape == (3, 7, 2)
    for row, part in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(row[: len(part)], part)
        assert not row[len(part) :].any()
    np.testing.assert_array_equal(ragged[[0, 2], :], whole[[0, 2], :3])
    np.testing.assert_array_equal(ragged[1:2, 2:5], whole[1:2, 2:5])
    assert LazySequences(ragged).size == 2 * 11
    assert LazySequences(ragged).part(np.array([0, 2])).size == 2 * 4
    assert LazySequences(whole).part(np.array([0, 2])).size == 2 * 14


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_found_anywhere(bad: float) -> None:
    values = np.zeros((3, BLOCK, 1), np.float32)
    assert all_finite(values)
    for place in ((0, 0, 0), (1, 17, 0), (2, BLOCK - 1, 0)):
        wrong = values.copy()
        wrong[place] = bad
        assert not all_finite(wrong)
        assert not all_finite(wrong.transpose(1, 0, 2))


def test_the_place_in_a_list_is_named() -> None:
    parts = [np.zeros((n, 2)) for n in (3, 5, 4)]
    parts[2][3, 1] = np.nan
    with pytest.raises(ValueError, match="sequence 2, step 3, input 1"):
        model().fit(parts, [0, 1, 0])


def test_a_list_is_scored_as_its_padding_is() -> None:
    lengths = rng.integers(1, 400, size=300)
    lengths[5] = 20_000
    parts = [rng.normal(size=(n, 1)) for n in lengths]
    whole = RaggedSequences(parts)[:, :]
    labels = np.arange(300) % 2
    by_list = model().fit(parts, labels)
    by_array = model().fit(whole, labels, lengths=lengths)
    np.testing.assert_array_equal(by_list.weights_, by_array.weights_)
    expected = by_array.predict_proba(whole, lengths=lengths)
    np.testing.assert_array_equal(by_list.predict_proba(parts), expected)
    one_by_one = np.concatenate(
        [by_list.predict_proba(part[None], lengths=[len(part)]) for part in parts[:9]]
    )
    np.testing.assert_allclose(one_by_one, expected[:9], rtol=1e-5)
    scaler, twin = SequenceScaler().fit(parts), SequenceScaler().fit(whole, lengths=lengths)
    np.testing.assert_array_equal(scaler.mean_, twin.mean_)
    for part, row in zip(scaler.transform(parts), twin.transform(whole, lengths), strict=True):
        np.testing.assert_array_equal(part, row[: len(part)])
