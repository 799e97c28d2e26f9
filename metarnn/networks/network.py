"""A recurrent network: shapes and passes. It owns no weights."""

from dataclasses import dataclass, fields
from functools import cached_property, lru_cache, partial
from math import prod
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.engine import BatchScorer, Tiles, check_threads
from metarnn.engine.graph import BY_ANSWERS, ONCE, Builder, Program, cut, inputs
from metarnn.layers import (
    DECODERS,
    READOUTS,
    Decoder,
    Embedding,
    Grid,
    Layer,
    Recurrent,
    Stream,
    Windows,
    linear,
)
from metarnn.layers.layer import check_name, check_size
from metarnn.optimizers import Space
from metarnn.sequences.labeled import LabeledSequences, decoder_targets
from metarnn.sequences.network_input import READERS, Sequences
from metarnn.sequences.validation import (
    check_labels,
    check_numbers,
    check_sample_weight,
    check_step_labels,
    check_step_numbers,
)

from .decoding import beam_search

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Network:
    """A recurrent network that reads sequences and scores K classes.

    Made by :meth:`build`, or of a list of layers. Weights are flat vectors of D numbers, or
    populations (P, D) of them, block after block in the order of :attr:`shapes`, each in
    row-major order.

    Parameters
    ----------
    n_inputs : int
        I, inputs at each step; the number of different tokens, where these are embedded.
    n_outputs : int
        K, the number of classes, or of predicted numbers for a regression.
    layers : sequence of Layer
        From the data up; see ``metarnn.layers``.
    readout : str
        A name in ``metarnn.layers.READOUTS``: how the steps become one row, of which a linear
        map scores the classes. With "steps" each step is scored.
    dtype : {"float32", "float64"}
        What passes compute in. Weights and losses are float64 either way.
    init_scale : float
        Factor of the initial weights' standard deviation, which is 1 / sqrt(fan-in). Where
        a task needs saturated units, as parity does, 3 finds solutions sooner than 1.

    Raises
    ------
    TypeError, ValueError
        A size that is not a positive integer, an unknown name, or layers that do not fit.
    """

    n_inputs: int
    n_outputs: int
    layers: tuple[Layer, ...]
    readout: str = "last"
    dtype: str = "float32"
    init_scale: float = 1.0

    def __post_init__(self) -> None:
        settle = partial(object.__setattr__, self)  # a frozen dataclass bars assignment
        settle("n_inputs", check_size("n_inputs", self.n_inputs))
        settle("n_outputs", check_size("n_outputs", self.n_outputs))
        settle("layers", tuple(self.layers))
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"layers must be of metarnn.layers, got {layer!r}.")
        settle("dtype", getattr(self.dtype, "__name__", str(self.dtype)))
        check_name("dtype", self.dtype, ("float32", "float64"))
        check_name("readout", self.readout, READOUTS)
        scale = self.init_scale
        if not (isinstance(scale, Real) and 0 < scale < np.inf):
            raise ValueError(f"init_scale must be a positive number, got {scale!r}.")
        settle("init_scale", float(scale))
        self.program  # noqa: B018 - refuses layers that do not fit

    @classmethod
    def build(
        cls,
        n_inputs: int,
        n_outputs: int,
        *,
        cell: str = "elman",
        hidden: int | tuple[int, ...] = (16,),
        activation: str = "tanh",
        bidirectional: bool = False,
        residual: bool = False,
        windows: int | tuple[int, ...] | None = None,
        grid: int | None = None,
        embedding: int | Embedding | None = None,
        readout: str = "last",
        decoder: str | None = None,
        dtype: str = "float32",
        init_scale: float = 1.0,
    ) -> Self:
        """Return a network of recurrent layers.

        Parameters
        ----------
        n_inputs, n_outputs, readout, dtype, init_scale
            See the class.
        cell : str
            A name in ``metarnn.cells.CELLS``.
        hidden : int or tuple of int
            H, hidden units of each layer.
        activation : {"tanh", "relu", "sigmoid"}
            Of cells that leave a choice.
        bidirectional : bool
            Whether each layer runs in both directions.
        residual : bool
            Whether what a layer reads is added to what it writes, from the second one on.
        windows : int or tuple of int, optional
            How many steps of a layer make one of the next, one number for each two layers or
            the same for all; see :class:`metarnn.layers.Windows`.
        grid : {1, 2, 4}, optional
            Corners from which images (B, R, C, I) are scanned, by "elman" or "lstm" cells.
        embedding : int or Embedding, optional
            For tokens: E, how many numbers stand for each one, or the layer that knows them.
            `n_inputs` is the number of different tokens then.
        decoder : {"plain", "additive", "dot"}, optional
            For answers that are sequences: a decoder of the same cell, and as many hidden units
            and numbers for each answer, without attention or with one of its forms. See
            :class:`metarnn.layers.Decoder`. Each answer is scored, so there is no readout.

        Raises
        ------
        TypeError, ValueError
            See the class.
        """
        sizes = tuple(np.atleast_1d(np.asarray(hidden, object)))
        if not sizes:
            raise ValueError("hidden must name a layer at least, such as 16 or (16, 8), got none.")
        widths = _widths(windows, len(sizes) - 1)
        if grid is not None and (bidirectional or residual or windows or embedding is not None):
            raise ValueError(
                "grid reads images from their corners: bidirectional, residual, windows and "
                "embedding are for sequences."
            )
        given = embedding
        if given is not None and not isinstance(given, Embedding):
            given = Embedding(given)
        layers: list[Layer] = [] if given is None else [given]
        for number, size in enumerate(sizes, start=1):
            if number > 1 and widths[number - 2] > 1:
                layers.append(Windows(widths[number - 2]))
            if grid is not None:
                layers.append(Grid(cell, size, grid, activation))
                continue
            around = residual and number > 1
            itself = cell == "jordan" and number == len(sizes) and decoder is None
            itself = itself and readout != "attention" and not (bidirectional or around)
            layers.append(
                Recurrent(
                    cell,
                    size,
                    activation,
                    bidirectional=bidirectional,
                    residual=around,
                    second_size=n_outputs if itself else None,
                )
            )
        if decoder is not None:
            check_name("decoder", decoder, DECODERS)
            n_rows = None if given is None else given.n_rows
            layers.append(Decoder(sizes[-1], cell, activation, n_rows, DECODERS[decoder]))
            readout = "steps" if readout == "last" else readout
        return cls(n_inputs, n_outputs, tuple(layers), readout, dtype, init_scale)

    def __str__(self) -> str:
        """Say in a few words what it is."""
        readout = "" if self.readout == "last" else f", read by {self.readout}"
        return ", ".join(map(str, self.layers)) + readout

    @classmethod
    def from_torch(cls, modules: Any, *, readout: str = "last") -> tuple[Self, NDArray[np.float64]]:
        """Return the network that PyTorch modules are, and their weights (D,).

        Parameters
        ----------
        modules : torch.nn.Module or iterable of these
            In the order in which data go through them: perhaps an ``Embedding``, then ``RNN``,
            ``LSTM`` or ``GRU``, stacked and bidirectional as they may be, then a ``Linear``
            that scores the classes. Of another module its children are taken, in their order:
            what its ``forward`` does with them is not looked at. An embedding that is not
            trained (``from_pretrained``) is frozen here, too.
        readout : str
            What the ``Linear`` is applied to; "last" for ``h_n`` of the last layer.

        Returns
        -------
        network : Network
            In the dtype of the modules. It has biases also where a module has none; they are 0.
        weights : (D,) array

        Raises
        ------
        ImportError
            Torch is not installed.
        TypeError, ValueError
            What has no counterpart here, such as ``proj_size`` and ``dropout``.

        Examples
        --------
        >>> import torch  # doctest: +SKIP
        >>> modules = torch.nn.LSTM(3, 8, batch_first=True), torch.nn.Linear(8, 2)
        >>> network, weights = Network.from_torch(modules)
        >>> network.scores(weights, X)
        """
        from .torch_weights import from_modules

        found = from_modules(modules)
        network = cls(found.n_inputs, found.n_outputs, found.layers, readout, found.dtype)
        return network, network.pack({name: found.blocks[name] for name in network.shapes})

    def to_torch(self, weights: ArrayLike) -> tuple[Any, ...]:
        """Return PyTorch modules that compute the same, which data go through in this order.

        Neighbouring layers that are alike become one module. All take the batch first, and
        `readout` says what the last one, a ``Linear``, is to be applied to.

        Parameters
        ----------
        weights : (D,) array_like
            One candidate.

        Raises
        ------
        ImportError
            Torch is not installed.
        ValueError
            A population, or layers that have no counterpart in torch.

        Examples
        --------
        >>> recurrent, linear = network.to_torch(weights)  # doctest: +SKIP
        >>> states, _ = recurrent(torch.as_tensor(X))
        >>> scores = linear(states[:, -1])
        """
        from .torch_weights import to_modules

        if np.ndim(weights) != 1:
            raise ValueError(f"weights must be one candidate (D,), got shape {np.shape(weights)}.")
        return to_modules(self.layers, self.unpack(weights), self.dtype)

    def __getstate__(self) -> dict[str, Any]:
        # What is worked out once is of this process, or soon worked out again.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def program(self) -> Program:
        """What passes run."""
        return _program(self.n_inputs, self.n_outputs, self.layers, self.readout)

    @cached_property
    def _scorer(self) -> BatchScorer:
        """What scores sequences, with memory for the next call."""
        prepared = self.layers[0].prepared if self.layers else lambda X: X
        return BatchScorer(self.program, self.dtype, prepared)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Blocks of the flat vector, in order: the layers' from the data up, then the readout's."""
        return self.program.parameters

    @cached_property
    def n_weights(self) -> int:
        """D."""
        return self.program.n_parameters

    @property
    def space(self) -> Space:
        """Where optimizers search: unbounded, sampled by :meth:`init`."""
        means, spreads, scales = _initial(self.program)
        draw = partial(_draw, means, self.init_scale * spreads)
        return Space(self.n_weights, draw, self.init_scale * scales)

    def init(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Draw initial weights (n, D): normal, of standard deviation init_scale / sqrt(fan-in)."""
        return self.space.sample(n, rng)

    def unpack(self, weights: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Cut flat weights, (D,) or (P, D), into named blocks: views where possible."""
        return cut(self.checked(weights), self.shapes)

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
        answers: Any = None,
        n_threads: int | None = None,
    ) -> NDArray[np.floating]:
        """Score the classes of sequences, before any softmax or sigmoid.

        Parameters
        ----------
        weights : (D,) or (P, D) array_like
            One candidate or a population.
        X : (B, T, I) array_like
            Sequences; (B, T) is taken for I = 1. Tokens (B, T) where the first layer embeds
            them, images (B, R, C, I) where it is a grid.
        lengths : (B,) array_like of int, optional
            Steps of each sequence, 1 to T; what follows them is not read. All T, if not
            given.
        answers : (B, n) array_like of int, or sequences of int, optional
            What a decoder is told that it has answered before each answer.
        n_threads : int, optional
            At most so many threads; the numbers are the same for any.

        Returns
        -------
        scores : (B, K) or (P, B, K) array
            With an axis of steps before the last one, where each step is scored; of a decoder
            there is one more than answers. Zeros after a sequence's or an answer's end.

        Raises
        ------
        ValueError
            Shapes that do not fit the network.
        """
        check_threads(n_threads)
        sequences = self.with_teacher_forcing(self.sequences(X, lengths), answers)
        scores = self._scores(weights, sequences, n_threads)
        return scores if np.ndim(weights) == 2 else scores[0]

    def _scores(
        self, weights: ArrayLike, sequences: Sequences, n_threads: int | None
    ) -> NDArray[np.floating]:
        """Return the scores (P, B, K) or (P, B, steps, K)."""
        population = np.atleast_2d(self.checked(weights))
        scores = self._scorer(population, n_threads=n_threads, **sequences._asdict())
        return scores[:, :, 0] if self.program.scores.clock == ONCE else scores

    def decode(
        self,
        weights: ArrayLike,
        X: ArrayLike,
        *,
        lengths: ArrayLike | None = None,
        beam: int = 1,
        max_steps: int = 100,
        n_threads: int | None = None,
    ) -> list[NDArray[np.int64]]:
        """Answer sequences with sequences, where the network has a decoder.

        Each class takes a pass over all that has been said so far, of all sequences that are
        not answered yet and all of their beams at once: U classes cost as much as scoring
        U + 1 times. See :func:`metarnn.networks.decoding.beam_search`.

        Parameters
        ----------
        weights : (D,) array_like
            One candidate.
        X, lengths, n_threads
            See :meth:`scores`.
        beam : int
            Beginnings of an answer that are kept, the most probable ones; 1 takes the most
            probable class at each step, and does not go back on it.
        max_steps : int
            Classes of an answer at most.

        Returns
        -------
        answers : list of B int arrays
            Classes 0..K-2.

        Raises
        ------
        ValueError
            A network without a decoder, or one whose scores are not finite.
        """
        check_threads(n_threads)
        if not self.decodes:
            raise ValueError("A network without a decoder scores classes: take the largest score.")
        flat = self.checked(weights)
        if flat.ndim != 1:
            raise ValueError(f"One candidate answers, but weights have shape {flat.shape}.")
        check_size("beam", beam)
        check_size("max_steps", max_steps)
        sequences, bound = self.sequences(X, lengths), self.n_outputs - 1

        def next_scores(rows: NDArray[np.int64], said: NDArray[np.int64]) -> Array:
            before = np.pad(said, ((0, 0), (1, 0)), constant_values=bound)
            told = sequences.part(rows)._replace(answers=before)
            return self._scores(flat, told, n_threads)[0, :, -1]

        return beam_search(next_scores, len(sequences.X), self.n_outputs, beam, max_steps)

    @property
    def input_kind(self) -> str:
        """What X holds: "numbers", "tokens" or "images"."""
        return self.layers[0].input_kind if self.layers else "numbers"

    @property
    def decodes(self) -> bool:
        """Whether it answers with sequences of its own."""
        return self.program.scores.clock == BY_ANSWERS

    @property
    def scores_steps(self) -> bool:
        """Whether it scores each step, or each window of steps."""
        return self.program.scores.clock.of == "inputs"

    def sequences(self, X: ArrayLike, lengths: ArrayLike | None = None) -> Sequences:
        """Return sequences checked to be what the network reads, and their lengths."""
        return READERS[self.input_kind](X, self.n_inputs, lengths)

    def with_teacher_forcing(self, sequences: Sequences, answers: Any = None) -> Sequences:
        """Return sequences with the answers that a decoder is told came before."""
        if not self.decodes:
            if answers is not None:
                raise ValueError(
                    "answers are for a network with a decoder, which this one has not."
                )
            return sequences
        if answers is None:
            raise ValueError("answers must be given: a decoder is told what came before.")
        before, counts, _ = decoder_targets(answers, self.n_outputs, len(sequences.X))
        return sequences._replace(answers=before, answer_lengths=counts)

    def labeled(
        self,
        X: ArrayLike,
        y: Any,
        *,
        lengths: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        numbers: bool = False,
    ) -> LabeledSequences:
        """Return sequences with labels and weights, checked to be what the network learns from.

        See :class:`metarnn.Fitness` for the arguments; with `numbers` y holds no classes but the
        numbers that the scores should be.
        """
        sequences = self.sequences(X, lengths)
        sequences = sequences._replace(X=sequences.X.astype(float))
        n, K, clock = len(sequences.X), self.n_outputs, self.program.scores.clock
        most = clock.steps(sequences.X.shape[1])
        labels: NDArray[Any]
        if numbers and self.decodes:
            raise ValueError(
                "A decoder answers with classes, not with numbers: choose a network without one."
            )
        elif numbers and self.scores_steps:
            labels = check_step_numbers(y, K, clock.steps(sequences.steps), most)
        elif numbers:
            labels = check_numbers(y, K, n)
        elif K < 2:
            raise ValueError(
                "The network scores one class only, but classes take two or more: n_outputs=1 is "
                "for a loss of numbers."
            )
        elif self.decodes:
            before, counts, labels = decoder_targets(y, K, n)
            sequences = sequences._replace(answers=before, answer_lengths=counts)
        elif self.scores_steps:
            labels = check_step_labels(y, K, clock.steps(sequences.steps), most)
        else:
            labels = check_labels(y, K, n)
        return LabeledSequences(sequences, labels, check_sample_weight(sample_weight, n))

    def pack_tiles(self, sequences: Sequences, **rest: Any) -> Tiles:
        """Pack sequences for passes; the rest are arguments of ``Tiles.pack``.

        Raises
        ------
        ValueError
            What is not finite, or not in the dtype of the passes.
        """
        X = self.layers[0].prepared(sequences.X) if self.layers else sequences.X
        with np.errstate(over="ignore"):
            tiles = Tiles.pack(
                X,
                self.dtype,
                lengths=sequences.lengths,
                columns=sequences.columns,
                answers=sequences.answers,
                answer_lengths=sequences.answer_lengths,
                **rest,
            )
        if not np.all(np.isfinite(tiles.inputs.numbers)):
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


def _widths(windows: int | tuple[int, ...] | None, n: int) -> list[int]:
    """Return how many steps become one between each two of n + 1 layers."""
    if windows is None:
        return [1] * n
    widths = [check_size("windows", width) for width in np.atleast_1d(np.asarray(windows, object))]
    if not n:
        raise ValueError("windows are between layers, so hidden must name two at least.")
    if np.ndim(windows) == 0:
        widths *= n
    if len(widths) != n:
        raise ValueError(
            f"windows must be one for each two of the {n + 1} layers, {n} in all, got {windows}."
        )
    return widths


@lru_cache(maxsize=256)
def _program(n_inputs: int, n_outputs: int, layers: tuple[Layer, ...], readout: str) -> Program:
    stream = layers[0].source(n_inputs) if layers else Stream(inputs(n_inputs))
    builder = Builder(stream.steps.n_rows, n_outputs)
    for layer in layers:
        stream = layer.connect(builder, stream)
    if stream.steps.clock == BY_ANSWERS and readout != "steps":
        raise ValueError(f"A decoder scores each answer: readout must be 'steps', not {readout!r}.")
    read = READOUTS[readout].read(builder, stream)
    scored = bool(layers) and layers[-1].scores_classes and readout != "attention"
    if scored and read.n_rows == n_outputs:
        return builder.program(read)
    return builder.program(linear(builder, read, n_outputs, "_out"))


@lru_cache(maxsize=256)
def _initial(program: Program) -> tuple[NDArray[np.float64], ...]:
    """Return means and standard deviations of initial weights and natural steps, each (D,)."""
    rows = [np.empty((3, 0))]
    for node in program.nodes:
        for name, shape in node.parameters.items():
            scale = node.scales[name]
            of_block = node.means.get(name, 0.0), node.spreads.get(name, scale), scale
            rows.append(np.array([np.broadcast_to(n, shape).ravel() for n in of_block]))
    return tuple(np.concatenate(rows, axis=1))


def _draw(
    means: NDArray[np.float64],
    spreads: NDArray[np.float64],
    n: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    return means + spreads * rng.standard_normal((n, spreads.size))
