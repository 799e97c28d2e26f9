"""Rows, sequences of either layout, and padded ones, as (B, T, I)."""

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn import Network
from metarnn.datasets import Dataset
from metarnn.sequences import as_sequences, check_lengths, padded

ROWS = np.arange(24.0).reshape(2, 12)


@pytest.mark.parametrize(
    ("timesteps", "steps"), [("features", 12), (12, 12), (6, 6), (4, 4), (1, 1), (np.int64(3), 3)]
)
def test_rows_are_cut_into_steps(timesteps, steps):
    X = as_sequences(ROWS, timesteps)
    width = 12 // steps
    assert X.shape == (2, steps, width)
    for b in range(2):
        for t in range(steps):
            np.testing.assert_array_equal(X[b, t], ROWS[b, t * width : (t + 1) * width])


@pytest.mark.parametrize("timesteps", [1, 3])
def test_sequences_stay_as_they_are(timesteps):
    X = np.arange(24).reshape(2, 3, 4)
    assert as_sequences(X, timesteps) is X


def test_lists_are_sequences():
    np.testing.assert_array_equal(as_sequences([[1, 2], [3, 4]]), [[[1, 2]], [[3, 4]]])
    assert as_sequences([[[1.0, 2.0]]]).shape == (1, 1, 2)


@pytest.mark.parametrize(
    ("X", "timesteps", "named"),
    [
        (np.zeros(()), 1, ["0 axes", "()", "(sequences, steps, inputs)"]),
        (np.zeros(3), 1, ["1 axes", "(3,)", "(sequences, features)"]),
        (np.zeros((2, 3, 4, 5)), 1, ["4 axes", "(2, 3, 4, 5)"]),
        (np.zeros((0, 3)), 1, ["empty", "(0, 3)"]),
        (np.zeros((2, 0)), 1, ["empty", "(2, 0)"]),
        (np.zeros((2, 3, 0)), 3, ["empty", "(2, 3, 0)"]),
        (ROWS, 5, ["timesteps", "12 features", "got 5"]),
        (ROWS, 24, ["timesteps", "12 features", "got 24"]),
        (ROWS, 0, ["timesteps", "at least 1", "got 0"]),
        (ROWS, -3, ["timesteps", "at least 1", "got -3"]),
        (np.zeros((2, 3, 4)), 4, ["timesteps=4", "3 steps", "(2, 3, 4)"]),
    ],
    ids=str,
)
def test_what_is_no_sequences_is_refused_in_one_sentence(X, timesteps, named):
    with pytest.raises(ValueError, match=r"X|timesteps") as error:
        as_sequences(X, timesteps)
    one_sentence(error, *named)


@pytest.mark.parametrize("timesteps", [2.0, "2", None])
def test_timesteps_that_are_no_integer_are_refused_in_one_sentence(timesteps):
    with pytest.raises((TypeError, ValueError)) as error:
        as_sequences(ROWS, timesteps)
    one_sentence(error, "timesteps", repr(timesteps))


# --- Channels before time ----------------------------------------------------------------


def test_channels_before_time():
    X = np.arange(24).reshape(2, 3, 4)
    turned = as_sequences(X, layout="nct")
    assert turned.shape == (2, 4, 3)
    for b in range(2):
        for i in range(3):
            np.testing.assert_array_equal(turned[b, :, i], X[b, i])
    # Rows have one channel in either layout.
    np.testing.assert_array_equal(as_sequences(ROWS, layout="nct"), as_sequences(ROWS))
    np.testing.assert_array_equal(as_sequences(ROWS, 4, layout="nct"), as_sequences(ROWS, 4))


def test_a_network_takes_either_layout():
    network = Network.build(3, 2, hidden=4)
    rng = np.random.default_rng(0)
    weights, X = network.init(rng, 2), rng.normal(size=(5, 3, 7))
    np.testing.assert_array_equal(
        network.scores(weights, as_sequences(X, layout="nct")),
        network.scores(weights, np.ascontiguousarray(np.swapaxes(X, 1, 2))),
    )


@pytest.mark.parametrize("function", [as_sequences, padded])
def test_other_layouts_are_refused_in_one_sentence(function):
    with pytest.raises(ValueError, match="layout") as error:
        function(np.zeros((2, 3, 4)), layout="tnc")
    one_sentence(error, "ntc, nct", "'tnc'")


# --- Sequences of unequal length ---------------------------------------------------------

LENGTHS = [4, 1, 6]


