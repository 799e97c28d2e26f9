"""Sequences: what an X may be, read, checked, padded and scaled."""

from .arrays import as_lengths, as_sequences, check_layout, padded, unpadded

__all__ = ["as_lengths", "as_sequences", "check_layout", "padded", "unpadded"]
