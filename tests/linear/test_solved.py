"""Losses of solved readouts: their derivatives, and what they are the least of."""

import numpy as np
import pytest

from metarnn.linear import SOLVES, RidgePath
from metarnn.linear.ridge_losses import ridge_losses

SHAPES = [(30, 5, 3), (12, 20, 2), (9, 9, 4)]
every_solve = pytest.mark.parametrize("solve", SOLVES)


def problem(B, F, K, P=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(P, B, F)) + 2.0
    return X, np.eye(K)[rng.integers(K, size=B)], rng.uniform(0.3, 2, B)


@every_solve
@pytest.mark.parametrize("shape", SHAPES)
def test_derivatives_are_those_of_differences(solve, shape):
    X, Y, w = problem(*shape)
    readout = SOLVES[solve](alpha=0.02)
    losses, derivatives = readout.derivatives(X, Y, w)
    np.testing.assert_allclose(losses, readout.losses(X, Y, w), rtol=1e-12)
    for seed in range(3):
        step = 1e-5 * np.random.default_rng(seed).normal(size=X.shape)
        slopes = (readout.losses(X + step, Y, w) - readout.losses(X - step, Y, w)) / 2
        np.testing.assert_allclose(
            (derivatives * step).sum(axis=(1, 2)), slopes, rtol=1e-4, atol=1e-12
        )


@every_solve
def test_derivatives_of_a_model_that_is_not_finite_are_not(solve):
    X, Y, w = problem(12, 4, 2)
    X[1, 0, 0] = np.nan
    losses, derivatives = SOLVES[solve](0.1).derivatives(X, Y, w)
    assert np.isnan(losses).tolist() == [False, True, False]
    assert np.isfinite(derivatives[::2]).all()
    assert np.isnan(derivatives[1]).any()


def test_no_other_map_has_a_lower_loss():
    X, Y, w = problem(30, 5, 3)
    rng = np.random.default_rng(1)

    def ridge_loss(C, c):
        squares = ((Y - X @ C - c[:, None]) ** 2).mean(axis=2) @ w / w.sum()
        return squares + 0.01 * (C**2).sum(axis=(1, 2))

    def logistic_loss(C, c):
        scores = X @ C + c[:, None]
        logs = scores - np.log(np.exp(scores).sum(axis=2, keepdims=True))
        return -((Y * logs).sum(axis=2) @ w) / w.sum() + 0.01 * (C**2).sum(axis=(1, 2))

    for solve, loss in (("ridge", ridge_loss), ("logistic", logistic_loss)):
        readout = SOLVES[solve](alpha=0.02)
        C, c = readout.maps(X, Y, w)
        lowest = loss(C, c)
        np.testing.assert_allclose(lowest, readout.losses(X, Y, w), rtol=1e-6)
        for size in (1e-3, 0.1):
            other = loss(C + size * rng.normal(size=C.shape), c + size * rng.normal(size=c.shape))
            assert (other > lowest).all()


@every_solve
def test_logits_are_probabilities_of_their_size(solve):
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=400)
    X = (labels[:, None] + rng.normal(size=(400, 3)))[None]
    C, c = SOLVES[solve](1e-3).logits(X, np.eye(2)[labels], np.ones(400))
    logits = X[0] @ C[0] + c[0]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    for low, high in ((0.1, 0.4), (0.6, 0.9)):
        some = (low <= p[:, 1]) & (p[:, 1] < high)
        assert labels[some].mean() == pytest.approx(p[some, 1].mean(), abs=0.12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("B", "F"), [(30, 5), (9, 9), (2, 1), (12, 20)])
def test_compiled_losses_are_those_of_the_path(B, F, dtype):
    X, Y, w = problem(B, F, 3)
    X = X.astype(dtype)
    X[1] = 7.0  # constant
    X[2, 0, 0] = np.nan
    penalties = np.logspace(-4, 3, 5)
    path = RidgePath(X, Y, w)
    for leave_one_out, expected in (
        (True, path.losses(penalties)),
        (False, path.training_losses(penalties)),
    ):
        found = ridge_losses(X, Y, w, penalties, leave_one_out=leave_one_out)
        np.testing.assert_allclose(found, expected, rtol=1e-9)
        assert np.isnan(found[2]).all()
