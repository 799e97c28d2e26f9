"""From what users hold in their hands to (B, T, I)."""

import numpy as np
import pytest
from sentences import one_sentence

from metarnn.sequences import as_sequences

ROWS = np.arange(24.0).reshape(2, 12)


@pytest.mark.parametrize(
    ("timesteps", "steps"), [(None, 12), (12, 12), (6, 6), (4, 4), (1, 1), (np.int64(3), 3)]
)
def test_rows_are_cut_into_steps(timesteps, steps):
    X = as_sequences(ROWS, timesteps)
    width = 12 // steps
    assert X.shape == (2, steps, width)
    for b in range(2):
        for t in range(steps):
            np.testing.assert_array_equal(X[b, t], ROWS[b, t * width : (t + 1) * width])


@pytest.mark.parametrize("timesteps", [None, 3])
def test_sequences_stay_as_they_are(timesteps):
    X = np.arange(24).reshape(2, 3, 4)
    assert as_sequences(X, timesteps) is X


def test_lists_are_sequences():
    np.testing.assert_array_equal(as_sequences([[1, 2], [3, 4]]), [[[1], [2]], [[3], [4]]])
    assert as_sequences([[[1.0, 2.0]]]).shape == (1, 1, 2)


@pytest.mark.parametrize(
    ("X", "timesteps", "named"),
    [
        (np.zeros(()), None, ["0 axes", "()", "(sequences, steps, inputs)"]),
        (np.zeros(3), None, ["1 axes", "(3,)", "(sequences, features)"]),
        (np.zeros((2, 3, 4, 5)), None, ["4 axes", "(2, 3, 4, 5)"]),
        (np.zeros((0, 3)), None, ["empty", "(0, 3)"]),
        (np.zeros((2, 0)), None, ["empty", "(2, 0)"]),
        (np.zeros((2, 3, 0)), 3, ["empty", "(2, 3, 0)"]),
        (ROWS, 5, ["timesteps", "12 features", "got 5"]),
        (ROWS, 24, ["timesteps", "12 features", "got 24"]),
        (ROWS, 0, ["timesteps", "12 features", "got 0"]),
        (ROWS, -3, ["timesteps", "12 features", "got -3"]),
        (np.zeros((2, 3, 4)), 4, ["timesteps=4", "3 steps", "(2, 3, 4)"]),
    ],
    ids=str,
)
def test_what_is_no_sequences_is_refused_in_one_sentence(X, timesteps, named):
    with pytest.raises(ValueError, match=r"X|timesteps") as error:
        as_sequences(X, timesteps)
    one_sentence(error, *named)


@pytest.mark.parametrize("timesteps", [2.0, "2"])
def test_timesteps_that_are_no_integer_are_refused_in_one_sentence(timesteps):
    with pytest.raises((TypeError, ValueError)) as error:
        as_sequences(ROWS, timesteps)
    one_sentence(error, "timesteps", repr(timesteps))
