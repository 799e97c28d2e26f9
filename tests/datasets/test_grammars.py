"""Tasks of grammars, of held bits and of long lags, each against a definition of another kind."""

import itertools
import re

import numpy as np
import pytest

from metarnn.datasets import Dataset, legal_successors, load

# --- Tomita's languages ------------------------------------------------------------------


def runs(word: str) -> list[tuple[str, int]]:
    return [(symbol, len(list(run))) for symbol, run in itertools.groupby(word)]


def third(word: str) -> bool:
    lengths = runs(word)
    odd = [i for i, (symbol, n) in enumerate(lengths) if symbol == "a" and n % 2]
    return not any(symbol == "b" and n % 2 for i in odd[:1] for symbol, n in lengths[i:])


RULES = {
    1: lambda word: re.fullmatch("a*", word),
    2: lambda word: re.fullmatch("(ab)*", word),
    3: third,
    4: lambda word: "aaa" not in word,
    5: lambda word: word.count("a") % 2 == word.count("b") % 2 == 0,
    6: lambda word: (word.count("a") - word.count("b")) % 3 == 0,
    7: lambda word: re.fullmatch("a*b*a*b*", word),
}


def words_of(data: Dataset, symbols: str) -> list[str]:
    assert data.lengths is not None
    found = []
    for x, length in zip(data.X, data.lengths, strict=True):
        assert not x[length:].any()
        assert (x[:length].sum(axis=1) == 1).all()
        found.append("".join(symbols[code] for code in x[:length].argmax(axis=1)))
    return found


@pytest.mark.parametrize("language", RULES)
def test_tomita_lists_every_string_with_its_class(language: int) -> None:
    data = load("tomita", language=language, n_sequences=None, longest=9)
    words = words_of(data, "ab")
    assert words == [
        "".join(word) for n in range(1, 10) for word in itertools.product("ab", repeat=n)
    ]
    for word, label in zip(words, data.y, strict=True):
        assert data.classes[label] == ("in" if RULES[language](word) else "out"), word
    assert data.exhaustive


@pytest.mark.parametrize("language", RULES)
def test_tomita_draws_both_classes_at_all_lengths(language: int) -> None:
    data = load("tomita", language=language, n_sequences=600, shortest=3, longest=40, seed=1)
    words = words_of(data, "ab")
    for word, label in zip(words, data.y, strict=True):
        assert bool(label) == bool(RULES[language](word)), word
        assert 3 <= len(word) <= 40
    assert np.bincount(data.y).tolist() == [300, 300]
    assert max(map(len, words)) == 40
    assert not data.exhaustive


def test_tomita_strings_of_a_length_are_drawn_alike() -> None:
    data = load("tomita", language=4, n_sequences=8000, shortest=4, longest=4)
    words = np.array(words_of(data, "ab"))
    for label in (0, 1):
        _, counts = np.unique(words[data.y == label], return_counts=True)
        assert len(counts) == (3, 13)[label]
        expected = 4000 / len(counts)
        # Five standard deviations of a count.
        assert (abs(counts - expected) < 5 * expected**0.5).all()


def test_tomita_says_where_a_class_is_empty() -> None:
    for options in ({"language": 2, "shortest": 3, "longest": 3}, {"language": 4, "longest": 2}):
        for n_sequences in (10, None):
            with pytest.raises(ValueError, match="no string of") as error:
                load("tomita", n_sequences=n_sequences, **options)
            assert "expected lengths with strings of both kinds" in str(error.value)


def test_tomita_of_long_strings_is_finite() -> None:
    data = load("tomita", language=5, n_sequences=4, shortest=1000, longest=1000)
    for word, label in zip(words_of(data, "ab"), data.y, strict=True):
        assert bool(label) == bool(RULES[5](word))


# --- The embedded Reber grammar ----------------------------------------------------------


def reber_pattern() -> re.Pattern[str]:
    """Return Reber's grammar as a regular expression, by eliminating its states."""
    # From the state after P: T*V, then V ends, or P and then S ends or X leads back.
    lower = "T*V(?:PXT*V)*(?:V|PS)"
    inner = f"B(?:TS*X(?:S|X{lower})|P{lower})E"
    return re.compile(f"B(?:T{inner}T|P{inner}P)E")


def test_reber_strings_are_of_the_grammar() -> None:
    data = load("embedded_reber", n_sequences=2000, seed=3)
    pattern = reber_pattern()
    words = words_of(data, "BTPSXVE")
    assert data.lengths is not None
    for word, y, length in zip(words, data.y, data.lengths, strict=True):
        told = "".join(data.classes[label] for label in y[:length])
        assert told[:-1] == word[1:]
        assert pattern.fullmatch(word + told[-1])
        assert (y[length:] == -1).all()
    assert {word[1] for word in words} == {"T", "P"}


