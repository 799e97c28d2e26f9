"""The twins against PyTorch and algebra, and their gradients against finite differences."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from reference import naive, twins

NEAR = 1e-13
CELLS_OF_TORCH = ("elman", "irnn", "lstm", "gru")


def draw(settings, seed=0):
    """Draw weights of all blocks."""
    rng = np.random.default_rng(seed)
    return {name: 0.7 * rng.normal(size=shape) for name, shape in twins.shapes(settings).items()}


def problem(seed=0, B=3, T=7, **settings):
    """Draw weights, and the sequences, lengths and labels that such a network is for."""
    rng = np.random.default_rng(seed)
    settings = {"n_inputs": 2, "n_outputs": 3, "hidden": 4, **settings}
    n, K = settings["n_inputs"], settings["n_outputs"]
    lengths = np.array([T, 1, *rng.integers(1, T + 1, size=B)])[:B]
    X = rng.normal(size=(B, T, n))
    if settings.get("embedding"):
        X = rng.integers(n, size=(B, T))
    if settings.get("grid"):
        X, lengths = rng.normal(size=(B, 2, 3, n)), None
    labels = rng.integers(K, size=B)
    if settings.get("readout") in twins.OF_STEPS:
        labels = rng.integers(-1, K, size=(B, 6 if settings.get("grid") else T))
    if settings.get("decoder"):
        labels = rng.integers(K - 1, size=(B, 4))
        labels[1, 2:], labels[2:] = -1, np.where(np.arange(4) < 3, labels[2:], -1)
    return SimpleNamespace(
        settings=settings, blocks=draw(settings, seed), X=X, lengths=lengths, labels=labels
    )


# --- The cells and stacks of torch -------------------------------------------------------


def in_torch(torch, settings, blocks):
    """Return torch's network of some layers with these weights."""
    full = twins.completed(settings)
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(full["cell"], torch.nn.RNN)
    nonlinearity = "relu" if full["cell"] == "irnn" else full["activation"]
    rnn = kind(
        full["n_inputs"],
        full["hidden"][0],
        num_layers=len(full["hidden"]),
        bidirectional=full["bidirectional"],
        batch_first=True,
        dtype=torch.float64,
        **({"nonlinearity": nonlinearity} if kind is torch.nn.RNN else {}),
    )
    H = full["hidden"][0]
    with torch.no_grad():
        for name, parameter in rnn.named_parameters():
            if not name.startswith("bias_hh"):
                parameter.copy_(torch.as_tensor(blocks[name]))
            else:  # torch's second bias, of which only that of the gru's n acts by itself
                parameter.zero_()
                if full["cell"] == "gru":
                    parameter[2 * H :] = torch.tensor(blocks[name.replace("bias_hh", "bias_hn")])
    return rnn


@pytest.mark.parametrize("cell", [*CELLS_OF_TORCH, "relu"])
@pytest.mark.parametrize("with_initial", [False, True], ids=["zeros", "initial"])
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_cells_are_those_of_torch(torch, cell, with_initial, reverse):
    cell, activation = ("elman", "relu") if cell == "relu" else (cell, "tanh")
    p = problem(cell=cell, activation=activation)
    rnn = in_torch(torch, p.settings, p.blocks)
    blocks = twins.own_blocks(p.blocks, "_l0")
    n_carried = len(twins.CELLS[cell].start(blocks))
    initial = tuple(np.random.default_rng(1).normal(size=(n_carried, 4)))
    given = [torch.tensor(part[None]) for part in initial]
    for x in p.X:
        state = (tuple(given) if n_carried == 2 else given[0]) if with_initial else None
        seen = torch.tensor(x[::-1].copy() if reverse else x)
        expected, end = rnn(seen, state)
        start = initial if with_initial else None
        exposed, carried = twins.run(cell, blocks, x, start, reverse, activation=activation)
        expected = expected.detach().numpy()
        assert naive.distance(exposed, expected[::-1] if reverse else expected) < NEAR
        for part, expected in zip(carried, end if n_carried == 2 else [end], strict=True):
            assert naive.distance(part, expected[0].detach().numpy()) < NEAR


