"""The coefficients of the engine's tanh in float32, derived again: minimax fits that are rounded.

    python -m benchmarks.coefficients

Fits are made in 80-bit numbers on a grid, by the exchange algorithm of Remez. A rational fit is
one of many linear ones, each weighted by the denominator before it (Loeb's iteration; J. C. Mason
and D. C. Handscomb: Chebyshev Polynomials, 2003, section 10.5). Coefficients are rounded one by
one, after each of which the others are fitted again, and then moved by some units in the last
place as long as the error of what float32 computes falls.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.longdouble]
Error = Callable[[Sequence[np.float32]], float]

#: The grid of the lookup: 16 ranges of a = |x| that are uniform in (BOUND - a)^2, STEP wide.
STEP, N_RANGES, DEGREE = 4.0, 16, 4
BOUND = np.float32(np.sqrt(STEP * (N_RANGES - 0.51)))
#: Ranges in which the relative error is what is held small; the absolute one in others.
N_RELATIVE = 2
#: Terms of the numerator and the denominator of the rational beside 1, and its largest argument.
N_TOP, N_BOTTOM, RATIONAL_BOUND = 3, 4, np.float32(7.9)
GRID, ROUNDS, TRIALS = 4001, 40, 1500
N_DRAWN = 100_000  # arguments near the bound, where no value may be above 1


def solved(A: Wide, b: Wide) -> Wide:
    """Solve A x = b by elimination, which NumPy does not in 80-bit numbers."""
    A, x = np.column_stack([A, b]), np.zeros(len(b), np.longdouble)
    for i in range(len(b)):
        pivot = i + int(np.argmax(np.abs(A[i:, i])))
        A[[i, pivot]] = A[[pivot, i]]
        A[i + 1 :] -= np.outer(A[i + 1 :, i] / A[i, i], A[i])
    for i in range(len(b) - 1, -1, -1):
        x[i] = (A[i, -1] - A[i, i + 1 : -1] @ x[i + 1 :]) / A[i, i]
    return x


def minimax(columns: Wide, target: Wide) -> Wide:
    """Return the coefficients (m,) whose sum of columns (n, m) is nearest to the target (n,)."""
    n, m = columns.shape
    places = np.round((n - 1) * (1 - np.cos(np.pi * np.arange(m + 1) / m)) / 2).astype(int)
    signs = (-np.ones(m + 1, np.longdouble)) ** np.arange(m + 1)
    for _ in range(ROUNDS):
        *found, _ = solved(np.column_stack([columns[places], signs]), target[places])
        error = columns @ np.array(found) - target
        # The largest error between two changes of its sign, at m + 1 places side by side.
        ends = np.flatnonzero(np.diff(np.sign(error)) != 0) + 1
        runs = np.split(np.arange(n), ends)
        best = [run[np.argmax(np.abs(error[run]))] for run in runs]
        while len(best) > m + 1:
            del best[0 if abs(error[best[0]]) < abs(error[best[-1]]) else -1]
        if len(best) < m + 1 or np.array_equal(best, places):
            break
        places = np.array(best)
    return np.array(found)


def rounded(columns: Wide, target: Wide, error: Error) -> list[np.float32]:
    """Return coefficients in float32 that are nearly as good as any, by what they err."""
    m = columns.shape[1]
    fixed: list[np.float32] = []
    for left in range(m, 0, -1):
        last = np.float32(minimax(columns[:, :left], target)[-1])
        target = target - columns[:, left - 1] * np.longdouble(last)
        fixed.insert(0, last)
    least, rng = error(fixed), np.random.default_rng(0)
    for _ in range(TRIALS):
        ulps = rng.integers(-2, 3, m) * (rng.random(m) < 0.5)
        moved = [np.float32(c + n * np.spacing(c)) for c, n in zip(fixed, ulps, strict=True)]
        if (reached := error(moved)) < least:
            fixed, least = moved, reached
    return fixed


def horner(coefficients: Sequence[np.float32], x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a polynomial as float32 with fused multiply-adds computes it."""
    value = np.full(x.shape, coefficients[-1])
    for c in coefficients[-2::-1]:
        # The product is exact in float64.
        value = (value.astype(float) * x + c).astype(np.float32)
    return value


