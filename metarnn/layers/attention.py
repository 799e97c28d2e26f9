"""Attention: weighted means of steps, with weights that are trained."""

from dataclasses import dataclass

from metarnn.engine.graph import Builder
from metarnn.engine.signals import ONCE, Signal
from metarnn.nodes import Attend
from metarnn.nodes.energies import FORMS

from .dense import linear
from .layer import Layer, Stream, check_settings


def attended(
    builder: Builder,
    steps: Signal,
    target: Signal,
    size: int | None = None,
    query: Signal | None = None,
    form: str = "additive",
    causal: bool = False,
    window: int | None = None,
) -> Signal:
    """Add attention over the steps of a signal; return the target, which receives the contexts.

    Contexts are means of the steps, and keys linear maps of them with `size` rows, by default as
    many as the steps have. Queries are linear maps of the query at each step of the target. For
    the form, causality and window see :class:`Attend`.
    """
    n_rows, number = size or steps.n_rows, builder.count("attention") or ""
    queries = None
    if query is None:
        keys = linear(builder, steps, n_rows, f"_attention{number}")
    else:
        queries = linear(builder, query, n_rows, f"_query{number}", biased=False)
        keys = linear(builder, steps, n_rows, f"_key{number}", biased=form == "additive")
    first, suffix = builder.n_weights, f"_attention{number}"
    return builder.add(Attend(target, first, suffix, keys, steps, queries, form, causal, window))


@dataclass(frozen=True)
class Attention(Layer):
    """A mean of the steps of a sequence, weighted by their content.

    The energy of a step is e = v . tanh(W h + b); its weight is the softmax of the energies
    (Z. Yang et al.: Hierarchical attention networks for document classification, NAACL 2016,
    after D. Bahdanau, K. Cho, Y. Bengio: Neural machine translation by jointly learning to
    align and translate, ICLR 2015). With `query` each step has a query: e = v . tanh(q + k), or
    q . k / sqrt(A), as in T. Luong, H. Pham, C. Manning (Effective approaches to
    attention-based neural machine translation, EMNLP 2015) and A. Vaswani et al. (Attention is
    all you need, NeurIPS 2017).

    Not for tasks in which only the last state matters: the mean must then be trained to pick
    one step. Contexts at each step cost T^2 H, or T w H with a window of w, and a gradient
    keeps T^2 or T w attention weights for each sequence of a tile; queries cost T^2 A more.

    Parameters
    ----------
    size : int, optional
        A, rows of keys and queries; as many as the layer reads by default.
    causal : bool
        Whether there is a context at each step, of the steps up to it, so that predictions do
        not need the end of the sequence. Otherwise there is one context for the sequence.
    window : int, optional
        Number of steps in the context at each step, with that step. Implies `causal`.
    query : {"additive", "dot"}, optional
        Whether each step has a query, and how queries and keys are compared. Then there is a
        context at each step, of the whole sequence unless it is causal.
    """

    size: int | None = None
    causal: bool = False
    window: int | None = None
    query: str | None = None

    def __post_init__(self) -> None:
        check_settings(self, "size", "window", query=FORMS)

    def __str__(self) -> str:
        kind = "causal " * self.causal + f"{self.query} self-" * (self.query is not None)
        reach = "" if self.window is None else f" over {self.window} steps"
        return f"{kind}attention{reach}"

    def connect(self, builder: Builder, stream: Stream) -> Stream:
        steps, causal = stream.steps, self.causal or self.window is not None
        if steps.clock == ONCE:
            raise ValueError("Attention needs steps, but the layer before it leaves only one row.")
        at_each = causal or self.query is not None
        target = builder.buffer(steps.n_rows, steps.clock if at_each else ONCE)
        query, form = (steps, self.query) if self.query else (None, "additive")
        attended(builder, steps, target, self.size, query, form, causal, self.window)
        return Stream(target)
