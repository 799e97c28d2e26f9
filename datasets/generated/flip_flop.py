"""Bits that pulses set, each to be held until its next pulse."""

import itertools

import numpy as np

from ..dataset import Dataset
from .generation import GENERATED, LICENCE, real, whole


def flip_flop(
    n_sequences: int = 100, n_steps: int = 50, n_bits: int = 3, rate: float = 0.1, seed: int = 0
) -> Dataset:
    """Generate rare pulses on some lines, the sign of each line's last one to be told.

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
        the first step there is one on each line, so that there is always an answer. y of
        shape (n_sequences, n_steps): which of the 2**n_bits combinations of signs was set last,
        "-++" for a negative first line and so on.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Notes
    -----
    A model without memory sees the signs of the lines that have a pulse now and guesses the
    others, which gives ``((1 + rate) / 2) ** n_bits`` after the first step, 18.3% in all by
    default. Solving it needs `n_bits` bits of state, hence 2**n_bits fixed points. The
    three-bit flip-flop of Sussillo and Barak, Opening the black box, Neural Computation
    25(3):626-649 (2013), where the outputs are the signs themselves, as numbers.
    """
    n_sequences = whole("n_sequences", n_sequences, least=1)
    n_steps = whole("n_steps", n_steps, least=1)
    n_bits = whole("n_bits", n_bits, least=1, most=8)
    rate = real("rate", rate, least=0, most=1)
    rng = np.random.default_rng(whole("seed", seed, least=0))
    shape = (n_sequences, n_steps, n_bits)
    pulsed = rng.random(shape) < rate
    pulsed[:, 0] = True
    X = np.where(pulsed, rng.choice((-1.0, 1.0), size=shape), 0.0)
    # The step of each line's last pulse.
    last = np.maximum.accumulate(np.where(pulsed, np.arange(n_steps)[:, np.newaxis], 0), axis=1)
    held = np.take_along_axis(X, last, axis=1) > 0
    alone = ((1 + rate) / 2) ** n_bits
    return Dataset(
        name="flip_flop",
        X=X,
        y=held @ (1 << np.arange(n_bits)[::-1]),
        classes=tuple("".join(signs) for signs in itertools.product("-+", repeat=n_bits)),
        description=f"Pulses of -1 or +1 on {n_bits} lines, the sign of the last one on each to "
        "be told at each step.",
        source=f"{GENERATED} after Sussillo, D. and Barak, O. (2013), Opening the black box, "
        "Neural Computation 25(3):626-649",
        licence=LICENCE,
        chance=(1 + (n_steps - 1) * alone) / n_steps,
        solved="every answer right, on sequences longer than those trained on too",
        rule="sequences",
    )
