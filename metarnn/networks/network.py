"""A recurrent network: settings, shapes and passes. It owns no weights."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property, partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.engine import BatchScorer, Tiles, check_threads
from metarnn.engine.graph import Program
from metarnn.engine.signals import BY_ANSWERS, ONCE
from metarnn.engine.weight_block import Shapes, unflatten
from metarnn.layers import Embedding, Layer, readout_parts
from metarnn.memory import check_memory
from metarnn.optimizers import Space
from metarnn.own_parts import with_own_parts, without_own_parts
from metarnn.sequences.labeled import LabeledSequences, decoder_targets
from metarnn.sequences.lazy import all_finite
from metarnn.sequences.network_input import READERS, Sequences
from metarnn.validation import (
    as_numbers,
    check_bool,
    check_choice,
    check_finite_in,
    check_integer,
    check_number,
    several,
    shown,
)

from .assembly import assemble, recurrent_layers
from .decoding import beam_search
from .flat_weights import pack, search_space
from .labeling import labeled
from .summary import input_shape, network_card, stages, steps_of, summary_table

Array = NDArray[np.floating]

#: Bytes of a weight that every search needs: its mean, deviation and scale in a space, the order in
#: which passes read it, and the weight.
WEIGHT_BYTES = 5 * 8


@dataclass(frozen=True)
class Network:
    """A recurrent network that reads sequences and scores K classes or predicts K numbers.

    Made by :meth:`build`, or from a list of layers. Weights are flat vectors of D numbers, or
    populations (P, D) of them: block after block in the order of :attr:`shapes`, each in
    row-major order.

    Parameters
    ----------
    n_inputs : int
        I, inputs at each step; the number of different tokens, if the first layer embeds them.
    n_outputs : int
        K, the number of classes, or of predicted numbers in a regression.
    layers : sequence of Layer
        From the data up; see ``metarnn.layers``.
    readout : str
        A name in ``metarnn.layers.READOUTS``: how the steps are reduced to one row, which a
        linear map scores; "max+mean" joins several. With "steps" each step is scored.
    dtype : {"float32", "float64"}
        Precision of passes. Weights and losses are float64 either way.
    init_scale : float
        Factor of the standard deviation of initial weights, 1 / sqrt(fan-in). Where a task
        needs saturated units, as parity does, 3 finds solutions sooner than 1.

    Raises
    ------
    TypeError, ValueError
        A size that is not a positive integer, an unknown name, or layers that do not fit
        together.
    """

    n_inputs: int
    n_outputs: int
    layers: tuple[Layer, ...]
    readout: str = "last"
    dtype: str = "float32"
    init_scale: float = 1.0

    def __post_init__(self) -> None:
        settle = partial(object.__setattr__, self)  # a frozen dataclass bars assignment
        settle("n_inputs", check_integer("n_inputs", self.n_inputs))
        settle("n_outputs", check_integer("n_outputs", self.n_outputs))
        settle("layers", several("layers", self.layers))
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"layers must hold layers of metarnn.layers, got {layer!r}.")
        settle("dtype", getattr(self.dtype, "__name__", str(self.dtype)))
        check_choice("dtype", self.dtype, ("float32", "float64"))
        readout_parts(self.readout)
        settle("init_scale", check_number("init_scale", self.init_scale, above=0.0))
        try:
            dim = self.program.dim  # or an error for layers that do not fit together
        except MemoryError:
            raise ValueError(
                "A network of such n_inputs, n_outputs and hidden would take more memory "
                "than there is: choose smaller layers."
            ) from None
        check_memory(
            f"A network of {dim:,} weights (n_inputs, n_outputs and hidden, or the layers, say how "
            "many)",
            WEIGHT_BYTES * dim,
            "choose smaller layers",
        )

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
            For cells with a choice of activation.
        bidirectional : bool
            Whether each layer runs in both directions.
        residual : bool
            Whether each layer but the first adds its input to its output.
        windows : int or tuple of int, optional
            How many steps of a layer become one step of the next: a number for all, or one
            between each two layers; see :class:`metarnn.layers.Windows`.
        grid : {1, 2, 4}, optional
            Corners from which images (B, R, C, I) are scanned, by "elman" or "lstm" cells.
        embedding : int or Embedding, optional
            For tokens: E, numbers for each token, or the layer itself. `n_inputs` is the
            number of different tokens then.
        decoder : {"plain", "additive", "dot"}, optional
            For outputs that are sequences: a decoder with the same cell, as many hidden units
            and as many numbers for each previous output, without attention or with one of its
            forms; see :class:`metarnn.layers.Decoder`. Each step of the output is scored, so
            there is no readout.

        Raises
        ------
        TypeError, ValueError
            See the class.
        """
        n_outputs = check_integer("n_outputs", n_outputs)
        readout_parts(readout)
        for name, flag in (("bidirectional", bidirectional), ("residual", residual)):
            check_bool(name, flag)
        layers = recurrent_layers(
            n_outputs, cell, hidden, activation, bidirectional, residual, windows, grid, embedding,
            readout, decoder,
        )  # fmt: skip
        if decoder is not None and readout == "last":
            readout = "steps"
        return cls(n_inputs, n_outputs, layers, readout, dtype, init_scale)

    def __str__(self) -> str:
        readout = "" if self.readout == "last" else f", read by {self.readout}"
        return ", ".join(map(str, self.layers)) + readout

    @classmethod
    def from_torch(cls, modules: Any, *, readout: str = "last") -> tuple[Self, NDArray[np.float64]]:
        """Return a network that computes the same as PyTorch modules, and their weights (D,).

        Parameters
        ----------
        modules : torch.nn.Module or iterable of these
            In the order in which data pass through them: an optional ``Embedding``, then
            ``RNN``, ``LSTM`` or ``GRU`` (stacked or bidirectional, or not) or what
            :meth:`to_torch` has made of another cell, then a ``Linear``. Any other module is
            replaced by its children, in their order, whatever its ``forward`` does. An embedding
            that is not trained (``from_pretrained``) is frozen here, too.
        readout : str
            What the ``Linear`` is applied to; "last" for ``h_n`` of the last layer.

        Returns
        -------
        network : Network
            In the dtype of the modules. Where a module has no biases, those here are 0.
        weights : (D,) array

        Raises
        ------
        ImportError
            PyTorch is not installed.
        TypeError, ValueError
            A setting without a counterpart here, such as ``proj_size`` or ``dropout``.

        Examples
        --------
        >>> import numpy as np, torch
        >>> from metarnn import Network
        >>> modules = torch.nn.LSTM(3, 8, batch_first=True), torch.nn.Linear(8, 2)
        >>> network, weights = Network.from_torch(modules)
        >>> network.scores(weights, np.zeros((5, 10, 3))).shape
        (5, 2)
        """
        from .torch_weights import blocks_for, from_modules

        found = from_modules(modules)
        network = cls(found.n_inputs, found.n_outputs, found.layers, readout, found.dtype)
        return network, network.pack(blocks_for(network.shapes, found))

    def to_torch(self, weights: ArrayLike) -> tuple[Any, ...]:
        """Return PyTorch modules that compute the same, in the order of the data.

        Equal layers that follow each other become one module. All take the batch first;
        `readout` is what the last module, a ``Linear``, is to be applied to.

        Parameters
        ----------
        weights : (D,) array_like
            One candidate.

        Raises
        ------
        ImportError
            PyTorch is not installed.
        ValueError
            A population, or layers without a counterpart in PyTorch.

        Examples
        --------
        >>> import numpy as np, torch
        >>> from metarnn import Network
        >>> network = Network.build(3, 2, cell="lstm", hidden=8, readout="last")
        >>> weights = network.init(np.random.default_rng(0), 1)[0]
        >>> recurrent, linear = network.to_torch(weights)
        >>> states, _ = recurrent(torch.zeros(5, 10, 3))
        >>> linear(states[:, -1]).shape
        torch.Size([5, 2])
        """
        from .torch_weights import check_torch, to_modules

        check_torch()

        blocks = self.unpack(self._one(weights))
        return to_modules(self.n_inputs, self.layers, blocks, self.dtype)

    def __getstate__(self) -> dict[str, Any]:
        # Cached properties hold addresses of this process, or are soon computed again.
        return with_own_parts({field.name: getattr(self, field.name) for field in fields(self)})

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(without_own_parts(state))

    @cached_property
    def program(self) -> Program:
        """The nodes that passes run."""
        return assemble(self.n_inputs, self.n_outputs, self.layers, self.readout)

    @cached_property
    def _scorer(self) -> BatchScorer:
        """Scores sequences, and keeps its memory for the next call."""
        prepared = self.layers[0].prepared if self.layers else lambda X: X
        return BatchScorer(self.program, self.dtype, prepared)

    @property
    def shapes(self) -> Shapes:
        """Blocks of the flat vector, in order: the layers' from the data up, then the readout's."""
        return self.program.shapes

    @cached_property
    def n_weights(self) -> int:
        """D."""
        return self.program.dim

    @property
    def space(self) -> Space:
        """The space of the weights: unbounded, sampled by :meth:`init`."""
        return search_space(self.program, self.init_scale)

    def summary(self, n_steps: int = 1) -> str:
        """Return a table of the nodes of the network, of at most 80 columns.

        Parameters
        ----------
        n_steps : int
            T, steps of the sequence whose arithmetic is counted. A decoder's output is as long as
            its input there, and an image has one row; ``metarnn.networks.costs.costs`` counts
            for other data, and the memory too.

        Raises
        ------
        TypeError, ValueError
            A number of steps that is not a positive integer.

        Examples
        --------
        >>> from metarnn import Network
        >>> network = Network.build(3, 2, cell="gru", hidden=8, bidirectional=True, readout="max")
        >>> print(network.summary(n_steps=100))
        node        cell         output              weights   multiply-adds
        data                     (B, T, 3)
        l0          gru          (B, T, 8)               296          26,400
        l0_reverse  gru          (B, T, 8)               296          26,400
        max         pool         (B, 16)                   0               0
        out         linear       (B, 2)                   34              32
        all                                              626          52,832
        <BLANKLINE>
        A loss takes these multiply-adds for a sequence of 100 steps, a gradient about
        thrice. B sequences, T steps, U steps of an output, R rows and C columns of an
        image.
        """
        steps = steps_of(check_integer("n_steps", n_steps), self.program)
        rows = stages(self.program, self.input_kind, steps)
        return summary_table(rows, input_shape(self.n_inputs, self.input_kind), steps.inputs)

    def _repr_html_(self) -> str:
        rows = stages(self.program, self.input_kind, steps_of(1, self.program))
        return network_card(str(self), rows, input_shape(self.n_inputs, self.input_kind))

    def init(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Draw initial weights (n, D): normal, of standard deviation init_scale / sqrt(fan-in)."""
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                f"rng must be a Generator, as of np.random.default_rng(), got {shown(rng)}."
            )
        return self.space.sample(check_integer("n", n, least=0), rng)

    def checked(self, weights: ArrayLike) -> NDArray[np.float64]:
        """Return weights as contiguous float64, (D,) or (P, D); others raise a ValueError."""
        flat, D = as_numbers("weights", weights, ("candidates", "weights")), self.n_weights
        if flat.ndim not in (1, 2) or flat.shape[-1] != D:
            raise ValueError(f"weights must have shape ({D},) or (P, {D}), got {flat.shape}.")
        return np.ascontiguousarray(flat, float)

    def _one(self, weights: ArrayLike) -> NDArray[np.float64]:
        """Return one candidate as contiguous float64 (D,)."""
        if np.ndim(weights) != 1:
            raise ValueError(f"weights must be one candidate (D,), got shape {np.shape(weights)}.")
        return self.checked(weights)

    def unpack(self, weights: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Cut flat weights, (D,) or (P, D), into named blocks: views where possible."""
        return unflatten(self.checked(weights), self.shapes)

    def pack(self, blocks: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
        """Join named blocks into flat weights; the inverse of :meth:`unpack`.

        Raises
        ------
        ValueError
            A block that is missing, unknown, or of another shape.
        """
        return pack(blocks, self.shapes)

    def scores(
        self,
        weights: ArrayLike,
        X: ArrayLike,
        *,
        lengths: ArrayLike | None = None,
        targets: Any = None,
        n_threads: int | None = None,
    ) -> NDArray[np.floating]:
        """Return the outputs for sequences: scores before any softmax or sigmoid, or numbers.

        Parameters
        ----------
        weights : (D,) or (P, D) array_like
            One candidate or a population.
        X : (B, T, I) array_like
            Sequences; (B, T) stands for I = 1. Tokens (B, T) if the first layer embeds them,
            images (B, R, C, I) if it is a grid.
        lengths : (B,) array_like of int, optional
            Steps of each sequence, 1 to T; what follows them is not read. T by default.
        targets : (B, n) array_like of int, or sequences of int, optional
            For a decoder: the outputs that it reads one step later (teacher forcing).
        n_threads : int, optional
            Maximum number of threads; the result does not depend on it.

        Returns
        -------
        scores : (B, K) or (P, B, K) array
            With an axis of steps before the last one, if each step is scored; a decoder has one
            step more than `targets`. Zeros after the end of a sequence or its targets.

        Raises
        ------
        ValueError
            Shapes that do not fit the network.
        """
        check_threads(n_threads)
        sequences = self.with_teacher_forcing(self.sequences(X, lengths), targets)
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
        """Predict a sequence for each sequence, with a network that has a decoder.

        Each step takes a pass over everything decoded so far, for all unfinished sequences and
        their beams at once: predicting U classes costs as much as scoring U + 1 times.
        Beam search is that of A. Graves: Sequence transduction with recurrent neural networks,
        arXiv:1211.3711, 2012; probabilities are not divided by the length.

        Parameters
        ----------
        weights : (D,) array_like
            One candidate.
        X, lengths, n_threads
            See :meth:`scores`.
        beam : int
            Number of most probable prefixes that are kept; 1 takes the most probable class at
            each step (greedy decoding).
        max_steps : int
            Maximum number of classes of a prediction.

        Returns
        -------
        predictions : list of B int arrays
            Classes 0..K-2.

        Raises
        ------
        ValueError
            A network without a decoder, or one whose scores are not finite.
        """
        check_threads(n_threads)
        if not self.decodes:
            raise ValueError(
                "decode needs a network with a decoder; without one, take the largest score."
            )
        flat = self._one(weights)
        check_integer("beam", beam)
        check_integer("max_steps", max_steps)
        sequences, end = self.sequences(X, lengths), self.n_outputs - 1

        def next_scores(rows: NDArray[np.int64], prefixes: NDArray[np.int64]) -> Array:
            received = np.pad(prefixes, ((0, 0), (1, 0)), constant_values=end)
            forced = sequences.part(rows)._replace(answers=received)
            return self._scores(flat, forced, n_threads)[0, :, -1]

        return beam_search(next_scores, len(sequences.X), self.n_outputs, beam, max_steps)

    @property
    def input_kind(self) -> str:
        """What X holds: "numbers", "tokens" or "images"."""
        return self.layers[0].input_kind if self.layers else "numbers"

    @property
    def decodes(self) -> bool:
        """Whether the outputs are sequences of their own length."""
        return self.program.scores.clock == BY_ANSWERS

    @property
    def scores_steps(self) -> bool:
        """Whether there is an output for each step, or each window of steps."""
        return self.program.scores.clock.of == "inputs"

    def sequences(self, X: ArrayLike, lengths: ArrayLike | None = None) -> Sequences:
        """Return sequences of the kind that the network reads, checked."""
        return READERS[self.input_kind](X, self.n_inputs, lengths)

    def with_teacher_forcing(self, sequences: Sequences, targets: Any = None) -> Sequences:
        """Return sequences with the targets that a decoder reads; unchanged without one."""
        if not self.decodes and targets is not None:
            raise ValueError("targets are for a network with a decoder, which this one has not.")
        if not self.decodes:
            return sequences
        if targets is None:
            raise ValueError("targets must be given: a decoder reads the previous ones.")
        received, counts, _ = decoder_targets(targets, self.n_outputs, len(sequences.X))
        return sequences._replace(answers=received, answer_lengths=counts)

    def labeled(
        self,
        X: ArrayLike,
        y: Any,
        *,
        lengths: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        is_regression: bool = False,
    ) -> LabeledSequences:
        """Return sequences with labels and weights, checked to fit the network.

        See :class:`metarnn.Fitness` for the arguments; `is_regression` says that y holds
        numbers rather than classes.
        """
        sequences, clock = self.sequences(X, lengths), self.program.scores.clock
        return labeled(sequences, y, self.n_outputs, clock, sample_weight, is_regression)

    def pack_tiles(self, sequences: Sequences, **rest: Any) -> Tiles:
        """Pack sequences for passes; the other arguments are those of ``Tiles.pack``.

        Raises
        ------
        ValueError
            Numbers that are not finite, or not so in the dtype of the passes.
        """
        rest["prepared"] = self.layers[0].prepared if self.layers else None
        with np.errstate(over="ignore"):
            tiles = Tiles.pack(dtype=self.dtype, **sequences._asdict(), **rest)
        if not all_finite(tiles.inputs.numbers):
            check_finite_in("X", sequences.X, self.dtype, sequences.lengths, rest["prepared"])
        return tiles
