"""Parity of strings of bits, and exclusive or, its smallest case."""

import itertools
from dataclasses import replace

import numpy as np

from ..dataset import Dataset
from ..validation import check_bool, check_integer
from .generation import generated


def parity(n_bits: int = 7, per_step: bool = False) -> Dataset:
    """Generate every string of bits, labeled odd or even.

    Parameters
    ----------
    n_bits : int, default 7
        Length of the strings, 2 to 16.
    per_step : bool, default False
        Label each step with the parity of the bits so far, instead of the whole string.

    Returns
    -------
    Dataset
        X of shape (2**n_bits, n_bits, 1) with the inputs -1 and +1, one bit per step, in
        binary counting order with -1 for 0; class "odd" where the number of +1 bits is odd.
        With `per_step`, y has shape (2**n_bits, n_bits).

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Chance is 50%, and stays so for any model that misses even one of the bits. A solution needs
    one bit of state, which each +1 flips. Labels at each step make the task easier, since the
    first ones need few bits; a model without memory gets the first step right and is at chance
    in the others. The order-n predicate of Minsky and Papert, Perceptrons (MIT Press, 1969),
    read as a sequence as in Bengio, Simard and Frasconi, IEEE Transactions on Neural
    Networks 5(2):157-166 (1994).
    """
    n_bits = check_integer("n_bits", n_bits, least=2, most=16)
    per_step = check_bool("per_step", per_step)
    bits = np.array(list(itertools.product((-1.0, 1.0), repeat=n_bits)))
    so_far = np.cumsum(bits > 0, axis=1) % 2
    return generated(
        name="parity",
        X=bits[:, :, np.newaxis],
        y=so_far if per_step else so_far[:, -1],
        classes=("even", "odd"),
        description=f"Every string of {n_bits} bits (-1 or +1), one bit per step; the class is "
        f"whether the number of +1 bits is odd or even{' so far, at each step' * per_step}.",
        exhaustive=True,
        criterion="every string right",
        # The first step alone needs no memory.
        chance=(n_bits + 1) / (2 * n_bits) if per_step else 0.5,
    )


def xor() -> Dataset:
    """Generate exclusive or: the parity of two bits, in two steps.

    Returns
    -------
    Dataset
        X of shape (4, 2, 1) with the inputs -1 and +1; class "odd" where the two differ.

    Notes
    -----
    Chance is 50%. A solution keeps the first bit for one step and combines it nonlinearly with
    the second. The smallest case of Minsky and Papert, Perceptrons (MIT Press, 1969).
    """
    return replace(
        parity(2),
        name="xor",
        description="The four pairs of bits (-1 or +1), one bit per step; the class is odd where "
        "the two differ and even where they agree.",
    )
