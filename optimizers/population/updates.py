"""Compiled updates of whole populations, each in a single pass over memory.

With 50 candidates of 2000 weights an array is 800 kB. A line of NumPy makes an array for
every operation in it, and moving these costs more than the arithmetic. A function here reads its
input once and writes its result once, to its last argument.

No function calls another one, so that the disk cache notices every change. Nothing is
checked; NaN and infinity propagate as in NumPy. This module imports numba: import it where it is
used. The updates of gradient methods are in :mod:`metarnn.optimizers.gradient.gradient_updates`.
"""

import numpy as np

from metarnn.compilation import stored

kernel = stored()


@kernel
def blend(parents, mated, draws, alpha, children):
    """Write to rows 2 p and 2 p + 1 children of these parents if mated[p], else the parents."""
    for i in range(parents.shape[0]):
        other = i + 1 - 2 * (i % 2)
        if other < len(parents) and mated[i // 2]:
            for d in range(parents.shape[1]):
                first = parents[i, d]
                weight = (1 + 2 * alpha) * np.float64(draws[i, d]) - alpha
                children[i, d] = first + weight * (parents[other, d] - first)
        else:
            for d in range(parents.shape[1]):
                children[i, d] = parents[i, d]


@kernel
def fly(nests, best, flights, step_size, eggs):
    """Write the nests moved by flights (n, D), scaled with the distance to the best one (D,)."""
    for i in range(nests.shape[0]):
        for d in range(nests.shape[1]):
            away = nests[i, d] - best[d]
            eggs[i, d] = nests[i, d] + step_size * np.float64(flights[i, d]) * away


@kernel
def discover(nests, rows, ones, others, chances, rate, fraction, eggs):
    """Write nests[rows[i]] moved by a fraction of the difference of two, where chance > rate."""
    for i in range(eggs.shape[0]):
        row, one, other = rows[i], ones[i], others[i]
        for d in range(nests.shape[1]):
            step = fraction * (nests[one, d] - nests[other, d])
            eggs[i, d] = nests[row, d] + (step if chances[i, d] > rate else 0.0)


@kernel
def choose_others(draws, numbers):
    """Write indices (n, k), those of a row all different and none of them its own.

    Draw j of a row counts the indices that are left: without its own and the j before.
    """
    for i in range(draws.shape[0]):
        for j in range(draws.shape[1]):
            number = draws[i, j]
            while True:
                passed = 1 if number >= i else 0
                for earlier in range(j):
                    passed += 1 if number >= numbers[i, earlier] else 0
                if number == draws[i, j] + passed:
                    break
                number = draws[i, j] + passed
            numbers[i, j] = number


@kernel
def rand_1_bin(points, others, weight, chances, rate, trials):
    """Write x_a + weight (x_b - x_c) where chance <= rate, else the point's own coordinate.

    Row i of `others` (n, 3) holds a, b and c.
    """
    for i in range(points.shape[0]):
        a, b, c = points[others[i, 0]], points[others[i, 1]], points[others[i, 2]]
        for d in range(points.shape[1]):
            mutant = a[d] + weight * (b[d] - c[d])
            trials[i, d] = mutant if chances[i, d] <= rate else points[i, d]


@kernel
def current_to_pbest_1_bin(
    points, archive, best, others, weights, chances, rates, lower, upper, trials
):
    """Write x + F (x_best - x + x_a - x_b) where chance <= CR, else x.

    `best` (n,) are indices of points; row i of `others` (n, 2) holds a and b, where b counts on
    into the archive. F and CR are weights (n,) and rates (n,). A coordinate out of bounds is
    moved halfway to the bound.
    """
    n = points.shape[0]
    for i in range(n):
        x, towards, a, b = points[i], points[best[i]], points[others[i, 0]], others[i, 1]
        away = points[b] if b < n else archive[b - n]
        weight, rate = weights[i], rates[i]
        for d in range(points.shape[1]):
            mutant = x[d] + weight * (towards[d] - x[d] + a[d] - away[d])
            mutant = (lower[d] + x[d]) / 2 if mutant < lower[d] else mutant
            mutant = (upper[d] + x[d]) / 2 if mutant > upper[d] else mutant
            trials[i, d] = mutant if chances[i, d] <= rate else x[d]


@kernel
def swarm_step(
    own, rows, leaders, draws, others, inertia, cognitive, social, lower, upper, velocity, points
):
    """Step v = inertia v + cognitive r (own - x) + social r' (leader's own - x), x = x + v.

    `rows` and `leaders` (n,) are rows of `own`, those of the points and of their leaders; r are the
    draws and r' the others. A coordinate that would leave the box stops at its bound.
    """
    for i in range(points.shape[0]):
        leader, row = own[leaders[i]], own[rows[i]]
        for d in range(points.shape[1]):
            x = points[i, d]
            pull = cognitive * np.float64(draws[i, d]) * (row[d] - x)
            pull += social * np.float64(others[i, d]) * (leader[d] - x)
            v = inertia * velocity[i, d] + pull
            inside = min(max(x + v, lower[d]), upper[d])
            velocity[i, d] = v if inside == x + v else 0.0
            points[i, d] = inside


@kernel
def perturb(points, rows, steps, scale, noise, moved):
    """Write points[rows[i]] + steps[i] scale (D,) noise[i] for each of the n rows."""
    for i in range(moved.shape[0]):
        row, step = rows[i], steps[i]
        for d in range(moved.shape[1]):
            moved[i, d] = points[row, d] + step * scale[d] * np.float64(noise[i, d])


@kernel
def mirror(center, scale, noise, samples):
    """Write center (D,) plus scale (D,) times noise (n, D), then center minus it, (2 n, D)."""
    n = noise.shape[0]
    for i in range(n):
        for d in range(noise.shape[1]):
            away = scale[d] * np.float64(noise[i, d])
            samples[i, d] = center[d] + away
            samples[n + i, d] = center[d] - away


@kernel
def weighted_sum(weights, rows, total):
    """Write the sum (D,) of rows (n, D) times weights (n,), in the order of the rows."""
    for d in range(total.shape[0]):
        total[d] = 0.0
    for i in range(rows.shape[0]):
        for d in range(total.shape[0]):
            total[d] += weights[i] * np.float64(rows[i, d])
