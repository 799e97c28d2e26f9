"""The tables of who visits minima and who leaves them, at a small scale."""

import json

import pytest


@pytest.fixture
def small(monkeypatch):
    from benchmarks.tasks import minima

    sizes = {"N_STARTS": 12, "N_SNAPSHOTS": 2, "N_TRAPS": 1, "N_KICKS": 2}
    sizes |= {"BUDGET": 60, "LEAVING_BUDGET": 60, "OPTIMIZERS": ["adam", "random_search"]}
    for name, value in sizes.items():
        monkeypatch.setattr(minima, name, value)
    return minima


def test_a_row_for_each_optimizer_and_each_trap(small, tmp_path, capsys):
    small.main(["xor", "--rounds", "2", "--out", str(tmp_path)])
    told = json.loads((tmp_path / "minima-xor.json").read_text())
    assert list(told["visits"]) == small.OPTIMIZERS
    assert [row["runs"] for row in told["visits"].values()] == [2, 2]
    assert set(told["leaving"]) == {"0", "all"}
    (trap,) = told["traps"]
    assert told["lowest"] < trap["loss"] <= trap["height"] <= trap["straight"]
    printed = capsys.readouterr().out
    assert all(f"\n{name} " in printed for name in small.OPTIMIZERS)


def test_traps_are_what_attracts_most_but_the_lowest(small):
    fitness = small.fitness_of(small.PROBLEMS["xor"])
    found = small.find_minima(fitness, n_starts=30, seed=0)
    (trap,) = small.most_attracting(found)
    low = found.minima[0].loss
    others = [one for one in found.minima if one.loss > 1.001 * low]
    assert len(trap.starts) == max(len(one.starts) for one in others)
    assert trap.loss > low
