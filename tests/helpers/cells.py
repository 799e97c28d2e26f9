"""The cells that tests run over, one by one.

Every cell has its formula checked in each run (``tests/networks/test_formulas.py``). Those that
share all their code with another one, but for the formula, have the rest in the slow tests.
"""

import pytest

from metarnn.cells import CELLS

#: Cells whose sums, states and stages another cell has as well.
ALIKE = "mgu", "ugrnn", "peephole_lstm", "indrnn", "diagonal", "cornn"


def marks(cell):
    """Return the marks of tests of a cell."""
    return [pytest.mark.slow] if cell in ALIKE else []


every_cell = pytest.mark.parametrize("cell", [pytest.param(c, marks=marks(c)) for c in CELLS])


def each(settings):
    """Return settings by name as parameters of a test, slow where their cell is."""
    return [
        pytest.param(values, id=name, marks=marks(values.get("cell")))
        for name, values in settings.items()
    ]
