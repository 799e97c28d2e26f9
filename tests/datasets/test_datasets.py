"""Every data set of the table, and the reader of the user's own files."""

import dataclasses
import inspect
import itertools
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


@pytest.mark.parametrize("name", NAMES)
def test_cannot_be_written_to(name: str) -> None:
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


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself_in_78_columns(name: str) -> None:
    data = datasets.load(name)
    lines = data.describe().splitlines()
    assert max(map(len, lines)) <= 78
    assert "\N{NO-BREAK SPACE}" not in data.describe()
    text = " ".join(data.describe().split())
    assert text.startswith(f"{name}: {data.description}")
    assert data.license in text
    for i, label in enumerate(data.classes):
        assert f"{label} ({np.sum(data.y == i)})" in text


@pytest.mark.parametrize("name", NAMES)
def test_same_options_give_equal_arrays(name: str) -> None:
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
    ]


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_gives_other_arrays(name: str) -> None:
    one, two = datasets.load(name, seed=1), datasets.load(name, seed=2)
    # Strings of a grammar are as long as they come.
    assert one.shape == two.shape or name == "embedded_reber"
    assert not np.array_equal(one.X, two.X)
    assert not np.array_equal(one.y, two.y)


@pytest.mark.parametrize("name", NAMES)
def test_leaves_the_global_random_states_alone(name: str) -> None:
    legacy, python = pickle.dumps(np.random.get_state()), random.getstate()  # noqa: NPY002
    datasets.load(name)
    assert pickle.dumps(np.random.get_state()) == legacy  # noqa: NPY002
    assert random.getstate() == python


@pytest.mark.parametrize("name", NAMES)
def test_says_whether_it_is_all_there_is(name: str) -> None:
    assert datasets.load(name).exhaustive == (name in {"parity", "xor", "noise_free_lag"})


def test_shape_in_words() -> None:
    assert (
        "150 rows of 4 features, read as 4 steps of 1 input\n" in datasets.load("iris").describe()
    )
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


# --- Tables ------------------------------------------------------------------------------


def test_iris_is_fishers_first_and_last_flower() -> None:
    data = datasets.load("iris")
    np.testing.assert_array_equal(data.X[[0, -1]], [[5.1, 3.5, 1.4, 0.2], [5.9, 3.0, 5.1, 1.8]])
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(data.y).tolist() == [50, 50, 50]


