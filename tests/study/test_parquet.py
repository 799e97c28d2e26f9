"""The runs of a study as one Parquet file."""

import json

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.optimizers import History
from metarnn.runtimes import runtimes
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
    one_sentence(error, "none.parquet")
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
    one_sentence(error, "no such run", "seed 7")


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
