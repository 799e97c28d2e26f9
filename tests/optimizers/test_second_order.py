"""The second-order methods against SciPy's, plain loops and cases with known answers."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from helpers.error_checks import one_sentence

from metarnn import Fitness, Network
from metarnn.optimizers import (
    GA,
    LBFGS,
    AskTell,
    HybridGA,
    LevenbergMarquardt,
    Order,
    SecondOrder,
    Space,
    Told,
    minimize,
)
from metarnn.optimizers.analytic import (
    FUNCTIONS,
    Function,
    ellipsoid,
    rastrigin,
    rosenbrock,
    sphere,
)
from metarnn.optimizers.gradient.lbfgs import _cubic_minimum, _narrowed
from metarnn.optimizers.gradient.levenberg_marquardt import _trial

every_method = pytest.mark.parametrize("cls", [LBFGS, LevenbergMarquardt])

WAVES = np.random.default_rng(0)
WAVE_CLASSES = np.arange(60) % 2
WAVE_TIMES = np.arange(8) * (0.4 + 0.4 * WAVE_CLASSES[:, None]) + WAVES.uniform(0, 6, (60, 1))
WAVE_INPUTS = np.sin(WAVE_TIMES) + 0.2 * WAVES.normal(size=(60, 8))


def waves(dtype: str = "float64", hidden: int = 3) -> Fitness:
    """Sines of two frequencies, to be told apart by a small network."""
    network = Network.build(1, 2, hidden=hidden, dtype=dtype)
    return Fitness(network, WAVE_INPUTS, WAVE_CLASSES, alpha=1e-3, n_threads=1)


class SumOfSquares:
    """Half of the sum of squared residuals r(x) of one point after the other, and its matrix."""

    def __init__(
        self,
        residuals: Callable[[np.ndarray], np.ndarray],
        jacobian: Callable[[np.ndarray], np.ndarray],
        space: Space,
    ) -> None:
        self.residuals, self.jacobian, self.space = residuals, jacobian, space

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return np.array([0.5 * (self.residuals(x) ** 2).sum() for x in points])

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self(points), np.array([self.jacobian(x).T @ self.residuals(x) for x in points])

    def gauss_newton(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        jacobians = [self.jacobian(x) for x in points]
        return (*self.gradient(points), np.array([J.T @ J for J in jacobians]))

    def cost(self, order: Order) -> float:
        return (1.0, 3.0, 3.0 + self.space.dim)[order]


def decay(noise: float) -> SumOfSquares:
    """a exp(-b t) + c, to be fitted to noisy data (a = 2, b = 0.7, c = -0.5)."""
    t = np.linspace(0, 6, 40)
    data = 2 * np.exp(-0.7 * t) - 0.5 + noise * np.random.default_rng(3).normal(size=40)

    def jacobian(x: np.ndarray) -> np.ndarray:
        fall = np.exp(-x[1] * t)
        return np.stack([fall, -x[0] * t * fall, np.ones_like(t)], axis=1)

    return SumOfSquares(lambda x: x[0] * np.exp(-x[1] * t) + x[2] - data, jacobian, Space.normal(3))


def powell_singular() -> SumOfSquares:
    """Powell's function, singular in its minimum at 0 (More, Garbow, Hillstrom 1981, no. 13)."""

    def residuals(x: np.ndarray) -> np.ndarray:
        a, b, c, d = x
        roots = math.sqrt(5), math.sqrt(10)
        return np.array([a + 10 * b, roots[0] * (c - d), (b - 2 * c) ** 2, roots[1] * (a - d) ** 2])

    def jacobian(x: np.ndarray) -> np.ndarray:
        a, b, c, d = x
        five, ten = math.sqrt(5), 2 * math.sqrt(10) * (a - d)
        rows = [1, 10, 0, 0], [0, 0, five, -five], [0, 2 * (b - 2 * c), -4 * (b - 2 * c), 0]
        return np.array([*rows, [ten, 0, 0, -ten]])

    return SumOfSquares(residuals, jacobian, Space.normal(4))


