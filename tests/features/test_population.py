"""Random networks and their pools, against one sequence and one step at a time."""

import numpy as np
import pytest
from reference import twins

from metarnn.engine.weight_block import unflatten
from metarnn.features import NetworkDistribution
from metarnn.features.distribution import CELLS, cell_shares, distribution_of
from metarnn.features.population import POOLS, RandomNetworks, check_pools

ALL_POOLS = ("above", *POOLS, "rises")

#: A pool of states (T, n), where backwards the last step is the first one; thresholds (n,).
PLAIN = {
    "max": lambda states, ahead, thresholds: states.max(axis=0),
    "min": lambda states, ahead, thresholds: states.min(axis=0),
    "mean": lambda states, ahead, thresholds: states.mean(axis=0),
    "std": lambda states, ahead, thresholds: states.std(axis=0),
    "last": lambda states, ahead, thresholds: np.where(ahead, states[-1], states[0]),
    "above": lambda states, ahead, thresholds: (states > thresholds).mean(axis=0),
    "rises": lambda states, ahead, thresholds: rises(states > thresholds),
}


def rises(high):
    """Return the fraction (n,) of the steps that are high, and the step before is not."""
    return (high & ~np.concatenate([high[:1] & False, high[:-1]])).mean(axis=0)


def drawn(cell, n=5, pools=ALL_POOLS, bidirectional=True, seed=0, **settings):
    """Return n networks of three units for two inputs, without thresholds."""
    networks = RandomNetworks(cell, 2, 3, bidirectional, pools, "float64", np.empty((0, 0)))
    rng = np.random.default_rng(seed)
    networks.weights = NetworkDistribution(**settings).draw(networks.program, cell, n, rng)
    return networks


def plain_features(networks, sequence):
    """Return the features (P * rows,) of a sequence (T, I)."""
    found = []
    for weights in networks.weights:
        blocks = unflatten(weights, networks.program.shapes)
        ways = ["", "_reverse"] if networks.bidirectional else [""]
        states = [
            twins.run(
                networks.cell, twins.own_blocks(blocks, f"_l0{way}"), sequence, reverse=bool(way)
            )[0]
            for way in ways
        ]
        states, H = np.concatenate(states, axis=1), networks.hidden
        ahead = np.arange(states.shape[1]) < H
        for place, pool in enumerate(networks.pools):
            thresholds = blocks.get(f"threshold_{pool}{networks.pools[:place].count(pool) or ''}")
            found.append(PLAIN[pool](states, ahead, thresholds))
    return np.concatenate(found)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_features_are_those_of_plain_networks(cell, bidirectional, unequal):
    X, lengths = unequal
    networks = drawn(cell, bidirectional=bidirectional, density=1.0)
    networks.learn_thresholds(X, lengths, np.random.default_rng(0))
    features = networks.features(slice(None), X, lengths, None)
    assert features.shape == (70, networks.n_features) == (70, 5 * networks.n_rows)
    for b in range(0, 70, 9):
        expected = plain_features(networks, X[b, : lengths[b]])
        np.testing.assert_allclose(features[b], expected, atol=1e-12)


def test_names_tell_network_unit_direction_and_pool():
    networks = drawn("leaky", 2)
    names = networks.names(7)
    assert len(names) == len({*names}) == networks.n_features
    assert names[0] == "leaky7_unit0_above"
    assert names[3] == "leaky7_unit0_reverse_above"
    assert names[-1] == "leaky8_unit2_reverse_rises1"


def test_thresholds_are_between_states_of_their_units(unequal):
    X, lengths = unequal
    networks = drawn("leaky", 40, pools=("min", "max", "above"))
    networks.learn_thresholds(X, lengths, np.random.default_rng(0))
    low, high, _ = np.moveaxis(
        networks.features(slice(None), X, lengths, None).reshape(70, 40, 3, -1), 2, 0
    )
    *_, (_, thresholds) = networks.program.by_node(networks.weights)
    assert (thresholds >= low.min(axis=0)).all()
    assert (thresholds <= high.max(axis=0)).all()
    assert len(np.unique(thresholds)) == thresholds.size


def test_a_network_in_blocks_is_as_among_all(unequal, monkeypatch):
    X, lengths = unequal
    networks = drawn("gru", 7)
    whole = networks.features(slice(None), X, lengths, None)
    monkeypatch.setattr("metarnn.features.population.BLOCK_BYTES", 1)
    parts = [networks.features(some, X, lengths, 1) for some in networks.blocks(1000)]
    assert len(parts) == 7
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_time_constants_are_what_is_asked_for():
    networks = drawn("leaky", 500, low_log_time=np.log(3.0), high_log_time=np.log(30.0))
    decays = unflatten(networks.weights, networks.program.shapes)["decay_l0"]
    times = 1 + np.exp(decays)
    assert 3.0 <= times.min() < 3.3
    assert 27.0 < times.max() <= 30.0 + 1e-9
    assert (times == times[:, :1]).all()
    spread = drawn("leaky", 500, low_log_time=2.0, high_log_time=2.0, time_spread=0.5)
    times = 1 + np.exp(unflatten(spread.weights, spread.program.shapes)["decay_l0"])
    assert abs(np.log(times) - 2.0).max() <= 0.5 + 1e-9
    assert (times != times[:, :1]).any()


