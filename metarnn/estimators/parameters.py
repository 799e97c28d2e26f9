"""The parameters that both estimators share, and what follows from them alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Tags

from metarnn.criteria import criterion_of
from metarnn.defaults import ALPHA, BUDGET, HIDDEN, N_BEST, OPTIMIZER
from metarnn.layers import Embedding
from metarnn.networks import Network
from metarnn.networks.description import (
    Description,
    input_kind,
    joined_description,
    resolve_network,
)
from metarnn.optimizers import Optimizer, resolve_optimizer
from metarnn.optimizers.descent import Descent
from metarnn.optimizers.population_based import Population
from metarnn.optimizers.resolve import configured
from metarnn.sequences.reader import InputReader
from metarnn.sequences.validation import Floats
from metarnn.solved_fitness import check_solve
from metarnn.validation import LARGEST_SIZE, check_bools, is_bool, is_integer, is_number, shown

from .callbacks import Callback
from .seeds import seed_of
from .targets import Targets

#: The `initial_weights` that are random but for their solved readout.
SOLVED = "solved"

#: The parameters of estimators that are those of Network.build.
WIRING = (
    *("cell", "hidden", "activation", "bidirectional", "residual", "windows"),
    *("grid", "embedding", "readout", "dtype", "init_scale"),
)


def _shape_of(given: Any) -> str:
    return repr(given) if isinstance(given, str) else f"shape {np.shape(given)}"


@contextmanager
def _at_network() -> Iterator[None]:
    """Begin errors with the name of the parameter."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"network: {error}") from None


