"""L-BFGS: quasi-Newton steps from the latest changes of the gradient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..optimizer import Array, Ask, Order, Search, setting
from ..space import Space
from .second_order import Redraw, SecondOrder

# Constants of the Wolfe conditions (Nocedal and Wright, section 3.1, for quasi-Newton methods).
FALL, FLATTENING = 1e-4, 0.9

#: Trials after which a line search takes any point that is low enough, and after which it ends.
PATIENCE, MOST_TRIALS = 10, 20


@dataclass
class LBFGS(SecondOrder):
    """L-BFGS: quasi-Newton steps from the latest changes of the gradient.

    Parameters
    ----------
    n_starts, tol, restart
        See :class:`~metarnn.optimizers.gradient.second_order.SecondOrder`.
    history_size : int
        m, the number of changes of the gradient that are kept. They take 8 m D bytes for each
        start, in float32, which is precise enough for a direction. Reading them is the main
        cost of a step.
    initial_step_size : float
        Length of the first step of a start, along its gradient, as a fraction of the length of
        the space's scale.

    Notes
    -----
    Algorithms 7.4 and 7.5 of Nocedal and Wright (2006). Each start has a line search of its own,
    and a request takes a gradient for every start, at any stage of its search. The search
    brackets a point with the weak Wolfe conditions (Lewis and Overton 2013, algorithm 2.6), which
    exists for smooth losses and for losses with kinks, and narrows the bracket by cubic
    interpolation (Nocedal and Wright, eq. 3.59). Most searches end at their first trial. Pairs
    without clearly positive curvature are dropped. Where the direction does not descend, or no
    step along it lowers the loss, the next direction is that of the gradient.

    At a bound, steps are projected, and coordinates that would leave the box do not move;
    L-BFGS-B is better where many bounds are active.

    The first choice for smooth losses of the whole training set: on small networks it gets as far
    as SciPy's L-BFGS-B with as many gradients, and further than :class:`Rprop`. Not for
    mini-batches, which mislead it, nor for noisy losses, which end it early. It converges to a
    nearby minimum; the rest of the budget goes to new starts.

    References
    ----------
    J. Nocedal, S. J. Wright: Numerical optimization. 2nd ed., Springer 2006.
    D. C. Liu, J. Nocedal: On the limited memory BFGS method for large scale optimization.
    Mathematical Programming 45 (1989) 503-528.
    A. S. Lewis, M. L. Overton: Nonsmooth optimization via quasi-Newton methods. Mathematical
    Programming 141 (2013) 135-163.
    """

    history_size: int = setting(30, low=1, tune=(3, 100), log=True)
    initial_step_size: float = setting(0.03, above=0.0, tune=(0.003, 0.3), log=True)

    def memory(self, dim: int) -> int:
        return super().memory(dim) + 8 * self.n_starts * self.history_size * dim

    def converge(self, points: Array, space: Space, redraw: Redraw | None) -> Search:
        from .gradient_updates import add_steps, lbfgs_directions, lbfgs_pairs, slopes_along

        n, dim = points.shape
        bounds = space.bounds or (np.full(dim, -np.inf), np.full(dim, np.inf))
        first_length = float(self.initial_step_size) * np.linalg.norm(space.scale)
        points = np.array(points, dtype=float)
        losses, gradients = np.full(n, np.inf), np.zeros((n, dim))
        moves = np.zeros((n, self.history_size, dim), np.float32)
        changes = moves.copy()
        inverses = np.zeros((n, self.history_size))
        newest, kept = np.zeros(n, int), np.zeros(n, int)
        pairs = moves, changes, inverses, newest, kept
        # A line search tries points + lengths * directions, with the length it seeks between low
        # and high. A new start is a search of length 0, which takes its first trial.
        directions, slopes = np.zeros((n, dim)), np.zeros(n)
        lengths, low, high = np.zeros(n), np.zeros(n), np.full(n, np.inf)
        low_losses, low_slopes = losses.copy(), slopes.copy()
        n_trials, arrived = np.zeros(n, int), np.zeros(n, bool)
        rises, ahead = np.empty(n), np.empty(n)
        while True:
            trials = np.empty((n, dim))
            add_steps(points, lengths, directions, trials)
            trials = space.repair(trials)
            told = yield Ask(trials, Order.GRADIENT)
            line = points, lengths, directions, trials, *bounds
            slopes_along(*line, gradients, told.gradients, rises, ahead)
            n_trials += 1
            begun = np.isinf(losses)
            lower = told.losses < losses  # or it would drift where rounding hides the decrease
            low_enough = begun | (lower & (told.losses <= losses + FALL * np.minimum(rises, 0.0)))
            flat_enough = (ahead >= FLATTENING * slopes) | (n_trials >= PATIENCE)
            taken = low_enough & flat_enough & ~arrived
            lbfgs_pairs(taken, trials, told.gradients, points, gradients, *pairs)
            losses[taken] = told.losses[taken]

            # A trial that is not taken becomes an end of the bracket.
            guess = _cubic_minimum(low, lengths, low_losses, told.losses, low_slopes, ahead)
            high = np.where(low_enough, high, lengths)
            low = np.where(low_enough, lengths, low)
            low_losses = np.where(low_enough, told.losses, low_losses)
            low_slopes = np.where(low_enough, ahead, low_slopes)
            lengths = np.where((n_trials >= PATIENCE) & (low > 0), low, _narrowed(low, high, guess))
            futile = ~self._promising(lengths, slopes, losses) | (n_trials >= MOST_TRIALS)
            stuck = futile & (low == 0) & ~taken
            # The last attempt is along the gradient itself.
            arrived |= stuck & (kept == 0)
            kept[stuck] = 0

            begin = (taken | stuck) & ~arrived
            lbfgs_directions(begin, points, gradients, *bounds, *pairs, directions, slopes)
            along_gradient = first_length / np.sqrt(np.maximum(-slopes, 1e-300))
            lengths[begin] = np.where(kept > 0, 1.0, along_gradient)[begin]
            low[begin], high[begin], n_trials[begin] = 0.0, np.inf, 0
            low_losses[begin], low_slopes[begin] = losses[begin], slopes[begin]
            arrived |= begin & ~self._promising(lengths, slopes, losses)
            directions[arrived] = lengths[arrived] = slopes[arrived] = 0.0
            if redraw is not None and arrived.any():
                points[arrived] = redraw(int(arrived.sum()))
                losses[arrived], kept[arrived], high[arrived] = np.inf, 0, np.inf
                arrived[:] = False

    def _promising(self, lengths: Array, slopes: Array, losses: Array) -> NDArray[np.bool_]:
        """Return where linear models predict a noticeable decrease of the losses."""
        with np.errstate(invalid="ignore"):  # a tolerance of 0 of an infinite loss
            return np.asarray(-lengths * slopes > self.tol * np.abs(losses))


def _cubic_minimum(
    a: Array, b: Array, loss_a: Array, loss_b: Array, slope_a: Array, slope_b: Array
) -> Array:
    """Return the minima of the cubics through these losses and slopes, NaN where there is none."""
    with np.errstate(all="ignore"):
        d1 = slope_a + slope_b - 3 * (loss_a - loss_b) / (a - b)
        d2 = np.sign(b - a) * np.sqrt(d1**2 - slope_a * slope_b)
        return b - (b - a) * (slope_b + d2 - d1) / (slope_b - slope_a + 2 * d2)


def _narrowed(low: Array, high: Array, guess: Array) -> Array:
    """Return guesses moved well inside the brackets, or well beyond those without an upper end."""
    with np.errstate(invalid="ignore"):
        margin, is_open = 0.1 * (high - low), np.isinf(high)
        least = np.where(is_open, 2 * low, low + margin)
        most = np.where(is_open, 8 * low, high - margin)
        blind = np.where(is_open, 2 * low, 0.5 * (low + high))
        return np.where(np.isnan(guess), blind, np.clip(guess, least, most))