def test_reber_draws_what_may_come_alike() -> None:
    data = load("embedded_reber", n_sequences=4000)
    legal = legal_successors(data)
    assert data.lengths is not None
    total = data.lengths.sum()
    # Five standard errors: a length has a variance below 40.
    assert total / 4000 == pytest.approx(11, abs=5 * (40 / 4000) ** 0.5)
    known = 1 / legal.sum(axis=2)[data.y >= 0]
    assert known.sum() / total == pytest.approx(7.5 / 11, abs=0.01)
    assert data.task is not None
    assert data.task.chance == pytest.approx(known.sum() / total - 0.5 * 4000 / total, abs=0.01)


def test_reber_successors_are_those_that_some_string_has() -> None:
    data = load("embedded_reber", n_sequences=3000, seed=1)
    seen: dict[str, set[str]] = {}
    for word, y in zip(words_of(data, "BTPSXVE"), data.y, strict=True):
        for t in range(len(word)):
            seen.setdefault(word[: t + 1], set()).add(data.classes[y[t]])
    legal = legal_successors(data)
    for i, word in enumerate(words_of(data, "BTPSXVE")):
        for t in range(len(word)):
            allowed = {data.classes[k] for k in np.flatnonzero(legal[i, t])}
            assert seen[word[: t + 1]] <= allowed
            if t < 6:
                # Frequent enough to have been met in all ways.
                assert seen[word[: t + 1]] == allowed


def test_reber_asks_for_the_embedding_alone() -> None:
    every = load("embedded_reber", n_sequences=50)
    data = load("embedded_reber", n_sequences=50, ask="embedding")
    np.testing.assert_array_equal(data.X, every.X)
    assert (data.y >= 0).sum(axis=1).tolist() == [1] * 50
    for word, y in zip(words_of(data, "BTPSXVE"), data.y, strict=True):
        assert data.classes[y[len(word) - 2]] == word[1] == word[-1]


def test_reber_successors_refuse_other_data() -> None:
    with pytest.raises(ValueError, match="expected embedded_reber"):
        legal_successors(load("iris"))
    data = load("embedded_reber", n_sequences=2)
    other = Dataset("toy", data.X[:, ::-1], data.y, data.classes, lengths=data.lengths)
    with pytest.raises(ValueError, match="at step 0, expected one of: B"):
        legal_successors(other)


# --- Flip-flops --------------------------------------------------------------------------


@pytest.mark.parametrize("n_bits", [1, 3])
def test_flip_flop_holds_the_last_pulse_of_each_line(n_bits: int) -> None:
    data = load("flip_flop", n_sequences=30, n_steps=40, n_bits=n_bits, rate=0.2)
    assert data.n_classes == 2**n_bits
    for x, y in zip(data.X, data.y, strict=True):
        held = [""] * n_bits
        for inputs, label in zip(x, y, strict=True):
            held = [
                {-1: "-", 0: old, 1: "+"}[int(pulse)]
                for pulse, old in zip(inputs, held, strict=True)
            ]
            assert data.classes[label] == "".join(held)
    assert set(np.unique(data.X)) == {-1, 0, 1}


def test_flip_flop_states_its_chance() -> None:
    data = load("flip_flop", n_sequences=4000, seed=2)
    later = data.X[:, 1:]
    n = later.size
    assert abs((later != 0).mean() - 0.1) < 5 * (0.09 / n) ** 0.5
    # Guess "+" where there is no pulse.
    guess = (data.X >= 0) @ np.array([4, 2, 1])
    assert data.task is not None
    assert data.task.chance is not None
    assert (guess == data.y).mean() == pytest.approx(data.task.chance, abs=0.01)
    assert data.task.chance == pytest.approx(0.183, abs=5e-4)


# --- Long lags without noise -------------------------------------------------------------


@pytest.mark.parametrize("lag", [2, 5, 100])
def test_noise_free_lag_is_two_sequences(lag: int) -> None:
    data = load("noise_free_lag", lag=lag)
    same = [f"a{i}" for i in range(1, lag)]
    for x, y, own in zip(data.X, data.y, "xy", strict=True):
        assert [data.classes[code] for code in x.argmax(axis=1)] == [own, *same]
        assert [data.classes[label] for label in y] == [*same, own]
        assert (x.sum(axis=1) == 1).all()
    assert data.task is not None
    assert data.task.chance == (lag - 0.5) / lag
    last = load("noise_free_lag", lag=lag, per_step=False)
    assert [last.classes[label] for label in last.y] == ["x", "y"]
    np.testing.assert_array_equal(last.X, data.X)


