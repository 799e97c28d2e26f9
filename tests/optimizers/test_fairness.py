"""No optimizer profits from where zero is, from the unit, or from the order of the coordinates.

A published method may step in the unit of the coordinates or pull them to zero: those that do are
named here and in docs/fairness.md, each with its reason, and must differ, so that the lists hold.

J. Kudela: A critical problem in benchmarking and analysis of evolutionary computation methods.
Nature Machine Intelligence 4 (2022) 1238-1245.
"""

import numpy as np
import pytest
from helpers.moved_problems import Moved
from helpers.optimizer_table import INSTALLED, TABLE

from metarnn.optimizers import Ask, Mealpy, Optimizer, Search, Space, minimize
from metarnn.optimizers.analytic import ellipsoid, rosenbrock
from metarnn.statistics import compare_samples

D, BUDGET, SEEDS = 5, 400, 20
#: One test in a thousand would fail by chance, were its seeds not always the same.
CHANCE = 1e-3

ROSENBROCK = rosenbrock(D)
#: With bounds, as of analytic functions, and without, as of networks.
SPACES = {
    "box": ROSENBROCK.space,
    "unbounded": Space.normal(D, 2.0),
}
#: Away from zero by some ten times the width of the starts, unequally.
SHIFT = 16.0 + 4.7 * np.arange(D)
#: Powers of two, which round nothing.
FACTORS = 2.0**-5, 2.0**5

LIBRARY_BOX = "pycma's transformation of a box begins within (1 + abs(bound)) / 20 of each bound"

#: Those that depend on where zero is, and why.
SHIFTED = {
    ("adamw", "box"): "its decay pulls weights to zero",
    ("adamw", "unbounded"): "its decay pulls weights to zero",
    ("random_guessing", "unbounded"): "it draws from a cube around zero",
    ("cma_es", "box"): LIBRARY_BOX,
    ("sep_cma_es", "box"): LIBRARY_BOX,
    ("pycma", "box"): LIBRARY_BOX,
}
#: Those of them whose losses are worse away from zero.
WORSE = {("random_guessing", "unbounded")}

OWN_STEPS = "its first steps are in the unit of the coordinates"
#: Those that depend on the unit of the coordinates, and why.
SCALED = {
    "gradient_descent": "its learning rate multiplies gradients",
    "adam": "its learning rate is in the unit of the coordinates",
    "adamw": "its learning rate is in the unit of the coordinates",
    "rmsprop": "its learning rate is in the unit of the coordinates",
    "rprop": OWN_STEPS,
    "memetic": "its Rprop: " + OWN_STEPS,
    "hybrid_ga": "its Rprop: " + OWN_STEPS,
    "restarts": "its Rprop: " + OWN_STEPS,
    "csbpern": "its back-propagation: its learning rate multiplies gradients",
    "abcbp": "its back-propagation: its learning rate multiplies gradients",
    "random_guessing": "it draws from a cube of its own width",
    "scipy_lbfgsb": "its first step has length 1",
    "scipy_basinhopping": "the first step of its descents has length 1",
    "scipy_dual_annealing": "the differences of its gradients are in the unit of the coordinates",
}

#: Other libraries' own time is much longer than that of these functions.
FOREIGN = [name for name, kind in INSTALLED.items() if "adapter" in kind.__module__]


def each(*slow: str) -> pytest.MarkDecorator:
    """Return the cases, a name and a space; random guessing needs its own cube within the box."""
    marks = {name: pytest.mark.slow for name in slow}
    cases = [(name, where) for name in TABLE for where in SPACES]
    cases.remove(("random_guessing", "box"))
    return pytest.mark.parametrize(
        ("name", "where"),
        [pytest.param(*case, marks=marks.get(case[0], ()), id="-".join(case)) for case in cases],
    )


def at_zero(where: str, **moved) -> Moved:
    """Return Rosenbrock's function with its minimum at zero, or moved from there."""
    shift = moved.pop("shift", 0.0) - 1.0
    return Moved(ROSENBROCK, SPACES[where], shift=shift, **moved)


def history(problem: Moved, optimizer: Optimizer) -> np.ndarray:
    """Return the best loss so far after each request."""
    return minimize(problem, optimizer, budget=BUDGET, seed=1).history.best


def differs(problem: Moved, other: Moved, optimizer: Optimizer) -> bool:
    """Return whether the losses found differ by more than rounding, which a search amplifies."""
    one, two = history(problem, optimizer), history(other, optimizer)
    return len(one) != len(two) or not np.allclose(one, two, rtol=1e-3, atol=1e-6 * one[0])


