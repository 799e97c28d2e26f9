"""A cell as plain data: the graph of its formula, from which it is made again without its code.

The graph is a list of operations, each of which names earlier ones by their places in it:

    [["matrix", "W"], ["inputs"], ["product", 0, 1], ["vector", "b"], ["add", 2, 3], ["tanh", 4]]

Settings are part of it, as numbers and functions. A cell is made of it as of a function, one that
computes the operations in their order, and is checked as any other formula is.
"""

import copyreg
import operator
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, Signature
from math import isfinite
from typing import Any

from .expressions import FUNCTIONS
from .formula_cell import FormulaCell, cell
from .reflections import reflected
from .sums import INPUTS
from .tracing import KINDS, outputs_of
from .walks import in_order

#: The operations that a graph may have, on symbols, arrays and tensors, by the number of operands.
OPERATIONS: dict[str, tuple[int, Any]] = {
    "add": (2, operator.add),
    "sub": (2, operator.sub),
    "mul": (2, operator.mul),
    "product": (2, operator.matmul),
    "transposed": (1, lambda M: M.T),
    "reflected": (1, reflected),
    **{name: (function.n_arguments, function) for name, function in FUNCTIONS.items()},
}

#: Operations of a graph, those that follow each other, and those of it written out as one text.
MOST_OPERATIONS, MOST_NESTED, MOST_WRITTEN_OUT = 1000, 100, 100_000


