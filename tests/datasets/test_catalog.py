"""Every data set of the table, and what `load` refuses."""

import dataclasses
import inspect
import os
import pickle
import random
from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn import datasets
from metarnn.datasets.tables.uci import UCI_TABLES

#: The tables that must be had by the user: without their files nothing is loaded here.
NEED_FILES = pytest.mark.skipif("METARNN_DATA" not in os.environ, reason="needs METARNN_DATA")
NAMES = [
    pytest.param(name, marks=NEED_FILES) if name in UCI_TABLES else name
    for name in datasets.DATASETS
    if name != "ucr"  # one of many, whose files are nowhere by default
]
LOADABLE = [
    name
    for name in datasets.DATASETS
    if name != "ucr" and (name not in UCI_TABLES or "METARNN_DATA" in os.environ)
]
SEEDED = [
    name for name, make in datasets.DATASETS.items() if "seed" in inspect.signature(make).parameters
]


# --- Every data set of the table ---------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_loads_with_its_defaults(name: str) -> None:
    data = datasets.load(name)
    assert data.name == name
    assert data.X.dtype == (np.float64 if data.n_tokens is None else np.int64)
    assert data.X.ndim in (2, 3)
    assert np.isfinite(data.X).all()
    assert data.shape == data.X.shape
    assert data.y.dtype == np.int64
    assert data.y.shape[:1] == (data.n_sequences,) == (len(data.X),)
    assert data.n_classes == len(data.classes) >= 2
    met = set(data.y.ravel().tolist())
    if name == "number_words":
        # Not scored are the places after the digits, and "end" is for the decoder to say.
        assert met == {-1, *range(10)}
        assert data.classes[-1] == "end"
    elif name == "embedded_reber":
        # B is the first symbol of all and of the inner string, after which -1 fills up.
        assert met == {-1, *range(7)}
    else:
        assert met == set(range(data.n_classes))


def test_cannot_be_written_to() -> None:
    for name in LOADABLE:
        data = datasets.load(name)
        with pytest.raises(ValueError, match="read-only"):
            data.X[0] = 0
        with pytest.raises(ValueError, match="read-only"):
            data.y[0] = 0
        if data.lengths is not None:
            with pytest.raises(ValueError, match="read-only"):
                data.lengths[0] = 1
        with pytest.raises(dataclasses.FrozenInstanceError):
            data.name = "other"  # type: ignore[misc]


def test_describes_itself_in_78_columns() -> None:
    for name in LOADABLE:
        data = datasets.load(name)
        lines = data.describe().splitlines()
        assert max(map(len, lines)) <= 78
        assert "\N{NO-BREAK SPACE}" not in data.describe()
        text = " ".join(data.describe().split())
        assert text.startswith(f"{name}: {data.description}")
        assert data.license in text
        for i, label in enumerate(data.classes):
            assert f"{label} ({np.sum(data.y == i)})" in text


def test_same_options_give_equal_arrays() -> None:
    for name in LOADABLE:
        one, two = datasets.load(name), datasets.load(name)
        np.testing.assert_array_equal(one.X, two.X)
        np.testing.assert_array_equal(one.y, two.y)
        np.testing.assert_array_equal(one.lengths, two.lengths)
        assert not np.shares_memory(one.X, two.X)


def test_the_table_has_seeded_tasks() -> None:
    assert SEEDED == [
        "latch",
        "two_sequence",
        "delayed_recall",
        "adding",
        "temporal_order",
        "copy_memory",
        "embedded_reber",
        "tomita",
        "flip_flop",
        "number_words",
        "cylinder_bell_funnel",
        "control_charts",
        "two_patterns",
        "waveform",
        "begin_middle_end",
        "up_middle_down",
        "hidden_shape",
        "arma",
        "mackey_glass",
        "tone",
        "chirp",
        "lead_lag",
    ]


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_gives_other_arrays(name: str) -> None:
    one, two = datasets.load(name, seed=1), datasets.load(name, seed=2)
    # Strings of a grammar are as long as they come.
    assert one.shape == two.shape or name == "embedded_reber"
    assert not np.array_equal(one.X, two.X)
    assert not np.array_equal(one.y, two.y)


def test_leaves_the_global_random_states_alone() -> None:
    for name in LOADABLE:
        legacy, python = pickle.dumps(np.random.get_state()), random.getstate()  # noqa: NPY002
        datasets.load(name)
        assert pickle.dumps(np.random.get_state()) == legacy  # noqa: NPY002
        assert random.getstate() == python


def test_says_whether_it_is_all_there_is() -> None:
    for name in LOADABLE:
        assert datasets.load(name).exhaustive == (name in {"parity", "xor", "noise_free_lag"})


