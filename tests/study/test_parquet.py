"""The runs of a study as one Parquet file."""

import json
import re

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.optimizers import History
from metarnn.runtimes import runtimes
from metarnn.statistics import MEASURES, measured, places
from metarnn.study import Study, StudySettings, read_results
from metarnn.study.consistency import OF_FILE
from metarnn.study.parquet import KEY, read_runs, thinned
from metarnn.study.run import COLUMNS, Run

pytest.importorskip("pyarrow")

SETTINGS = {
    "datasets": ["iris", "xor"],
    "optimizers": ["adam", "cuckoo", "recurrent_features:n_features=20"],
    "networks": {"elman": {"hidden": 2}},
    "budget": 120,
    "seeds": 2,
}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A study that has run, and its file."""
    folder = tmp_path_factory.mktemp("published")
    study = Study(**SETTINGS, store=folder / "study.sqlite")
    study.run()
    return study, study.export_runs(folder / "study.parquet")


def test_runs_come_back_with_all_that_statistics_need(published, tmp_path):
    study, path = published
    other = Study(**SETTINGS, store=tmp_path / "other.sqlite")
    assert other.import_runs(path) == len(study.plan) == 12
    before, after = study.results(), other.results()
    assert before.runs.equals(after.runs)
    assert before.targets == after.targets
    for problem, targets in before.targets.items():
        pairs = zip(before.runs["dataset"], before.runs["network"], strict=True)
        rows = [row for row, pair in enumerate(pairs) if pair == problem]
        whole, short = (
            runtimes([results.histories[row] for row in rows], targets)
            for results in (before, after)
        )
        assert np.array_equal(whole, short, equal_nan=True)
    assert other.run().runs.equals(before.runs)  # nothing is left to do
    assert other.import_runs(path) == 0


def test_results_are_read_without_the_data(published):
    study, path = published
    before, after = study.results(), read_results(path, study.settings)
    order = ["dataset", "optimizer", "seed"]
    tables = [results.runs.sort_values(order, ignore_index=True) for results in (before, after)]
    assert tables[0].equals(tables[1])
    assert after.targets == before.targets
    assert places(before, before.targets).text() == places(after, after.targets).text()
    for measure, targets in [*((name, None) for name in MEASURES), ("area", before.targets)]:
        ours, theirs = (measured(results, measure, targets) for results in (before, after))
        columns = [theirs.optimizers.index(name) for name in ours.optimizers]
        rows = [theirs.problems.index(problem) for problem in ours.problems]
        np.testing.assert_array_equal(theirs.values[np.ix_(rows, columns)], ours.values)
    assert after.environment == before.environment
    less = StudySettings.of(SETTINGS | {"optimizers": ["adam"], "seeds": 1})
    assert len(read_results(path, less).runs) == 2
    with pytest.raises(ValueError, match="no runs of the optimizers ga"):
        read_results(path, StudySettings.of(SETTINGS | {"optimizers": ["ga"]}))


def test_more_seeds_go_on_from_a_file(published, tmp_path):
    _, path = published
    more = Study(**SETTINGS | {"seeds": 3}, store=tmp_path / "more.sqlite")
    more.import_runs(path)
    assert sum(state == "missing" for state in more.status().values()) == 6
    whole = Study(**SETTINGS | {"seeds": 3})
    columns = [name for name in COLUMNS if "seconds" not in name]
    assert more.run().runs[columns].equals(whole.run().runs[columns])


def test_runs_of_other_conditions_are_refused(published, tmp_path):
    _, path = published
    other = Study(**SETTINGS | {"budget": 130}, store=tmp_path / "other.sqlite")
    with pytest.raises(ValueError, match="holds runs") as error:
        other.import_runs(path)
    one_sentence(error, "study.parquet", "budget = 120", OF_FILE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"datasets": {"iris": {"name": "wine"}}}, "runs on other data"),
        ({"optimizers": {"adam": {"learning_rate": 0.5}}}, "optimizers.adam.learning_rate = 0.0"),
    ],
)
def test_what_is_refused_of_a_file_says_what_to_do_about_the_file(published, change, words):
    with pytest.raises(ValueError, match="holds runs") as error:
        Study(**SETTINGS | change).import_runs(published[1])
    one_sentence(error, "study.parquet", words, OF_FILE)
    assert "store" not in str(error.value)


def test_files_that_hold_no_runs(tmp_path, published):
    import pandas as pd

    with pytest.raises(FileNotFoundError) as error:
        read_runs(tmp_path / "none.parquet")
    one_sentence(error, "none.parquet", "name what 'metarnn study export --format parquet' has")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("no")
    for name in ("other.parquet", "text.parquet"):
        with pytest.raises(ValueError, match="no runs") as error:
            read_runs(tmp_path / name)
        one_sentence(error, name, "no runs of metarnn")
    with pytest.raises(FileExistsError):
        published[0].export_runs(published[1])


def test_a_thinned_curve_reaches_every_target_when_the_whole_one_does():
    rng, history = np.random.default_rng(3), History()
    losses = np.sort(rng.random(300))[::-1]
    for i, loss in enumerate(losses):
        history.improve(i + 1.0, i / 10, loss)
    targets = np.geomspace(1, 1e-3, 12)
    short = thinned(history, targets)
    assert len(short) <= 14 < 300
    for target in targets:
        reached = history.reached(target)
        rows = np.flatnonzero(short[:, 2] <= target)
        assert (tuple(short[rows[0], :2]) if len(rows) else None) == reached
    assert short[-1, 2] == losses[-1]
    assert thinned(History(), targets).shape == (0, 3)


def test_a_run_is_made_again(published):
    study, _ = published
    run = study.repeat("iris", "cuckoo", 1)
    row = study.results().runs.set_index(["dataset", "optimizer", "seed"]).loc["iris", "cuckoo", 1]
    assert run.record["train_loss"] == row["train_loss"]
    with pytest.raises(ValueError, match="no such run") as error:
        study.repeat("iris", "cuckoo", 7)
    one_sentence(error, "no such run, whose seeds are 0, 1, got iris, cuckoo, seed 7")
    many = Study(**SETTINGS | {"seeds": 20})
    with pytest.raises(ValueError, match=r"whose seeds are 0, 1, 2, 3, 4, \.\.\., 19, got iris"):
        many.repeat("iris", "cuckoo", 20)
    for names in (("irs", "cuckoo"), ("iris", "cucko"), ("iris", "cuckoo", 1, "elmann")):
        with pytest.raises(ValueError, match=r"unknown .* of the study '.*did you mean") as error:
            study.repeat(*names[:2], *names[2:] or [1])
        one_sentence(error)


def test_a_run_is_made_again_where_other_data_are_missing(published, tmp_path):
    study, _ = published
    datasets = {"iris": {}, "gone": {"path": "gone.csv", "target": "kind"}}
    networks = {"elman": {"hidden": 2}, "gru": {"hidden": 2, "datasets": ["gone"]}}
    other = Study(
        **SETTINGS | {"datasets": datasets, "networks": networks},
        folder=tmp_path, store=tmp_path / "other.sqlite",
    )  # fmt: skip
    with pytest.raises(FileNotFoundError, match=r"gone\.csv"):
        other.check()
    again, before = (one.repeat("iris", "cuckoo", 1) for one in (other, study))
    assert again.record["train_loss"] == before.record["train_loss"]
    with pytest.raises(FileNotFoundError, match=r"gone\.csv"):
        other.repeat("gone", "cuckoo", 1)


def test_a_run_of_a_suite_is_made_again_alone():
    settings = StudySettings(suite="suite-1", optimizers=["cuckoo", "adam"], seeds=2, budget=60)
    run = Study(settings).repeat("parity_5", "cuckoo", 1)
    assert (run.key.dataset, run.record["passes"]) == ("parity_5", 60)


def test_a_good_run_takes_the_place_of_one_that_failed(published, tmp_path):
    study, path = published
    other = Study(**SETTINGS, store=tmp_path / "other.sqlite")
    other.import_runs(path)
    with other._open() as store:
        store.add(Run.failed(other.plan[0], "no memory").record, None)
    assert other.import_runs(path) == 1
    assert set(other.status().values()) == {"done"}
    failed = Study(**SETTINGS, store=tmp_path / "failed.sqlite")
    failed.import_runs(path)
    with failed._open() as store:
        store.add(Run.failed(failed.plan[0], "no memory").record, None)
    worse = failed.export_runs(tmp_path / "failed.parquet")
    assert other.import_runs(worse) == 0
    assert other.results().runs.equals(study.results().runs)


def test_runs_to_another_loss_of_a_data_set_are_refused(published, tmp_path):
    _, path = published
    own = SETTINGS | {"datasets": {"iris": {}, "xor": {"target_loss": 0.3}}}
    with pytest.raises(
        ValueError, match=r"datasets.xor.target_loss = 0.0693147181, and now"
    ) as raised:
        Study(**own, store=tmp_path / "other.sqlite").import_runs(path)
    one_sentence(raised, f"give 0.0693147181, or {OF_FILE}")


@pytest.mark.parametrize("said", [[], {"format": 1}, {"format": "x"}, {"sessions": [1]}])
def test_a_file_that_says_something_else_is_refused(published, tmp_path, said):
    import pyarrow.parquet as pq

    table = pq.read_table(published[1])
    about = json.loads(table.schema.metadata[KEY])
    about = said if "sessions" not in said else about | said
    path = tmp_path / "other.parquet"
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(about).encode()}), path)
    with pytest.raises(ValueError, match=r"holds no runs of metarnn|is damaged") as raised:
        read_runs(path)
    one_sentence(raised)


#: What may stand in a damaged file in the place of any value.
HOSTILE = None, True, -1, 1e300, "", "x", [], [None], [[]], {}, {"": None}, {"iris": 3}


def ways_to_values(value, way=()):
    """Yield the keys that lead to every value inside of one."""
    pairs = {dict: dict.items, list: enumerate}.get(type(value), lambda _: ())(value)
    for key, inner in pairs:
        yield (*way, key)
        yield from ways_to_values(inner, (*way, key))


def damaged(text, way, *values):
    """Return JSON with another value at the end of a way, or without any."""
    about = inner = json.loads(text)
    for key in way[:-1]:
        inner = inner[key]
    inner.pop(way[-1])
    for value in values:
        if isinstance(inner, dict):
            inner[way[-1]] = value
        else:
            inner.insert(way[-1], value)
    return json.dumps(about).encode()


def fault_of_reading(read, path):
    """Return the sentence that refuses a file, or one that could stand for it."""
    try:
        read(path)
    except ValueError as error:
        return str(error)
    return f"{path} is read."


@pytest.mark.parametrize("n", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_whatever_a_file_says_is_read_or_refused(n, published, tmp_path):
    import pyarrow.parquet as pq

    table, path = pq.read_table(published[1]), tmp_path / "other.parquet"
    text, study = table.schema.metadata[KEY], Study(**SETTINGS)
    rng = np.random.default_rng(0)
    ways = [("targets",), ("sessions",), ("sessions", 0), ("format",), ("conditions",)]
    ways += [("conditions", name) for name in ("datasets", "networks", "optimizers")]
    said = [b"[" * 10**5, b"\xff", b"{}", b"null", b'"x"', text[:-9], text.replace(b":", b",", 1)]
    said += [damaged(text, way, value) for way in ways for value in HOSTILE[:: 45 // n + 1]]
    every = [*ways_to_values(json.loads(text))]
    for row in rng.integers(len(every), size=n):
        value = HOSTILE[rng.integers(len(HOSTILE))]
        said.append(damaged(text, every[row], *[value] * (rng.random() < 0.75)))
    for words in said:
        pq.write_table(table.replace_schema_metadata({KEY: words}), path)
        for read in (study.import_runs, lambda path: read_results(path, study.settings).table()):
            sentence = fault_of_reading(read, path)
            assert re.fullmatch(rf"{re.escape(str(path))} [^\n]+\.", sentence), sentence


def test_results_that_were_read_are_written_as_they_are(published, tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    study, path = published
    results = study.results()
    monkeypatch.setattr(Study, "results", None)  # nothing is read twice
    again = study.export_runs(tmp_path / "again.parquet", results=results)
    assert pq.read_table(again).equals(pq.read_table(path), check_metadata=True)


def test_a_curve_with_columns_of_several_lengths_is_refused(published, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(published[1])
    place = table.column_names.index("curve_passes")
    column = pa.array([[1.0]] * len(table))
    path = tmp_path / "other.parquet"
    pq.write_table(table.set_column(place, "curve_passes", column), path)
    with pytest.raises(ValueError, match="several lengths"):
        read_runs(path)
