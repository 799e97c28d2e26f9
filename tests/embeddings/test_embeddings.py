"""The reader of word vectors, on tiny files of each format and on broken ones."""

import gzip
import lzma

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.datasets import load
from metarnn.embeddings.vectors import read_vectors, vectors_for

WORDS = [
    "the",
    "naïve",
    "日本",
    "🙂",
    "a\u00a0b",
    "x\u0085y",
    "\u2028",
    "3.14",
    "nan",
    "-",
    "New_York",
]


def glove(words, vectors):
    lines = (" ".join([word, *map(repr, row)]) for word, row in zip(words, vectors, strict=True))
    return ("\n".join(lines) + "\n").encode()


def word2vec(words, vectors):
    return b"%d %d\n" % (len(words), len(vectors[0])) + glove(words, vectors)


def binary(words, vectors, end=b"\n"):
    rows = (
        word.encode() + b" " + np.asarray(row, "<f4").tobytes() + end
        for word, row in zip(words, vectors, strict=True)
    )
    return b"%d %d\n" % (len(words), len(vectors[0])) + b"".join(rows)


def binary_in_one(words, vectors):
    return binary(words, vectors, end=b"")


FORMATS = {
    "glove": glove,
    "word2vec": word2vec,
    "word2vec binary": binary,
    "word2vec binary in one": binary_in_one,
}
every_format = pytest.mark.parametrize("form", FORMATS)


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "vectors.any"
        path.write_bytes(content)
        return path

    return write


def some(n_words, width, seed=0):
    return np.random.default_rng(seed).normal(size=(n_words, width)).astype(np.float32).tolist()


TEXT_FORMS = {
    "tabs": lambda text: text.replace(b" ", b"\t"),
    "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
    "tabs at the ends": lambda text: text.replace(b"\n", b"\t\r\n"),
    "UTF-8 with a mark": lambda text: b"\xef\xbb\xbf" + text,
    "UTF-16 with a mark": lambda text: text.decode().encode("utf-16"),
    "gzip": gzip.compress,
    "gzip of UTF-16": lambda text: gzip.compress(text.decode().encode("utf-16")),
    "xz": lzma.compress,
}


@pytest.mark.parametrize("packed", TEXT_FORMS.values(), ids=TEXT_FORMS)
@pytest.mark.parametrize("form", ["glove", "word2vec"])
def test_texts_that_mean_the_same(write, form, packed):
    words, vectors = ["a", "é", "日本"], some(3, 4)
    tokens, read = read_vectors(write(packed(FORMATS[form](words, vectors))))
    assert tokens == words
    np.testing.assert_array_equal(read, vectors)


def test_a_binary_file_that_is_compressed(write):
    words, vectors = ["a", "b"], some(2, 5)
    tokens, read = read_vectors(write(gzip.compress(binary(words, vectors))))
    assert tokens == words
    np.testing.assert_array_equal(read, vectors)


def test_a_text_in_a_named_encoding(write):
    path = write("é 1 2\n".encode("latin-1"))
    assert read_vectors(path, encoding="latin-1")[0] == ["é"]
    assert not vectors_for(["é"], path, np.random.default_rng(0), encoding="latin-1").unknown


# --- What is written is read -------------------------------------------------------------


@every_format
def test_reads_what_was_written(write, form):
    for width in (1, 2, 10, 13, 32):
        for named in (True, False):
            vectors = some(len(WORDS), width)
            path = write(FORMATS[form](WORDS, vectors))
            tokens, read = read_vectors(path, format=form.split()[0] if named else None)
            assert tokens == WORDS
            assert read.dtype == np.float32
            assert read.flags.writeable
            np.testing.assert_array_equal(read, np.asarray(vectors, np.float32))


@every_format
def test_reads_any_words_and_any_numbers(write, form):
    # Bytes of binary vectors meet every character that means something in a text.
    rng = np.random.default_rng(1)
    letters = np.array(list("abé0.5-e+ñ日\u00a0\u3000#\"',;:"))
    for trial in range(60):
        words = ["".join(rng.choice(letters, rng.integers(1, 6))) for _ in range(9)]
        words = [f"w{i}{word}" for i, word in enumerate(words)]
        width = int(rng.integers(1, 8))
        bits = rng.integers(0, 256, (9, width, 4)).astype(np.uint8)
        odd = rng.choice(np.frombuffer(b"\n \t\r019.e", np.uint8), (9, width, 4))
        bits = np.where(rng.random(bits.shape) < 0.4, odd, bits)
        bits[..., 3] = rng.choice([0x3D, 0x3E, 0x3F, 0xBF, 0xBE], (9, width))  # from 0.03 to 2
        vectors = bits.reshape(9, -1).view("<f4")
        path = write(FORMATS[form](words, vectors.tolist()))
        tokens, read = read_vectors(path, format=form.split()[0])
        assert tokens == words, trial
        np.testing.assert_array_equal(read, vectors)
        assert read_vectors(path)[0] == words


