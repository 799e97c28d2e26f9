"""A ``state_dict`` of PyTorch, which names arrays but no modules, as the parts of a network."""

from collections.abc import Mapping
from typing import Any

from .torch_weights import Blocks, Part, array_of

#: The recurrent module whose weights have so many rows for each hidden unit.
KINDS = {1: "RNN", 3: "GRU", 4: "LSTM"}


def parts_of_state(state: Mapping[str, Any], activation: str | None) -> tuple[list[Part], str]:
    """Return the parts in the order of the data, and their dtype.

    Parameters
    ----------
    state : mapping of str to tensors or arrays
        With PyTorch's names of parameters, such as ``lstm.weight_ih_l0``, after any prefix; or a
        checkpoint that holds such a mapping as "state_dict".
    activation : {"tanh", "relu"}, optional
        Of an RNN, which its weights do not say.

    Raises
    ------
    ValueError
        Parameters without a counterpart, or an RNN without activation.
    """
    state = state.get("state_dict", state)
    groups: dict[str, Blocks] = {}
    for name, tensor in state.items():
        owner, _, parameter = name.rpartition(".")
        groups.setdefault(owner, {})[parameter] = array_of(tensor)
    before: list[Part] = []
    recurrent: list[Part] = []
    linear: list[Part] = []
    unknown: list[str] = []
    for owner, arrays in groups.items():
        is_matrix = set(arrays) <= {"weight", "bias"} and arrays["weight"].ndim == 2
        if "weight_ih_l0" in arrays:
            recurrent.append(_recurrent(owner, arrays, activation))
        elif is_matrix and ("bias" in arrays or recurrent):
            linear.append(Part("Linear", arrays))
        elif is_matrix:
            before.append(Part("Embedding", arrays))
        else:
            unknown += [f"{owner}.{name}".lstrip(".") for name in arrays]
    if unknown:
        raise ValueError(
            f"The parameters {', '.join(unknown)} have no counterpart here: there may be an "
            "embedding, RNN, LSTM or GRU layers, and a linear layer."
        )
    if len(linear) != 1:
        raise ValueError(
            f"There must be one linear layer, which gives the scores, got {len(linear)}."
        )
    doubles = any(str(tensor.dtype).endswith("float64") for tensor in state.values())
    return [*before, *recurrent, *linear], "float64" if doubles else "float32"


def _recurrent(owner: str, arrays: Blocks, activation: str | None) -> Part:
    """Return the recurrent module that has such weights."""
    rows, H = len(arrays["weight_ih_l0"]), arrays["weight_hh_l0"].shape[1]
    kind = KINDS.get(rows // H)
    if kind is None or rows % H or "weight_hr_l0" in arrays:
        raise ValueError(f"{owner}.weight_ih_l0 is of no RNN, LSTM or GRU without proj_size.")
    if kind == "RNN" and activation is None:
        raise ValueError(
            f"{owner}.weight_ih_l0 is of an RNN, whose weights do not say if its nonlinearity is "
            "'tanh' or 'relu': give activation."
        )
    return Part(kind, arrays, activation or "tanh")
