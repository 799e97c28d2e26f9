"""A cell that is a formula as a PyTorch module: the formula is run on tensors.

PyTorch is optional: this file imports it, and is imported where a module is made.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from metarnn.cells import FormulaCell
from metarnn.layers import Recurrent


class FormulaRNN(nn.Module):
    """A layer of one cell in one direction or both, by the interface of ``torch.nn.RNN``.

    Parameters
    ----------
    layer : Recurrent
        What it computes; ``from_torch`` reads it.
    cell : FormulaCell
        The cell of the layer.
    blocks : dict
        Weights by the names that PyTorch's own layers have, such as "weight_ih_l0" and
        "weight_ih_l0_reverse".
    """

    batch_first, num_layers = True, 1

    def __init__(self, layer: Recurrent, cell: FormulaCell, blocks: Mapping[str, Any]) -> None:
        super().__init__()
        self.layer, self.cell, self.hidden_size = layer, cell, cell.n_state
        self.bidirectional = layer.bidirectional
        for name, values in blocks.items():
            setattr(self, name, nn.Parameter(torch.tensor(np.array(values, dtype=float))))

    def forward(
        self, rows: Tensor, states: Any = None, ends: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the states (B, T, H or 2 H) of all steps, and all last ones (1 or 2, B, H).

        The way back begins at the last step, or at the ends (B,) of the sequences.
        """
        steps = torch.arange(rows.shape[1], device=rows.device)
        turned = steps.flip(0).expand(rows.shape[:2])
        if ends is not None:
            turned = torch.where(steps < ends[:, None], ends[:, None] - 1 - steps, steps)
        shown, last = self._run(rows, "", states)
        if not self.bidirectional:
            return shown, tuple(x[None] for x in last)
        given = rows.gather(1, turned[..., None].expand_as(rows))
        back, last_back = self._run(given, "_reverse", states)
        back = back.gather(1, turned[..., None].expand_as(back))
        pairs = zip(last, last_back, strict=True)
        return torch.cat([shown, back], dim=2), tuple(torch.stack(pair) for pair in pairs)

    def _run(self, rows: Tensor, way: str, states: Any) -> tuple[Tensor, list[Tensor]]:
        """Return what is shown of all steps (B, T, H), and all states (B, H) at the end."""
        formula, cell = self.cell.formula, self.cell
        blocks = {block.name: getattr(self, f"{block.name}_l0{way}") for block in cell.blocks}
        own = {
            name: part if part.ndim == 2 else part[:, None]
            for name, part in cell.parts(blocks).items()
        }
        if states is None:
            carried = tuple(rows.new_zeros(n, len(rows)) for n in cell.rows_of_states)
        else:
            carried = tuple(state[int(bool(way))].T for state in states)
        shown = []
        for t in range(rows.shape[1]):
            carried = formula.computed(rows[:, t].T, carried, own, **cell.settings)
            shown.append(torch.cat(carried[: formula.n_shown]).T)
        return torch.stack(shown, dim=1), [state.T for state in carried]
