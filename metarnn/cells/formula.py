"""Cells that are written as formulas.

A formula is a function of the inputs x, the states before a step, and weights; it returns the
states after the step, of which the first is what the next layer reads:

    @cell("Cho et al. 2014", names={"c_n": "bias_hn"})
    def GRU(x, h, *, W_r, W_z, W_n, U_r, U_z, U_n, b_r, b_z, b_n, c_n):
        r = sigmoid(W_r @ x + U_r @ h + b_r)
        z = sigmoid(W_z @ x + U_z @ h + b_z)
        n = tanh(W_n @ x + b_n + r * (U_n @ h + c_n))
        return n + z * (h - n)

Weights are the keyword-only parameters. Capital letters are matrices, with as many columns as what
they multiply has rows, and small ones are vectors of H numbers. W_*, U_* and b_* are the blocks
weight_ih, weight_hh and bias_ih, one below the other in the order of the parameters, as PyTorch
has them. Parameters with a default are settings: numbers, or names of functions. Matrices
may be computed of others: U - U.T, or reflected(v).

The same function computes on arrays and tensors (H, B), with vectors (H, 1).
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from metarnn.validation import check_choice, check_number

from .expressions import OF_ONE
from .rows import HIDDEN, N_INPUTS

#: The blocks that weights of these first letters are joined to.
JOINED = {"W": "weight_ih", "U": "weight_hh", "b": "bias_ih"}
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Formula:
    """The text of a cell: a function, and how its weights begin.

    Parameters
    ----------
    function : callable
        Of the inputs x, the states before a step and weights, which are keyword-only; it returns
        the states after the step.
    source : str
        Where it is from.
    names : mapping
        Names of blocks of single weights, which otherwise have the parameter's own.
    means, scales : mapping
        Mean, and natural step, of single weights at the beginning: by default 0, and 1 over the
        root of the number of columns (of vectors, that of inputs and units). A scale may be the
        name of a matrix, whose scale it then is.
    spreads : mapping
        Standard deviation of single weights at the beginning: by default the scale.
    rows : mapping
        The name of the number of rows of single states and weights that have not one for each
        hidden unit. There can be one such name, which is an argument of the cell.
    n_shown : int
        States that the next layer reads, below each other; the others are carried.
    n_directions : int
        2 where a step has two before it, on images: the first state before the step is that to
        the left and that above, below each other, and of each carried one there are both.
    """

    function: Callable[..., Any]
    source: str
    names: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    means: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    scales: Mapping[str, float | str] = field(default_factory=lambda: NOTHING)
    spreads: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    rows: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    n_shown: int = 1
    n_directions: int = 1

    def __post_init__(self) -> None:
        if not self.states:
            raise ValueError(f"{self.name}: there must be a state after the inputs, as in (x, h).")
        for about in ("names", "means", "scales", "spreads", "rows"):
            known = (*self.weights, *self.states) if about == "rows" else self.weights
            for name in getattr(self, about):
                check_choice(f"{self.name}: weight in {about}", name, known)
        for about in ("means", "scales", "spreads"):
            for weight, value in getattr(self, about).items():
                if about == "scales" and isinstance(value, str):
                    check_choice(f"{self.name}: scales of {weight}", value, self.weights)
                else:
                    check_number(f"{self.name}: {about} of {weight}", value)
        for weight, block in self.names.items():
            if not block.isidentifier():
                raise ValueError(
                    f"{self.name}: names of {weight} must be a name as Python has them, got "
                    f"{block!r}."
                )
        if self.n_directions not in (1, 2):
            raise ValueError(f"{self.name}: n_directions must be 1 or 2, got {self.n_directions}.")
        if not 1 <= self.n_shown <= len(self.states):
            raise ValueError(
                f"{self.name}: n_shown must be from 1 to {len(self.states)}, the number of states, "
                f"got {self.n_shown}."
            )
        if len(self.sizes) > 1:
            raise ValueError(
                f"{self.name}: rows names {' and '.join(self.sizes)}, expected one size besides "
                f"{HIDDEN}."
            )
        for name in self.states:
            if name[0].isupper():
                raise ValueError(
                    f"{self.name}: the matrix {name} stands among the states: weights come after "
                    "a *, as in (x, h, *, W, U, b)."
                )

    @cached_property
    def _parameters(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.function).parameters.values())

    @cached_property
    def name(self) -> str:
        """The name of the cell."""
        return self.function.__name__

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Names of the states before a step: those that the next layer reads, then the carried."""
        return tuple(x.name for x in self._parameters if x.kind is x.POSITIONAL_OR_KEYWORD)[1:]

    @cached_property
    def after(self) -> tuple[str, ...]:
        """Names of the states that the formula computes: of two directions, one."""
        n = self.n_shown
        return self.states[:n] + self.states[n :: self.n_directions]

    @cached_property
    def weights(self) -> tuple[str, ...]:
        """Names of the weights, in their order."""
        only = (x for x in self._parameters if x.kind is x.KEYWORD_ONLY)
        return tuple(x.name for x in only if x.default is x.empty)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Settings by name, with their defaults."""
        return {x.name: x.default for x in self._parameters if x.default is not x.empty}

    @cached_property
    def sizes(self) -> list[str]:
        """Names of sizes that are arguments of the cell: none, or one."""
        return sorted({*self.rows.values()} - {HIDDEN, N_INPUTS})

    def block_of(self, weight: str) -> str:
        """Return the name of the block that a weight is in; those of matrices begin with weight."""
        own = f"weight_{weight}" if weight[0].isupper() else weight
        return self.names.get(weight) or JOINED.get(weight.partition("_")[0], own)

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings as the function takes them."""
        found: dict[str, Any] = {}
        for name, value in settings.items():
            if isinstance(self.settings[name], str):
                found[name] = OF_ONE[check_choice(name, value, OF_ONE)]
            else:
                found[name] = check_number(name, value)
        return found

    def computed(
        self, x: Any, states: tuple[Any, ...], weights: Mapping[str, Any], **settings: Any
    ) -> tuple[Any, ...]:
        """Return the states after a step, of symbols, arrays or tensors."""
        found = self.function(x, *states, **weights, **self.checked(settings))
        return found if isinstance(found, tuple) else (found,)
