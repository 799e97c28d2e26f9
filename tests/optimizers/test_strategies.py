"""Evolution strategies, annealing, guessing and the rates of cuckoo search, against plain twins."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from scipy import stats

from metarnn.optimizers import (
    AdamW,
    Array,
    Ask,
    AskTell,
    CuckooSearch,
    EvolutionStrategy,
    GradientDescent,
    ImprovedCuckooSearch,
    OpenAIES,
    Population,
    RandomGuessing,
    Rprop,
    SimulatedAnnealing,
    Space,
    Told,
    minimize,
)
from metarnn.optimizers.analytic import Function, rosenbrock, sphere
from metarnn.optimizers.population import updates
from metarnn.optimizers.population.openai_es import centered_ranks
from metarnn.optimizers.population.random_stream import (
    levy_flights,
    mantegna_sigma,
    normals,
    uniforms,
)


def asked_of(
    optimizer: Population, function: Callable[[Array], Array], space: Space, n: int, spent: Any = 0
) -> list[Array]:
    """Return the points of the first n asks; `spent` is told, or a list of what is told."""
    search, asked = optimizer.search(space, np.random.default_rng(3)), []
    shares = np.broadcast_to(spent, n).tolist()
    ask = next(search)
    for share in shares:
        asked.append(ask.points.copy())
        ask = search.send(Told(function(ask.points), budget_fraction=share))
    return asked


def agree(ones: list[Array], others: list[Array]) -> None:
    assert len(ones) == len(others)
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


BOX = rosenbrock(3).space
UNEVEN = Space.box([-1, -5, -100], [3, 5, 20])


# --- Kernels -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 33), (50, 100)])
def test_kernels_are_their_formulas(shape: tuple[int, int]) -> None:
    rng, (n, dim) = np.random.default_rng(1), shape
    points, noise = rng.standard_normal((4, dim)), rng.standard_normal(shape)
    steps, scale = rng.random(n), rng.random(dim)
    samples, total = np.empty((2 * n, dim)), np.full(dim, np.nan)
    updates.mirror(points[0], scale, noise, samples)
    updates.weighted_sum(steps, noise, total)
    agree([samples], [points[0] + scale * np.concatenate([noise, -noise])])
    agree([total], [(steps[:, None] * noise).sum(axis=0)])


# --- Evolution strategy ------------------------------------------------------------------


def es_twin(
    settings: EvolutionStrategy, function: Callable[[Array], Array], space: Space, n: int
) -> list[Array]:
    """The strategy child by child, from the same draws."""
    rng, dim = np.random.default_rng(3), space.dim
    mu, lamda = settings.n_parents, settings.n_offspring
    low, high = (corner.tolist() for corner in np.asarray(space.bounds))
    parents = [(row.tolist(), settings.initial_step_size) for row in space.initial(mu, rng)]
    asked = [np.array([x for x, _ in parents])]
    family = [(loss, x, s) for loss, (x, s) in zip(function(asked[0]), parents, strict=True)]
    while len(asked) < n:
        first = rng.integers(mu, size=lamda)
        second = rng.integers(mu, size=lamda) if settings.recombination == "intermediate" else first
        factors = np.exp(rng.standard_normal(lamda) / math.sqrt(2 * dim))
        z = normals((lamda, dim), rng)
        children = []
        for k in range(lamda):
            _, x, s = family[first[k]]
            if settings.recombination == "intermediate":
                s = math.sqrt(s * family[second[k]][2])
            if settings.recombination == "centroid":
                x = [sum(p[1][d] for p in family) / mu for d in range(dim)]
                s = math.prod(p[2] for p in family) ** (1 / mu)
            s *= factors[k]
            y = [x[d] + s * space.scale[d] * float(z[k, d]) for d in range(dim)]
            children.append(([min(max(y[d], low[d]), high[d]) for d in range(dim)], s))
        asked.append(np.array([y for y, _ in children]))
        losses = function(asked[-1]).tolist()
        born = [(loss, y, s) for loss, (y, s) in zip(losses, children, strict=True)]
        family = sorted(born + (family if settings.selection == "plus" else []), key=lambda c: c[0])
        family = family[:mu]
    return asked


@pytest.mark.parametrize("selection", ["plus", "comma"])
@pytest.mark.parametrize("recombination", ["none", "intermediate", "centroid"])
@pytest.mark.parametrize(("mu", "lamda"), [(3, 12), (1, 1), (5, 7)])
def test_evolution_strategy_is_its_pseudocode(
    selection: str, recombination: str, mu: int, lamda: int
) -> None:
    optimizer = EvolutionStrategy(mu, lamda, 0.4, selection, recombination)
    for space in (BOX, UNEVEN):
        expected = es_twin(optimizer, rosenbrock(3), space, 20)
        agree(asked_of(optimizer, rosenbrock(3), space, 20), expected)


def test_plus_keeps_its_best_and_comma_forgets_it() -> None:
    for selection, kept in (("plus", True), ("comma", False)):
        space = Space.normal(3).starting_at([0.0, 0.0, 0.0])
        seen: list[float] = []

        def watch(points: Array, losses: Array, seen: list[float] = seen) -> Any:
            seen.append(float(losses.min()))
            yield from ()

        search = EvolutionStrategy(selection=selection).evolve(
            space, np.random.default_rng(1), watch
        )
        ask = next(search)
        for _ in range(5):
            ask = search.send(Told((ask.points**2).sum(1)))
        assert seen[0] == 0
        assert all((loss == 0) == kept for loss in seen[1:])


def test_step_sizes_adapt_to_the_distance() -> None:
    # A sphere is approached linearly, which no fixed step size does.
    for selection in ("plus", "comma"):
        optimizer = EvolutionStrategy(selection=selection)
        near, far = (minimize(sphere(5), optimizer, budget=n, seed=1).fun for n in (3000, 6000))
        assert far < 1e-4 * near < 1e-6


def test_comma_needs_enough_children() -> None:
    optimizer = EvolutionStrategy(n_parents=10, n_offspring=9, selection="comma")
    with pytest.raises(ValueError, match="n_offspring") as error:
        minimize(sphere(2), optimizer, budget=10)
    one_sentence(error, "EvolutionStrategy: n_offspring must be at least n_parents = 10", "got 9")
    optimizer.set_params(selection="plus").check()


def test_a_flat_landscape_keeps_the_step_sizes_finite() -> None:
    optimizer = EvolutionStrategy(1, 1, 900.0, selection="comma")
    flat = np.zeros
    asked = asked_of(optimizer, lambda x: flat(len(x)), Space.normal(1), 3000)
    moves = np.abs(np.diff(np.concatenate(asked), axis=0))
    assert 0 < moves.max() < 1e3 * 7
    assert moves[-1] != 0


# --- OpenAI's ----------------------------------------------------------------------------


def openai_twin(
    function: Callable[[Array], Array], space: Space, n: int, sigma: float, rate: float, asks: int
) -> list[Array]:
    """The strategy of Salimans et al., with mirrored samples, ranks and plain steps."""
    rng = np.random.default_rng(3)
    low, high = np.asarray(space.bounds)
    theta = space.initial(1, rng)[0]
    asked = [theta[None].copy()]
    while len(asked) < asks:
        e = normals((n // 2, space.dim), rng).astype(float)
        epsilon = np.concatenate([e, -e])
        samples = np.clip(theta + sigma * space.scale * epsilon, low, high)
        ranks = (stats.rankdata(function(samples)) - 1) / (n - 1) - 0.5
        g = sum(rank * each for rank, each in zip(ranks, epsilon, strict=True)) / (n * sigma)
        theta = np.clip(theta - rate * space.scale * g, low, high)
        asked += [samples, theta[None].copy()]
    return asked[:asks]


@pytest.mark.parametrize(("n", "sigma"), [(2, 0.3), (10, 0.05)])
@pytest.mark.parametrize("space", [BOX, UNEVEN])
def test_openai_es_is_its_pseudocode(n: int, sigma: float, space: Space) -> None:
    local = GradientDescent(learning_rate=0.02, momentum=0.0, max_norm=None)
    asked = asked_of(OpenAIES(n, sigma, local), rosenbrock(3), space, 21)
    agree(asked, openai_twin(rosenbrock(3), space, n, sigma, 0.02, 21))


def test_ranks_are_centred_and_shared() -> None:
    losses = np.array([3.0, 1.0, np.inf, 1.0, 2.0, np.inf])
    np.testing.assert_allclose(
        centered_ranks(losses), (stats.rankdata(losses) - 1) / 5 - 0.5, atol=1e-15
    )
    assert not centered_ranks(np.full(4, np.inf)).any()


def test_the_estimate_is_the_gradient_of_a_linear_loss() -> None:
    slope, space = np.array([3.0, -1.0, 0.5]), Space.normal(3, scale=2.0).starting_at(np.zeros(3))
    local = GradientDescent(learning_rate=1.0, momentum=0.0, max_norm=None)
    step = asked_of(OpenAIES(20_000, 0.1, local), lambda x: x @ slope, space, 3)[2][0]
    assert step @ slope < 0
    np.testing.assert_allclose(
        step / np.linalg.norm(step), -slope / np.linalg.norm(slope), atol=0.06
    )
    # The slope of uniform ranks along a normal coordinate is its density's mean, 1 / (2 sqrt(pi)).
    assert np.linalg.norm(step) == pytest.approx(2.0 / 0.1 / (2 * math.sqrt(math.pi)), rel=0.03)


def test_ranks_ignore_monotone_changes_of_the_loss() -> None:
    plain, bent = (
        asked_of(OpenAIES(), function, BOX, 15)
        for function in (rosenbrock(3), lambda x: np.log(1e-3 + rosenbrock(3)(x)))
    )
    agree(plain, bent)


def test_weight_decay_and_schedule_of_the_local_step_are_followed() -> None:
    space = Space.normal(3).starting_at([1.0, -2.0, 4.0])
    local = AdamW(learning_rate=0.1, weight_decay=0.5, schedule="linear")
    asked = asked_of(
        OpenAIES(optimizer=local), lambda x: np.zeros(len(x)), space, 5, [0.0, 0.5, 0.5, 1.0, 1.0]
    )
    # Without a slope the mean shrinks by its decay alone: at half of the rate, then at none.
    agree(asked[2:5:2], [asked[0] * 0.975, asked[0] * 0.975])


@pytest.mark.parametrize(
    ("settings", "error", "parts"),
    [
        ({"population_size": 7}, ValueError, ["population_size must be even", "got 7"]),
        (
            {"optimizer": Rprop()},
            TypeError,
            ["optimizer must be a method with a learning rate", "Rprop("],
        ),
        ({"optimizer": AdamW(n_batches=3)}, ValueError, ["mini-batches", "n_batches = 3"]),
    ],
)
def test_bad_settings_of_openai_es(
    settings: dict[str, Any], error: type[Exception], parts: list[str]
) -> None:
    with pytest.raises(error) as caught:
        minimize(sphere(2), OpenAIES(**settings), budget=10)
    one_sentence(caught, "OpenAIES: ", *parts)


# --- Simulated annealing -----------------------------------------------------------------


def sa_twin(
    s: SimulatedAnnealing, function: Callable[[Array], Array], space: Space, spent: list[float]
) -> list[Array]:
    """Metropolis chain by chain, from the same draws."""
    rng, dim, n = np.random.default_rng(3), space.dim, s.n_chains
    low, high = np.asarray(space.bounds)
    x = space.initial(n, rng)
    asked, losses = [x.copy()], function(x)
    steps = np.full((n, dim), s.initial_step_size)
    first = s.initial_temperature
    for t, share in enumerate(spent[1:]):
        moving = range(dim) if s.moves == "all" else [t % dim]
        z = normals((n, dim), rng) if s.moves == "all" else rng.standard_normal(n)[:, None]
        y = x.copy()
        for i in range(n):
            for k, d in enumerate(moving):
                y[i, d] = x[i, d] + steps[i, d] * space.scale[d] * float(z[i, k])
                y[i, d] = min(max(y[i, d], low[d]), high[d])
        asked.append(y)
        rivals = function(y)
        first = first or sum(abs(a - b) for a, b in zip(losses, rivals, strict=True)) / n
        temperature = first * (
            s.final_temperature**share
            if s.cooling == "geometric"
            else 1 - share + share * s.final_temperature
        )
        # A chance u below exp(-rise / T), by -ln u.
        chances = np.exp(-rng.standard_exponential(n))
        for i in range(n):
            accepted = chances[i] <= math.exp(min(0.0, -(rivals[i] - losses[i]) / temperature))
            if accepted:
                x[i], losses[i] = y[i], rivals[i]
            for d in moving:
                steps[i, d] = min(steps[i, d] * math.exp(0.05 * (accepted - s.acceptance)), 1.0)
    return asked


@pytest.mark.parametrize("moves", ["all", "one"])
@pytest.mark.parametrize("cooling", ["geometric", "linear"])
@pytest.mark.parametrize("temperature", [None, 3.0])
def test_annealing_is_its_pseudocode(moves: str, cooling: str, temperature: float | None) -> None:
    optimizer = SimulatedAnnealing(
        4, temperature, 0.01, cooling, moves=moves, initial_step_size=0.2
    )
    spent = np.linspace(0.01, 1, 60).tolist()
    for space in (BOX, UNEVEN):
        asked = asked_of(optimizer, rosenbrock(3), space, 60, spent)
        agree(asked, sa_twin(optimizer, rosenbrock(3), space, spent))


def states(optimizer: SimulatedAnnealing, dim: int, n: int) -> list[Array]:
    """Return the chains at n steps on a sphere, without a budget."""
    seen: list[Array] = []

    def watch(points: Array, losses: Array) -> Any:
        seen.append(points.copy())
        np.testing.assert_allclose(losses, (points**2).sum(1))
        yield from ()

    search = optimizer.evolve(Space.normal(dim), np.random.default_rng(5), watch)
    ask = next(search)
    for _ in range(n):
        ask = search.send(Told((ask.points**2).sum(1)))
    return seen


@pytest.mark.parametrize("moves", ["all", "one"])
def test_at_a_constant_temperature_chains_follow_boltzmann(moves: str) -> None:
    # exp(-|x|^2 / T) is a normal density of variance T / 2.
    optimizer = SimulatedAnnealing(400, 0.08, cooling_rate=1.0, moves=moves, acceptance=0.4)
    points = np.array(states(optimizer, 2, 600)[300::15])
    # One chain's states hang together, 400 chains do not.
    means = (points**2).mean(axis=(0, 2))
    assert points.var() == pytest.approx(0.04, abs=5 * means.std() / 20)
    assert points.mean() == pytest.approx(0.0, abs=5 * points.mean(axis=(0, 2)).std() / 20)


@pytest.mark.parametrize("acceptance", [0.2, 0.6])
def test_steps_adapt_to_the_acceptance(acceptance: float) -> None:
    optimizer = SimulatedAnnealing(100, 0.05, cooling_rate=1.0, acceptance=acceptance)
    points = np.array(states(optimizer, 2, 600)[300:])
    moved = (np.diff(points, axis=0) != 0).any(axis=2)
    assert moved.mean() == pytest.approx(acceptance, abs=0.02)


def test_the_temperature_falls_while_the_budget_is_spent() -> None:
    for cooling, half in (("geometric", 0.1), ("linear", 0.505)):
        optimizer = SimulatedAnnealing(cooling=cooling, final_temperature=0.01, cooling_rate=0.9)
        assert optimizer.relative_temperature(0.5, 7) == pytest.approx(half)
        assert optimizer.relative_temperature(1.0, 7) == pytest.approx(0.01)
        # Unknown budget.
        assert optimizer.relative_temperature(0.0, 2) == pytest.approx(0.81)


def test_cold_chains_accept_nothing_worse() -> None:
    optimizer = SimulatedAnnealing(10, initial_temperature=1e-300)
    losses = (np.array(states(optimizer, 3, 200)) ** 2).sum(axis=2)
    assert (np.diff(losses, axis=0) <= 0).all()
    assert (np.diff(losses, axis=0) < 0).any()


# --- Random guessing ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "low", "high"),
    [
        (Space.normal(3, 0.1), [-7, -7, -7], [7, 7, 7]),
        (Space.box([-9, -1, 2], [9, 30, 3]), [-7, -1, 2], [7, 7, 3]),
    ],
)
def test_guesses_are_even_draws(space: Space, low: list[float], high: list[float]) -> None:
    guesses = np.concatenate(asked_of(RandomGuessing(100, width=7), lambda x: x.sum(1), space, 20))
    for coordinate, lowest, highest in zip(guesses.T, low, high, strict=True):
        even = stats.uniform(lowest, highest - lowest)
        assert stats.kstest(coordinate, even.cdf).pvalue > 1e-4
        assert coordinate.min() >= lowest
        assert coordinate.max() <= highest


def test_guessing_begins_with_x0_even_where_that_is_wide() -> None:
    space = Space.normal(2).starting_at([50.0, 0.0])
    asked = asked_of(RandomGuessing(5, width=1), lambda x: x.sum(1), space, 3)
    np.testing.assert_array_equal(asked[0][0], [50.0, 0.0])
    assert np.abs(np.concatenate(asked)[1:]).max() <= 1


def test_guessing_needs_bounds_that_it_can_meet() -> None:
    calls: list[Array] = []
    with pytest.raises(ValueError, match="width") as error:
        minimize(calls.append, RandomGuessing(width=2), budget=9, space=Space.box(2, 4, dim=2))
    one_sentence(error, "RandomGuessing: [-width, width] must overlap", "width = 2")
    assert not calls


# --- Cuckoo search: rates, and what is left out ------------------------------------------


@pytest.mark.parametrize("variant", ["reference", "paper"])
@pytest.mark.parametrize("spent", [0.0, 0.25, 1.0])
def test_improved_cuckoos_follow_the_budget(variant: str, spent: float) -> None:
    improved = ImprovedCuckooSearch(8, 0.6, 0.4, variant=variant, final_discovery_rate=0.2)
    improved.set_params(final_step_size=0.025)
    # Valian's formulas: even, and by equal factors, here 1/2 a quarter.
    rate, step = {0.0: (0.6, 0.4), 0.25: (0.5, 0.2), 1.0: (0.2, 0.025)}[spent]
    assert improved.discovery_rate_at(spent) == pytest.approx(rate)
    assert improved.step_size_at(spent) == pytest.approx(step)
    plain = CuckooSearch(8, rate, step, variant=variant)
    asked = [asked_of(each, rosenbrock(3), BOX, 21, spent) for each in (improved, plain)]
    agree(*asked)


@pytest.mark.parametrize("variant", ["reference", "paper"])
def test_both_rates_change_during_a_run(variant: str) -> None:
    settings: dict[str, Any] = {"n_nests": 8, "variant": variant}
    spent = np.linspace(0, 1, 21)
    runs = [
        asked_of(ImprovedCuckooSearch(**settings, **fixed), rosenbrock(3), BOX, 21, spent)
        for fixed in ({}, {"final_discovery_rate": 0.5}, {"final_step_size": 0.5})
    ]
    for other in runs[1:]:
        assert any(not np.array_equal(a, b) for a, b in zip(runs[0], other, strict=True))


def reference_twin(
    function: Function,
    n: int,
    factor: float,
    flights: Callable[..., Array],
    pa: float,
    asks: int,
) -> list[Array]:
    """Yang's code on whole arrays; pa of 1 leaves the discovery out."""
    rng = np.random.default_rng(3)
    low, high = np.asarray(function.space.bounds)
    nests = function.space.initial(n, rng)
    asked, losses = [nests.copy()], function(nests)

    def replace(eggs: Array) -> None:
        asked.append(eggs)
        better = function(eggs) <= losses
        nests[better], losses[better] = eggs[better], function(eggs)[better]

    while len(asked) < asks:
        away = nests - nests[losses.argmin()]
        moves = factor * flights((n, function.dim), rng).astype(float) * away
        replace(np.clip(nests + moves, low, high))
        if pa < 1:
            one, other = rng.permutation(n), rng.permutation(n)
            moved = uniforms((n, function.dim), rng) > pa
            step = rng.random() * (nests[one] - nests[other])
            replace(np.clip(nests + moved * step, low, high))
    return asked[:asks]


