"""What networks read of a series, against each series alone."""

import numpy as np
import pytest

from metarnn.features.channels import CHANNELS, OF_SERIES, check_channels, prepared


def alone(name, x):
    """Return the channels (T, I) of one series (T, I)."""
    deviations = x.std(axis=0)
    shape = (x - x.mean(axis=0)) / np.where(deviations > 0, deviations, 1.0)
    changes = np.concatenate([np.zeros_like(shape[:1]), np.diff(shape, axis=0)])
    return {"raw": x, "normalized": shape, "differences": changes}[name]


@pytest.mark.parametrize("name", CHANNELS)
def test_channels_are_those_of_each_series_alone(name, unequal):
    X, lengths = unequal
    found = CHANNELS[name](X, lengths)
    for x, n, one in zip(X, lengths, found, strict=True):
        np.testing.assert_allclose(one[:n], alone(name, x[:n]), atol=1e-12)
        assert not one[n:].any()


def test_channels_of_several_names_stand_side_by_side(unequal):
    X, lengths = unequal
    both = prepared(X, lengths, ("differences", "raw"))
    np.testing.assert_array_equal(both[..., 2:], X)
    np.testing.assert_array_equal(both[..., :2], prepared(X, lengths, ("differences",)))


def test_a_constant_series_has_no_shape():
    X = np.full((2, 9, 1), 1e9 / 3)
    assert not CHANNELS["normalized"](X, np.array([9, 4])).any()
    assert not CHANNELS["differences"](X, np.array([9, 4])).any()


@pytest.mark.parametrize("bad", [[], ["raw", "raw"], ["row"]])
def test_other_names_are_refused(bad):
    with pytest.raises(ValueError, match="channels"):
        check_channels(bad)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_numbers_whose_squares_are_not_finite_are_refused(sign):
    X = np.ones((2, 3, 2))
    X[1, 2, 1] = sign * 1e200
    with pytest.raises(ValueError, match=r"got at most 1e\+200 in input 1"):
        prepared(X, None, OF_SERIES)
