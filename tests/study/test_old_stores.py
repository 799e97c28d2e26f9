"""Stores that earlier versions wrote are read, reported and continued."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from metarnn.report import write_report
from metarnn.study import Study, read_settings

STORES = Path(__file__).parent / "stores"


@pytest.fixture
def study(tmp_path):
    for name in ("version_1.toml", "version_1.sqlite"):
        shutil.copy(STORES / name, tmp_path)
    return Study(read_settings(tmp_path / "version_1.toml"), store=tmp_path / "version_1.sqlite")


def test_a_store_of_version_1_is_read_and_reported(study, tmp_path):
    assert set(study.status().values()) == {"done"}
    results = study.results()
    runs = results.runs
    assert runs.groupby(["dataset", "network"]).size().to_dict() == {
        ("iris", "elman"): 12,
        ("iris", "gru"): 12,
        ("xor", "elman"): 6,
    }
    assert runs["train_loss"].between(0, 1).all()
    for row, history in zip(runs.itertuples(), results.histories, strict=True):
        assert history.best[-1] == row.train_loss
    page = write_report(results, tmp_path / "report.html").read_text()
    assert "small_cuckoo" in page


def test_a_store_of_version_1_is_continued(study, tmp_path):
    before = study.results().runs
    text = (tmp_path / "version_1.toml").read_text()
    (tmp_path / "version_1.toml").write_text(text.replace("seeds = [3, 4]", "seeds = [3, 4, 5]"))
    longer = Study(read_settings(tmp_path / "version_1.toml"), store=study.store)
    after = longer.run().runs
    assert len(after) == 1.5 * len(before)
    kept = after[after["seed"] != 5].reset_index(drop=True)
    np.testing.assert_array_equal(kept["seconds"], before["seconds"])  # its own: not run again
    assert (after.loc[after["seed"] == 5, "status"] == "done").all()


def test_other_settings_of_a_renamed_kind_are_refused(study, tmp_path):
    text = (tmp_path / "version_1.toml").read_text()
    (tmp_path / "version_1.toml").write_text(text.replace("refine_every=2", "refine_every=3"))
    changed = Study(read_settings(tmp_path / "version_1.toml"), store=study.store)
    with pytest.raises(ValueError, match=r"optimizers.memetic.refine_every = 2, and now it is 3"):
        changed.run()
