"""Networks to and from PyTorch: modules of ``torch.nn`` as layers with weights, and back.

PyTorch is optional and imported when one of the two functions is called. Blocks of weights have
PyTorch's names. Where PyTorch adds two biases there is one here: their sum in one direction; in
the other direction the second one is 0. Only a GRU has two, where its reset gate multiplies one.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.cells import FormulaCell
from metarnn.engine.weight_block import Shapes
from metarnn.layers import Embedding, Layer, Recurrent

Blocks = dict[str, NDArray[Any]]

#: The module that computes the same as each cell.
MODULES = {"elman": "RNN", "irnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
ACTIVATIONS = "tanh", "relu"


class Converted(NamedTuple):
    """Modules as arguments of ``Network``, with the weights by name."""

    n_inputs: int
    n_outputs: int
    layers: tuple[Layer, ...]
    dtype: str
    blocks: Blocks


class Part(NamedTuple):
    """A module as its kind, its parameters by name, and what these do not say."""

    kind: str  # "Embedding", "RNN", "LSTM", "GRU", "FormulaRNN" or "Linear"
    arrays: Blocks
    activation: str = "tanh"  # of an RNN
    frozen: bool = False  # whether an embedding is not trained
    module: Any = None  # a FormulaRNN, which knows its layer

    @property
    def hidden(self) -> int:
        """H of a recurrent part."""
        return self.arrays["weight_hh_l0"].shape[1]

    @property
    def directions(self) -> tuple[str, ...]:
        """What the names of its weights end with: the way back may be missing."""
        return ("", "_reverse") if "weight_ih_l0_reverse" in self.arrays else ("",)


def check_torch() -> None:
    """Raise an ImportError that says what to do where PyTorch is not installed."""
    try:
        import torch  # noqa: F401
    except ImportError:
        raise ImportError(
            "to_torch needs PyTorch, which is not installed, expected it by: pip install torch."
        ) from None


def from_modules(modules: Any) -> Converted:
    """Return the layers and weights of modules; see :meth:`Network.from_torch`."""
    *before, readout = flattened(modules) or [None]
    if type(readout).__name__ != "Linear":
        raise ValueError(f"The last module must be a Linear, got {readout}.")
    dtype = str(readout.weight.dtype).removeprefix("torch.")
    if dtype not in ("float32", "float64"):
        raise TypeError(f"Modules must be of float32 or float64, got {dtype}.")
    return from_parts([*map(part_of, before), part_of(readout)], dtype)


def part_of(module: Any, *, for_training: bool = True) -> Part:
    """Return what a module is; dropout has a counterpart only where it is not to be trained."""
    kind = type(module).__name__
    if kind == "Embedding":
        _require(module, {"max_norm": None})
    elif kind in MODULES.values():
        _require(module, {"proj_size": 0} | ({"dropout": 0.0} if for_training else {}))
    elif kind not in ("FormulaRNN", "Linear"):
        raise TypeError(
            f"{kind} has no counterpart here: modules may be an Embedding first, then RNN, "
            "LSTM or GRU, then a Linear."
        )
    arrays = {name: array_of(parameter) for name, parameter in module.named_parameters()}
    frozen = kind == "Embedding" and not module.weight.requires_grad
    own = module if kind == "FormulaRNN" else None
    return Part(kind, arrays, getattr(module, "nonlinearity", "tanh"), frozen, own)


def from_parts(parts: Sequence[Part], dtype: str) -> Converted:
    """Return the layers and weights of parts in the order in which data pass through them."""
    *before, readout = parts
    layers: list[Layer] = []
    blocks: Blocks = {}
    n_inputs = n_rows = 0
    for part in before:
        if part.kind == "Embedding" and not layers:
            table = part.arrays["weight"]
            n_inputs, n_rows = table.shape
            if part.frozen:
                layers.append(Embedding(vectors=table, frozen=True))
            else:
                layers.append(Embedding(n_rows))
                blocks["embedding"] = table
        elif part.kind in MODULES.values():
            size = part.arrays["weight_ih_l0"].shape[1]
            _fits(part.kind, n_rows, size)
            n_inputs = n_inputs or size
            n = sum(isinstance(layer, Recurrent) for layer in layers)
            layers += _recurrent(part, n, blocks)
            n_rows = part.hidden * len(part.directions)
        elif part.module is not None:
            cell = part.module.cell
            _fits(part.kind, n_rows, cell.n_inputs)
            n_inputs = n_inputs or cell.n_inputs
            n = sum(isinstance(layer, Recurrent) for layer in layers)
            blocks |= {name.replace("_l0", f"_l{n}"): a for name, a in part.arrays.items()}
            layers.append(part.module.layer)
            n_rows = cell.n_state * (1 + part.module.bidirectional)
        else:
            raise ValueError(f"{part.kind} has no counterpart here at its place among the modules.")
    if not any(isinstance(layer, Recurrent) for layer in layers):
        raise ValueError("There must be an RNN, LSTM or GRU before the Linear, got none.")
    weight = readout.arrays["weight"]
    _fits("Linear", n_rows, weight.shape[1])
    blocks["weight_out"] = weight
    blocks["bias_out"] = readout.arrays.get("bias", np.zeros(len(weight)))
    return Converted(n_inputs, len(weight), tuple(layers), dtype, blocks)


def blocks_for(shapes: Shapes, found: Converted) -> Blocks:
    """Return the blocks of a network of such shapes.

    Raises
    ------
    ValueError
        The network has no readout, as its last cell feeds its scores back, but the last module
        changes them.
    """
    blocks = found.blocks
    own = "weight_out" in shapes
    if not own and not (blocks["weight_out"] == np.eye(found.n_outputs)).all():
        raise ValueError(
            "The last layer feeds its scores back, so the Linear after it must be the identity, "
            "as to_torch makes it: keep its weights as they were."
        )
    return {name: np.reshape(blocks[name], shape) for name, shape in shapes.items()}


def to_modules(
    n_inputs: int, layers: Sequence[Layer], blocks: Blocks, dtype: str
) -> tuple[Any, ...]:
    """Return modules, as :func:`from_modules` reads them; see :meth:`Network.to_torch`."""
    import torch

    modules: list[Any] = []
    n, n_rows, first = 0, n_inputs, layers[0]
    if isinstance(first, Embedding):
        table = first.vectors.values if first.frozen else blocks["embedding"]
        embedding: Any = torch.nn.Embedding
        modules.append(embedding.from_pretrained(torch.tensor(table), freeze=first.frozen))
        n_rows = table.shape[1]
    for layer, alike in groupby(layers[len(modules) :]):
        if not isinstance(layer, Recurrent):
            raise ValueError(f"{layer!r} has no counterpart in PyTorch.")
        n_layers = len(list(alike))
        if _has_module(layer):
            module = _module(layer, n_rows, n_layers)
            _fill(module, n, blocks)
            modules.append(module)
        else:
            modules += _formula_modules(layer, n_rows, n, n_layers, blocks)
        n, n_rows = n + n_layers, layer.cell_for(n_rows).n_state * (1 + layer.bidirectional)
    trained = "weight_out" in blocks  # otherwise the last cell feeds its scores back
    weight = blocks["weight_out"] if trained else np.eye(n_rows)
    readout = torch.nn.Linear(weight.shape[1], weight.shape[0])
    _copy(readout.weight, weight)
    _copy(readout.bias, blocks["bias_out"] if trained else np.zeros(n_rows))
    readout.requires_grad_(trained)
    return tuple(module.to(getattr(torch, dtype)) for module in (*modules, readout))


def flattened(modules: Any) -> list[Any]:
    """Return the modules in order, where unknown ones are replaced by their children."""
    import torch

    given = [modules] if isinstance(modules, torch.nn.Module) else list(modules)
    found: list[Any] = []
    for module in given:
        if not isinstance(module, torch.nn.Module):
            raise TypeError(f"modules must be modules of torch.nn, got {module!r}.")
        known = type(module).__name__ in ("Embedding", "Linear", *MODULES.values())
        children = [] if known else list(module.children())
        found += flattened(children) if children else [module]
    return found


def array_of(tensor: Any) -> NDArray[Any]:
    """Return a tensor of any dtype and device, or an array, in float64."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu().double().numpy()
    return np.asarray(tensor, dtype=float)


