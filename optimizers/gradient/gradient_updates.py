"""Compiled updates of gradient methods, each in a single pass over memory.

As in :mod:`metarnn.optimizers.population.updates`, a function reads its input once and writes
its result once: to its last argument, or to all of a method's state. No function calls another
one, so that the disk cache notices every change. Nothing is checked; NaN and infinity
propagate as in NumPy. This module imports numba: import it where it is used.
"""

import numpy as np

from metarnn.compilation import stored

kernel = stored()
# The compiler chooses the order of a sum, which then is always the same.
reduction = stored(fastmath={"contract", "reassoc", "nsz"})


@reduction
def find_clip_factors(rows, norm, factors):
    """Write the factors (n,) that scale rows (n, D) to at most this Euclidean norm."""
    for i in range(rows.shape[0]):
        largest, total = 1.0, 0.0
        for d in range(rows.shape[1]):
            total += rows[i, d] * rows[i, d]
        if not 1e-280 < total < np.inf:
            # The squares overflow or vanish: scale by the largest component first.
            largest, total = 1e-300, 0.0
            for d in range(rows.shape[1]):
                largest = max(largest, abs(rows[i, d]))
            for d in range(rows.shape[1]):
                total += (rows[i, d] / largest) ** 2
        # A row that is not finite is not scaled.
        length, limit = np.sqrt(total), norm / largest
        factors[i] = limit / length if length > limit else 1.0


@kernel
def momentum_step(gradients, factors, momentum, rate, ahead, velocity, points):
    """Step v = momentum v - rate f g, x = x + v; f (n,) scales the gradients g (n, D).

    With `ahead`, x = x + momentum v - rate f g.
    """
    for i in range(points.shape[0]):
        for d in range(points.shape[1]):
            slope = rate * (factors[i] * gradients[i, d])
            v = momentum * velocity[i, d] - slope
            velocity[i, d] = v
            points[i, d] += momentum * v - slope if ahead else v


@kernel
def rmsprop_step(gradients, factors, decay, rate, epsilon, square, points):
    """Step s = decay s + (1 - decay) (f g)^2, x = x - rate f g / (sqrt(s) + epsilon)."""
    for i in range(points.shape[0]):
        for d in range(points.shape[1]):
            g = factors[i] * gradients[i, d]
            s = square[i, d] + (1 - decay) * (g * g - square[i, d])
            square[i, d] = s
            points[i, d] -= rate * g / (np.sqrt(s) + epsilon)


@kernel
def adam_step(gradients, factors, beta1, beta2, rate, unbias, epsilon, keep, mean, square, points):
    """Step x = keep x - rate m / (sqrt(unbias s) + epsilon), m and s being the running moments.

    m = m + (1 - beta1) (f g - m), s = s + (1 - beta2) ((f g)^2 - s), where f (n,) scales the
    gradients g (n, D); rate and unbias hold the corrections of the bias.
    """
    for i in range(points.shape[0]):
        for d in range(points.shape[1]):
            g = factors[i] * gradients[i, d]
            m = mean[i, d] + (1 - beta1) * (g - mean[i, d])
            s = square[i, d] + (1 - beta2) * (g * g - square[i, d])
            mean[i, d], square[i, d] = m, s
            points[i, d] = keep * points[i, d] - rate * m / (np.sqrt(unbias * s) + epsilon)


@kernel
def rprop_step(gradients, eta_plus, eta_minus, smallest, largest, steps, previous, points):
    """Adapt the steps to the signs of this gradient and the previous one, and take them."""
    for i in range(points.shape[0]):
        for d in range(points.shape[1]):
            slope, step = gradients[i, d], steps[i, d]
            agreement = slope * previous[i, d]
            factor = eta_plus if agreement > 0 else eta_minus if agreement < 0 else 1.0
            step = min(max(factor * step, smallest), largest)
            # Where the sign has changed, do not move, and forget the slope.
            slope = 0.0 if agreement < 0 else slope
            steps[i, d], previous[i, d] = step, slope
            # A slope without a sign is 0 or NaN.
            points[i, d] -= step if slope > 0 else -step if slope < 0 else slope


