"""Which minima searches visit and leave, and the network of minima, against plain rules."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from helpers import landscapes
from helpers.error_checks import one_sentence

from metarnn import Fitness, Network
from metarnn.minima import (
    Cluster,
    OptimaNetwork,
    Symmetry,
    barrier,
    escape,
    find_minima,
    leaving,
    line,
    many_minima,
    optima_network,
    visits,
)
from metarnn.minima.basins import NO_MINIMUM, Basins
from metarnn.minima.examples import BLOCK_STATIONARY
from metarnn.optimizers import OPTIMIZERS, Adam, Ask, Optimizer, minimize

#: The four minima of two blocks; the last is the lowest.
CORNERS = BLOCK_STATIONARY[[[0, 0], [0, 2], [2, 0], [2, 2]]]


@dataclass
class Walk(Optimizer):
    """Asks for given points, one after the other."""

    points: list = field(default_factory=list)

    def search(self, space, rng):
        for point in self.points:
            yield Ask(np.array([point]))


@pytest.fixture(scope="module")
def corners():
    """Return a loss with four minima, and these."""
    f = many_minima(2)
    return f, find_minima(f, n_starts=60, seed=0)


@pytest.fixture(scope="module")
def xor():
    """Return XOR by two logistic units with a penalty, and some of its minima."""
    network = Network.build(2, 2, hidden=2, activation="sigmoid", dtype="float64")
    X, y = landscapes.X[:, None], landscapes.Y.astype(int)
    fitness = Fitness(network, X, y, loss="mse", alpha=1e-3, n_threads=1)
    return fitness, find_minima(fitness, n_starts=40, seed=0)


# --- Visits ------------------------------------------------------------------------------


def at(found, corner):
    """Return the number of the minimum at a corner."""
    points = np.array([one.certificate.point for one in found])
    return int(np.linalg.norm(points - CORNERS[corner], axis=1).argmin())


def test_a_walk_visits_the_minima_that_it_passes(corners):
    f, found = corners
    order = [0, 0, 1, 1, 3, 1]
    near = CORNERS[order] + 0.01
    seen = visits(f, Walk(list(near)), found, budget=len(order), seeds=1, n_snapshots=len(order))
    numbers = [at(seen.minima, corner) for corner in order]
    assert seen.snapshots["basin"].tolist() == numbers
    np.testing.assert_allclose(seen.snapshots["loss"], f(near))
    assert seen.snapshots["passes"].tolist() == [1, 2, 3, 4, 5, 6]
    assert seen.way("Walk", 0) == [numbers[i] for i in (0, 2, 4, 5)]
    (run,) = seen.to_frame().to_dict("records")
    assert (run["minima"], run["moves"], run["uncertified"]) == (3, 3, 0.0)
    assert run["lowest"]
    assert run["passes"] == 5
    assert seen.passes == 6
    assert seen.descent_passes > 6


def test_a_snapshot_takes_the_lowest_point_of_its_part(corners):
    f, found = corners
    points = CORNERS[[0, 3, 1, 0, 0, 0]]
    seen = visits(f, Walk(list(points)), found, budget=6, seeds=1, n_snapshots=2)
    assert seen.snapshots["passes"].tolist() == [2, 4]
    assert seen.snapshots["basin"].tolist() == [at(seen.minima, 3), at(seen.minima, 0)]


def test_minima_that_were_unknown_are_certified_and_added(corners):
    f, found = corners
    known = found.minima[1:]
    seen = visits(f, Walk(list(CORNERS)), known, budget=4, seeds=1, n_snapshots=4)
    losses = [one.loss for one in seen.minima]
    assert losses == sorted(losses)
    np.testing.assert_allclose(losses, [one.loss for one in found.minima], rtol=1e-9)
    assert [len(one.starts) > 0 for one in seen.minima] == [False, True, True, True]
    nothing = visits(f, Walk(list(CORNERS)), [], budget=4, seeds=1, n_snapshots=4)
    np.testing.assert_allclose([one.loss for one in nothing.minima], losses, rtol=1e-9)


@pytest.mark.parametrize("name", ["adam", "lm", "restarts", "memetic", "cuckoo", "cma_es"])
def test_being_watched_changes_no_run(xor, name):
    fitness, found = xor
    plain = minimize(fitness, OPTIMIZERS[name](), budget=300, seed=3)
    seen = visits(fitness, name, found, budget=300, seeds=[3], n_snapshots=5)
    assert seen.passes == plain.passes
    assert seen.snapshots["loss"].min() == plain.fun
    assert seen.snapshots["snapshot"].is_monotonic_increasing


def test_copies_of_a_minimum_are_the_same_basin(xor):
    fitness, found = xor
    basins, rng = Basins(fitness, found), np.random.default_rng(2)
    points = [
        Symmetry(fitness.network).random(one.certificate.point, rng) for one in found.minima[:6]
    ]
    n_known = len(basins.minima)
    assert basins.of(np.array(points)).tolist() == list(range(6))
    assert len(basins.minima) == n_known


def test_descents_without_a_minimum_have_no_basin():
    network = Network.build(2, 2, hidden=2, activation="sigmoid", dtype="float64")
    X, y = landscapes.X[:, None], landscapes.Y.astype(int)
    fitness = Fitness(network, X, y, n_threads=1)  # whose loss falls on the way to infinity
    basins = Basins(fitness, [])
    places = basins.of(fitness.network.init(np.random.default_rng(0), 2))
    assert places.tolist() == [NO_MINIMUM] * 2
    assert not basins.minima


def test_summary_is_that_of_the_runs(corners):
    f, found = corners
    names = "random_search", "gradient_descent"
    seen = visits(f, names, found, budget=40, seeds=5, n_snapshots=8)
    runs, table = seen.to_frame(), seen.summary()
    for name, of_name in runs.groupby("optimizer"):
        row = table.loc[name]
        np.testing.assert_allclose(row["minima"], of_name["minima"].mean())
        assert row["minima_low"] <= row["minima"] <= row["minima_high"]
        assert row["lowest"] == of_name["lowest"].sum()
        assert row["low"] <= row["fraction"] <= row["high"]
    # One wanders, the other descends where it is.
    assert table.loc["random_search", "minima"] > 2 > table.loc["gradient_descent", "minima"]


def test_a_loss_that_is_nowhere_finite_is_refused(corners):
    class Nowhere:
        space = corners[0].space

        def __call__(self, points):
            return np.full(len(points), np.nan)

        def gradient(self, points):
            return self(points), np.zeros_like(points)

    with (
        pytest.warns(UserWarning, match="had a finite loss"),
        pytest.raises(ValueError, match="finite loss somewhere") as raised,
    ):
        visits(Nowhere(), "random_search", [], budget=20, seeds=1)
    one_sentence(raised)


def test_a_run_that_has_no_finite_loss_counts_as_one_that_met_no_minimum(corners):
    class Lost(Walk):
        """Goes where no loss is finite, but with seed 0."""

        def search(self, space, rng):
            is_first = rng.random() == np.random.default_rng(0).random()
            for point in self.points:
                yield Ask(np.array([point if is_first else np.full(2, np.nan)]))

    f, found = corners
    with pytest.warns(UserWarning, match="had a finite loss"):
        seen = visits(f, {"lost": Lost(list(CORNERS))}, found, budget=4, seeds=3, n_snapshots=4)
    assert set(seen.snapshots["seed"]) == {0}
    assert seen.runs == [("lost", 0), ("lost", 1), ("lost", 2)]
    assert seen.way("lost", 1) == []
    frame, row = seen.to_frame(), seen.summary().loc["lost"]
    assert frame["snapshots"].tolist() == [4, 0, 0]
    assert frame["minima"].tolist() == [4, 0, 0]
    assert frame["lowest"].tolist() == [True, False, False]
    assert (row["runs"], row["no_snapshots"], row["fraction"]) == (3, 2, 1 / 3)


def test_passes_on_mini_batches_count(xor):
    fitness, found = xor
    adam = Adam(n_batches=2)
    snapshots = visits(fitness, adam, found, budget=200, seeds=1, n_snapshots=4).snapshots
    whole = minimize(fitness, Adam(n_batches=2), budget=200, seed=0)
    assert snapshots["snapshot"].iloc[-1] == 3
    assert snapshots["passes"].iloc[-1] == pytest.approx(whole.history.passes[-1])


# --- Leaving -----------------------------------------------------------------------------


def test_leaving_is_escape_from_each(corners):
    f, found = corners
    traps, names = found.minima[1:3], ["random_search", "gradient_descent"]
    settings = {"below": 1e-3, "seeds": 6, "budget": 40}
    table = leaving(f, names, traps, **settings)
    for number, trap in enumerate(traps):
        one = escape(f, names, trap.certificate, **settings).summary()
        assert table.loc[number].drop(columns="loss").equals(one)
        assert (table.loc[number, "loss"] == trap.loss).all()
    for name in names:
        rows = table.xs(name, level="optimizer")
        assert rows.loc["all", "escaped"] == rows.loc[[0, 1], "escaped"].sum()
        assert rows.loc["all", "runs"] == 12
    assert (table["ert_low"] <= table["ert"]).all()
    assert (table["ert"] <= table["ert_high"]).all()


# --- Barriers ----------------------------------------------------------------------------


def test_strings_climb_less_than_lines_between_minima_of_a_network(xor):
    fitness, found = xor
    best, lower = found.minima[0].certificate, 0
    for trap in found.minima[1:6]:
        path = barrier(fitness, trap.certificate, best, n_strings=2, steps=60)
        straight = line(fitness, trap.certificate, path.b, 401).max()
        np.testing.assert_allclose(path.straight, straight, rtol=0.01)
        assert trap.loss - 1e-12 <= path.height <= path.straight
        np.testing.assert_allclose(fitness(path.path), path.losses)
        lower += path.height < 0.9 * path.straight
    assert lower >= 3


# --- The network -------------------------------------------------------------------------


def made(losses, kicks):
    """Return a network of minima with these losses, of which only the losses matter."""
    certificate = find_minima(many_minima(1), n_starts=1, seed=0).certificates[0]
    minima = [Cluster(replace(certificate, loss=loss), [0]) for loss in losses]
    kicks = np.array(kicks)
    return OptimaNetwork(minima, kicks, np.zeros(len(losses), dtype=int), 1.0, 0.0)


#: Two funnels, the bottom of the lower one of two minima that are equally low.
LOSSES = [1.0, 1.0, 2.0, 3.0, 4.0]
KICKS = [[7, 3, 0, 0, 0], [2, 8, 0, 0, 0], [0, 0, 8, 1, 1], [2, 0, 3, 4, 1], [0, 0, 5, 5, 0]]


def test_funnels_of_a_network_that_is_written_down():
    network = made(LOSSES, KICKS)
    assert network.plateaus.tolist() == [0, 0, 1, 2, 3]
    assert network.bottoms.tolist() == [0, 1]
    np.testing.assert_allclose(network.ends.sum(axis=1), 1)
    np.testing.assert_allclose(network.to_lowest, [1, 1, 0, 0.4, 0.2])
    frame = network.to_frame()
    np.testing.assert_allclose(
        frame[["stays", "lower", "as_low", "higher", "elsewhere"]].sum(axis=1), 1
    )
    np.testing.assert_allclose(frame["lower"], [0, 0, 0, 0.5, 1])
    np.testing.assert_allclose(frame["as_low"], [0.3, 0.2, 0, 0, 0])


def test_where_searches_end_is_what_simulated_ones_do():
    network, rng = made(LOSSES, KICKS), np.random.default_rng(0)
    losses, sums = np.array(LOSSES), np.cumsum(KICKS, axis=1) / 10
    here = np.full(4000, 3)
    for _ in range(60):
        there = (rng.random(4000)[:, None] >= sums[here]).sum(axis=1)
        here = np.where(losses[there] <= losses[here], there, here)
    assert abs((losses[here] == 1).mean() - network.to_lowest[3]) < 0.04


def test_weak_kicks_lead_back_and_strong_ones_anywhere(corners):
    f, found = corners
    weak = optima_network(f, found, n_kicks=20, strength=0.01)
    assert weak.kicks.tolist() == (20 * np.eye(4, dtype=int)).tolist()
    assert weak.bottoms.tolist() == [0, 1, 2, 3]
    strong = optima_network(f, found, n_kicks=30, strength=2.0)
    assert (strong.kicks.sum(axis=1) + strong.elsewhere == 30).all()
    assert (strong.kicks > 0).all()
    assert strong.bottoms.tolist() == [0]
    np.testing.assert_allclose(strong.to_lowest, 1)
    np.testing.assert_allclose(strong.basins.sum(), 1)


def test_kicks_to_minima_that_are_no_nodes_are_elsewhere(corners):
    f, found = corners
    network = optima_network(f, found.minima[:1], n_kicks=30, strength=2.0)
    assert network.kicks.tolist() == [[30 - network.elsewhere[0]]]
    assert 0 < network.elsewhere[0] < 30


def test_networkx_has_the_edges():
    networkx = pytest.importorskip("networkx")
    network = made(LOSSES, KICKS)
    graph = network.to_networkx()
    np.testing.assert_allclose(networkx.to_numpy_array(graph), network.edges)
    assert [graph.nodes[number]["loss"] for number in graph] == LOSSES


# --- Errors ------------------------------------------------------------------------------


def test_errors_are_sentences(corners, xor):
    f, found = corners
    walk = Walk(list(CORNERS))
    no_minimum = [one for one in xor[1].clusters if one.kind != "minimum"] or ["a minimum"]
    for words, call in (
        ("n_snapshots", lambda: visits(f, walk, found, n_snapshots=0)),
        ("budget", lambda: visits(f, walk, found, budget=-1)),
        ("seeds", lambda: visits(f, walk, found, seeds=0)),
        ("found", lambda: visits(f, walk, no_minimum)),
        ("point", lambda: visits(xor[0], walk, found)),
        ("optimizer", lambda: visits(f, walk, found, budget=4, seeds=1).way("adam", 0)),
        ("found", lambda: leaving(f, walk, [])),
        ("found", lambda: optima_network(f, [])),
        ("strength", lambda: optima_network(f, found, strength=0)),
        ("n_kicks", lambda: optima_network(f, found, n_kicks=0)),
    ):
        with pytest.raises(ValueError, match=words) as caught:
            call()
        one_sentence(caught)
