"""The base of both estimators: the walk of a fit from X and y to weights, and to scores."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from metarnn.criteria import criterion_of
from metarnn.fitness import Fitness
from metarnn.networks import Network
from metarnn.optimizers import Optimizer, minimize
from metarnn.own_parts import with_own_parts, without_own_parts
from metarnn.sequences.lazy import LazySequences
from metarnn.sequences.parsing import ParsedInput
from metarnn.sequences.reader import InputReader
from metarnn.sequences.scaling import SequenceScaler
from metarnn.sequences.validation import Floats, MaybeArray, check_sample_weight
from metarnn.solved_fitness import fitness_for

from .callbacks import checked_callbacks, following
from .early_stopping import EarlyStopping
from .examples import Examples, fit_scaler, hold_back, scaled, updated
from .file_values import ExpectedArrays, unpacked
from .fitted_card import FittedCardMixin
from .fitted_state import (
    AFTER_EARLY_STOPPING,
    FittedState,
    InputPipeline,
    state_after_search,
    state_before_search,
)
from .model_archive import Axes
from .parameters import RecurrentParameters
from .saving import SavingMixin
from .sklearn_callbacks import CallbackSupportMixin, fit_task, with_callbacks
from .streaming import GradientSteps, check_streamable
from .targets import Targets

#: How the readouts of solved starts are solved where the targets are classes.
START_OF_CLASSES = "leave_one_out"
#: The most members that an ensemble in a file may have.
MOST_MEMBERS = 10_000


class RecurrentEstimator(FittedCardMixin, SavingMixin, CallbackSupportMixin, RecurrentParameters):
    """Base of the estimators; see :class:`RNNClassifier` for parameters and attributes."""

    weights_: Floats
    best_loss_: float
    _steps: GradientSteps | None

    state_kind: ClassVar[type[FittedState]] = FittedState

    @with_callbacks
    def fit(
        self, X: Any, y: ArrayLike, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> Self:
        """Train on sequences.

        Parameters
        ----------
        X : (B, T, I), (B, I, T) or (B, F) array_like, or list of (T_i, I) arrays
            Sequences, batch first (see `layout`), or rows (see `timesteps`). Sequences of unequal
            lengths are a list of arrays or frames, or a padded array with `lengths`. Frames are
            those of pandas, polars or pyarrow; their cells may be the series of one input. Tokens
            (B, T) with `embedding`, images (B, R, C, I) with `grid`.
        y : (B,) array_like
            Target of each sequence: its class, or its number; a regressor takes (B, K) as well.
        sample_weight : (B,) array_like, optional
            Weight of each sequence in the loss: 2 counts as the sequence twice, 0 as without it.
        lengths : (B,) array_like of int or "nan", optional
            Number of steps of each sequence of a padded array. What follows is not read. With
            "nan" a sequence ends where all that follows is NaN, as in tslearn, and predictions
            read such arrays alike without being told.

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
        reader = self._new_reader()
        data = reader.learn(self, X, lengths)
        weights = check_sample_weight(sample_weight, len(data.X))
        targets = self._learned_targets(y, weights)
        train, held_back = self._examples(data, y, targets, weights), None
        targets.check_trainable(train.targets)
        network = self._network(reader.n_inputs, targets.n_outputs)
        reader.n_inputs = network.n_inputs  # of tokens, it may know more
        seed = self._seed()
        start = self._start(network)
        if self.early_stopping:
            strata = targets.strata(train.targets)
            train, held_back = hold_back(train, self.validation_fraction, seed, strata)
        pipeline = self._input_pipeline(reader, network, train)
        train = scaled(train, pipeline.scaler_, reader.is_rows, network.dtype)
        fitness = self._fitness(network, train, self.alpha, self._solve_with(optimizer))
        optimizer = self._with_starts(optimizer)
        if start is None and self._starts_solved:
            start = self._solved_starts(network, train, optimizer, seed)
        stopping = None
        if held_back is not None:
            held_back = scaled(held_back, pipeline.scaler_, reader.is_rows, network.dtype)
            stopping = self._stopping(network, held_back, targets, fitness.complete)
        metadata = {"sample_weight": sample_weight, "lengths": lengths}
        known = vars(targets) | vars(pipeline) | {"members_": None}
        task = fit_task(self, X, y, metadata, lambda x: known | {"weights_": fitness.complete(x)})
        with following(self, stopping, callbacks, task) as callback:
            result = minimize(
                fitness,
                optimizer,
                budget=self.budget,
                seed=seed,
                # Of a solved readout the search has the weights before it, which come first.
                x0=None if start is None else start[..., : fitness.dim],
                callback=callback,
                progress=bool(self.verbose),
            )
            state = state_after_search(pipeline, result, fitness, self._n_kept(optimizer), stopping)
            self._set_fitted(targets, state)
        return self

    def _partial_fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: MaybeArray,
        lengths: MaybeArray,
        learn: Callable[[Floats, Any], Targets],
    ) -> Self:
        """Take one gradient step; ``learn(weights, last)`` returns the targets so far.

        `last` are those before, or None in the first call.
        """
        optimizer = self._checked_optimizer()
        n_networks = self._n_kept(optimizer)
        check_streamable(self, optimizer, n_networks)
        first = not hasattr(self, "weights_")
        self._check_targets_given(y)
        reader = self._new_reader() if first else self._reader
        data = (reader.learn if first else reader.read)(self, X, lengths)
        weights = check_sample_weight(sample_weight, len(data.X))
        targets = learn(weights, None if first else self._fitted_targets())
        examples = self._examples(data, y, targets, weights)
        if first:
            network = self._network(reader.n_inputs, targets.n_outputs)
            reader.n_inputs = network.n_inputs
            start, space = self._initial_weights(network), network.space
            space = space if start is None else space.starting_at(start)
            points = space.initial(n_networks, np.random.default_rng(self._seed()))
            pipeline = self._input_pipeline(reader, network, examples)
            state = dict(vars(state_before_search(pipeline, points[0])))
        else:
            state, points = dict(vars(self)), self._population[:n_networks]
        scaler = state["scaler_"]
        if scaler is not None and not first:
            scaler = updated(scaler, examples, reader.is_rows)
        examples = scaled(examples, scaler, reader.is_rows, state["network_"].dtype)
        fitness = self._fitness(state["network_"], examples, self.alpha)
        steps = None if first else self._steps
        if steps is None:
            steps = GradientSteps(points)
        points, losses = steps.take(optimizer, fitness, points)
        members = points if len(points) > 1 else None
        # Nothing has changed until here, where all that could be refused has passed.
        self.__dict__.update(
            state
            | vars(targets)
            | {"scaler_": scaler, "_loss": self.loss, "_steps": steps, "members_": members}
            | {"weights_": points[0].copy(), "loss_": float(losses[0]), "stop_reason_": ""}
            | dict.fromkeys(AFTER_EARLY_STOPPING)
        )
        self.best_loss_ = min(self.best_loss_, self.loss_)
        self.n_iter_ += 1
        self.n_grad_evals_ += len(points)
        self.n_passes_ += len(points) * fitness.gradient_passes
        self.history_.add(self.n_passes_, np.nan, self.loss_, self.best_loss_)
        return self

    @property
    def loss_curve_(self) -> Floats:
        """Lowest training loss of each iteration, an array of ``n_iter_`` values."""
        return self.history_.losses

    def _fitted_facts(self) -> dict[str, Any]:
        if not hasattr(self, "weights_"):
            return {}
        found = {
            "training loss": self.loss_,
            "passes": self.n_passes_,
            "iterations": self.n_iter_,
            "stopped": self.stop_reason_ or "after partial_fit",
        }
        if self.best_validation_loss_ is not None:
            found["validation loss"] = self.best_validation_loss_
        if self.members_ is not None:
            found["networks in the ensemble"] = len(self.members_)
        if (classes := getattr(self, "classes_", None)) is not None:
            found["classes"] = ", ".join(map(str, classes))
        return found

    def _fitted_drawing(self) -> str:
        return self.network_._repr_html_()

    def _check_targets_given(self, y: ArrayLike) -> None:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )

    def _learned_targets(self, y: ArrayLike, weights: Floats) -> Targets:
        self._check_targets_given(y)
        last = self._fitted_targets() if self._is_warm_start else None
        return self.targets_kind.learn(y, len(weights), weights, last)

    def _examples(
        self, data: ParsedInput, y: ArrayLike, targets: Targets, weights: Floats
    ) -> Examples:
        encoded = targets.encode(y, len(data.X))
        class_weight = getattr(self, "class_weight", None)  # a parameter of classifiers
        weights = targets.weighted(encoded, weights, class_weight)
        X = LazySequences.of(data.X)
        return Examples(X, data.lengths, encoded, weights).of_positive_weight()

    @property
    def _is_warm_start(self) -> bool:
        return self.warm_start and hasattr(self, "weights_")

    def _start(self, network: Network) -> Floats | None:
        """Return the weights to start from, or None for random ones and for solved readouts."""
        if not self._is_warm_start:
            return self._initial_weights(network)
        if self.network_.shapes != network.shapes:
            raise ValueError(
                "warm_start needs the network of the last fit, whose blocks had the shapes "
                f"{self.network_.shapes}, got {network.shapes}."
            )
        return self._population

    def _solved_starts(
        self, network: Network, examples: Examples, optimizer: Optimizer, seed: Any
    ) -> Floats:
        """Return random weights (n, D) with solved readouts, as many as a search begins with.

        Ahead of the readout they are those that a search with random weights begins with.
        """
        size = optimizer.size_param and optimizer.get_params()[optimizer.size_param]
        size = size or self._n_kept(optimizer)
        points = network.space.sample(size, np.random.default_rng(seed))
        # A start does not depend on the loss that descends from it, which may be a score.
        numbers = criterion_of(self.loss).is_regression
        solve, loss = ("ridge", "squared_error") if numbers else (START_OF_CLASSES, "cross_entropy")
        fitness = self._fitness(network, examples, self.alpha, solve, loss)
        return fitness.complete(points[:, : fitness.dim])

    def _input_pipeline(
        self, reader: InputReader, network: Network, examples: Examples
    ) -> InputPipeline:
        return InputPipeline(
            _reader=reader,
            n_timesteps_in_=reader.n_timesteps,
            n_channels_in_=reader.n_inputs,
            n_outputs_=network.n_outputs,
            scaler_=self._scaler(examples, reader) if self._scales else None,
            network_=network,
            _loss=self.loss,
        )

    def _scaler(self, examples: Examples, reader: InputReader) -> SequenceScaler:
        """Return a scaler that learns from examples; of a warm start the one its weights know."""
        known: SequenceScaler | None = self.scaler_ if self._is_warm_start else None
        new = fit_scaler(examples, reader.is_rows)
        return new if known is None or known.mean_.shape != new.mean_.shape else known

    def _fitness(
        self,
        network: Network,
        examples: Examples,
        alpha: float,
        solve: str | None = None,
        loss: Any = None,
    ) -> Fitness:
        return fitness_for(
            network,
            examples.X,
            examples.targets,
            solve=solve,
            lengths=examples.lengths,
            loss=self.loss if loss is None else loss,
            alpha=alpha,
            sample_weight=examples.weights,
            n_threads=self.n_threads,
        )

    def _stopping(
        self,
        network: Network,
        held_back: Examples,
        targets: Targets,
        complete: Callable[[Floats], Floats],
    ) -> EarlyStopping:
        def score(weights: Floats) -> float:
            scores = network.scores(
                weights, held_back.X, lengths=held_back.lengths, n_threads=self.n_threads
            )
            return targets.score(held_back.targets, scores, held_back.weights)

        fitness = self._fitness(network, held_back, alpha=0.0)
        return EarlyStopping(fitness, score, int(self.n_iter_no_change), complete)

    def _set_fitted(self, targets: Targets, state: FittedState) -> None:
        self.__dict__.pop("_target_column", None)  # of another fit
        self.__dict__.update(vars(targets) | vars(state))
        self._steps = None

    def _fitted_targets(self) -> Targets:
        names = [field.name for field in fields(self.targets_kind)]  # type: ignore[arg-type]
        return self.targets_kind(**{name: getattr(self, name) for name in names})

    @classmethod
    def expected_axes(cls, fitted: dict[str, Any], arrays: ExpectedArrays) -> dict[str, Axes]:
        """Return the axes of the arrays of a file, from its fitted attributes as in its header."""
        network: Network = unpacked(fitted["network_"], arrays)
        K, D = network.n_outputs, network.n_weights
        counts = ("n_evals_", "n_grad_evals_", "n_matrix_evals_")
        return {
            "weights_": (D,),
            "members_": (range(1, MOST_MEMBERS + 1), D),
            **dict.fromkeys(
                ("classes_", "target_mean_", "target_scale_", "_target_variance"), (K,)
            ),
            "history": (range(int(fitted["n_iter_"]) + 1), 4),
            "improvements": (range(sum(int(fitted[name]) for name in counts) + 1), 3),
        }

    def _after_loading(self) -> None:
        self._steps = None
        network, reader, targets = (
            self.network_,
            self._reader,
            vars(self._fitted_targets()).values(),
        )
        if network.input_kind != reader.kind or self.n_channels_in_ != reader.n_inputs:
            raise ValueError("its network and its reader do not fit together")
        n_more = network.n_inputs - reader.n_inputs  # a network may know more tokens than were met
        if n_more < 0 or (n_more and reader.kind != "tokens"):
            raise ValueError("its network does not read what its reader does")
        if self.scaler_ is not None:
            n = reader.n_inputs * (reader.n_timesteps if reader.is_rows else 1)
            if {len(self.scaler_.mean_), len(self.scaler_.scale_)} != {n}:
                raise ValueError("its scaler is for other inputs")
        network.checked(self.weights_)
        sizes = {self.n_outputs_, network.n_outputs, *(len(v) for v in targets if np.ndim(v))}
        if self.weights_.ndim != 1 or len(sizes) > 1:
            raise ValueError("its parts do not fit together")
        if self.members_ is not None:
            network.checked(self.members_)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        # The moments of a gradient method live in a closure; they start again from zero.
        return with_own_parts(state | {"_steps": None} if "_steps" in state else state)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(without_own_parts(state))

    @property
    def _population(self) -> Floats:
        """Weights (P, D) of the members, or of the one network."""
        return self.weights_[None] if self.members_ is None else self.members_

    def _scores(self, X: Any, lengths: MaybeArray) -> Floats:
        """Return the scores (P, B, K) of the members, or of the one network."""
        check_is_fitted(self, "weights_")
        data = self._reader.read(self, X, lengths)
        data = scaled(data, self.scaler_, self._reader.is_rows, self.network_.dtype)
        return self.network_.scores(
            self._population, data.X, lengths=data.lengths, n_threads=self.n_threads
        ).astype(np.float64)
