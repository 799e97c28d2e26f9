"""Scores as losses: counted for whole populations, and scikit-learn's scorers."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.error_checks import one_sentence
from sklearn.base import clone
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    fbeta_score,
    log_loss,
    make_scorer,
    matthews_corrcoef,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV

from metarnn import Fitness, Network, RNNClassifier, compare, minimize, warmup
from metarnn.cli import main
from metarnn.criteria import CRITERIA, criterion_of, score
from metarnn.criteria.confusion_score import ConfusionScore
from metarnn.criteria.score import Predictions
from metarnn.criteria.sklearn_score import SklearnScore
from metarnn.datasets import load
from metarnn.networks.diagnostics import gradient_norms
from metarnn.optimizers import Adam, CuckooSearch, HybridGA, MiniBatch, Order

COUNTED = {
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
    "f1_macro": lambda y, answers, **rest: f1_score(y, answers, average="macro", **rest),
}
every_confusion_score = pytest.mark.parametrize("name", COUNTED)


def build(K=3, **settings):
    return Network.build(2, K, hidden=4, **settings)


def data(B=40, T=5, K=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(B, T, 2)), rng.integers(K, size=B)


def population(network, P=7, scale=3.0):
    return scale * network.init(np.random.default_rng(1), P)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# --- The same as scikit-learn ------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
@every_confusion_score
@pytest.mark.parametrize("K", [2, 3, 7])
@pytest.mark.parametrize("absent", [False, True])
def test_counted_scores_are_those_of_scikit_learn(name, K, absent):
    network = build(K)
    X, y = data(K=K)
    if absent and K > 2:  # networks still answer with it
        y[y == 1] = 0
    points = population(network, 30)
    answers = network.scores(points, X).argmax(axis=2)
    expected = [1 - COUNTED[name](y, some) for some in answers]
    np.testing.assert_array_equal(Fitness(network, X, y, loss=name)(points), expected)


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
@every_confusion_score
@pytest.mark.parametrize("K", [3, 12])
def test_counted_scores_with_weights_are_those_of_scikit_learn(name, K):
    network = build(K)
    X, y = data(K=K)
    y[y == 2] = 0
    shares = np.random.default_rng(3).uniform(size=len(y)) * (np.arange(len(y)) % 5 > 0)
    points = population(network)
    answers = network.scores(points, X).argmax(axis=2)
    kept = shares > 0  # scikit-learn's F1 counts classes of no weight
    expected = [
        1 - COUNTED[name](y[kept], some[kept], sample_weight=shares[kept]) for some in answers
    ]
    losses = Fitness(network, X, y, loss=name, sample_weight=shares)(points)
    np.testing.assert_allclose(losses, expected, rtol=0, atol=4e-16)


@every_confusion_score
def test_of_equal_scores_the_first_class_is_the_answer(name):
    rng = np.random.default_rng(0)
    scores = rng.integers(2, size=(5, 60, 4)).astype(np.float32)
    labels = rng.integers(4, size=60)
    expected = [COUNTED[name](labels, some.argmax(axis=1)) for some in scores]
    found = CRITERIA[name].of(Predictions(scores, labels, np.ones(60)))
    np.testing.assert_array_equal(found, expected)


@every_confusion_score
def test_a_network_without_weights_answers_with_the_first_class(name):
    X, y = data()
    loss = Fitness(build(), X, y, loss=name)(np.zeros(build().n_weights))
    assert loss == [1 - COUNTED[name](y, np.zeros_like(y))]


SCORERS = {
    "roc_auc": (2, lambda y, s: 1 - roc_auc_score(y, s[:, 1] - s[:, 0])),
    "f1": (2, lambda y, s: 1 - f1_score(y, s.argmax(axis=1))),
    "neg_log_loss": (3, lambda y, s: log_loss(y, softmax(s), labels=[0, 1, 2])),
    "roc_auc_ovr": (3, lambda y, s: 1 - roc_auc_score(y, softmax(s), multi_class="ovr")),
    "matthews_corrcoef": (3, lambda y, s: 1 - matthews_corrcoef(y, s.argmax(axis=1))),
}


@pytest.mark.parametrize("name", SCORERS)
def test_scorers_are_asked_about_each_candidate(name):
    K, expected = SCORERS[name]
    network = build(K)
    X, y = data(K=K)
    points = population(network)
    each = [expected(y, some.astype(float)) for some in network.scores(points, X)]
    losses = Fitness(network, X, y, loss=name)(points)
    np.testing.assert_allclose(losses, each, rtol=1e-12, atol=1e-15)


def test_the_area_under_the_curve_is_scikit_learns_with_ties_and_weights():
    rng = np.random.default_rng(0)
    scores = rng.integers(4, size=(9, 50, 2)).astype(np.float32)
    scores[7, 3, 1] = np.nan
    scores[8] = 1.0
    labels, weights = rng.integers(2, size=50), rng.uniform(size=50)
    for given in (weights, np.ones(50)):
        ours, theirs = (
            criterion.of(Predictions(scores, labels, given))
            for criterion in (criterion_of("roc_auc"), SklearnScore("roc_auc"))
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        assert np.isnan(ours[7])
        assert ours[8] == pytest.approx(0.5)


@every_confusion_score
def test_scikit_learns_scorer_of_a_counted_score_agrees(name):
    X, y = data()
    shares = np.random.default_rng(3).uniform(size=len(y))
    points = population(build())
    metric = COUNTED[name]
    ours, theirs = (
        Fitness(build(), X, y, loss=loss, sample_weight=shares, alpha=0.1)(points)
        for loss in (name, make_scorer(metric))
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)


def test_a_scorer_object_is_taken_with_its_settings_and_weights():
    X, y = data(K=2)
    network, shares = build(2), np.random.default_rng(3).uniform(size=len(y))
    points = population(network)
    answers = network.scores(points, X).argmax(axis=2)
    scorer = make_scorer(fbeta_score, beta=2, pos_label=0)
    losses = Fitness(network, X, y, loss=scorer, sample_weight=shares)(points)
    for some, loss in zip(answers, losses, strict=True):
        expected = fbeta_score(y, some, beta=2, pos_label=0, sample_weight=shares)
        assert loss == pytest.approx(1 - expected, rel=1e-14)


def test_a_callable_sees_a_classifier_that_answers_by_row():
    X, y = data()
    seen = []

    def first_half(classifier, X, y):
        seen.append(classifier)
        half = len(y) // 2
        assert classifier.predict_proba(X[:3]).shape == (3, 3)
        np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1)
        np.testing.assert_array_equal(
            classifier.decision_function(X).argmax(axis=1), (classifier.predict(X))
        )
        return (classifier.predict(X[:half]) == y[:half]).mean()

    points = population(build())
    losses = Fitness(build(), X, y, loss=first_half)(points)
    answers = build().scores(points, X).argmax(axis=2)
    np.testing.assert_array_equal(losses, 1 - (answers == y)[:, :20].mean(axis=1))
    np.testing.assert_array_equal(seen[-1].classes_, [0, 1, 2])


# --- As all that a fitness tells ---------------------------------------------------------

SOME = ("accuracy", "f1_macro", "roc_auc_ovr")
some_scores = pytest.mark.parametrize("loss", SOME)


@some_scores
@pytest.mark.parametrize("B", [6, 40])  # lanes are candidates, or sequences
def test_company_blocks_and_threads_make_no_difference(loss, B, monkeypatch):
    X, _ = data(B)
    y = np.arange(B) % 3
    points = population(build(), 40)
    losses = Fitness(build(), X, y, loss=loss)(points)
    assert losses.shape == (40,)
    assert len(set(losses)) > 3
    monkeypatch.setattr(score, "BLOCK_BYTES", 8 * B * 3 * 5)  # five candidates at a time
    blocks = Fitness(build(), X, y, loss=loss, n_threads=1)
    np.testing.assert_array_equal(blocks(points), losses)
    for point, value in zip(points[:5], losses, strict=False):
        np.testing.assert_array_equal(blocks(point), [value])
    assert blocks(points[:0]).shape == (0,)


@every_confusion_score
def test_counted_scores_do_not_depend_on_order_or_repetition_to_the_bit(name):
    X, y = data()
    rng = np.random.default_rng(0)
    counts, order = rng.integers(4, size=len(y)), rng.permutation(len(y))
    shares, points = rng.uniform(size=len(y)), population(build())

    def losses(rows, weights):
        return Fitness(build(), X[rows], y[rows], loss=name, sample_weight=weights)(points)

    everything = np.arange(len(y))
    np.testing.assert_array_equal(losses(order, shares[order]), losses(everything, shares))
    np.testing.assert_array_equal(
        losses(np.repeat(everything, counts), None), losses(everything, counts)
    )


@some_scores
def test_batches_are_fitnesses_of_their_own(loss):
    X, y = data(B=45)
    fitness, points = Fitness(build(), X, y, loss=loss, alpha=0.1), population(build())
    rows = np.arange(10, 30)
    alone = Fitness(build(), X[rows], y[rows], loss=loss, alpha=0.1)
    np.testing.assert_array_equal(fitness.batch(rows)(points), alone(points))
    assert fitness.batch(rows).cost(Order.VALUE) == 20 / 45
    parts = [fitness.mini_batch(MiniBatch(i, 3, 0)) for i in range(3)]
    assert [part.n_sequences for part in parts] == [15, 15, 15]
    if loss == "accuracy":
        mean = np.mean([part(points) for part in parts], axis=0)
        np.testing.assert_allclose(mean, fitness(points), rtol=1e-14)


def test_a_batch_that_a_scorer_cannot_tell_about_is_not_the_best():
    X, y = data()
    part = Fitness(build(), X, y, loss="balanced_accuracy").batch([0])
    assert np.isfinite(part(population(build()))).all()
    one_class = Fitness(build(2), X, y % 2, loss="roc_auc").batch(np.flatnonzero(y == 1))
    assert np.isnan(one_class(population(build(2)))).all()


@some_scores
def test_penalty_is_added(loss):
    X, y = data()
    points = population(build())
    free, bound = (Fitness(build(), X, y, loss=loss, alpha=a)(points) for a in (0.0, 0.2))
    squares = [
        sum((b**2).sum() for name, b in build().unpack(p).items() if name.startswith("weight"))
        for p in points
    ]
    np.testing.assert_allclose(bound - free, 0.1 * np.array(squares), rtol=1e-10)


@some_scores
def test_steps_after_the_end_of_a_sequence_are_not_read(loss):
    X, y = data()
    lengths = np.random.default_rng(5).integers(1, 6, size=len(y))
    points = population(build())
    losses = Fitness(build(), X, y, loss=loss, lengths=lengths)(points)
    X[np.arange(5) >= lengths[:, None]] = 1e3
    np.testing.assert_array_equal(
        Fitness(build(), X, y, loss=loss, lengths=lengths)(points), losses
    )
    if loss == "accuracy":
        answers = build().scores(points, X, lengths=lengths).argmax(axis=2)
        np.testing.assert_array_equal(losses, [1 - accuracy_score(y, some) for some in answers])


@some_scores
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_not_finite_has_no_loss(loss, dtype):
    X, y = data()
    network = build(dtype=dtype, activation="relu")
    points = population(network, 6)
    points[0, 0], points[1, -1] = np.inf, np.nan
    points[2] = 1e300  # finite weights, scores that are not
    losses = Fitness(network, X, y, loss=loss)(points)
    assert np.isnan(losses).tolist() == [True, True, True, False, False, False]
    saturated = build(dtype=dtype)
    points = np.zeros((1, saturated.n_weights))
    points[0, 0] = np.inf  # tanh of it is finite
    assert np.isnan(Fitness(saturated, X, y, loss=loss)(points)).all()


@some_scores
def test_it_can_be_pickled(loss):
    X, y = data()
    fitness, points = Fitness(build(), X, y, loss=loss), population(build())
    copy = pickle.loads(pickle.dumps(fitness))
    np.testing.assert_array_equal(copy(points), fitness(points))


def test_steps_count_by_their_share_in_the_sequence():
    rng = np.random.default_rng(0)
    X, lengths = rng.normal(size=(20, 6, 2)), rng.integers(1, 6, size=20)
    network = build(readout="steps")
    y = rng.integers(3, size=(20, 6))
    y[:, 1:][rng.random((20, 5)) < 0.3] = -1
    shares, points = rng.uniform(size=20), population(network)
    scored = (y >= 0) & (np.arange(6) < lengths[:, None])
    right = network.scores(points, X, lengths=lengths).argmax(axis=3) == y
    of_sequences = (right & scored).sum(axis=2) / scored.sum(axis=1)
    rest = {"lengths": lengths, "sample_weight": shares}
    losses = Fitness(network, X, y, loss="accuracy", **rest)(points)
    np.testing.assert_allclose(losses, 1 - np.average(of_sequences, axis=1, weights=shares))
    theirs = Fitness(network, X, y, loss=make_scorer(accuracy_score), **rest)(points)
    np.testing.assert_allclose(theirs, losses, rtol=1e-13)


def test_answers_of_a_decoder_count_with_the_mark_of_their_end():
    X, _ = data(B=12)
    network = Network.build(2, 4, hidden=4, decoder="plain")
    y = [[b % 3] * (b % 3 + 1) for b in range(12)]
    points = population(network)
    right = [
        [
            (scores[: len(row) + 1].argmax(axis=1) == [*row, 3]).mean()
            for scores, row in zip(some, y, strict=True)
        ]
        for some in network.scores(points, X, targets=y)
    ]
    losses = Fitness(network, X, y, loss="accuracy")(points)
    np.testing.assert_allclose(losses, 1 - np.mean(right, axis=1), rtol=1e-13)


def test_a_constant_answer_reaches_the_loss_of_the_frequencies():
    labels = np.repeat([0, 1, 2], [20, 50, 30])
    expected = {
        "accuracy": 0.5,
        "balanced_accuracy": 2 / 3,
        "f1_macro": 1 - 2 * 50 / 150 / 3,
        "neg_log_loss": -(np.array([0.2, 0.5, 0.3]) * np.log([0.2, 0.5, 0.3])).sum(),
        "roc_auc_ovr": 0.5,
    }
    for name, loss in expected.items():
        assert criterion_of(name).baseline_loss(labels, 3) == pytest.approx(loss, rel=1e-12)


# --- Training ----------------------------------------------------------------------------


def test_cuckoo_search_learns_a_small_task_by_accuracy():
    task = load("latch")
    network = Network.build(task.X.shape[2], task.n_classes, hidden=4)
    fitness = Fitness(network, task.X, task.y, loss="accuracy")
    result = minimize(fitness, CuckooSearch(), budget=5000, seed=0, target=0.0)
    assert result.stop == "target"
    answers = network.scores(result.x, task.X).argmax(axis=1)
    np.testing.assert_array_equal(answers, task.y)


@pytest.mark.parametrize("loss", ["f1_macro", make_scorer(matthews_corrcoef)], ids=str)
def test_classifier(loss):
    X, _ = data()
    labels = np.array(["no", "yes"])[(X[:, -1, 0] > 0).astype(int)]
    one = {"alpha": 0.0, "n_best": 1, "random_state": 0}
    model = RNNClassifier(cell="elman", hidden=3, optimizer="cuckoo", loss=loss, budget=600, **one)
    model.fit(X, labels)
    metric = COUNTED["f1_macro"] if loss == "f1_macro" else matthews_corrcoef
    assert model.loss_ == 1 - metric(labels, model.predict(X))
    assert model.loss_ == model.history_.best[-1] < 0.3
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(X))


def test_classifier_stops_early_by_a_score_and_weighs_classes():
    X, y = data(B=60)
    model = RNNClassifier(
        hidden=3,
        optimizer="ga",
        loss="balanced_accuracy",
        class_weight="balanced",
        budget=600,
        early_stopping=True,
        random_state=0,
    ).fit(X, y)
    held_back = 1 - np.array(model.validation_loss_curve_)
    assert ((held_back >= 0) & (held_back <= 1)).all()


def test_grid_search_with_a_scorer_as_a_setting():
    X, y = data(B=30, K=2)
    scorer = make_scorer(fbeta_score, beta=2)
    model = RNNClassifier(hidden=2, optimizer="cuckoo", loss=scorer, budget=60, random_state=0)
    copied = clone(model)
    assert copied.fit(X, y).loss_ == model.fit(X, y).loss_
    search = GridSearchCV(model, {"loss": ["accuracy", scorer, "roc_auc"]}, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_comparison(tmp_path):
    comparison = compare(
        "iris", ["cuckoo", "random_search"], loss="accuracy", budget=200, seeds=2, hidden=3
    )
    table = comparison.to_frame()
    np.testing.assert_allclose(table["train_loss"], 1 - table["train_accuracy"], atol=1e-15)
    assert comparison.protocol.target == pytest.approx(0.1 * 2 / 3)
    assert "loss 1 - accuracy" in comparison.caption().replace("\n", " ")
    comparison.save(tmp_path)
    by_scorer = compare(
        "iris",
        ["random_search"],
        loss=make_scorer(accuracy_score),
        budget=200,
        seeds=2,
        hidden=3,
    )
    same = table[table["optimizer"] == "random_search"]["train_loss"]
    np.testing.assert_allclose(by_scorer.to_frame()["train_loss"], same, atol=1e-15)


def test_command_line(capsys, tmp_path):
    words = "compare iris --optimizers cuckoo --budget 60 --seeds 1 --hidden 2 --loss neg_log_loss"
    assert main([*words.split(), "--output", str(tmp_path)]) == 0
    assert "loss log_loss" in capsys.readouterr().out.replace("\n", " ")
    assert np.isfinite(pd.read_csv(tmp_path / "results.csv")["train_loss"]).all()
    assert main("compare iris --optimizers cuckoo adam --loss accuracy".split()) == 2
    assert "Adam needs a gradient, and the --loss 'accuracy' has none" in capsys.readouterr().err
    main(["list"])
    listed = capsys.readouterr().out
    assert all(name in listed for name in CRITERIA)


def test_warm_up_calls_what_is_compiled(monkeypatch):
    calls, of = [], ConfusionScore.of

    def spy(self, predictions):
        calls.append(predictions)
        return of(self, predictions)

    monkeypatch.setattr(ConfusionScore, "of", spy)
    warmup(build(), loss="accuracy")
    assert calls


# --- What is refused ---------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["accuracy", "roc_auc_ovr"])
def test_there_is_no_gradient(loss):
    X, y = data()
    fitness = Fitness(build(), X, y, loss=loss)
    parts = f"the loss {loss!r} has none", "'cuckoo'", "cross_entropy, mse"
    points = population(build())
    for call, order in (
        (lambda: fitness.gradient(points), "gradient"),
        (lambda: fitness.gauss_newton(points), "gauss_newton"),
        (lambda: fitness.cost(Order.GRADIENT), "gradient"),
        (lambda: fitness.batch([0, 1]).cost(Order.GAUSS_NEWTON), "gauss_newton"),
    ):
        with pytest.raises(ValueError, match=order) as error:
            call()
        one_sentence(error, *parts)
    for optimizer in (Adam(), HybridGA()):
        name = f"{type(optimizer).__name__} needs a gradient, and"
        for call in (
            lambda optimizer=optimizer: minimize(fitness, optimizer, budget=90),
            lambda optimizer=optimizer: RNNClassifier(loss=loss, optimizer=optimizer).fit(X, y),
            lambda optimizer=optimizer: compare("iris", optimizer, loss=loss),
        ):
            with pytest.raises(ValueError, match=name) as error:
                call()
            one_sentence(error, *parts)
    assert fitness.cost(Order.VALUE) == 1
    with pytest.raises(ValueError, match="unknown loss"):
        gradient_norms(build(), points[0], X, y, loss=loss)


def two_numbers(classifier, X, y):
    return {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize(
    ("loss", "K", "kind", "named"),
    [
        ("hinge", 3, ValueError, ["unknown loss 'hinge'", "'metarnn list losses'"]),
        (["accuracy"], 3, ValueError, ["unknown loss ['accuracy']"]),
        ("r2", 2, ValueError, ["'r2'", "is for regression"]),
        ("neg_mean_squared_error", 2, ValueError, ["is for regression"]),
        (
            "f1",
            3,
            ValueError,
            ["'f1' cannot score these labels", "for two classes, expected f1_macro"],
        ),
        ("roc_auc", 3, ValueError, ["'roc_auc' cannot score these labels", "multi_class"]),
        (
            "adjusted_rand_score",
            2,
            ValueError,
            ["highest for perfect", "wrong ones 1 "],
        ),
        ("positive_likelihood_ratio", 2, ValueError, ["highest for perfect predictions"]),
        (make_scorer(log_loss, response_method="predict_proba"), 2, ValueError, ["'log_loss'"]),
        (f1_score, 2, TypeError, ["f1_score is a metric", "make_scorer(f1_score)"]),
        (two_numbers, 2, ValueError, ["'two_numbers' cannot score", "'dict'"]),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_is_no_score_of_these_labels_is_refused(loss, K, kind, named):
    X, y = data(K=K)
    with pytest.raises(kind) as error:
        Fitness(build(K), X, y, loss=loss)
    one_sentence(error, *named)


def test_a_class_that_a_scorer_needs_is_missed_at_the_door():
    X, y = data()
    with pytest.raises(ValueError, match="'roc_auc_ovr' cannot score these labels") as error:
        Fitness(build(), X, y % 2, loss="roc_auc_ovr")
    one_sentence(error)


def test_weights_that_a_scorer_does_not_take_are_refused():
    X, y = data(K=2)

    def plain(classifier, X, y):
        return accuracy_score(y, classifier.predict(X))

    Fitness(build(2), X, y, loss=plain, sample_weight=np.full(len(y), 3.0))
    with pytest.raises(ValueError, match="with their weights") as error:
        Fitness(build(2), X, y, loss=plain, sample_weight=np.arange(len(y)))
    one_sentence(error, "'plain'", "sample_weight")
