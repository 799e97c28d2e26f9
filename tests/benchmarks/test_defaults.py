"""The measurement of the defaults: what is changed, what is read, and what is printed."""

import numpy as np
import pytest

from metarnn import RNNClassifier, RNNRegressor
from metarnn.defaults import network_settings
from metarnn.optimizers import resolve_optimizer

#: The estimator's settings that the recorded accuracies of benchmarks.tasks.quality depend on.
OF_QUALITY = {
    **{"cell": "elman", "hidden": 16, "bidirectional": False, "readout": "last"},
    **{"optimizer": "adam", "budget": 3000, "alpha": 0.0, "scale": False, "n_best": 1},
}


def archive(folder, name="signs", y=("no", "yes"), flipped=True, lengths=(5, 5)):
    """Write a set of series whose sign is their target, in the test part its opposite."""
    rng = np.random.default_rng(0)
    content = {}
    for part, length in zip(("train", "test"), lengths, strict=True):
        sign = np.arange(12) % 2
        X = rng.normal(0, 0.1, (12, 5, 1)) + (2 * sign - 1)[:, None, None]
        asked = 1 - sign if part == "test" and flipped else sign
        content |= {f"X_{part}": X.astype(np.float32), f"y_{part}": np.array(y)[asked]}
        content[f"lengths_{part}"] = np.where(np.arange(12) < 3, length, 5)
    np.savez(folder / f"{name}.npz", **content)
    return folder


def rows(text):
    """Return the mean scores that are printed, by kind and label."""
    found, kind = {}, None
    for line in text.splitlines():
        if line.endswith(" seeds"):
            kind = line.partition(":")[0]
        elif line[:28].strip() and kind:
            found[kind, line[:28].strip()] = float(line[28:].split()[0])
    return found


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_a_contestant_differs_in_what_it_says_only(kind):
    from benchmarks.defaults import CHANGES, contestants

    usual = kind(random_state=3, n_threads=1).get_params(deep=False)
    made = contestants(rivals=False)
    assert list(made) == list(CHANGES)
    for label, change in CHANGES.items():
        model = made[label](kind is RNNRegressor, 3)
        assert type(model) is kind
        assert model.get_params(deep=False) == usual | change, label


def test_no_contestant_is_the_default_under_another_name():
    from benchmarks.defaults import CHANGES

    usual = RNNClassifier()
    n_best = usual._n_kept(resolve_optimizer(usual.optimizer))
    settings = {**usual.get_params(deep=False), **network_settings({}), "n_best": n_best}
    for label, change in CHANGES.items():
        same = [name for name, value in change.items() if settings[name] == value]
        assert not same, label
        assert (len(change) == 1) == (label != "default")
    words = [change["optimizer"] for change in CHANGES.values() if "optimizer" in change]
    optimizers = [usual.optimizer, *words]
    assert len({str(resolve_optimizer(each)) for each in optimizers}) == len(optimizers)


def test_folds_test_every_row_once():
    from benchmarks.defaults import folds

    y = np.repeat([0, 1], [8, 4])
    parts = list(folds([np.full((2, 1), row) for row in range(12)], y, 4, seed=0))
    tested = [int(x[0, 0]) for part in parts for x in part.X_test]
    assert sorted(tested) == list(range(12))
    for part in parts:
        assert not {int(x[0, 0]) for x in part.X} & {int(x[0, 0]) for x in part.X_test}
        assert part.y_test.tolist() == [0, 0, 1]
        assert [int(y[int(x[0, 0])]) for x in part.X] == part.y.tolist()


def test_every_problem_has_parts_of_one_form():
    from benchmarks.defaults import problems

    for kind, named in problems(None, False).items():
        for name, parts in named.items():
            part, other = next(iter(parts(0))), next(iter(parts(1)))
            assert (len(part.X), len(part.X_test)) == (len(part.y), len(part.y_test)), name
            assert type(part.X) is type(part.X_test)
            assert np.ndim(part.X[0]) == (1 if kind == "tables" else 2)
            for drawn in (part.X_test, other.X):
                pairs = zip(part.X, drawn, strict=False)
                assert not all(np.array_equal(one, another) for one, another in pairs), name


