"""The IRNN: an Elman cell of relu units whose recurrent weights begin at the identity.

Q. V. Le, N. Jaitly, G. E. Hinton: A simple way to initialize recurrent networks of rectified
linear units. arXiv:1504.00941 (2015). Each unit begins as an adder of what it sees, so at first
gradients neither vanish nor explode; nothing holds the weights there, and a step too large
makes states grow without bound: not for large learning rates.
"""

from typing import Any

import numpy as np

from .elman import Elman


class IRNN(Elman):
    """Elman cell that begins as the identity.

    Its natural steps are those of any Elman cell: a population that moved in steps as small as
    this cell's first differences would stay where it is.
    """

    @property
    def means(self) -> dict[str, Any]:
        """The identity."""
        return {"weight_hh": np.eye(self.n_hidden)}

    @property
    def spreads(self) -> dict[str, float]:
        """Small about the identity, so that candidates differ; biases at 0 almost."""
        return {"weight_hh": 0.001, "bias_ih": 0.001}
