"""A decoder: an output sequence, each step of which reads the previous output."""

from dataclasses import dataclass

from metarnn.cells import ACTIVATIONS, CELLS
from metarnn.engine.graph import Builder
from metarnn.engine.signals import BY_ANSWERS, ONCE, answers
from metarnn.nodes import Scan
from metarnn.nodes.energies import FORMS

from .attention import attended
from .dense import linear
from .embedding import lookup
from .layer import Layer, Stream, check_settings
from .readout import pooled

#: The attention of a decoder by its name in networks.
DECODERS = {"plain": None} | {form: form for form in FORMS}


@dataclass(frozen=True)
class Decoder(Layer):
    """A cell that runs over an output sequence, from the final state of the layers before it.

    I. Sutskever, O. Vinyals, Q. V. Le: Sequence to sequence learning with neural networks.
    NeurIPS 2014. At each step it reads the previous output: while it is trained, the previous
    target (teacher forcing). The last of the K classes marks the ends: it precedes the first
    output and follows the last one. With attention, the states are queries, and contexts of
    the input's steps are joined to them (T. Luong, H. Pham, C. Manning: Effective approaches
    to attention-based neural machine translation, EMNLP 2015); the additive form is that of
    D. Bahdanau, K. Cho, Y. Bengio (Neural machine translation by jointly learning to align and
    translate, ICLR 2015), whose queries are the previous states. Without attention one state
    has to hold the whole input, which fails as sequences grow.

    Not for one label at each step of a sequence: use ``readout="steps"`` there, since a decoder
    has to learn its position. Layers after it must not read later steps.

    Parameters
    ----------
    hidden : int
        H, hidden units.
    cell : str
        A name in ``metarnn.cells.CELLS``.
    activation : {"tanh", "relu", "sigmoid"}
        For cells with a choice of activation.
    embedding : int, optional
        E, numbers for the previous output; H by default.
    attention : {"additive", "dot"}, optional
        How states are compared with the steps of the input; no attention by default.
    size : int, optional
        A, rows of keys and queries; as many as the steps have by default.
    """

    hidden: int = 16
    cell: str = "gru"
    activation: str = "tanh"
    embedding: int | None = None
    attention: str | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        names = {"cell": [*CELLS], "activation": [*ACTIVATIONS], "attention": [*FORMS]}
        check_settings(self, "hidden", "embedding", "size", **names)

    def __str__(self) -> str:
        words = f"{self.cell} decoder of {self.hidden} units"
        return words if self.attention is None else f"{words} with {self.attention} attention"

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        if stream.steps.clock == BY_ANSWERS:
            raise ValueError(
                "A decoder reads the input sequence, so there can be no other decoder before it."
            )
        size = self.embedding or self.hidden
        before = lookup(builder, answers(), builder.n_outputs, size, "_dec")
        cell = CELLS[self.cell](size, self.hidden, self.activation, self.hidden)
        n_state, n_context = cell.n_state, stream.steps.n_rows if self.attention else 0
        first, n_initial = cell.decoder_state
        initial = builder.buffer(first + n_initial, ONCE)
        linear(builder, pooled(builder, stream, "last"), initial.rows(first, n_initial), "_bridge")
        joined = builder.buffer(n_state + n_context, BY_ANSWERS)
        states = joined.rows(0, n_state)
        builder.add(Scan(states, builder.n_weights, "_dec", cell, before, initial=initial))
        if self.attention is not None:
            contexts = joined.rows(n_state, n_context)
            attended(builder, stream.steps, contexts, self.size, states, self.attention)
        return Stream(joined)
