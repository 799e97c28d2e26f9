"""Layers for images, which cells scan from one, two or four corners."""

from dataclasses import dataclass

from metarnn.cells import ACTIVATIONS, LSTM2D, Elman
from metarnn.engine.graph import Builder
from metarnn.engine.signals import BY_INPUTS, ONCE
from metarnn.nodes.grid_scan import GridScan
from metarnn.validation import shown

from .layer import Layer, Stream, check_settings


@dataclass(frozen=True)
class Grid(Layer):
    """A cell that scans images (B, R, C, I) from some of their corners.

    A. Graves, S. Fernandez, J. Schmidhuber: Multi-dimensional recurrent neural networks. ICANN
    2007, for two dimensions. Its output at each place are the states of all corners,
    [c0; c1; ...]; at the end, the last state of each. With four corners the output at a place
    depends on the whole image around it. All images of a data set have one size.

    Places are computed one after the other, and only images in parallel. For large images, or
    where only near places matter, a convolution does the same in far less time.

    Parameters
    ----------
    cell : {"elman", "lstm"}
        The cell.
    hidden : int
        H, hidden units of each corner.
    corners : {1, 2, 4}
        In this order: top left, top right, bottom left, bottom right.
    activation : {"tanh", "relu", "sigmoid"}
        For the Elman cell.
    """

    cell: str = "elman"
    hidden: int = 16
    corners: int = 4
    activation: str = "tanh"

    input_kind = "images"

    def __post_init__(self) -> None:
        check_settings(self, "hidden", "corners", cell=("elman", "lstm"), activation=ACTIVATIONS)
        if self.corners not in (1, 2, 4):
            raise ValueError(f"corners must be 1, 2 or 4, got {shown(self.corners)}.")

    def __str__(self) -> str:
        kind = f" {self.activation}" if self.cell == "elman" else ""
        corners = "1 corner" if self.corners == 1 else f"{self.corners} corners"
        return f"{self.cell} grid of {self.hidden}{kind} units from {corners}"

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        if stream.steps.clock != BY_INPUTS:
            raise ValueError("A grid reads the places of images; it cannot follow windows.")
        n_inputs, n = stream.steps.n_rows, self.hidden
        lstm = self.cell == "lstm"
        cell = LSTM2D(n_inputs, n) if lstm else Elman(n_inputs, n, self.activation, 2)
        steps = builder.buffer(n * self.corners, BY_INPUTS)
        last = builder.buffer(n * self.corners, ONCE)
        number = builder.count("recurrent")
        for corner in range(self.corners):
            first, suffix = builder.n_weights, f"_l{number}_c{corner}"
            target, final = (signal.rows(corner * n, n) for signal in (steps, last))
            builder.add(GridScan(target, first, suffix, cell, stream.steps, final, corner))
        return Stream(steps, last)