@dataclass(frozen=True)
class SavedFormula:
    """What a formula with its settings computes, in lists, words and numbers.

    Parameters
    ----------
    name, source : str
        See :class:`~metarnn.cells.formula.Formula`.
    arguments : list of str
        Names of the inputs and of the states before the step.
    weights : list of str
        Names of the weights, in their order.
    operations : list of [str, ...]
        See the docstring of the module.
    outputs : list of int
        The places of the states after the step.
    names, means, scales, spreads, rows : dict
        About single weights and states, as in ``Formula``.
    n_shown, n_directions : int
        As in ``Formula``.
    """

    name: str
    source: str
    arguments: list[str]
    weights: list[str]
    operations: list[list[Any]]
    outputs: list[int]
    names: dict[str, str]
    means: dict[str, float]
    scales: dict[str, float | str]
    spreads: dict[str, float]
    rows: dict[str, str]
    n_shown: int
    n_directions: int

    @classmethod
    def of(cls, made: Any) -> "SavedFormula":
        """Return the formula of a cell.

        Raises
        ------
        TypeError, ValueError
            A cell that is more than its formula, which could not be made of it again.
        """
        if type(made).__bases__ != (FormulaCell,):
            raise TypeError("it is written by hand, or has more to it than a formula")
        formula = made.formula
        outputs = outputs_of(formula, **made.settings)
        nodes = in_order(outputs)
        places = {node: i for i, node in enumerate(nodes)}
        saved = cls(
            formula.name if formula.name.isidentifier() else "formula",
            formula.source,
            ["x", *formula.states] if "x" not in formula.weights else ["inputs", *formula.states],
            [*formula.weights],
            [
                [x.operation, *(places.get(a, a) for a in x.arguments if x is not INPUTS)]
                for x in nodes
            ],
            [places[output] for output in outputs],
            dict(formula.names),
            {name: float(mean) for name, mean in formula.means.items()},
            {n: x if isinstance(x, str) else float(x) for n, x in formula.scales.items()},
            {name: float(spread) for name, spread in formula.spreads.items()},
            dict(formula.rows),
            formula.n_shown,
            formula.n_directions,
        )
        saved.check()
        return saved

    def check(self) -> None:
        """Raise a ValueError unless the operations are such as can be computed in their order."""
        for name in (self.name, *self.arguments, *self.weights, *self.rows.values()):
            if not name.isidentifier():
                raise ValueError(f"{name!r:.40} is no name as Python has them")
        numbers = (*self.means.values(), *self.scales.values(), *self.spreads.values())
        if not all(isinstance(x, str) or isfinite(x) for x in numbers):
            raise ValueError("its initial weights are not finite")
        if len(self.operations) > MOST_OPERATIONS:
            raise ValueError(
                f"it has {len(self.operations):,} operations, more than {MOST_OPERATIONS:,}"
            )
        nested, written_out = list[int](), list[int]()
        for operation, *arguments in self.operations:
            found = [x for x in arguments if type(x) is int and 0 <= x < len(written_out)]
            if operation not in OPERATIONS:
                found = []
                self._check_symbol(operation, arguments)
            elif not len(found) == len(arguments) == OPERATIONS[operation][0]:
                raise ValueError(f"{operation} of {arguments!r:.40} is none of earlier operations")
            nested.append(1 + max((nested[i] for i in found), default=0))
            written_out.append(1 + sum(written_out[i] for i in found))
            if nested[-1] > MOST_NESTED or written_out[-1] > MOST_WRITTEN_OUT:
                raise ValueError(
                    f"more than {MOST_NESTED} of its operations follow each other, or more than "
                    f"{MOST_WRITTEN_OUT:,} of them where all is written out"
                )
        if not all(0 <= i < len(written_out) for i in self.outputs):
            raise ValueError("a state after the step is none of its operations")

    def _check_symbol(self, operation: Any, arguments: list[Any]) -> None:
        """Raise a ValueError unless an operation without operands is a symbol or a number."""
        match operation, arguments:
            case ["inputs", []]:
                return
            case ["constant", [float(x)]] if isfinite(x):
                return
            case ["state", [int(i)]] if type(i) is int and 0 <= i < len(self.arguments) - 1:
                return
            case ["matrix" | "vector" as kind, [str(name)]] if name in self.weights:
                if kind == KINDS[not name[0].isupper()]:
                    return
        raise ValueError(f"{operation!r:.40} of {arguments!r:.40} is unknown")

    def cell(self) -> type[FormulaCell]:
        """Return the cell of the formula, which has no settings any more.

        Raises
        ------
        ValueError
            No formula that a function could compute.
        """
        self.check()
        about = "names", "means", "scales", "spreads", "rows", "n_shown", "n_directions"
        decorate = cell(self.source, **{name: getattr(self, name) for name in about})
        try:
            kind: type[FormulaCell] = decorate(Computed(self))
        except TypeError as error:  # as of functions, where it stands in the program
            raise ValueError(str(error)) from None
        # No module has the class, where pickles would look for it.
        copyreg.pickle(kind, lambda made: (_made, (self, made.__getstate__())))
        return kind


def _made(saved: SavedFormula, sizes: dict[str, int]) -> FormulaCell:
    """Return the cell of a formula, as pickles of modules of PyTorch have it."""
    return saved.cell()(**sizes)


class Computed:
    """The function of a formula that is plain data: it computes the operations in their order."""

    def __init__(self, saved: SavedFormula) -> None:
        before, after = Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY
        parameters = [Parameter(name, before) for name in saved.arguments]
        parameters += [Parameter(name, after) for name in saved.weights]
        self.saved, self.__signature__ = saved, Signature(parameters)
        self.__name__, self.__doc__ = saved.name, f"The cell {saved.name} of a file."

    def __call__(self, x: Any, /, *states: Any, **weights: Any) -> tuple[Any, ...]:
        """Return the states after a step, of symbols, arrays or tensors."""
        symbols: dict[str, Callable[..., Any]] = {
            "inputs": lambda: x,
            "state": states.__getitem__,
            "constant": float,
            **dict.fromkeys(KINDS, weights.__getitem__),
        }
        values: list[Any] = []
        for operation, *arguments in self.saved.operations:
            if operation in symbols:
                values.append(symbols[operation](*arguments))
            else:
                values.append(OPERATIONS[operation][1](*(values[i] for i in arguments)))
        return tuple(values[i] for i in self.saved.outputs)
