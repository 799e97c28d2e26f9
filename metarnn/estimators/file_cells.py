"""The cells of one's own that a model file has: by their formulas, as plain data.

Networks have the names of their cells. A file says what a name stands for that metarnn does not
have itself, so that a model computes the same where nobody has added its cell.
"""

import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from metarnn.cells import BUILT_IN, CELLS, FormulaCell, add_cell, is_own
from metarnn.cells.saved_formula import SavedFormula

from .value_types import checked, checked_value, fits

Header = dict[str, Any]

#: I, H and the second size, which is 0 without one, of each use of a cell.
Sizes = list[list[int]]


def cells_as_data(header: Header, nodes: Iterable[Any]) -> Header:
    """Return the cells that a header names and metarnn does not have, by their names.

    One that is no formula stands by its name alone, with a warning.

    Parameters
    ----------
    header : dict
        The header of a file.
    nodes : iterable
        The nodes of the network, of which some apply cells.
    """
    names = sorted({*cells_of(header)} - BUILT_IN)
    own = [x for node in nodes if is_own(x := getattr(node, "cell", None))] if names else []
    found = Header()
    for name in names:
        try:
            # A notebook may have added another one under the name since the model was fitted.
            uses = own if len(names) == 1 else [x for x in own if _is_here(name, *_saved(x))]
            found[name] = _as_data(uses)
        except (TypeError, ValueError) as error:
            warnings.warn(
                f"the cell {name!r} stands in the file by its name alone, since {error}: add it by "
                "metarnn.cells.add_cell before the model is loaded.",
                stacklevel=4,
            )
    return found


def _as_data(uses: list[Any]) -> Header:
    """Return what all uses of a cell have in common, with the sizes of each."""
    if not uses:
        raise ValueError("no layer of the network has what it stands for now")
    (formula, sizes), *others = map(_saved, uses)
    if any(other != formula for other, _ in others):
        raise ValueError("its settings depend on its sizes")
    return {"formula": asdict(formula), "sizes": [*sizes, *(x for _, own in others for x in own)]}


def _saved(made: Any) -> tuple[SavedFormula, Sizes]:
    """Return the formula of a cell, and its sizes."""
    return SavedFormula.of(made), [[made.n_inputs, made.n_hidden, _second(made)]]


def _second(made: Any) -> int:
    """Return the second size of a cell, or 0."""
    return next((getattr(made, name) for name in made.formula.sizes), 0)


class UnknownCellError(ValueError):
    """A file whose cell nobody has added, and of which it has the name alone."""


@contextmanager
def known_cells(header: Header) -> Iterator[None]:
    """Let networks have the cells of a header, and keep them if nothing is wrong with the rest.

    One whose name stands for another formula here gets another name, in the header as well.
    """
    added: list[str] = []  # here: another thread may add others meanwhile
    try:
        cells, named = header.pop("cells", {}), {*cells_of(header)}
        if not fits(cells, dict[str, dict[str, Any]]) or not cells.keys() <= named - BUILT_IN:
            raise ValueError("its cells are not those that its layers name")
        for name, data in cells.items():
            _add(name, data, header, added)
        for name in cells_of(header):
            if name not in CELLS:
                raise UnknownCellError(
                    f"has the cell {name!r:.60} by its name alone, which is not known here: add it "
                    "by metarnn.cells.add_cell before loading"
                )
        yield
    except BaseException:
        for name in added:
            CELLS.pop(name, None)
        raise


def _add(name: str, data: Header, header: Header, added: list[str]) -> None:
    """Add a cell under its name, or one of its own if that stands for another one here.

    Its name is appended to those `added`.
    """
    formula = checked(SavedFormula(**data["formula"]))
    sizes = checked_value("sizes", data["sizes"], list[list[int]])
    if not all(len(own) == 3 and min(own[:2]) > 0 and own[2] >= 0 for own in sizes):
        raise ValueError("the sizes of its cells are none")
    new = name
    if name in CELLS and not _is_here(name, formula, sizes):
        digest = sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        new = f"{name}_{digest[:8]}"
        _rename(header, name, new)
        warnings.warn(
            f"a cell {name!r} is defined here with another formula than in the file: the model has "
            f"that of the file, under the name {new!r}.",
            stacklevel=6,
        )
    if new not in CELLS:
        add_cell(new, _maker(formula, sizes))
        added.append(new)


def _is_here(name: str, formula: SavedFormula, sizes: Sizes) -> bool:
    """Return whether a name stands for a formula of these sizes here."""
    make: Callable[..., Any] | None = CELLS.get(name)
    if make is None:
        return False
    made = [make(*own[:2], "tanh", own[1]) for own in sizes]
    try:
        return all(_saved(x) == (formula, [own]) for x, own in zip(made, sizes, strict=True))
    except (TypeError, ValueError):
        return False


def _maker(formula: SavedFormula, sizes: Sizes) -> Callable[[int, int], FormulaCell]:
    """Return what makes a cell of I and H; in other sizes than the file's it has H second rows."""
    kind, second = formula.cell(), {(n, n_hidden): size for n, n_hidden, size in sizes}

    def make(n_inputs: int, n_hidden: int) -> FormulaCell:
        size = second.get((n_inputs, n_hidden)) or n_hidden
        return kind(n_inputs, n_hidden, *[size] * len(kind.formula.sizes))

    return make


def cells_of(value: Any) -> Iterator[str]:
    """Yield the names of cells in the layers and parameters of a part of a header."""
    for place, key in _places(value):
        yield place[key]


def _rename(header: Header, name: str, new: str) -> None:
    """Give a cell another name wherever a header names it."""
    for place, key in _places(header):
        if place[key] == name:
            place[key] = new


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield where a part of a header names cells: a dict with the key, or a pair with the place."""
    match value:
        case {"cell": str()}:
            yield value, "cell"
        case {"dict": [*pairs]}:  # such as a table of layers
            yield from ((pair, 1) for pair in pairs if isinstance(pair, list) and _is_cell(*pair))
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _places(part)


def _is_cell(key: Any = None, value: Any = None, *_: Any) -> bool:
    return key == "cell" and isinstance(value, str)
