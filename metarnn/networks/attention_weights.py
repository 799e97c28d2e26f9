"""Where a network looks: the weights of its attention, to be drawn as a picture."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.engine import Pass
from metarnn.engine.graph import Signal
from metarnn.nodes.attend import Attend

from .network import Network


def attention_weights(
    network: Network,
    weights: ArrayLike,
    X: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    answers: Any = None,
) -> NDArray[np.floating[Any]]:
    """Return how much each step counts in the contexts of a network's last attention.

    They say where information was taken from, not that nothing else could have been used: do
    not read them as reasons (S. Jain, B. C. Wallace: Attention is not explanation. NAACL
    2019).

    Parameters
    ----------
    network : Network
        One with an attention readout, an attention layer or a decoder with attention.
    weights : (D,) array_like
        One candidate.
    X, lengths, answers
        See :meth:`Network.scores`; answers are those of the decoder's own, for instance.

    Returns
    -------
    shares : (B, U, T) array
        For each context (one, one at each step, or one for each answer and its bound) the
        weights of the steps that it is a mean of. They add up to 1, or are 0 where there is no
        context.

    Raises
    ------
    ValueError
        A network without attention.
    """
    program = network.program
    places = [i for i, node in enumerate(program.nodes) if isinstance(node, Attend)]
    if not places:
        raise ValueError("The network has no attention whose weights could be shown.")
    node = program.nodes[places[-1]]
    assert isinstance(node, Attend)
    sequences = network.with_teacher_forcing(network.sequences(X, lengths), answers)
    seen, asking = node.keys.clock, node.target.clock
    n_steps = int(seen.steps(sequences.X.shape[1]))
    # Another table of the same network, whose scores are what is kept for the way back.
    shares = Signal(len(program.buffers), 0, min(node.window or n_steps, n_steps), asking)
    nodes = list(program.nodes)
    nodes[places[-1]] = replace(node, shares=shares)
    buffers = (*program.buffers, (shares.n_rows, asking))
    showing = replace(program, nodes=tuple(nodes), buffers=buffers, scores=shares)
    runner = Pass(showing, network.pack_tiles(sequences), network.dtype, "scores")
    (kept,) = runner.scores(np.atleast_2d(network.checked(weights)))
    B, U = kept.shape[:2]
    shown = np.zeros((B, U, n_steps), kept.dtype)
    for u in range(U):
        begin, end = (max(0, u + 1 - shares.n_rows), u + 1) if node.causal else (0, n_steps)
        shown[:, u, begin:end] = kept[:, u, : end - begin]
    n_answers = np.full(B, U) if sequences.answer_lengths is None else sequences.answer_lengths
    n_asking = {"once": np.ones(B), "answers": n_answers, "inputs": sequences.steps}[asking.of]
    own = np.arange(U) < asking.steps(n_asking)[:, None]
    reached = np.arange(n_steps) < seen.steps(sequences.steps)[:, None]
    return np.where(own[:, :, None] & reached[:, None], shown, 0)
