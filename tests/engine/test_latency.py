"""Scores of one sequence and of many: the same bits, from memory that is kept and bounded."""

import copy
import gc
import pickle
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest
from joblib import Parallel, delayed

from metarnn import Network
from metarnn.engine import Pass, passes, threads, tile_buffer
from metarnn.engine import batch_scorer as scorer

every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])
#: Networks whose sequences, steps or candidates are laid out in other ways.
NETWORKS = {
    "last": {"hidden": 5},
    "steps": {"hidden": 3, "readout": "steps"},
    "both directions": {"hidden": (4, 3), "cell": "gru", "bidirectional": True},
    "windows": {"hidden": (4, 3), "windows": 3, "readout": "steps"},
    "attention": {"hidden": 4, "readout": "attention"},
    "decoder": {"hidden": 4, "cell": "lstm", "decoder": "dot"},
    "expanded": {"hidden": 4, "cell": "orthogonal"},
    "grid": {"hidden": 3, "grid": 2},
    "tokens": {"hidden": 3, "embedding": 2},
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def network_of(name, dtype="float32"):
    return Network.build(2, 3, dtype=dtype, **NETWORKS[name])


def data(name, B, T=11, seed=0):
    """Return sequences of all lengths, and what else the network has to be given."""
    rng = np.random.default_rng(seed)
    if name == "grid":
        return {"X": rng.normal(size=(B, 3, T, 2))}
    X = rng.normal(size=(B, T, 2))
    if name == "tokens":
        X = rng.integers(2, size=(B, T))
    given = {"X": X, "lengths": rng.integers(1, T + 1, size=B)}
    if name == "decoder":
        given["targets"] = [rng.integers(2, size=rng.integers(1, 5)) for _ in range(B)]
    return given


def some(given, rows):
    return {name: [values[i] for i in rows] for name, values in given.items()}


def by_pass(network, weights, X, lengths=None, targets=None):
    """Return the scores by a pass over all data at once, which has no blocks and keeps nothing."""
    sequences = network.with_teacher_forcing(network.sequences(X, lengths), targets)
    runner = Pass(network.program, network.pack_tiles(sequences), network.dtype, "scores")
    return runner.scores(weights, 1)


def ends_of(network, X, lengths=None, targets=None):
    """Return how many steps of each sequence are scored."""
    if network.decodes:
        return np.array([len(target) + 1 for target in targets])
    clock = network.program.scores.clock
    return clock.steps(np.asarray(lengths)) if network.scores_steps else np.ones(len(X), int)


@pytest.fixture(params=["one block", "small blocks"])
def blocks(request, monkeypatch):
    if request.param == "small blocks":
        for name, value in (("BLOCK_BYTES", 1), ("BUSY_TILES", 1)):
            monkeypatch.setattr(scorer, name, value)


@pytest.fixture
def run_parallel(monkeypatch):
    monkeypatch.setattr(threads, "PARALLEL_FROM", 0)
    monkeypatch.setattr(threads, "SMALL", 0)
    monkeypatch.setattr(passes, "GROUP_WORK", 1)


# --- The same bits -----------------------------------------------------------------------


@every_network
def test_scores_are_those_of_a_pass(name, blocks):
    for dtype in ("float32", "float64"):
        for P, B in ((1, 1), (1, 70), (3, 7), (40, 2), (40, 33)):
            network, given = network_of(name, dtype), data(name, B)
            weights = network.init(np.random.default_rng(0), P)
            expected = by_pass(network, weights, **given)
            for _ in range(2):  # made again, then kept
                scores = network.scores(weights, **given)
                assert scores.dtype == dtype
                scores = scores if scores.ndim == 4 else scores[:, :, None]
                for b, end in enumerate(ends_of(network, **given)):
                    np.testing.assert_array_equal(scores[:, b, :end], expected[:, b, :end])
                    assert not scores[:, b, end:].any()


@every_network
def test_a_sequence_alone_has_the_scores_that_it_has_in_company(name, run_parallel):
    for dtype in ("float32", "float64"):
        network, given = network_of(name, dtype), data(name, 75)
        weights = network.init(np.random.default_rng(0), 2)
        together = network.scores(weights, **given)
        np.testing.assert_array_equal(network.scores(weights, **given, n_threads=1), together)
        for b in (0, 31, 74):
            alone = network.scores(weights[1], **some(given, [b]))
            own = together[1, b : b + 1]
            np.testing.assert_array_equal(alone, own[:, : alone.shape[1]])
            assert not own[:, alone.shape[1] :].any()


@every_dtype
def test_nothing_is_left_of_the_call_before(dtype):
    network, rng = network_of("steps", dtype), np.random.default_rng(0)
    weights = network.init(rng, 1)[0]
    for B, T in [(40, 16), (33, 9), (1, 2), (5, 13), (64, 1), (1, 16), (34, 10)]:
        given = data("steps", B, T, seed=B)
        expected = network_of("steps", dtype).scores(weights, **given)
        np.testing.assert_array_equal(network.scores(weights, **given), expected)
        whole = network_of("steps", dtype).scores(weights, given["X"])
        np.testing.assert_array_equal(network.scores(weights, given["X"]), whole)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize("place", [(0, 0, 0), (39, 8, 1)])
def test_what_is_not_finite_is_refused_and_forgotten(bad, place):
    network, X = network_of("last"), np.random.default_rng(0).normal(size=(40, 9, 2))
    weights = network.init(np.random.default_rng(0), 1)[0]
    expected, wrong = network.scores(weights, X), X.copy()
    wrong[place] = bad
    with pytest.raises(ValueError, match="X must be finite in float32"):
        network.scores(weights, wrong)
    np.testing.assert_array_equal(network.scores(weights, X), expected)
    if place[1]:  # not read
        lengths = np.where(np.arange(40) == 39, place[1], 9)
        ended = network.scores(weights, wrong, lengths=lengths)
        np.testing.assert_array_equal(ended[:39], expected[:39])


@every_dtype
def test_any_kind_of_array_is_read(dtype):
    network = network_of("last", dtype)
    weights = network.init(np.random.default_rng(0), 1)[0]
    X = np.random.default_rng(0).integers(-9, 9, size=(40, 6, 2))
    expected = network.scores(weights, X)
    fixed = X.astype(float)
    fixed.flags.writeable = False
    forms = [X.astype(kind) for kind in ("f4", "f8", ">f8", "f2", "i1", object)]
    forms += [fixed, np.asfortranarray(X), X.tolist(), X.astype(float)[:, ::-1][:, ::-1]]
    for form in forms:
        np.testing.assert_array_equal(network.scores(weights, form), expected)
        np.testing.assert_array_equal(network.scores(weights, form[:1]), expected[:1])
    held = weights.copy()
    held.flags.writeable = False
    np.testing.assert_array_equal(network.scores(held, X), expected)


# --- What is kept ------------------------------------------------------------------------


def n_kept(network):
    return sum(map(len, network._scorer._kept.values()))


def test_a_tile_buffer_is_used_again(monkeypatch):
    network, made, ordinary = network_of("last"), [], tile_buffer.TileBuffer

    def counted(*arguments):
        made.append(arguments)
        return ordinary(*arguments)

    monkeypatch.setattr(scorer, "TileBuffer", counted)
    weights = network.init(np.random.default_rng(0), 1)[0]
    for T in (16, 9, 12, 16, 10):
        network.scores(weights, np.ones((1, T, 2)))
    assert len(made) == 1
    network.scores(weights, np.ones((1, 17, 2)))
    assert len(made) == 2


def test_what_is_kept_is_bounded():
    network = network_of("last")
    weights = network.init(np.random.default_rng(0), 1)[0]
    for T in 2 ** np.arange(9):
        for B in (1, 33, 70, 5000):
            network.scores(weights, np.ones((B, T, 2)))
            kept = network._scorer._kept
            assert len(kept) <= scorer.KEPT_SIZES
            assert all(t.n_bytes <= scorer.KEPT_BYTES for buffers in kept.values() for t in buffers)
    assert n_kept(network) > 0
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: network.scores(weights, np.ones((33, 9, 2))), range(200)))
    assert all(len(buffers) <= scorer.KEPT_OF_SIZE for buffers in kept.values())


