"""A decoder: answers one after the other, each told what was answered before."""

from dataclasses import dataclass

from metarnn.cells import ACTIVATIONS, CELLS
from metarnn.engine.graph import Builder
from metarnn.engine.signals import BY_ANSWERS, ONCE, answers
from metarnn.nodes.attend import FORMS
from metarnn.nodes.scan import Scan

from .attention import attended
from .dense import linear
from .embedding import lookup
from .layer import Layer, Stream, check_name, check_size
from .readout import pooled

#: What a decoder sees of the sequence while it answers, by the name that networks know it by.
DECODERS = {"plain": None} | {form: form for form in FORMS}


@dataclass(frozen=True)
class Decoder(Layer):
    """A cell that runs over the answers, from what the layers before it leave at the end.

    I. Sutskever, O. Vinyals, Q. V. Le: Sequence to sequence learning with neural networks.
    NeurIPS 2014. It is told the answer before each one (teacher forcing, while it is trained),
    and the last of the K classes bounds an answer: it goes before the first one, and is the
    last. With attention, contexts of the sequence's steps are joined to the states, which ask
    for them (T. Luong, H. Pham, C. Manning: Effective approaches to attention-based neural
    machine translation, EMNLP 2015); the additive form is that of D. Bahdanau, K. Cho,
    Y. Bengio (Neural machine translation by jointly learning to align and translate, ICLR
    2015), who ask with the state before. Without attention all that is known of a sequence has
    to fit in one state, which fails as sequences grow.

    Not for one label at each step of a sequence, which is what ``readout="steps"`` is for: a
    decoder has to learn where it is. Layers after it must not look ahead.

    Parameters
    ----------
    hidden : int
        H, hidden units.
    cell : str
        A name in ``metarnn.cells.CELLS``.
    activation : {"tanh", "relu", "sigmoid"}
        Of cells that leave a choice.
    embedding : int, optional
        E, how many numbers stand for the answer before; H, if not given.
    attention : {"additive", "dot"}, optional
        How states are compared with the steps of the sequence; no attention, if not given.
    size : int, optional
        A, rows of what is compared; as many as the steps have, if not given.
    """

    hidden: int = 16
    cell: str = "gru"
    activation: str = "tanh"
    embedding: int | None = None
    attention: str | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        check_name("cell", self.cell, CELLS)
        check_name("activation", self.activation, ACTIVATIONS)
        if self.attention is not None:
            check_name("attention", self.attention, FORMS)
        object.__setattr__(self, "hidden", check_size("hidden", self.hidden))
        for name in ("embedding", "size"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, check_size(name, getattr(self, name)))

    def __str__(self) -> str:
        """See :class:`Layer`."""
        words = f"{self.cell} decoder of {self.hidden} units"
        return words if self.attention is None else f"{words} with {self.attention} attention"

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        """See :class:`Layer`."""
        if stream.steps.clock == BY_ANSWERS:
            raise ValueError("A decoder reads sequences, so there can be no other before it.")
        size = self.embedding or self.hidden
        before = lookup(builder, answers(), builder.n_outputs, size, "_dec")
        cell = CELLS[self.cell](size, self.hidden, self.activation, self.hidden)
        n_state, n_seen = cell.n_state, stream.steps.n_rows if self.attention else 0
        first, n_handed = cell.decoder_state
        initial = builder.buffer(first + n_handed, ONCE)
        linear(builder, pooled(builder, stream, "last"), initial.rows(first, n_handed), "_bridge")
        joined = builder.buffer(n_state + n_seen, BY_ANSWERS)
        states = joined.rows(0, n_state)
        builder.add(Scan(states, builder.n_weights, "_dec", cell, before, initial=initial))
        if self.attention is not None:
            contexts = joined.rows(n_state, n_seen)
            attended(
                builder, stream.steps, contexts, size=self.size, query=states, form=self.attention
            )
        return Stream(joined)