def single(objective: Any) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Return the loss and the gradient of one point, as SciPy wants them."""

    def loss_and_gradient(x: np.ndarray) -> tuple[float, np.ndarray]:
        losses, gradients = objective.gradient(x[None])
        return losses[0], gradients[0]

    return loss_and_gradient


def asked(search: AskTell, objective: Any, n: int) -> np.ndarray:
    """Go n rounds and return the points asked, (n, n_starts, D)."""
    rounds = []
    for _ in range(n):
        points = search.ask()
        method = objective.gauss_newton if search.order == Order.GAUSS_NEWTON else None
        search.tell(points, *(method or objective.gradient)(points))
        rounds.append(points)
    return np.stack(rounds)


# --- Both --------------------------------------------------------------------------------


@every_method
def test_starts_do_not_disturb_each_other(cls: type[SecondOrder]) -> None:
    for function in (rosenbrock(7), waves()):
        starts = function.space.sample(5, np.random.default_rng(1))
        space = function.space.starting_at(starts)
        together = asked(AskTell(cls(n_starts=5, restart="stay"), space, seed=0), function, 60)
        for i, start in enumerate(starts):
            space = function.space.starting_at(start)
            alone = asked(AskTell(cls(restart="stay"), space, seed=0), function, 60)
            np.testing.assert_array_equal(together[:, i], alone[:, 0])


@every_method
def test_who_has_arrived_begins_anew_or_stays(cls: type[SecondOrder]) -> None:
    function = sphere(3)
    fresh, stay = (
        asked(AskTell(cls(n_starts=3, restart=how), function.space, seed=2), function, n)
        for how, n in (("fresh", 60), ("stay", 90))
    )
    np.testing.assert_array_equal(fresh[0], stay[0])
    far = np.abs(fresh).max(axis=2) > 0.5
    assert (far[10:].sum(axis=0) > 2).all()
    assert (far[:-1] & ~far[1:]).sum() >= 6  # and it arrives again and again
    assert (stay[-20:] == stay[-1]).all()
    assert (np.abs(stay[-1]) < 1e-6).all()


@every_method
def test_fresh_starts_find_more_minima(cls: type[SecondOrder]) -> None:
    function = rastrigin(2)
    if cls is LevenbergMarquardt:
        # Of a sum of (10 (1 - cos)) and x^2, as of their roots' squares.
        function = rippled(2)
    fresh, stay = (
        [minimize(function, cls(restart=how), budget=2000, seed=seed).fun for seed in range(5)]
        for how in ("fresh", "stay")
    )
    assert np.median(fresh) < 0.2 * np.median(stay)


def rippled(dim: int) -> Function:
    """Rastrigin's function as the sum of x^2 and 20 sin^2(pi x), with its matrix."""
    plain, turn = rastrigin(dim), np.pi

    def matrix(x: np.ndarray) -> np.ndarray:
        diagonal = 2 + 40 * (turn * np.cos(turn * x)) ** 2
        return diagonal[:, :, None] * np.eye(dim)

    return Function("rippled", plain.value, plain.slope, plain.space, plain.minimizer, 0.0, matrix)


@every_method
def test_refinements_stay_in_their_rows(cls: type[SecondOrder]) -> None:
    function, rng = rosenbrock(3), np.random.default_rng(1)
    starts = function.space.sample(4, rng)
    starts[1] = function.minimizer  # has arrived before the first step
    refinement = cls().refine(starts, function.space, 50, rng)
    state = rng.bit_generator.state
    ask, met = next(refinement), []
    for _ in range(50):
        met.append(ask.points.copy())
        ask = refinement.send(Told(*function.gauss_newton(ask.points)))
    met.append(ask.points.copy())
    with pytest.raises(StopIteration) as end:
        refinement.send(Told(function(ask.points)))
    best, lowest = end.value.value
    assert {len(points) for points in met} == {4}
    assert (np.stack(met)[:, 1] == function.minimizer).all()
    np.testing.assert_array_equal(lowest, function(best))
    losses = np.stack([function(points) for points in met])
    np.testing.assert_array_equal(lowest, losses.min(axis=0))
    assert (lowest < 1e-3 * function(starts) + 1e-12).sum() >= 3
    assert rng.bit_generator.state == state


@every_method
def test_a_flat_loss_is_left_at_once(cls: type[SecondOrder]) -> None:
    flat = SumOfSquares(lambda x: np.ones(1), lambda x: np.zeros((1, 2)), Space.normal(2))
    points = asked(AskTell(cls(n_starts=2), flat.space, seed=0), flat, 10)
    assert len(np.unique(points.reshape(-1, 2), axis=0)) == 20