@pytest.mark.parametrize(
    ("name", "shape", "counts"),
    [
        ("wine", (178, 13), [59, 71, 48]),
        ("breast_cancer", (569, 30), [212, 357]),
        ("digits", (1797, 8, 8), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
    ],
)
def test_tables_have_their_published_sizes(
    name: str, shape: tuple[int, ...], counts: list[int]
) -> None:
    data = datasets.load(name)
    assert data.shape == shape
    assert np.bincount(data.y).tolist() == counts


@pytest.mark.parametrize(
    ("layout", "shape", "words"),
    [
        ("rows", (8, 8), "1797 sequences of 8 steps of 8 inputs"),
        ("pixels", (64, 1), "1797 sequences of 64 steps of 1 input"),
        ("grid", (8, 8, 1), "1797 images of 8 by 8 pixels of 1 input"),
    ],
)
def test_digits_has_three_layouts(layout: str, shape: tuple[int, ...], words: str) -> None:
    data, rows = datasets.load("digits", layout=layout), datasets.load("digits")
    assert data.shape == (1797, *shape)
    np.testing.assert_array_equal(data.X.ravel(), rows.X.ravel())
    np.testing.assert_array_equal(data.y, rows.y)
    assert words + "\n" in data.describe()


def test_digits_reads_an_image_row_by_row() -> None:
    from sklearn.datasets import load_digits

    table = load_digits()
    data = datasets.load("digits")
    np.testing.assert_array_equal(data.X[3, 2] * 16, table.data[3, 16:24])
    assert data.X.min() == 0
    assert data.X.max() == 1
    assert [data.classes[i] for i in data.y[:10]] == list("0123456789")


# --- Tasks -------------------------------------------------------------------------------


@pytest.mark.parametrize("n_bits", [2, 3, 7])
def test_parity_per_step_is_that_of_each_beginning(n_bits: int) -> None:
    data = datasets.load("parity", n_bits=n_bits, per_step=True)
    assert data.exhaustive
    for x, labels in zip(data.X, data.y, strict=True):
        bits = (x[:, 0] > 0).tolist()
        assert labels.tolist() == [sum(bits[: t + 1]) % 2 for t in range(n_bits)]


@pytest.mark.parametrize("n_bits", [2, 3, 7])
def test_parity_is_its_definition(n_bits: int) -> None:
    data = datasets.load("parity", n_bits=n_bits)
    strings = list(itertools.product((-1, 1), repeat=n_bits))
    assert data.shape == (2**n_bits, n_bits, 1)
    for x, label, bits in zip(data.X, data.y, strings, strict=True):
        assert tuple(x[:, 0]) == bits
        assert data.classes[label] == ("odd" if bits.count(1) % 2 else "even")


def test_largest_parity() -> None:
    data = datasets.load("parity", n_bits=16)
    assert len(np.unique(data.X[:, :, 0], axis=0)) == 2**16
    assert np.bincount(data.y).tolist() == [2**15, 2**15]


def test_xor_is_exclusive_or() -> None:
    data = datasets.load("xor")
    table = {tuple(x[:, 0]): data.classes[label] for x, label in zip(data.X, data.y, strict=True)}
    assert table == {(-1, -1): "even", (-1, 1): "odd", (1, -1): "odd", (1, 1): "even"}


def test_latch_class_is_the_first_input() -> None:
    data = datasets.load("latch")
    assert data.shape == (200, 20, 1)
    assert [data.classes[label] for label in data.y] == [f"{x:+.0f}" for x in data.X[:, 0, 0]]
    assert np.bincount(data.y).tolist() == [100, 100]


def test_latch_noise_is_gaussian_with_that_deviation() -> None:
    noise = datasets.load("latch", n_sequences=1000, n_steps=101, noise=0.2, seed=3).X[:, 1:, 0]
    # Five standard errors of each moment of 100 000 draws.
    assert noise.mean() == pytest.approx(0, abs=5 * 0.2 / 100_000**0.5)
    assert noise.std() == pytest.approx(0.2, abs=5 * 0.2 / 200_000**0.5)
    assert np.mean((noise / 0.2) ** 4) == pytest.approx(3, abs=5 * (96 / 100_000) ** 0.5)


def test_latch_later_inputs_tell_nothing() -> None:
    data = datasets.load("latch", n_sequences=4000, n_steps=6)
    for step in range(1, 6):
        # Five standard errors of a correlation of zero.
        assert abs(np.corrcoef(data.X[:, step, 0], data.y)[0, 1]) < 5 / 4000**0.5


def test_latch_noise_scales_and_vanishes() -> None:
    small, large = datasets.load("latch", noise=0.1), datasets.load("latch", noise=0.4)
    np.testing.assert_allclose(4 * small.X[:, 1:], large.X[:, 1:])
    assert not datasets.load("latch", noise=0).X[:, 1:].any()


def test_delayed_recall_class_is_the_symbol_at_the_cue() -> None:
    data = datasets.load("delayed_recall", n_sequences=60, n_symbols=3, lag=5)
    assert data.shape == (60, 6, 4)
    distractors = set()
    for x, label in zip(data.X, data.y, strict=True):
        steps = x.tolist()
        symbols = [step[:3].index(1.0) for step in steps]
        assert [sum(step[:3]) for step in steps] == [1.0] * 6
        assert [step[3] for step in steps] == [1.0] + [0.0] * 5
        assert symbols[0] == label
        assert data.classes[label] == f"symbol {label}"
        distractors.update((int(label), symbol) for symbol in symbols[1:])
    # Each symbol follows each class, its own among them.
    assert distractors == set(itertools.product(range(3), repeat=2))


@pytest.mark.parametrize("lag", [1, 8])
def test_delayed_recall_needs_memory(lag: int) -> None:
    def last_step(seed: int) -> tuple[np.ndarray, np.ndarray]:
        data = datasets.load("delayed_recall", n_sequences=8000, lag=lag, seed=seed)
        return data.X[:, -1, :4].argmax(axis=1), data.y

    shown, label = last_step(seed=0)
    best = np.array([np.bincount(label[shown == symbol]).argmax() for symbol in range(4)])
    shown, label = last_step(seed=1)
    # Five standard errors of a success rate of one in four.
    assert np.mean(best[shown] == label) == pytest.approx(0.25, abs=5 * (0.1875 / 8000) ** 0.5)


def test_delayed_recall_without_lag_needs_none() -> None:
    data = datasets.load("delayed_recall", lag=0)
    np.testing.assert_array_equal(data.X[:, -1, :4].argmax(axis=1), data.y)


@pytest.mark.parametrize(
    ("name", "options", "counts"),
    [
        ("latch", {"n_sequences": 7}, [4, 3]),
        ("delayed_recall", {"n_sequences": 10, "n_symbols": 4}, [3, 3, 2, 2]),
    ],
)
def test_classes_are_as_equal_as_they_can_be(
    name: str, options: dict[str, int], counts: list[int]
) -> None:
    y = datasets.load(name, **options).y
    assert np.bincount(y).tolist() == counts
    assert (np.diff(datasets.load(name).y) < 0).any()


# --- Errors of load and Dataset ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "parts"),
    [
        ("pairty", {}, ["'pairty'", "did you mean 'parity'?", *datasets.DATASETS]),
        ("IRIS", {}, ["did you mean 'iris'?"]),
        ("parity", {"bits": 5}, ["'parity'", "'bits'", "n_bits=7"]),
        ("iris", {"seed": 1}, ["'iris'", "'seed'", "no options"]),
        ("parity", {"n_bits": 1}, ["n_bits is 1", "2 to 16", "n_bits=7"]),
        ("parity", {"n_bits": 17}, ["n_bits is 17", "2 to 16"]),
        ("parity", {"n_bits": "5"}, ["n_bits is '5'", "whole number"]),
        ("parity", {"n_bits": 5.0}, ["n_bits is 5.0", "whole number"]),
        ("parity", {"n_bits": True}, ["n_bits is True", "whole number"]),
        ("parity", {"per_step": "yes"}, ["per_step is 'yes'", "True or False", "per_step=False"]),
        ("digits", {"layout": "columns"}, ["layout is 'columns'", "rows, pixels, permuted, grid"]),
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
    with pytest.raises(ValueError, match="there is no data set 'zzz', expected") as error:
        datasets.load("zzz")
    one_sentence(error, *datasets.DATASETS)


def make(**changes: object) -> datasets.Dataset:
    fields: dict[str, object] = {
        "name": "toy",
        "X": [[0.0], [1.0]],
        "y": [0, 1],
        "classes": ("a", "b"),
        "description": "Two numbers.",
        "source": "a test",
        "license": "none",
    }
    return datasets.Dataset(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"X": [["a"], ["b"]]}, "array of numbers"),
        ({"X": [[0.0], [1.0, 2.0]]}, "array of numbers"),
        ({"X": [0.0, 1.0]}, "shape (2,)"),
        ({"X": np.zeros((2, 1, 1, 1, 1))}, "shape (2, 1, 1, 1, 1)"),
        ({"X": [[], []]}, "shape (2, 0)"),
        ({"X": [[0.0], [np.nan]]}, "finite"),
        ({"X": [[0.0], [np.inf]]}, "finite"),
        ({"y": [0, 1, 0]}, "shape (3,)"),
        ({"y": [0.0, 1.0]}, "float64"),
        ({"y": [0, 2]}, "from 0 to 2"),
        ({"y": [-1, 1]}, "from -1 to 1"),
        ({"y": [[0], [0, 1]]}, "is ragged"),
        ({"classes": ("a",), "y": [0, 0]}, "two or more"),
        ({"classes": ("a", "b", "b")}, "different"),
    ],
)
def test_dataset_says_what_is_wrong(changes: dict[str, object], part: str) -> None:
    with pytest.raises(ValueError, match="'toy'") as error:
        make(**changes)
    one_sentence(error, part)


