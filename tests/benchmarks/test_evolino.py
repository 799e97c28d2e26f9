"""The tasks of Evolino's paper, and readouts that are solved beside trained ones."""

import numpy as np
import pytest

from metarnn import Network


def test_strings_mark_what_may_follow():
    from benchmarks.tasks.evolino import strings

    X, Y, lengths = strings([1, 2])
    assert lengths.tolist() == [4, 7]
    assert X[1].argmax(axis=1).tolist() == [0, 1, 1, 2, 2, 3, 3]
    legal = ["".join("abcT"[k] for k in np.flatnonzero(row)) for row in Y[1]]
    assert legal == ["a", "ab", "ab", "b", "c", "c", "T"]
    assert np.isnan(Y[0, 4:]).all()


def test_a_network_that_says_nothing_accepts_nothing():
    from benchmarks.tasks.evolino import accepted_up_to

    network = Network.build(4, 4, hidden=2, readout="steps")
    assert accepted_up_to(network, np.zeros(network.n_weights), 5) == 0


def test_a_continuation_is_made_of_its_own_predictions():
    from benchmarks.tasks.evolino import continued

    network = Network.build(1, 1, hidden=1, readout="steps", dtype="float64")
    weights = network.pack(
        {name: np.zeros(shape) for name, shape in network.shapes.items() if name != "bias_out"}
        | {"bias_out": [0.5]}
    )
    np.testing.assert_array_equal(continued(network, weights, np.ones(3), 4), np.full(4, 0.5))


@pytest.mark.slow
def test_the_papers_tasks_are_solved():
    from benchmarks.tasks.evolino import language, sines

    # It learns strings of up to n = 10, and accepts those of at least twice that length.
    assert min(language("evolino", "ridge", 20_000, seed) for seed in range(3)) >= 20
    assert language("cma_es", "ridge", 6000, 0) >= 30
    assert sines("lbfgs", "ridge", 3000, 0) < 1e-3
    assert sorted(sines("evolino", "ridge", 100_000, seed) for seed in range(3))[1] < 0.01


@pytest.mark.slow
def test_a_row_for_each_contestant(tmp_path, capsys, monkeypatch):
    from benchmarks.tasks import solved

    monkeypatch.setitem(solved.SETTINGS, "budget", 10)
    solved.main(["--seeds", "1", "--sets", "latch", "--only", "trained, adam", "ridge, ga"])
    lines = capsys.readouterr().out.splitlines()
    assert [line[:28].strip() for line in lines[3:]] == ["trained, adam", "ridge, ga"]
    assert all(0 < float(line[28:].split()[0]) <= 1 for line in lines[3:])
    with pytest.raises(SystemExit):
        solved.main(["--sets", "nowhere"])
