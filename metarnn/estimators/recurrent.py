"""What classifier and regressor share: parameters, input, training."""

import os
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeResult
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from metarnn.fitness import Fitness
from metarnn.layers import Embedding
from metarnn.networks.network import Network
from metarnn.optimizers import OPTIMIZERS, History, Optimizer, minimize
from metarnn.optimizers.descent import clip_factors
from metarnn.optimizers.gradient.first_order import FirstOrder
from metarnn.sequences.network_input import Sequences
from metarnn.sequences.reader import InputReader
from metarnn.sequences.scaling import SequenceScaler

from . import model_file
from .callbacks import Callback, checked_callbacks, each
from .early_stopping import EarlyStopping
from .sklearn_callbacks import CallbackSupportMixin, fit_task, with_callbacks
from .torch_module import to_module

Floats = NDArray[np.float64]


class Examples(NamedTuple):
    """Sequences, what they are to be answered with, and their weights (B,)."""

    sequences: Sequences
    answers: NDArray[Any]
    weights: Floats

    def part(self, rows: NDArray[Any]) -> "Examples":
        """Return some of them."""
        return Examples(self.sequences.part(rows), self.answers[rows], self.weights[rows])


def steps_alone(model: "RecurrentEstimator") -> bool:
    """Whether the optimizer takes steps that stand alone, as streams of data need them."""
    optimizer = model._optimizer()
    if not isinstance(optimizer, FirstOrder):
        fit = [name for name, kind in OPTIMIZERS.items() if issubclass(kind, FirstOrder)]
        raise AttributeError(
            f"partial_fit takes one gradient step a call, which {type(optimizer).__name__} does "
            f"not: it is for {', '.join(fit)}. Use fit, or warm_start to go on from weights."
        )
    return True