def test_dataset_leaves_the_callers_arrays_alone() -> None:
    X, y = np.zeros((2, 1)), np.array([0, 1])
    data = make(X=X, y=y)
    X[0], y[0] = 1.0, 1
    assert data.X[0] == 0
    assert data.y[0] == 0


def test_describe_cuts_a_long_list_of_classes_and_long_names() -> None:
    classes = tuple(f"c{i}" + "x" * 100 for i in range(30))
    text = make(X=np.zeros((30, 1)), y=np.arange(30), classes=classes).describe()
    assert max(map(len, text.splitlines())) <= 78
    assert "and 10 more" in text
    assert "30 rows of 1 feature, read as 1 step of 1 input" in text


# --- Files -------------------------------------------------------------------------------

PLAIN = "1,2,3,4,yes\n5,6,7,8,no\n9,10,11,12,yes\n"
NUMBERS = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (PLAIN, {}),
        (PLAIN.replace(",", ";"), {}),
        (PLAIN.replace(",", "\t"), {}),
        (PLAIN.replace(",", " , "), {}),
        (PLAIN.replace("\n", "\r\n"), {}),
        (PLAIN.replace("\n", "\r"), {}),
        (PLAIN.replace("\n", " \n"), {}),
        (PLAIN.rstrip(), {}),
        (PLAIN.replace("\n", "\n\n  \n"), {}),
        ("\ufeff" + PLAIN, {}),
        (PLAIN.replace("yes", '"yes"').replace("3", ' "3.0"'), {}),
        (PLAIN.replace("5", "+5e0").replace("12", "1.2E1"), {}),
        ("a,b,c,d,class\n" + PLAIN, {}),
        ("a,b,c,d,class\n" + PLAIN, {"label": "class"}),
        ("a,b,c,d,class\n" + PLAIN, {"label": 4}),
        ("a,a,a,a,class\n" + PLAIN, {}),
        ("a,,,d,\n" + PLAIN, {}),
        ("2019_01,2019_02,2019_03,2019_04,class\n" + PLAIN, {}),
        ("1,2,3,4,class\n" + PLAIN, {"label": "class"}),
        (
            "size, in cm, at noon, if dry, or so, etc;weight;a;b;class\n" + PLAIN.replace(",", ";"),
            {"label": "class"},
        ),
        ("class,a,b,c,d\nyes,1,2,3,4\nno,5,6,7,8\nyes,9,10,11,12\n", {"label": "class"}),
        ("yes,1,2,3,4\nno,5,6,7,8\nyes,9,10,11,12\n", {"label": 0}),
        ("1,2,yes,3,4\n5,6,no,7,8\n9,10,yes,11,12\n", {"label": -3}),
    ],
)
def test_csv_forms_that_mean_the_same(write, content: str, options: dict[str, object]) -> None:
    data = datasets.load_csv(write(content), **options)
    np.testing.assert_array_equal(data.X, NUMBERS)
    assert [data.classes[label] for label in data.y] == ["yes", "no", "yes"]
    assert data.classes == ("no", "yes")
    assert (data.name, data.source, data.license) == ("table", "table.csv", "unknown (your file)")
    assert not data.exhaustive