@pytest.mark.parametrize("cell", CELLS_OF_TORCH)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("n_layers", [1, 3])
def test_stacks_of_unequal_lengths_are_those_of_torch(torch, cell, bidirectional, n_layers):
    p = problem(cell=cell, bidirectional=bidirectional, hidden=(4,) * n_layers, B=5)
    blocks = {name: 0.6 * block for name, block in p.blocks.items()}
    rnn = in_torch(torch, p.settings, blocks)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        torch.tensor(p.X), torch.tensor(p.lengths), batch_first=True, enforce_sorted=False
    )
    outputs, end = rnn(packed)
    outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)
    h_n = end[0] if cell == "lstm" else end
    top = h_n[-2:] if bidirectional else h_n[-1:]
    last = top.swapaxes(0, 1).reshape(5, -1).detach().numpy()
    settings = twins.completed(p.settings)
    for b, x in enumerate(twins.own_sequences(p.X, p.lengths)):
        found, ends = twins.stack(settings, blocks, x)
        assert naive.distance(found, outputs[b, : len(x)].detach().numpy()) < NEAR
        assert naive.distance(twins.last(found, ends), last[b]) < NEAR
    V, c = blocks["weight_out"], blocks["bias_out"]
    ended = np.arange(p.X.shape[1]) >= p.lengths[:, None]
    hidden = outputs.masked_fill(torch.tensor(ended)[..., None], -np.inf)
    expected = {
        "last": last @ V.T + c,
        "steps": outputs.detach().numpy() @ V.T + c,
        "mean": (outputs.sum(dim=1).detach().numpy() / p.lengths[:, None]) @ V.T + c,
        "max": hidden.amax(dim=1).detach().numpy() @ V.T + c,
    }
    for readout, scores in expected.items():
        found = twins.scores({**p.settings, "readout": readout}, blocks, p.X, p.lengths)
        if readout == "steps":
            assert not found[ended].any()
            found, scores = found[~ended], scores[~ended]
        assert naive.distance(found, scores) < NEAR


@pytest.mark.parametrize("cell", CELLS_OF_TORCH)
def test_residual_layers_are_sums_in_torch(torch, cell):
    p = problem(cell=cell, residual=True, hidden=(4, 4, 4), bidirectional=True)
    x = torch.tensor(p.X)
    for number in range(3):
        own = {
            name.replace(f"_l{number}", "_l0"): block
            for name, block in p.blocks.items()
            if f"_l{number}" in name
        }
        n_inputs = x.shape[2]
        one = {**p.settings, "hidden": 4, "n_inputs": n_inputs}
        outputs, _ = in_torch(torch, one, own)(x)
        x = outputs + x if n_inputs == 8 else outputs
    expected = x.detach().numpy() @ p.blocks["weight_out"].T + p.blocks["bias_out"]
    found = twins.scores({**p.settings, "readout": "steps"}, p.blocks, p.X)
    assert naive.distance(found, expected) < NEAR


