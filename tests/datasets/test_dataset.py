"""What a data set can be beside rows and sequences of one length with one class each."""

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.error_checks import one_sentence

from metarnn import compare
from metarnn.datasets import EVERY_LABEL, Dataset, Task

SEQUENCES = np.arange(24.0).reshape(3, 4, 2)
TOKENS = np.array([[0, 4, 2], [1, 1, 1], [3, 0, 0]])
ARRAYS = ("X", "y", "lengths", "test")
FORMS = {
    "lengths": {"X": SEQUENCES, "lengths": [4, 1, 2]},
    "tokens": {"X": TOKENS, "n_tokens": 5},
    "names": {"X": TOKENS, "tokens": ("a", "b", "c", "d", "e"), "lengths": [3, 3, 1]},
    "image": {"X": np.arange(36.0).reshape(3, 3, 4, 1)},
    "steps": {"X": SEQUENCES, "y": [[0, 1, 1, 0], [-1, -1, 1, -1], [1, 1, -1, -1]]},
    "test": {"X": SEQUENCES, "test": [False, True, False]},
    "task": {"X": SEQUENCES, "task": Task(EVERY_LABEL, "All right.", chance=0.5, threshold=0.9)},
    "labels": {"X": TOKENS, "n_tokens": 5, "y": [[0, 1], [1, -1], [1, 1]]},
}


def make(**fields: object) -> Dataset:
    whole = {"name": "toy", "y": [0, 1, 0], "classes": ("no", "yes")} | fields
    return Dataset(**whole)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_keeps_copies_that_cannot_be_written_to(form: str) -> None:
    given = {name: np.array(value) for name, value in FORMS[form].items() if name in ARRAYS}
    data = make(**FORMS[form] | given)
    for name, array in given.items():
        kept = getattr(data, name)
        np.testing.assert_array_equal(kept, array)
        assert not np.shares_memory(kept, array)
        with pytest.raises(ValueError, match="read-only"):
            kept[0] = 0


@pytest.mark.parametrize("form", FORMS)
def test_survives_pickles_and_replacement(form: str) -> None:
    data = make(**FORMS[form])
    for same in (pickle.loads(pickle.dumps(data)), dataclasses.replace(data)):
        for field in dataclasses.fields(Dataset):
            np.testing.assert_array_equal(getattr(same, field.name), getattr(data, field.name))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_integers_are_kept_as_int64(dtype: type) -> None:
    data = make(X=TOKENS.astype(dtype), n_tokens=dtype(5), lengths=np.array([3, 1, 2], dtype))
    assert data.X.dtype == np.int64
    assert data.lengths is not None
    assert data.lengths.dtype == np.int64
    assert type(data.n_tokens) is int


def test_names_count_the_tokens() -> None:
    assert make(**FORMS["names"]).n_tokens == 5
    assert make(**FORMS["names"], n_tokens=5).n_tokens == 5
    assert make(**FORMS["tokens"]).tokens == ()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("lengths", "3 sequences of 1 to 4 steps of 2 inputs"),
        ("tokens", "3 sequences of 3 tokens out of 5"),
        ("names", "3 sequences of 1 to 3 tokens out of 5"),
        ("image", "3 images of 3 by 4 pixels of 1 input"),
        ("steps", "3 sequences of 4 steps of 2 inputs, with 1 to 4 labels each"),
        ("labels", "3 sequences of 3 tokens out of 5, with 1 to 2 labels each"),
    ],
)
def test_describes_its_form(form: str, words: str) -> None:
    assert f"  shape    {words}\n" in make(**FORMS[form]).describe()


def test_describes_one_of_each() -> None:
    data = make(X=TOKENS, n_tokens=5, lengths=[1, 1, 1], y=[[0, -1], [1, -1], [-1, 1]])
    assert "3 sequences of 1 token out of 5, with 1 label each" in data.describe()


