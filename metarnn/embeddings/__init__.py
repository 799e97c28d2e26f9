"""Pretrained word vectors, from the files of GloVe and word2vec."""

from .vectors import VocabularyVectors as VocabularyVectors
from .vectors import read_vectors as read_vectors
from .vectors import vectors_for as vectors_for