@dataclass(eq=False, repr=False, kw_only=True)
class RecurrentEstimator(CallbackSupportMixin, BaseEstimator):
    """Base of the estimators; see :class:`RNNClassifier` for parameters and attributes.

    A kind of estimator says what its answers are: :meth:`_learn_answers`, :meth:`_n_scores`,
    :meth:`_score_of`.
    """

    cell: str = "elman"
    hidden: int | tuple[int, ...] = 16
    activation: str = "tanh"
    bidirectional: bool = False
    residual: bool = False
    windows: int | tuple[int, ...] | None = None
    grid: int | None = None
    embedding: int | Embedding | None = None
    readout: str = "last"
    optimizer: str | Optimizer = "adam"
    budget: float = 3000
    loss: str | Callable[..., Any] = "cross_entropy"
    alpha: float = 0.0
    timesteps: int | None = None
    layout: str = "ntc"
    scale: bool = False
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 25
    warm_start: bool = False
    initial_weights: ArrayLike | None = None
    n_best: int = 1
    random_state: Any = None
    verbose: int = 0
    callbacks: Sequence[Callable[..., Any] | Callback] | None = None
    init_scale: float = 1.0
    dtype: str = "float32"
    n_threads: int | None = None

    #: Fitted attributes that are written to a file.
    SAVED: ClassVar[frozenset[str]] = frozenset(
        """
        network_ weights_ members_ scaler_ loss_ best_loss_ history_ loss_curve_ n_iter_ n_passes_
        n_evals_ n_grad_evals_ n_matrix_evals_ n_outputs_ stop_reason_ validation_loss_curve_
        validation_scores_ best_validation_loss_ best_validation_score_ n_features_in_
        feature_names_in_ n_timesteps_in_ n_channels_in_ _loss _reader
        """.split()
    )

    # --- What a kind of estimator says ------------------------------------------------------

    @abstractmethod
    def _learn_answers(self, y: ArrayLike, n_sequences: int, weights: Floats) -> NDArray[Any]:
        """Check answers, set the attributes that tell what they are, return them as learned."""

    @abstractmethod
    def _known_answers(self, y: ArrayLike, n_sequences: int) -> NDArray[Any]:
        """Check answers of the kind that the last fit has learned, and return them as learned."""

    @abstractmethod
    def _n_scores(self) -> int:
        """Return K, how many numbers the network answers with."""

    @abstractmethod
    def _score_of(self, scores: NDArray[np.floating], examples: Examples) -> float:
        """Return how good scores (B, K) are, the higher the better."""

    def _weighed(self, weights: Floats, answers: NDArray[Any]) -> Floats:
        """Return the weights (B,) that sequences with these answers have."""
        return weights

    def _same_answers(self) -> str | None:
        """Return why weights of the last fit cannot go on with these answers, or None."""
        return None

    def _strata(self, answers: NDArray[Any]) -> NDArray[Any] | None:
        """Return what a validation part should hold the same shares of."""
        return None

    # --- Fitting ---------------------------------------------------------------------------

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
    ) -> Self:
        """Train on sequences.

        Parameters
        ----------
        X : (B, T, I), (B, I, T) or (B, F) array_like, or list of (T_i, I) arrays
            Sequences, batch first (see `layout`), or rows (see `timesteps`). Sequences of unequal
            lengths are a list of arrays, or an array with `lengths`. Tokens (B, T) with
            `embedding`, images (B, R, C, I) with `grid`.
        y : (B,) array_like
            What the sequences are to be answered with.
        sample_weight : (B,) array_like, optional
            Weight of each sequence in the loss: 2 is as the sequence twice, 0 as without it.
        lengths : (B,) array_like of int, optional
            Steps of each sequence of an array; what follows them is not read.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            Parameters or data that cannot be used.
        """
        optimizer = self._checked_optimizer()
        callbacks = checked_callbacks(self.callbacks)
        before = vars(self).copy()
        examples = self._examples(X, y, sample_weight, lengths)
        network = self._network()
        seed = _seed(self.random_state)
        start = self._start(network, before)
        held = None
        if self.early_stopping:
            train, apart = self._split(examples.answers, seed)
            examples, held = examples.part(train), examples.part(apart)
        self._learn_scale(examples)
        fitness = self._fitness(network, examples, self.alpha)
        stopping = None if held is None else self._stopping(network, held)
        # First, so that it sees the iteration that another one halts.
        watching = [*([] if stopping is None else [stopping]), *callbacks]
        for callback in callbacks:
            if isinstance(callback, Callback):
                callback.on_fit_begin(self)
        metadata = {"sample_weight": sample_weight, "lengths": lengths}
        metadata = {name: value for name, value in metadata.items() if value is not None}
        told = {"network_": network, "members_": None, "_loss": self.loss}
        with fit_task(self, X, y, metadata, lambda x: told | {"weights_": x}) as also:
            result = minimize(
                fitness,
                optimizer,
                budget=self.budget,
                seed=seed,
                x0=start,
                callback=each([*watching, *([] if also is None else [also])]),
                progress=bool(self.verbose),
            )
            self._remember(network, fitness, result, stopping)
        for callback in callbacks:
            if isinstance(callback, Callback):
                callback.on_fit_end(self)
        return self

    def _examples(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None, lengths: ArrayLike | None
    ) -> Examples:
        """Check data and learn their sizes and answers."""
        sequences = self._sequences(X, lengths, reset=True)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        weights = self._given_weights(sample_weight, len(sequences.X))
        answers = self._learn_answers(y, len(sequences.X), weights)
        return Examples(sequences, answers, self._weighed(weights, answers))

    def _given_weights(self, sample_weight: ArrayLike | None, n_sequences: int) -> Floats:
        rows = np.empty((n_sequences, 1))
        weights = np.asarray(_check_sample_weight(sample_weight, rows, dtype=np.float64))
        if weights.min() < 0:
            raise ValueError("Negative values in sample_weight: each must be at least 0.")
        return weights

    def _network(self) -> Network:
        if self.readout == "steps":
            raise ValueError(
                f"readout 'steps' scores each step, but {type(self).__name__} each sequence."
            )
        return Network.build(
            self.n_channels_in_,
            self._n_scores(),
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

    def _fitness(self, network: Network, examples: Examples, alpha: float) -> Fitness:
        sequences = self._scaled(examples.sequences)
        return Fitness(
            network,
            sequences.X,
            examples.answers,
            lengths=sequences.lengths,
            loss=self.loss,
            alpha=alpha,
            sample_weight=examples.weights,
            n_threads=self.n_threads,
        )

    def _stopping(self, network: Network, held: Examples) -> EarlyStopping:
        sequences = self._scaled(held.sequences)

        def score(weights: Floats) -> float:
            scores = network.scores(
                weights, sequences.X, lengths=sequences.lengths, n_threads=self.n_threads
            )
            return self._score_of(scores, held)

        fitness = self._fitness(network, held, alpha=0.0)
        return EarlyStopping(fitness, score, int(self.n_iter_no_change))

    def _split(
        self, answers: NDArray[Any], seed: int | np.random.SeedSequence
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the indices of the training and of the validation sequences."""
        state = int(np.random.default_rng(seed).integers(2**31))
        try:
            train, held = train_test_split(
                np.arange(len(answers)),
                test_size=self.validation_fraction,
                stratify=self._strata(answers),
                random_state=state,
            )
        except ValueError as error:
            raise ValueError(
                f"early_stopping cannot hold back {self.validation_fraction:g} of "
                f"{len(answers)} sequences: {error}"
            ) from None
        return train, held

    def _start(self, network: Network, before: dict[str, Any]) -> Floats | None:
        """Return the weights to set out from, if there are any."""
        if self.warm_start and "weights_" in before:
            last = before["network_"]
            if last.shapes != network.shapes:
                raise ValueError(
                    "warm_start needs the network of the last fit, whose shapes were "
                    f"{last.shapes}, got {network.shapes}."
                )
            if reason := self._same_answers():
                raise ValueError(f"warm_start needs {reason}.")
            return np.asarray(before["weights_"])
        if self.initial_weights is None:
            return None
        try:
            return network.checked(self.initial_weights)
        except (TypeError, ValueError):
            raise ValueError(
                f"initial_weights must be numbers of shape ({network.n_weights},) or "
                f"(m, {network.n_weights}), as many as the network has weights, "
                f"got shape {np.shape(self.initial_weights)}."
            ) from None

    def _remember(
        self,
        network: Network,
        fitness: Fitness,
        result: OptimizeResult,
        stopping: EarlyStopping | None,
    ) -> None:
        """Set the fitted attributes."""
        self.network_: Network = network
        self.weights_: Floats = result.x
        self.members_: Floats | None = None
        # Of these weights, whatever set_params or a failed fit may change later.
        self._loss = self.loss
        self.loss_ = self.best_loss_ = float(result.fun)
        self.history_: History = result.history
        self.loss_curve_ = result.history.losses
        self.n_iter_ = result.nit
        self.n_passes_ = result.passes
        self.n_evals_ = result.nfev
        self.n_grad_evals_ = result.njev
        self.n_matrix_evals_ = result.nhev
        self.n_outputs_ = network.n_outputs
        self.stop_reason_ = result.message
        self.validation_loss_curve_: list[float] | None = None
        self.validation_scores_: list[float] | None = None
        self.best_validation_loss_: float | None = None
        self.best_validation_score_: float | None = None
        # Weights on their way and what moves them, between the calls of partial_fit.
        self._update: tuple[Floats, Callable[..., None]] | None = None
        if self.n_best > 1:
            self.members_ = _best(result, self.n_best)
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

    # --- One step at a time ------------------------------------------------------------------

    def _partial_fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        lengths: ArrayLike | None,
        learn: Callable[[int, Floats], NDArray[Any]],
    ) -> Self:
        """Take one gradient step; learn(n, weights) checks the answers of the first call."""
        optimizer: Any = self._checked_optimizer()
        first = not hasattr(self, "weights_")
        sequences = self._sequences(X, lengths, reset=first)
        n = len(sequences.X)
        weights = self._given_weights(sample_weight, n)
        answers = learn(n, weights) if first else self._known_answers(y, n)
        examples = Examples(sequences, answers, self._weighed(weights, answers))
        if first:
            network = self._network()
            start = self._start(network, {})
            space = network.space if start is None else network.space.starting_at(start)
            x = space.initial(1, np.random.default_rng(_seed(self.random_state)))[0]
            self._learn_scale(examples)
            begun = OptimizeResult(x=x, fun=np.inf, history=History(), message="", nit=0)
            begun |= dict.fromkeys(("passes", "nfev", "njev", "nhev"), 0)
            fitness = self._fitness(network, examples, self.alpha)
            self._remember(network, fitness, begun, None)
        fitness = self._fitness(self.network_, examples, self.alpha)
        if getattr(self, "_update", None) is None:
            optimizer.check()
            points = self.weights_[None].copy()
            self._update = points, optimizer.make_update(points)
        points, step = self._update  # type: ignore[misc]
        losses, gradients = fitness.gradient(points)
        if not (np.isfinite(losses[0]) and np.isfinite(gradients).all()):
            raise ValueError(
                f"The loss of this part of the data is {losses[0]:g} and its gradient cannot be "
                "followed; nothing was learned from it."
            )
        step(gradients, clip_factors(gradients, optimizer.max_norm), float(optimizer.learning_rate))
        self.weights_, self.loss_ = points[0].copy(), float(losses[0])
        self.best_loss_ = min(self.best_loss_, self.loss_)
        self.n_iter_ += 1
        self.n_grad_evals_ += 1
        self.n_passes_ += fitness.gradient_passes
        self.history_.add(self.n_passes_, np.nan, self.loss_, self.best_loss_)
        self.loss_curve_ = self.history_.losses
        return self

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        # The moments of a gradient method live in a closure; they begin anew.
        return state | {"_update": None} if "_update" in state else state

    # --- Answering ---------------------------------------------------------------------------

    def _scores(self, X: Any, lengths: ArrayLike | None) -> Floats:
        """Return the scores (P, B, K) of the members, or of the one network."""
        check_is_fitted(self)
        sequences = self._scaled(self._sequences(X, lengths, reset=False))
        members = self.weights_[None] if self.members_ is None else self.members_
        return self.network_.scores(
            members, sequences.X, lengths=sequences.lengths, n_threads=self.n_threads
        ).astype(np.float64)

    # --- Files, and torch --------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the fitted model to a file of numbers and words, an ``.npz`` without pickle.

        What a loaded model answers is the same to the bit. Callbacks, loss functions and
        optimizers of one's own are not written, with a warning; the history is.

        Parameters
        ----------
        path : str or path
            Replaced if it exists, once all is written.

        Returns
        -------
        pathlib.Path
        """
        check_is_fitted(self)
        return model_file.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that :meth:`save` has written, by this version of metarnn or an older one.

        Nothing in a file is run as code, so that files of others are safe to load.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ValueError
            The file is no model, a broken or a newer one, or a model of another kind.
        """
        model: Self = model_file.load(path, {cls.__name__: cls})
        return model

    def check_loaded(self) -> None:
        """Raise a ValueError unless the parts of a loaded model fit together."""
        check_is_fitted(self)
        self.network_.checked(self.weights_)
        if self.weights_.ndim != 1 or self.n_outputs_ != self.network_.n_outputs:
            raise ValueError("its parts do not fit together")
        if self.members_ is not None:
            self.network_.checked(self.members_)

    def to_torch(self) -> Any:
        """Return a ``torch.nn.Module`` with the same scores, to go on with or to deploy.

        It is called with X (B, T, I), or tokens (B, T), and perhaps lengths (B,), as tensors.
        Scaling is part of it; a regressor's gives the numbers that it predicts.

        Raises
        ------
        ImportError
            Torch is not installed.
        ValueError
            A network without counterpart in torch, or an ensemble.
        """
        check_is_fitted(self)
        return to_module(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    # --- Checks at the door ------------------------------------------------------------------

    def _optimizer(self) -> Optimizer:
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

    def _checked_optimizer(self) -> Optimizer:
        """Check the parameters that are the estimators' own and return the optimizer."""
        for name, least in (("n_iter_no_change", 1), ("verbose", 0), ("n_best", 1)):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < least:
                raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
        fraction = self.validation_fraction
        if not isinstance(fraction, Real) or not 0 < fraction < 1:
            raise ValueError(f"validation_fraction must be between 0 and 1, got {fraction!r}.")
        if self.n_best > 1 and self.early_stopping:
            raise ValueError(
                "n_best keeps candidates of the last population and early_stopping the one that "
                "did best before it: choose one of the two."
            )
        if self.scale and self.embedding is not None:
            raise ValueError("scale is for numbers, but with embedding X holds tokens.")
        return self._optimizer()

    # --- Reading -----------------------------------------------------------------------------

    def _sequences(self, X: Any, lengths: ArrayLike | None, reset: bool) -> Sequences:
        """Check X, remember its form or compare with it, and return what the network reads."""
        if reset:
            kind = "tokens" if self.embedding is not None else "images" if self.grid else "numbers"
            self._reader = InputReader(kind, self.layout, self.timesteps)
            data = self._reader.learn(self, X, lengths)
            self.n_timesteps_in_, self.n_channels_in_ = (
                self._reader.n_timesteps,
                self._reader.n_inputs,
            )
        else:
            data = self._reader.read(self, X, lengths)
        return Sequences(data.X, data.lengths)

    def _learn_scale(self, examples: Examples) -> None:
        """Learn mean and spread of the channels, of the training sequences alone."""
        self.scaler_: SequenceScaler | None = None
        if self.scale:
            X, lengths, *_ = examples.sequences
            self.scaler_ = SequenceScaler().fit(self._cells(X), None, lengths, examples.weights)

    def _cells(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return what the scaler sees: features of rows each by itself, images as sequences."""
        return (
            X.reshape(len(X), -1, X.shape[-1])
            if not self._reader.is_rows
            else X.reshape(len(X), -1)
        )

    def _scaled(self, sequences: Sequences) -> Sequences:
        if self.scaler_ is None:
            return sequences
        X, lengths, *_ = sequences
        cells = self.scaler_.transform(self._cells(X), lengths=lengths)
        return sequences._replace(X=cells.reshape(X.shape))


def _best(result: OptimizeResult, n: int) -> Floats:
    """Return the n best points of a search's last population and its best point, (m, D)."""
    points, losses = result.x[None], np.array([result.fun])
    if result.population is not None:
        points = np.concatenate([points, result.population])
        losses = np.concatenate([losses, result.population_losses])
    order = np.argsort(losses, kind="stable")
    order = order[np.isfinite(losses[order])]
    _, first = np.unique(points[order], axis=0, return_index=True)
    return np.asarray(points[order][np.sort(first)][:n])


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