@every_method
@pytest.mark.filterwarnings("error")
def test_a_loss_that_is_not_finite_is_stepped_back_from(cls: type[SecondOrder]) -> None:
    # Flat on this side of its minimum, and not finite just beyond it.
    def residuals(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0.1, np.nan, np.exp(3 * np.minimum(x, 1)) - 1)

    cliff = SumOfSquares(
        residuals,
        lambda x: np.diag(3 * np.exp(3 * np.minimum(x, 1))),
        Space.normal(2).starting_at([-0.6, -0.3]),
    )
    result = minimize(cliff, cls(restart="stay"), budget=600, seed=0)
    assert result.fun < 1e-12
    assert result.n_nonfinite > 0


@every_method
def test_minima_on_the_boundary(cls: type[SecondOrder]) -> None:
    # Of |x - c|^2 with an interaction, the minimum over a box that leaves out c.
    mix = np.array([[2.0, 1.5, 0.0], [0.0, 1.0, -1.2], [0.3, 0.0, 1.5]])
    centre = np.array([2.0, 0.3, -3.0])
    function = SumOfSquares(lambda x: mix @ (x - centre), lambda x: mix, Space.box(-1, 1, dim=3))
    expected = scipy.optimize.lsq_linear(mix, mix @ centre, bounds=(-1, 1))
    assert np.isclose(np.abs(expected.x), 1).any()
    for seed in range(5):
        result = minimize(function, cls(restart="stay"), budget=400, seed=seed)
        assert result.fun == pytest.approx(expected.cost, rel=1e-6)
        np.testing.assert_allclose(result.x, expected.x, atol=1e-3)


@every_method
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_small_network_in_any_precision(cls: type[SecondOrder], dtype: str) -> None:
    fitness, rng = waves(dtype), np.random.default_rng(4)
    start = fitness.space.sample(1, rng)[0]
    best = scipy.optimize.minimize(single(waves()), start, jac=True, method="BFGS")
    near = best.x + 0.1 * rng.standard_normal(fitness.dim)
    stay, fresh = (
        minimize(fitness, cls(restart=how), budget=4000, seed=0, x0=near)
        for how in ("stay", "fresh")
    )
    assert stay.fun < best.fun * (1 + 1e-4)
    # It notices that it has arrived, though losses in float32 are noisy.
    assert (stay.history.losses[-5:] == stay.history.losses[-1]).all()
    assert (fresh.history.losses[20:] > 1.2 * stay.fun).any()


@every_method
def test_serves_a_hybrid(cls: type[SecondOrder]) -> None:
    optimizer = HybridGA(GA(population_size=6), cls(), refine_every=2, n_refined=2)
    result = minimize(rosenbrock(2), optimizer, budget=600, seed=1)
    assert optimizer.order == cls().order
    assert result.fun < 1e-6


def test_a_method_without_a_descent_says_so() -> None:
    with pytest.raises(TypeError, match="SecondOrder does not define converge"):
        minimize(sphere(2), SecondOrder(), budget=5)


# --- L-BFGS ------------------------------------------------------------------------------


def lbfgs_plainly(
    objective: Any, x: np.ndarray, m: int, length: float, tolerance: float, n: int
) -> list[np.ndarray]:
    """Quasi-Newton steps with the whole matrix H; return the n points looked at."""
    asked: list[np.ndarray] = []

    def look(x: np.ndarray) -> tuple[float, np.ndarray]:
        asked.append(x)
        if len(asked) == n:
            raise StopIteration
        return single(objective)(x)

    def search(x: np.ndarray, f: float, g: np.ndarray, d: np.ndarray, t: float) -> Any:
        low, f_low, slope_low, high = 0.0, f, g @ d, math.inf
        for number in range(1, 21):
            if low == 0 and -t * (g @ d) <= tolerance * abs(f):
                return None
            z = x + t * d
            fz, gz = look(z)
            fell = fz < f and fz <= f + 1e-4 * t * (g @ d)
            if fell and (gz @ d >= 0.9 * (g @ d) or number >= 10):
                return z, fz, gz
            d1 = slope_low + gz @ d - 3 * (f_low - fz) / (low - t)
            root = d1**2 - slope_low * (gz @ d)
            guess = math.nan
            if root >= 0 and math.isfinite(fz):
                d2 = math.copysign(math.sqrt(root), t - low)
                guess = t - (t - low) * (gz @ d + d2 - d1) / (gz @ d - slope_low + 2 * d2)
            if fell:
                low, f_low, slope_low = t, fz, gz @ d
            else:
                high = t
            if math.isinf(high):
                t = 2 * low if math.isnan(guess) else min(max(guess, 2 * low), 8 * low)
            else:
                margin = 0.1 * (high - low)
                middle = (low + high) / 2
                t = middle if math.isnan(guess) else min(max(guess, low + margin), high - margin)
            if number >= 10 and low > 0:
                t = low
        return None

    pairs: list[tuple[np.ndarray, np.ndarray, float]] = []
    try:
        f, g = look(x)
        while True:
            H = np.eye(len(x))
            if pairs:
                s, y, sy = pairs[-1]
                H *= sy / (y @ y)
            for s, y, sy in pairs:
                V = np.eye(len(x)) - np.outer(y, s) / sy
                H = V.T @ H @ V + np.outer(s, s) / sy
            first = length / np.sqrt(g @ g) if not pairs else 1.0
            found = search(x, f, g, -H @ g, first)
            if found is None:
                assert pairs, "arrived"
                pairs = []
                continue
            z, fz, gz = found
            s, y = z - x, gz - g
            if s @ y > 1e-10 * math.sqrt((s @ s) * (y @ y)):
                unit = math.sqrt(s @ s)
                rounded = [(v / unit).astype(np.float32).astype(float) for v in (s, y)]
                pairs = [*pairs, (rounded[0], rounded[1], s @ y / unit**2)][-m:]
            x, f, g = z, fz, gz
    except StopIteration:
        return asked


