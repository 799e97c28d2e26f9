"""The compiled floor: sequences as vector lanes, and the arithmetic on them.

A tile is one candidate times 32 sequences, and the sequences are the lanes of vectors:
whatever a network computes, it computes for 32 sequences at once. A lane never looks at
another one, so a sequence's numbers do not depend on the batch that it came in.

======================  ====================================================================
file                    idea
======================  ====================================================================
``jit.py``              how things are compiled; routines, which are called by their address
``vectors.py``          vector code written as formulas
``vector_math.py``      tanh, sigmoid, exp and log of vectors
``blocks.py``           the two blocks that do nearly all of the work: affine and outer
``losses.py``           losses on lanes
``softmax_kernels.py``masked softmax, and what attention does with it
``rows.py``             rows of lanes: copied, added, cleared, held
``products.py``         the two blocks as routines
``program.py``          a network as a table of nodes, run forwards and backwards over a tile
``graph.py``            a network as nodes that read and write signals
``layout.py``           from these to that table
``tiles.py``            the data, packed
``loop.py``             what is done with each tile, and the one loop over candidates and tiles
``passes.py``           passes ready to be run: memory and threads
``packing.py``          sequences into lanes, and scores out of them
``tile_buffer.py``      tiles to be filled again and again
``batch_scorer.py``     scores of sequences as they come, one or a million
======================  ====================================================================

All is compiled when it is first used, for float32 and float64 apart, and kept on disk.
"""

from .batch_scorer import BatchScorer
from .jit import LANES
from .losses import LOSSES, NUMBER_LOSSES, Loss
from .passes import Pass
from .threads import check_threads
from .tiles import Tiles

__all__ = [
    "LANES",
    "LOSSES",
    "NUMBER_LOSSES",
    "BatchScorer",
    "Loss",
    "Pass",
    "Tiles",
    "check_threads",
]
