"""A study that takes a moment, and what makes two of them equal."""

import numpy as np
import pandas as pd

from metarnn.optimizers import RandomSearch

CLOCK = ["seconds", "seconds_to_target"]
SMALL = {
    "datasets": {"iris": {}, "bits": {"name": "parity", "n_bits": 3}},
    "optimizers": {"adam": {"learning_rate": 0.02}, "cuckoo": {"n_nests": 6}, "rs": RandomSearch()},
    "networks": {"elman": {"hidden": 3}, "gru": {"cell": "gru", "hidden": 2, "datasets": ["iris"]}},
    "budget": 60,
    "seeds": 2,
}


def assert_same(one, other):
    pd.testing.assert_frame_equal(
        one.runs.drop(columns=CLOCK), other.runs.drop(columns=CLOCK), check_exact=True
    )
    for a, b in zip(one.histories, other.histories, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_array_equal(a.improvements[:, [0, 2]], b.improvements[:, [0, 2]])