@dataclass(eq=False, repr=False, kw_only=True)
class RecurrentParameters(BaseEstimator):
    """Parameters of an estimator; see :class:`RNNClassifier` for what they mean."""

    network: Description | None = None
    cell: str | None = None
    hidden: int | tuple[int, ...] = HIDDEN
    activation: str | None = None
    bidirectional: bool | None = None
    residual: bool = False
    windows: int | tuple[int, ...] | None = None
    grid: int | None = None
    embedding: int | Embedding | None = None
    readout: str | None = None
    optimizer: str | dict[str, Any] | Optimizer = OPTIMIZER
    budget: float = BUDGET
    loss: str | Callable[..., Any] = "cross_entropy"
    alpha: float = ALPHA
    solve: str | None = None
    timesteps: int | str = 1
    layout: str = "ntc"
    scale: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 25
    warm_start: bool = False
    initial_weights: ArrayLike | str | None = None
    n_best: int | None = None
    random_state: Any = None
    verbose: int = 0
    callbacks: Sequence[Callable[..., Any] | Callback] | None = None
    init_scale: float = 1.0
    dtype: str = "float32"
    n_threads: int | None = None

    #: What y means: classes or numbers.
    targets_kind: ClassVar[type[Targets]]

    def _checked_optimizer(self) -> Optimizer:
        """Check the parameters that are the estimators' own, and return the optimizer."""
        check_bools(self)
        self.targets_kind.check_loss(self.loss)
        for name, least in (("n_iter_no_change", 1), ("verbose", 0), ("n_best", 1)):
            value = getattr(self, name)
            if name == "n_best" and value is None:
                continue
            if is_bool(value) and name == "verbose":
                continue  # as in scikit-learn
            if not is_integer(value) or not least <= value <= LARGEST_SIZE:
                raise ValueError(
                    f"{name} must be an integer of at least {least}, got {shown(value)}."
                )
        fraction = self.validation_fraction
        if not is_number(fraction) or not 0 < fraction < 1:
            raise ValueError(f"validation_fraction must be between 0 and 1, got {shown(fraction)}.")
        if self.early_stopping and (self.n_best or 1) > 1:
            raise ValueError(
                "n_best keeps candidates of the last population and early_stopping the one that "
                "did best before it: choose one of the two."
            )
        optimizer = resolve_optimizer(self.optimizer)
        if (solve := self._solve_with(optimizer)) is not None:
            check_solve(solve, self.loss)
        return optimizer

    def _solve_with(self, optimizer: Optimizer) -> str | None:
        """Return how the readout is solved: as the optimizer has it where nothing is said."""
        return optimizer.solves if self.solve is None else self.solve

    @property
    def _starts_solved(self) -> bool:
        """Whether the first weights are random but for a solved readout."""
        return isinstance(self.initial_weights, str) and self.initial_weights == SOLVED

    @property
    def _scales(self) -> bool:
        """Whether inputs are standardized; tokens are no numbers."""
        return self.scale and self._input_kind != "tokens"

    def _n_kept(self, optimizer: Optimizer) -> int:
        """Return the number of candidates of an optimizer that are kept."""
        if self.n_best is not None:
            return self.n_best
        # Others leave points of a last request, which are no candidates for an ensemble, and a
        # score may be perfect for one candidate and not for an average.
        apart = isinstance(optimizer, Descent | Population)
        averaged = apart and criterion_of(self.loss).has_derivatives and not self.early_stopping
        return N_BEST if averaged else 1

    def _with_starts(self, optimizer: Optimizer) -> Optimizer:
        """Return an optimizer that has as many candidates as are kept, as far as it can."""
        name, n = optimizer.size_param, self._n_kept(optimizer)
        if isinstance(optimizer, Descent) and name and optimizer.get_params()[name] < n:
            return optimizer.copy().set_params(**{name: n})
        return optimizer

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; with `deep`, also the settings of the optimizer.

        Those of a name, such as "adam", are the ones of the optimizer that it stands for.
        """
        params: dict[str, Any] = super().get_params(deep)
        if deep and not isinstance(self.optimizer, Optimizer):
            try:
                settings = resolve_optimizer(self.optimizer).get_params()
            except (TypeError, ValueError):  # which fit says
                settings = {}
            params |= {f"optimizer__{name}": value for name, value in settings.items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Change parameters by name.

        ``optimizer__learning_rate`` reaches a setting of the optimizer. Where that is a name, a
        dict or words, the optimizer that it stands for takes its place.
        """
        settings = {n: v for n, v in params.items() if n.startswith("optimizer__")}
        if settings:
            optimizer = resolve_optimizer(params.get("optimizer", self.optimizer))
            configured(optimizer, {n.partition("__")[2]: v for n, v in settings.items()})
            params = {n: v for n, v in params.items() if n not in settings}
            params["optimizer"] = optimizer
        return cast(Self, super().set_params(**params))

    @property
    def _described(self) -> Description:
        """What the network is made from: `network`, and the parameters for what it leaves open."""
        kind = type(self).__dataclass_fields__
        settings = {name: getattr(self, name) for name in WIRING}
        with _at_network():
            return joined_description(
                self.network, settings, {name: kind[name].default for name in WIRING}
            )

    @property
    def _input_kind(self) -> str:
        """What X holds: "numbers", "tokens" or "images"."""
        return input_kind(self._described)

    def _new_reader(self) -> InputReader:
        return InputReader(self._input_kind, self.layout, self.timesteps)

    def _network(self, n_inputs: int, n_outputs: int) -> Network:
        described = self._described
        with _at_network() if self.network is not None else nullcontext():
            network = resolve_network(described, n_inputs, n_outputs)
        if network.scores_steps or network.decodes:
            raise ValueError(
                f"readout must give one output for each sequence, got {network.readout!r}: "
                f"{type(self).__name__} does not score single steps."
            )
        return network

    def _seed(self) -> int | np.random.SeedSequence:
        return seed_of(self.random_state)

    def _initial_weights(self, network: Network) -> Floats | None:
        """Return the weights (D,) or (m, D) that the user gives, or None for others."""
        if self.initial_weights is None or self._starts_solved:
            return None
        try:
            return network.checked(self.initial_weights)
        except (TypeError, ValueError):
            raise ValueError(
                f"initial_weights must be {SOLVED!r} or numbers of shape ({network.n_weights},) "
                f"or (m, {network.n_weights}), as many as the network has weights, "
                f"got {_shape_of(self.initial_weights)}."
            ) from None

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