def best(problem: Moved, optimizer: Optimizer) -> list[float]:
    """Return the losses of runs with each seed."""
    runs = (minimize(problem, optimizer, budget=BUDGET, seed=seed) for seed in range(SEEDS))
    return [run.fun for run in runs]


def is_worse(losses: list[float], than: list[float]) -> bool:
    """Return whether losses are worse, by Mann-Whitney's test."""
    test = compare_samples(losses, than)
    return test.p < CHANCE and test.a12 < 0.5


# --- Where zero is -----------------------------------------------------------------------


@each("nevergrad")
def test_the_same_away_from_zero(name: str, where: str) -> None:
    problem, moved = at_zero(where), at_zero(where, shift=SHIFT)
    assert differs(problem, moved, TABLE[name]()) == ((name, where) in SHIFTED)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "where"), SHIFTED)
def test_what_differs_away_from_zero_is_worse_there_only_where_it_is_named(
    name: str, where: str
) -> None:
    if name not in INSTALLED:
        pytest.skip(f"needs {name}")
    problem, moved = at_zero(where), at_zero(where, shift=SHIFT)
    losses, others = best(problem, TABLE[name]()), best(moved, TABLE[name]())
    assert is_worse(others, than=losses) == ((name, where) in WORSE)


@pytest.mark.skipif("mealpy" not in INSTALLED, reason="needs mealpy")
@pytest.mark.parametrize("method", ["OriginalGWO", "OriginalWOA"])
def test_the_bias_of_known_methods_is_found(method: str) -> None:
    problem, moved = at_zero("box"), at_zero("box", shift=SHIFT)
    optimizer = Mealpy(method=method, population_size=20, epochs=BUDGET // 20)
    assert differs(problem, moved, optimizer)
    assert is_worse(best(moved, optimizer), than=best(problem, optimizer))


class Shrinking(Optimizer):
    """Random points around the best one, which is pulled a little towards zero."""

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        point, lowest = space.sample(1, rng)[0], np.inf
        while True:
            points = 0.98 * point + 0.1 * space.scale * rng.standard_normal((10, space.dim))
            losses = (yield Ask(points)).losses
            if losses.min() < lowest:
                point, lowest = points[losses.argmin()], losses.min()


def test_a_small_bias_to_zero_is_found() -> None:
    problem, moved = at_zero("unbounded"), at_zero("unbounded", shift=SHIFT)
    assert differs(problem, moved, Shrinking())
    assert is_worse(best(moved, Shrinking()), than=best(problem, Shrinking()))


# --- What the unit is --------------------------------------------------------------------


@each("nevergrad")
def test_the_same_bits_in_other_units(name: str, where: str) -> None:
    if (name, where) == ("pycma", "box"):
        pytest.skip(LIBRARY_BOX)
    plain = history(at_zero(where), TABLE[name]())
    others = [history(at_zero(where, factor=factor), TABLE[name]()) for factor in FACTORS]
    same = all(np.array_equal(plain, other) for other in others)
    assert same == (name not in SCALED)


# --- Which axis comes first --------------------------------------------------------------


def in_two_orders(where: str) -> tuple[Moved, Moved]:
    """Return an ellipsoid whose first axes matter least, and one whose first axes matter most."""
    order = np.arange(D)
    return tuple(Moved(ellipsoid(D), SPACES[where], order=each) for each in (order, order[::-1]))


@each(*FOREIGN)
def test_the_order_of_the_coordinates_is_no_help(name: str, where: str) -> None:
    losses, others = (best(problem, TABLE[name]()) for problem in in_two_orders(where))
    assert compare_samples(losses, others).p > CHANCE


class Favoring(Optimizer):
    """Random points around the best one, the last coordinate of which hardly moves."""

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        point, lowest = space.sample(1, rng)[0], np.inf
        steps = 0.1 * space.scale * np.where(np.arange(space.dim) < space.dim - 1, 1.0, 0.02)
        while True:
            points = point + steps * rng.standard_normal((10, space.dim))
            losses = (yield Ask(points)).losses
            if losses.min() < lowest:
                point, lowest = points[losses.argmin()], losses.min()


def test_a_preference_for_some_coordinates_is_found() -> None:
    losses, others = (best(problem, Favoring()) for problem in in_two_orders("unbounded"))
    assert compare_samples(losses, others).p < CHANCE
