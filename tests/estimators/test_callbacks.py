"""What follows a fit: callbacks, the progress bar, Ctrl-C."""

import numpy as np
import pytest
from helpers.small_models import small_model

from metarnn import RNNClassifier, RNNRegressor
from metarnn.estimators import Callback


def test_callbacks_see_every_iteration_and_may_stop(recall):
    seen = []

    def watch(intermediate_result):
        seen.append(intermediate_result.fun)
        if len(seen) == 7:
            raise StopIteration

    model = small_model(callbacks=[watch]).fit(recall.X, recall.y)
    assert model.n_iter_ == 7
    np.testing.assert_array_equal(seen, model.history_.best)
    assert model.stop_reason_ == "A callback halted the search."


class Diary(Callback):
    """Writes down when it is called."""

    def __init__(self, halt=None):
        self.halt, self.lines = halt, []

    def on_fit_begin(self, model):
        self.lines.append(("begin", hasattr(model, "weights_")))

    def on_iteration(self, state):
        self.lines.append(state.nit)
        return state.nit == self.halt

    def on_fit_end(self, model):
        self.lines.append(("end", model.n_iter_))


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_callbacks_see_beginning_iterations_and_end(recall, kind):
    diary, seen = Diary(), []
    settings = {"callbacks": [diary, lambda intermediate_result: seen.append(1)]}
    model = small_model(kind, **settings)
    model.fit(recall.X, recall.y)
    assert diary.lines == [("begin", False), *range(1, 21), ("end", 20)]
    assert len(seen) == 20
    halting = Diary(halt=7)
    model = small_model(callbacks=[halting]).fit(recall.X, recall.y)
    assert model.n_iter_ == 7
    assert model.stop_reason_ == "A callback halted the search."
    assert halting.lines[-1] == ("end", 7)


@pytest.mark.parametrize("bad", [Diary, [Diary], "adam", [None]])
def test_other_callbacks_are_refused(recall, bad):
    with pytest.raises(TypeError, match="callbacks must be a list"):
        small_model(callbacks=bad).fit(recall.X, recall.y)


def test_callbacks_of_scikit_learn(recall):
    callback = pytest.importorskip("sklearn.callback")
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = small_model(budget=300).set_callbacks(monitor)
    model.fit(recall.X, recall.y)
    plain = small_model(budget=300).fit(recall.X, recall.y)
    np.testing.assert_array_equal(model.weights_, plain.weights_)

    class Watch:
        """Counts iterations, and halts."""

        def __init__(self):
            self.tasks, self.scores = [], []

        def setup(self, estimator, context):
            self.tasks.append("setup")

        def teardown(self, estimator, context):
            self.tasks.append("teardown")

        def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
            self.tasks.append(("begin", context.task_name))

        def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
            self.scores.append(fitted_estimator.score(X, y))
            return len(self.scores) == 9

    watch = Watch()
    model = small_model(budget=300).set_callbacks(watch).fit(recall.X, recall.y)
    assert model.n_iter_ == 9
    assert watch.tasks == ["setup", ("begin", "fit"), *[("begin", "iteration")] * 9, "teardown"]
    assert len(watch.scores) == 10
    assert watch.scores[-1] == model.score(recall.X, recall.y)


def test_verbose_shows_a_bar_with_the_loss(recall, capsys):
    small_model(verbose=1).fit(recall.X, recall.y)
    assert "loss" in capsys.readouterr().err
    small_model().fit(recall.X, recall.y)
    assert capsys.readouterr() == ("", "")


def test_progress_is_one_line_that_is_rewritten(recall, capsys):
    small_model(verbose=1).fit(recall.X, recall.y)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Adam" in captured.err
    assert captured.err.count("\n") == 1


def test_interrupt_keeps_the_best(recall):
    calls = []

    def interrupt(intermediate_result):
        calls.append(intermediate_result.fun)
        if len(calls) == 5:
            raise KeyboardInterrupt

    model = small_model(callbacks=[interrupt])
    with pytest.warns(UserWarning, match="Interrupted after 15 of 60 passes"):
        model.fit(recall.X, recall.y)
    assert model.loss_ == min(calls)
    assert "interrupted from the keyboard" in model.stop_reason_
    assert model.predict(recall.X).shape == (120,)
