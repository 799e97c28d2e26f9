"""Compiled updates of whole populations, each in a single pass over memory.

With 50 candidates of 2000 weights an array is 800 kB. A line of NumPy makes an array for
every operation in it, and moving these costs more than the arithmetic. A function here reads its
input once and writes its result once, to its last argument.

Random numbers are drawn where they are used: the uniform number of row i and column d of a
population (n, D) is number i D + d of the stream of a key, a normal its word 2 (i D + d) + 1. A
function that is given `bits` draws integers and keys from these. Nothing is checked; NaN and
infinity propagate as in NumPy.
This module imports numba: import it where it is used. The updates of gradient methods are in
:mod:`metarnn.optimizers.gradient.gradient_updates`.
"""

import numpy as np

from metarnn.compilation import stored

from .random_integers import below, choose_others, draw_below, next_key
from .random_stream import mix, next_state, normal, state_before, uniform

kernel = stored()


@kernel
def replace_if_better(points, losses, rivals, rival_losses):
    """Replace each point whose rival is no worse, in both arrays."""
    for i in range(points.shape[0]):
        if rival_losses[i] <= losses[i]:
            losses[i] = rival_losses[i]
            for d in range(points.shape[1]):
                points[i, d] = rivals[i, d]


@kernel
def select(population, losses, bits, size, parents):
    """Write k parents (k, D), each the best of `size` points drawn, of equal ones the first."""
    for i in range(parents.shape[0]):
        winner = below(bits, population.shape[0])
        for _ in range(1, size):
            rival = below(bits, population.shape[0])
            if losses[rival] < losses[winner]:
                winner = rival
        for d in range(population.shape[1]):
            parents[i, d] = population[winner, d]


