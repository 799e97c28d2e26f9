"""Texts that a spreadsheet would run are shielded in CSV, numbers are not, and all come back."""

import numpy as np
import pandas as pd
import pytest

from metarnn import RNNClassifier
from metarnn.cli import main
from metarnn.datasets import read_table
from metarnn.datasets.csv_tables import csv_text
from metarnn.datasets.readers.formulas import shielded, unshielded

FORMULAS = ["=1+1", "+cmd", "-a", "@sum", "\tx", "\rx", "\nx", "'=x", "''@x", "\uff1dx", "=", "-"]
PLAIN = ["a", "", "'", "'a", "a=b", "-1.5", "+2", "-1e5", "1", "O'Hara"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_a_mark(text):
    assert shielded(text) == f"'{text}"
    assert unshielded(shielded(text)) == text


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_stay(text):
    assert shielded(text) == text
    assert unshielded(text) == text


def test_a_table_comes_back(tmp_path):
    frame = pd.DataFrame({"=name": ["=1+1", "-1.5", "@x"], "value": [-1.0, 2.0, -3.5]})
    path = tmp_path / "table.csv"
    path.write_text(csv_text(frame))
    assert path.read_text().splitlines()[:3] == ["'=name,value", "'=1+1,-1.0", "-1.5,2.0"]
    again = read_table(path)
    assert list(again.columns) == ["=name", "value"]
    assert again["=name"].astype(str).tolist() == ["=1+1", "-1.5", "@x"]
    assert again["value"].astype(float).tolist() == [-1.0, 2.0, -3.5]


def test_predictions_hold_no_formula(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), np.repeat(["=cmd|' /C calc'!A0", "@b"], 10)
    model, rows, output = (tmp_path / name for name in ("m.npz", "rows.csv", "predictions.csv"))
    RNNClassifier(hidden=2, budget=30, random_state=0).fit(X, y).save(model)
    pd.DataFrame(X).to_csv(rows, index=False)
    assert main(["predict", str(model), str(rows), "--proba", "--output", str(output)]) == 0
    cells = [cell for line in output.read_text().splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.lstrip('"').startswith(("=", "+", "@"))]
