"""Parameters and data that estimators refuse, each in one sentence."""

import numpy as np
import pytest
from helpers.small_models import small_model
from sklearn.exceptions import NotFittedError

from metarnn.optimizers import CuckooSearch

X3 = np.zeros((6, 3, 2))
Y = np.array([0, 1, 0, 1, 0, 1])


@pytest.mark.parametrize(
    ("settings", "X", "y", "message"),
    [
        ({}, np.full((6, 3, 2), np.nan), Y, "NaN"),
        ({}, np.full((6, 3, 2), np.inf), Y, "infinity"),
        ({}, X3[:0], Y[:0], "0 sample"),
        ({}, np.zeros((6, 0, 2)), Y, "empty axis in shape"),
        ({}, np.zeros(6), Y, "one axis of 6 values"),
        ({}, np.zeros((6, 3, 2, 2)), Y, "dim 4|4 axes"),
        ({}, [[[1.0], [2.0]], [[1.0, 2.0]]], [0, 1], "same inputs as sequence 0"),
        (
            {},
            [*X3.tolist()[:5], [["a", "b"]] * 3],
            Y,
            "X must hold numbers, got 'a' at sequence 5, step 0, input 0",
        ),
        ({}, X3, np.zeros(6), "at least two classes, got one class only: "),
        ({}, X3, Y[:4], r"\[4, 6\]"),
        ({}, X3, None, "y is None"),
        ({}, X3, np.array([0, 1, np.nan, 0, 1, 0]), "NaN"),
        ({}, X3, np.linspace(0, 1, 6), "continuous"),
        ({}, X3, np.array([0, "a", 1, "a", 0, 1], object), "types that cannot be ordered"),
        ({}, X3, np.array([0, None, 1, 0, 1, 1], object), "types|missing|NaN"),
        ({}, X3, np.zeros((6, 2)), "multilabel|1d array|column"),
        ({"timesteps": 4}, np.zeros((6, 6)), Y, "timesteps must divide the 6 features"),
        ({"timesteps": 2}, X3, Y, "timesteps=2 is for rows"),
        (
            {"optimizer": "gradient"},
            X3,
            Y,
            "unknown optimizer .gradient. .did you mean .gradient_descent.",
        ),
        ({"optimizer": CuckooSearch}, X3, Y, "optimizer must be an instance: write CuckooSearch"),
        ({"optimizer": CuckooSearch(n_nests=1)}, X3, Y, "n_nests must be an integer, at least 3"),
        ({"budget": 0.5}, X3, Y, "budget must be at least one pass"),
        ({"budget": -1}, X3, Y, "budget must be a positive"),
        ({"budget": "many"}, X3, Y, "budget must be a number"),
        ({"loss": "hinge"}, X3, Y, "unknown loss 'hinge'"),
        ({"cell": "lstn"}, X3, Y, "unknown cell 'lstn'"),
        ({"activation": "gelu"}, X3, Y, "unknown activation 'gelu' .*; expected one of tanh"),
        ({"hidden": 0}, X3, Y, "hidden must be at least 1"),
        ({"hidden": 2.5}, X3, Y, "hidden must be an integer"),
        ({"hidden": ()}, X3, Y, "hidden must have a layer"),
        ({"alpha": -1.0}, X3, Y, "alpha must be finite and at least 0"),
        ({"dtype": "float16"}, X3, Y, "unknown dtype 'float16'"),
        ({"dtype": "floaty"}, X3, Y, "unknown dtype 'floaty'"),
        ({"init_scale": 0}, X3, Y, "init_scale must be finite and positive"),
        ({"class_weight": "even"}, X3, Y, "class_weight"),
        ({"validation_fraction": 1.5}, X3, Y, "validation_fraction must be between"),
        ({"n_iter_no_change": 0}, X3, Y, "n_iter_no_change must be an integer"),
        ({"early_stopping": True}, X3, Y, "early_stopping cannot hold back"),
        ({"random_state": "x"}, X3, Y, "random_state must be None"),
        ({"callbacks": [3]}, X3, Y, "callbacks must be a list of callables"),
    ],
)
def test_bad_input_gets_one_sentence(settings, X, y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        small_model(**settings).fit(X, y)


def test_bad_sample_weights(recall):
    for weights, message in (
        (np.ones(5), r"sample_weight must have shape \(120,\)"),
        (np.full(120, -1.0), "sample_weight must be finite, not negative"),
        (np.full(120, np.nan), "sample_weight must be finite, got NaN at sequence"),
        (np.zeros(120), "not all zero"),
        ((recall.y == 0).astype(float), "Fewer than two classes"),
    ):
        with pytest.raises(ValueError, match=message):
            small_model().fit(recall.X, recall.y, sample_weight=weights)


def test_predict_checks_its_input(recall, model):
    with pytest.raises(NotFittedError):
        small_model().predict(recall.X)
    with pytest.raises(ValueError, match="X has 2 inputs at each step"):
        model.predict(recall.X[:, :, :2])
    with pytest.raises(ValueError, match="NaN"):
        model.predict(np.full_like(recall.X, np.nan))


def test_one_sequence_is_not_taken_for_many(recall, model):
    with pytest.raises(ValueError, match=r"a single sequence is X\[None\]"):
        model.predict(recall.X[0])
    assert model.predict(recall.X[0][None]).shape == (1,)


def test_class_weights_and_classes_are_checked(recall):
    with pytest.raises(ValueError, match="class_weight must not be negative"):
        small_model(class_weight={0: -1}).fit(recall.X, recall.y)
    with pytest.raises(ValueError, match="Fewer than two classes are left"):
        small_model(class_weight={0: 0, 1: 0}).fit(recall.X, recall.y)
    with pytest.raises(ValueError, match="warm_start needs the classes of the last fit"):
        small_model(warm_start=True).fit(recall.X, recall.y).fit(recall.X, recall.y + 5)
    with pytest.raises(TypeError, match="callbacks must be a list of callables"):
        small_model(callbacks=print).fit(recall.X, recall.y)


def test_a_classifier_does_not_score_steps():
    with pytest.raises(ValueError, match="does not score single steps"):
        small_model(readout="steps").fit(X3, Y)