def unequal(*axes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(steps, *axes)) for steps in LENGTHS]


@pytest.mark.parametrize("axes", [(), (1,), (3,)])
def test_padded_keeps_each_sequence(axes):
    sequences = unequal(*axes)
    X, lengths = padded(sequences)
    assert X.shape == (3, 6, *axes)
    assert lengths.dtype == np.int64
    assert lengths.tolist() == LENGTHS
    for row, sequence in zip(X, sequences, strict=True):
        np.testing.assert_array_equal(row[: len(sequence)], sequence)
        assert not row[len(sequence) :].any()
    turned, same = padded((sequence.T for sequence in sequences), layout="nct")
    np.testing.assert_array_equal(turned, X)
    np.testing.assert_array_equal(same, lengths)


def test_padded_leaves_its_input_alone():
    sequences = unequal(2)
    X, _ = padded(sequences)
    X[:] = 9
    assert not any((sequence == 9).any() for sequence in sequences)


@pytest.mark.parametrize(
    ("sequences", "dtype"),
    [
        ([[1, 2], [3]], np.int64),
        ([np.zeros(2, np.float32), np.zeros(1, np.float32)], np.float32),
        ([np.zeros(2, np.float32), np.zeros(1)], np.float64),
        ([[1, 2], [0.5]], np.float64),
        ([np.ones(2, np.int8), np.ones(1, np.int32)], np.int32),
    ],
)
def test_padded_has_the_type_that_holds_all(sequences, dtype):
    X, lengths = padded(sequences)
    assert X.dtype == dtype
    assert lengths.tolist() == [2, 1]
    assert X[1, 1] == 0


def test_padded_gives_what_networks_and_data_sets_take():
    sequences = unequal(3)
    X, lengths = padded(sequences)
    np.testing.assert_array_equal(check_lengths(lengths, X), LENGTHS)
    network = Network.build(3, 2, hidden=4)
    weights = network.init(np.random.default_rng(1), 2)
    scores = network.scores(weights, X, lengths=lengths)
    for b, sequence in enumerate(sequences):
        alone = network.scores(weights, sequence[np.newaxis])
        np.testing.assert_allclose(scores[:, b], alone[:, 0], rtol=1e-6)
    assert "of 1 to 6 steps of 3 inputs" in Dataset.of(X, [0, 1, 0], lengths=lengths).describe()
    tokens, lengths = padded([[3, 1], [2], [0, 1, 2]])
    data = Dataset.of(tokens, [0, 1, 0], lengths=lengths, n_tokens=4)
    assert "of 1 to 3 tokens out of 4" in data.describe()


@pytest.mark.parametrize(
    ("sequences", "layout", "named"),
    [
        ([], "ntc", ["got none"]),
        (
            [np.zeros((2, 3)), np.zeros((0, 3))],
            "ntc",
            ["Sequence 1", "(0, 3)", "at least one step"],
        ),
        ([np.zeros((2, 0))], "ntc", ["Sequence 0", "(2, 0)"]),
        ([np.zeros((2, 3)), np.zeros((2, 4))], "ntc", ["Sequence 1", "(steps, inputs)", "(2, 4)"]),
        ([np.zeros((3, 2)), np.zeros((4, 2))], "nct", ["Sequence 1", "(inputs, steps)", "(4, 2)"]),
        ([np.zeros((2, 3)), np.zeros(3)], "ntc", ["Sequence 1", "(3,)"]),
        ([np.zeros(3), np.zeros((3, 1))], "ntc", ["Sequence 1", "(3, 1)"]),
        ([1.0, 2.0], "ntc", ["Sequence 0", "()"]),
        ([np.zeros((2, 3, 4))], "ntc", ["Sequence 0", "(2, 3, 4)"]),
        ([[[1.0], [2.0, 3.0]]], "ntc", ["Sequence 0", "one array"]),
        (["ab", "c"], "ntc", ["Sequence 0", "numbers", "<U2"]),
        ([[1.0], ["a", None]], "ntc", ["Sequence 1", "numbers", "object"]),
    ],
)
def test_what_cannot_be_padded_is_refused_in_one_sentence(sequences, layout, named):
    with pytest.raises((TypeError, ValueError)) as error:
        padded(sequences, layout=layout)
    one_sentence(error, *named)


def test_unequal_lengths_are_refused_with_a_hint_at_padded():
    with pytest.raises(ValueError, match="unequal length") as error:
        as_sequences(unequal(2))
    one_sentence(error, "metarnn.sequences.padded")
