"""The former settings of optimizers: files that hold them are read, code gets the new name."""

from collections.abc import Mapping
from typing import Any

#: By the class that declares a setting: its former name and the present one.
RENAMED: dict[str, dict[str, str]] = {
    "CMAES": {"initial_step": "initial_step_size"},
    "CuckooSearch": {"steps": "step_distribution"},
    "EvolutionStrategy": {"n_children": "n_offspring", "step_size": "initial_step_size"},
    "ImprovedCuckooSearch": {
        "last_discovery_rate": "final_discovery_rate",
        "last_step_size": "final_step_size",
    },
    "LBFGS": {"memory": "history_size", "first_step": "initial_step_size"},
    "LSHADE": {"memory_size": "history_size", "best_share": "best_fraction"},
    "Memetic": {
        "local": "local_search",
        "every": "refine_every",
        "best": "n_refined",
        "steps": "refine_steps",
    },
    "OpenAIES": {"sigma": "noise_std", "local": "optimizer"},
    "PyCMA": {"step_size": "initial_step_size"},
    "RandomSearch": {"batch_size": "population_size"},
    "Restarts": {"grow": "population_growth", "tolerance": "tol"},
    "Rprop": {
        "first_step": "initial_step_size",
        "grow": "eta_plus",
        "shrink": "eta_minus",
        "smallest": "min_step_size",
        "largest": "max_step_size",
    },
    "SciPyBasinHopping": {"step_size": "initial_step_size"},
    "SciPyLBFGSB": {"n_corrections": "history_size"},
    "SecondOrder": {"tolerance": "tol"},
    "SimulatedAnnealing": {
        "temperature": "initial_temperature",
        "last_temperature": "final_temperature",
        "step_size": "initial_step_size",
    },
}

#: By the class that declares them: settings that it did not have, with the values for what it did
#: then.
ADDED: dict[str, dict[str, Any]] = {
    "CuckooSearch": {"patience": None, "tol": 0.01},
    "Memetic": {"patience": None, "tol": 0.01},
}


def new_name(kind: type, name: str) -> str | None:
    """Return what a former setting of a class is called now; None where there was none."""
    for base in kind.__mro__:
        if name in RENAMED.get(base.__name__, {}):
            return RENAMED[base.__name__][name]
    return None


def with_new_names(kind: type, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a class by their present names, as a file may hold former ones.

    Settings that the class did not have are added.
    """
    added = [ADDED.get(base.__name__, {}) for base in kind.__mro__]
    present = {new_name(kind, name) or name: value for name, value in settings.items()}
    return {name: value for new in added for name, value in new.items()} | present
