"""What an optimizer is: settings, and a coroutine that requests losses.

An optimizer never calls the objective, loops over a budget, counts, prints or keeps
the best point: :func:`~metarnn.optimizers.minimize` does this once for all optimizers. It
yields the points to evaluate and receives their losses, so an algorithm reads like its
pseudocode, and a hybrid is written with ``yield from``.
"""

import copy
import dataclasses
from collections.abc import Callable, Generator, Iterator
from enum import IntEnum
from importlib.util import find_spec
from typing import Any, ClassVar, NamedTuple, Self, get_args, get_type_hints

import numpy as np

from metarnn.extras import install
from metarnn.names import did_you_mean, unknown
from metarnn.validation import LARGEST_SIZE, as_float, check_bool, is_integer, is_number, shown

from .renamed import new_name
from .space import Array as Array
from .space import Space


class Order(IntEnum):
    """The derivatives to compute at a point; the budget charges for them."""

    VALUE = 0
    GRADIENT = 1
    GAUSS_NEWTON = 2


class MiniBatch(NamedTuple):
    """A mini-batch: number 0, 1, ... of `n_batches`, of data shuffled by a seed.

    Attributes
    ----------
    number : int
        From 0.
    n_batches : int
        Of all data.
    seed : int
        Of the order.
    """

    number: int
    n_batches: int
    seed: int


class Ask(NamedTuple):
    """A request of an optimizer.

    Attributes
    ----------
    points : (n, D) array
        The points to evaluate.
    order : Order
        What to compute at each point.
    mini_batch : MiniBatch or None
        The mini-batch to evaluate on; None for all data. It costs its fraction of a pass, and its
        losses never count as those of a point.
    """

    points: Array
    order: Order = Order.VALUE
    mini_batch: MiniBatch | None = None


class Told:
    """The answer to an :class:`~metarnn.optimizers.Ask`.

    Parameters
    ----------
    losses : (n,) array
        Lower is better. A loss that is not finite is given as ``inf``.
    gradients : (n, D) array, optional
        Zero where the loss or the gradient is not finite.
    curvatures : (n, D, D) array, optional
        Gauss-Newton matrices.
    budget_fraction : float
        The fraction of the budget that is spent, from 0 to 1: what schedules follow. It stays 0
        where no budget is known.
    n_nonfinite : int
        Number of points with a loss, gradient or curvature that is not finite.
    """

    __slots__ = ("_curvatures", "_gradients", "budget_fraction", "losses", "n_nonfinite")

    def __init__(
        self,
        losses: Array,
        gradients: Array | None = None,
        curvatures: Array | None = None,
        budget_fraction: float = 0.0,
        n_nonfinite: int = 0,
    ) -> None:
        self.losses = losses
        self._gradients = gradients
        self._curvatures = curvatures
        self.budget_fraction = budget_fraction
        self.n_nonfinite = n_nonfinite

    @property
    def gradients(self) -> Array:
        """The gradients (n, D) of an :class:`Ask` of order GRADIENT or more."""
        if self._gradients is None:
            raise ValueError("This answer has no gradients; ask with order=Order.GRADIENT.")
        return self._gradients

    @property
    def curvatures(self) -> Array:
        """The Gauss-Newton matrices (n, D, D) of an :class:`Ask` of order GAUSS_NEWTON."""
        if self._curvatures is None:
            raise ValueError("This answer has no curvatures; ask with order=Order.GAUSS_NEWTON.")
        return self._curvatures

    @property
    def order(self) -> Order:
        """What the answer holds."""
        if self._curvatures is not None:
            return Order.GAUSS_NEWTON
        return Order.VALUE if self._gradients is None else Order.GRADIENT

    @property
    def is_flat(self) -> bool:
        """Whether all gradients are known, and exactly zero without having been not finite."""
        gradients = self._gradients
        if gradients is None or (gradients.size and gradients.item(0)):
            return False  # mostly by the first number, which takes no time
        return not (self.n_nonfinite or gradients.any())

    def at(self, budget_fraction: float) -> "Told":
        """Return the same answer at another fraction of the budget."""
        known = self.losses, self._gradients, self._curvatures
        return Told(*known, budget_fraction, self.n_nonfinite)

    def rows(self, begin: int, end: int) -> "Told":
        """Return the answer for some of the points; its arrays are views."""
        return self._map(lambda array: array[begin:end])

    def copy(self) -> "Told":
        """Return an answer with arrays of its own."""
        return self._map(np.copy)

    def _map(self, function: Callable[[Array], Array]) -> "Told":
        gradients = None if self._gradients is None else function(self._gradients)
        curvatures = None if self._curvatures is None else function(self._curvatures)
        return Told(function(self.losses), gradients, curvatures, self.budget_fraction)


Search = Generator[Ask, Told, None]


