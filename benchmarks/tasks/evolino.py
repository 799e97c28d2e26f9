"""The tasks of Evolino's paper: a language that counts, and superimposed sines.

Run it anywhere: python -m benchmarks.tasks.evolino [language sines] --seeds 3

Language: the strings a^n b^n c^n, n = 1 to 10, one-hot after a start symbol; at each step the
network is to mark the symbols that may come next, or the end. A string is accepted if each output
is on the right side of one half at each step; printed is up to which n, of 1 to 100, all are.

Sines: the sum of two sines with periods that have no common multiple. The network learns to
predict the next value of steps 100 to 400, sees the 401 values and then continues for 300 steps by
its own predictions, whose mean squared error is printed as a fraction of the variance.

The recurrent weights are searched; the outputs are solved by least squares, or, for comparison,
trained with all other weights for as many passes.

J. Schmidhuber, D. Wierstra, M. Gagliolo, F. Gomez: Training recurrent networks by Evolino. Neural
Computation 19 (2007) 757-779.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.command import Parser
from benchmarks.report import describe_machine, one_line
from metarnn import Network, minimize
from metarnn.solved_fitness import fitness_for

Floats = NDArray[np.float64]

N_LETTERS, MOST = 3, 100
FREQUENCIES = 0.2, 0.311
#: Strings, and steps, that outputs are solved on where others judge them.
SOLVED_UP_TO, SOLVED_UNTIL = 7, 250
WASHOUT, N_SEEN, N_FREE = 100, 401, 300

#: Optimizers, with the way of solving and the passes.
LANGUAGE: dict[str, tuple[str, str | None, int]] = {
    "evolino": ("evolino", "ridge", 20_000),
    "evolino, more passes": ("evolino", "ridge", 400_000),
    "evolino, held out": ("evolino", "held_out", 20_000),
    "lshade, solved": ("lshade", "ridge", 20_000),
    "cma_es, solved": ("cma_es", "ridge", 20_000),
    "lbfgs, solved": ("lbfgs", "ridge", 20_000),
    "lshade, trained": ("lshade", None, 20_000),
    "lbfgs, trained": ("lbfgs", None, 20_000),
    "adam, trained": ("adam", None, 20_000),
}
SINES: dict[str, tuple[str, str | None, int]] = {
    "evolino": ("evolino", "ridge", 3000),
    "evolino, more passes": ("evolino", "ridge", 100_000),
    "evolino, held out": ("evolino", "held_out", 3000),
    "lshade, solved": ("lshade", "ridge", 3000),
    "lbfgs, solved": ("lbfgs", "ridge", 3000),
    "lshade, trained": ("lshade", None, 3000),
    "lbfgs, trained": ("lbfgs", None, 3000),
    "adam, trained": ("adam", None, 3000),
}


def strings(numbers: Sequence[int]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return strings (B, T, 4), which symbols may follow (B, T, 4), and lengths (B,)."""
    X = np.zeros((len(numbers), N_LETTERS * max(numbers) + 1, N_LETTERS + 1))
    Y = np.full(X.shape, np.nan)
    lengths = N_LETTERS * np.asarray(numbers) + 1
    for x, y, n in zip(X, Y, numbers, strict=True):
        symbols = [0, *np.repeat(np.arange(1, N_LETTERS + 1), n)]
        following = [*symbols[1:], N_LETTERS + 1]
        x[np.arange(len(symbols)), symbols] = 1.0
        y[: len(symbols)] = 0.0
        y[np.arange(len(symbols)), np.subtract(following, 1)] = 1.0
        y[1 : n + 1, :2] = 1.0  # after an a, another one or the first b
    return X, Y, lengths


def accepted_up_to(network: Network, weights: Floats, most: int = MOST) -> int:
    """Return up to which n all strings are accepted."""
    X, Y, lengths = strings(range(1, most + 1))
    scores = network.scores(weights, X, lengths=lengths)
    right = (((scores > 0.5) == (Y > 0.5)) | np.isnan(Y)).all(axis=(1, 2))
    return most if right.all() else int(right.argmin())


def language(optimizer: str, solve: str | None, budget: int, seed: int) -> float:
    """Train on n = 1 to 10; return up to which n the strings are accepted."""
    network = Network.build(N_LETTERS + 1, N_LETTERS + 1, cell="lstm", hidden=5, readout="steps")
    X, Y, lengths = strings(range(1, 11))
    how: dict[str, Any] = {"lengths": lengths, "loss": "squared_error", "n_threads": 1}
    if solve == "held_out":
        how["solve_on"] = lengths <= N_LETTERS * SOLVED_UP_TO + 1
    fitness = fitness_for(network, X, Y, solve=solve, **how)
    result = minimize(fitness, optimizer, budget=budget, seed=seed)
    return accepted_up_to(network, fitness.complete(result.x))


def continued(network: Network, weights: Floats, values: Floats, n_steps: int) -> Floats:
    """Return the next values (n_steps,) of a series, by predictions from predictions."""
    seen = list(values)
    for _ in range(n_steps):
        steps = np.array(seen)[None, :, None]
        seen.append(float(network.scores(weights, steps, n_threads=1)[0, -1, 0]))
    return np.array(seen[len(values) :])


def sines(optimizer: str, solve: str | None, budget: int, seed: int) -> float:
    """Train to predict the next step; return the error of a continuation."""
    t = np.arange(N_SEEN + N_FREE)
    series = np.mean([np.sin(f * t) for f in FREQUENCIES], axis=0)
    network = Network.build(1, 1, cell="lstm", hidden=10, readout="steps", dtype="float64")
    X, Y = series[None, : N_SEEN - 1, None], series[None, 1:N_SEEN, None].copy()
    Y[:, :WASHOUT] = np.nan
    how = {"solve_on": np.arange(N_SEEN - 1)[None] < SOLVED_UNTIL} if solve == "held_out" else {}
    fitness = fitness_for(network, X, Y, solve=solve, loss="squared_error", n_threads=1, **how)
    result = minimize(fitness, optimizer, budget=budget, seed=seed)
    found = continued(network, fitness.complete(result.x), series[:N_SEEN], N_FREE)
    return float(((found - series[N_SEEN:]) ** 2).mean() / series.var())


TASKS = {
    "language": (LANGUAGE, language, "accepted up to n"),
    "sines": (SINES, sines, "error"),
}


def main(words: Sequence[str] | None = None) -> None:
    """Train by each optimizer and print what each seed reaches."""
    parser = Parser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tasks", nargs="*", help=", ".join(TASKS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", help="labels of optimizers")
    options = parser.parse_args(words)
    for name in options.tasks:
        if name not in TASKS:
            parser.error(f"unknown task {name!r}; there are {', '.join(TASKS)}")
    print(one_line(describe_machine(["numpy"])))
    for name in options.tasks or TASKS:
        contestants, run, title = TASKS[name]
        print(f"\n{name}: {title}, by seed")
        for label, settings in contestants.items():
            if options.only and label not in options.only:
                continue
            began = time.perf_counter()
            found = [run(*settings, seed) for seed in range(options.seeds)]
            seconds = (time.perf_counter() - began) / options.seeds
            each = " ".join(f"{value:9.3g}" for value in found)
            print(f"{label:20} {settings[2]:7,} passes {seconds:6.1f} s   {each}", flush=True)


if __name__ == "__main__":
    main()
