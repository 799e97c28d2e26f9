"""What each pool does with a step, and what each step receives of its derivative, in vectors."""

from metarnn.engine.vectors import Vector, where

from .over_steps import folded, spread

# --- What a step does to the rows so far: y, the step, and its numbers a ------------------


def plus(y: Vector, now: Vector, a: Vector) -> Vector:
    """Y + a."""
    return y + a


def plus_square(y: Vector, now: Vector, a: Vector, center: Vector) -> Vector:
    """Y + (a - center)^2."""
    off = a - center
    return y + off * off


def plus_one_above(y: Vector, now: Vector, a: Vector, threshold: Vector) -> Vector:
    """Y + 1 where a is above the threshold, y elsewhere."""
    return y + where(a > threshold, y.splat(1.0), y.splat(0.0))


def plus_one_risen(
    y: Vector, high: Vector, now: Vector, a: Vector, threshold: Vector
) -> tuple[Vector, Vector]:
    """Y + 1 where a is above the threshold and the step before was not; and where a is."""
    above = where(a > threshold, y.splat(1.0), y.splat(0.0))
    return y + where(above > high, y.splat(1.0), y.splat(0.0)), above


def larger(y: Vector, now: Vector, a: Vector) -> Vector:
    """The larger one; a where it is NaN."""
    return where(y > a, y, where(a.equals(y), y, a))


def smaller(y: Vector, now: Vector, a: Vector) -> Vector:
    """The smaller one; a where it is NaN."""
    return where(y < a, y, where(a.equals(y), y, a))


def larger_when(y: Vector, step: Vector, now: Vector, a: Vector) -> tuple[Vector, Vector]:
    """The larger one, and its step."""
    return larger(y, now, a), where(y > a, step, where(a.equals(y), step, now))


def smaller_when(y: Vector, step: Vector, now: Vector, a: Vector) -> tuple[Vector, Vector]:
    """The smaller one, and its step."""
    return smaller(y, now, a), where(y < a, step, where(a.equals(y), step, now))


def latest(y: Vector, now: Vector, a: Vector) -> Vector:
    """A."""
    return a


add_steps, add_squares, add_above = folded(plus), folded(plus_square), folded(plus_one_above)
add_risen = folded(plus_one_risen, 2)
find_largest, find_smallest = folded(larger), folded(smaller)
find_largest_when, find_smallest_when = folded(larger_when, 2), folded(smaller_when, 2)
find_last = folded(latest)

# --- What a step receives of the derivative d ---------------------------------------------


def share(d: Vector, now: Vector, end: Vector, a: Vector) -> Vector:
    """Of a mean."""
    return where(now < end, d / end, d.splat(0.0))


def share_of_deviation(
    d: Vector, now: Vector, end: Vector, a: Vector, y: Vector, center: Vector
) -> Vector:
    """Of a deviation y; 0 where the steps are all alike."""
    nothing = d * 0.0
    own = where(y > 0.0, d * (a - center) / (y * end), nothing)
    return where(now < end, own, nothing)


def whole(d: Vector, now: Vector, end: Vector, a: Vector, step: Vector) -> Vector:
    """Of a number that was chosen from a step."""
    return where(step.equals(now), d, d.splat(0.0))


def nothing(d: Vector, now: Vector, end: Vector, a: Vector) -> Vector:
    """Of a fraction of the steps, which is constant but where it jumps."""
    return d.splat(0.0)


spread_mean, spread_deviation = spread(share), spread(share_of_deviation)
spread_chosen, spread_nothing = spread(whole), spread(nothing)