def range_ends() -> list[float]:
    """Return the ends (17,) of the ranges of the lookup."""
    b = float(BOUND)
    return [0.0, *(b - np.sqrt(b * b - STEP * (i + 0.5)) for i in range(N_RANGES - 1)), b]


def lookup_table() -> NDArray[np.float32]:
    """Return the coefficients (5, 16) of the ranges, in the order of the lowest four bits.

    The first range has tanh(a) = a + c_2 a^2 + ..., so that zeros and tiny numbers stay.
    """
    table, ends = np.zeros((DEGREE + 1, N_RANGES), np.float32), range_ends()
    for i in range(N_RANGES):
        a = np.linspace(max(ends[i], 1e-3), ends[i + 1], GRID, dtype=np.longdouble)
        first = 2 if i == 0 else 0
        weight = 1 / np.tanh(a) if i < N_RELATIVE else np.ones_like(a)
        powers = a[:, None] ** np.arange(DEGREE + 1)
        target = np.tanh(a) - (a if first else 0)
        known = [np.float32(0), np.float32(1)][:first]
        x = a.astype(np.float32)
        exact, scale = np.tanh(x.astype(float)), weight.astype(float)
        if i == N_RANGES - 1:
            exact[-1] = 1  # which stands for all larger ones

        def error(found: Sequence[np.float32], x=x, exact=exact, scale=scale, known=known) -> float:
            value = horner([*known, *found], x)
            return float(np.max(np.abs(value - exact) * scale)) + (value.max() > 1)

        found = rounded(powers[:, first:] * weight[:, None], target * weight, error)
        table[:, -i % N_RANGES] = [*known, *found]
    return table


def rational() -> tuple[list[np.float32], list[np.float32]]:
    """Return the coefficients of P and Q in tanh(x) = x P(x^2) / Q(x^2), which begin with 1."""
    x = np.linspace(1e-3, RATIONAL_BOUND, GRID, dtype=np.longdouble)
    u, t = x * x, np.tanh(x)
    top = x[:, None] * u[:, None] ** np.arange(1, N_TOP + 1)
    bottom = -t[:, None] * u[:, None] ** np.arange(1, N_BOTTOM + 1)
    columns, q = np.column_stack([top, bottom]), np.ones_like(x)
    for _ in range(ROUNDS):
        weight = 1 / (q * t)
        found = minimax(columns * weight[:, None], (t - x) * weight)
        q = 1 + u[:, None] ** np.arange(1, N_BOTTOM + 1) @ found[N_TOP:]
    near = np.random.default_rng(0).uniform(0.6, 1, N_DRAWN) * RATIONAL_BOUND
    one, short = np.float32(1), np.concatenate([x, near, [RATIONAL_BOUND]]).astype(np.float32)
    squares, exact = short * short, np.tanh(short.astype(float))
    exact[-1] = 1  # which stands for all larger ones

    def error(found: Sequence[np.float32]) -> float:
        p, q = horner([one, *found[:N_TOP]], squares), horner([one, *found[N_TOP:]], squares)
        value = short * p / q
        return float(np.max(np.abs(value / exact - 1))) + (value.max() > 1)

    found = rounded(columns * weight[:, None], (t - x) * weight, error)
    return [one, *found[:N_TOP]], [one, *found[N_TOP:]]


def main() -> None:
    """Print the coefficients as they stand in the engine."""
    print("BOUND =", BOUND)
    for row in lookup_table():
        print(f"    ({', '.join(map(str, row))}),")
    for name, row in zip("PQ", rational(), strict=True):
        print(f"{name} = ({', '.join(map(str, row))})")


if __name__ == "__main__":
    main()
