"""Pretrained word vectors, from the files of GloVe and word2vec."""

from .vectors import VocabularyVectors, read_vectors, vectors_for

__all__ = ["VocabularyVectors", "read_vectors", "vectors_for"]
