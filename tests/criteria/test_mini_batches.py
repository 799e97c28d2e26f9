"""Mini-batches are gathered from packed tiles: to the bit what packing their sequences gives."""

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from metarnn import Fitness, Network
from metarnn.criteria import mean_loss
from metarnn.optimizers import MiniBatch, Order

B, T, K = 75, 6, 3


def numbers(rng):
    return rng.normal(size=(B, T, 2))


def classes_of_steps(rng):
    y = rng.integers(K, size=(B, T))
    y[:, 1:][rng.random((B, T - 1)) < 0.4] = -1
    return y


def answers(rng):
    """Return answers of classes 0..K-2, of unequal length."""
    y = rng.integers(K - 1, size=(B, 4))
    y[np.arange(4) >= rng.integers(1, 5, size=B)[:, None]] = -1
    return y


def numbers_of_steps(rng):
    y = rng.normal(size=(B, T, K))
    y[:, 1:][rng.random((B, T - 1)) < 0.4] = np.nan
    return y


#: What a network reads, how it is built and what it predicts.
KINDS = {
    "classes": (numbers, {}, lambda rng: rng.integers(K, size=B)),
    "classes of steps": (numbers, {"readout": "steps"}, classes_of_steps),
    "answers": (numbers, {"decoder": "plain"}, answers),
    "tokens": (
        lambda rng: rng.integers(5, size=(B, T)),
        {"n_inputs": 5, "embedding": 2},
        lambda rng: rng.integers(K, size=B),
    ),
    "numbers": (numbers, {}, lambda rng: rng.normal(size=(B, K))),
    "numbers of steps": (numbers, {"readout": "steps"}, numbers_of_steps),
}


def problem(kind):
    """Return a network, and the arguments of its fitness: some sequences are there twice."""
    rng = np.random.default_rng(0)
    read, settings, predicted = KINDS[kind]
    X, y, rest = read(rng), predicted(rng), {"lengths": rng.integers(1, T + 1, size=B)}
    if kind.startswith("classes of") or kind.startswith("numbers of"):
        rest["lengths"][:] = T
    rest["sample_weight"] = rng.uniform(0.1, 2, size=B)
    for values in (X, y, rest["lengths"]):
        values[::5] = values[1::5]
    settings = {"n_inputs": 2, "n_outputs": K, "hidden": 4, "bidirectional": True} | settings
    loss = "squared_error" if kind.startswith("numbers") else "cross_entropy"
    return Network.build(**settings), {"X": X, "y": y, "loss": loss, "alpha": 0.1, **rest}


def rows_of(arguments, rows):
    """Return the arguments of a fitness on some rows."""
    return {n: v[rows] if isinstance(v, np.ndarray) else v for n, v in arguments.items()}


def results(fitness, seed=1, P=2):
    points = 2 * fitness.network.init(np.random.default_rng(seed), P)
    return [fitness(points), *fitness.gradient(points)]


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_batches", [2, 15])  # lanes are sequences, or candidates
def test_a_mini_batch_is_what_it_would_be_alone(kind, n_batches):
    network, arguments = problem(kind)
    whole = Fitness(network, **arguments)
    order, seen = whole._data.canonical_order(), []
    rows = np.array_split(order[np.random.default_rng(9).permutation(B)], n_batches)
    for i in range(n_batches):
        batch = whole.mini_batch(MiniBatch(i, n_batches, 9))
        fresh = Fitness(network, **rows_of(arguments, rows[i]))
        pairs = (zip(results(batch, P=P), results(fresh, P=P), strict=True) for P in (1, 2, 40))
        for one, other in itertools.chain(*pairs):
            if kind == "answers":  # the order of sums depends on how far answers are filled up
                np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
            else:
                np.testing.assert_array_equal(one, other)
        assert batch.cost(Order.VALUE) == len(rows[i]) / B
        seen.extend(rows[i])
    assert sorted(seen) == list(range(B))


def test_mini_batches_that_are_alive_do_not_share_room():
    network, arguments = problem("classes")
    whole, rng = Fitness(network, **arguments), np.random.default_rng(2)
    rows = [rng.permutation(B)[:n] for n in (40, 33, 9) for _ in range(3)]
    expected = [results(Fitness(network, **rows_of(arguments, some))) for some in rows]
    parts = [whole.batch(some) for some in rows]
    for part in (*parts, *reversed(parts)):
        assert_equal(results(part), expected[parts.index(part)])
    # Those that follow use the room of those that are gone.
    del part, parts
    rooms = {id(room) for alike in whole._bound._rooms.values() for room in alike}
    assert rooms
    for some, found in zip(rows, expected, strict=True):
        part = whole.batch(some)
        assert_equal(results(part), found)
        assert id(part._bound._room) in rooms


def test_a_sequence_that_overflows_leaves_nothing_behind():
    network, arguments = problem("classes")
    arguments["X"][0] = 3e38  # its sums are infinite in float32
    arguments["X"][1:] *= 1e-3
    arguments["lengths"][:] = T
    whole = Fitness(network, **arguments)
    with np.errstate(over="ignore", invalid="ignore"):
        whole.batch(np.arange(40))(np.full((1, whole.dim), 1e3))
    for rows in (np.arange(1, 34), np.arange(1, 36)):
        assert_equal(
            results(whole.batch(rows)), results(Fitness(network, **rows_of(arguments, rows)))
        )


def test_where_few_sequences_are_far_longer_they_are_packed(monkeypatch):
    monkeypatch.setattr(mean_loss, "FEW", 0)
    network, arguments = problem("classes")
    arguments["lengths"][:] = 1
    arguments["lengths"][7] = T
    whole = Fitness(network, **arguments)
    kinds = []
    for n in (8, 32, 33, 70):
        part = whole.batch(np.arange(n))
        assert_equal(results(part), results(Fitness(network, **rows_of(arguments, np.arange(n)))))
        kinds.append(type(part._bound))
    packed, gathered = mean_loss.MeanLossEvaluator, mean_loss.MeanLossPart
    assert kinds == [gathered, gathered, packed, packed]


def test_threads_train_on_mini_batches_of_one_fitness():
    network, arguments = problem("classes")
    whole = Fitness(network, **arguments, n_threads=1)
    batches = [MiniBatch(i % 3, 3, seed) for seed in range(8) for i in range(3)]
    expected = [results(whole.mini_batch(batch)) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda batch: results(whole.mini_batch(batch)), batches))
    for one, other in zip(found, expected, strict=True):
        assert_equal(one, other)


def test_a_mini_batch_can_be_pickled():
    network, arguments = problem("classes")
    whole = Fitness(network, **arguments)
    batch = whole.mini_batch(MiniBatch(1, 2, 0))
    fresh = pickle.loads(pickle.dumps(batch))
    expected = results(batch)
    for each in (fresh, pickle.loads(pickle.dumps(batch)), batch):
        assert_equal(results(each), expected)
    assert_equal(results(pickle.loads(pickle.dumps(whole))), results(whole))
