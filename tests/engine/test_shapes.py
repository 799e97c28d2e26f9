"""Networks, populations and data of any size, with sequences of unequal lengths, and deep ones.

Sizes are drawn; what is computed is compared with the twins in float64.
"""

import numpy as np
import pytest
from helpers.drawn_problems import draw
from reference import naive

from metarnn import Fitness, Network
from metarnn.cells import CELLS
from metarnn.engine import LANES, tables
from metarnn.nodes import scan

#: Relative to the largest number of each result. Recurrent weights above 1 let errors grow.
NEAR = {"float32": 4e-6, "float64": 2e-14}
every_dtype = pytest.mark.parametrize("dtype", NEAR)


def assert_near(actual, expected, near):
    for name, a, e in zip(("scores", "losses", "losses", "slopes"), actual, expected, strict=True):
        assert naive.distance(a, e) <= near, name


def assert_same_bits(actual, expected):
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a, e)


# --- The twin itself ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_twin_of_stacks_is_the_one_of_a_layer(seed):
    p = draw(seed, unequal=False)
    rest = ((p.X.shape[2], *p.hidden, p.n_classes), p.activation)
    scores, losses, _, gradients = p.expected()
    for i, w in enumerate(p.weights[:3]):
        assert naive.distance(scores[i], naive.elman_scores(w, *rest, p.X)) < 1e-13
        of_each = naive.elman_losses(w, *rest, p.loss, p.X, p.y)
        assert losses[i] == pytest.approx(of_each @ p.shares, rel=1e-13)
        slopes = p.shares @ naive.elman_gradients(w, *rest, p.loss, p.X, p.y)
        assert naive.distance(gradients[i], slopes) < 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_gradient_of_the_twin_of_stacks_is_the_derivative_of_its_losses(seed):
    p = draw(seed, n_layers=2, B=4, T=5, unequal=True)._replace(loss="cross_entropy")
    p = p._replace(X=np.where(np.abs(p.X) < 7, p.X, 0))
    directions = np.random.default_rng(seed).normal(size=(20, p.weights.shape[1]))
    w = p.weights[0]
    points = w + 1e-30j * directions
    scores = naive.stack_scores(points, p.sizes, p.activation, p.X, p.steps)
    losses = [[naive.cross_entropy(s, y) for s, y in zip(q, p.y, strict=True)] for q in scores]
    slopes = (np.array(losses) @ p.shares).imag / 1e-30
    rest = (p.sizes, p.activation, p.loss, p.X, p.y, p.steps, p.shares)
    (gradient,) = naive.stack_gradients(w[None], *rest)[1]
    assert naive.distance(directions @ gradient, slopes) < 1e-12


# --- Any size ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(80))
def test_any_size(seed):
    p = draw(seed)
    expected = p.expected()
    for dtype, near in NEAR.items():
        assert_near(p.everything(dtype), expected, near)


@pytest.mark.parametrize("seed", range(200, 228))
def test_any_size_of_few_sequences(seed):
    p = draw(seed, B=1 + seed % 7)
    expected = p.expected()
    for dtype, near in NEAR.items():
        actual = p.everything(dtype)
        assert_near(actual, expected, near)
        # As lanes the sequences have the same scores, and the same sums but for their order.
        as_lanes = p.everything(dtype, lanes_are_candidates=False)
        np.testing.assert_array_equal(as_lanes[0], actual[0])
        assert_near(as_lanes, actual, near)


@every_dtype
@pytest.mark.parametrize("seed", range(200, 228))
def test_single_candidates_have_the_bits_of_lanes(seed, dtype, monkeypatch):
    p = draw(seed, n_layers=1 + seed % 2, B=1 + seed % 7)
    monkeypatch.setattr("metarnn.engine.passes.MOST_SINGLE", 0)
    as_lanes = p.everything(dtype)
    monkeypatch.setattr("metarnn.engine.passes.MOST_SINGLE", len(p.weights))
    monkeypatch.setattr("metarnn.engine.passes.SINGLE_BYTES", 1)
    assert_same_bits(p.everything(dtype), as_lanes)


@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_single_candidates_of_any_cell_have_the_bits_of_lanes(name, monkeypatch):
    rng = np.random.default_rng(0)
    X, shares = rng.normal(size=(5, 9, 2)), rng.uniform(0.1, 2, size=5)
    steps = np.array([9, 7, 7, 1, 3])
    for readout in ("last", "attention"):
        network = Network.build(2, 3, cell=name, hidden=6, readout=readout)
        fitness = Fitness(network, X, np.arange(5) % 3, lengths=steps, sample_weight=shares)
        points = network.init(rng, 4)
        monkeypatch.setattr("metarnn.engine.passes.MOST_SINGLE", 0)
        as_lanes = fitness(points), *fitness.gradient(points)
        monkeypatch.setattr("metarnn.engine.passes.MOST_SINGLE", 4)
        monkeypatch.setattr("metarnn.engine.passes.SINGLE_BYTES", 1)
        assert_same_bits((fitness(points), *fitness.gradient(points)), as_lanes)


@pytest.mark.parametrize("seed", range(300, 330))
def test_any_size_of_deep_networks(seed):
    p = draw(seed, n_layers=2 + seed % 2)
    expected = p.expected()
    for dtype, near in NEAR.items():
        assert_near(p.everything(dtype), expected, near)


@every_dtype
@pytest.mark.parametrize("seed", range(400, 412))
def test_two_threads_give_the_bits_of_one(seed, dtype, monkeypatch):
    monkeypatch.setattr("metarnn.engine.passes.GROUP_WORK", 1000)
    p = draw(seed)
    alone = p.everything(dtype, 1)
    monkeypatch.setattr("metarnn.engine.threads.PARALLEL_FROM", 0)
    monkeypatch.setattr("metarnn.engine.threads.SMALL", 0)
    assert_same_bits(p.everything(dtype, 2), alone)