def test_counts_the_labels_that_are_scored() -> None:
    assert "no (2), yes (5)" in make(**FORMS["steps"]).describe()


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"X": SEQUENCES[:, :, 0], "lengths": [1, 2, 3]}, ["lengths", "(3, 4)", "(B, T, I)"]),
        ({"X": FORMS["image"]["X"], "lengths": [1, 2, 3]}, ["lengths", "(3, 3, 4, 1)"]),
        ({"X": SEQUENCES, "lengths": [1, 2]}, ["lengths", "shape (2,)", "expected (3,)"]),
        ({"X": SEQUENCES, "lengths": [[1], [2], [3]]}, ["lengths", "shape (3, 1)"]),
        ({"X": SEQUENCES, "lengths": [[1], [2, 3], [3]]}, ["lengths", "is ragged"]),
        ({"X": SEQUENCES, "lengths": [1, 2, 0]}, ["lengths", "from 0 to 2", "from 1 to 4"]),
        ({"X": SEQUENCES, "lengths": [1, 2, 5]}, ["lengths", "from 1 to 5", "from 1 to 4"]),
        ({"X": SEQUENCES, "lengths": [1.0, 2.0, 3.0]}, ["lengths", "float64", "whole steps"]),
        ({"X": TOKENS, "n_tokens": 4}, ["X", "from 0 to 4", "from 0 to 3"]),
        ({"X": TOKENS - 1, "n_tokens": 5}, ["X", "from -1 to 3", "from 0 to 4"]),
        ({"X": TOKENS * 1.0, "n_tokens": 5}, ["X", "float64", "whole tokens"]),
        ({"X": TOKENS > 1, "n_tokens": 5}, ["X", "bool", "whole tokens"]),
        ({"X": SEQUENCES.astype(int), "n_tokens": 24}, ["X", "(3, 4, 2)", "tokens (B, T)"]),
        ({"X": [[0], [1, 2], [3]], "n_tokens": 5}, ["X", "is ragged"]),
        ({"X": np.zeros((3, 0), int), "n_tokens": 5}, ["X", "(3, 0)"]),
        ({"X": TOKENS, "n_tokens": 0}, ["n_tokens", "is 0"]),
        ({"X": TOKENS, "n_tokens": 5.0}, ["n_tokens", "is 5.0"]),
        ({"X": TOKENS, "n_tokens": True}, ["n_tokens", "is True"]),
        ({"X": TOKENS, "n_tokens": 5, "tokens": ("a", "b")}, ["tokens", "2 names", "expected 5"]),
        ({"X": TOKENS, "tokens": tuple("abcda")}, ["tokens", "twice"]),
        ({"X": TOKENS, "tokens": tuple("abcd")}, ["X", "from 0 to 4", "from 0 to 3"]),
        ({"X": SEQUENCES, "y": [[0, 1], [0, 1]]}, ["y", "(2, 2)", "(3,)", "(3, U)"]),
        ({"X": SEQUENCES, "y": np.zeros((3, 0), int)}, ["y", "(3, 0)"]),
        ({"X": SEQUENCES, "y": np.zeros((3, 4, 1), int)}, ["y", "(3, 4, 1)"]),
        ({"X": SEQUENCES, "y": [[0.0], [1.0], [0.0]]}, ["y", "float64"]),
        ({"X": SEQUENCES, "y": [[0], [1], [2]]}, ["y", "from 0 to 2", "-1", "from 0 to 1"]),
        ({"X": SEQUENCES, "y": [[0], [1], [-2]]}, ["y", "from -2 to 1", "from 0 to 1"]),
        ({"X": SEQUENCES, "y": [[0, 1], [-1, -1], [1, 1]]}, ["y", "throughout sequence 1"]),
        ({"X": SEQUENCES, "test": [True, False]}, ["test", "shape (2,)", "(3,)"]),
        ({"X": SEQUENCES, "test": [0, 1, 0]}, ["test", "int64", "truth values"]),
        ({"X": SEQUENCES, "test": [True] * 3}, ["test", "marks 3 of 3"]),
        ({"X": SEQUENCES, "test": [False] * 3}, ["test", "marks 0 of 3"]),
        ({"X": SEQUENCES, "test": [[True], [True, False], [False]]}, ["test", "is ragged"]),
    ],
)
def test_says_what_is_wrong(changes: dict[str, object], parts: list[str]) -> None:
    with pytest.raises(ValueError, match=f"{parts[0]} of data set 'toy'") as error:
        make(**changes)
    one_sentence(error, *parts)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("chance", 1.5, "is 1.5, expected a finite number from 0 to 1"),
        ("chance", float("nan"), "is nan"),
        ("chance", "half", "is 'half'"),
        ("threshold", 0, "is 0, expected a number above it"),
        ("threshold", 1.1, "is 1.1"),
        ("threshold", True, "is True"),
    ],
)
def test_task_says_what_is_wrong(field: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=f"{field} of a task {words}"):
        Task(EVERY_LABEL, "All right.", **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("y", "codes", "classes"),
    [
        ([[3, -1], [5, 3], [-1, 9]], [[0, -1], [1, 0], [-1, 2]], ("3", "5", "9")),
        ([[-3, -1], [5, -3], [-1, 5]], [[0, -1], [1, 0], [-1, 1]], ("-3", "5")),
        ([["b", "a"], ["a", "a"], ["b", "c"]], [[1, 0], [0, 0], [1, 2]], ("a", "b", "c")),
        ([-1, 1, -1], [0, 1, 0], ("-1", "1")),
    ],
)
def test_of_names_the_classes(y: object, codes: object, classes: tuple[str, ...]) -> None:
    data = Dataset.of(TOKENS, y, lengths=[1, 2, 3], tokens=tuple("abcde"))  # type: ignore[arg-type]
    assert data.classes == classes
    np.testing.assert_array_equal(data.y, codes)
    np.testing.assert_array_equal(data.lengths, [1, 2, 3])
    assert data.tokens == tuple("abcde")


def test_of_says_that_labels_have_no_order() -> None:
    with pytest.raises(ValueError, match="y of data set 'data' must hold labels of one type"):
        Dataset.of(np.eye(3), np.array(["a", 0.5, "b"], dtype=object))


def series(*lengths: int, inputs: tuple[int, ...] = ()) -> list[np.ndarray]:
    return [np.arange(1.0, 1 + n * (inputs or (1,))[0]).reshape(n, *inputs) for n in lengths]


