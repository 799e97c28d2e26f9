"""The IRNN: an Elman cell of relu units whose recurrent weights begin at the identity.

Q. V. Le, N. Jaitly, G. E. Hinton: A simple way to initialize recurrent networks of rectified
linear units. arXiv:1504.00941 (2015). Each unit begins by adding up its inputs, so at first
gradients neither vanish nor explode. Nothing keeps the weights there, and after too large a step
states grow without bound: not for large learning rates.
"""

import numpy as np

from metarnn.engine.weight_block import WeightBlock

from .elman import Elman


class IRNN(Elman):
    """Elman cell whose recurrent weights begin at the identity.

    The natural step of a search is that of any Elman cell: with steps as small as the initial
    spread, a population would hardly move.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    activation : {"relu", "tanh", "sigmoid"}
        The paper's is relu.
    n_directions : int
        As in :class:`Elman`.
    """

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """As in an Elman cell, but U begins near the identity and the biases near 0."""
        W, U, b = super().blocks
        identity = np.eye(self.n_hidden)
        return W, U._replace(mean=identity, spread=0.001), b._replace(spread=0.001)
