"""Slips of who types a command for the first time: one sentence that says what to write."""

import pandas as pd
import pytest
from helpers.command_line import run
from helpers.error_checks import one_sentence

from metarnn import RecurrentFeaturesClassifier, RNNClassifier

SLIPS = {
    "fit nowhere.csv": "there is no file 'nowhere.csv'",
    "fit iris --loss f1 --output m.npz": "it is for two classes, expected f1_macro",
    "fit iris": "--output must name the file of the model",
    "compare iris --optimizers adam,rprop": "expected one name, or adam rprop as 2 words",
    "fit iris --optimizer adam,rprop --output m.npz": "expected one name",
    "compare iris --optimizers adam adam": "two entries called adam: leave one out",
    "--hidden 3 fit iris": "the command comes before its options: metarnn fit DATA --hidden",
    "--jobs 2 compare iris": "the command comes before its options: metarnn compare DATA --jobs",
    "fit --hidden 3 iris --output m.npz": "got 'iris' (the data come before it)",
    "compare iris --optimizers adam:learning_rate": "such as learning_rate=VALUE",
    "compare exp..": "and there is no file or folder exp..",
}


@pytest.mark.parametrize("words", SLIPS)
def test_a_slip_gets_one_sentence(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *words.split())
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert SLIPS[words] in err
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("kind", [RNNClassifier, RecurrentFeaturesClassifier])
def test_a_frame_with_words_names_the_column(kind):
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "kind": ["a", "b", "a"]})
    with pytest.raises(
        ValueError, match=r"^column 'kind' of X must hold numbers, got 'a'"
    ) as error:
        kind().fit(frame, frame["kind"])
    one_sentence(error, "leave it out if it is the target")