def test_what_is_kept_goes_with_the_network():
    network = network_of("last")
    weights = network.init(np.random.default_rng(0), 1)[0]
    network.scores(weights, np.ones((1, 9, 2)))
    (held,) = next(iter(network._scorer._kept.values()))
    del network
    gc.collect()
    assert sys.getrefcount(held) == 2  # this name, and the argument


def test_what_is_kept_is_not_pickled_copied_or_compared():
    network, fresh = network_of("last"), network_of("last")
    weights = network.init(np.random.default_rng(0), 1)[0]
    expected = network.scores(weights, np.ones((1, 9, 2)))
    assert n_kept(network) == 1
    assert len(pickle.dumps(network)) == len(pickle.dumps(fresh))
    assert network == fresh
    assert hash(network) == hash(fresh)
    for twin in (
        pickle.loads(pickle.dumps(network)),
        copy.copy(network),
        copy.deepcopy(network),
        replace(network),
    ):
        assert twin == network
        assert n_kept(twin) == 0
        np.testing.assert_array_equal(twin.scores(weights, np.ones((1, 9, 2))), expected)


def test_memory_over_data_and_scores_is_bounded():
    network = network_of("last")
    weights = network.init(np.random.default_rng(0), 3)
    X = np.random.default_rng(0).normal(size=(200_000, 20, 2))
    network.scores(weights, X[:1000])
    tracemalloc.start()  # which sees NumPy's memory
    try:
        scores = network.scores(weights, X)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Packed at once, the tiles alone would take 32 MB, and what they put out 7 MB.
    assert most - scores.nbytes < 8e6 + 16 * len(X)


