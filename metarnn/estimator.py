"""A scikit-learn classifier of sequences."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeResult
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import Tags
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from metarnn.criteria import criterion_of
from metarnn.early_stopping import EarlyStopping
from metarnn.fitness import Fitness
from metarnn.labelled import Sequences
from metarnn.layers import Embedding
from metarnn.network import Network
from metarnn.optimizers import OPTIMIZERS, Optimizer, minimize
from metarnn.sequences import as_sequences, padded


class RNNClassifier(ClassifierMixin, BaseEstimator):
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
        Set out from the weights of the last fit.
    random_state : int, RandomState, Generator or None
        The same integer gives the same fit, on any number of threads.
    verbose : int
        1 shows a progress bar on standard error.
    callbacks : sequence of callables, optional
        Each is called after every iteration as ``callback(intermediate_result=...)``, with a
        ``scipy.optimize.OptimizeResult`` (x, fun, nit, passes, seconds, ...); raising
        StopIteration ends the fit.
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
    Inputs should be scaled to about unit variance: rows by a ``StandardScaler`` in a pipeline;
    sequences beforehand, since that takes no 3-D input. A 2-D row has no time: reading
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

    n_timesteps_in_: int
    n_channels_in_: int
    _fitted_on_sequences: bool
    _timesteps: int | None

    def __init__(
        self,
        cell: str = "elman",
        hidden: int | tuple[int, ...] = 16,
        activation: str = "tanh",
        bidirectional: bool = False,
        residual: bool = False,
        windows: int | tuple[int, ...] | None = None,
        grid: int | None = None,
        embedding: int | Embedding | None = None,
        readout: str = "last",
        optimizer: str | Optimizer = "adam",
        budget: float = 3000,
        loss: str | Callable[..., Any] = "cross_entropy",
        alpha: float = 0.0,
        class_weight: dict[Any, float] | str | None = None,
        timesteps: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 25,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        callbacks: Sequence[Callable[..., Any]] | None = None,
        init_scale: float = 1.0,
        dtype: str = "float32",
        n_threads: int | None = None,
    ) -> None:
        self.cell = cell
        self.hidden = hidden
        self.activation = activation
        self.bidirectional = bidirectional
        self.residual = residual
        self.windows = windows
        self.grid = grid
        self.embedding = embedding
        self.readout = readout
        self.optimizer = optimizer
        self.budget = budget
        self.loss = loss
        self.alpha = alpha
        self.class_weight = class_weight
        self.timesteps = timesteps
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.init_scale = init_scale
        self.dtype = dtype
        self.n_threads = n_threads

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on sequences.

        Parameters
        ----------
        X : (B, T, I) or (B, F) array_like, or list of (T_i, I) arrays
            Sequences, batch first, or rows; see `timesteps`. Sequences of unequal lengths are
            a list of arrays. Tokens (B, T) with `embedding`, images (B, R, C, I) with `grid`.
        y : (B,) array_like
            Class labels of any type.
        sample_weight : (B,) array_like, optional
            Weight of each sequence in the loss.

        Returns
        -------
        self : RNNClassifier

        Raises
        ------
        TypeError, ValueError
            Parameters or data that cannot be used.
        """
        optimizer = self._checked_optimizer()
        sequences = self._sequences(X, reset=True)
        codes = self._encode(y, len(sequences.X))
        weights = self._sequence_weights(sample_weight, codes)
        if self.readout == "steps":
            raise ValueError("readout 'steps' scores each step, but a classifier each sequence.")
        network = Network.build(
            self.n_channels_in_,
            len(self.classes_),
            cell=self.cell,
            hidden=self.hidden,
            activation=self.activation,
            bidirectional=self.bidirectional,
            residual=self.residual,
            windows=self.windows,
            grid=self.grid,
            embedding=self.embedding,
            readout=self.readout,
            dtype=self.dtype,
            init_scale=self.init_scale,
        )
        seed = _seed(self.random_state)
        start = self._warm_weights(network)
        callbacks = list(self.callbacks or [])
        stopping = None
        if self.early_stopping:
            train, held = self._split(codes, seed)
            apart = sequences.part(held)
            fitness = self._fitness(network, apart, codes[held], weights[held], alpha=0.0)
            stopping = EarlyStopping(
                fitness, apart.X, codes[held], int(self.n_iter_no_change), apart.lengths
            )
            callbacks.insert(0, stopping)  # so that it sees the iteration that another one halts
            sequences, codes, weights = sequences.part(train), codes[train], weights[train]
        fitness = self._fitness(network, sequences, codes, weights, alpha=self.alpha)
        result = minimize(
            fitness,
            optimizer,
            budget=self.budget,
            seed=seed,
            x0=start,
            callback=_each(callbacks) if callbacks else None,
            progress=bool(self.verbose),
        )
        self._remember(network, fitness, result, stopping)
        return self

    def _remember(
        self,
        network: Network,
        fitness: Fitness,
        result: OptimizeResult,
        stopping: EarlyStopping | None,
    ) -> None:
        """Set the fitted attributes."""
        self.network_ = network
        self.weights_ = result.x
        # Of these weights, whatever set_params or a failed fit may change later.
        self._loss, self._fitted_classes = self.loss, self.classes_
        self.loss_ = self.best_loss_ = float(result.fun)
        self.history_ = result.history
        self.loss_curve_ = result.history.losses
        self.n_iter_ = result.nit
        self.n_passes_ = result.passes
        self.n_evals_ = result.nfev
        self.n_grad_evals_ = result.njev
        self.n_matrix_evals_ = result.nhev
        self.n_outputs_ = len(self.classes_)
        self.stop_reason_ = result.message
        self.validation_loss_curve_ = self.validation_scores_ = None
        self.best_validation_loss_ = self.best_validation_score_ = None
        if stopping is not None and stopping.best_x is not None:
            self.weights_ = stopping.best_x.copy()
            self.loss_ = float(fitness(self.weights_)[0])
            self.validation_loss_curve_ = stopping.losses
            self.validation_scores_ = stopping.scores
            self.best_validation_loss_ = stopping.best_loss
            self.best_validation_score_ = stopping.best_score
            if stopping.halted:
                self.stop_reason_ = (
                    f"The validation loss has not fallen for {self.n_iter_no_change} iterations."
                )

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return class probabilities (B, K), in the order of `classes_`.

        They are the softmax of the network's scores, also where a scorer was the loss. With the
        MSE, whose outputs are independent, they are the outputs scaled to sum 1.
        """
        scores = self._scores(X)
        return np.asarray(criterion_of(self._loss).probabilities(scores))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each sequence, (B,)."""
        # Of the scores: where probabilities are rounded to 1, these still differ.
        winners = self._scores(X).argmax(axis=1)
        return np.asarray(self.classes_[winners])

    def _scores(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        sequences = self._sequences(X, reset=False)
        scores = self.network_.scores(
            self.weights_, sequences.X, lengths=sequences.lengths, n_threads=self.n_threads
        )
        return scores.astype(np.float64)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _checked_optimizer(self) -> Optimizer:
        """Check the parameters that are this class's own and return the optimizer."""
        for name, least in (("n_iter_no_change", 1), ("verbose", 0)):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < least:
                raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
        fraction = self.validation_fraction
        if not isinstance(fraction, Real) or not 0 < fraction < 1:
            raise ValueError(f"validation_fraction must be between 0 and 1, got {fraction!r}.")
        callbacks = [] if self.callbacks is None else self.callbacks
        if not isinstance(callbacks, Sequence) or not all(map(callable, callbacks)):
            raise TypeError(f"callbacks must be a list of callables, got {callbacks!r}.")
        if isinstance(self.optimizer, Optimizer):
            return self.optimizer
        if isinstance(self.optimizer, str) and self.optimizer in OPTIMIZERS:
            return OPTIMIZERS[self.optimizer]()
        hint = ""
        if isinstance(self.optimizer, type) and issubclass(self.optimizer, Optimizer):
            hint = f": write {self.optimizer.__name__}()"
        raise ValueError(
            f"optimizer must be an Optimizer or one of {', '.join(OPTIMIZERS)}, "
            f"got {self.optimizer!r}{hint}."
        )

    def _sequences(self, X: Any, reset: bool) -> Sequences:
        """Check X, remember its sizes or compare with them, and return what the network reads."""
        lengths = None
        if not hasattr(X, "ndim"):
            try:
                X = np.asarray(X)
            except ValueError:
                X, lengths = padded(X)
                X = X[..., None] if X.ndim == 2 and self.embedding is None else X
        ndim: int = X.ndim
        if not reset and ndim == 2 and self._fitted_on_sequences:
            raise ValueError(
                f"X must have axes (sequences, steps, inputs) as in fit, got shape {X.shape}; "
                "a single sequence is X[None]."
            )
        if ndim != 2:
            X = check_array(X, dtype=np.float64, allow_nd=True)
        else:
            X = validate_data(self, X, reset=reset and lengths is None, dtype=np.float64)
        if self.embedding is not None or self.grid is not None:
            of_step = X.shape[3:] or (int(X.max()) + 1,)
        else:
            timesteps = self.timesteps if reset else self._timesteps
            X = as_sequences(X, timesteps if ndim == 2 or reset else None)
            of_step = X.shape[2:]
        (I,) = of_step  # noqa: E741
        if reset:
            self.n_timesteps_in_, self.n_channels_in_ = X.shape[1], I
            self._fitted_on_sequences = ndim != 2
            self._timesteps = self.timesteps
            if ndim != 2:
                self.n_features_in_ = I
                self.__dict__.pop("feature_names_in_", None)
        elif self.embedding is None and self.n_channels_in_ != I:
            raise ValueError(
                f"X has {I} inputs at each step, axes (sequences, steps, inputs), but "
                f"{type(self).__name__} was fitted with {self.n_channels_in_}."
            )
        return Sequences(X, lengths)

    def _encode(self, y: ArrayLike, n_sequences: int) -> NDArray[np.int64]:
        """Check labels, set `classes_` and return indices into it."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
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

    def _sequence_weights(
        self, sample_weight: ArrayLike | None, codes: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Check the weights of sequences and multiply them with those of their classes."""
        weights = np.asarray(_check_sample_weight(sample_weight, codes, dtype=np.float64))
        if weights.min() < 0:
            raise ValueError("Negative values in sample_weight: each must be at least 0.")
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, self.classes_[codes])
            if weights.min() < 0:
                raise ValueError(f"class_weight must not be negative, got {self.class_weight!r}.")
        if len(np.unique(codes[weights > 0])) < 2:
            raise ValueError(
                "Fewer than two classes are left: only one has sequences of positive weight."
            )
        return weights

    def _fitness(
        self,
        network: Network,
        sequences: Sequences,
        codes: NDArray[np.int64],
        weights: NDArray[np.float64],
        alpha: float,
    ) -> Fitness:
        return Fitness(
            network,
            sequences.X,
            codes,
            lengths=sequences.lengths,
            loss=self.loss,
            alpha=alpha,
            sample_weight=weights,
            n_threads=self.n_threads,
        )

    def _split(
        self, codes: NDArray[np.int64], seed: int | np.random.SeedSequence
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the indices of the training and of the validation sequences."""
        state = int(np.random.default_rng(seed).integers(2**31))
        try:
            train, held = train_test_split(
                np.arange(len(codes)),
                test_size=self.validation_fraction,
                stratify=codes,
                random_state=state,
            )
        except ValueError as error:
            raise ValueError(
                f"early_stopping cannot hold back {self.validation_fraction:g} of "
                f"{len(codes)} sequences: {error}"
            ) from None
        return train, held

    def _warm_weights(self, network: Network) -> NDArray[np.float64] | None:
        if not (self.warm_start and hasattr(self, "weights_")):
            return None
        if self.network_.shapes != network.shapes:
            raise ValueError(
                "warm_start needs the network of the last fit, whose shapes were "
                f"{self.network_.shapes}, got {network.shapes}."
            )
        if not np.array_equal(self.classes_, self._fitted_classes):
            raise ValueError(
                f"warm_start needs the classes of the last fit, which were "
                f"{list(self._fitted_classes)}, got {list(self.classes_)}."
            )
        return np.asarray(self.weights_)


def _seed(random_state: Any) -> int | np.random.SeedSequence:
    """Return a seed, without touching any global generator."""
    if random_state is None:
        return np.random.SeedSequence()
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, int | np.integer) and random_state >= 0:
        return int(random_state)
    raise ValueError(
        "random_state must be None, an integer of at least 0, a RandomState or a Generator, "
        f"got {random_state!r}."
    )


def _each(callbacks: list[Callable[..., Any]]) -> Callable[..., None]:
    def call(intermediate_result: Any) -> None:
        for callback in callbacks:
            callback(intermediate_result=intermediate_result)

    return call
