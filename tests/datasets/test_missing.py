"""What becomes of missing values, by definition and by a second, obvious computation."""

import warnings

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.datasets.missing import WAYS
from metarnn.sequences import fill_missing

NAN = np.nan


def series(rng: np.random.Generator, n_sequences: int = 20) -> list[np.ndarray]:
    """Return series with gaps of every kind: at the ends, in runs, in some inputs only."""
    found = []
    for _ in range(n_sequences):
        x = rng.normal(5, 1, size=(rng.integers(3, 12), 2))
        x[rng.random(x.shape) < 0.3] = NAN
        x[rng.integers(len(x))] = rng.normal(size=2)
        found.append(x)
    return found


@pytest.mark.parametrize("missing", [*WAYS, None])
def test_complete_series_keep_their_values(missing: str | None) -> None:
    X = np.random.default_rng(0).normal(size=(3, 4, 2))
    before = X.copy()
    filled = fill_missing(X, missing)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(np.array(filled)[:, :, :2], X)
    assert np.shape(filled) == ((3, 4, 4) if missing == "mask" else (3, 4, 2))
    assert not np.array(filled)[:, :, 2:].any()
    filled[0][:] = 9.0  # a copy
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("missing", WAYS)
def test_nothing_is_missing_afterwards(missing: str) -> None:
    X = series(np.random.default_rng(1))
    for x, filled in zip(X, fill_missing(X, missing), strict=True):
        assert np.isfinite(filled).all()
        if missing != "drop":
            known = ~np.isnan(x)
            np.testing.assert_array_equal(filled[:, :2][known], x[known])


def test_interpolated_values_are_on_the_line_between_their_neighbors() -> None:
    X = [np.array([NAN, 1.0, NAN, NAN, 4.0, NAN])]
    assert fill_missing(X, "interpolate")[0].ravel().tolist() == [1, 1, 2, 3, 4, 4]
    times = [np.array([0.0, 1.0, 3.0, 4.0, 5.0, 9.0])]
    found = fill_missing(X, "interpolate", times=times)[0].ravel()
    np.testing.assert_allclose(found, [1, 1, 2.5, 3.25, 4, 4])


def test_dropped_are_the_steps_with_a_gap() -> None:
    X = series(np.random.default_rng(2))
    for x, filled in zip(X, fill_missing(X, "drop"), strict=True):
        np.testing.assert_array_equal(filled, [step for step in x if not np.isnan(step).any()])


def test_a_mask_holds_the_last_value_and_says_where() -> None:
    X = series(np.random.default_rng(3))
    for x, filled in zip(X, fill_missing(X, "mask"), strict=True):
        np.testing.assert_array_equal(filled[:, 2:], np.isnan(x))
        for i in range(2):
            last = next(value for value in x[:, i] if not np.isnan(value))
            for t in range(len(x)):
                last = last if np.isnan(x[t, i]) else x[t, i]
                assert filled[t, i] == last


def test_a_mask_does_not_look_ahead_where_something_came_before() -> None:
    x = np.array([1.0, NAN, 3.0])
    assert fill_missing([x], "mask")[0][:2].tolist() == fill_missing([x[:2]], "mask")[0].tolist()


def test_zero_stands_for_an_input_that_a_sequence_lacks_with_a_warning_if_it_is_far() -> None:
    lacking = [np.full((2, 1), NAN), np.array([[1.0], [-1.0]])]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fill_missing(lacking, "mask")[0].tolist() == [[0, 1], [0, 1]]
    with pytest.warns(UserWarning, match="Input 0 has no value in 1 sequences.*999 to 1001"):
        fill_missing([lacking[0], lacking[1] + 1000], "mask")


BROKEN = [
    ([np.array([1.0, NAN])], None, ["sequence 0", "step 1 of input 0", "--missing interpolate"]),
    ([np.ones((2, 2)), np.array([[1.0, NAN]])], None, ["sequence 1", "input 1", "missing='inter"]),
    ([np.array([[1.0, NAN]])], "interpolate", ["sequence 0", "without any value", "'mask'"]),
    ([np.array([[1.0, NAN], [NAN, 1.0]])], "drop", ["sequence 0", "no step without", "'mask'"]),
    ([np.array([np.inf])], "mask", ["sequence 0", "infinity"]),
    ([np.array([1.0])], "zero", ["missing", "'zero'", "interpolate"]),
]


@pytest.mark.parametrize(("X", "missing", "parts"), BROKEN)
def test_mistakes_get_one_sentence(X, missing: str | None, parts: list[str]) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        fill_missing(X, missing)
    one_sentence(error, *parts)
