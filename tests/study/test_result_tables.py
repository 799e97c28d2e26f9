"""Tables for people: at most 80 columns, with every label in full."""

import numpy as np
import pytest
from helpers.fake_results import synthetic

from metarnn.report.settings import setting_rows
from metarnn.statistics import places
from metarnn.study import StudySettings

#: Words with settings as a search has found them; two are alike but for their ends.
LABELS = [
    "adam",
    "cuckoo:n_nests=8,discovery_rate=0.2512345678901234",
    "cuckoo:n_nests=8,discovery_rate=0.2512345678901235",
    "memetic:population={name=ga,population_size=20},refine_every=5,n_refined=12,refine_steps=100",
]


@pytest.mark.parametrize("scale", [1.0, 30.0, 5e5])
def test_long_labels_and_large_losses_stay_within_80_columns(scale):
    results = synthetic([("a data set whose name is long" * 3, "elman")], LABELS, n_seeds=3)
    for name in ("train_loss", "target"):
        results.runs[name] *= scale
    tables = results.table(), places(results, results.targets, n_resamples=20).text()
    for text in tables:
        assert max(map(len, text.splitlines())) <= 80, text
        assert all(label in text.replace("\n", "") for label in LABELS), text
    assert "inf" not in tables[0]


def test_a_report_shows_four_digits_of_settings():
    rate = 0.012345678901234567
    settings = StudySettings(
        datasets=["iris"], optimizers={"a": {"name": "adam", "learning_rate": rate}}, budget=20_000
    )
    rows = dict(setting_rows(settings))
    assert rows["optimizers: a"].endswith("learning_rate = 0.01235")
    assert rows["budget"] == "20000"
    assert settings.optimizers["a"]["learning_rate"] == rate
    assert np.isclose(float(rows["test_fraction"]), settings.test_fraction)
