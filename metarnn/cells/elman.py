"""The Elman cell: h_t = f(W x_t + U h_{t-1} + b), h_0 = 0.

J. L. Elman: Finding structure in time. Cognitive Science 14 (1990) 179-211. With tanh
gradients vanish over long sequences; with relu they may explode; with sigmoid the state is
never negative and gradients vanish even faster, since its derivative is at most 1/4.
"""

from dataclasses import dataclass

from .formula_cell import cell

#: The choices of f.
ACTIVATIONS = "tanh", "relu", "sigmoid"


@cell("Elman 1990")
def OneWay(x, h, *, W, U, b, activation="tanh"):
    """The formula."""
    return activation(W @ x + U @ h + b)


@dataclass(frozen=True)
class Elman(OneWay):  # type: ignore[valid-type,misc]
    """Elman cell: h_t = f(W x_t + U h_{t-1} + b).

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    activation : {"tanh", "relu", "sigmoid"}
        f.
    n_directions : int
        2 for h = f(W x + U [h_left; h_up] + b), on images.
    """

    n_directions: int = 1