@kernel
def blend(parents, mated, key, alpha):
    """Replace rows 2 p and 2 p + 1 by children of these parents if mated[p]."""
    dim = parents.shape[1]
    for p in range(parents.shape[0] // 2):
        if mated[p]:
            first, second = parents[2 * p], parents[2 * p + 1]
            state, later = state_before(key, 2 * p * dim), state_before(key, (2 * p + 1) * dim)
            for d in range(dim):
                one, other = first[d], second[d]
                state, later = next_state(state), next_state(later)
                weight = (1 + 2 * alpha) * np.float64(uniform(mix(state))) - alpha
                first[d] = one + weight * (other - one)
                weight = (1 + 2 * alpha) * np.float64(uniform(mix(later))) - alpha
                second[d] = other + weight * (one - other)


@kernel
def mutate(children, scale, key, rate):
    """Add scale (D,) times a normal where chance, word 2 (i D + d), is <= rate."""
    n, dim = children.shape
    for i in range(n):
        state = state_before(key, 2 * i * dim)
        for d in range(dim):
            state = next_state(state)
            chance = uniform(mix(state))
            state = next_state(state)
            noise = normal(mix(state))
            children[i, d] += scale[d] * np.float64(noise if chance <= rate else np.float32(0))


@kernel
def fly(nests, best, flights, step_size, eggs):
    """Write the nests moved by flights (n, D), scaled with the distance to the best one (D,)."""
    for i in range(nests.shape[0]):
        for d in range(nests.shape[1]):
            away = nests[i, d] - best[d]
            eggs[i, d] = nests[i, d] + step_size * np.float64(flights[i, d]) * away


@kernel
def discover(nests, ones, others, key, rate, fraction, eggs):
    """Write the nests moved by a fraction of the difference of two, where chance > rate."""
    n, dim = nests.shape
    for i in range(n):
        one, other, state = nests[ones[i]], nests[others[i]], state_before(key, i * dim)
        for d in range(dim):
            state = next_state(state)
            step = fraction * (one[d] - other[d])
            eggs[i, d] = nests[i, d] + (step if uniform(mix(state)) > rate else 0.0)


@kernel
def rand_1_bin(points, weight, rate, bits, trials):
    """Write x_a + weight (x_b - x_c) where chance <= rate, else the point's own coordinate.

    The three are other points, all different; one coordinate is always that of the mutant.
    """
    n, dim = points.shape
    others, key = choose_others(bits, n, (n, n, n)), next_key(bits)
    surely = draw_below(bits, dim, n)
    for i in range(n):
        a, b, c = points[others[i, 0]], points[others[i, 1]], points[others[i, 2]]
        state = state_before(key, i * dim)
        for d in range(dim):
            state = next_state(state)
            mutant = a[d] + weight * (b[d] - c[d])
            crosses = uniform(mix(state)) <= rate or d == surely[i]
            trials[i, d] = mutant if crosses else points[i, d]


@kernel
def current_to_pbest_1_bin(points, archive, best, weights, rates, bits, lower, upper, trials):
    """Write x + F (x_best - x + x_a - x_b) where chance <= CR, else x.

    x_best is one of the points `best` (m,), x_a any other point, and x_b another one or one of the
    archive. F and CR are weights (n,) and rates (n,); one coordinate is always moved. A coordinate
    out of bounds is moved halfway to the bound.
    """
    n, dim = points.shape
    leaders = draw_below(bits, best.shape[0], n)
    others, key = choose_others(bits, n, (n, n + archive.shape[0])), next_key(bits)
    surely = draw_below(bits, dim, n)
    for i in range(n):
        x, towards = points[i], points[best[leaders[i]]]
        a, b = points[others[i, 0]], others[i, 1]
        away = points[b] if b < n else archive[b - n]
        weight, rate, state = weights[i], rates[i], state_before(key, i * dim)
        for d in range(dim):
            state = next_state(state)
            mutant = x[d] + weight * (towards[d] - x[d] + a[d] - away[d])
            mutant = (lower[d] + x[d]) / 2 if mutant < lower[d] else mutant
            mutant = (upper[d] + x[d]) / 2 if mutant > upper[d] else mutant
            crosses = uniform(mix(state)) <= rate or d == surely[i]
            trials[i, d] = mutant if crosses else x[d]


@kernel
def angles_above(lowest, entries, uniforms, angles):
    """Write an angle from lowest[entry] to pi / 2, for each entry and number from 0 to 1."""
    for i in range(entries.shape[0]):
        angles[i] = np.pi / 2 - (np.pi / 2 - lowest[entries[i]]) * uniforms[i]


@kernel
def spread_around(weight_means, rate_means, entries, spread, tangents, normals, weights, rates):
    """Write F = mean + spread tangent, at most 1, and CR = mean + spread normal, in [0, 1].

    Point i has the means of entry entries[i]. Where that of CR is NaN, CR is 0.
    """
    for i in range(entries.shape[0]):
        weight = weight_means[entries[i]] + spread * tangents[i]
        rate = rate_means[entries[i]] + spread * normals[i]
        weights[i] = min(weight, 1.0)
        rates[i] = min(rate, 1.0) if rate > 0.0 else 0.0


@kernel
def archive_rows(points, chosen, bits, capacity, size, archive):
    """Append the chosen points to an archive of `size`; once it is full, each replaces any one."""
    for i in range(chosen.shape[0]):
        place = size + i if size + i < capacity else below(bits, capacity)
        for d in range(points.shape[1]):
            archive[place, d] = points[chosen[i], d]


@kernel
def fill_places(rows, gone):
    """Move the last rows, in their order, into the places of those that are gone before them."""
    left = rows.shape[0] - gone.shape[0]
    stays = np.ones(rows.shape[0], np.bool_)
    for place in gone:
        stays[place] = False
    last = left
    for place in gone:
        if place < left:
            while not stays[last]:
                last += 1
            rows[place] = rows[last]
            last += 1


@kernel
def swarm_step(own, leaders, key, inertia, cognitive, social, lower, upper, velocity, points):
    """Step v = inertia v + cognitive r (own - x) + social r' (leader's own - x), x = x + v.

    `leaders` (n,) are rows of `own`; the r' are drawn after all the r. A coordinate that would
    leave the box stops at its bound.
    """
    n, dim = points.shape
    for i in range(n):
        leader = own[leaders[i]]
        state, later = state_before(key, i * dim), state_before(key, (n + i) * dim)
        for d in range(dim):
            x, state, later = points[i, d], next_state(state), next_state(later)
            pull = cognitive * np.float64(uniform(mix(state))) * (own[i, d] - x)
            pull += social * np.float64(uniform(mix(later))) * (leader[d] - x)
            v = inertia * velocity[i, d] + pull
            inside = min(max(x + v, lower[d]), upper[d])
            velocity[i, d] = v if inside == x + v else 0.0
            points[i, d] = inside


@kernel
def perturb(points, rows, steps, scale, key, moved):
    """Write points[rows[i]] + steps[i] scale (D,) z for each of the n rows, with normals z."""
    n, dim = moved.shape
    for i in range(n):
        row, step, state = rows[i], steps[i], state_before(key, 2 * i * dim)
        for d in range(dim):
            state = next_state(next_state(state))
            moved[i, d] = points[row, d] + step * scale[d] * np.float64(normal(mix(state)))


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