def test_shape_in_words() -> None:
    assert "150 rows of 4 features\n" in datasets.load("iris").describe()
    assert "1797 sequences of 8 steps of 8 inputs\n" in datasets.load("digits").describe()
    assert "64 sequences of 6 steps of 1 input, all that exist\n" in (
        datasets.load("parity", n_bits=6).describe()
    )


def test_package_has_one_name() -> None:
    spec = datasets.__spec__
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    with pytest.raises(ImportError, match=r"metarnn\.datasets, not as 'datasets'"):
        exec(compile(source, spec.origin, "exec"), {"__name__": "datasets"})


@pytest.mark.parametrize(
    ("name", "options", "parts"),
    [
        ("pairty", {}, ["'pairty'", "did you mean 'parity'?", "'metarnn list datasets'"]),
        ("IRIS", {}, ["did you mean 'iris'?"]),
        ("parity", {"bits": 5}, ["of parity 'bits'", "did you mean 'n_bits'?"]),
        ("iris", {"seed": 1}, ["of iris 'seed'", "there is none"]),
        ("parity", {"n_bits": 1}, ["n_bits is 1", "2 to 16", "n_bits=7"]),
        ("parity", {"n_bits": 17}, ["n_bits is 17", "2 to 16"]),
        ("parity", {"n_bits": "5"}, ["n_bits is '5'", "whole number"]),
        ("parity", {"n_bits": 5.0}, ["n_bits is 5.0", "whole number"]),
        ("parity", {"n_bits": True}, ["n_bits is True", "whole number"]),
        ("parity", {"per_step": "yes"}, ["per_step is 'yes'", "True or False", "per_step=False"]),
        ("digits", {"layout": "columns"}, ["'columns'", "rows, pixels, permuted, grid"]),
        ("adding", {"n_sequences": 0}, ["n_sequences is 0", "from 1 up"]),
        ("adding", {"n_steps": 1}, ["n_steps is 1", "from 2 up"]),
        ("adding", {"seed": -1}, ["seed is -1", "from 0 up"]),
        ("temporal_order", {"n_sequences": 3}, ["n_sequences is 3", "from 4 up"]),
        ("temporal_order", {"n_steps": 9}, ["n_steps is 9", "from 10 up"]),
        ("copy_memory", {"lag": 0}, ["lag is 0", "from 1 up"]),
        ("copy_memory", {"n_copied": 0}, ["n_copied is 0", "from 1 up"]),
        ("copy_memory", {"n_symbols": 1}, ["n_symbols is 1", "from 2 up"]),
        ("number_words", {"largest": 8}, ["largest is 8", "9 to 999999"]),
        ("number_words", {"largest": 10**6}, ["largest is 1000000", "9 to 999999"]),
        ("number_words", {"n_sequences": 101, "largest": 99}, ["n_sequences is 101", "1 to 100"]),
        ("number_words", {"smallest": 1000}, ["smallest is 1000", "0 to 999"]),
        ("number_words", {"n_sequences": 81, "largest": 99, "smallest": 20}, ["1 to 80"]),
        ("latch", {"n_sequences": 1}, ["n_sequences is 1", "from 2 up"]),
        ("latch", {"n_steps": True}, ["n_steps is True", "whole number"]),
        ("latch", {"n_steps": 0}, ["n_steps is 0", "from 1 up"]),
        ("latch", {"noise": -0.1}, ["noise is -0.1", "noise=0.2"]),
        ("latch", {"noise": float("nan")}, ["noise is nan"]),
        ("latch", {"noise": "much"}, ["noise is 'much'"]),
        ("latch", {"seed": None}, ["seed is None", "from 0 up"]),
        ("two_sequence", {"n_marked": 0}, ["n_marked is 0", "1 to 100"]),
        ("two_sequence", {"n_marked": 101}, ["n_marked is 101", "1 to 100"]),
        ("two_sequence", {"noise": float("inf")}, ["noise is inf", "from 0 up"]),
        ("delayed_recall", {"n_symbols": 1}, ["n_symbols is 1", "from 2 up"]),
        ("delayed_recall", {"n_sequences": 3}, ["n_sequences is 3", "from 4 up"]),
        ("delayed_recall", {"lag": -1}, ["lag is -1", "lag=8"]),
    ],
)
def test_load_says_what_is_wrong(name: str, options: dict[str, object], parts: list[str]) -> None:
    with pytest.raises(ValueError, match=name) as error:
        datasets.load(name, **options)
    one_sentence(error, *parts)


def test_load_makes_no_wild_guess() -> None:
    with pytest.raises(ValueError, match="unknown data set 'zzz'; 'metarnn") as error:
        datasets.load("zzz")
    one_sentence(error, "'metarnn list datasets'")
