"""Compiled passes: sequences as vector lanes, and the arithmetic on them.

A tile is one candidate times 32 sequences, and the sequences are the lanes of vectors: whatever
a network computes, it computes for 32 sequences at once. Lanes do not mix, so the numbers of a
sequence do not depend on its batch.

All code is compiled when it is first used, for float32 and float64 apart, and kept on disk.
"""

from .batch_scorer import BatchScorer as BatchScorer
from .gathered_tiles import GatheredTiles as GatheredTiles
from .jit import LANES as LANES
from .losses import LOSSES as LOSSES
from .losses import NUMBER_LOSSES as NUMBER_LOSSES
from .losses import Loss as Loss
from .passes import Pass as Pass
from .threads import check_threads as check_threads
from .tiles import Tiles as Tiles