def test_csv_path_may_be_a_string(write) -> None:
    assert datasets.load_csv(str(write(PLAIN))).n_sequences == 3


def test_csv_with_commas_inside_fields_of_a_semicolon_file(write) -> None:
    data = datasets.load_csv(write('a;b;class\n1;2;"x, y"\n3;4;z, z\n'))
    assert data.classes == ("x, y", "z, z")
    np.testing.assert_array_equal(data.X, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "2", "2"], ("2", "10")),
        (["1.0", "0", "1"], ("0", "1")),
        (["-1", "+1", "1"], ("-1", "1")),
        (["10", "2", "b"], ("10", "2", "b")),
        (["none", "mild", "none"], ("mild", "none")),
    ],
)
def test_csv_orders_the_classes(write, labels: list[str], classes: tuple[str, ...]) -> None:
    data = datasets.load_csv(write("x,class\n" + "".join(f"0.5,{label}\n" for label in labels)))
    assert data.classes == classes
    assert data.y.tolist() == [
        classes.index(label if label in classes else f"{float(label):g}") for label in labels
    ]


def test_csv_numbered_columns_over_numeric_labels_are_a_header(write) -> None:
    data = datasets.load_csv(write("0,1,target\n1.5,2.5,0\n3.5,4.5,1\n"))
    np.testing.assert_array_equal(data.X, [[1.5, 2.5], [3.5, 4.5]])