def _fits(name: str, n_rows: int, n_inputs: int) -> None:
    if n_rows and n_rows != n_inputs:
        raise ValueError(
            f"{name} takes {n_inputs} inputs, but the module before it gives {n_rows}."
        )


def _require(module: Any, settings: dict[str, Any]) -> None:
    """Raise a ValueError unless a module has these settings, which have a counterpart."""
    for name, value in settings.items():
        given = getattr(module, name)
        if given != value:
            raise ValueError(
                f"{type(module).__name__} with {name}={given} has no counterpart here; it must "
                f"be {value}."
            )


def _recurrent(part: Part, first: int, blocks: Blocks) -> Iterator[Recurrent]:
    """Yield the layers of a module, numbered from `first`, and add their weights to the blocks."""
    cell = part.kind.lower() if part.kind != "RNN" else "elman"
    arrays, H = part.arrays, part.hidden
    for k in range(sum(f"weight_ih_l{k}" in arrays for k in range(len(arrays)))):
        for direction in part.directions:
            theirs, ours = f"_l{k}{direction}", f"_l{first + k}{direction}"
            for block in ("weight_ih", "weight_hh"):
                blocks[block + ours] = arrays[block + theirs]
            none = np.zeros(len(blocks["weight_ih" + ours]))
            one, other = (arrays.get(bias + theirs, none) for bias in ("bias_ih", "bias_hh"))
            if cell == "gru":
                blocks["bias_hn" + ours] = other[2 * H :]
                other = np.append(other[: 2 * H], np.zeros(H))
            blocks["bias_ih" + ours] = one + other
        yield Recurrent(cell, H, part.activation, len(part.directions) > 1)


