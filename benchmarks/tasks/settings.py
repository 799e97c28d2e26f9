"""The generated tasks, with one setting for each kind of optimizer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from metarnn.optimizers import (
    CMAES,
    GA,
    LSHADE,
    Adam,
    DifferentialEvolution,
    HybridGA,
    OpenAIES,
    Optimizer,
    Restarts,
    Rprop,
)

#: By their names in the tables. Hybrids refine the best few of a genetic algorithm, by Rprop
#: unless the name says otherwise.
OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "Rprop": Rprop,
    "Rprop x3": lambda: Rprop(n_starts=3),
    "Rprop x10": lambda: Rprop(n_starts=10),
    "Rprop restarts": lambda: Restarts(Rprop(n_starts=5), population_growth=1),
    "Adam": Adam,
    "Adam, cosine": lambda: Adam(learning_rate=0.01, schedule="cosine"),
    "Adam, 4 batches": lambda: Adam(n_batches=4),
    "Adam, 10 batches": lambda: Adam(n_batches=10),
    "Adam, 20 batches": lambda: Adam(learning_rate=0.01, n_batches=20, schedule="cosine"),
    "LSHADE": LSHADE,
    "CMA-ES": CMAES,
    "CMA-ES, small steps": lambda: CMAES(initial_step_size=0.3),
    "DE": DifferentialEvolution,
    "OpenAI-ES": OpenAIES,
    "OpenAI-ES, linear decay": lambda: OpenAIES(
        population_size=100, optimizer=Adam(learning_rate=0.2, max_norm=None, schedule="linear")
    ),
    "hybrid restarts": lambda: Restarts(
        HybridGA(GA(50), refine_every=1, n_refined=10, refine_steps=5),
        population_growth=1,
        patience=15,
    ),
    "hybrid": lambda: HybridGA(
        GA(population_size=10), refine_every=1, n_refined=2, refine_steps=50, patience=None
    ),
    "hybrid of Adam": lambda: HybridGA(
        GA(population_size=4),
        local_search=Adam(),
        refine_every=1,
        n_refined=1,
        refine_steps=150,
        patience=None,
    ),
    "hybrid of Adam, 20 batches": lambda: HybridGA(
        GA(population_size=4),
        local_search=Adam(learning_rate=0.01, n_batches=20),
        refine_every=1,
        n_refined=1,
        refine_steps=150,
        patience=None,
    ),
}


@dataclass(frozen=True)
class Setting:
    """How a task is trained: network, optimizer, budget in passes and the target loss.

    `options` make the task smaller or larger than it is for the gradient method.
    """

    network: dict[str, Any]
    optimizer: str
    budget: int
    target: float | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The setting in a few words."""
        cell, hidden = self.network.get("cell", "elman"), self.network["hidden"]
        windows = self.network.get("windows")
        read = f" by windows of {windows}" if windows else ""
        size = "".join(f"; {name}={value}" for name, value in self.options.items())
        return f"{cell} {hidden}{read}, {self.optimizer}{size}"


@dataclass(frozen=True)
class Case:
    """A data set to train on, the settings, and the data by which a run is judged.

    `options` are those of the training data, and `fresh` the differences in the test data; None
    where the data are all the sequences that exist. `held_out` sequences are held out where a
    seed draws no others. `threshold` is the fraction of right sequences required here, where the
    data have no task of their own.
    """

    description: str
    data: str
    options: dict[str, Any]
    fresh: dict[str, Any] | None
    solvers: dict[str, Setting]
    held_out: int = 0
    threshold: float | None = None
    unseeded: bool = False


def by(gradient: Setting, population: Setting, hybrid: Setting) -> dict[str, Setting]:
    """Return the settings by what an optimizer uses: gradients, a population, or both."""
    return {"gradient": gradient, "population": population, "hybrid": hybrid}


def gru(hidden: int, **rest: Any) -> dict[str, Any]:
    """Return a network of GRU cells."""
    return {"cell": "gru", "hidden": hidden} | rest


