"""A scikit-learn classifier of sequences."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from metarnn.criteria import criterion_of
from metarnn.sequences.validation import Floats, MaybeArray

from .recurrent import RecurrentEstimator
from .streaming import has_single_steps
from .target_arrays import accuracy, labels_of
from .targets import ClassTargets, Targets


@dataclass(eq=False, repr=False, kw_only=True)
class RNNClassifier(ClassifierMixin, RecurrentEstimator):
    """Recurrent network that classifies sequences, trained by any optimizer of metarnn.

    Parameters
    ----------
    network : Network, list of Layer, or dict, optional
        The network, in place of the parameters from `cell` to `embedding`, which must then be
        left out: layers of ``metarnn.layers``, or a table of them as TOML has it; see
        :func:`metarnn.networks.description.resolve_network`. `readout`, `dtype` and `init_scale`
        are for what it leaves open. A :class:`metarnn.Network` leaves nothing open, and must be
        for as many inputs and classes as the data have.
    cell : str, optional
        Recurrent cell: a name in ``metarnn.cells.CELLS``, such as "elman", "lstm" or "gru"; by
        default an LSTM.
    hidden : int or tuple of int
        H, the number of hidden units of each layer.
    activation : {"tanh", "relu", "sigmoid"}, optional
        Activation function of Elman, Jordan and 2-D cells, by default tanh. Where it is given and
        `cell` is not, the cell is "elman".
    bidirectional : bool, optional
        Whether each layer runs in both directions; by default it does, except over images
        and with Jordan cells.
    residual, windows
        Wiring of the layers; see :meth:`metarnn.Network.build`.
    grid : {1, 2, 4}, optional
        For images (B, R, C, I): the number of corners from which a 2-D network scans them.
    embedding : int or Embedding, optional
        For tokens, integers from 0 on: the number of numbers that represent a token, or an
        embedding layer with given vectors, at least as many as there are tokens. A token that is
        -1, or in `predict` larger than those of `fit` and of the given vectors, is unknown: it
        is read as a vector of zeros.
    readout : str, optional
        How the steps are reduced to one row, a name in ``metarnn.layers.READOUTS``, or several
        that are joined, "max+mean"; by default "max", the largest value of each unit; for
        images, Jordan cells and given layers it is "last".
    optimizer : str, dict or Optimizer
        A name in ``metarnn.optimizers.OPTIMIZERS``, such as "adam", "rprop", "cuckoo" or
        "hybrid_ga"; a name with settings, "adam:learning_rate=0.05"; the same as a dict; or an
        instance. ``GridSearchCV`` reaches the settings of any of these, as
        ``optimizer__learning_rate``. See :func:`metarnn.optimizers.resolve_optimizer`.
    budget : float
        Passes to spend. A pass is one evaluation of one candidate on the whole training set; a
        gradient costs 3.
    loss : str or callable
        What is minimized. "cross_entropy" and "mse" suit every optimizer. "accuracy",
        "balanced_accuracy", "f1_macro" and the scorers of scikit-learn, by name or as
        ``make_scorer`` returns them, have no gradient: they are for optimizers such as "cuckoo"
        and "ga". A scorer receives the places of the classes in `classes_`, 0 and 1 if there are
        two. See :class:`metarnn.Fitness` for how a score becomes a loss.
    alpha : float
        L2 penalty: alpha/2 times the sum of the squared weights, biases left out, is added to the
        mean loss.
    solve : {None, "leave_one_out", "held_out", "ridge", "logistic"}
        Leave the last linear map out of the search: for each candidate it is solved on the
        training data, by the error of a ridge that predicts each sequence by the others, or one
        half by the other, by the least squared error or by the least cross-entropy; that error is
        what is minimized. Any optimizer takes it, population methods above all, for they search
        fewer weights. `loss` must be left as it is, and callbacks see the weights ahead of the
        map. The optimizer "evolino" means "ridge" where this is None. See
        :class:`metarnn.SolvedFitness`.
    timesteps : int or "features"
        For rows (B, F): the number of steps into which a row is cut. A row of a table has no
        time: by default it is one step of F inputs, which leaves the recurrent weights without
        effect. Where a row is a series, "features" makes each feature a step of one input.
    layout : {"ntc", "nct"}
        Order of the axes: sequences (B, T, I), and (T_i, I) in a list, or (B, I, T) and (I, T_i)
        as in aeon and sktime.
    scale : bool
        Standardize each channel of sequences, or each feature of rows, by a
        :class:`metarnn.SequenceScaler` that is fitted on the training sequences, without the
        validation part. It becomes part of the model.
    early_stopping : bool
        Hold back a validation part, stop when its loss has not fallen for `n_iter_no_change`
        iterations, and keep the weights with the lowest validation loss.
    validation_fraction : float
        Fraction of the sequences that is held back for early stopping.
    n_iter_no_change : int
        Iterations without improvement before early stopping. An iteration is one request of the
        optimizer: a gradient step of all starts, a generation of the GA, half a generation of
        cuckoo search, a step of a local search.
    warm_start : bool
        Start from the weights of the last fit, whatever optimizer found them, and keep the
        scaling: after ``set_params(optimizer="adam", warm_start=True)``, Adam refines what cuckoo
        search found.
    initial_weights : (D,) or (m, D) array_like, or "solved", optional
        Weights to start the first fit from. The optimizer draws the other points that it needs.
        "solved": random weights whose last linear map is solved on the training data; these passes,
        one for each start, are not charged.
    n_best : int, optional
        Size of an ensemble: so many of the best candidates of the optimizer's last population,
        whose probabilities are averaged, at the price of one fit; by default 5. A gradient method
        descends from as many starts, which share the budget. It helps where the candidates
        differ: the starts of a gradient method, or a population that has not converged. With
        `early_stopping`, with scores in place of a loss with a gradient, and for optimizers that
        are neither gradient nor population methods, one network is the default.
    random_state : int, RandomState, Generator or None
        The same integer gives the same fit, on any number of threads.
    verbose : int
        1 shows a progress bar on standard error.
    callbacks : list, optional
        Instances of :class:`metarnn.estimators.Callback`, or functions that are called after
        every iteration as ``callback(intermediate_result=...)`` with a
        ``scipy.optimize.OptimizeResult`` (x, fun, nit, passes, seconds, ...). Raising
        StopIteration ends the fit. Callbacks of scikit-learn 1.9 and later are set by
        ``set_callbacks``.
    init_scale : float
        Factor of the standard deviation of initial weights, which is 1 / sqrt(fan-in).
    dtype : {"float32", "float64"}
        Precision of the passes.
    n_threads : int, optional
        Maximum number of threads; by default all of numba's.
    class_weight : dict, "balanced" or None
        Weight of each class in the loss, as in scikit-learn.

    Attributes
    ----------
    classes_ : (K,) array
        Class labels.
    network_ : Network
        The network.
    weights_ : (D,) array
        Its flat weights; ``network_.unpack(weights_)`` returns them by name.
    members_ : (n, D) array or None
        Weights of the ensemble, the best ones first, where `n_best` is above 1.
    scaler_ : SequenceScaler or None
        The scaler of the inputs, with `scale`.
    loss_ : float
        Training loss of `weights_`, penalty included: the value that was minimized, which is
        1 - score for scores.
    best_loss_ : float
        Lowest training loss of the fit; it differs from `loss_` with early stopping and after
        :meth:`partial_fit`.
    loss_curve_ : 1-D array
        Lowest training loss of each iteration.
    history_ : History
        Passes, seconds, loss and best loss by iteration; ``history_.to_frame()`` for pandas.
    n_iter_ : int
        Number of iterations.
    n_passes_ : float
        Passes spent.
    n_evals_, n_grad_evals_, n_matrix_evals_ : int
        Number of losses, gradients and Gauss-Newton matrices computed.
    stop_reason_ : str
        Why the fit ended, as a sentence.
    validation_loss_curve_, validation_scores_ : list or None
        Loss and accuracy on the validation part by iteration, with early stopping.
    best_validation_loss_, best_validation_score_ : float or None
        The same for `weights_`.
    n_timesteps_in_, n_channels_in_, n_outputs_ : int
        T, I and K as seen in fit.
    n_features_in_ : int
        Number of features of a row; sequences have none, as in scikit-learn.
    feature_names_in_ : 1-D array
        Names of the columns, where X came in frames.

    See Also
    --------
    metarnn.RNNRegressor : for numbers instead of classes.
    metarnn.Network, metarnn.Fitness, metarnn.optimizers.minimize : the parts, for networks that
        score each step or predict sequences.

    Notes
    -----
    The defaults were chosen by a measurement on tables, generated and public series;
    ``python -m benchmarks.defaults`` runs it again. `alpha`, `n_best` and `scale` matter most.
    A row of a table has no time, and a random forest or gradient boosting is often the better
    classifier of rows.

    Examples
    --------
    >>> from metarnn import RNNClassifier
    >>> from metarnn.datasets import load
    >>> data = load("latch")
    >>> model = RNNClassifier(hidden=4, optimizer="cuckoo", budget=2000, random_state=0)
    >>> model.fit(data.X, data.y).score(data.X, data.y)  # doctest: +SKIP
    """

    class_weight: dict[Any, float] | str | None = None

    targets_kind: ClassVar[type[Targets]] = ClassTargets

    @available_if(has_single_steps)
    def partial_fit(
        self,
        X: Any,
        y: ArrayLike,
        classes: MaybeArray = None,
        sample_weight: MaybeArray = None,
        lengths: MaybeArray = None,
    ) -> Self:
        """Take one gradient step on some sequences, for data that arrive as a stream.

        Parameters
        ----------
        X, y, sample_weight, lengths
            See :meth:`fit`. The loss of a step is that of these sequences alone; with weights
            that are all 0 there is none, which is an error.
        classes : (K,) array_like, optional
            All classes that the stream may hold. Required in the first call; later it may be left
            out, or be the same. After :meth:`fit` the classes are those of the fit.

        Raises
        ------
        AttributeError
            An optimizer that takes no single gradient steps: these are for gradient descent,
            Adam, AdamW and RMSprop. A readout that is solved.
        ValueError
            A setting that a stream cannot have (see Notes), or sequences that do not fit those
            before. The model stays as it was.

        Notes
        -----
        What each setting means in a stream:

        - `scale`: mean and deviation of each input are those of all sequences so far, those of
          :meth:`fit` included, as with ``StandardScaler.partial_fit`` before a model: those of
          the first call alone may be of one row. They settle as the stream goes on.
        - The optimizer keeps its moments from call to call, but not in a pickle or file. A new
          learning rate or norm holds from the next call on; after any other change of the
          optimizer its moments begin again.
        - `loss`, `alpha`, `class_weight`, `n_threads`: hold from the next call on.
        - `budget`, `verbose`, `warm_start`: have no effect. A call after :meth:`fit` goes on from
          its weights. :meth:`fit` after it begins again, or goes on with `warm_start`.
        - The settings of the network, `initial_weights` and `random_state` count in the first
          call.
        - `n_best`: so many networks, from as many random starts, take the same steps and are
          averaged. After :meth:`fit` they are its members, the best ones first.
        - `early_stopping`, `callbacks`, `solve`, ``initial_weights="solved"``,
          ``class_weight="balanced"``, and of the optimizer mini-batches, a schedule, a warmup, or
          more starts than are averaged: are refused, for they need a whole fit.

        `loss_` and the last value of `loss_curve_` are those of `weights_` on the given sequences
        before the step.
        """

        def learn(_: Floats, last: Any) -> Targets:
            if classes is None and last is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            if classes is None:
                return self._fitted_targets()
            given = labels_of(classes, "classes")
            if len({*given.tolist()}) < 2:
                raise ValueError(f"classes must name two classes or more, got {given.tolist()}.")
            targets = ClassTargets.learn(given, len(given), np.ones(len(given)))
            if last is not None:
                targets.check_same(last, "classes must be those of the model")
            return targets

        return self._partial_fit(X, y, sample_weight, lengths, learn)

    @classmethod
    def from_torch(
        cls,
        module: Any,
        *,
        classes: ArrayLike,
        readout: str | None = None,
        activation: str | None = None,
    ) -> Self:
        """Return a fitted classifier that computes what a trained PyTorch module does.

        It predicts, can be saved, goes on by :meth:`partial_fit` or, after
        ``set_params(warm_start=True)``, by :meth:`fit`.

        Parameters
        ----------
        module : torch.nn.Module, iterable of these, or mapping
            Layers in the order of the data: an optional ``Embedding``, then ``RNN``, ``LSTM`` or
            ``GRU`` (stacked or bidirectional, or not), then a ``Linear``, whose scores are those
            of the classes, or one logit of two classes. Dropout is left out. Or its
            ``state_dict``, of tensors or arrays, from which the cell, the layers and the
            directions are inferred. Or a module of :meth:`to_torch`, with its scaling.
        classes : (K,) array_like
            The class of each score, in the order of the module.
        readout : {"last", "mean", "max"}, optional
            What the ``Linear`` is applied to. By default it is found by calling the module, whose
            scores may be probabilities; of a ``state_dict`` or several modules it is "last", the
            last states in each direction.
        activation : {"tanh", "relu"}, optional
            Of an ``RNN`` in a ``state_dict``, which does not say it.

        Raises
        ------
        ImportError
            PyTorch is not installed, and a module is given.
        TypeError, ValueError
            A module without counterpart, or something that only you can say.

        Examples
        --------
        >>> state = torch.load("gru.pt")  # doctest: +SKIP
        >>> model = RNNClassifier.from_torch(state, classes=["slow", "fast"])  # doctest: +SKIP
        """
        from .from_torch import fitted_model, read_torch, with_outputs

        given = np.ravel(np.asarray(classes))
        labels, order = np.unique(given, return_index=True)
        if len(labels) != len(given):
            raise ValueError(f"classes must be different, got {given.tolist()}.")
        targets = ClassTargets.learn(labels, len(labels), np.ones(len(labels)))
        found = read_torch(module, len(labels), readout, activation)
        model: Self = fitted_model(cls, with_outputs(found, order), targets)
        return model

    def predict_proba(self, X: Any, lengths: MaybeArray = None) -> Floats:
        """Return class probabilities (B, K), in the order of `classes_`.

        They are the softmax of the network's scores, also where the loss was a scorer. With the
        loss "mse", whose outputs are independent, they are the outputs divided by their sum.
        With `n_best` they are the mean over the members.
        """
        return self._mean_probabilities(self._scores(X, lengths))

    def predict_log_proba(self, X: Any, lengths: MaybeArray = None) -> Floats:
        """Return the logarithms of :meth:`predict_proba`, (B, K); -inf where it is 0."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X, lengths)))

    def predict(self, X: Any, lengths: MaybeArray = None) -> NDArray[Any]:
        """Return the most probable class of each sequence, (B,)."""
        scores = self._scores(X, lengths)
        # Of one network by the scores, which still differ where probabilities round to 1.
        found = scores[0] if len(scores) == 1 else self._mean_probabilities(scores)
        return np.asarray(self.classes_[found.argmax(axis=1)])

    def score(
        self, X: Any, y: ArrayLike, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> float:
        """Return the accuracy."""
        return accuracy(y, self.predict(X, lengths), sample_weight)

    def _mean_probabilities(self, scores: Floats) -> Floats:
        return np.asarray(criterion_of(self._loss).probabilities(scores).mean(axis=0))
