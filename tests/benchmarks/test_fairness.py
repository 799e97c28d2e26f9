"""What a changed condition does to ranks and verdicts is told as it is."""

import json

import numpy as np
import pytest

from benchmarks.fairness import __main__ as fairness
from benchmarks.fairness import conditions

RISING = np.linspace(0, 0.1, 10)


def losses(**at):
    """Return ten losses of each optimizer, a little above a number."""
    return {name: level + RISING for name, level in at.items()}


def test_agreement_of_ranks_and_verdicts():
    one = losses(a=1.0, b=2.0, c=3.0)
    assert fairness.verdicts(one).tolist() == [1, 1, 1]
    assert fairness.compared(one, one) == {
        "tau": pytest.approx(1.0),
        "same": 3,
        "one_sided": 0,
        "reversed": 0,
        "same_winner": True,
    }
    # b and c change places, and a is no longer sure to be better than c.
    other = losses(a=1.0, b=3.0, c=1.001)
    assert fairness.compared(one, other) == {
        "tau": pytest.approx(1 / 3),
        "same": 1,
        "one_sided": 1,
        "reversed": 1,
        "same_winner": True,
    }


def test_gains_tell_who_is_better_after_the_change():
    gained = fairness.gains(losses(a=1.0, b=2.0, c=3.0), losses(a=0.5, b=2.0, c=4.0))
    assert [one["a12"] for one in gained.values()] == [1.0, 0.5, 0.0]
    assert [one["p"] < fairness.LEVEL for one in gained.values()] == [True, False, True]
    lines = fairness.gains_table({"changed": {"problem": gained}}, "changed").splitlines()
    assert [line[-1] for line in lines[1:]] == ["+", "2", "-"]


def test_a_price_is_no_change_for_who_pays_none():
    priced = [name for name, each in conditions.CONDITIONS.items() if each.gradient_passes != 3]
    assert len(priced) == 2
    for name in priced:
        assert conditions.is_new(name, "adam")
        assert not conditions.is_new(name, "ga")
    assert conditions.is_new("float64", "ga")


def test_spaces_of_the_cube():
    space = conditions.problem("parity_5").protocol.network.space
    rng = np.random.default_rng(0)
    for make in (conditions.start_in_cube, conditions.stay_in_cube):
        points = make(space).sample(200, rng)
        assert 0.99 < np.abs(points).max() <= 1
        assert make(space).groups is space.groups
    assert conditions.start_in_cube(space).bounds is None
    assert (conditions.start_in_cube(space).scale == space.scale).all()
    assert (np.abs(conditions.stay_in_cube(space).bounds) == 1).all()


def test_runs_are_made_once(tmp_path, capsys):
    words = ["--budget", "20", "--seeds", "2", "--problems", "parity_5"]
    words += ["--optimizers", "adam", "ga", "--conditions", "float64", "a gradient costs 5"]
    words += ["--out", str(tmp_path)]
    fairness.main(words)
    first = (tmp_path / fairness.RUNS).read_text()
    assert len(first.splitlines()) == 2 * 2 * 2 + 2  # the price is nothing to ga
    printed = capsys.readouterr().out
    fairness.main(words)
    assert (tmp_path / fairness.RUNS).read_text() == first
    assert capsys.readouterr().out.split("\n\n")[1:] == printed.split("\n\n")[1:]
    content = json.loads((tmp_path / "fairness.json").read_text())
    assert content["agreement"]["float64"]["parity_5"]["tau"] == 1