def test_a_gated_unit_with_a_long_time_constant_follows_slowly():
    X = np.ones((1, 50, 2))
    for cell in ("leaky", "gru", "lstm"):
        slow, fast = (
            drawn(cell, 50, ("max", "min"), False, low_log_time=t, high_log_time=t, gates=0.0)
            for t in (np.log(1000.0), 0.0)
        )
        slow, fast = (abs(n.features(slice(None), X, None, None)).mean() for n in (slow, fast))
        assert slow < 0.2 * fast


def test_half_of_the_networks_read_one_input_in_all_its_representations():
    networks = RandomNetworks("gru", 4, 3, True, ("max",), "float64", np.empty((0, 0)))
    program, rng = networks.program, np.random.default_rng(0)
    weights = NetworkDistribution().draw(program, "gru", 200, rng, n_inputs=2)
    blocks = [unflatten(row, program.shapes) for row in weights]
    inputs = np.array([[v for name, v in b.items() if "weight_ih" in name] for b in blocks])
    assert inputs.shape == (200, 2, 9, 4)  # both directions
    reads = (inputs != 0).all(axis=(1, 2))
    assert (reads == (inputs != 0).any(axis=(1, 2))).all()
    kinds, counts = np.unique(reads, axis=0, return_counts=True)
    assert kinds.astype(int).tolist() == [[0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 1, 1]]
    assert (abs(counts - [50, 50, 100]) < 25).all()
    one, alone = (
        NetworkDistribution(single=single).draw(program, "gru", 9, np.random.default_rng(1))
        for single in (0.0, 1.0)
    )
    np.testing.assert_array_equal(one, alone)  # one input is read by all


def test_density_is_the_part_of_the_channels_that_a_unit_reads():
    for density, n_read in ((0.0, 1), (0.5, 1), (1.0, 2)):
        networks = drawn("leaky", 20, density=density)
        read = unflatten(networks.weights, networks.program.shapes)["weight_ih_l0"] != 0
        assert (read.sum(axis=2) == n_read).all()


def test_shares_become_numbers_of_networks():
    assert NetworkDistribution(leaky=1.0, gru=3.0).counts(8) == {"leaky": 2, "gru": 6}
    counts = NetworkDistribution(leaky=1.0, gru=1.0, lstm=1.0).counts(10)
    assert sum(counts.values()) == 10
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"cells": "gru2"}, ValueError, ["cells", "gru"]),
        ({"cells": {"gru": -1.0}}, ValueError, ["cells", "-1.0"]),
        ({"cells": {"gru": 0.0}}, ValueError, ["cells", "at least"]),
        ({"scales": 3.0}, TypeError, ["scales", "3.0"]),
        ({"scales": (2.0, 1.0)}, ValueError, ["scales", "lower one first"]),
        ({"recurrences": (0.0, 1.0)}, ValueError, ["recurrences", "above 0"]),
        ({"time_constants": (1.0, np.inf)}, ValueError, ["time_constants", "inf"]),
    ],
)
def test_settings_without_a_meaning_are_refused(settings, error, words):
    good = {"cells": "leaky", "scales": (0.1, 1.0), "recurrences": (0.1, 1.0)}
    good |= {"time_constants": (1.0, 0.5), "n_steps": 30}
    with pytest.raises(error) as caught:
        distribution_of(**good | settings)
    assert all(word in str(caught.value) for word in words)


def test_time_constants_below_1_are_fractions_of_the_steps():
    found = distribution_of("leaky", (0.1, 1.0), (0.1, 1.0), (2.0, 0.5), 40)
    assert np.exp([found.low_log_time, found.high_log_time]) == pytest.approx([2.0, 20.0])
    short = distribution_of("leaky", (0.1, 1.0), (0.1, 1.0), (2.0, 0.5), 1)
    assert np.exp([short.low_log_time, short.high_log_time]) == pytest.approx([1.0, 2.0])


def test_names_of_cells_and_pools():
    assert cell_shares(["leaky", "gru"]) == {"leaky": 1.0, "gru": 1.0}
    assert check_pools("max+mean") == ("max", "mean")
    assert check_pools(["above", "rises", "above"]) == ("above", "rises", "above")
    for bad in (["max", "rises", "max"], [], "maximum"):
        with pytest.raises(ValueError, match="pools"):
            check_pools(bad)
