"""A recurrent network: shapes and passes. It owns no weights."""

from dataclasses import dataclass
from functools import partial
from math import prod
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.cells import ACTIVATIONS, CELLS, Linear
from metarnn.engine import Layer, Pass, Tiles, check_threads
from metarnn.optimizers import Space
from metarnn.sequences import as_lengths, as_sequences

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Network:
    """A recurrent network that reads a sequence and scores K classes after its last step.

    Made by :meth:`build`. Weights are flat vectors of D numbers, or populations (P, D) of
    them, block after block in the order of :attr:`shapes`, each in row-major order.

    Parameters
    ----------
    n_inputs : int
        I, inputs at each step.
    n_classes : int
        K.
    cell : str
        A name in ``metarnn.cells.CELLS``.
    hidden : tuple of int
        H, hidden units of each layer; one layer.
    activation : {"tanh", "relu", "sigmoid"}
        f in h_t = f(W x_t + U h_{t-1} + b), with h_0 = 0.
    dtype : {"float32", "float64"}
        What passes compute in. Weights and losses are float64 either way.
    init_scale : float
        Factor of the initial weights' standard deviation, which is 1 / sqrt(fan-in). Where
        a task needs saturated units, as parity does, 3 finds solutions sooner than 1.
    """

    n_inputs: int
    n_classes: int
    cell: str = "elman"
    hidden: tuple[int, ...] = (16,)
    activation: str = "tanh"
    dtype: str = "float32"
    init_scale: float = 1.0

    @classmethod
    def build(
        cls,
        n_inputs: int,
        n_classes: int,
        *,
        cell: str = "elman",
        hidden: int | tuple[int, ...] = (16,),
        activation: str = "tanh",
        dtype: str = "float32",
        init_scale: float = 1.0,
    ) -> Self:
        """Return a network; see the class for the parameters.

        Raises
        ------
        TypeError, ValueError
            A size that is not a positive integer, or an unknown name.
        """
        sizes: tuple[Any, ...] = tuple(np.atleast_1d(np.asarray(hidden, object)))
        for name, size, least in (
            ("n_inputs", n_inputs, 1),
            ("n_classes", n_classes, 2),
            *(("hidden", size, 1) for size in sizes),
        ):
            if not isinstance(size, int | np.integer) or isinstance(size, bool):
                raise TypeError(f"{name} must be an integer, got {size!r}.")
            if size < least:
                raise ValueError(f"{name} must be at least {least}, got {size}.")
        if len(sizes) != 1:
            raise ValueError(f"hidden must name one layer, such as 16 or (16,), got {hidden!r}.")
        for name, choice, choices in (
            ("cell", cell, CELLS),
            ("activation", activation, ACTIVATIONS),
            ("dtype", getattr(dtype, "__name__", str(dtype)), ("float32", "float64")),
        ):
            if choice not in tuple(choices):
                raise ValueError(f"{name} must be one of {', '.join(choices)}, got {choice!r}.")
        if not (isinstance(init_scale, Real) and 0 < init_scale < np.inf):
            raise ValueError(f"init_scale must be a positive number, got {init_scale!r}.")
        return cls(
            int(n_inputs),
            int(n_classes),
            cell,
            tuple(map(int, sizes)),
            activation,
            np.dtype(dtype).name,
            float(init_scale),
        )

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Blocks of the flat vector, in order: the cell's, then the readout's."""
        return {
            name + suffix: shape
            for layer, suffix in zip(self.layers, self._suffixes, strict=True)
            for name, shape in layer.cell.shapes.items()
        }

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The cells that passes run, from the data up."""
        cell = CELLS[self.cell](self.n_inputs, self.hidden[0], self.activation)
        readout = Linear(self.hidden[-1], self.n_classes)
        return Layer(cell, 0, False), Layer(readout, cell.n_weights, True)

    @property
    def _suffixes(self) -> tuple[str, ...]:
        """What distinguishes the names of each layer's weights."""
        return "_l0", "_out"

    @property
    def n_weights(self) -> int:
        """D."""
        return sum(layer.cell.n_weights for layer in self.layers)

    @property
    def space(self) -> Space:
        """Where optimizers search: unbounded, sampled by :meth:`init`."""
        scale = self._scales()
        return Space(self.n_weights, partial(_draw, scale), scale)

    def init(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Draw initial weights (n, D): normal, of standard deviation init_scale / sqrt(fan-in)."""
        return self.space.sample(n, rng)

    def _scales(self) -> NDArray[np.float64]:
        return self.init_scale * np.concatenate(
            [
                np.full(prod(shape), cell.scales[name])
                for cell, _, _ in self.layers
                for name, shape in cell.shapes.items()
            ]
        )

    def unpack(self, weights: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Cut flat weights, (D,) or (P, D), into named blocks: views where possible."""
        flat = self.checked(weights)
        blocks, start = {}, 0
        for name, shape in self.shapes.items():
            end = start + prod(shape)
            blocks[name] = flat[..., start:end].reshape(*flat.shape[:-1], *shape)
            start = end
        return blocks

    def pack(self, blocks: dict[str, ArrayLike]) -> NDArray[np.float64]:
        """Join named blocks into flat weights; the inverse of :meth:`unpack`.

        Raises
        ------
        ValueError
            A block missing, unknown, or of another shape.
        """
        if set(blocks) != set(self.shapes):
            raise ValueError(
                f"Expected the blocks {', '.join(self.shapes)}, got {', '.join(blocks) or 'none'}."
            )
        parts = []
        ahead: tuple[int, ...] | None = None  # () for one candidate, (P,) for a population
        for name, shape in self.shapes.items():
            block = np.asarray(blocks[name], float)
            axes = block.shape[: max(0, block.ndim - len(shape))]
            ahead = axes if ahead is None else ahead
            if block.shape != (*ahead, *shape):
                raise ValueError(f"{name} must have shape {(*ahead, *shape)}, got {block.shape}.")
            parts.append(block.reshape(*ahead, prod(shape)))
        return np.concatenate(parts, axis=-1)

    def scores(
        self,
        weights: ArrayLike,
        X: ArrayLike,
        *,
        lengths: ArrayLike | None = None,
        n_threads: int | None = None,
    ) -> NDArray[np.floating]:
        """Score the classes of sequences, before any softmax or sigmoid.

        Parameters
        ----------
        weights : (D,) or (P, D) array_like
            One candidate or a population.
        X : (B, T, I) array_like
            Sequences; (B, T) is taken for I = 1.
        lengths : (B,) array_like of int, optional
            Steps of each sequence, 1 to T; what follows them is not read. All T, if not
            given.
        n_threads : int, optional
            At most so many threads; the numbers are the same for any.

        Returns
        -------
        scores : (B, K) or (P, B, K) array

        Raises
        ------
        ValueError
            Shapes that do not fit the network.
        """
        check_threads(n_threads)
        sequences = self.sequences(X)
        tiles = self.pack_tiles(sequences, lengths=as_lengths(lengths, sequences))
        population = np.atleast_2d(self.checked(weights))
        scores = Pass(self.layers, tiles, self.dtype, "scores").scores(population, n_threads)
        return scores if np.ndim(weights) == 2 else scores[0]

    def sequences(self, X: ArrayLike) -> NDArray[Any]:
        """Return sequences as (B, T, I), checked to have the network's I."""
        sequences = as_sequences(X)
        if sequences.shape[2] != self.n_inputs:
            raise ValueError(
                f"X has {sequences.shape[2]} inputs at each step, shape {np.shape(X)} as "
                f"(sequences, steps, inputs), but the network takes {self.n_inputs}."
            )
        return sequences

    def pack_tiles(self, sequences: NDArray[Any], **rest: Any) -> Tiles:
        """Pack sequences (B, T, I) for passes; the rest are arguments of ``Tiles.pack``.

        Raises
        ------
        ValueError
            What is not finite, or not in the dtype of the passes.
        """
        with np.errstate(over="ignore"):
            tiles = Tiles.pack(sequences, self.dtype, **rest)
        if not np.all(np.isfinite(tiles.inputs)):
            raise ValueError(f"X must be finite in {self.dtype}, got NaN or infinity.")
        return tiles

    def checked(self, weights: ArrayLike) -> NDArray[np.float64]:
        """Return weights as float64, (D,) or (P, D), one row after the other."""
        flat = np.asarray(weights, dtype=float)
        if flat.ndim not in (1, 2) or flat.shape[-1] != self.n_weights:
            raise ValueError(
                f"Weights must have shape ({self.n_weights},) or (P, {self.n_weights}), "
                f"got {flat.shape}."
            )
        return np.ascontiguousarray(flat)


def _draw(scale: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return scale * rng.standard_normal((n, scale.size))