def normal_flights(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    return mantegna_sigma(1.5) * normals(shape, rng) * normals(shape, rng)


@pytest.mark.parametrize("steps", ["levy", "normal"])
@pytest.mark.parametrize("pa", [0.25, 1.0])
def test_cuckoo_search_without_tails_or_discovery(steps: str, pa: float) -> None:
    function = rosenbrock(3)
    flights = normal_flights if steps == "normal" else lambda s, rng: levy_flights(s, 1.5, rng)
    optimizer = CuckooSearch(9, pa, 0.2, step_distribution=steps)
    expected = reference_twin(function, 9, 0.2, flights, pa, asks=16)
    for one, other in zip(asked_of(optimizer, function, function.space, 16), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_without_discovery_a_generation_costs_half() -> None:
    # The best nest stays in a flight, and only in a flight: every ask is one.
    asked = asked_of(CuckooSearch(6, 1.0), sphere(3), sphere(3).space, 12)
    best, lowest = asked[0][0], np.inf
    for points in asked:
        losses = sphere(3)(points)
        assert lowest == np.inf or (points == best).all(axis=1).any()
        if losses.min() <= lowest:
            best, lowest = points[losses.argmin()], losses.min()


def test_normal_steps_of_the_paper_have_no_tail() -> None:
    draws = []
    for seed in range(300):
        optimizer = CuckooSearch(3, 0.0, 0.001, variant="paper", step_distribution="normal")
        search = optimizer.search(Space.box(-5, 5, dim=4), np.random.default_rng(seed))
        nests = next(search).points.copy()
        offsets = search.send(Told(np.zeros(3))).points - nests
        draws.append(offsets[np.linalg.norm(offsets, axis=1).argmin()] / 0.01)
    normal = stats.norm(0, mantegna_sigma(1.5))
    assert stats.kstest(np.ravel(draws), normal.cdf).pvalue > 1e-4


# --- What is done between generations ----------------------------------------------------


@pytest.mark.parametrize(
    "optimizer",
    [
        CuckooSearch(),
        ImprovedCuckooSearch(),
        EvolutionStrategy(initial_step_size=1e-9),
        EvolutionStrategy(initial_step_size=1e-9, selection="comma", recombination="centroid"),
        OpenAIES(noise_std=1e-9),
        SimulatedAnnealing(initial_step_size=1e-9),
        SimulatedAnnealing(initial_step_size=1e-9, moves="one"),
    ],
    ids=repr,
)
def test_what_is_written_between_generations_is_taken_up(optimizer: Population) -> None:
    def plant(points: Array, losses: Array) -> Any:
        judged = (yield Ask(points)).losses
        np.testing.assert_array_equal(judged, losses)
        points[:], losses[:] = [1.5, -2.5, 3.5], -1.0

    search = optimizer.evolve(Space.box(-5, 5, dim=3), np.random.default_rng(1), plant)
    ask = search.send(Told(sphere(3)(next(search).points)))
    ask = search.send(Told(sphere(3)(ask.points)))
    np.testing.assert_allclose(
        ask.points, np.tile([1.5, -2.5, 3.5], (len(ask.points), 1)), atol=1e-6
    )


def test_searches_end_where_ask_and_tell_end() -> None:
    # What `spent` schedules follow is the same through both doors.
    for optimizer in (SimulatedAnnealing(), ImprovedCuckooSearch()):
        asked: list[Array] = []

        def keep(points: Array, asked: list[Array] = asked) -> Array:
            asked.append(points.copy())
            return sphere(3)(points)

        minimize(keep, optimizer, budget=500, seed=2, space=BOX)
        search = AskTell(optimizer, BOX, seed=2, budget=500)
        for points in asked:
            np.testing.assert_array_equal(search.ask()[: len(points)], points)
            search.tell(search.ask(), sphere(3)(search.ask()))
