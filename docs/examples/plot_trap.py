"""
Who escapes a trap?
===================

Parity of five bits has many poor local minima. A run succeeds if its loss falls to a tenth of
that of guessing; the lines are Wilson's intervals. One descent gets stuck in most runs, hybrids
and many starts do not. :doc:`/troubles/local_minima` certifies such minima.
"""

from metarnn import Study
from metarnn.plots import plot_success

study = Study(
    datasets=["parity:n_bits=5"],
    networks={
        "elman 4": {
            "cell": "elman",
            "hidden": 4,
            "bidirectional": False,
            "readout": "last",
            "init_scale": 3,
        }
    },
    optimizers=["rprop", "rprop:n_starts=10", "hybrid_ga", "cuckoo"],
    budget=20000,
    seeds=8,
)
title = "a tenth of the loss of guessing, parity of 5 bits"
plot_success(study.run(), title=title).figure