@pytest.mark.parametrize("lengths", [(5, 5), (5, 4), (4, 5), (4, 4)])
def test_parts_of_unequal_length_are_lists(lengths, tmp_path):
    from benchmarks.defaults import problems

    archive(tmp_path, lengths=lengths)
    (part,) = problems(tmp_path, True)["archive"]["signs"](0)
    for X, length in zip((part.X, part.X_test), lengths, strict=True):
        assert isinstance(X, np.ndarray if lengths == (5, 5) else list)
        assert [len(x) for x in X] == [length] * 3 + [5] * 9


@pytest.mark.slow
def test_a_test_part_is_read_for_rivals_only(tmp_path, capsys):
    from benchmarks.defaults import main

    words = ["--archive", str(archive(tmp_path)), "--kinds", "archive", "--only"]
    main([*words, "default", "not scaled"])
    assert rows(capsys.readouterr().out) == {
        ("archive", "default"): 1.0,
        ("archive", "not scaled"): 1.0,
    }
    main([*words, "metarnn, default", "logistic or ridge", "--rivals"])
    assert rows(capsys.readouterr().out) == {
        ("archive", "metarnn, default"): 0.0,
        ("archive", "logistic or ridge"): 0.0,
    }


@pytest.mark.slow
def test_numbers_are_judged_by_their_explained_variance(tmp_path, capsys):
    from benchmarks.defaults import main

    archive(tmp_path, y=(-2.0, 7.0), flipped=False)
    words = ["--archive", str(tmp_path), "--kinds", "archive", "--only"]
    main([*words, "default"])
    found = rows(capsys.readouterr().out)
    main([*words, "random forest", "logistic or ridge", "--rivals"])
    found |= rows(capsys.readouterr().out)
    assert len(found) == 3
    assert all(0.8 < score <= 1 for score in found.values())


@pytest.mark.slow
def test_sets_and_kinds_are_chosen(tmp_path, capsys):
    from benchmarks.defaults import main

    for name in ("one", "other"):
        archive(tmp_path, name)
    words = ["--sets", "iris", "other", "--rivals", "--only", "logistic or ridge", "--seeds", "2"]
    main(["--archive", str(tmp_path), *words])
    text = capsys.readouterr().out
    headings = [line for line in text.splitlines() if line.endswith(" seeds")]
    assert headings == ["tables: iris; 2 seeds", "archive: other; 2 seeds"]
    found = rows(text)
    assert found["tables", "logistic or ridge"] > 0.9
    assert found["archive", "logistic or ridge"] == 0


@pytest.mark.slow
def test_rivals_that_are_not_installed_are_named(capsys, monkeypatch):
    from benchmarks import defaults, rivals

    for label in ("torch GRU", "MiniRocket"):
        monkeypatch.delitem(rivals.RIVALS, label, raising=False)
    defaults.main(["--rivals", "--sets", "iris", "--only", "torch GRU", "logistic or ridge"])
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("not installed and left out: torch GRU, ")
    assert "MiniRocket" in first
    assert "random forest" not in first
    assert list(rows("\n".join(rest))) == [("tables", "logistic or ridge")]


def test_a_method_that_cannot_is_left_out_with_its_reason(capsys):
    from benchmarks.defaults import Part, measure

    part = Part(np.zeros((2, 3, 1)), np.array([0, 1]), np.zeros((2, 3, 1)), np.array([0, 1]))
    seeds = []

    def make(numbers, seed):
        seeds.append((numbers, seed))
        raise NotImplementedError("too many channels")

    assert np.isnan(measure(make, iter([part, part]), 7)).all()
    assert seeds == [(False, 70)]
    assert capsys.readouterr().out == "    left out: too many channels\n"
    with pytest.raises(ZeroDivisionError):
        measure(lambda numbers, seed: 1 / 0, iter([part]), 7)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TABLES", {"timesteps": 1, "scale": True, "alpha": 0.01}),
        ("DIGITS", {"cell": "gru", "bidirectional": True, "hidden": 32, "alpha": 1e-3}),
        ("SERIES", {"cell": "gru", "scale": True}),
    ],
)
def test_recorded_accuracies_do_not_follow_the_defaults(name, said):
    from benchmarks.tasks import quality

    assert getattr(quality, name) == OF_QUALITY | said


@pytest.mark.parametrize(
    "words", ["--kinds table", "--sets irys", "--only lstm", "--kinds archive"], ids=str
)
def test_a_word_that_names_nothing_is_refused(words, capsys):
    from benchmarks.defaults import main

    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2
    option, name = words.split()
    assert f"{option} names {name!r}; there are " in capsys.readouterr().err
