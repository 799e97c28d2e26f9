"""Logistic regression against scikit-learn, and where it is hard."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from metarnn.linear import logistic


def problem(K, B=60, F=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(B, F)) * [1, 10, 0.1, 1] + [0, 5, 0, 100]
    labels = (X[:, 0] + rng.normal(size=B)).argsort().argsort() * K // B
    return X, np.eye(K)[labels], labels, rng.uniform(0.2, 3, B)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("K", [2, 3, 6])
def test_is_as_scikit_learns(K, weighted):
    X, Y, labels, w = problem(K)
    w = w if weighted else np.ones(len(w))
    fit = logistic(X[None], Y, 0.01, w)
    # Two classes have two symmetric columns here and one there, of twice the size.
    penalty = 0.01 * w.sum() / (1 if K > 2 else 2)
    model = LogisticRegression(C=1 / penalty, tol=1e-10, solver="newton-cholesky")
    model.fit(X, labels, w)
    C, c = fit.coefficients[0], fit.intercepts[0]
    logits = X @ C + c
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        powers / powers.sum(axis=1, keepdims=True), model.predict_proba(X), rtol=1e-5, atol=1e-8
    )
    np.testing.assert_allclose(C.sum(axis=1), 0, atol=1e-9)


def test_many_models_are_as_each_of_them():
    X = np.stack([problem(3, seed=seed)[0] for seed in range(4)])
    _, Y, _, w = problem(3)
    together = logistic(X, Y, 0.01, w)
    for p in range(4):
        alone = logistic(X[p : p + 1], Y, 0.01, w)
        for one, whole in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], whole[p], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("penalty", [1e-8, 0.01])
def test_separable_classes_and_one_without_rows_have_a_solution(penalty):
    X, Y, _, _ = problem(3)
    Y = np.hstack([np.eye(2)[(X[:, 0] > 0).astype(int)], np.zeros((len(X), 1))])
    fit = logistic(X[None], Y, penalty)
    assert all(np.isfinite(part).all() for part in fit)
    logits = X @ fit.coefficients[0] + fit.intercepts[0]
    assert (logits.argmax(axis=1) == (X[:, 0] > 0)).mean() > 0.9
    assert (np.exp(logits[:, 2] - logits.max(axis=1)) < 1e-3).all()


def test_constant_features_leave_the_frequencies():
    fit = logistic(np.full((1, 10, 3), 7.0), np.eye(2)[[0] * 3 + [1] * 7], 0.1)
    np.testing.assert_allclose(fit.coefficients, 0, atol=1e-12)
    assert np.diff(fit.intercepts[0])[0] == pytest.approx(np.log(7 / 3), rel=1e-6)


def test_features_that_are_not_finite_spoil_their_model_only():
    X, Y, _, _ = problem(2)
    X = np.stack([X, X, X])
    X[1, 0, 0] = np.inf
    fit = logistic(X, Y, 0.1)
    for part in fit:
        assert np.isnan(part.reshape(3, -1)).all(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize("penalty", [0.0, -1.0, np.nan])
def test_refuses_penalties(penalty):
    with pytest.raises(ValueError, match="penalty must be"):
        logistic(np.ones((1, 3, 2)), np.eye(2)[[0, 1, 1]], penalty)


def least_loss(X, Y, w, penalty):
    """Return the least penalized cross-entropy of one model, by SciPy, in all K columns."""
    F, K = X.shape[1], Y.shape[1]

    def loss(flat):
        C, c = flat[: F * K].reshape(F, K), flat[F * K :]
        logs = log_softmax(X @ C + c, axis=1)
        d_scores = (np.exp(logs) - Y) * w[:, None] / w.sum()
        by_C = X.T @ d_scores + penalty * C
        value = -((Y * logs).sum(axis=1) @ w) / w.sum() + penalty / 2 * (C**2).sum()
        return value, np.append(by_C, d_scores.sum(axis=0))

    options = {"gtol": 1e-10, "maxiter": 10000}
    return minimize(loss, np.zeros((F + 1) * K), jac=True, method="BFGS", options=options).fun


@pytest.mark.parametrize("B", [31, 32, 33, 65])
@pytest.mark.parametrize("K", [2, 3, 7])
def test_losses_are_the_least_that_scipy_finds(K, B):
    rng = np.random.default_rng(B)
    X, Y = rng.normal(size=(3, B, 4)), rng.dirichlet(np.ones(K), size=B)
    Y[: B // 2] = np.eye(K)[rng.integers(K, size=B // 2)]
    w = rng.uniform(0.2, 3, B)
    found = logistic(X, Y, 1e-3, w).losses
    np.testing.assert_allclose(found, [least_loss(x, Y, w, 1e-3) for x in X], rtol=1e-8)


def test_two_classes_have_opposite_columns():
    X, Y, _, w = problem(2)
    fit = logistic(X[None], Y, 0.01, w)
    np.testing.assert_allclose(fit.coefficients[0, :, 0], -fit.coefficients[0, :, 1], rtol=1e-12)


@pytest.mark.parametrize("size", [1.0, 1e5])
def test_equal_and_large_features_do_no_harm(size):
    X, Y, _, w = problem(3)
    twice = logistic(size * np.hstack([X, X])[None], Y, 0.01, w)
    once = logistic(np.sqrt(2) * size * X[None], Y, 0.01, w)
    np.testing.assert_allclose(twice.losses, once.losses, rtol=1e-8)


def test_float32_features_are_solved_in_double_precision():
    X, Y, _, w = problem(3)
    X = X.astype(np.float32)[None]
    for one, other in zip(
        logistic(X, Y, 0.01, w), logistic(X.astype(float), Y, 0.01, w), strict=True
    ):
        np.testing.assert_array_equal(one, other)
