"""The defaults of every door: the estimators, ``compare``, studies and the command line.

``python -m benchmarks.defaults`` measures them beside others; docs/defaults.md has its table.
"""

from collections.abc import Mapping
from typing import Any

#: H, hidden units of each layer.
HIDDEN = 16

CELL = "lstm"

#: The cell where an activation function is given, which CELL does not take.
CELL_WITH_ACTIVATION = "elman"

#: The wiring where there is one target for each sequence: the network sees the whole series at
#: each step, and its readout the largest value that each unit takes.
WIRING: dict[str, Any] = {"bidirectional": True, "readout": "max"}

#: Settings of networks for something else, which have one direction and the usual readout: images,
#: outputs that are sequences, scores of steps that do not see what follows, and a cell that feeds
#: back its last scores.
OTHERS: dict[str, Any] = {"grid": ..., "decoder": ..., "readout": "steps", "cell": "jordan"}

OPTIMIZER = "adam"

#: Passes of a fit, or of each run of a comparison.
BUDGET = 3000

#: Candidates whose predictions an estimator averages; a gradient method starts as many times.
N_BEST = 5

#: L2 penalty of classifiers and of regressors. Comparisons have none: their target is a fraction of
#: the loss alone.
ALPHA = 0.0001
ALPHA_OF_NUMBERS = 0.01

#: Paired seeds of a comparison: 0 to 4.
N_SEEDS = 5

#: Fraction of the sequences that is held out for testing.
TEST_FRACTION = 0.3


def network_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of :meth:`metarnn.Network.build`, with defaults where they are left open.

    A setting of None is left open.
    """
    given = {name: value for name, value in given.items() if value is not None}
    other = any(
        name in given and (value is ... or (isinstance(given[name], str) and value == given[name]))
        for name, value in OTHERS.items()
    )
    cell = CELL_WITH_ACTIVATION if "activation" in given else CELL
    return {"hidden": HIDDEN, "cell": cell, **({} if other else WIRING), **given}