# --- Adding of 1997, temporal order of three, permuted digits ---------------------------


@pytest.mark.parametrize("n_steps", [22, 50, 100])
def test_adding_of_1997_is_its_definition(n_steps: int) -> None:
    data = load("adding", n_sequences=2000, n_steps=n_steps, form="1997")
    assert data.lengths is not None
    assert (data.lengths.min(), data.lengths.max()) == (n_steps, n_steps + n_steps // 10)
    first_marked = 0
    where = []
    for x, label, length in zip(data.X, data.y, data.lengths, strict=True):
        assert not x[length:].any()
        marks = x[:length, 1]
        assert marks[0] == marks[-1] == -1
        marked = np.flatnonzero(marks == 1)
        assert (np.delete(marks[1:-1], marked - 1) == 0).all()
        if len(marked) == 1:
            first_marked += 1
        else:
            assert len(marked) == 2
            assert marked.min() < 10
        where += marked.tolist()
        assert (x[marked, 0].sum() > 0) == (data.classes[label] == "above 0")
    assert max(where) == n_steps // 2 - 2
    # The first of ten is marked in a tenth, and by the second choice in some of the others.
    expected = 0.1 + 0.9 / (n_steps // 2 - 2)
    assert abs(first_marked / 2000 - expected) < 5 * (expected * (1 - expected) / 2000) ** 0.5
    assert -1 <= data.X[:, :, 0].min() < data.X[:, :, 0].max() <= 1


@pytest.mark.parametrize("n_steps", [10, 30, 100])
def test_temporal_order_of_three(n_steps: int) -> None:
    data = load("temporal_order", n_sequences=800, n_steps=n_steps, n_marked=3)
    assert data.n_classes == 8
    where = []
    for word, label in zip(words_of(data, "BEabcdXY"), data.y, strict=True):
        assert (word[0], word[-1]) == ("B", "E")
        found = [(t, symbol) for t, symbol in enumerate(word) if symbol in "XY"]
        assert "".join(symbol for _, symbol in found) == data.classes[label]
        where.append([t for t, _ in found])
    low, high = np.min(where, axis=0).tolist(), np.max(where, axis=0).tolist()
    tenth = n_steps // 10
    assert low == [tenth, n_steps // 3, 2 * n_steps // 3]
    assert high == [2 * tenth, n_steps // 3 + tenth, 2 * n_steps // 3 + tenth]
    if n_steps == 100:
        assert (low, high) == ([10, 33, 66], [20, 43, 76])
    assert np.bincount(data.y).tolist() == [100] * 8
    assert "task 6b" in data.source


def test_permuted_digits_have_one_order_for_all() -> None:
    plain, data = (load("digits", layout=layout) for layout in ("pixels", "permuted"))
    order = np.random.default_rng(0).permutation(64)
    np.testing.assert_array_equal(data.X, plain.X[:, order])
    np.testing.assert_array_equal(data.y, plain.y)
    other = load("digits", layout="permuted", permutation_seed=1)
    assert not np.array_equal(other.X, data.X)
    assert sorted(other.X[0].ravel()) == sorted(data.X[0].ravel())


# --- Chance ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "chance"),
    [
        ("parity", {"n_bits": 3}, 1 / 2),
        ("parity", {"n_bits": 3, "per_step": True}, 2 / 3),
        ("xor", {}, 1 / 2),
        ("latch", {}, 1 / 2),
        ("latch", {"n_steps": 1}, 1),
        ("two_sequence", {}, 1 / 2),
        ("delayed_recall", {}, 1 / 4),
        ("delayed_recall", {"lag": 0}, 1),
        ("adding", {}, 0.525),
        ("adding", {"form": "1997", "n_steps": 22}, 1 / 2),
        ("temporal_order", {}, 1 / 4),
        ("temporal_order", {"n_marked": 3, "n_sequences": 8}, 1 / 8),
        ("copy_memory", {}, 0.78125),
    ],
)
def test_tasks_state_their_chance(name: str, options: dict, chance: float) -> None:
    data = load(name, **options)
    assert data.task is not None
    assert data.task.chance == chance
    text = " ".join(data.describe().split())
    assert f"{chance:.1%} right without memory" in text
    assert f"solved {data.task.criterion}" in text


def test_a_table_has_no_task() -> None:
    data = load("iris")
    assert data.task is None
    assert "solved" not in data.describe()
    assert "without memory" not in data.describe()
