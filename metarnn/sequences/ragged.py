"""Sequences of unequal length, kept as they came: only those that are read are padded."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class RaggedSequences:
    """Sequences (T_i, I) that are read as an array (B, T, I), T the longest, without being one."""

    def __init__(self, parts: Sequence[Array]) -> None:
        self._parts = parts
        self.lengths = np.array([len(part) for part in parts], np.int64)
        self.dtype = np.result_type(*{part.dtype for part in parts})
        self.shape = (len(parts), int(self.lengths.max()), parts[0].shape[1])
        self.ndim = 3

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, key: tuple[Any, slice]) -> Array:
        """Return some sequences at a slice of steps, with zeros up to the end of the longest."""
        rows, steps = key
        chosen = np.arange(len(self))[rows]
        first, end, _ = steps.indices(int(self.lengths[chosen].max(initial=0)))
        values = np.zeros((len(chosen), max(0, end - first), self.shape[2]), self.dtype)
        for row, b in zip(values, chosen.tolist(), strict=True):
            own = self._parts[b][first:end]
            row[: len(own)] = own
        return values