def words_to_digits(hidden: int, embedding: int) -> dict[str, Any]:
    """Return a translator with additive attention."""
    return gru(hidden, embedding=embedding, bidirectional=True, decoder="additive")


SATURATED = {"init_scale": 2.0}
STEPS = {"readout": "steps"}

#: Generalization is tested on strings longer than those of the training.
LONGER = {"n_sequences": 1000, "shortest": 11, "longest": 20}


def tomita(language: int, rule: str, solvers: dict[str, Setting], n_sequences: int = 600) -> Case:
    """Return one of Tomita's languages."""
    options = {"language": language, "n_sequences": n_sequences}
    return Case(f"Tomita's {language}: {rule}", "tomita", options, LONGER, solvers)


def digits(layout: str, reading: str, solvers: dict[str, Setting]) -> Case:
    """Return the digits in a layout."""
    options = {"layout": layout}
    return Case(f"digits, {reading}", "digits", options, {}, solvers, held_out=540, threshold=0.9)


TASKS: dict[str, Case] = {
    "parity": Case(
        "odd or even, of 6 bits; judged by all strings of 12",
        "parity",
        {"n_bits": 6},
        {"n_bits": 12},
        by(
            Setting(gru(4, **SATURATED), "Rprop x10", 10_000, 0.002),
            Setting(gru(4, **SATURATED), "LSHADE", 20_000, 0.0005),
            Setting(gru(4, **SATURATED), "hybrid restarts", 10_000, 0.002),
        ),
        unseeded=True,
    ),
    "latch": Case(
        "the sign of the first of 20 inputs, noise after it",
        "latch",
        {"n_sequences": 500},
        {"n_sequences": 1000},
        by(
            Setting({"hidden": 2} | SATURATED, "Rprop x10", 10_000, 0.0005),
            Setting({"hidden": 2} | SATURATED, "LSHADE", 10_000, 0.0005),
            Setting({"hidden": 2} | SATURATED, "hybrid restarts", 10_000, 0.0005),
        ),
    ),
    "two_sequence": Case(
        "the sign of the first 3 of 100 to 110 inputs, noise after them",
        "two_sequence",
        {"n_sequences": 1000},
        {"n_sequences": 1000},
        by(
            Setting(gru(2, **SATURATED), "Rprop x10", 10_000, 0.0002),
            Setting(gru(2, **SATURATED), "LSHADE", 20_000, 0.0002),
            Setting(gru(2, **SATURATED), "hybrid restarts", 10_000, 0.0002),
        ),
    ),
    "delayed_recall": Case(
        "which of 4 symbols was marked, 8 others ago",
        "delayed_recall",
        {"n_sequences": 1000},
        {"n_sequences": 1000},
        by(
            Setting(gru(4, **SATURATED), "Rprop x10", 10_000, 0.0005),
            Setting(gru(4, **SATURATED), "LSHADE", 20_000, 0.0005),
            Setting(gru(4, **SATURATED), "hybrid restarts", 10_000, 0.0005),
        ),
    ),
    "adding": Case(
        "whether two marked ones of 20 numbers add up to more than 1",
        "adding",
        {"n_sequences": 500},
        {"n_sequences": 2000},
        by(
            Setting(gru(8), "Adam, 10 batches", 600, 0.05),
            Setting(gru(3), "LSHADE", 20_000, 0.12),
            Setting(gru(3), "hybrid restarts", 30_000, 0.1),
        ),
    ),
    "adding 1997": Case(
        "the same in its first form, of 30 to 33 steps",
        "adding",
        {"form": "1997", "n_sequences": 1000, "n_steps": 30},
        {"n_sequences": 2000},
        by(
            Setting(gru(4), "Rprop x10", 8000, 0.08),
            Setting(gru(3), "LSHADE", 30_000, 0.12),
            Setting(gru(3), "hybrid restarts", 20_000, 0.1),
        ),
    ),
    "temporal_order": Case(
        "the order of 2 of X and Y among 30 to 33 symbols",
        "temporal_order",
        {"n_sequences": 800, "n_steps": 30},
        {"n_sequences": 1000},
        by(
            Setting(gru(12), "Adam, 10 batches", 1000, 0.0002),
            Setting(gru(4, **SATURATED), "CMA-ES", 20_000, 0.0005, {"n_steps": 15}),
            Setting(gru(6), "hybrid restarts", 20_000, 0.0002),
        ),
    ),
    "temporal_order 3": Case(
        "the order of 3 of X and Y among 30 to 33 symbols",
        "temporal_order",
        {"n_sequences": 1600, "n_steps": 30, "n_marked": 3},
        {"n_sequences": 1000},
        by(
            Setting(gru(12), "Adam, 10 batches", 1000, 0.0002),
            Setting(
                gru(4, **SATURATED), "CMA-ES", 30_000, 0.002, {"n_sequences": 800, "n_steps": 15}
            ),
            Setting(gru(6), "hybrid restarts", 30_000, 0.0002),
        ),
    ),
    "copy_memory": Case(
        "3 of 4 symbols repeated after 30 steps",
        "copy_memory",
        {"n_sequences": 400, "lag": 30, "n_copied": 3, "n_symbols": 4},
        {"n_sequences": 1000},
        by(
            Setting({"cell": "unitary", "hidden": 20} | STEPS, "Adam, 4 batches", 600, 0.001),
            Setting(
                gru(6, **STEPS),
                "OpenAI-ES",
                50_000,
                0.005,
                {"n_sequences": 50, "lag": 5, "n_copied": 2, "n_symbols": 2},
            ),
            Setting(
                gru(6, **STEPS),
                "hybrid restarts",
                50_000,
                0.005,
                {"n_sequences": 50, "lag": 5, "n_copied": 2, "n_symbols": 2},
            ),
        ),
    ),
    "embedded_reber": Case(
        "all allowed next symbols, at each step",
        "embedded_reber",
        {"n_sequences": 2000},
        {"n_sequences": 256},
        by(
            Setting(gru(12, **STEPS), "Rprop", 20_000),
            Setting(
                gru(3, **STEPS, **SATURATED),
                "LSHADE",
                20_000,
                0.002,
                {"n_sequences": 512, "ask": "embedding"},
            ),
            Setting(gru(12, **STEPS), "hybrid", 20_000),
        ),
    ),
    "tomita 1": tomita(
        1,
        "no b",
        by(
            Setting(gru(5, **SATURATED), "Rprop x10", 10_000, 1e-5),
            Setting(gru(3, **SATURATED), "LSHADE", 20_000, 1e-4),
            Setting({"hidden": 5} | SATURATED, "hybrid restarts", 10_000, 1e-5),
        ),
    ),
    "tomita 2": tomita(
        2,
        "ab any number of times",
        by(
            Setting(gru(5, **SATURATED), "Rprop x10", 10_000, 1e-5),
            Setting(gru(3, **SATURATED), "LSHADE", 20_000, 1e-4),
            Setting({"hidden": 5} | SATURATED, "hybrid restarts", 10_000, 1e-5),
        ),
    ),
    "tomita 3": tomita(
        3,
        "no odd run of b after an odd run of a",
        by(
            Setting(gru(12, **SATURATED), "Rprop x10", 20_000, 1e-7),
            Setting(gru(5, **SATURATED), "DE", 60_000, 1e-5),
            Setting(gru(5, **SATURATED), "hybrid restarts", 20_000, 1e-6),
        ),
        2000,
    ),
    "tomita 4": tomita(
        4,
        "no three a in a row",
        by(
            Setting(gru(5, **SATURATED), "Rprop x10", 10_000, 1e-5),
            Setting(gru(3, **SATURATED), "LSHADE", 30_000, 1e-4),
            Setting(gru(5, **SATURATED), "hybrid restarts", 20_000, 1e-5),
        ),
    ),
    "tomita 5": tomita(
        5,
        "an even number of a and of b",
        by(
            Setting(gru(5, **SATURATED), "Rprop x10", 20_000, 1e-5),
            Setting(gru(5, **SATURATED), "DE", 60_000, 1e-5),
            Setting(gru(5, **SATURATED), "hybrid restarts", 20_000, 1e-5),
        ),
        2000,
    ),
    "tomita 6": tomita(
        6,
        "as many a as b, but for a multiple of three",
        by(
            Setting({"hidden": 6} | SATURATED, "Rprop restarts", 40_000, 1e-4),
            Setting(
                {"hidden": 6} | SATURATED,
                "CMA-ES, small steps",
                20_000,
                1e-5,
                {"n_sequences": 400, "longest": 5},
            ),
            Setting({"hidden": 5} | SATURATED, "hybrid restarts", 30_000, 1e-4),
        ),
    ),
    "tomita 7": tomita(
        7,
        "a run of a, of b, of a and of b",
        by(
            Setting(gru(10), "Adam", 6000, 1e-6),
            Setting(gru(3, **SATURATED), "LSHADE", 30_000, 1e-4),
            Setting(gru(8, **SATURATED), "hybrid restarts", 20_000, 1e-6),
        ),
        2000,
    ),
    "flip_flop": Case(
        "the last signs on 3 lines, for 50 steps; judged by 100",
        "flip_flop",
        {"n_sequences": 100},
        {"n_sequences": 200, "n_steps": 100},
        by(
            Setting({"hidden": 8} | STEPS, "Rprop x3", 6000, 0.0002),
            Setting({"hidden": 8} | STEPS, "OpenAI-ES", 30_000, 0.002),
            Setting({"hidden": 6} | STEPS, "hybrid restarts", 20_000, 0.002),
        ),
    ),
    "noise_free_lag": Case(
        "the first symbol again after 20 steps; both sequences",
        "noise_free_lag",
        {"lag": 20},
        None,
        by(
            Setting(gru(8, **STEPS), "Rprop x10", 20_000, 0.001),
            Setting(gru(3, **STEPS), "LSHADE", 50_000, 0.01, {"lag": 5}),
            Setting(gru(8, **STEPS), "hybrid", 50_000, 0.001),
        ),
    ),
    "digits rows": digits(
        "rows",
        "8 steps of a row",
        by(
            Setting({"hidden": 24}, "Adam", 600),
            Setting({"hidden": 16}, "OpenAI-ES, linear decay", 100_000),
            Setting({"hidden": 24}, "hybrid of Adam", 4000),
        ),
    ),
    "digits pixels": digits(
        "pixels",
        "64 steps of a pixel",
        by(
            Setting({"cell": "orthogonal", "hidden": 32}, "Adam", 1200),
            Setting({"hidden": (8, 16), "windows": 8}, "OpenAI-ES, linear decay", 60_000),
            Setting({"cell": "orthogonal", "hidden": 32}, "hybrid of Adam", 4500),
        ),
    ),
    "digits permuted": digits(
        "permuted",
        "64 steps in an order without a pattern",
        by(
            Setting({"cell": "orthogonal", "hidden": 32}, "Adam", 1800),
            Setting({"hidden": (8, 16), "windows": 8}, "OpenAI-ES, linear decay", 60_000),
            Setting({"cell": "orthogonal", "hidden": 32}, "hybrid of Adam", 4500),
        ),
    ),
    "digits grid": digits(
        "grid",
        "whole images",
        by(
            Setting({"hidden": 8, "grid": 4}, "Adam", 600),
            Setting({"hidden": 8, "grid": 4}, "OpenAI-ES, linear decay", 60_000),
            Setting({"hidden": 8, "grid": 4}, "hybrid of Adam", 2500),
        ),
    ),
    "number_words": Case(
        "7,900 numbers below 10,000 in words, into digits; judged by 100 others",
        "number_words",
        {"n_sequences": 8000, "largest": 9999},
        {},
        by(
            Setting(words_to_digits(16, 8), "Adam, 20 batches", 400),
            Setting(
                words_to_digits(8, 6),
                "OpenAI-ES, linear decay",
                120_000,
                None,
                {"n_sequences": 3000},
            ),
            Setting(words_to_digits(12, 8), "hybrid of Adam, 20 batches", 1500),
        ),
        held_out=100,
    ),
}
