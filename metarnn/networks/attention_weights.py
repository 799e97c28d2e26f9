"""The attention weights of a network, to be drawn as a picture."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.engine import Pass
from metarnn.engine.signals import Signal
from metarnn.nodes.attend import Attend

from .network import Network


def attention_weights(
    network: Network,
    weights: ArrayLike,
    X: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    targets: Any = None,
) -> NDArray[np.floating[Any]]:
    """Return the weight of each step in the contexts of a network's last attention.

    The weights say where information was taken from, not that it could not have come from
    elsewhere: do not read them as reasons (S. Jain, B. C. Wallace: Attention is not
    explanation. NAACL 2019).

    Parameters
    ----------
    network : Network
        One with an attention readout, an attention layer or a decoder with attention.
    weights : (D,) array_like
        One candidate.
    X, lengths, targets
        See :meth:`Network.scores`; `targets` may be the predictions of the decoder.

    Returns
    -------
    attention : (B, U, T) array
        The weights of the steps in each context: one context for each sequence, for each step,
        or for each class that a decoder predicts and the end. They add up to 1, or are 0 after
        the last context.

    Raises
    ------
    ValueError
        A network without attention.
    """
    program = network.program
    places = [i for i, node in enumerate(program.nodes) if isinstance(node, Attend)]
    if not places:
        raise ValueError(
            "attention_weights needs a network with attention: an attention readout, an "
            "attention layer or a decoder with attention."
        )
    node = program.nodes[places[-1]]
    assert isinstance(node, Attend)
    sequences = network.with_teacher_forcing(network.sequences(X, lengths), targets)
    clock, n_steps = node.target.clock, int(node.keys.clock.steps(sequences.X.shape[1]))
    # Another program of the same network, whose scores are the weights.
    n_reached = min(node.window or n_steps, n_steps)
    attention = Signal(len(program.buffers), 0, n_reached, clock)
    nodes = list(program.nodes)
    nodes[places[-1]] = replace(node, attention=attention)
    buffers = (*program.buffers, (n_reached, clock))
    showing = replace(program, nodes=tuple(nodes), buffers=buffers, scores=attention)
    runner = Pass(showing, network.pack_tiles(sequences), network.dtype, "scores")
    (kept,) = runner.scores(np.atleast_2d(network.checked(weights)))
    B, U = kept.shape[:2]
    shown = np.zeros((B, U, n_steps), kept.dtype)
    for u in range(U):
        begin, end = (max(0, u + 1 - n_reached), u + 1) if node.causal else (0, n_steps)
        shown[:, u, begin:end] = kept[:, u, : end - begin]
    n_answers = np.full(B, U) if sequences.answer_lengths is None else sequences.answer_lengths
    n_contexts = {"once": np.ones(B), "answers": n_answers, "inputs": sequences.steps}[clock.of]
    has_context = np.arange(U) < clock.steps(n_contexts)[:, None]
    has_step = np.arange(n_steps) < node.keys.clock.steps(sequences.steps)[:, None]
    return np.where(has_context[:, :, None] & has_step[:, None], shown, 0)
