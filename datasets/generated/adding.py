"""The adding problem, with two classes."""

import numpy as np

from ..dataset import Dataset
from ..validation import Floats, Integers, check_choice, check_integer, check_seed
from .generation import HOCHREITER_1997, draw_lengths, generated, zero_beyond


def adding(
    n_sequences: int = 500, n_steps: int = 20, form: str = "halves", seed: int = 0
) -> Dataset:
    """Generate numbers, two of them marked, whose class is whether the sum of the two is large.

    Parameters
    ----------
    n_sequences : int, default 500
        Number of sequences, 1 or more.
    n_steps : int, default 20
        Steps of a sequence, 2 or more. In the form "1997", the least number of steps, 22 or
        more; there are up to 10% more.
    form : {"halves", "1997"}, default "halves"
        The form common today, or that of Hochreiter and Schmidhuber.
    seed : int, default 0
        Seed of the numbers, of the marks and of the lengths.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 2): a number drawn uniformly from 0 to 1, and a mark
        that is 1 at one step of the first half and at one of the second, and 0 elsewhere.
        The class is whether the sum of the two marked numbers is above 1.

        In the form "1997", X of shape (n_sequences, n_steps + n_steps // 10, 2) with zeros after
        a sequence's own `lengths`, and numbers from -1 to 1. One of the first 10 steps is
        marked, and another one of the first n_steps / 2 - 1. The mark of the first and of the
        last step is always -1; if the first step is one of the two, its number counts as 0.
        The class is whether the sum is above 0.

        `targets` are the sums, or 0.5 + sum / 4 in the form "1997", for a regressor.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    A constant prediction gives 50%. The last step alone gives up to a quarter more of the
    sequences that have their second mark there (52.5% in all by default), and one of the two
    numbers gives 75% (predict "above" where it is above the middle; in the form "1997" up to
    78%, since the other is 0 at times), so that more than that shows memory of both. These are
    expectations; the classes of a draw are equal on average only. Of the sum itself the constant
    prediction 1 has a mean squared error of 1/6, and less than 0.01 is usually called solved.
    After Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780
    (1997), experiment 4, who predict the sum itself (as 0.5 + sum / 4, right within 0.04). Usual
    lengths are 100 to 1000 steps.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=1)
    form = check_choice("form", form, ("halves", "1997"))
    n_steps = check_integer("n_steps", n_steps, least=2 if form == "halves" else 22)
    rng = np.random.default_rng(check_seed(seed))
    if form == "halves":
        X, sums = _halves(rng, n_sequences, n_steps)
        lengths, middle, where, targets = None, 1, "one in each half", sums
        # Where the last step is the second marked one, its number is seen.
        chance = 0.5 + 0.25 / (n_steps - n_steps // 2)
    else:
        X, sums, lengths = _form_of_1997(rng, n_sequences, n_steps)
        middle, where, targets = 0, "two in the first half", 0.5 + sums / 4
        chance = 0.5
    return generated(
        name="adding",
        X=X,
        y=(sums > middle).astype(np.int64),
        targets=targets,
        classes=(f"at most {middle}", f"above {middle}"),
        description=f"Numbers from {middle - 1} to 1, of which a second input marks {where}; the "
        f"class is whether the sum of the two is above {middle}.",
        origin=f"after {HOCHREITER_1997}",
        lengths=lengths,
        criterion="90% right, clearly more than the 75% or so that one of the two numbers gives",
        chance=chance,
        threshold=0.9,
    )


def _halves(rng: np.random.Generator, n_sequences: int, n_steps: int) -> tuple[Floats, Floats]:
    """Return the inputs and the sums."""
    numbers = rng.random((n_sequences, n_steps))
    half = n_steps // 2
    marked = np.stack(
        [rng.integers(half, size=n_sequences), rng.integers(half, n_steps, size=n_sequences)],
        axis=1,
    )
    marks = np.zeros_like(numbers)
    np.put_along_axis(marks, marked, 1.0, axis=1)
    sums = np.take_along_axis(numbers, marked, axis=1).sum(axis=1)
    return np.stack([numbers, marks], axis=2), sums


def _form_of_1997(
    rng: np.random.Generator, n_sequences: int, n_steps: int
) -> tuple[Floats, Floats, Integers]:
    """Return the inputs, the sums and the lengths."""
    lengths, longest = draw_lengths(rng, n_sequences, n_steps)
    numbers = rng.uniform(-1.0, 1.0, (n_sequences, longest))
    first = rng.integers(10, size=n_sequences)
    # One of the other steps: those from the first mark on are counted one lower.
    second = rng.integers(n_steps // 2 - 2, size=n_sequences)
    marked = np.stack([first, second + (second >= first)], axis=1)
    sums = np.where(marked > 0, np.take_along_axis(numbers, marked, axis=1), 0.0).sum(axis=1)
    marks = np.zeros_like(numbers)
    np.put_along_axis(marks, marked, 1.0, axis=1)
    marks[:, 0] = marks[np.arange(n_sequences), lengths - 1] = -1.0
    return zero_beyond(np.stack([numbers, marks], axis=2), lengths), sums, lengths
