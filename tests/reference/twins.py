"""Every cell and every wiring from its formulas, one sequence and one step at a time.

Slow and obvious twins of what the package computes. Weights come as named blocks. All functions
also take complex numbers, so that derivatives can be had without a difference
(`naive.complex_step`): nothing is conjugated, `relu`, `max` and the like decide by the real part,
and the unitary cell computes with real numbers, its real parts stacked upon its imaginary ones.

Axes: B sequences, T steps, I inputs, H hidden units, R rows that a layer exposes, K classes,
U answers, E sizes of embeddings, A sizes of attention.
"""

from typing import Any, NamedTuple

import numpy as np
from reference import naive

ACTIVATIONS = naive.ACTIVATIONS
sigma, relu = ACTIVATIONS["sigmoid"], ACTIVATIONS["relu"]


def some_order(H):
    """Return a permutation of H units."""
    return np.random.default_rng(0).permutation(H)


#: The keyword arguments of `Network.build`; then what these twins must know besides.
DEFAULTS = {
    "n_inputs": None,
    "n_outputs": None,
    "cell": "elman",
    "hidden": (16,),
    "activation": "tanh",
    "bidirectional": False,
    "residual": False,
    "windows": None,  # w, or one of each two neighboring layers
    "grid": None,  # 1, 2 or 4 corners
    "embedding": None,  # E
    "readout": "last",
    "decoder": None,
    "dtype": "float64",
    "init_scale": 1.0,
    "attention_window": None,  # w of the causal attention
    "permutation": some_order,  # of the unitary cell: H -> the order of H units
    # These only matter for `shapes`.
    "attention_size": None,  # A; R, if not given
    "slow": None,  # S of the scrn cell; H, if not given
    "learnt_decay": False,  # of the scrn cell
}


def completed(settings):
    """Return settings completed by their defaults."""
    assert set(settings) <= set(DEFAULTS), set(settings) - set(DEFAULTS)
    full = {**DEFAULTS, **settings}
    full["hidden"] = tuple(np.atleast_1d(full["hidden"]).tolist())
    if full["grid"]:
        assert not full["bidirectional"]
        assert not full["windows"]
    return full


def options(settings):
    """Return the arguments of the steps of cells other than blocks."""
    return {name: settings[name] for name in ("activation", "permutation")}


def own_blocks(blocks, suffix):
    """Return the blocks whose names end in a suffix, by their names without it."""
    return {n.removesuffix(suffix): block for n, block in blocks.items() if n.endswith(suffix)}


# --- Cells -------------------------------------------------------------------------------
#
# A step takes blocks, x (I,) and what the step before carried, and returns the exposed rows (R,)
# and what is carried on: a tuple of vectors, the hidden state first.


def elman(blocks, x, carried, *, activation="tanh", **_):
    """Expose and carry h (H,)."""
    (h,) = carried
    W, U, b = blocks["weight_ih"], blocks["weight_hh"], blocks["bias_ih"]
    h = ACTIVATIONS[activation](W @ x + U @ h + b)
    return h, (h,)


def irnn(blocks, x, carried, **_):
    """Expose and carry h (H,)."""
    return elman(blocks, x, carried, activation="relu")


def lstm(blocks, x, carried, **_):
    """Expose h (H,), carry h and c (H,)."""
    h, c = carried
    W, U, b = blocks["weight_ih"], blocks["weight_hh"], blocks["bias_ih"]
    i, f, g, o = np.split(W @ x + U @ h + b, 4)
    c = sigma(f) * c + sigma(i) * np.tanh(g)
    h = sigma(o) * np.tanh(c)
    return h, (h, c)


def gru(blocks, x, carried, **_):
    """Expose and carry h (H,)."""
    (h,) = carried
    Wr, Wz, Wn = np.split(blocks["weight_ih"], 3)
    Ur, Uz, Un = np.split(blocks["weight_hh"], 3)
    br, bz, bn = np.split(blocks["bias_ih"], 3)
    r = sigma(Wr @ x + Ur @ h + br)
    z = sigma(Wz @ x + Uz @ h + bz)
    n = np.tanh(Wn @ x + bn + r * (Un @ h + blocks["bias_hn"]))
    h = (1 - z) * n + z * h
    return h, (h,)


def leaky(blocks, x, carried, **_):
    """Expose and carry h (H,)."""
    (h,) = carried
    W, U, b = blocks["weight_ih"], blocks["weight_hh"], blocks["bias_ih"]
    z = sigma(blocks["decay"])
    h = z * h + (1 - z) * np.tanh(W @ x + U @ h + b)
    return h, (h,)