@every_dtype
@pytest.mark.parametrize("seed", range(500, 512))
def test_a_sequence_is_as_if_it_were_cut_and_alone(seed, dtype):
    p = draw(seed, unequal=True)
    scores = p.scores(dtype)
    for b in range(min(len(p.y), 40)):
        alone = p._replace(
            X=p.X[b : b + 1, : p.lengths[b]], y=p.y[[b]], shares=p.shares[[b]], lengths=None
        )
        for own in (True, False):
            actual = alone.scores(dtype, lanes_are_candidates=own)
            np.testing.assert_array_equal(actual, scores[:, [b]])


@every_dtype
@pytest.mark.parametrize("seed", range(530, 542))
def test_equal_lengths_are_no_lengths(seed, dtype):
    p = draw(seed, unequal=False)
    B, T, _ = p.X.shape
    longer = np.concatenate([p.X, np.full_like(p.X, np.nan)], axis=1)
    with_lengths = p._replace(X=longer, lengths=np.full(B, T))
    assert_same_bits(with_lengths.everything(dtype), p.everything(dtype))


@every_dtype
@pytest.mark.parametrize("seed", range(550, 560))
def test_losses_of_the_sequences_add_up(seed, dtype):
    # In tiles of many lengths each sequence has its own weight, label and length.
    p = draw(seed, unequal=True)
    total = p.everything(dtype)
    parts = []
    for b in range(len(p.y)):
        one = p._replace(X=p.X[[b]], y=p.y[[b]], shares=p.shares[[b]], lengths=p.lengths[[b]])
        parts.append(one.everything(dtype)[1:])
    near = {"float32": 1e-6, "float64": 1e-13}[dtype]
    for k, sums in enumerate(zip(*parts, strict=True)):
        assert naive.distance(np.sum(sums, axis=0), total[k + 1]) < near


# --- Checkpoints -------------------------------------------------------------------------


@pytest.fixture
def short_of_slots(monkeypatch):
    """Return a function that sets the bytes of slots, of which there are then checkpoints."""

    def allow(n_bytes):
        monkeypatch.setattr(scan, "STATES_BYTES", n_bytes)
        tables.tables.cache_clear()

    yield allow
    tables.tables.cache_clear()


def n_segments(runner):
    """Return how many segments the steps of the first scan are cut into."""
    scans = [rows for rows in runner._tables.layout._records if rows.dtype == scan.SCAN]
    return -(-runner.tiles.steps.inputs // int(scans[0]["segment"][0]))


STEPS = (*range(1, 35), 63, 64, 65, 97)


@pytest.mark.parametrize("B", [3, 40])
@pytest.mark.parametrize("unequal", [False, True], ids=["equal", "unequal"])
@pytest.mark.parametrize("slots", [0, 3, 7, 30, 70])
def test_checkpoints_do_not_change_gradients(slots, unequal, B, short_of_slots):
    segments = []
    for T in STEPS:
        p = draw(T, B=B, T=T, unequal=unequal)
        p = p._replace(weights=p.weights[:3])
        short_of_slots(2**40)
        expected = p.everything("float64")
        short_of_slots(slots * 8 * LANES * (p.hidden[0] + 1))
        assert_near(p.everything("float64"), expected, 1e-14)
        segments.append(n_segments(p.runner("gradients", "float64")))
    assert max(segments) > 1
    assert slots > 7 or max(segments) > 10


@pytest.mark.parametrize("slots", [0, 7, 30])
@pytest.mark.parametrize("n_layers", [2, 3])
def test_checkpoints_do_not_change_gradients_of_deep_networks(slots, n_layers, short_of_slots):
    for T in (1, 5, 30, 64, 70):
        for seed in (T, T + 1):
            p = draw(seed, n_layers=n_layers, T=T)
            short_of_slots(2**40)
            expected = p.everything("float64")
            short_of_slots(slots * 8 * LANES * (max(p.hidden) + 1))
            assert_near(p.everything("float64"), expected, 1e-14)


@pytest.mark.parametrize("slots", [0, 3, 7, 30])
def test_checkpoints_do_not_change_curvatures(slots, short_of_slots):
    for T in (1, 2, 5, 9, 30, 64, 65):
        for seed in range(4):
            p = draw(seed, B=9, T=T, unequal=seed % 2 == 0)
            p = p._replace(weights=p.weights[:2])
            if p.weights.shape[1] > 300:
                continue
            short_of_slots(2**40)
            losses, sums = p.runner("curvatures", "float64")(p.weights, 1)
            short_of_slots(slots * 8 * LANES * (p.hidden[0] + 1))
            again, same = p.runner("curvatures", "float64")(p.weights, 1)
            np.testing.assert_array_equal(again, losses)
            assert naive.distance(same, sums) < 1e-13


@every_dtype
def test_long_sequences_have_checkpoints_by_default(dtype):
    rng = np.random.default_rng(0)
    p = draw(0, B=9, T=2)
    p = p._replace(X=rng.normal(size=(9, 8200, p.X.shape[2])), lengths=None)
    runner = p.runner("gradients", dtype)
    assert n_segments(runner) > 1 or p.hidden[0] < 2
    memory = runner._tables.n_numbers * np.dtype(dtype).itemsize
    whole = 8200 * LANES * p.hidden[0] * np.dtype(dtype).itemsize
    assert memory < 0.7 * whole + 2**18 or p.hidden[0] < 4
