"""Whether stored and new runs may stand in one table, whatever their settings were called."""

import pytest

from metarnn.optimizers import CSBPERN, GA, CuckooSearch, Islands, Memetic, Rprop
from metarnn.study.consistency import OF_STORE, joined_conditions
from metarnn.study.plain import plain

FORMER = {
    "memetic": {
        "name": "Memetic",
        "population": {
            "name": "CuckooSearch",
            "n_nests": 12,
            "discovery_rate": 0.25,
            "step_size": 0.01,
            "levy_exponent": 1.5,
            "variant": "reference",
            "steps": "levy",
        },
        "local": {
            "name": "Rprop",
            "n_starts": 1,
            "first_step": 0.1,
            "grow": 1.2,
            "shrink": 0.5,
            "smallest": 1e-6,
            "largest": 50.0,
        },
        "every": 2,
        "best": 5,
        "steps": 10,
        "write_back": "lamarck",
    }
}
FORMER_DEFAULTS = {"refine_every": 2, "n_refined": 5, "refine_steps": 10, "patience": None}
NESTS = CuckooSearch(n_nests=12, step_size=0.01, patience=None)
NOW = plain({"memetic": Memetic(NESTS, Rprop(), **FORMER_DEFAULTS)})


def test_settings_stored_by_former_names_are_the_same():
    joined = joined_conditions(
        {"budget": 5, "optimizers": FORMER}, {"optimizers": NOW}, "store", OF_STORE
    )
    assert joined["optimizers"] == NOW


def test_other_values_by_former_names_are_refused():
    stored = {"optimizers": {"memetic": FORMER["memetic"] | {"every": 3}}}
    with pytest.raises(ValueError, match=r"optimizers\.memetic\.refine_every = 3, and now it is 2"):
        joined_conditions(stored, {"optimizers": NOW}, "store", OF_STORE)


def test_stored_optimizers_that_are_not_run_again_stay():
    optimizers = plain({"isles": Islands([GA()]), "csbpern": CSBPERN()})
    joined = joined_conditions(
        {"optimizers": FORMER}, {"optimizers": optimizers}, "store", OF_STORE
    )
    assert joined["optimizers"] == NOW | optimizers