def scrn(blocks, x, carried, **_):
    """Expose [h (H,); s (S,)], carry h and s."""
    h, s = carried
    A, R, b = blocks["weight_ih"], blocks["weight_hh"], blocks["bias_ih"]
    P, B = blocks["weight_sh"], blocks["weight_is"]
    a = sigma(blocks["decay"]) if "decay" in blocks else 0.95
    s = (1 - a) * (B @ x) + a * s
    h = sigma(P @ s + A @ x + R @ h + b)
    return np.concatenate([h, s]), (h, s)


def jordan(blocks, x, carried, *, activation="tanh", **_):
    """Expose s (O,), carry sigma(s)."""
    (o,) = carried
    W, U, b = blocks["weight_ih"], blocks["weight_oh"], blocks["bias_ih"]
    h = ACTIVATIONS[activation](W @ x + U @ o + b)
    s = blocks["weight_ho"] @ h + blocks["bias_ho"]
    return s, (sigma(s),)


def orthogonal(blocks, x, carried, **_):
    """Expose and carry h (H,)."""
    (h,) = carried
    b = blocks["bias"]
    z = blocks["weight_ih"] @ x + orthogonal_matrix(blocks["reflections"], len(b)) @ h
    sign = np.sign(z.real)
    h = sign * relu(sign * z + b)
    return h, (h,)


def mgu(blocks, x, carried, **_):
    """Expose and carry h (H,)."""
    (h,) = carried
    Wf, Wn = np.split(blocks["weight_ih"], 2)
    Uf, Un = np.split(blocks["weight_hh"], 2)
    bf, bn = np.split(blocks["bias_ih"], 2)
    f = sigma(Wf @ x + Uf @ h + bf)
    h = (1 - f) * h + f * np.tanh(Wn @ x + Un @ (f * h) + bn)
    return h, (h,)


def ugrnn(blocks, x, carried, **_):
    """Expose and carry h (H,)."""
    (h,) = carried
    W, U, b = blocks["weight_ih"], blocks["weight_hh"], blocks["bias_ih"]
    g, c = np.split(W @ x + U @ h + b, 2)
    h = sigma(g) * h + (1 - sigma(g)) * np.tanh(c)
    return h, (h,)


def peephole_lstm(blocks, x, carried, **_):
    """Expose h (H,), carry h and c (H,)."""
    h, c = carried
    W, U, b = blocks["weight_ih"], blocks["weight_hh"], blocks["bias_ih"]
    i, f, g, o = np.split(W @ x + U @ h + b, 4)
    i, f = sigma(i + blocks["p_i"] * c), sigma(f + blocks["p_f"] * c)
    c = f * c + i * np.tanh(g)
    h = sigma(o + blocks["p_o"] * c) * np.tanh(c)
    return h, (h, c)


def indrnn(blocks, x, carried, **_):
    """Expose and carry h (H,)."""
    (h,) = carried
    h = relu(blocks["weight_ih"] @ x + blocks["weight_hh"] * h + blocks["bias_ih"])
    return h, (h,)


def diagonal(blocks, x, carried, **_):
    """Expose and carry h (H,)."""
    (h,) = carried
    a = np.exp(-np.exp(blocks["nu"]))
    h = a * h + (1 - a) * (blocks["weight_ih"] @ x + blocks["bias_ih"])
    return h, (h,)


def cornn(blocks, x, carried, **_):
    """Expose h (H,), carry h and v (H,)."""
    h, v = carried
    W, U, V, b = (blocks[name] for name in ("weight_ih", "weight_hh", "weight_V", "bias_ih"))
    v = v + 0.1 * (np.tanh(W @ x + U @ h + V @ v + b) - h - v)
    h = h + 0.1 * v
    return h, (h, v)


def lem(blocks, x, carried, **_):
    """Expose h (H,), carry h and z (H,)."""
    h, z = carried
    one, two, of_z, of_h = np.split(blocks["weight_ih"] @ x + blocks["bias_ih"], 4)
    h_one, h_two, h_z = np.split(blocks["weight_hh"] @ h, 3)
    fast, slow = sigma(one + h_one), sigma(two + h_two)
    z = (1 - fast) * z + fast * np.tanh(of_z + h_z)
    h = (1 - slow) * h + slow * np.tanh(of_h + blocks["weight_V_h"] @ z)
    return h, (h, z)


