"""An optimizer's own time is taken of as many points as are said. No time is asserted."""

from dataclasses import dataclass

import numpy as np
import pytest

from metarnn.optimizers import OPTIMIZERS, Ask, Optimizer, Order


@pytest.fixture
def table(monkeypatch):
    """A table of optimizers that a test may write to."""
    from benchmarks.optimizers import own_time

    entries = {}
    monkeypatch.setattr(own_time, "OPTIMIZERS", entries)
    return entries


# Those of other libraries stand in the other columns of the table.
@pytest.mark.parametrize(
    "name", [name for name, kind in OPTIMIZERS.items() if "adapter" not in kind.__module__]
)
def test_every_optimizer_of_the_table_is_measured_or_refuses(name):
    from benchmarks.optimizers.own_time import Refused, ours

    try:
        run = ours(name)(3)
    except Refused:  # its library is not installed
        run = None
    assert run is None or 0 < run(2) < np.inf


def test_seconds_are_those_of_as_many_points_as_a_population_has(table, monkeypatch):
    from benchmarks.optimizers import own_time

    asked = []

    @dataclass
    class Uneven(Optimizer):
        def search(self, space, rng):
            for n in (150, 20, 30, 300):
                asked.append(n)
                yield Ask(np.zeros((n, space.dim)))

    clock = iter(range(100))
    monkeypatch.setattr(own_time.time, "perf_counter", lambda: next(clock))
    table["uneven"] = Uneven
    run = own_time.ours("uneven")(4)
    # 200 points, whose three answers take a second each.
    assert run(4) == 3 * own_time.P / 200
    # The last ask, then from the beginning, because the search has ended.
    assert run(7) == 2 * own_time.P / 450
    assert asked == [150, 20, 30, 300, 150, 20]


def test_what_cannot_be_made_refuses(table):
    from benchmarks.optimizers import own_time

    class Refusing(Optimizer):
        def search(self, space, rng):
            raise ValueError("Refusing needs fewer weights.")
            yield

    class Missing(Optimizer):
        def check(self):
            raise ImportError("Missing needs nonsense: pip install nonsense.")

    class Curved(Optimizer):
        order = Order.GAUSS_NEWTON

    table |= {"refusing": Refusing, "missing": Missing, "curved": Curved}
    for name, said in (("refusing", "fewer"), ("missing", "nonsense"), ("curved", "GB")):
        with pytest.raises(own_time.Refused, match=said):
            own_time.ours(name)(4000)


def test_ready_made_gradients_and_curvatures_are_those_of_the_losses():
    from benchmarks.optimizers.own_time import Bowl

    rng = np.random.default_rng(0)
    bowl = Bowl(4, rng)
    points = rng.standard_normal((60, 4))
    told = bowl.told(Ask(points, Order.GAUSS_NEWTON))
    for d, step in enumerate(1e-4 * np.eye(4)):
        up, down = (bowl.told(Ask(points + sign * step, Order.GRADIENT)) for sign in (1, -1))
        np.testing.assert_allclose(
            (up.losses - down.losses) / 2e-4, told.gradients[:, d], atol=1e-5
        )
        second = (up.gradients - down.gradients) / 2e-4
        np.testing.assert_allclose(second, told.curvatures[:, d], atol=1e-8)


def test_generations_of_deap_evaluate_what_they_say():
    from benchmarks.optimizers import deap_rivals
    from benchmarks.optimizers.own_time import DEAP

    for make in DEAP.values():
        generation = make(10, 6)
        counts = [generation() for _ in range(5)]
        assert all(0 < n <= 10 for n in counts)
        if make not in (deap_rivals.ga, deap_rivals.es):  # these keep some as they are
            assert counts == [10] * 5


def test_a_library_is_timed_between_two_losses(monkeypatch):
    pytest.importorskip("mealpy")
    from benchmarks.optimizers.own_time import MEALPY, mealpy

    for where in MEALPY.values():
        assert 0 < mealpy(*where)(3)(2) < np.inf


def test_who_is_slow_is_not_asked_about_more_weights(monkeypatch):
    from benchmarks.optimizers import __main__ as optimizers
    from benchmarks.optimizers.own_time import Contestant, Refused

    made = []

    def make(seconds, largest=np.inf):
        def ready(D):
            if largest < D:
                raise Refused("too large")
            made.append((seconds, D))
            return lambda generations: seconds

        return ready

    entered = [
        Contestant("ga", "metarnn", make(0.001)),
        Contestant("ga", "mealpy", make(2.0)),
        Contestant("lm", "metarnn", make(0.002, largest=10)),
        Contestant("ga", "jax", make(0.0)),
    ]
    monkeypatch.setattr(optimizers, "contestants", lambda: entered)
    own = optimizers.own_times(["jax"], (10, 20), 2, 0.01)
    assert made == [(0.001, 10), (2.0, 10), (0.002, 10), (0.001, 20)]
    assert [one["seconds"] for one in own] == [{"10": 0.001, "20": 0.001}, {"10": 2}, {"10": 0.002}]
    assert [list(one["refused"]) for one in own] == [[], ["20"], ["20"]]
    lines = optimizers.own_table(own, 20).splitlines()
    assert [line.split() for line in lines] == [
        ["D", "=", "20", "ours", "mealpy"],
        ["ga", "1,000", "-"],
        ["lm", "-", "-"],
    ]