@pytest.mark.parametrize("m", [1, 3, 10])
@pytest.mark.parametrize("first_step", [0.01, 0.3, 20])
def test_lbfgs_is_its_algorithm(m: int, first_step: float) -> None:
    for objective in (rosenbrock(4), waves()):
        space = Space.normal(objective.space.dim, 0.5)
        start = space.sample(1, np.random.default_rng(3))[0]
        length = first_step * 0.5 * math.sqrt(space.dim)
        expected = lbfgs_plainly(objective, start, m, length, 1e-8, 14)
        optimizer = LBFGS(history_size=m, initial_step_size=first_step)
        points = asked(AskTell(optimizer, space.starting_at(start), seed=0), objective, 14)[:, 0]
        # The pairs are rounded to float32, and what differs grows along the way.
        np.testing.assert_allclose(points, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dim", [2, 10])
def test_lbfgs_takes_no_more_gradients_than_scipy(dim: int, seed: int) -> None:
    function, space = rosenbrock(dim), Space.normal(dim)
    start = function.space.sample(1, np.random.default_rng(seed))[0]
    theirs = scipy.optimize.minimize(single(function), start, jac=True, method="L-BFGS-B")
    result = minimize(function, LBFGS(restart="stay"), budget=3000, space=space, x0=start)
    np.testing.assert_allclose(result.x, theirs.x, atol=1e-3)
    needed = int((result.history.best > theirs.fun + 1e-12).sum()) + 1
    assert needed <= 2 * theirs.nfev
    assert result.fun < 1e-20


def test_lbfgs_descends_a_network_as_fast_as_scipy() -> None:
    fitness = waves()
    ours, theirs = [], []
    for start in fitness.space.sample(8, np.random.default_rng(4)):
        options = {"maxfun": 100, "maxiter": 100}
        result = scipy.optimize.minimize(
            single(fitness), start, jac=True, method="L-BFGS-B", options=options
        )
        theirs.append(result.fun)
        ours.append(minimize(fitness, LBFGS(), budget=300, x0=start, seed=0).fun)
    assert np.mean(ours) < 1.3 * np.mean(theirs)


def test_lbfgs_descends_a_badly_conditioned_bowl_as_fast_as_scipy() -> None:
    function, options = ellipsoid(30), {"maxfun": 500, "maxiter": 500, "ftol": 0, "gtol": 0}
    start = function.space.sample(1, np.random.default_rng(0))[0]
    theirs = scipy.optimize.minimize(
        single(function), start, jac=True, method="L-BFGS-B", options=options
    )
    result = minimize(function, LBFGS(), budget=1500, x0=start, seed=0)
    assert result.fun < 10 * theirs.fun


def test_lbfgs_survives_kinks() -> None:
    # |x| + |y| / 10 has no second derivative where it is lowest.
    weights = np.array([1.0, 0.1])
    kinked = dataclasses.replace(
        sphere(2), value=lambda x: np.abs(x) @ weights, slope=lambda x: np.sign(x) * weights
    )
    results = [minimize(kinked, LBFGS(restart="stay"), budget=900, seed=s).fun for s in range(5)]
    assert np.median(results) < 1e-4


def test_cubics_are_lowest_where_they_are() -> None:
    # Of (t - 2)^2 (t + 1): 2; of its negative: 0.
    a, b, signs = np.array([0.5, -0.5]), np.array([1.5, 0.7]), np.array([1, -1])

    def cubic(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = (t - 2) ** 2 * (t + 1), 2 * (t - 2) * (t + 1) + (t - 2) ** 2
        return signs * value, signs * slope

    (loss_a, slope_a), (loss_b, slope_b) = cubic(a), cubic(b)
    for ends in (
        (a, b, loss_a, loss_b, slope_a, slope_b),
        (b, a, loss_b, loss_a, slope_b, slope_a),
    ):
        np.testing.assert_allclose(_cubic_minimum(*ends), [2, 0], atol=1e-12)


def test_guesses_are_moved_into_the_bracket() -> None:
    low, high = np.array([1.0, 1, 1, 1, 2, 2, 2, 2]), np.array([2.0, 2, 2, 2, *[np.inf] * 4])
    guess = np.array([1.4, 0.5, 9.0, np.nan, 5.0, 3.0, 99.0, np.nan])
    np.testing.assert_allclose(
        _narrowed(low, high, guess), [1.4, 1.1, 1.9, 1.5, 5.0, 4.0, 16.0, 4.0]
    )


# --- Levenberg-Marquardt -----------------------------------------------------------------


def madsen_nielsen_tingleff(
    problem: SumOfSquares, x: np.ndarray, tau: float, n: int, *, marquardt: bool
) -> list[np.ndarray]:
    """Algorithm 3.16 line by line; return the points at which the residuals are taken."""
    J, f = problem.jacobian(x), problem.residuals(x)
    A, g = J.T @ J, J.T @ f
    S = A.diagonal().copy() if marquardt else np.full(len(x), A.diagonal().max())
    mu, nu = tau, 2.0
    asked = [x]
    while len(asked) < n:
        h = np.linalg.solve(A + mu * np.diag(S), -g)
        x_new = x + h
        asked.append(x_new)
        f_new = problem.residuals(x_new)
        rho = 0.5 * (f @ f - f_new @ f_new) / (0.5 * h @ (mu * S * h - g))
        if rho > 0:
            x, f, J = x_new, f_new, problem.jacobian(x_new)
            A, g = J.T @ J, J.T @ f
            S = np.maximum(S, A.diagonal()) if marquardt else S
            mu *= max(1 / 3, 1 - (2 * min(rho, 1) - 1) ** 3)
            nu = 2.0
        else:
            mu *= nu
            nu *= 2
    return asked


@pytest.mark.parametrize("marquardt", [True, False])
@pytest.mark.parametrize("tau", [1.0, 1e-6])
def test_levenberg_marquardt_is_its_algorithm(tau: float, marquardt: bool) -> None:
    scaling = "diagonal" if marquardt else "identity"
    for problem, x0 in ((decay(0.1), [-1.0, 4.0, 3.0]), (powell_singular(), [3.0, -1, 0, 1])):
        expected = madsen_nielsen_tingleff(problem, np.array(x0), tau, 12, marquardt=marquardt)
        optimizer = LevenbergMarquardt(damping=tau, scaling=scaling, tol=0.0)
        search = AskTell(optimizer, problem.space.starting_at(x0), seed=0)
        np.testing.assert_allclose(asked(search, problem, 12)[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("scaling", ["diagonal", "identity"])
def test_levenberg_marquardt_fits_what_scipy_fits(scaling: str) -> None:
    for problem, x0 in (
        (decay(0.1), [5.0, 2.0, -2.0]),
        (decay(0.0), [1.0, 1.0, 1.0]),
        (powell_singular(), [3.0, -1.0, 0.0, 1.0]),
    ):
        theirs = scipy.optimize.least_squares(
            problem.residuals, x0, jac=problem.jacobian, method="lm"
        )
        optimizer = LevenbergMarquardt(scaling=scaling, restart="stay")
        result = minimize(problem, optimizer, budget=50 * (3 + len(x0)), seed=0, x0=x0)
        assert result.fun <= 1.0001 * theirs.cost + 1e-15
        if theirs.cost > 1e-20:
            np.testing.assert_allclose(result.x, theirs.x, rtol=1e-4)
        # In no more than twice its rounds, or those of a damping that begins at 1.
        ours = (result.history.best > 1.0001 * theirs.cost + 1e-12).sum()
        assert ours <= 2 * theirs.nfev + 10


def test_levenberg_marquardt_on_rosenbrock() -> None:
    def residuals(x: np.ndarray) -> np.ndarray:
        return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])

    theirs = scipy.optimize.least_squares(residuals, [-1.2, 1.0], method="lm", jac="2-point")
    result = minimize(rosenbrock(2), LevenbergMarquardt(damping=1e-3), budget=125, x0=[-1.2, 1.0])
    assert theirs.cost < 1e-20
    assert result.fun < 1e-20
    assert result.nhev == 25


def test_the_diagonal_does_not_mind_units() -> None:
    units = np.array([1e-3, 1e2, 30.0])
    plain = decay(0.1)
    scaled = SumOfSquares(
        lambda x: plain.residuals(x * units),
        lambda x: plain.jacobian(x * units) * units,
        plain.space,
    )
    x0 = np.array([-1.0, 4.0, 3.0])
    searches = [
        AskTell(LevenbergMarquardt(), plain.space.starting_at(start), seed=0)
        for start in (x0, x0 / units)
    ]
    points, others = asked(searches[0], plain, 12), asked(searches[1], scaled, 12)
    np.testing.assert_allclose(others * units, points, rtol=1e-6)


def test_a_matrix_that_rounding_made_indefinite_is_damped() -> None:
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    matrix = turn @ np.diag([-1e-6, 1e-9, 0.5, 1.0]) @ turn.T
    gradient = turn @ np.array([1.0, 1.0, 1.0, 1.0])
    space = Space.normal(4)
    trial, promised, damping = _trial(np.zeros(4), gradient, matrix, np.ones(4), 1e-12, space)
    assert promised > 0
    assert damping > 1e-6
    expected = np.linalg.solve(matrix + damping * np.eye(4), -gradient)
    np.testing.assert_allclose(trial, expected, rtol=1e-6)


def test_too_many_coordinates_are_refused_before_anything_is_asked() -> None:
    function = sphere(2001)
    with pytest.raises(ValueError, match="LevenbergMarquardt") as error:
        minimize(function, LevenbergMarquardt(n_starts=3), budget=10)
    one_sentence(error, "at most 2000 coordinates", "got 2001", "0.096 GB", "LBFGS")
    assert AskTell(LevenbergMarquardt(), sphere(2000).space, 1).ask().shape == (1, 2000)


# --- Gauss-Newton matrices of the test functions -----------------------------------------


def test_matrices_are_those_of_the_residuals() -> None:
    x = sphere(4).space.sample(3, np.random.default_rng(0))
    weights = ellipsoid(4).gradient(np.ones((1, 4)))[1][0] / 2

    def rosenbrock_residuals(x: np.ndarray) -> np.ndarray:
        return np.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]])

    for function, residuals in (
        (sphere(4), lambda x: x),
        (ellipsoid(4), lambda x: np.sqrt(weights) * x),
        (rosenbrock(4), rosenbrock_residuals),
    ):
        values, slopes, matrices = function.gauss_newton(x)
        np.testing.assert_array_equal(values, function(x))
        np.testing.assert_array_equal(slopes, function.slope(x))
        for point, value, slope, matrix in zip(x, values, slopes, matrices, strict=True):
            shifts = 1e-6 * np.eye(4)
            J = np.stack(
                [(residuals(point + s) - residuals(point - s)) / 2e-6 for s in shifts], axis=1
            )
            np.testing.assert_allclose(value, (residuals(point) ** 2).sum())
            np.testing.assert_allclose(slope, 2 * J.T @ residuals(point), rtol=1e-6, atol=1e-6)
            np.testing.assert_allclose(matrix, 2 * J.T @ J, rtol=1e-6, atol=1e-6)


def test_functions_that_are_no_sums_of_squares_have_no_matrices() -> None:
    have = {name for name, make in FUNCTIONS.items() if make(2).gauss_newton is not None}
    assert have == {"sphere", "ellipsoid", "rosenbrock"}
    with pytest.raises(ValueError, match="needs a gauss_newton of the objective, which has none"):
        minimize(rastrigin(2), LevenbergMarquardt(), budget=10)
    assert [sphere(7).cost(order) for order in Order] == [1, 3, 10]
