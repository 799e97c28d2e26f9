"""Mistakes of who writes an optimizer: each is one sentence."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from metarnn.optimizers import (
    OPTIMIZERS,
    Ask,
    AskTell,
    Optimizer,
    Order,
    Population,
    RandomSearch,
    Restarts,
    minimize,
    resolve_optimizer,
    setting,
)
from metarnn.optimizers.analytic import sphere


def searching(search, **members):
    """Return an optimizer whose search is a function of the space and the generator."""
    kind = type("Mine", (Optimizer,), {"search": lambda self, *given: search(*given), **members})
    return dataclass(kind)()


def yielding(request):
    """Return a search that yields what a function makes of the space."""

    def search(space, rng):
        while True:
            yield request(space)

    return search


EXPECTED = r"^Mine: search must yield Ask\(points\), as in told = yield Ask\(points\), "
#: What a search does wrong, and the sentence about it.
MISTAKES = {
    "points alone": (yielding(lambda s: np.zeros((3, s.dim))), EXPECTED + r"got array\(\[\["),
    "nothing": (yielding(lambda s: None), EXPECTED + "got None"),
    "no yield": (lambda space, rng: np.zeros((1, 2)), EXPECTED + "but it returned array"),
    "an empty body": (lambda space, rng: None, EXPECTED + "but it returned None"),
    "a loop that never runs": (lambda space, rng: (yield from ()), EXPECTED + "but it ended"),
    "a helper that is not run": (
        yielding(lambda s: (Ask(s.sample(1, None)) for _ in range(2))),
        EXPECTED + "got <generator .*: run a generator by yield from",
    ),
    "one point": (
        yielding(lambda s: Ask(np.zeros(s.dim))),
        r"must be an array \(n, 3\) of at least one point, got shape \(3,\): .* points\[None\]",
    ),
    "no point": (yielding(lambda s: Ask(np.zeros((0, s.dim)))), r"got shape \(0, 3\)"),
    "other coordinates": (yielding(lambda s: Ask(np.zeros((2, 1)))), r"got shape \(2, 1\)"),
    "words": (yielding(lambda s: Ask([["a", "b", "c"]])), "must hold numbers, got 'a' at point 0"),
    "no array": (yielding(lambda s: Ask(None)), "must hold numbers, got None"),
    "no order": (yielding(lambda s: Ask(np.zeros((1, 3)), "gradient")), "must be an Order, got"),
    "a higher order": (
        yielding(lambda s: Ask(np.zeros((1, 3)), Order.GRADIENT)),
        "requests Order.GRADIENT, more than its property order says, Order.VALUE: define that",
    ),
    "no mini-batch": (
        yielding(lambda s: Ask(np.zeros((1, 3)), Order.VALUE, 3)),
        "mini_batch of an Ask must be a MiniBatch or None, got 3",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_search_is_one_sentence(mistake):
    search, sentence = MISTAKES[mistake]
    for run in (
        lambda own: minimize(sphere(3), own, budget=9),
        lambda own: AskTell(own, sphere(3).space, seed=0),
        lambda own: minimize(sphere(3), Restarts(own), budget=9),
    ):
        with pytest.raises((TypeError, ValueError), match=sentence) as error:
            run(searching(search))
        assert "\n" not in str(error.value)


def test_lists_of_numbers_are_points():
    points = [[1, 2, 3], [0, 0, 1]]
    assert minimize(sphere(3), searching(yielding(lambda s: Ask(points))), budget=9).fun == 1


class WithSetting(Optimizer):
    """An optimizer without @dataclass, whose setting is a field."""

    step: float = setting(0.3)


class WithHint(Optimizer):
    """An optimizer without @dataclass, whose setting is annotated."""

    step: float = 0.3


class WithSearch(RandomSearch):
    """An optimizer that has the settings of its base."""

    limit: ClassVar[int] = 3


@dataclass
class WithoutDefault(Optimizer):
    """An optimizer with a setting that must be given."""

    step: float


@pytest.mark.parametrize("kind", [WithSetting, WithHint])
def test_settings_take_a_dataclass(kind):
    with pytest.raises(TypeError, match=f"^{kind.__name__} must be a dataclass.* step\\.$"):
        kind()


def test_no_settings_of_its_own_take_no_dataclass():
    assert WithSearch(population_size=3).get_params() == {"population_size": 3}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (RandomSearch(), r"OPTIMIZERS\['mine'\] must be a class that derives from Optimizer, got"),
        (dict, r"OPTIMIZERS\['mine'\] must be a class that derives from Optimizer, got <class"),
        (WithoutDefault, r"'mine' cannot be made by its name, .* has no default of step: write"),
    ],
)
def test_what_has_a_name_is_a_class_with_defaults(entry, sentence, monkeypatch):
    monkeypatch.setitem(OPTIMIZERS, "mine", entry)
    with pytest.raises(TypeError, match=sentence):
        resolve_optimizer("mine")


class Climbers(Population):
    """A population whose author makes one mistake."""

    mistake = ""

    def evolve(self, space, rng, between):
        points = space.initial(4, rng)
        losses = (yield Ask(points)).losses
        for generation in range(2 if self.mistake == "ends" else 10**6):
            if self.mistake == "forgotten":
                between(points, losses)
            else:
                yield from between(points, losses)
            if self.mistake == "nan" and generation == 1:
                points[:3] = np.nan
            losses = (yield Ask(points)).losses


def climbers(mistake):
    return type("Mine", (Climbers,), {"mistake": mistake})()


def test_a_hook_that_is_not_run_is_one_sentence():
    with pytest.raises(TypeError, match="write yield from between"):
        minimize(sphere(3), climbers("forgotten"), budget=100)


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        ("ends", r"^Mine ended its search after 12 of 100 passes: a loop 'while True' goes on"),
        ("nan", r"^Mine requested 69 points with NaN in them, which count as the worst"),
    ],
)
def test_a_search_that_goes_wrong_late_is_warned_of(mistake, sentence):
    with pytest.warns(UserWarning, match=sentence):
        minimize(sphere(3), climbers(mistake), budget=100, seed=0)


def test_a_search_without_mistakes_warns_of_nothing(recwarn):
    minimize(sphere(3), climbers(""), budget=100, seed=0)
    assert not recwarn.list