@pytest.mark.parametrize("cell", CELLS_OF_TORCH)
@pytest.mark.parametrize("w", [2, 3, 7, 9])
def test_windows_are_reshapes_in_torch(torch, cell, w):
    p = problem(cell=cell, hidden=(4, 4), windows=w)
    below, above = (
        {f"{name}_l0": block for name, block in twins.own_blocks(p.blocks, f"_l{i}").items()}
        for i in (0, 1)
    )
    one = {**p.settings, "hidden": 4}
    states, _ = in_torch(torch, one, below)(torch.tensor(p.X))
    n_windows = -(-7 // w)
    filled = torch.nn.functional.pad(states, (0, 0, 0, n_windows * w - 7))
    windows = filled.reshape(len(p.X), n_windows, w * 4)
    top, _ = in_torch(torch, {**one, "n_inputs": w * 4}, above)(windows)
    expected = top.detach().numpy() @ p.blocks["weight_out"].T + p.blocks["bias_out"]
    found = twins.scores({**p.settings, "readout": "steps"}, p.blocks, p.X)
    assert naive.distance(found, expected) < NEAR


# --- Attention, decoders and losses of torch ---------------------------------------------


def test_dot_attention_is_that_of_torch(torch):
    rng = np.random.default_rng(0)
    H, R, T = 5, 6, 7
    query, outputs = rng.normal(size=H), rng.normal(size=(T, R))
    # The one head of torch is as large as its query.
    blocks = {"weight_query": rng.normal(size=(H, H)), "weight_key": rng.normal(size=(H, R))}
    context = twins.dot_attention(blocks, query, outputs)
    q = torch.tensor(blocks["weight_query"] @ query)[None, None]
    k, v = torch.tensor(outputs @ blocks["weight_key"].T)[None], torch.tensor(outputs)[None]
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    assert naive.distance(context, expected[0, 0].numpy()) < NEAR
    heads = torch.nn.MultiheadAttention(
        H, 1, bias=False, kdim=R, vdim=R, batch_first=True, dtype=torch.float64
    )
    mixed = rng.normal(size=(H, R))  # torch projects the values too
    with torch.no_grad():
        heads.q_proj_weight.copy_(torch.tensor(blocks["weight_query"]))
        heads.k_proj_weight.copy_(torch.tensor(blocks["weight_key"]))
        heads.v_proj_weight.copy_(torch.tensor(mixed))
        heads.out_proj.weight.copy_(torch.eye(H))
    expected, _ = heads(torch.tensor(query)[None, None], v, v)
    assert naive.distance(mixed @ context, expected[0, 0].detach().numpy()) < NEAR


@pytest.mark.parametrize("window", [None, 1, 3])
def test_causal_attention_is_a_mask_in_torch(torch, window):
    p = problem(readout="causal_attention", attention_window=window)
    outputs = np.random.default_rng(1).normal(size=(7, 4))
    W, b, v = (torch.tensor(p.blocks[f"{n}_attention"]) for n in ("weight", "bias", "vector"))
    e = torch.tanh(torch.tensor(outputs) @ W.T + b) @ v
    t, s = np.indices((7, 7))
    hidden = (s > t) | (s <= t - (window or 8))
    shares = torch.softmax(e.expand(7, 7).masked_fill(torch.tensor(hidden), -np.inf), dim=1)
    expected = (shares @ torch.tensor(outputs)).numpy()
    assert naive.distance(twins.causally_pooled(p.blocks, outputs, window), expected) < NEAR
    if window is None:
        assert naive.distance(twins.pooled(p.blocks, outputs), expected[-1]) < NEAR


def decoder_in_torch(torch, kind, p, blocks, x, answer):
    """Return the scores (U + 1, K) of a bidirectional LSTM and a decoding LSTM."""
    outputs, (h_n, _) = in_torch(torch, p.settings, blocks)(x)
    start = blocks["weight_bridge"] @ h_n.reshape(-1) + blocks["bias_bridge"]
    tokens = torch.tensor([p.settings["n_outputs"] - 1, *answer])
    state, rows = (start[None], torch.zeros(1, len(start), dtype=torch.float64)), []
    for given in torch.nn.functional.embedding(tokens, blocks["embedding_dec"]):
        W, U, b = (blocks[f"{n}_dec"] for n in ("weight_ih", "weight_hh", "bias_ih"))
        state = torch.lstm_cell(given[None], state, W, U, b, torch.zeros_like(b))
        s = state[0][0]
        if kind != "plain":
            q, k = blocks["weight_query"] @ s, outputs @ blocks["weight_key"].T
            if kind == "dot":
                context = torch.nn.functional.scaled_dot_product_attention(q[None], k, outputs)[0]
            else:
                e = torch.tanh(q + k + blocks["bias_key"]) @ blocks["vector_attention"]
                context = torch.softmax(e, dim=0) @ outputs
            s = torch.cat([s, context])
        rows.append(s @ blocks["weight_out"].T + blocks["bias_out"])
    return torch.stack(rows)


@pytest.mark.parametrize("kind", ["plain", "dot", "additive"])
def test_decoders_and_their_losses_are_those_of_torch(torch, kind):
    p = problem(decoder=kind, cell="lstm", bidirectional=True)
    blocks = {name: torch.tensor(block) for name, block in p.blocks.items()}
    scores = twins.scores(p.settings, p.blocks, p.X, p.lengths, p.labels)
    assert scores.shape == (3, 5, 3)
    labels = twins.bounded(p.labels, 3)
    found = twins.losses(scores, labels)
    for b, x in enumerate(twins.own_sequences(p.X, p.lengths)):
        answer = twins.own_answer(p.labels[b])
        n = len(answer) + 1
        with torch.no_grad():
            expected = decoder_in_torch(torch, kind, p, blocks, torch.tensor(x), answer)
        assert naive.distance(scores[b, :n], expected.numpy()) < NEAR
        assert not scores[b, n:].any()
        loss = torch.nn.functional.cross_entropy(
            torch.tensor(scores[b]), torch.tensor(labels[b]), ignore_index=-1
        )
        assert found[b] == pytest.approx(loss.item(), rel=1e-13)


@pytest.mark.parametrize("cell", CELLS_OF_TORCH)
@pytest.mark.parametrize("readout", ["last", "steps"])
def test_gradients_are_those_of_torch(torch, cell, readout):
    p = problem(cell=cell, bidirectional=True, hidden=(4, 4), readout=readout)
    labels = np.abs(p.labels)
    rnn = in_torch(torch, p.settings, p.blocks)
    V = torch.tensor(p.blocks["weight_out"], requires_grad=True)
    c = torch.tensor(p.blocks["bias_out"], requires_grad=True)
    outputs, end = rnn(torch.tensor(p.X))
    h_n = end[0] if cell == "lstm" else end
    r = outputs if readout == "steps" else h_n[-2:].swapaxes(0, 1).reshape(3, -1)
    scores = (r @ V.T + c).reshape(-1, 3)
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(labels.reshape(-1)))
    loss.backward()
    found = twins.gradient(p.settings, p.blocks, p.X, labels)
    expected = {name: parameter.grad for name, parameter in rnn.named_parameters()}
    for name, slopes in found.items():
        if "bias_hn" in name:
            slopes_there = expected[name.replace("bias_hn", "bias_hh")][8:]
        else:
            slopes_there = {**expected, "weight_out": V.grad, "bias_out": c.grad}[name]
        assert naive.distance(slopes, slopes_there.numpy()) < 1e-12
    one_by_one = twins.network_losses(p.settings, p.blocks, p.X, labels)
    assert one_by_one.mean() == pytest.approx(loss.item(), rel=1e-13)


