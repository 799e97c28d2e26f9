"""Where a search starts: the seed, and the weights of an earlier fit or of the user."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metarnn.networks import Network
from metarnn.sequences.validation import Floats


def seed_of(random_state: Any) -> int | np.random.SeedSequence:
    """Return a seed, without touching any global generator."""
    if random_state is None:
        return np.random.SeedSequence()
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, int | np.integer) and random_state >= 0:
        return int(random_state)
    raise ValueError(
        "random_state must be None, an integer of at least 0, a RandomState or a Generator, "
        f"got {random_state!r}."
    )


def last_weights(network: Network, last_network: Network, weights: Floats) -> Floats:
    """Return the weights (D,) of the last fit, for a network of the same blocks."""
    if last_network.shapes != network.shapes:
        raise ValueError(
            "warm_start needs the network of the last fit, whose blocks had the shapes "
            f"{last_network.shapes}, got {network.shapes}."
        )
    return np.asarray(weights)


def checked_initial_weights(network: Network, initial_weights: ArrayLike) -> Floats:
    """Return weights (D,) or (m, D) that the user gives."""
    try:
        return network.checked(initial_weights)
    except (TypeError, ValueError):
        raise ValueError(
            f"initial_weights must be numbers of shape ({network.n_weights},) or "
            f"(m, {network.n_weights}), as many as the network has weights, "
            f"got shape {np.shape(initial_weights)}."
        ) from None
