"""Pretrained word vectors: all of a file, or those of a vocabulary."""

import os
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .files import vector_rows


class VocabularyVectors(NamedTuple):
    """The vectors of a vocabulary, from :func:`~metarnn.embeddings.vectors_for`.

    Attributes
    ----------
    vectors : (V, E) array of float32
        A row for each word, in the order of the vocabulary.
    unknown : tuple of str
        The words that are not in the file, whose rows are random.
    unknown_fraction : float
        Fraction of the vocabulary that is unknown.
    """

    vectors: NDArray[np.float32]
    unknown: tuple[str, ...]
    unknown_fraction: float


def read_vectors(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    tokens: Collection[str] | None = None,
    encoding: str | None = None,
) -> tuple[list[str], NDArray[np.float32]]:
    """Read word vectors of GloVe or word2vec.

    Parameters
    ----------
    path : str or path
        A file, which may be compressed by gzip, bzip2, xz, zstandard or zip, but is then unpacked
        in memory.
    format : {"glove", "word2vec"}, optional
        In "glove" each line of the text is a word and its numbers, between spaces or tabs.
        "word2vec" begins with a line that counts the words and the columns; the rest is such a
        text or binary, which is found out from its first row. By default the format is found
        out, too.
    tokens : collection of str, optional
        The words to keep, so that a large file needs little memory; by default all.
    encoding : str, optional
        Of a text; UTF-8, or what its byte order mark says, by default.

    Returns
    -------
    tokens : list of str
        The words, in the order of the file. If a word occurs twice, the first vector counts.
    vectors : (V, E) array of float32
        A row for each word.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        If the file is not there or malformed; the message names the line or word at fault.

    Notes
    -----
    Words that differ in case are different words. In a text the vector is the end of the line,
    so that words may contain spaces, unless one of their parts is a number; in binary
    a space ends the word. The formats are those of Mikolov et al., Distributed
    representations of words and phrases and their compositionality, NeurIPS 26 (2013), and
    of Pennington, Socher and Manning, GloVe: global vectors for word representation, EMNLP
    2014; fastText writes the former as text.
    """
    wanted = None if tokens is None else frozenset(_words(tokens, "tokens"))
    kept: dict[str, NDArray[np.float32]] = {}
    for word, vector in vector_rows(path, format, encoding):
        if wanted is None or word in wanted:
            kept.setdefault(word, vector)
    return list(kept), np.array(list(kept.values()), np.float32).reshape(-1, vector.size)


def vectors_for(
    vocabulary: Sequence[str],
    path: str | os.PathLike[str],
    rng: np.random.Generator,
    *,
    format: str | None = None,
    encoding: str | None = None,
) -> VocabularyVectors:
    """Read the vectors of a vocabulary, and draw those of the words that are not in the file.

    Parameters
    ----------
    vocabulary : sequence of str
        V different words, such as a data set's `tokens`.
    path
        As for :func:`read_vectors`.
    rng : numpy.random.Generator
        Source of the vectors of unknown words: normal, each column with the mean and
        the standard deviation that it has in the whole file.
    format, encoding
        As for :func:`read_vectors`.

    Returns
    -------
    VocabularyVectors
        The vectors (V, E), the unknown words and their fraction.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        As for :func:`read_vectors`, or if the vocabulary is not one or more different words.
    """
    words = _words(vocabulary, "vocabulary")
    places = {word: place for place, word in enumerate(words)}
    if not words or len(places) < len(words):
        raise ValueError(f"vocabulary must be different words, got {len(places)} in {len(words)}.")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}.")
    known: dict[str, NDArray[np.float32]] = {}
    n_rows, total, squares = 0, np.zeros(()), np.zeros(())
    for word, vector in vector_rows(path, format, encoding):
        if word in places:
            known.setdefault(word, vector)
        n_rows += 1
        total = total + vector
        squares = squares + np.square(vector, dtype=np.float64)
    mean = total / n_rows
    deviation = np.sqrt(np.maximum(squares / n_rows - mean**2, 0.0))  # not below 0 by rounding
    unknown = tuple(word for word in words if word not in known)
    vectors = np.empty((len(words), mean.size), np.float32)
    for word, vector in known.items():
        vectors[places[word]] = vector
    drawn = mean + deviation * rng.standard_normal((len(unknown), mean.size))
    vectors[[places[word] for word in unknown]] = drawn
    return VocabularyVectors(vectors, unknown, len(unknown) / len(words))


def _words(words: Collection[str], name: str) -> list[str]:
    if isinstance(words, str):
        raise TypeError(f"{name} must be a collection of words, got the one text {words!r}.")
    return list(words)