#: What X may be, the axes it then has, and the lengths that are found.
LISTS = {
    "vectors": (series(4, 4, 4), (3, 4, 1), None),
    "unequal vectors": (series(2, 4, 3), (3, 4, 1), [2, 4, 3]),
    "lists of one length": ([x.tolist() for x in series(4, 4, 4)], (3, 4), None),
    "unequal lists": ([x.tolist() for x in series(2, 4, 3)], (3, 4, 1), [2, 4, 3]),
    "arrays": (series(4, 4, 4, inputs=(2,)), (3, 4, 2), None),
    "unequal arrays": (series(2, 4, 3, inputs=(2,)), (3, 4, 2), [2, 4, 3]),
    "frames": ([pd.DataFrame(x) for x in series(2, 4, 3, inputs=(2,))], (3, 4, 2), [2, 4, 3]),
    "whole numbers first": ([[1, 2], [0.5], [3]], (3, 2, 1), [2, 1, 1]),
}


@pytest.mark.parametrize("form", LISTS)
def test_of_reads_lists_of_series(form: str) -> None:
    X, shape, lengths = LISTS[form]
    data = Dataset.of(X, np.arange(len(X)) % 2)
    assert data.X.shape == shape
    assert (None if data.lengths is None else data.lengths.tolist()) == lengths
    for x, given in zip(data.X, X, strict=True):
        part = np.asarray(given)
        np.testing.assert_array_equal(x[: len(part)].ravel(), part.ravel())
        assert not x[len(part) :].any()


def test_of_reads_lists_of_tokens() -> None:
    data = Dataset.of([[0, 1], [2], [1, 1]], [0, 1, 0], n_tokens=3)
    assert data.X.tolist() == [[0, 1], [2, 0], [1, 1]]
    assert data.lengths is not None
    assert data.lengths.tolist() == [2, 1, 2]


@pytest.mark.parametrize("X", [[[[1.0], [1.0, 2.0]]] * 3, [np.eye(2), np.eye(3), np.eye(2)]])
def test_of_says_which_lists_are_no_series(X: list[object]) -> None:
    with pytest.raises(ValueError, match="X of data set 'data' is ragged"):
        Dataset.of(X, [0, 1, 0])


def test_of_says_what_is_ragged() -> None:
    with pytest.raises(ValueError, match="y of data set 'data' is ragged"):
        Dataset.of(TOKENS, [[0], [1, 2], [0]])


def two_rows(**changes: object) -> Dataset:
    fields: dict[str, object] = {
        "name": "toy",
        "X": [[0.0], [1.0]],
        "y": [0, 1],
        "classes": ("a", "b"),
        "description": "Two numbers.",
        "source": "a test",
        "license": "none",
    }
    return Dataset(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"X": [["a"], ["b"]]}, "must hold numbers"),
        ({"X": [[0.0], [1.0, 2.0]]}, "one array of numbers"),
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
        two_rows(**changes)
    one_sentence(error, part)


def test_dataset_leaves_the_callers_arrays_alone() -> None:
    X, y = np.zeros((2, 1)), np.array([0, 1])
    data = two_rows(X=X, y=y)
    X[0], y[0] = 1.0, 1
    assert data.X[0] == 0
    assert data.y[0] == 0


def test_describe_cuts_a_long_list_of_classes_and_long_names() -> None:
    classes = tuple(f"c{i}" + "x" * 100 for i in range(30))
    text = two_rows(X=np.zeros((30, 1)), y=np.arange(30), classes=classes).describe()
    assert max(map(len, text.splitlines())) <= 78
    assert "and 10 more" in text
    assert "30 rows of 1 feature\n" in text


def test_data_without_classes() -> None:
    X = np.ones((2, 3, 1))
    data = Dataset("toy", X, np.zeros(0, int), (), ids=("a", "b"))
    assert (data.n_classes, data.ids) == (0, ("a", "b"))
    assert "class" not in data.describe()
    numbers = Dataset("toy", X, np.zeros(0, int), (), targets=np.array([1.0, 2.0]))
    assert "1 to 2" in numbers.describe()
    for classes, y in (((), [0, 1]), (("a", "b"), [])):
        with pytest.raises(ValueError, match="y of data set 'toy'"):
            Dataset("toy", X, np.array(y, int), classes)
    with pytest.raises(ValueError, match="ids of data set 'toy'") as error:
        Dataset("toy", X, np.array([0, 1]), ("a", "b"), ids=("a",))
    one_sentence(error, "1 names", "expected 2")
    with pytest.raises(ValueError, match="no classes but numbers to predict") as error:
        compare(numbers)
    one_sentence(error, "toy")


def test_an_array_of_vectors_is_a_list_of_series() -> None:
    series = [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]]
    X = np.empty(3, object)
    X[:] = [np.array(one) for one in series]
    data = Dataset.of(X, [0, 1, 0])
    assert data.shape == (3, 3, 1)
    assert data.lengths is not None
    assert data.lengths.tolist() == [3, 1, 2]
