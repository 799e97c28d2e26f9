"""The IRNN: an Elman cell of relu units whose recurrent weights begin at the identity.

Q. V. Le, N. Jaitly, G. E. Hinton: A simple way to initialize recurrent networks of rectified
linear units. arXiv:1504.00941 (2015). Each unit begins as an adder of what it sees, so at first
gradients neither vanish nor explode; nothing holds the weights there, and a step too large
makes states grow without bound: not for large learning rates.
"""

import numpy as np

from metarnn.engine.weight_block import WeightBlock

from .elman import Elman


class IRNN(Elman):
    """Elman cell that begins as the identity.

    Its natural steps are those of any Elman cell: a population that moved in steps as small as
    this cell's first differences would stay where it is.
    """

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """As in an Elman cell, but U begins near the identity and the biases near 0."""
        W, U, b = super().blocks
        identity = np.eye(self.n_hidden)
        return W, U._replace(mean=identity, spread=0.001), b._replace(spread=0.001)
