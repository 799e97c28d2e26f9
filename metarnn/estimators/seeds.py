"""A seed from whatever ``random_state`` is, without touching any global generator."""

from typing import Any

import numpy as np

from metarnn.validation import is_integer, shown


def seed_of(state: Any) -> int | np.random.SeedSequence:
    """Return a seed, from None, an integer, a RandomState or a Generator.

    Raises
    ------
    ValueError
        Anything else, or an integer below 0.
    """
    if state is None:
        return np.random.SeedSequence()
    if isinstance(state, np.random.Generator):
        return int(state.integers(2**63))
    if isinstance(state, np.random.RandomState):
        return int(state.randint(2**31))
    if is_integer(state) and state >= 0:
        return int(state)
    raise ValueError(
        "random_state must be None, an integer of at least 0, a RandomState or a Generator, "
        f"got {shown(state)}."
    )