def unitary(blocks, x, carried, *, permutation=some_order, **_):
    """Expose and carry [Re h; Im h] (2H,)."""
    (h,) = carried
    b = blocks["bias"]
    Q = unitary_matrix(blocks["phases"], blocks["reflections"], permutation(len(b)))
    z = blocks["weight_ih"] @ x + Q @ h
    re, im = np.split(z, 2)
    size = np.sqrt(re**2 + im**2)
    is_zero = size.real == 0
    factor = np.where(is_zero, 0, relu(size + b) / np.where(is_zero, 1, size))
    h = np.concatenate([factor * re, factor * im])
    return h, (h,)


class Cell(NamedTuple):
    """A step, and the sizes of the vectors that it carries, by its blocks."""

    step: Any
    sizes: Any

    def start(self, blocks):
        """Return what the first step receives: zeros."""
        return tuple(np.zeros(n) for n in self.sizes(blocks))


CELLS = {
    "elman": Cell(elman, lambda blocks: [len(blocks["bias_ih"])]),
    "irnn": Cell(irnn, lambda blocks: [len(blocks["bias_ih"])]),
    "lstm": Cell(lstm, lambda blocks: [len(blocks["bias_ih"]) // 4] * 2),
    "gru": Cell(gru, lambda blocks: [len(blocks["bias_ih"]) // 3]),
    "leaky": Cell(leaky, lambda blocks: [len(blocks["bias_ih"])]),
    "scrn": Cell(scrn, lambda blocks: [len(blocks["bias_ih"]), len(blocks["weight_is"])]),
    "jordan": Cell(jordan, lambda blocks: [len(blocks["bias_ho"])]),
    "orthogonal": Cell(orthogonal, lambda blocks: [len(blocks["bias"])]),
    "mgu": Cell(mgu, lambda blocks: [len(blocks["bias_ih"]) // 2]),
    "ugrnn": Cell(ugrnn, lambda blocks: [len(blocks["bias_ih"]) // 2]),
    "peephole_lstm": Cell(peephole_lstm, lambda blocks: [len(blocks["p_i"])] * 2),
    "indrnn": Cell(indrnn, lambda blocks: [len(blocks["weight_hh"])]),
    "diagonal": Cell(diagonal, lambda blocks: [len(blocks["nu"])]),
    "cornn": Cell(cornn, lambda blocks: [len(blocks["weight_V"])] * 2),
    "lem": Cell(lem, lambda blocks: [len(blocks["weight_V_h"])] * 2),
    "unitary": Cell(unitary, lambda blocks: [2 * len(blocks["bias"])]),
}


def run(cell, blocks, sequence, initial=None, reverse=False, **options):
    """Return the exposed rows (T, R) of a sequence (T, I), and what is carried at the end.

    In reverse the last step comes first; the exposed rows are in the order of the sequence.
    """
    step = CELLS[cell].step
    carried = CELLS[cell].start(blocks) if initial is None else initial
    exposed = []
    for x in sequence[::-1] if reverse else sequence:
        rows, carried = step(blocks, x, carried, **options)
        exposed.append(rows)
    return np.array(exposed[::-1] if reverse else exposed), carried


# --- Orthogonal and unitary matrices -----------------------------------------------------


def orthogonal_matrix(reflections, H):
    """Return Q (H, H) = H_1 ... H_H of the free entries (H (H + 1) / 2,) of its vectors."""
    Q, start = np.eye(H), 0
    for k in range(H):
        v = np.zeros(H, reflections.dtype)
        v[k:] = reflections[start : start + H - k]
        start += H - k
        if v.real.any():
            Q = Q @ (np.eye(H) - 2 * np.outer(v, v) / (v @ v))
    assert start == len(reflections)
    return Q


def unitary_matrix(phases, reflections, permutation):
    """Return Q = D3 R2 F^-1 D2 Pi R1 F D1 as it acts on [Re; Im] (2H, 2H).

    Of phases (3, H), reflections (2, 2, H) and the order (H,) of Pi: (Pi z)_j = z_order[j].
    """
    H = len(permutation)
    D1, D2, D3 = (acting_on_parts(np.diag(np.cos(p)), np.diag(np.sin(p))) for p in phases)
    R1, R2 = (complex_reflection(re, im) for re, im in reflections)
    fourier = np.exp(-2j * np.pi * np.outer(np.arange(H), np.arange(H)) / H) / np.sqrt(H)
    F, inverse_F = (acting_on_parts(m.real, m.imag) for m in (fourier, fourier.conj()))
    Pi = acting_on_parts(np.eye(H)[permutation], np.zeros((H, H)))
    return D3 @ R2 @ inverse_F @ D2 @ Pi @ R1 @ F @ D1


def complex_reflection(re, im):
    """Return 1 - 2 v v* / (v* v) of v = re + i im (H,) as it acts on [Re; Im] (2H, 2H)."""
    if not (re.real.any() or im.real.any()):
        return np.eye(2 * len(re))
    outer = acting_on_parts(
        np.outer(re, re) + np.outer(im, im), np.outer(im, re) - np.outer(re, im)
    )
    return np.eye(2 * len(re)) - 2 * outer / (re @ re + im @ im)


def acting_on_parts(re, im):
    """Return the complex matrix re + i im (H, H) as it acts on [Re; Im] (2H, 2H)."""
    return np.block([[re, -im], [im, re]])


# --- Grids -------------------------------------------------------------------------------
#
# A step takes what the cells one column and one row before carried.


def grid_elman(blocks, x, left, up, *, activation="tanh", **_):
    """Expose and carry h (H,)."""
    (h_left,), (h_up,) = left, up
    W, U, b = blocks["weight_ih"], blocks["weight_hh"], blocks["bias_ih"]
    h = ACTIVATIONS[activation](W @ x + U @ np.concatenate([h_left, h_up]) + b)
    return h, (h,)


def grid_irnn(blocks, x, left, up, **_):
    """Expose and carry h (H,)."""
    return grid_elman(blocks, x, left, up, activation="relu")


def grid_lstm(blocks, x, left, up, **_):
    """Expose h (H,), carry h and c (H,)."""
    (h_left, c_left), (h_up, c_up) = left, up
    W, U, b = blocks["weight_ih"], blocks["weight_hh"], blocks["bias_ih"]
    i, f_left, f_up, g, o = np.split(W @ x + U @ np.concatenate([h_left, h_up]) + b, 5)
    c = sigma(f_left) * c_left + sigma(f_up) * c_up + sigma(i) * np.tanh(g)
    h = sigma(o) * np.tanh(c)
    return h, (h, c)


GRID_CELLS = {
    "elman": Cell(grid_elman, lambda blocks: [len(blocks["bias_ih"])]),
    "irnn": Cell(grid_irnn, lambda blocks: [len(blocks["bias_ih"])]),
    "lstm": Cell(grid_lstm, lambda blocks: [len(blocks["bias_ih"]) // 5] * 2),
}


def seen_from(corner, image):
    """Turn an image (rows, columns, ...) so that its corner 0, 1, 2 or 3 is at the top left."""
    if corner in (1, 3):
        image = image[:, ::-1]
    if corner in (2, 3):
        image = image[::-1]
    return image


def scan(cell, blocks, image, corner=0, **options):
    """Return the exposed rows (rows, columns, R) of an image (rows, columns, I)."""
    step = GRID_CELLS[cell].step
    outside = GRID_CELLS[cell].start(blocks)
    image = seen_from(corner, image)
    exposed, carried = [], {}
    for r, c in np.ndindex(image.shape[:2]):
        left, up = carried.get((r, c - 1), outside), carried.get((r - 1, c), outside)
        rows, carried[r, c] = step(blocks, image[r, c], left, up, **options)
        exposed.append(rows)
    return seen_from(corner, np.array(exposed).reshape(*image.shape[:2], -1))


# --- Layers ------------------------------------------------------------------------------
#
# A layer returns its outputs (T, R), and for each of its rows the step (R,) that comes last in
# the order in which the row was computed.


def one_direction(cell, blocks, sequence, **options):
    """Read a sequence (T, I) forward."""
    outputs, _ = run(cell, blocks, sequence, **options)
    return outputs, np.full(outputs.shape[1], len(sequence) - 1)


def bidirectional(cell, forward, backward, sequence, **options):
    """Read a sequence (T, I) forward and backward, each with its own blocks."""
    ahead, _ = run(cell, forward, sequence, **options)
    back, _ = run(cell, backward, sequence, reverse=True, **options)
    ends = [np.full(ahead.shape[1], len(sequence) - 1), np.zeros(back.shape[1], int)]
    return np.concatenate([ahead, back], axis=1), np.concatenate(ends)


def corners(cell, blocks_of_corners, image, **options):
    """Scan an image (rows, columns, I) from each corner; steps are row after row."""
    n_rows, n_columns = image.shape[:2]
    places = np.arange(n_rows * n_columns).reshape(n_rows, n_columns)
    outputs, ends = [], []
    for corner, blocks in enumerate(blocks_of_corners):
        exposed = scan(cell, blocks, image, corner, **options)
        outputs.append(exposed.reshape(places.size, -1))
        ends.append(np.full(exposed.shape[2], seen_from(corner, places)[-1, -1]))
    return np.concatenate(outputs, axis=1), np.concatenate(ends)


def fold(sequence, w):
    """Make one step of w: (T, R) becomes (ceil(T / w), w R), zeros after the last step."""
    T, R = sequence.shape
    n_windows = -(-T // w)
    filled = np.zeros((n_windows * w, R), sequence.dtype)
    filled[:T] = sequence
    return filled.reshape(n_windows, w * R)


def windows_between(settings):
    """Return the window of each two neighboring layers, 1 where there is none."""
    n = len(settings["hidden"]) - 1
    windows = np.atleast_1d(settings["windows"] or 1)
    return np.broadcast_to(windows, n)


def layer(settings, blocks, number, sequence, shape):
    """Run a layer over a sequence (T, I), in a grid over an image of that shape."""
    suffix, cell, rest = f"_l{number}", settings["cell"], options(settings)
    if settings["grid"]:
        of_corners = [own_blocks(blocks, f"{suffix}_c{c}") for c in range(settings["grid"])]
        return corners(cell, of_corners, sequence.reshape(*shape, -1), **rest)
    forward = own_blocks(blocks, suffix)
    if settings["bidirectional"]:
        backward = own_blocks(blocks, f"{suffix}_reverse")
        return bidirectional(cell, forward, backward, sequence, **rest)
    return one_direction(cell, forward, sequence, **rest)


def stack(settings, blocks, x):
    """Return the outputs (T, R) and the ends (R,) of the top layer.

    Of tokens (T,), a sequence (T, I) or an image (rows, columns, I).
    """
    if settings["embedding"]:
        x = blocks["embedding"][x]
    *shape, n_inputs = x.shape
    outputs, ends = layer(settings, blocks, 0, x.reshape(-1, n_inputs), shape)
    for number, w in enumerate(windows_between(settings), start=1):
        inputs = fold(outputs, w)
        outputs, ends = layer(settings, blocks, number, inputs, shape)
        if settings["residual"] and outputs.shape == inputs.shape:
            outputs = outputs + inputs
    return outputs, ends


# --- Attention ---------------------------------------------------------------------------


def softmax(e):
    """Return weights (T,) that add up to 1."""
    powers = np.exp(e - e.real.max())
    return powers / powers.sum()


def pooled(blocks, outputs):
    """Return the context (R,) of outputs (T, R), each weighted by its own content."""
    W, b, v = (blocks[f"{kind}_attention"] for kind in ("weight", "bias", "vector"))
    e = np.array([v @ np.tanh(W @ h + b) for h in outputs])
    return softmax(e) @ outputs


def causally_pooled(blocks, outputs, window=None):
    """Return a context at each step (T, R): of the last `window` steps up to it."""
    first = [0 if window is None else max(0, t + 1 - window) for t in range(len(outputs))]
    return np.array([pooled(blocks, outputs[s : t + 1]) for t, s in enumerate(first)])


def dot_attention(blocks, query, outputs):
    """Return the context (R,) that a query (H,) finds in outputs (T, R)."""
    q, W = blocks["weight_query"] @ query, blocks["weight_key"]
    e = np.array([q @ (W @ h) / np.sqrt(len(q)) for h in outputs])
    return softmax(e) @ outputs


def additive_attention(blocks, query, outputs):
    """Return the context (R,) that a query (H,) finds in outputs (T, R)."""
    q, W = blocks["weight_query"] @ query, blocks["weight_key"]
    b, v = blocks["bias_key"], blocks["vector_attention"]
    e = np.array([v @ np.tanh(q + W @ h + b) for h in outputs])
    return softmax(e) @ outputs


# --- Readouts ----------------------------------------------------------------------------


def last(outputs, ends):
    """Return each row (R,) where its own direction ends."""
    return outputs[ends, np.arange(outputs.shape[1])]


def largest(outputs):
    """Return the largest (R,) of each row over all steps."""
    return outputs[outputs.real.argmax(axis=0), np.arange(outputs.shape[1])]


def deviation(outputs):
    """Return the standard deviation (R,) of each row over all steps."""
    return np.sqrt(((outputs - outputs.mean(axis=0)) ** 2).mean(axis=0))


def above(blocks, outputs):
    """Return the fraction (R,) of the steps in which each row is above its threshold."""
    return (outputs.real > blocks["threshold_above"].real).mean(axis=0)


def rises(blocks, outputs):
    """Return the fraction (R,) of the steps in which each row comes above its threshold."""
    found, high = np.zeros(outputs.shape[1]), np.zeros(outputs.shape[1], bool)
    for row in outputs.real > blocks["threshold_rises"].real:
        found += row & ~high
        high = row
    return found / len(outputs)


READOUTS = {
    "last": lambda settings, blocks, outputs, ends: last(outputs, ends),
    "mean": lambda settings, blocks, outputs, ends: outputs.sum(axis=0) / len(outputs),
    "max": lambda settings, blocks, outputs, ends: largest(outputs),
    "min": lambda settings, blocks, outputs, ends: -largest(-outputs),
    "std": lambda settings, blocks, outputs, ends: deviation(outputs),
    "above": lambda settings, blocks, outputs, ends: above(blocks, outputs),
    "rises": lambda settings, blocks, outputs, ends: rises(blocks, outputs),
    "attention": lambda settings, blocks, outputs, ends: pooled(blocks, outputs),
    "steps": lambda settings, blocks, outputs, ends: outputs,
    "causal_attention": lambda settings, blocks, outputs, ends: causally_pooled(
        blocks, outputs, settings["attention_window"]
    ),
}
OF_STEPS = ("steps", "causal_attention")


def is_scored_by_its_cell(settings):
    """Return whether the rows that a Jordan cell exposes are the scores."""
    plain = not (settings["bidirectional"] or settings["decoder"])
    joins = "+" in settings["readout"] or "attention" in settings["readout"]
    return settings["cell"] == "jordan" and plain and not joins


def decoded(settings, blocks, outputs, ends, answer):
    """Return scores (U + 1, K) of a decoder that reads the end mark and the answer (U,)."""
    cell, own = CELLS[settings["cell"]], own_blocks(blocks, "_dec")
    attention = {"plain": None, "dot": dot_attention, "additive": additive_attention}
    attend = attention[settings["decoder"]]
    hidden = blocks["weight_bridge"] @ last(outputs, ends) + blocks["bias_bridge"]
    carried = (hidden, *cell.start(own)[1:])
    scores = []
    for token in (settings["n_outputs"] - 1, *answer):
        s, carried = cell.step(own, blocks["embedding_dec"][token], carried, **options(settings))
        if attend is not None:
            s = np.concatenate([s, attend(blocks, s, outputs)])
        scores.append(blocks["weight_out"] @ s + blocks["bias_out"])
    return np.array(scores)


def sequence_scores(settings, blocks, x, answer=None):
    """Return the scores of one sequence: (K,), (T, K) of its own steps, or (U + 1, K)."""
    outputs, ends = stack(settings, blocks, x)
    if settings["decoder"]:
        return decoded(settings, blocks, outputs, ends, own_answer(answer))
    read = (READOUTS[part] for part in settings["readout"].split("+"))
    r = np.concatenate([part(settings, blocks, outputs, ends) for part in read], axis=-1)
    if is_scored_by_its_cell(settings):
        return r
    return r @ blocks["weight_out"].T + blocks["bias_out"]


# --- Networks ----------------------------------------------------------------------------


def own_sequences(X, lengths):
    """Return the sequences of X (B, T, ...), each of its own length."""
    return list(X) if lengths is None else [x[:n] for x, n in zip(X, lengths, strict=True)]


def own_answer(answer):
    """Return an answer (U,) without its padding of -1."""
    return answer[answer >= 0]


def scores(settings, blocks, X, lengths=None, answers=None):
    """Return the scores of a batch: (B, K), or (B, T, K) of steps, or (B, U + 1, K) of a decoder.

    Parameters
    ----------
    settings : dict
        Some of those in `DEFAULTS`.
    blocks : dict of str to array
        Weights by name; see `shapes`.
    X : (B, T, I) array, tokens (B, T), or images (B, rows, columns, I)
    lengths : (B,) array of int, optional
        Not of images.
    answers : (B, U) array of int
        What a decoder is given, followed by -1. The bounds are not among them.

    Returns
    -------
    array
        0 at steps after the end of a sequence or an answer. Windows make fewer steps; those of
        a grid are row after row.
    """
    settings = completed(settings)
    assert lengths is None or not settings["grid"]
    answers = [None] * len(X) if answers is None else answers
    sequences = own_sequences(X, lengths)
    pairs = zip(sequences, answers, strict=True)
    found = [sequence_scores(settings, blocks, x, answer) for x, answer in pairs]
    if settings["decoder"]:
        return padded(found, answers.shape[1] + 1)
    if settings["readout"] in OF_STEPS:
        return padded(found, n_steps_above(settings, X))
    return np.array(found)


def n_steps_above(settings, X):
    """Return the number of steps of the top layer."""
    n = X.shape[1] * X.shape[2] if settings["grid"] else X.shape[1]
    for w in windows_between(settings):
        n = -(-n // w)
    return n


def padded(arrays, n):
    """Join arrays (T, K) of unequal T into one (B, n, K), padded with zeros."""
    joined = np.zeros((len(arrays), n, arrays[0].shape[1]), arrays[0].dtype)
    for row, array in zip(joined, arrays, strict=True):
        row[: len(array)] = array
    return joined


# --- Losses and gradients ----------------------------------------------------------------


def bounded(answers, K):
    """Return the labels (B, U + 1) of a decoder: the answers (B, U), the end mark, then -1."""
    labels = np.full((len(answers), answers.shape[1] + 1), -1)
    for row, answer in zip(labels, answers, strict=True):
        own = own_answer(answer)
        row[: len(own)] = own
        row[len(own)] = K - 1
    return labels


def sequence_loss(scores, labels, loss="cross_entropy"):
    """Return the loss of scores (K,) and a label, or the mean of (T, K) and (T,) but those of -1.

    0 where all labels are -1.
    """
    if scores.ndim == 1:
        return naive.LOSSES[loss](scores, labels)
    pairs = zip(scores, labels, strict=True)
    of_steps = [naive.LOSSES[loss](s, label) for s, label in pairs if label >= 0]
    return sum(of_steps) / max(1, len(of_steps))


def losses(scores, labels, loss="cross_entropy"):
    """Return the loss of each sequence (B,), of scores (B, K) or (B, T, K), labels (B,) or (B, T).

    `loss` is a name in `naive.LOSSES`. Labels after the end of a sequence must be -1.
    """
    return np.array([sequence_loss(s, y, loss) for s, y in zip(scores, labels, strict=True)])


def network_losses(settings, blocks, X, labels, loss="cross_entropy", lengths=None):
    """Return the loss of each sequence (B,).

    `labels` are (B,), those of the steps (B, T), of which none counts after the end of a
    sequence, or the answers (B, U) of a decoder, which here are told where they end.
    """
    settings = completed(settings)
    found = []
    for x, label in zip(own_sequences(X, lengths), labels, strict=True):
        s = sequence_scores(settings, blocks, x, label)
        if settings["decoder"]:
            (label,) = bounded(label[None], settings["n_outputs"])
        if s.ndim == 2:
            label = label[: len(s)]
        found.append(sequence_loss(s, label, loss))
    return np.array(found)


def derivatives(settings, blocks, X, labels, loss="cross_entropy", lengths=None, *, direction):
    """Return the derivative of each sequence's loss (B,) along a direction: some of the blocks."""
    step = 1e-30
    moved = {name: blocks[name] + 1j * step * along for name, along in direction.items()}
    return network_losses(settings, {**blocks, **moved}, X, labels, loss, lengths).imag / step


def gradients(settings, blocks, X, labels, loss="cross_entropy", lengths=None):
    """Return the gradient of each sequence's loss, {name: (B, *shape of the block)}."""
    found = {}
    for name, block in blocks.items():
        directions = np.eye(block.size).reshape(-1, *block.shape)
        rest = (settings, blocks, X, labels, loss, lengths)
        along = [derivatives(*rest, direction={name: one}) for one in directions]
        found[name] = np.array(along).T.reshape(len(X), *block.shape)
    return found


def gradient(settings, blocks, X, labels, loss="cross_entropy", lengths=None, weights=None):
    """Return the gradient {name: shape of the block} of weights (B,) @ losses, or of their mean."""
    weights = np.full(len(X), 1 / len(X)) if weights is None else weights
    of_each = gradients(settings, blocks, X, labels, loss, lengths)
    return {name: np.tensordot(weights, each, axes=1) for name, each in of_each.items()}


# --- Shapes ------------------------------------------------------------------------------


def cell_shapes(settings, n_inputs, H, second_size=None):
    """Return {name: shape} of a cell's blocks, without suffix; O of a jordan cell is H or given."""
    S, O = settings["slow"] or H, second_size or H  # noqa: E741
    grid = bool(settings["grid"])
    plain = {"weight_ih": (H, n_inputs), "weight_hh": (H, 2 * H if grid else H), "bias_ih": (H,)}
    n_gates = 5 if grid else 4

    def gates(n):
        return {"weight_ih": (n * H, n_inputs), "weight_hh": (n * H, H), "bias_ih": (n * H,)}

    shapes = {
        "elman": plain,
        "irnn": plain,
        "lstm": {
            "weight_ih": (n_gates * H, n_inputs),
            "weight_hh": (n_gates * H, plain["weight_hh"][1]),
            "bias_ih": (n_gates * H,),
        },
        "gru": {
            "weight_ih": (3 * H, n_inputs),
            "weight_hh": (3 * H, H),
            "bias_ih": (3 * H,),
            "bias_hn": (H,),
        },
        "leaky": {**plain, "decay": (H,)},
        "mgu": gates(2),
        "ugrnn": gates(2),
        "peephole_lstm": {**gates(4), "p_i": (H,), "p_f": (H,), "p_o": (H,)},
        "indrnn": {"weight_ih": (H, n_inputs), "weight_hh": (H,), "bias_ih": (H,)},
        "diagonal": {"weight_ih": (H, n_inputs), "bias_ih": (H,), "nu": (H,)},
        "cornn": {
            "weight_ih": (H, n_inputs),
            "weight_hh": (H, H),
            "weight_V": (H, H),
            "bias_ih": (H,),
        },
        "lem": {
            "weight_ih": (4 * H, n_inputs),
            "weight_hh": (3 * H, H),
            "weight_V_h": (H, H),
            "bias_ih": (4 * H,),
        },
        "scrn": {
            **plain,
            "weight_sh": (H, S),
            "weight_is": (S, n_inputs),
            **({"decay": (S,)} if settings["learnt_decay"] else {}),
        },
        "jordan": {
            "weight_ih": (H, n_inputs),
            "weight_oh": (H, O),
            "bias_ih": (H,),
            "weight_ho": (O, H),
            "bias_ho": (O,),
        },
        "orthogonal": {
            "weight_ih": (H, n_inputs),
            "reflections": (H * (H + 1) // 2,),
            "bias": (H,),
        },
        "unitary": {
            "weight_ih": (2 * H, n_inputs),
            "phases": (3, H),
            "reflections": (2, 2, H),
            "bias": (H,),
        },
    }
    return shapes[settings["cell"]]


def n_exposed(settings, H):
    """Return the number of rows that a cell exposes, in one direction."""
    return {"scrn": H + (settings["slow"] or H), "unitary": 2 * H}.get(settings["cell"], H)


def shapes(settings):
    """Return {name: shape} of all blocks of a network, in no particular order."""
    settings = completed(settings)
    K, E = settings["n_outputs"], settings["embedding"]
    found = {"embedding": (settings["n_inputs"], E)} if E else {}
    suffixes = ["", "_reverse"] if settings["bidirectional"] else [""]
    if settings["grid"]:
        suffixes = [f"_c{c}" for c in range(settings["grid"])]
    scored = is_scored_by_its_cell(settings)
    n = len(settings["hidden"])
    R = E or settings["n_inputs"]
    for number, H in enumerate(settings["hidden"]):
        of_cell = cell_shapes(settings, R, H, K if scored and number == n - 1 else None)
        for suffix in suffixes:
            found |= {f"{name}_l{number}{suffix}": shape for name, shape in of_cell.items()}
        R = len(suffixes) * n_exposed(settings, H)
        if number < n - 1:
            R *= int(windows_between(settings)[number])
    if settings["decoder"]:
        return found | decoder_shapes(settings, R)
    A = settings["attention_size"] or R
    if "attention" in settings["readout"]:
        found |= {"weight_attention": (A, R), "bias_attention": (A,), "vector_attention": (A,)}
    parts = settings["readout"].split("+")
    for part in ("above", "rises"):
        if part in parts:
            found |= {f"threshold_{part}": (R,)}
    return found if scored else found | {"weight_out": (K, R * len(parts)), "bias_out": (K,)}


def decoder_shapes(settings, R):
    """Return {name: shape} of a decoder's blocks, the outputs of the encoder having R rows."""
    K, H = settings["n_outputs"], settings["hidden"][-1]
    E, A = settings["embedding"] or H, settings["attention_size"] or R
    n_state = {"unitary": 2 * H}.get(settings["cell"], H)
    n_rows = n_exposed(settings, H)
    of_cell = cell_shapes({**settings, "grid": None}, E, H)
    attention = {}
    if settings["decoder"] != "plain":
        attention = {"weight_query": (A, n_rows), "weight_key": (A, R)}
    if settings["decoder"] == "additive":
        attention |= {"bias_key": (A,), "vector_attention": (A,)}
    return {
        "embedding_dec": (K, E),
        "weight_bridge": (n_state, R),
        "bias_bridge": (n_state,),
        **{f"{name}_dec": shape for name, shape in of_cell.items()},
        **attention,
        "weight_out": (K, n_rows + R if attention else n_rows),
        "bias_out": (K,),
    }