def _has_module(layer: Recurrent) -> bool:
    """Return whether PyTorch has a module of its own for the cell of a layer."""
    plain = layer.cell != "elman" or layer.activation in ACTIVATIONS
    return layer.cell in MODULES and plain


def _formula_modules(
    layer: Recurrent, n_inputs: int, first: int, n_layers: int, blocks: Blocks
) -> Iterator[Any]:
    """Yield modules that run the formula of a cell, one for each of equal layers."""
    from .formula_rnn import FormulaRNN

    for number in range(first, first + n_layers):
        cell = layer.cell_for(n_inputs)
        if not isinstance(cell, FormulaCell) or layer.residual:
            raise ValueError(f"{layer!r} has no counterpart in PyTorch.")
        own = f"_l{number}"
        found = {
            f"{block.name}_l0{way}": blocks[f"{block.name}{own}{way}"]
            for block in cell.blocks
            for way in ("", "_reverse")[: 1 + layer.bidirectional]
        }
        yield FormulaRNN(layer, cell, found)
        n_inputs = cell.n_state * (1 + layer.bidirectional)


def _module(layer: Recurrent, n_inputs: int, n_layers: int) -> Any:
    """Return a module of `n_layers` layers like this one."""
    import torch

    if layer.residual:
        raise ValueError(f"{layer!r} has no counterpart in PyTorch.")
    name = MODULES[layer.cell]
    rest: dict[str, Any] = {}
    if name == "RNN":
        rest["nonlinearity"] = "relu" if layer.cell == "irnn" else layer.activation
    rest |= {"bidirectional": layer.bidirectional, "batch_first": True}
    return getattr(torch.nn, name)(n_inputs, layer.hidden, n_layers, **rest)


def _fill(module: Any, first: int, blocks: Blocks) -> None:
    """Copy the weights of the layers from number `first` on into a module, in float64."""
    module.double()
    for name, parameter in module.named_parameters():
        block, _, layer = name.rpartition("_l")
        number, *direction = layer.split("_")
        ours = "_".join([f"_l{first + int(number)}", *direction])
        values = np.zeros(parameter.shape) if block == "bias_hh" else blocks[block + ours]
        if block == "bias_hh" and "bias_hn" + ours in blocks:
            values[2 * module.hidden_size :] = blocks["bias_hn" + ours]
        _copy(parameter, values)


def _copy(parameter: Any, values: NDArray[Any]) -> None:
    import torch

    with torch.no_grad():
        parameter.data = torch.tensor(np.array(values, dtype=float))
