"""Layers for images: a cell that reads them place by place, from one, two or four corners."""

from dataclasses import dataclass

from metarnn.cells import ACTIVATIONS, LSTM2D, Elman
from metarnn.engine.graph import Builder
from metarnn.engine.signals import BY_INPUTS, ONCE
from metarnn.nodes.grid_scan import GridScan

from .layer import Layer, Stream, check_name, check_size


@dataclass(frozen=True)
class Grid(Layer):
    """A cell that scans images (B, R, C, I) from some of their corners.

    A. Graves, S. Fernandez, J. Schmidhuber: Multi-dimensional recurrent neural networks. ICANN
    2007, for two dimensions. What it writes at each place are the states of all corners,
    [c0; c1; ...]; what is known at the end is the last state of each. With four corners each
    place knows of the whole image around it. All images of a data set are of one size.

    Places follow each other in time, so nothing is computed side by side but images: where
    what matters is near, or images are large, a convolution does the same in far less time.

    Parameters
    ----------
    cell : {"elman", "lstm"}
        What scans them.
    hidden : int
        H, hidden units of each corner.
    corners : {1, 2, 4}
        From the top left; from the top right; from the bottom left and right.
    activation : {"tanh", "relu", "sigmoid"}
        Of the Elman cell.
    """

    cell: str = "elman"
    hidden: int = 16
    corners: int = 4
    activation: str = "tanh"

    input_kind = "images"

    def __post_init__(self) -> None:
        check_name("cell", self.cell, ("elman", "lstm"))
        check_name("activation", self.activation, ACTIVATIONS)
        object.__setattr__(self, "hidden", check_size("hidden", self.hidden))
        if self.corners not in (1, 2, 4):
            raise ValueError(f"corners must be 1, 2 or 4, got {self.corners!r}.")

    def __str__(self) -> str:
        """Say in a few words what it is."""
        kind = f" {self.activation}" if self.cell == "elman" else ""
        corners = "1 corner" if self.corners == 1 else f"{self.corners} corners"
        return f"{self.cell} grid of {self.hidden}{kind} units from {corners}"

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        """See :class:`Layer`."""
        if stream.steps.clock != BY_INPUTS:
            raise ValueError("A grid reads the places of images, not windows of them.")
        n_inputs, n = stream.steps.n_rows, self.hidden
        cell = (
            LSTM2D(n_inputs, n) if self.cell == "lstm" else Elman(n_inputs, n, self.activation, 2)
        )
        steps = builder.buffer(n * self.corners, BY_INPUTS)
        last = builder.buffer(n * self.corners, ONCE)
        number = builder.count("recurrent")
        for corner in range(self.corners):
            rows, first = (corner * n, n), builder.n_weights
            suffix = f"_l{number}_c{corner}"
            target, final = steps.rows(*rows), last.rows(*rows)
            builder.add(GridScan(target, first, suffix, cell, stream.steps, final, corner))
        return Stream(steps, last)
