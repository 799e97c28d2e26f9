"""The rivals in a forward pass, each written as its users write it and as an expert would.

All take weights (P, D) in float32, or in float64 where the name says so, and return the
losses (P,). What can be done once, such as packing the data and compiling, is done when a
rival is made from a problem, and not timed. A rival imports its library itself: :func:`available`
names and leaves out those that are not installed.
"""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.passes import jax_rivals as in_jax
from benchmarks.passes import numpy_rivals as in_numpy
from benchmarks.passes import torch_rivals as in_torch
from benchmarks.passes.problems import Problem


@dataclass(frozen=True)
class Rival:
    """A library, the dtype of its numbers, and a function that makes it ready for a problem."""

    library: str
    make: Callable[[Problem], Callable[[np.ndarray], Any]]
    dtype: str = "float32"


def available(rivals: Mapping[str, Rival]) -> tuple[dict[str, Rival], list[str]]:
    """Return the rivals whose library is installed, and the names of the missing libraries."""
    missing = missing_libraries(rival.library for rival in rivals.values())
    return {name: rival for name, rival in rivals.items() if rival.library not in missing}, missing


def missing_libraries(names: Iterable[str]) -> list[str]:
    """Return the libraries that are not installed, each once."""
    missing = []
    for name in dict.fromkeys(names):
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


#: The form that a JAX user writes first.
CUSTOMARY = "JAX vmap"

#: In the order in which they are shown: of each library the customary forms come first.
FORWARD = {
    "NumPy loop": Rival("numpy", in_numpy.numpy_loop),
    "NumPy matmul": Rival("numpy", in_numpy.numpy_matmul),
    "torch modules": Rival("torch", in_torch.torch_loop),
    "torch vmap": Rival("torch", in_torch.torch_vmap),
    "torch bmm": Rival("torch", in_torch.torch_bmm),
    "torch in place": Rival("torch", in_torch.torch_in_place),
    "JAX vmap": Rival("jax", in_jax.jax_vmap),
    "JAX lanes": Rival("jax", in_jax.jax_lanes),
    "JAX map lanes": Rival("jax", in_jax.jax_map_lanes),
    "NumPy loop f64": Rival("numpy", in_numpy.numpy_loop_float64, "float64"),
    "JAX vmap f64": Rival("jax", in_jax.jax_vmap_float64, "float64"),
}