# --- Orthogonal and unitary matrices -----------------------------------------------------


@pytest.mark.parametrize("H", [1, 2, 5, 16])
def test_orthogonal_matrix_is_orthogonal(H):
    Q = twins.orthogonal_matrix(np.random.default_rng(H).normal(size=H * (H + 1) // 2), H)
    np.testing.assert_allclose(Q @ Q.T, np.eye(H), rtol=0, atol=1e-14)
    assert np.linalg.det(Q) == pytest.approx((-1) ** H)
    np.testing.assert_array_equal(twins.orthogonal_matrix(np.zeros(H * (H + 1) // 2), H), np.eye(H))


@pytest.mark.parametrize("H", [1, 2, 5, 16])
def test_orthogonal_matrix_is_that_of_torch(torch, H):
    free = np.random.default_rng(H).normal(size=H * (H + 1) // 2)
    vectors, tau, rest = np.eye(H), np.zeros(H), free
    for k in range(H):
        v, rest = rest[: H - k], rest[H - k :]
        vectors[k:, k] = v / v[0]
        tau[k] = 2 * v[0] ** 2 / (v @ v)
    expected = torch.linalg.householder_product(torch.tensor(vectors), torch.tensor(tau))
    assert naive.distance(twins.orthogonal_matrix(free, H), expected.numpy()) < NEAR


@pytest.mark.parametrize("H", [1, 2, 5, 16])
def test_unitary_matrix_is_unitary_and_what_its_factors_do(H):
    rng = np.random.default_rng(H)
    phases, reflections = rng.normal(size=(3, H)), rng.normal(size=(2, 2, H))
    order = rng.permutation(H)
    Q = twins.unitary_matrix(phases, reflections, order)
    np.testing.assert_allclose(Q @ Q.T, np.eye(2 * H), rtol=0, atol=1e-14)
    assert naive.distance(Q[:H, :H], Q[H:, H:]) < NEAR  # as of a complex matrix
    assert naive.distance(Q[:H, H:], -Q[H:, :H]) < NEAR

    def reflected(z, v):
        return z - 2 * v * np.vdot(v, z) / np.vdot(v, v)

    z = start = rng.normal(size=H) + 1j * rng.normal(size=H)
    v1, v2 = reflections[:, 0] + 1j * reflections[:, 1]
    z = reflected(np.fft.fft(np.exp(1j * phases[0]) * z, norm="ortho"), v1)
    z = np.fft.ifft(np.exp(1j * phases[1]) * z[order], norm="ortho")
    z = np.exp(1j * phases[2]) * reflected(z, v2)
    found = Q @ np.concatenate([start.real, start.imag])
    assert naive.distance(found, np.concatenate([z.real, z.imag])) < NEAR


def test_unitary_matrix_of_zeros_is_a_permutation_between_fourier_transforms():
    Q = twins.unitary_matrix(np.zeros((3, 4)), np.zeros((2, 2, 4)), np.arange(4))
    np.testing.assert_allclose(Q, np.eye(8), rtol=0, atol=1e-15)


# --- Cells that torch does not have ------------------------------------------------------


@pytest.mark.parametrize("cell", ["orthogonal", "unitary"])
def test_states_keep_their_length_where_nothing_comes_in(cell):
    p = problem(cell=cell)
    blocks = twins.own_blocks(p.blocks, "_l0")
    blocks |= {"weight_ih": 0 * blocks["weight_ih"], "bias": np.zeros(4)}
    start = np.random.default_rng(0).normal(size=8 if cell == "unitary" else 4)
    states, _ = twins.run(cell, blocks, np.ones((50, 2)), (start,))
    np.testing.assert_allclose(np.linalg.norm(states, axis=1), np.linalg.norm(start), rtol=1e-13)
    from_nothing, _ = twins.run(cell, blocks, np.ones((3, 2)))
    assert not from_nothing.any()


def test_unitary_cell_is_one_of_complex_numbers():
    p = problem(cell="unitary")
    blocks = twins.own_blocks(p.blocks, "_l0")
    Q = twins.unitary_matrix(blocks["phases"], blocks["reflections"], twins.some_order(4))
    Q, W = Q[:4, :4] + 1j * Q[4:, :4], blocks["weight_ih"][:4] + 1j * blocks["weight_ih"][4:]
    h, states = np.zeros(4), []
    for x in p.X[0]:
        z = W @ x + Q @ h
        h = z / np.abs(z) * np.maximum(np.abs(z) + blocks["bias"], 0)
        states.append(np.concatenate([h.real, h.imag]))
    assert naive.distance(twins.run("unitary", blocks, p.X[0])[0], np.array(states)) < NEAR


def test_slow_units_average_and_fast_ones_read_them():
    p = problem(cell="scrn", slow=3, n_inputs=1)
    blocks = twins.own_blocks(p.blocks, "_l0")
    B, ones = blocks["weight_is"][:, 0], np.ones((60, 1))
    exposed, (h, s) = twins.run("scrn", blocks, ones)
    assert exposed.shape == (60, 7)
    np.testing.assert_array_equal(exposed[-1], np.concatenate([h, s]))
    np.testing.assert_allclose(exposed[:, 4:], (1 - 0.95 ** np.arange(1, 61))[:, None] * B)
    learnt = {**blocks, "decay": np.full(3, np.log(19.0))}  # sigma of which is 0.95
    assert naive.distance(twins.run("scrn", learnt, ones)[0], exposed) < NEAR
    # Without slow units an Elman network.
    alone = {**blocks, "weight_sh": np.zeros((4, 3))}
    elman, _ = twins.run("elman", blocks, p.X[0], activation="sigmoid")
    assert naive.distance(twins.run("scrn", alone, p.X[0])[0][:, :4], elman) < NEAR


def test_jordan_cell_feeds_back_its_outputs():
    p = problem(cell="jordan", readout="steps")
    assert set(p.blocks) == {
        f"{name}_l0" for name in ("weight_ih", "weight_oh", "bias_ih", "weight_ho", "bias_ho")
    }
    W, U, b, V, c = p.blocks.values()
    for x, scores in zip(p.X, twins.scores(p.settings, p.blocks, p.X), strict=True):
        first = V @ np.tanh(W @ x[0] + b) + c
        assert naive.distance(scores[0], first) < NEAR
        second = V @ np.tanh(W @ x[1] + U @ (1 / (1 + np.exp(-first))) + b) + c
        assert naive.distance(scores[1], second) < NEAR


# --- Grids -------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", twins.GRID_CELLS)
@pytest.mark.parametrize("corner", range(4))
def test_grid_of_one_row_or_column_is_a_sequence(cell, corner):
    H = 4
    rng = np.random.default_rng(0)
    shapes = twins.shapes({"n_inputs": 2, "n_outputs": 3, "hidden": H, "cell": cell, "grid": 1})
    blocks = {n: rng.normal(size=s) for n, s in shapes.items()}
    blocks = twins.own_blocks(blocks, "_l0_c0")
    x = rng.normal(size=(5, 2))
    # In a row the gate of the other predecessor and its weights do not matter.
    for is_column in (False, True):
        gates = np.arange(5) != (1 if is_column else 2)
        of_gates = np.repeat(gates if cell == "lstm" else [True], H)
        own = {name: block[of_gates] for name, block in blocks.items()}
        own["weight_hh"] = own["weight_hh"][:, H:] if is_column else own["weight_hh"][:, :H]
        backward = corner in (2, 3) if is_column else corner in (1, 3)
        expected, _ = twins.run(cell, own, x, reverse=backward)
        image = x[:, None] if is_column else x[None]
        found = twins.scan(cell, blocks, image, corner)
        assert naive.distance(found[:, 0] if is_column else found[0], expected) < NEAR


@pytest.mark.parametrize("cell", twins.GRID_CELLS)
def test_grid_by_recursion(cell):
    """A cell of the grid from its two predecessors' scans alone, by the definition."""
    p = problem(cell=cell, grid=1)
    blocks = twins.own_blocks(p.blocks, "_l0_c0")
    outside = twins.GRID_CELLS[cell].start(blocks)

    def at(image, r, c):
        if r < 0 or c < 0:
            return None, outside
        left, up = at(image, r, c - 1)[1], at(image, r - 1, c)[1]
        return twins.GRID_CELLS[cell].step(blocks, image[r, c], left, up)

    image = p.X[0]
    corners = [image, image[:, ::-1], image[::-1], image[::-1, ::-1]]
    for corner, seen in enumerate(corners):
        found = twins.scan(cell, blocks, image, corner)
        r, c = [(1, 2), (1, 0), (0, 2), (0, 0)][corner]
        assert naive.distance(found[r, c], at(seen, 1, 2)[0]) < NEAR


def test_last_of_a_grid_is_where_each_corner_ends():
    p = problem(cell="lstm", grid=4)
    settings = twins.completed(p.settings)
    for image in p.X:
        outputs, ends = twins.stack(settings, p.blocks, image)
        places = outputs.reshape(2, 3, 4, 4)
        expected = [places[1, 2, 0], places[1, 0, 1], places[0, 2, 2], places[0, 0, 3]]
        np.testing.assert_array_equal(twins.last(outputs, ends), np.concatenate(expected))


# --- Other wirings -----------------------------------------------------------------------


def test_windows_are_filled_up_with_zeros():
    sequence = np.arange(1, 11).reshape(5, 2)
    np.testing.assert_array_equal(twins.fold(sequence, 1), sequence)
    expected = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 0, 0]]
    np.testing.assert_array_equal(twins.fold(sequence, 2), expected)


def test_embedding_is_a_product_with_one_hot_inputs():
    p = problem(embedding=5, n_inputs=6)
    E = p.blocks["embedding"]
    without = {n: block for n, block in p.blocks.items() if n != "embedding"}
    without["weight_ih_l0"] = without["weight_ih_l0"] @ E.T
    expected = twins.scores({**p.settings, "embedding": None}, without, np.eye(6)[p.X], p.lengths)
    assert naive.distance(twins.scores(p.settings, p.blocks, p.X, p.lengths), expected) < NEAR


def test_elman_networks_are_those_of_the_other_twins():
    p = problem(hidden=(4, 5), B=4)
    order = [f"{n}_l{i}" for i in (0, 1) for n in ("weight_ih", "weight_hh", "bias_ih")]
    flat = np.concatenate([p.blocks[n].ravel() for n in (*order, "weight_out", "bias_out")])
    expected = naive.stack_scores(flat[None], (2, (4, 5), 3), "tanh", p.X, p.lengths)[0]
    assert naive.distance(twins.scores(p.settings, p.blocks, p.X, p.lengths), expected) < NEAR


# --- Every network -----------------------------------------------------------------------

NETWORKS = {
    **{cell: {"cell": cell} for cell in twins.CELLS},
    "elman of relu": {"activation": "relu"},
    "elman of sigmoid": {"activation": "sigmoid"},
    "jordan of sigmoid": {"cell": "jordan", "activation": "sigmoid"},
    "scrn that learns its decay": {"cell": "scrn", "slow": 2, "learnt_decay": True},
    **{f"stack of {c}": {"cell": c, "hidden": (3, 4)} for c in twins.CELLS},
    **{f"{c} both ways": {"cell": c, "hidden": 3, "bidirectional": True} for c in twins.CELLS},
    "residual": {"hidden": (3, 4, 4), "residual": True, "bidirectional": True},
    "windows": {"hidden": (3, 4, 4), "windows": 2},
    "a window of each": {"hidden": (3, 4, 3), "windows": (3, 2), "readout": "steps"},
    **{
        f"grid of {c}": {"cell": c, "grid": n}
        for c, n in zip(twins.GRID_CELLS, (1, 2, 4), strict=True)
    },
    "stack of grids": {"cell": "lstm", "grid": 2, "hidden": (2, 2), "residual": True},
    "steps of a grid": {"grid": 4, "hidden": 3, "readout": "steps"},
    "embedding": {"embedding": 3, "n_inputs": 5},
    **{readout: {"cell": "gru", "readout": readout} for readout in twins.READOUTS},
    "window of attention": {"readout": "causal_attention", "attention_window": 3},
    "attention both ways": {"readout": "attention", "bidirectional": True, "attention_size": 3},
    "attention in a grid": {"readout": "attention", "grid": 2},
    "steps of jordan": {"cell": "jordan", "readout": "steps"},
    **{
        f"{kind} decoder of {c}": {"cell": c, "decoder": kind, "hidden": 3, "bidirectional": both}
        for kind, both in [("plain", False), ("dot", True), ("additive", False)]
        for c in twins.CELLS
    },
    "decoder of tokens": {"decoder": "dot", "embedding": 3, "n_inputs": 5},
    "decoder of a grid": {"cell": "lstm", "decoder": "additive", "grid": 2, "hidden": 2},
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.slow
def test_derivatives_are_differences_of_losses(name):
    p = problem(T=5, **NETWORKS[name])
    rng = np.random.default_rng(0)
    for block, loss in itertools.product(p.blocks, naive.LOSSES):
        rest = (p.X, p.labels, loss, p.lengths)
        along = rng.normal(size=p.blocks[block].shape)
        found = twins.derivatives(p.settings, p.blocks, *rest, direction={block: along})

        def of(far, block=block, along=along, rest=rest):
            moved = {**p.blocks, block: p.blocks[block] + far * along}
            return twins.network_losses(p.settings, moved, *rest)

        # Of fourth order, for the unitary cell bends sharply where |z| is small.
        step = 1e-5
        expected = 8 * (of(step) - of(-step)) - (of(2 * step) - of(-2 * step))
        expected /= 12 * step
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("cell", twins.CELLS)
def test_gradients_hold_the_derivatives_along_every_direction(cell):
    p = problem(cell=cell, T=4, hidden=3)
    rest = (p.settings, p.blocks, p.X, p.labels, "mse", p.lengths)
    rng = np.random.default_rng(0)
    direction = {name: rng.normal(size=block.shape) for name, block in p.blocks.items()}
    found = twins.gradients(*rest)
    assert {name: slopes.shape[1:] for name, slopes in found.items()} == twins.shapes(p.settings)
    along = [(found[n] * part).reshape(len(p.X), -1).sum(axis=1) for n, part in direction.items()]
    of_each = twins.derivatives(*rest, direction=direction)
    assert naive.distance(np.sum(along, axis=0), of_each) < 1e-12
    shares = np.array([0.5, 2.0, 1.0])
    total = twins.gradient(*rest, shares)
    along = [(total[name] * part).sum() for name, part in direction.items()]
    assert sum(along) == pytest.approx(shares @ of_each, rel=1e-12)


def test_losses_are_those_of_the_scores():
    for name in NETWORKS:
        p = problem(T=5, **NETWORKS[name])
        scores = twins.scores(p.settings, p.blocks, p.X, p.lengths, p.labels)
        assert np.isrealobj(scores)
        labels = p.labels
        if "decoder" in p.settings:
            labels = twins.bounded(labels, 3)
        elif labels.ndim == 2:
            labels = labels[:, : scores.shape[1]]
            if p.lengths is not None and "windows" not in p.settings:
                labels = np.where(np.arange(scores.shape[1]) < p.lengths[:, None], labels, -1)
            elif p.lengths is not None:
                labels = np.where(
                    np.arange(scores.shape[1]) < -(-p.lengths // 6)[:, None], labels, -1
                )
        found = twins.network_losses(p.settings, p.blocks, p.X, p.labels, lengths=p.lengths)
        np.testing.assert_array_equal(twins.losses(scores, labels), found)


def test_what_follows_a_sequence_or_an_answer_is_not_read():
    for name in NETWORKS:
        p = problem(T=5, **NETWORKS[name])
        if p.lengths is None:
            continue
        longer = np.concatenate([p.X, p.X], axis=1)
        ended = np.arange(10) >= p.lengths[:, None]
        longer[ended] = 4 if "embedding" in p.settings else np.nan
        scores = twins.scores(p.settings, p.blocks, longer, p.lengths, p.labels)
        expected = twins.scores(p.settings, p.blocks, p.X, p.lengths, p.labels)
        same = scores[:, : expected.shape[1]] if expected.ndim == 3 else scores
        np.testing.assert_array_equal(same, expected)
        assert not scores[:, expected.shape[1] :].any() or expected.ndim == 2