# --- Threads and processes ---------------------------------------------------------------


@every_network
def test_threads_that_score_at_once_do_not_disturb_each_other(name, run_parallel):
    for dtype in ("float32", "float64"):
        network = network_of(name, dtype)
        weights = network.init(np.random.default_rng(0), 4)
        jobs = [(w, data(name, B, seed=B)) for B in (1, 3, 40) for w in (weights, weights[0])]
        expected = [network_of(name, dtype).scores(w, **given, n_threads=1) for w, given in jobs]
        with ThreadPoolExecutor(6) as pool:
            answers = pool.map(lambda job, net=network: net.scores(job[0], **job[1]), 10 * jobs)
            for actual, wanted in zip(answers, 10 * expected, strict=True):
                np.testing.assert_array_equal(actual, wanted)


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_joblib(backend):
    network = network_of("last")
    weights, given = network.init(np.random.default_rng(0), 1)[0], data("last", 40)
    expected = network.scores(weights, **given)
    calls = [delayed(network.scores)(weights, **given) for _ in range(4)]
    for scores in Parallel(n_jobs=2, backend=backend)(calls):
        np.testing.assert_array_equal(scores, expected)


def _scores(sender, network, weights, given):
    sender.send(network.scores(weights, **given))


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("B", [1, 70])
def test_a_fork_takes_what_is_kept_with_it(B, run_parallel):
    network = network_of("last")
    weights, given = network.init(np.random.default_rng(0), 1)[0], data("last", B)
    expected = network.scores(weights, **given)
    receiver, sender = get_context("fork").Pipe(duplex=False)
    child = get_context("fork").Process(target=_scores, args=(sender, network, weights, given))
    child.start()
    try:
        other = data("last", B, seed=1)  # meanwhile
        network.scores(weights, **other)
        assert receiver.poll(60), "the child hangs"
        np.testing.assert_array_equal(receiver.recv(), expected)
    finally:
        child.kill()
        child.join()
    np.testing.assert_array_equal(network.scores(weights, **given), expected)
