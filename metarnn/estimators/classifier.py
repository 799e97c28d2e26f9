"""A scikit-learn classifier of sequences."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from metarnn.criteria import criterion_of

from .recurrent import Examples, Floats, RecurrentEstimator, steps_alone


@dataclass(eq=False, repr=False, kw_only=True)
class RNNClassifier(ClassifierMixin, RecurrentEstimator):
    """Recurrent network trained by gradient descent or by a population method.

    Parameters
    ----------
    cell : str
        Recurrent cell, a name in ``metarnn.cells.CELLS``.
    hidden : int or tuple of int
        H, hidden units of each layer.
    activation : {"tanh", "relu", "sigmoid"}
        Of cells that leave a choice.
    optimizer : str or Optimizer
        A name in ``metarnn.optimizers.OPTIMIZERS`` or an instance, whose settings
        ``GridSearchCV`` reaches as ``optimizer__learning_rate``.
    budget : float
        Passes to spend: one is the loss of one candidate on the training set, a gradient
        counts as 3.
    loss : str or callable
        What is minimized. "cross_entropy" and "mse" suit every optimizer. "accuracy",
        "balanced_accuracy", "f1_macro" and the scorers of scikit-learn, by name or as
        ``make_scorer`` makes them, have no gradient: for optimizers such as "cuckoo" and "ga".
        A scorer sees the places of the classes in `classes_`, 0 and 1 for two; how it becomes a
        loss is told under :class:`metarnn.Fitness`.
    alpha : float
        L2 penalty: alpha/2 times the sum of the squared weights is added to the mean loss.
    class_weight : dict, "balanced" or None
        Weight of each class.
    bidirectional, residual, windows, grid, embedding, readout
        The network's wiring; see :meth:`metarnn.Network.build`. With `embedding` X holds
        tokens, integers from 0 on; with `grid` images.
    timesteps : int, optional
        For 2-D X: the steps into which a row of features is cut. By default each feature is
        a step of one input. With ``timesteps=1`` the recurrent weights have no effect.
    layout : {"ntc", "nct"}
        Whether sequences are (B, T, I), and (T_i, I) in a list, or (B, I, T) and (I, T_i) as
        aeon and sktime have them.
    scale : bool
        Standardize each channel, or each feature of rows, by a
        :class:`metarnn.SequenceScaler` fitted on the training sequences, without those that are
        held back; it becomes part of the model.
    early_stopping : bool
        Hold back `validation_fraction` of the sequences, stop when their loss has not
        fallen for `n_iter_no_change` iterations, and keep the weights that did best there.
    validation_fraction : float
        Share that is held back.
    n_iter_no_change : int
        Iterations of patience; for early stopping alone. An iteration is one request of the
        optimizer: a gradient step of all its starts, a generation of the GA (half a
        generation of cuckoo search), a step of a refinement.
    warm_start : bool
        Set out from the weights of the last fit, whatever optimizer found them: cuckoo search
        can hand over to Adam by ``set_params(optimizer="adam", warm_start=True)``.
    initial_weights : (D,) or (m, D) array_like, optional
        Weights to set out from in the first fit; the optimizer draws what else it needs.
    n_best : int
        Keep so many of the best candidates of the optimizer's last population, and average
        what they answer: an ensemble at the price of one fit. It makes up for what a population
        method has not refined (ten of cuckoo search or differential evolution: 4% more right
        on wine, 1% on breast cancer); what has converged is much alike and gains nothing
        (genetic hybrids). Several starts of a gradient method (``Adam(n_starts=5)``) differ more.
    random_state : int, RandomState, Generator or None
        The same integer gives the same fit, on any number of threads.
    verbose : int
        1 shows a progress bar on standard error.
    callbacks : list, optional
        Of :class:`metarnn.estimators.Callback`, or of functions that are called after every
        iteration as ``callback(intermediate_result=...)``, with a
        ``scipy.optimize.OptimizeResult`` (x, fun, nit, passes, seconds, ...); raising
        StopIteration ends the fit. Those of scikit-learn 1.9 and later are set by
        ``set_callbacks``.
    init_scale : float
        Factor of the initial weights' standard deviation, which is 1 / sqrt(fan-in).
    dtype : {"float32", "float64"}
        What passes compute in.
    n_threads : int, optional
        At most so many threads; by default all of numba's.

    Attributes
    ----------
    classes_ : (K,) array
        Class labels.
    weights_ : (D,) array
        Flat weights; ``network_.unpack(weights_)`` names them.
    network_ : Network
        The network.
    members_ : (n, D) array or None
        Weights of the ensemble, the best first, where `n_best` is above 1.
    scaler_ : SequenceScaler or None
        What inputs are standardized by, with `scale`.
    loss_ : float
        Training loss of `weights_`, penalty included: the number that was minimized, 1 - score
        where a score was to be raised.
    best_loss_ : float
        Lowest training loss met; other than `loss_` only with early stopping.
    loss_curve_ : (n_iter_,) array
        Lowest training loss of each iteration.
    history_ : History
        Passes, seconds, loss and best loss by iteration; ``history_.to_frame()`` for pandas.
    n_iter_ : int
        Iterations.
    n_passes_ : float
        Passes spent.
    n_evals_, n_grad_evals_, n_matrix_evals_ : int
        Losses, gradients and Gauss-Newton matrices computed.
    stop_reason_ : str
        Why the fit ended, in a sentence.
    validation_loss_curve_, validation_scores_ : list or None
        Loss and accuracy on the held-back sequences, by iteration.
    best_validation_loss_, best_validation_score_ : float or None
        Of `weights_`.
    n_features_in_, n_timesteps_in_, n_channels_in_, n_outputs_ : int
        Features of a row (for 3-D X: inputs of a step), T, I and K as seen in fit.

    Notes
    -----
    Inputs should be scaled to about unit variance: by ``scale=True``, or by a
    :class:`metarnn.SequenceScaler` in a pipeline. A 2-D row has no time: reading
    its features one by one is a convention, not a model of the data, and a forest or a
    boosted tree is often the better classifier for such rows.

    Examples
    --------
    >>> from metarnn import RNNClassifier
    >>> from metarnn.datasets import load
    >>> data = load("latch")
    >>> model = RNNClassifier(hidden=4, optimizer="cuckoo", budget=2000, random_state=0)
    >>> model.fit(data.X, data.y).score(data.X, data.y)  # doctest: +SKIP
    """

    class_weight: dict[Any, float] | str | None = None

    SAVED = RecurrentEstimator.SAVED | {"classes_"}

    @available_if(steps_alone)
    def partial_fit(
        self,
        X: Any,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
    ) -> Self:
        """Take one gradient step on some sequences, as they come in.

        For gradient descent, Adam and RMSProp, with the learning rate as it stands: schedules
        follow a budget, which there is none of. The optimizer's moments are kept from call to
        call, though not in a pickle. `loss_` and `loss_curve_` are of the given
        sequences, before the step.

        Parameters
        ----------
        X, y, sample_weight, lengths
            See :meth:`fit`.
        classes : (K,) array_like, optional
            All classes that will come; needed in the first call.
        """

        def learn(n: int, weights: Floats) -> NDArray[Any]:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self._learn_answers(classes, np.size(classes), np.ones(np.size(classes)))
            return self._known_answers(y, n)

        return self._partial_fit(X, y, sample_weight, lengths, learn)

    def predict_proba(self, X: Any, lengths: ArrayLike | None = None) -> Floats:
        """Return class probabilities (B, K), in the order of `classes_`.

        They are the softmax of the network's scores, also where a scorer was the loss. With the
        MSE, whose outputs are independent, they are the outputs scaled to sum 1. With `n_best`
        they are the members' mean.
        """
        return self._mean_probabilities(self._scores(X, lengths))

    def predict(self, X: Any, lengths: ArrayLike | None = None) -> NDArray[Any]:
        """Return the most probable class of each sequence, (B,)."""
        scores = self._scores(X, lengths)
        # Of one network by the scores: where probabilities are rounded to 1, these still differ.
        found = scores[0] if len(scores) == 1 else self._mean_probabilities(scores)
        return np.asarray(self.classes_[found.argmax(axis=1)])

    def score(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
    ) -> float:
        """Return the share of right answers."""
        answers = self.predict(X, lengths)
        return float(accuracy_score(y, answers, sample_weight=sample_weight))

    def _mean_probabilities(self, scores: Floats) -> Floats:
        return np.asarray(criterion_of(self._loss).probabilities(scores).mean(axis=0))

    def _learn_answers(self, y: ArrayLike, n_sequences: int, weights: Floats) -> NDArray[np.int64]:
        """Set `classes_` and return indices into it."""
        labels = column_or_1d(y, warn=True)
        check_consistent_length(labels, np.empty(n_sequences))
        try:
            classes, codes = np.unique(labels, return_inverse=True)
        except TypeError:
            raise ValueError(
                "y mixes labels of types that cannot be ordered, such as numbers and words or "
                "missing ones: make them all of one type."
            ) from None
        check_classification_targets(labels)
        self.classes_ = classes
        if len(self.classes_) < 2:
            raise ValueError(
                f"y must hold at least two classes, got one class only: {self.classes_[0]!r}."
            )
        return np.asarray(codes, dtype=np.int64)

    def _known_answers(self, y: ArrayLike, n_sequences: int) -> NDArray[np.int64]:
        labels = column_or_1d(y, warn=True)
        check_consistent_length(labels, np.empty(n_sequences))
        place = {label: i for i, label in enumerate(self.classes_.tolist())}
        codes = [place.get(label, -1) for label in labels.tolist()]
        if -1 in codes:
            unknown = labels.tolist()[codes.index(-1)]
            raise ValueError(
                f"y must hold the classes {', '.join(map(str, self.classes_))}, got {unknown!r}."
            )
        return np.array(codes, dtype=np.int64)

    def _examples(self, *given: Any) -> Examples:
        examples = super()._examples(*given)
        if len(np.unique(examples.answers[examples.weights > 0])) < 2:
            raise ValueError(
                "Fewer than two classes are left: only one has sequences of positive weight."
            )
        return examples

    def _weighed(self, weights: Floats, answers: NDArray[Any]) -> Floats:
        """Multiply the weights of sequences with those of their classes."""
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, self.classes_[answers])
            if weights.min() < 0:
                raise ValueError(f"class_weight must not be negative, got {self.class_weight!r}.")
        return weights

    def _checked_optimizer(self) -> Any:
        if criterion_of(self.loss).is_regression:
            raise ValueError(
                f"loss must be one of classes, got {self.loss!r}, for which there is RNNRegressor."
            )
        return super()._checked_optimizer()

    def _n_scores(self) -> int:
        return len(self.classes_)

    def _score_of(self, scores: NDArray[np.floating], examples: Examples) -> float:
        return float((scores.argmax(axis=1) == examples.answers).mean())

    def _strata(self, answers: NDArray[Any]) -> NDArray[Any]:
        return answers

    def _same_answers(self) -> str | None:
        last = getattr(self, "_fitted_classes", self.classes_)
        if np.array_equal(self.classes_, last):
            return None
        return f"the classes of the last fit, which were {list(last)}, got {list(self.classes_)}"

    def check_loaded(self) -> None:
        """See :meth:`RecurrentEstimator.check_loaded`."""
        super().check_loaded()
        if self.classes_.shape != (self.n_outputs_,):
            raise ValueError("there must be a class for each output")

    def _remember(self, *found: Any) -> None:
        super()._remember(*found)
        self._fitted_classes = self.classes_
