"""Bits that pulses set, each to be held until its next pulse."""

import itertools

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import generated


def flip_flop(
    n_sequences: int = 100, n_steps: int = 50, n_bits: int = 3, rate: float = 0.1, seed: int = 0
) -> Dataset:
    """Generate rare pulses on several lines, labeled with the sign of each line's last pulse.

    Parameters
    ----------
    n_sequences : int, default 100
        Number of sequences, 1 or more.
    n_steps : int, default 50
        Steps of a sequence, 1 or more.
    n_bits : int, default 3
        Number of lines, 1 to 8.
    rate : float, default 0.1
        Probability of a pulse on a line at a step after the first, 0 to 1.
    seed : int, default 0
        Seed of the pulses.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, n_bits): -1 or +1 where there is a pulse, else 0; at
        the first step each line has one, so that every step has a label. y of shape (n_sequences,
        n_steps): which of the 2**n_bits combinations of signs was set last, "-++" for a negative
        first line and so on.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    A model without memory sees the signs of the lines that have a pulse now and guesses the
    others, which gives ``((1 + rate) / 2) ** n_bits`` after the first step, 18.3% in all by
    default. A solution needs `n_bits` bits of state, hence 2**n_bits fixed points. The
    three-bit flip-flop of Sussillo and Barak, Opening the black box, Neural Computation
    25(3):626-649 (2013), where the outputs are the signs themselves, as numbers.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=1)
    n_steps = check_integer("n_steps", n_steps, least=1)
    n_bits = check_integer("n_bits", n_bits, least=1, most=8)
    rate = check_number("rate", rate, least=0, most=1)
    rng = np.random.default_rng(check_seed(seed))
    shape = (n_sequences, n_steps, n_bits)
    pulsed = rng.random(shape) < rate
    pulsed[:, 0] = True
    X = np.where(pulsed, rng.choice((-1.0, 1.0), size=shape), 0.0)
    # The step of each line's last pulse.
    last = np.maximum.accumulate(np.where(pulsed, np.arange(n_steps)[:, np.newaxis], 0), axis=1)
    positive = np.take_along_axis(X, last, axis=1) > 0
    one_step = ((1 + rate) / 2) ** n_bits
    return generated(
        name="flip_flop",
        X=X,
        y=positive @ (1 << np.arange(n_bits)[::-1]),
        classes=tuple("".join(signs) for signs in itertools.product("-+", repeat=n_bits)),
        description=f"Pulses of -1 or +1 on {n_bits} lines; the class at each step is the sign of "
        "the last pulse on each.",
        origin="after Sussillo, D. and Barak, O. (2013), Opening the black box, "
        "Neural Computation 25(3):626-649",
        criterion="every step right, also on sequences longer than those trained on",
        chance=(1 + (n_steps - 1) * one_step) / n_steps,
    )