def test_csv_timesteps_cut_the_columns_in_order(write) -> None:
    data = datasets.load_csv(write(PLAIN), timesteps=2)
    np.testing.assert_array_equal(data.X, [[row[:2], row[2:]] for row in NUMBERS])
    assert "3 sequences of 2 steps of 2 inputs" in data.describe()


def test_csv_many_numeric_classes_with_enough_rows_each(write) -> None:
    rows = "".join(f"{i},{i % 25}\n" for i in range(50))
    assert datasets.load_csv(write(rows)).n_classes == 25


def test_csv_few_rows_may_each_have_a_class(write) -> None:
    assert datasets.load_csv(write("".join(f"0.5,{i}\n" for i in range(20)))).n_classes == 20


def test_csv_survives_its_own_round_trip(write) -> None:
    iris = datasets.load("iris")
    lines = ["sl,sw,pl,pw,species"]
    for x, label in zip(iris.X.tolist(), iris.y, strict=True):
        lines.append(",".join(map(repr, x)) + "," + iris.classes[label])
    data = datasets.load_csv(write("\n".join(lines)))
    np.testing.assert_array_equal(data.X, iris.X)
    np.testing.assert_array_equal(data.y, iris.y)
    assert data.classes == iris.classes


@pytest.mark.parametrize(
    ("content", "options", "parts"),
    [
        pytest.param("", {}, ["is empty"], id="empty"),
        pytest.param("\n \n\n", {}, ["is empty"], id="blank"),
        pytest.param("a,b,class\n", {}, ["header", "rows after it"], id="header only"),
        pytest.param("1,2,c\n", {"label": "c"}, ["header"], id="header only, by its label"),
        pytest.param(b"\x89PNG\r\n\x1a\n\xff\xfe", {}, ["UTF-8"], id="binary"),
        pytest.param(b"1,2,a\n\0\0\0\0\n", {}, ["UTF-8"], id="zero bytes"),
        pytest.param(PLAIN.encode("utf-16"), {}, ["UTF-8"], id="utf-16"),
        pytest.param("1,2,caf\xe9\n".encode("latin-1"), {}, ["UTF-8"], id="latin-1"),
        pytest.param("1,2,a\n3,4,b\n5,6\n", {}, ["row 3", "2 fields", "expected 3"], id="short"),
        pytest.param("1,2,a\n\n3,4,5,b\n", {}, ["row 3", "4 fields", "expected 3"], id="long"),
        pytest.param('1,2,a\n3,"4,b\n5,6,a\n', {}, ["row 2"], id="open quote"),
        pytest.param('1,2,"a\n3,4,b\n', {}, ["row 1"], id="open quote at once"),
        pytest.param("a\nb\n", {}, ["1 columns", "semicolons"], id="one column"),
        pytest.param("1 2 a\n3 4 b\n", {}, ["1 columns", "semicolons"], id="spaces"),
        pytest.param(
            "1,2,a\n3,4,a\n", {}, ["column 'column 2'", "one class", "'a'"], id="one class"
        ),
        pytest.param(
            "x,k\n1,1.0\n2,1\n", {}, ["label column 'k'", "one class", "'1'"], id="one number"
        ),
        pytest.param(
            "x,k\n1,1\n2,2.5\n", {}, ["label column 'k'", "regression", "row 3"], id="continuous"
        ),
        pytest.param(
            "x,k\n" + "".join(f"1,{i}\n" for i in range(21)),
            {},
            ["label column 'k'", "regression", "21 different"],
            id="too many numbers",
        ),
        pytest.param("x,k\n1,a\n2,\n", {}, ["label column 'k'", "row 3"], id="no label"),
        pytest.param(
            "x,k\n1,0\n\n2,NaN\n", {}, ["label column 'k'", "no value", "row 4"], id="NaN label"
        ),
        pytest.param("x,z,k\n1,2,a\n3,oops,b\n", {}, ["column 'z'", "'oops'", "row 3"], id="text"),
        pytest.param("x,z,k\n1,2,a\n,4,b\n", {}, ["column 'x'", "''", "row 3"], id="missing"),
        pytest.param(",k,k\n1,2,a\n!,3,b\n", {}, ["column 'column 0'", "row 3"], id="no name"),
        pytest.param(
            ",x,k\n0,3,a\n1,5,a\n2,4,b\n", {}, ["first column", "counts the rows"], id="row numbers"
        ),
        pytest.param("NA,2,a\n3,4,b\n", {}, ["column 'column 0'", "'NA'", "row 1"], id="NA"),
        pytest.param("?,2,a\n3,4,b\n", {}, ["column 'column 0'", "'?'", "row 1"], id="first row"),
        pytest.param("x,k\n1,a\ninf,b\n", {}, ["column 'x'", "'inf'", "row 3"], id="infinity"),
        pytest.param("x,k\n1,a\n1e999,b\n", {}, ["column 'x'", "'1e999'", "row 3"], id="overflow"),
        pytest.param("x,k\n1,a\nnan,b\n", {}, ["column 'x'", "'nan'", "row 3"], id="NaN"),
        pytest.param('x,k\n1,"a\nb"\n"",c\n', {}, ["column 'x'", "row 4"], id="line in a field"),
        pytest.param(
            "x;k\n1,5;a\n2,5;b\n", {}, ["column 'x'", "'1,5'", "row 2"], id="comma decimals"
        ),
        pytest.param(
            "1,5;2,5;a\n3,5;4,5;b\n5,5;6,5;a\n", {}, ["'3,5'", "row 2"], id="no header either"
        ),
        pytest.param("x,k\n1,a\n2,b\n", {"label": "K"}, ["'K'", "'x', 'k'"], id="unknown label"),
        pytest.param("k,k\n1,a\n2,b\n", {"label": "k"}, ["more than once"], id="double label"),
        pytest.param(PLAIN, {"label": 5}, ["label column 5", "-5 to 4"], id="label too high"),
        pytest.param(PLAIN, {"label": -6}, ["label column -6", "-5 to 4"], id="label too low"),
        pytest.param(PLAIN, {"label": 1.5}, ["label column 1.5"], id="label not an index"),
        pytest.param(PLAIN, {"label": True}, ["label column True"], id="label a truth value"),
        pytest.param(PLAIN, {"timesteps": 3}, ["timesteps is 3", "4 features"], id="uneven steps"),
        pytest.param(PLAIN, {"timesteps": 0}, ["timesteps is 0"], id="no steps"),
        pytest.param(PLAIN, {"timesteps": 2.0}, ["timesteps is 2.0"], id="steps not whole"),
    ],
)
def test_csv_says_what_is_wrong(
    write, content: str | bytes, options: dict[str, object], parts: list[str]
) -> None:
    path = write(content)
    with pytest.raises(ValueError, match=r"table\.csv") as error:
        datasets.load_csv(path, **options)
    one_sentence(error, *parts)


def test_csv_unknown_label_lists_a_dozen_columns(write) -> None:
    header = ",".join(f"f{i}" for i in range(30))
    path = write(header + "\n" + ",".join("1" * 30) + "\n")
    with pytest.raises(ValueError, match="'f11' and 18 more") as error:
        datasets.load_csv(path, label="class")
    assert "'f12'" not in str(error.value)


def test_csv_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv") as error:
        datasets.load_csv(tmp_path / "nothing.csv")
    one_sentence(error, "no file")


def test_csv_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder") as error:
        datasets.load_csv(tmp_path)
    one_sentence(error, tmp_path.name)


def test_csv_below_a_file(write) -> None:
    path = write(PLAIN)
    with pytest.raises(ValueError, match="cannot be read") as error:
        datasets.load_csv(path / "inner.csv")
    one_sentence(error, "inner.csv")