@every_format
def test_path_may_be_a_string_and_the_last_line_open(write, form):
    path = write(FORMATS[form](["a", "b"], [[1.0, 2.0], [3.0, 4.0]]).removesuffix(b"\n"))
    tokens, vectors = read_vectors(str(path))
    assert tokens == ["a", "b"]
    np.testing.assert_array_equal(vectors, [[1, 2], [3, 4]])


@every_format
def test_of_a_word_twice_the_first_counts(write, form):
    path = write(FORMATS[form](["a", "b", "a", "c"], [[1.0], [2.0], [3.0], [4.0]]))
    tokens, vectors = read_vectors(path, format=form.split()[0])
    assert tokens == ["a", "b", "c"]
    np.testing.assert_array_equal(vectors, [[1], [2], [4]])


@every_format
def test_keeps_only_the_tokens_asked_for(write, form):
    path = write(FORMATS[form](WORDS, some(len(WORDS), 3)))
    whole = read_vectors(path)[1]
    tokens, vectors = read_vectors(path, tokens={"日本", "the", "THE", "absent"})
    assert tokens == ["the", "日本"]
    np.testing.assert_array_equal(vectors, whole[[0, 2]])
    tokens, vectors = read_vectors(path, tokens=["absent"])
    assert (tokens, vectors.shape, vectors.dtype) == ([], (0, 3), np.float32)


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        (". . . 1 2 3\nat name@domain.com 4 5 6\n", [". . .", "at name@domain.com"]),
        ("a 1 2 3\n\n  \nb 4 5 6  \r\n", ["a", "b"]),
        (" 1 2 3\nb 4 5 6\n", ["", "b"]),
        ("1 1 2 3\n2 4 5 6\n", ["1", "2"]),
        ("to nan 1 2 3\nto infinity 4 5 6\n", ["to nan", "to infinity"]),
    ],
)
def test_odd_words_of_a_text(write, content, tokens):
    for text in (content, f"2 3\n{content}"):
        read, vectors = read_vectors(write(text.encode()))
        assert read == tokens
        np.testing.assert_array_equal(vectors, [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    ("content", "format", "tokens", "vectors"),
    [
        (b"3 7\n5 2\n8 1\n", None, ["3", "5", "8"], [[7], [2], [1]]),
        (b"3 7\n5 2\n", None, ["3", "5"], [[7], [2]]),
        (b"1 2\n3 4\n5 6\n", "glove", ["1", "3", "5"], [[2], [4], [6]]),
        (b"2 1\n3 4\n5 6\n", None, ["3", "5"], [[4], [6]]),
        (b"2 1\n3 4\n5 6\n", "glove", ["2", "3", "5"], [[1], [4], [6]]),
        (b"2 2\n3 4 5\n5 6 7\n", None, ["3", "5"], [[4, 5], [6, 7]]),
        (b"0 5\n1 6\n", None, ["0", "1"], [[5], [6]]),
        (b"2 0.5\nb 6\n", None, ["2", "b"], [[0.5], [6]]),
    ],
)
def test_a_first_line_like_a_header(write, content, format, tokens, vectors):
    read, numbers = read_vectors(write(content), format=format)
    assert read == tokens
    np.testing.assert_array_equal(numbers, vectors)


# --- Broken files ------------------------------------------------------------------------

ROWS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
TEXT = glove("abc", ROWS)
BINARY = binary("abc", ROWS)
IN_ONE = binary_in_one("abc", ROWS)


@pytest.mark.parametrize(
    ("content", "format", "parts"),
    [
        pytest.param(b"", None, ["empty"], id="empty"),
        pytest.param(b"\n \n", None, ["blank lines only"], id="blank"),
        pytest.param(b"a\nb\n", None, ["some numbers", "line 1", "got 0"], id="no numbers"),
        pytest.param(b"a 1 2\nb 3\n", None, ["2 numbers", "line 2", "got 1"], id="short row"),
        pytest.param(b"a 1 2\nb 3 4 5\n", None, ["2 numbers", "line 2", "got 3"], id="long row"),
        pytest.param(b"a 1 2\n\nb\n", None, ["2 numbers", "line 3", "got 0"], id="no row"),
        pytest.param(b"a 1 2\nb 3 x\n", None, ["finite", "line 2", "'x'"], id="text"),
        pytest.param(b"a 1 2x 3\n", None, ["finite", "line 1", "'2x'"], id="text at once"),
        pytest.param(b"a 1 2\nb nan 3\n", None, ["finite", "line 2", "'nan'"], id="NaN"),
        pytest.param(b"a 1 2\nb 3 -inf\n", None, ["finite", "line 2", "'-inf'"], id="infinity"),
        pytest.param(b"a 1 2\nb 3 1e39\n", None, ["finite", "line 2", "'1e39'"], id="overflow"),
        pytest.param(b"a 1  2\n", None, ["finite", "line 1", "''"], id="two spaces"),
        pytest.param(
            "é 1 2\n".encode("latin-1"), None, ["UTF-8", "line 1", "encoding="], id="latin-1"
        ),
        pytest.param(b"a 1\n\xff 2\n", None, ["UTF-8", "line 2"], id="not UTF-8"),
        pytest.param(
            TEXT.decode().encode("utf-16-le"), None, ["numbers", "line 1"], id="utf-16, no mark"
        ),
        pytest.param(b"2 3\n" + TEXT, None, ["2 words", "line 1", "got 3"], id="more words"),
        pytest.param(b"4 3\n" + TEXT, None, ["4 words", "line 1", "got 3"], id="fewer words"),
        pytest.param(b"3 4\n" + TEXT, None, ["4 numbers", "line 2", "got 3"], id="columns"),
        pytest.param(b"3 2\n" + TEXT, None, ["2 numbers", "line 2", "got 3"], id="more columns"),
        pytest.param(b"3 3\n" + TEXT, "glove", ["1 numbers", "line 2", "got 3"], id="no glove"),
        pytest.param(TEXT, "word2vec", ["whole numbers", "line 1", "'a 1.0 2.0"], id="no header"),
        pytest.param(b"3\n" + TEXT, "word2vec", ["whole numbers", "'3"], id="one number"),
        pytest.param(b"3 -3\n" + TEXT, "word2vec", ["whole numbers"], id="negative"),
        pytest.param(b"0 3\n" + TEXT, "word2vec", ["whole numbers"], id="zero"),
        pytest.param(b"3 3\n", None, ["3 words of 3 numbers", "word 1"], id="header only"),
        pytest.param(BINARY[:-6], None, ["3 words of 3", "ends within word 3"], id="cut short"),
        pytest.param(BINARY[:20], None, ["3 words of 3", "ends within word 2"], id="cut in two"),
        pytest.param(IN_ONE[:-1], None, ["3 words of 3", "ends within word 3"], id="cut by one"),
        pytest.param(BINARY[:-13], None, ["ends within word 3"], id="cut before a vector"),
        pytest.param(BINARY + b"more", None, ["the end", "5 more bytes"], id="goes on"),
        pytest.param(b"2" + IN_ONE[1:], None, ["the end", "14 more bytes"], id="too few"),
        pytest.param(b"999999999" + BINARY[1:], None, ["within word 4"], id="huge header"),
        pytest.param(b"9 999999999\n" + BINARY[4:], None, ["within word 1"], id="huge width"),
        pytest.param(
            IN_ONE.replace(b"b ", b"\xff "), None, ["UTF-8", "word 2"], id="binary not UTF-8"
        ),
        pytest.param(
            binary("abc", [*ROWS[:2], [7, np.nan, 9]]), None, ["finite", "word 3"], id="binary NaN"
        ),
        pytest.param(b"\x1f\x8b\x08\0" + TEXT, None, ["cannot be unpacked"], id="gzip"),
        pytest.param(b"PK\x03\x04" + TEXT, None, ["cannot be unpacked"], id="zip"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None, ["UTF-8", "line 1"], id="picture"),
    ],
)
def test_broken_files_get_one_sentence(write, content, format, parts):
    for read in (
        lambda path: read_vectors(path, format=format),
        lambda path: read_vectors(path, format=format, tokens=["a"]),
        lambda path: vectors_for(["a"], path, np.random.default_rng(0), format=format),
    ):
        with pytest.raises(ValueError, match=r"vectors\.any") as error:
            read(write(content))
        one_sentence(error, *parts)


@pytest.mark.parametrize("write_binary", [binary, binary_in_one])
def test_a_space_within_a_word_of_a_binary_file_is_not_passed_over(write, write_binary):
    for at in (0, 4, 8):
        for width in (1, 2, 3, 50):
            words = [f"word{i}" for i in range(9)]
            words[at] = "New York"
            path = write(write_binary(words, some(9, width)))
            with pytest.raises(ValueError, match=r"vectors\.any") as error:
                read_vectors(path, format="word2vec")
            one_sentence(error)


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        read_vectors(tmp_path / "nothing.txt")
    one_sentence(error, "no file", "nothing.txt")


def test_a_folder(tmp_path):
    with pytest.raises(ValueError, match="cannot be read") as error:
        read_vectors(tmp_path)
    one_sentence(error, tmp_path.name, "directory")


@pytest.mark.parametrize(
    ("arguments", "kind", "part"),
    [
        (
            {"format": "fasttext"},
            ValueError,
            "unknown format 'fasttext'; expected one of glove, word2vec",
        ),
        ({"tokens": "the"}, TypeError, "tokens must be a collection"),
    ],
)
def test_arguments_of_read_vectors(write, arguments, kind, part):
    with pytest.raises(kind) as error:
        read_vectors(write(TEXT), **arguments)
    one_sentence(error, part)


# --- A vocabulary of one's own -----------------------------------------------------------


@every_format
def test_vectors_for_a_vocabulary(write, form):
    vectors = some(len(WORDS), 4)
    path = write(FORMATS[form](WORDS, vectors))
    vocabulary = ("here", "日本", "there", "the")
    found = vectors_for(vocabulary, path, np.random.default_rng(0))
    assert found.vectors.shape == (4, 4)
    assert found.vectors.dtype == np.float32
    assert found.unknown == ("here", "there")
    assert found.unknown_fraction == 0.5
    np.testing.assert_array_equal(found.vectors[[1, 3]], np.float32(vectors)[[2, 0]])
    again = vectors_for(vocabulary, path, np.random.default_rng(0))
    np.testing.assert_array_equal(again.vectors, found.vectors)
    other = vectors_for(vocabulary, path, np.random.default_rng(1))
    assert not np.any(other.vectors[[0, 2]] == found.vectors[[0, 2]])


def test_unknown_words_are_drawn_as_the_file_is(write):
    scale, shift = np.array([0.5, 2.0, 1e-3]), np.array([0.0, -3.0, 100.0])
    vectors = shift + scale * np.asarray(some(400, 3))
    path = write(glove([f"w{i}" for i in range(400)], vectors.tolist()))
    unknown = [f"u{i}" for i in range(20_000)]
    drawn = vectors_for(unknown, path, np.random.default_rng(0)).vectors.astype(np.float64)
    # Five standard errors of each moment, and what float32 rounds at 100.
    error = 5 * vectors.std(axis=0) / 20_000**0.5 + [0, 0, 1e-5]
    assert (np.abs(drawn.mean(axis=0) - vectors.mean(axis=0)) < error).all()
    assert (np.abs(drawn.std(axis=0) - vectors.std(axis=0)) < error).all()


def test_nothing_unknown_and_nothing_known(write):
    path = write(glove("ab", [[1.0, 2.0], [1.0, 4.0]]))
    found = vectors_for(["b", "a"], path, np.random.default_rng(0))
    assert (found.unknown, found.unknown_fraction) == ((), 0.0)
    np.testing.assert_array_equal(found.vectors, [[1, 4], [1, 2]])
    found = vectors_for(["x", "y"], path, np.random.default_rng(0))
    assert (found.unknown, found.unknown_fraction) == (("x", "y"), 1.0)
    assert (found.vectors[:, 0] == 1).all()


def test_vectors_for_a_data_set(write):
    data = load("number_words")
    path = write(glove(["one", "two", "hundred"], some(3, 5)))
    found = vectors_for(data.tokens, path, np.random.default_rng(0))
    assert found.vectors.shape == (data.n_tokens, 5)
    assert found.unknown_fraction == pytest.approx(27 / 30)


@pytest.mark.parametrize(
    ("vocabulary", "rng", "kind", "part"),
    [
        ([], np.random.default_rng(0), ValueError, "different words"),
        (["a", "b", "a"], np.random.default_rng(0), ValueError, "got 2 in 3"),
        ("abc", np.random.default_rng(0), TypeError, "vocabulary must be a collection"),
        (["a"], 0, TypeError, "numpy.random.Generator"),
    ],
)
def test_arguments_of_vectors_for(write, vocabulary, rng, kind, part):
    with pytest.raises(kind) as error:
        vectors_for(vocabulary, write(TEXT), rng)
    one_sentence(error, part)
