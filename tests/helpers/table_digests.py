"""What every optimizer of the table finds on a small problem, as a program and as a function."""

import hashlib
import sys

import numpy as np
from helpers.optimizer_table import INSTALLED, TABLE

from metarnn import Network
from metarnn.optimizers import GA, Adam, Memetic, Optimizer, minimize
from metarnn.solved_fitness import fitness_for

#: Those of mini-batches, which are settings, come on top.
ALL = TABLE | {
    "adam with mini-batches": lambda: Adam(n_batches=4),
    "memetic with mini-batches": lambda: Memetic(GA(), Adam(n_batches=3)),
}
#: Those that run here, which compile what is ours and import what is theirs.
OWN = [name for name in ALL if name not in INSTALLED or INSTALLED[name].library is None]


def data(order=None, B=24):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(B, 4, 2)), rng.integers(3, size=B)
    lengths, weights = rng.integers(1, 5, size=B), rng.uniform(0.1, 2, size=B)
    rows = np.arange(B) if order is None else order
    return X[rows], y[rows], {"lengths": lengths[rows], "sample_weight": weights[rows]}


def small_fitness(order=None, n_threads=None, solve=None):
    X, y, more = data(order)
    network = Network.build(2, 3, hidden=3, cell="gru")
    return fitness_for(network, X, y, solve=solve, alpha=0.01, n_threads=n_threads, **more)


def digest(name: str, order=None, n_threads=None, budget: float = 120) -> str:
    optimizer: Optimizer = ALL[name]()
    fitness = small_fitness(order, n_threads, optimizer.solves)
    result = minimize(fitness, optimizer, budget=budget, seed=7)
    improvements = result.history.improvements[:, [0, 2]]  # without the seconds
    parts = result.x, np.float64(result.fun), improvements
    return hashlib.sha256(
        b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    ).hexdigest()


def digests(names: list[str] | None = None) -> dict[str, str]:
    return {name: digest(name) for name in (names or OWN)}


if __name__ == "__main__":
    for name, found in digests(sys.argv[1:]).items():
        print(name, found, sep="\t")
