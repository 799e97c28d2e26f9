"""Ridge regression against scikit-learn and against refits without each row."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeCV

from metarnn.linear import RidgePath, ridge

GRID = np.logspace(-4, 3, 8)
SHAPES = [(30, 6), (12, 12), (20, 70), (2, 1), (2, 5)]


def problem(B, F, K=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(B, F)) * rng.uniform(0.1, 3, F) + rng.normal(size=F)
    Y = X[:, :1] * np.arange(1, K + 1) + rng.normal(size=(B, K)) + 5.0
    return X, Y, rng.uniform(0.2, 3, B)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("B", "F"), SHAPES)
def test_predictions_are_those_of_refits_without_each_row(B, F, weighted):
    X, Y, w = problem(B, F)
    w = w if weighted else np.ones(B)
    predictions = RidgePath(X, Y, w if weighted else None).predictions(GRID)
    for predicted, penalty in zip(predictions, GRID, strict=True):
        for b in range(B):
            others = np.arange(B) != b
            model = Ridge(alpha=penalty, solver="svd" if not weighted else "auto")
            model.fit(X[others], Y[others], w[others])
            np.testing.assert_allclose(predicted[b], model.predict(X[b : b + 1])[0], rtol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("B", "F"), SHAPES[:3])
def test_is_as_scikit_learns(B, F, weighted):
    X, Y, w = problem(B, F, seed=1)
    w = w if weighted else None
    model = RidgeCV(GRID, store_cv_results=True).fit(X, Y, w)
    fit = ridge(X, Y, GRID, w)
    assert fit.penalties == model.alpha_
    np.testing.assert_allclose(fit.coefficients, model.coef_.T, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(fit.intercepts, model.intercept_, rtol=1e-6)
    squares = model.cv_results_.mean(axis=(0, 1)) * B / (B if w is None else w.sum())
    np.testing.assert_allclose(fit.losses, squares, rtol=1e-6)


@pytest.mark.parametrize("F", [4, 40])
def test_many_models_are_as_each_of_them(F):
    _, Y, w = problem(15, F)
    X = np.stack([problem(15, F, seed=seed)[0] for seed in range(5)])
    together = ridge(X, Y, GRID, w)
    for p in range(5):
        alone = ridge(X[p], Y, GRID, w)
        for name, part in alone._asdict().items():
            np.testing.assert_allclose(getattr(together, name)[p], part, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("F", [5, 50])
def test_twice_a_weight_is_twice_a_row(F):
    X, Y, w = problem(10, F)
    w[:5] = 2.0
    twice = np.r_[:10, :5]
    model = Ridge(alpha=0.1, solver="svd").fit(
        X[twice], Y[twice], np.r_[np.ones(5), w[5:], np.ones(5)]
    )
    coefficients, intercepts = RidgePath(X, Y, w).coefficients(0.1)
    np.testing.assert_allclose(coefficients, model.coef_.T, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(intercepts, model.intercept_, rtol=1e-6)


@pytest.mark.parametrize("F", [6, 60])
def test_constant_and_repeated_features_change_nothing(F):
    X, Y, _ = problem(20, F)
    plain = ridge(X, Y, GRID)
    constant = ridge(np.hstack([X, np.full((20, 3), 1e4)]), Y, GRID)
    np.testing.assert_allclose(constant.predictions, plain.predictions, rtol=1e-6)
    half = ridge(np.hstack([X, X]) / np.sqrt(2), Y, GRID)
    np.testing.assert_allclose(half.predictions, plain.predictions, rtol=1e-6)
    nothing = ridge(np.full((20, F), 3.0), Y, GRID)
    means = (Y.sum(axis=0) - Y) / 19
    np.testing.assert_allclose(nothing.predictions, means)
    np.testing.assert_allclose(nothing.coefficients, 0, atol=1e-9)


@pytest.mark.parametrize("F", [6, 60])
def test_features_that_are_not_finite_spoil_their_model_only(F):
    X = np.stack([problem(20, F, seed=seed)[0] for seed in range(4)])
    _, Y, w = problem(20, F)
    X[1, 3, 2], X[2] = np.nan, 1e200
    X[2, ::2] = -1e200
    fit = ridge(X, Y, GRID, w)
    for part in (fit.coefficients, fit.predictions, fit.losses, fit.intercepts):
        spoiled = np.isnan(part.reshape(4, -1))
        assert spoiled[1:3].all()
        assert not spoiled[::3].any()


@pytest.mark.parametrize("F", [6, 60])
def test_huge_features_with_a_tiny_penalty_keep_their_digits(F):
    X, Y, _ = problem(20, F)
    small, large = RidgePath(X, Y), RidgePath(1e9 * X, Y)
    np.testing.assert_allclose(
        large.predictions([1e12]), small.predictions([1e-6]), rtol=1e-3, atol=1e-3
    )
    assert np.isfinite(large.predictions([1e-12])).all()
    assert np.isfinite(np.concatenate(large.coefficients(1e-12), axis=None)).all()


@pytest.mark.parametrize(
    ("features", "targets", "weights", "says"),
    [
        (np.ones(3), np.ones((3, 1)), None, "Features must be"),
        (np.ones((3, 2)), np.ones(3), None, "Features must be"),
        (np.ones((3, 2)), np.ones((4, 1)), None, "as many rows, got 3, 4 and 4"),
        (np.ones((1, 2)), np.ones((1, 1)), None, "two rows at least"),
        (np.ones((3, 2)), np.full((3, 1), np.nan), None, "Targets must be finite"),
        (np.ones((3, 2)), np.ones((3, 1)), [1, 0, 1], "above 0"),
    ],
)
def test_refuses(features, targets, weights, says):
    with pytest.raises(ValueError, match=says):
        RidgePath(features, targets, weights)


@pytest.mark.parametrize("penalties", [[], [0.0], [-1.0], [np.nan], [[1.0]]])
def test_refuses_penalties(penalties):
    with pytest.raises(ValueError, match="Penalties must be"):
        ridge(*problem(5, 2)[:2], penalties)
