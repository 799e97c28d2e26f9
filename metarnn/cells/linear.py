"""The linear cell: s_t = V x_t + c, without memory; the readout of a network."""

from .formula_cell import cell


@cell("y = V x + c", names={"V": "weight", "c": "bias"}, scales={"c": "V"})
def Linear(x, s, *, V, c):
    """Linear cell: s_t = V x_t + c.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I, and K, the rows of s.
    """
    return V @ x + c


@cell("y = V x", names={"V": "weight"})
def Unbiased(x, s, *, V):
    """Linear cell without a bias: s_t = V x_t.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I, and K, the rows of s.
    """
    return V @ x