@kernel
def add_steps(points, lengths, directions, moved):
    """Write points (n, D) plus lengths (n,) times directions (n, D)."""
    for i in range(points.shape[0]):
        for d in range(points.shape[1]):
            moved[i, d] = points[i, d] + lengths[i] * directions[i, d]


@reduction
def slopes_along(points, lengths, directions, trials, lower, upper, before, after, rises, slopes):
    """Write rises g'(z - x) and slopes h'd of steps of these lengths, bent by bounds (D,).

    x are points, z trials, d directions, g and h the gradients before and after, all (n, D).
    A coordinate that a bound has stopped has no slope.
    """
    for i in range(points.shape[0]):
        rise, slope = 0.0, 0.0
        for d in range(points.shape[1]):
            rise += before[i, d] * (trials[i, d] - points[i, d])
            straight = points[i, d] + lengths[i] * directions[i, d]
            free = lower[d] <= straight <= upper[d]
            slope += after[i, d] * directions[i, d] if free else 0.0
        rises[i], slopes[i] = rise, slope


@reduction
def lbfgs_pairs(taken, trials, after, points, gradients, moves, changes, inverses, newest, kept):
    """Go to the trials (n, D) that are taken, and keep the move s and the gradient's change y.

    Divided by the length of s, they take the place of the oldest of the m pairs in moves and
    changes (n, m, D), whose 1 / s'y are inverses (n, m), unless the curvature is not clearly
    positive.
    """
    for i in range(points.shape[0]):
        if taken[i]:
            sy, ss, yy = 0.0, 0.0, 0.0
            for d in range(points.shape[1]):
                s, y = trials[i, d] - points[i, d], after[i, d] - gradients[i, d]
                sy += s * y
                ss += s * s
                yy += y * y
            if sy > 1e-10 * np.sqrt(ss) * np.sqrt(yy) and sy > 1e-290:
                slot, unit = (newest[i] + 1) % moves.shape[1], 1 / np.sqrt(ss)
                for d in range(points.shape[1]):
                    moves[i, slot, d] = unit * (trials[i, d] - points[i, d])
                    changes[i, slot, d] = unit * (after[i, d] - gradients[i, d])
                inverses[i, slot], newest[i] = ss / sy, slot
                kept[i] = min(kept[i] + 1, moves.shape[1])
            for d in range(points.shape[1]):
                points[i, d], gradients[i, d] = trials[i, d], after[i, d]


@reduction
def lbfgs_directions(
    due, points, gradients, lower, upper, moves, changes, inverses, newest, kept, directions, slopes
):
    """Write the directions -H g (n, D) that are due and their slopes g'd, by two loops.

    H comes from the pairs kept, see `lbfgs_pairs`. What points out of bounds is left out. Where
    the rest does not descend the pairs are forgotten, and the direction is -g.
    """
    m, dim = moves.shape[1], points.shape[1]
    alphas = np.zeros(m)
    for i in range(points.shape[0]):
        while due[i]:
            for d in range(dim):
                directions[i, d] = -gradients[i, d]
            for k in range(kept[i]):
                slot = (newest[i] - k) % m
                alpha = 0.0
                for d in range(dim):
                    alpha += moves[i, slot, d] * directions[i, d]
                alpha *= inverses[i, slot]
                for d in range(dim):
                    directions[i, d] -= alpha * changes[i, slot, d]
                alphas[k] = alpha
            if kept[i]:
                square = 0.0
                for d in range(dim):
                    square += changes[i, newest[i], d] ** 2
                for d in range(dim):
                    directions[i, d] /= inverses[i, newest[i]] * square
            for k in range(kept[i] - 1, -1, -1):
                slot = (newest[i] - k) % m
                beta = 0.0
                for d in range(dim):
                    beta += changes[i, slot, d] * directions[i, d]
                beta = alphas[k] - beta * inverses[i, slot]
                for d in range(dim):
                    directions[i, d] += beta * moves[i, slot, d]
            slope = 0.0
            for d in range(dim):
                step, x = directions[i, d], points[i, d]
                if (step < 0 and x <= lower[d]) or (step > 0 and x >= upper[d]):
                    directions[i, d] = 0.0
                slope += gradients[i, d] * directions[i, d]
            slopes[i] = slope
            if -np.inf < slope < 0 or kept[i] == 0:
                break
            kept[i] = 0
