"""The compiled floor: sequences as vector lanes, and the arithmetic on them.

A tile is one candidate times 32 sequences, and the sequences are the lanes: whatever a
network computes, it computes for 32 sequences at once, in loops over the last axis that
the compiler turns into vector instructions. A lane never looks at another one, so a
sequence's numbers do not depend on the batch that it came in.

Everything compiles on the first call, once for float32 and once for float64, and is kept
in numba's cache on disk.
"""

from .losses import LOSSES, Loss
from .tiles import LANES, Tiles

__all__ = ["LANES", "LOSSES", "Loss", "Tiles"]
