"""Generated sequence tasks whose right answer is known by definition."""

import itertools
from dataclasses import replace

import numpy as np

from ..dataset import Dataset
from .generation import GENERATED, LICENCE, balanced, real, truth, whole


def parity(n_bits: int = 7, per_step: bool = False) -> Dataset:
    """Generate every string of bits, to be told odd from even.

    Parameters
    ----------
    n_bits : int, default 7
        Length of the strings, 2 to 16.
    per_step : bool, default False
        Ask at each step for the parity of the bits so far, not at the last one only.

    Returns
    -------
    Dataset
        X of shape (2**n_bits, n_bits, 1) with the inputs -1 and +1, one bit a step, in
        binary counting order with -1 for 0; class "odd" where the number of +1 bits is odd.
        With `per_step` y has shape (2**n_bits, n_bits).

    Raises
    ------
    ValueError
        If `n_bits` is not a whole number from 2 to 16, or `per_step` no truth value.

    Notes
    -----
    Chance is 50%, and it stays so for any model that misses even one of the bits. Solving it
    needs one bit of state, flipped by each +1. Answers at each step make it easier, since the
    first ones need few bits; a model without memory gets the first step right and is at chance
    in the others. The classic order-n predicate of Minsky and Papert, Perceptrons (MIT Press,
    1969), read as a sequence as in Bengio, Simard and Frasconi, IEEE Transactions on Neural
    Networks 5(2):157-166 (1994).
    """
    n_bits = whole("n_bits", n_bits, least=2, most=16)
    bits = np.array(list(itertools.product((-1.0, 1.0), repeat=n_bits)))
    so_far = np.cumsum(bits > 0, axis=1) % 2
    per_step = truth("per_step", per_step)
    return Dataset(
        name="parity",
        X=bits[:, :, np.newaxis],
        y=so_far if per_step else so_far[:, -1],
        classes=("even", "odd"),
        description=f"Every string of {n_bits} bits (-1 or +1), one bit a step, to be told "
        f"odd or even by its number of +1 bits{' so far, at each step' if per_step else ''}.",
        source=GENERATED,
        licence=LICENCE,
        exhaustive=True,
        # Memory is what the first step alone does not need.
        chance=(n_bits + 1) / (2 * n_bits) if per_step else 0.5,
        solved="every string right",
        rule="sequences",
    )


def xor() -> Dataset:
    """Generate exclusive or: the parity of two bits, in two steps.

    Returns
    -------
    Dataset
        X of shape (4, 2, 1) with the inputs -1 and +1; class "odd" where the two differ.

    Notes
    -----
    Chance is 50%. Solving it needs the first bit kept for one step and a nonlinear
    combination with the second. The smallest case of Minsky and Papert, Perceptrons
    (MIT Press, 1969).
    """
    return replace(
        parity(2),
        name="xor",
        description="The four pairs of bits (-1 or +1), one bit a step, to be told odd (the "
        "two differ) or even.",
    )


def latch(n_sequences: int = 200, n_steps: int = 20, noise: float = 0.2, seed: int = 0) -> Dataset:
    """Generate noise after a first input that tells the class.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of sequences, 2 or more, in two classes as equal as it allows.
    n_steps : int, default 20
        Steps of a sequence, 1 or more.
    noise : float, default 0.2
        Standard deviation of the inputs after the first, 0 or more.
    seed : int, default 0
        Seed of the order of the classes and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1): the first input is -1 or +1, the class, and
        every later one is Gaussian with mean 0.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Notes
    -----
    Chance is 50%, which is all that the inputs after the first give. Solving it needs one
    bit stored at the first step and held against the noise to the last. After Bengio, Simard
    and Frasconi, Learning long-term dependencies with gradient descent is difficult, IEEE
    Transactions on Neural Networks 5(2):157-166 (1994). Where Hochreiter and Schmidhuber
    compare it with random weight guessing the noise has variance 0.2, elsewhere standard
    deviation 0.2; `noise` is the standard deviation (``noise=0.2**0.5`` gives the former).
    """
    n_sequences = whole("n_sequences", n_sequences, least=2)
    n_steps = whole("n_steps", n_steps, least=1)
    noise = real("noise", noise, least=0)
    rng = np.random.default_rng(whole("seed", seed, least=0))
    y = balanced(rng, n_sequences, n_classes=2)
    X = noise * rng.standard_normal((n_sequences, n_steps, 1))
    X[:, 0, 0] = 2.0 * y - 1.0
    return Dataset(
        name="latch",
        X=X,
        y=y,
        classes=("-1", "+1"),
        description="A first input of -1 or +1, which is the class, then noise of standard "
        f"deviation {noise:g} to the end.",
        source=f"{GENERATED} after Bengio, Y., Simard, P. and Frasconi, P. (1994), IEEE "
        "Transactions on Neural Networks 5(2):157-166",
        licence=LICENCE,
        chance=0.5 if n_steps > 1 else 1.0,
        solved="every sequence right, in training and testing",
        rule="sequences",
    )


def delayed_recall(
    n_sequences: int = 240, n_symbols: int = 4, lag: int = 8, seed: int = 0
) -> Dataset:
    """Generate a marked symbol and then distractors just like it.

    Parameters
    ----------
    n_sequences : int, default 240
        Number of sequences, at least `n_symbols`, in classes as equal as it allows.
    n_symbols : int, default 4
        Number of symbols, 2 or more.
    lag : int, default 8
        Number of distractors after the marked symbol, 0 or more.
    seed : int, default 0
        Seed of the order of the classes and of the distractors.

    Returns
    -------
    Dataset
        X of shape (n_sequences, lag + 1, n_symbols + 1). Each step shows one symbol,
        one-hot on the first `n_symbols` inputs; the last input is the cue, 1 at the
        first step and 0 after it. The class is the symbol shown with the cue.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Notes
    -----
    Each distractor is drawn from all the symbols alike, whatever the class (leaving the
    class out would give it away to a model that sees what is missing). So with
    a lag of 1 or more the later steps tell nothing: a model without memory, which sees the
    last step alone, is at chance, ``1 / n_symbols``. With a lag of 0 the last step is the
    marked one and the task needs no memory. Solving it needs the state to take in a symbol
    when the cue is on and to keep it, unchanged by the same inputs, when the cue is off.
    Defined here.
    """
    n_symbols = whole("n_symbols", n_symbols, least=2)
    n_sequences = whole("n_sequences", n_sequences, least=n_symbols)
    lag = whole("lag", lag, least=0)
    rng = np.random.default_rng(whole("seed", seed, least=0))
    y = balanced(rng, n_sequences, n_classes=n_symbols)
    shown = rng.integers(n_symbols, size=(n_sequences, lag + 1))
    shown[:, 0] = y
    X = np.zeros((n_sequences, lag + 1, n_symbols + 1))
    X[:, :, :n_symbols] = np.eye(n_symbols)[shown]
    X[:, 0, n_symbols] = 1.0
    return Dataset(
        name="delayed_recall",
        X=X,
        y=y,
        classes=tuple(f"symbol {symbol}" for symbol in range(n_symbols)),
        description=f"One of {n_symbols} symbols shown with a cue, which is the class, then "
        f"{lag} random symbols without it.",
        source=GENERATED,
        licence=LICENCE,
        chance=1 / n_symbols if lag else 1.0,
        solved="every sequence right, in training and testing",
        rule="sequences",
    )