def setting(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    choices: tuple[str, ...] | None = None,
    size: bool = False,
    tune: tuple[float, float] | bool = False,
    log: bool = False,
) -> Any:
    """Declare a dataclass field with the values that it accepts.

    Parameters
    ----------
    default : object
        The default value.
    low, high : float, optional
        The smallest and the largest accepted value.
    above : float, optional
        Values must be larger than this.
    choices : tuple of str, optional
        The accepted words.
    size : bool
        Whether it is the number of points evaluated at once.
    tune : (float, float) or bool
        The range in which tuning looks for better values, or whether it tries the choices.
    log : bool
        Whether that range is searched on a logarithmic scale.

    Returns
    -------
    object
        The field, as ``dataclasses.field`` returns it.
    """
    known = {"low": low, "high": high, "above": above, "choices": choices, "size": size}
    return dataclasses.field(default=default, metadata=known | {"tune": tune, "log": log})


@dataclasses.dataclass
class Optimizer:
    """Base of all optimizers: settings as dataclass fields, and ``search``.

    A run does not change the settings; its state is in the local variables of the coroutine.
    :meth:`get_params` and :meth:`set_params` follow scikit-learn, so that ``GridSearchCV``
    reaches ``optimizer__n_nests``.
    """

    #: What errors call optimizers of this class.
    kind: ClassVar[str] = "an optimizer"

    #: An additional library that it needs; the extra of metarnn has the same name.
    library: ClassVar[str | None] = None

    def __new__(cls, *_: Any, **settings: Any) -> Self:
        """Refuse the former name of a setting, and a class whose settings nobody would know."""
        _check_is_dataclass(cls)
        for name in settings:
            if new := new_name(cls, name):
                raise TypeError(f"{cls.__name__}: the setting {name!r} is now called {new!r}.")
        return super().__new__(cls)

    @property
    def size_param(self) -> str | None:
        """The setting that holds the number of points evaluated at once, if there is one."""
        sizes = (field.name for field in dataclasses.fields(self) if field.metadata.get("size"))
        return next(sizes, None)

    @property
    def order(self) -> Order:
        """The highest order that :meth:`search` requests; by default that of nested optimizers."""
        return max((optimizer.order for _, optimizer in self._nested()), default=Order.VALUE)

    @property
    def needs_mini_batches(self) -> bool:
        """Whether :meth:`search` evaluates on mini-batches; by default as nested optimizers do."""
        return any(optimizer.needs_mini_batches for _, optimizer in self._nested())

    @property
    def solves(self) -> str | None:
        """How the objective should solve some weights where the user leaves it open, or None.

        By default as the first of the nested optimizers that has such a wish.
        """
        return next((inner.solves for _, inner in self._nested() if inner.solves), None)

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        """Yield requests and receive answers, until the caller stops.

        Parameters
        ----------
        space : Space
            The search space: dimension, initial points, scale, bounds.
        rng : numpy.random.Generator
            The only source of randomness.

        Yields
        ------
        Ask
            Points to evaluate. The generator is sent a :class:`Told` for each.
        """
        raise TypeError(f"{type(self).__name__} does not define search(space, rng).")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the settings by name; with `deep`, also those of nested optimizers."""
        params = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for own, optimizer in self._nested() if deep else ():
            params |= {f"{own}__{name}": value for name, value in optimizer.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Change settings by name.

        ``local_search__learning_rate`` reaches a nested optimizer, ``members__0__n_nests`` the
        first one of a list.

        Raises
        ------
        ValueError
            An unknown setting.
        """
        names = [field.name for field in dataclasses.fields(self)]
        # Whole values first, so that a new nested optimizer then takes its own settings.
        for name, value in sorted(params.items(), key=lambda item: "__" in item[0]):
            own, _, nested = name.partition("__")
            if own not in names:
                if new := new_name(type(self), own):
                    raise ValueError(
                        f"{type(self).__name__}: the setting {own!r} is now called {new!r}."
                    )
                message = unknown(f"setting of {type(self).__name__}", own, names)
                for within in self.get_params():
                    if within.endswith(f"__{own}"):
                        raise ValueError(f"{message.removesuffix('.')}; there is {within!r}.")
                raise ValueError(message)
            if nested:
                inner = getattr(self, own)
                if isinstance(inner, list | tuple):
                    number, _, nested = nested.partition("__")
                    place = int(number) if number.isdecimal() else len(inner)
                    inner = inner[place] if place < len(inner) and nested else inner
                if not isinstance(inner, Optimizer):
                    raise ValueError(
                        f"{type(self).__name__}: {own} is {inner!r}, which has no "
                        f"setting {name.partition('__')[2]!r}."
                    )
                inner.set_params(**{nested: value})
            else:
                setattr(self, own, value)
        return self

    def copy(self) -> Self:
        """Return an optimizer with the same settings, and copies of nested optimizers."""
        duplicate = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Optimizer):
                setattr(duplicate, name, value.copy())
            elif isinstance(value, dict):
                setattr(duplicate, name, dict(value))
            elif isinstance(value, list | tuple):
                copies = (v.copy() if isinstance(v, Optimizer) else v for v in value)
                setattr(duplicate, name, type(value)(copies))
        return duplicate

    def memory(self, dim: int) -> int:
        """Return the bytes that a search of D coordinates cannot do without.

        By default twice its points, and a matrix for each that needs one; an optimizer that
        keeps more adds it.
        """
        size = self.size_param
        given = getattr(self, size, None) if size else None  # or that of a nested one
        n_points = 1 if given is None else int(given)
        nested = [optimizer.memory(dim) for _, optimizer in self._nested()]
        matrices = self.order == Order.GAUSS_NEWTON and not nested
        return 8 * n_points * dim * (dim if matrices else 2) + sum(nested)

    @classmethod
    def missing_dependency(cls) -> str | None:
        """Return which library is missing, as the end of a sentence; None if none is."""
        if cls.library is None or find_spec(cls.library):
            return None
        return f"needs {cls.library}: {install(cls.library)}"

    @classmethod
    def settings_without_default(cls) -> list[str]:
        """Return the names of the settings that must be given."""
        missing = dataclasses.MISSING
        return [
            field.name
            for field in dataclasses.fields(cls)
            if field.init and field.default is missing and field.default_factory is missing
        ]

    def check(self) -> None:
        """Check all settings.

        Raises
        ------
        ImportError
            Its library is not installed.
        TypeError
            A setting of the wrong type.
        ValueError
            A setting out of range.
        """
        if missing := self.missing_dependency():
            raise ImportError(f"{type(self).__name__} {missing}.")
        for _, optimizer in self._nested():
            optimizer.check()
        hints = get_type_hints(type(self))
        for field in dataclasses.fields(self):
            _check_setting(type(self).__name__, field, hints[field.name], getattr(self, field.name))

    def _nested(self) -> Iterator[tuple[str, "Optimizer"]]:
        """Yield the optimizers among the settings, with their names for :meth:`set_params`."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Optimizer):
                yield field.name, value
            elif isinstance(value, list | tuple):
                for i, each in enumerate(value):
                    if isinstance(each, Optimizer):
                        yield f"{field.name}__{i}", each


def _check_is_dataclass(kind: type) -> None:
    """Raise a TypeError if a class has settings of its own, and is no dataclass."""
    own = vars(kind)
    if "__dataclass_fields__" in own:
        return
    fields = [name for name, value in own.items() if isinstance(value, dataclasses.Field)]
    annotated = [
        name for name, hint in own.get("__annotations__", {}).items() if "ClassVar" not in str(hint)
    ]
    if "__init__" not in own and (found := [*dict.fromkeys(annotated + fields)]):
        raise TypeError(
            f"{kind.__name__} must be a dataclass, whose fields are its settings: write @dataclass "
            f"above the class, which defines {', '.join(found)}."
        )


def _limit(limit: float) -> str:
    """Return a limit as a sentence has it, a large one in full."""
    return str(limit) if isinstance(limit, int) else f"{limit:g}"


def _check_setting(owner: str, field: "dataclasses.Field[Any]", hint: Any, value: Any) -> None:
    if isinstance(hint, type) and issubclass(hint, Optimizer) and not isinstance(value, hint):
        made = field.default_factory
        such = f" such as {type(made()).__name__}()" if callable(made) else ""
        raise TypeError(f"{owner}: {field.name} must be {hint.kind}{such}, got {shown(value)}.")
    types = get_args(hint) or (hint,)
    if not field.metadata or (value is None and type(None) in types):
        return
    low, high, above, choices = (field.metadata[k] for k in ("low", "high", "above", "choices"))
    if bool in types:
        check_bool(f"{owner}: {field.name}", value)
        return
    kind: Any = int if int in types else float if float in types else str
    noun = {int: "an integer", float: "a finite number", str: "a word"}[kind]
    fits = isinstance(value, str) if kind is str else (is_integer, is_number)[kind is float](value)
    if kind is int and high is None and fits and value > LARGEST_SIZE:
        high = LARGEST_SIZE
    limits = " and ".join(
        f"{word} {_limit(limit)}"
        for word, limit in (("at least", low), ("at most", high), ("above", above))
        if limit is not None
    )
    wanted = f"one of {', '.join(map(repr, choices))}" if choices else f"{noun}, {limits}"
    near = did_you_mean(value, choices or ())
    given = f"{owner}: {field.name} must be {wanted}, got {shown(value)}{near}."
    if not fits:
        raise TypeError(given)
    if choices is not None:
        inside = value in choices
    else:
        inside = (
            abs(as_float(value)) < float("inf")
            and (low is None or value >= low)
            and (high is None or value <= high)
            and (above is None or value > above)
        )
    if not inside:
        raise ValueError(given)
