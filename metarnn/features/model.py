"""The base of the classifier and the regressor: features, then a ridge in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from metarnn.estimators.examples import Examples
from metarnn.estimators.file_values import RECORDS, ExpectedArrays, unpacked
from metarnn.estimators.model_archive import Axes
from metarnn.estimators.saving import SavingMixin
from metarnn.estimators.targets import Targets
from metarnn.linear import RidgePath
from metarnn.networks.torch_weights import check_torch
from metarnn.sequences.labeled import LabeledSequences
from metarnn.sequences.network_input import Sequences
from metarnn.sequences.parsing import ParsedInput
from metarnn.sequences.reader import InputReader
from metarnn.sequences.validation import Floats, MaybeArray, check_sample_weight
from metarnn.validation import check_integer, check_number, is_number, several, shown

from .channels import check_channels
from .extraction import Extractor
from .parameters import FeatureParameters
from .population import RandomNetworks

RECORDS |= {kind.__name__: kind for kind in (Extractor, RandomNetworks)}

#: Penalties that are tried, for each feature of deviation 1.
PENALTIES = tuple(np.logspace(-6, 1, 15).tolist())
#: The most penalties whose losses a file may hold.
MOST_PENALTIES = 2**16


@dataclass(kw_only=True)
class FeatureModelState:
    """All attributes that a fit sets, besides those of its targets."""

    _reader: InputReader
    extractor_: Extractor
    coef_: Floats
    intercept_: Floats
    penalty_: float
    penalty_losses_: Floats
    leave_one_out_score_: float
    n_timesteps_in_: int
    n_channels_in_: int
    n_outputs_: int
    n_networks_: int
    n_passes_: float


@dataclass(eq=False, repr=False, kw_only=True)
class FeatureModel(SavingMixin, FeatureParameters):
    """Base of both models; see :class:`RecurrentFeaturesClassifier` for what its parts mean."""

    penalties: Sequence[float] = PENALTIES

    state_kind: ClassVar[type[Any]] = FeatureModelState
    #: Of penalties whose leave-one-out errors differ by less, the largest is taken.
    _alike: ClassVar[float] = 0.0

    def check(self) -> None:
        """Raise a TypeError or a ValueError unless all parameters can be used, without data."""
        super().check()
        penalties = self._penalties
        if penalties.ndim != 1 or not len(penalties) or not (penalties > 0).all():
            raise ValueError(f"penalties must be numbers above 0, got {shown(self.penalties)}.")

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> Self:
        """Draw the networks, and solve the readout of their features.

        Parameters
        ----------
        X, y, sample_weight, lengths
            See :meth:`metarnn.RNNClassifier.fit`.

        Raises
        ------
        TypeError, ValueError
            Parameters or data that cannot be used.
        """
        self.check()
        reader, targets, examples = self._read_examples(X, y, sample_weight, lengths)
        read = ParsedInput(examples.X, examples.lengths)
        extractor = self._learned(read, reader, examples.weights)
        return self._fit_readout(extractor, reader, targets, examples)

    def _fitted_facts(self) -> dict[str, Any]:
        if not hasattr(self, "extractor_"):
            return {}
        found = {
            "features": len(self.coef_),
            "networks": self.n_networks_,
            "passes": self.n_passes_,
            "penalty": self.penalty_,
            "leave-one-out score": self.leave_one_out_score_,
        }
        if (classes := getattr(self, "classes_", None)) is not None:
            found["classes"] = ", ".join(map(str, classes))
        return found

    def _read_examples(
        self, X: Any, y: ArrayLike, sample_weight: MaybeArray, lengths: MaybeArray
    ) -> tuple[InputReader, Targets, Examples]:
        """Return how data are read, how targets are encoded, and the different sequences."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        reader = self._new_reader()
        data = reader.learn(self, X, lengths).in_float64()
        weights = check_sample_weight(sample_weight, len(data.X))
        targets = self.targets_kind.learn(y, len(weights), weights)
        encoded = targets.encode(y, len(weights))
        weights = targets.weighted(encoded, weights, getattr(self, "class_weight", None))
        examples = Examples(data.X, data.lengths, encoded, weights).of_positive_weight()
        targets.check_trainable(examples.targets)
        examples = _merged(examples)
        if len(examples.weights) < 2:
            raise ValueError(
                f"{type(self).__name__} needs two sequences at least (n_samples=1 given)."
            )
        return reader, targets, examples

    def _fit_readout(
        self, extractor: Extractor, reader: InputReader, targets: Targets, examples: Examples
    ) -> Self:
        """Solve the readout of the features of an extractor."""
        penalties = self._penalties
        read = ParsedInput(examples.X, examples.lengths)
        features = extractor(read, self.n_threads, bool(self.verbose)).astype(np.float64)
        means, factors = standardizing(features, examples.weights, extractor.dtype)
        features -= means
        features *= factors
        # A penalty counts against all weights together, whatever their unit.
        unit = len(factors) * float(np.mean(examples.weights))
        columns = self._columns(targets, examples.targets)
        path = RidgePath(features, columns, examples.weights)
        losses = path.best(penalties * unit).losses
        penalty = penalties[losses <= losses.min() + self._alike].max()
        coefficients, intercepts = path.coefficients(penalty * unit)
        predictions = path.predictions(penalty * unit)[0]
        scale, offsets = self._calibration(predictions, examples)
        predictions = predictions * scale + offsets
        coefficients *= scale * factors[:, None]
        state = FeatureModelState(
            _reader=reader,
            extractor_=extractor,
            coef_=coefficients,
            intercept_=intercepts * scale + offsets - means @ coefficients,
            penalty_=float(penalty),
            penalty_losses_=losses,
            leave_one_out_score_=targets.score(examples.targets, predictions, examples.weights),
            n_timesteps_in_=reader.n_timesteps,
            n_channels_in_=reader.n_inputs,
            n_outputs_=targets.n_outputs,
            n_networks_=extractor.n_networks,
            n_passes_=float(extractor.n_networks),
        )
        self.__dict__.pop("_target_column", None)  # of another fit
        self.__dict__.update(vars(targets) | vars(state))
        return self

    def to_torch(self) -> Any:
        """Return a ``torch.nn.Module`` with the same scores, (B, K), or predictions of numbers.

        It takes X (B, T, I), or tokens (B, T), and optionally lengths (B,), as tensors. Rows (B, F)
        are given as ``X.reshape(B, T, -1)``. Its numbers are buffers, so nothing in it is trained.
        It can be pickled and exported; PyTorch runs a loop over the steps, so an exported module
        has a fixed number of these.

        Raises
        ------
        ImportError
            Torch is not installed.
        """
        check_is_fitted(self)
        check_torch()
        from .torch_module import to_module

        return to_module(self)

    def _columns(self, targets: Targets, encoded: Any) -> Floats:
        """Return the numbers (B, K) that the ridge predicts."""
        raise NotImplementedError

    def _calibration(self, predictions: Floats, examples: Examples) -> tuple[float, Floats]:
        """Return a factor and K offsets of scores, from predictions (B, K) of what was left out."""
        return 1.0, np.zeros(predictions.shape[1])

    def _scores(self, X: Any, lengths: MaybeArray) -> Floats:
        """Return scores (B, K)."""
        check_is_fitted(self)
        data = self._reader.read(self, X, lengths).in_float64()
        features = self.extractor_(data, self.n_threads)
        return np.asarray(features @ self.coef_ + self.intercept_)

    @property
    def _penalties(self) -> Floats:
        given = (self.penalties,) if is_number(self.penalties) else self.penalties
        penalties = [check_number("penalties", p) for p in several("penalties", given)]
        return np.array(penalties, dtype=float)

    def _fitted_targets(self) -> Targets:
        names = [field.name for field in fields(self.targets_kind)]  # type: ignore[arg-type]
        return self.targets_kind(**{name: getattr(self, name) for name in names})

    @classmethod
    def expected_axes(cls, fitted: dict[str, Any], arrays: ExpectedArrays) -> dict[str, Axes]:
        """Return the axes of the arrays of a file, from its fitted attributes as in its header."""
        K = check_integer("n_outputs_", fitted["n_outputs_"])
        n_inputs = check_integer("n_channels_in_", fitted["n_channels_in_"])
        n_networks = check_integer("n_networks_", fitted["n_networks_"])
        arrays.expect(vectors=(n_inputs + 1, None), weights=(range(1, n_networks + 1), None))
        extractor: Extractor = unpacked(fitted["extractor_"], arrays)
        return {
            "coef_": (extractor.n_features, K),
            "penalty_losses_": (range(MOST_PENALTIES + 1),),
            **dict.fromkeys(("intercept_", "classes_", "target_mean_", "target_scale_"), (K,)),
            "_target_variance": (K,),
        }

    def _after_loading(self) -> None:
        targets = vars(self._fitted_targets()).values()
        sizes = {self.n_outputs_, len(self.intercept_), *(len(v) for v in targets if np.ndim(v))}
        extractor, n_inputs = self.extractor_, self._reader.n_inputs
        fits = self.coef_.dtype == self.intercept_.dtype == np.float64
        fits = fits and self.coef_.shape == (extractor.n_features, self.n_outputs_)
        fits = fits and bool(extractor.populations)
        if extractor.vectors is None:
            n_read = len(check_channels(extractor.channels)) * n_inputs
            fits = fits and {len(extractor.scaler.mean_), len(extractor.scaler.scale_)} == {n_read}
        else:
            n_read = extractor.vectors.shape[1]
            fits = fits and len(extractor.vectors) == n_inputs + 1
        kinds = {(part.dtype, part.n_inputs) for part in extractor.populations}
        fits = fits and kinds == {(extractor.populations[0].dtype, n_read)}
        for part in extractor.populations:
            fits = fits and part.weights.shape[1] == part.program.dim
        if not fits or len(sizes) > 1:
            raise ValueError("its parts do not fit together")


def _merged(examples: Examples) -> Examples:
    """Return the different ones among examples: two that are equal are left out together."""
    X, lengths, targets, weights = examples
    labeled = LabeledSequences(Sequences(X, lengths), targets, weights).merged()
    return Examples(labeled.sequences.X, labeled.sequences.lengths, *labeled[1:3])


def standardizing(features: Floats, weights: Floats, dtype: np.dtype[Any]) -> tuple[Floats, Floats]:
    """Return weighted means (F,) of features, and 1 / deviations, 0 where these are noise."""
    share = weights / weights.sum()
    means = share @ features
    deviations = np.sqrt(share @ (features - means) ** 2)
    noise = deviations <= 1e3 * np.finfo(dtype).eps * np.abs(features).max(axis=0)
    return means, np.where(noise, 0.0, 1 / np.where(noise, 1.0, deviations))
