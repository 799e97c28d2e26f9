"""Compiled passes: sequences as vector lanes, and the arithmetic on them.

A tile is one candidate times 32 sequences, and the sequences are the lanes of vectors: whatever
a network computes, it computes for 32 sequences at once. Lanes do not mix, so the numbers of a
sequence do not depend on its batch.

======================  ====================================================================
file                    idea
======================  ====================================================================
``jit.py``              how functions are compiled; routines, which are called by address
``disk_cache.py``       compiled functions on disk
``pointers.py``         pointers in compiled code
``vectors.py``          vector code written as formulas
``vector_memory.py``    pointers of vector code
``vector_math.py``      tanh, sigmoid, exp and log of vectors
``emission.py``         loops, and functions emitted from formulas
``affine.py``           products of weights and rows: nearly all of the work, together with
``outer.py``            sums of products over time and lanes
``block_routines.py``   these two as routines
``row_kernels.py``      rows of lanes: copied, added, cleared, held
``softmax_kernels.py``  softmax attention
``loss_kernels.py``     losses on lanes, from formulas
``losses.py``           the table of losses
``program.py``          a network as a table of nodes, run forwards and backwards over a tile
``signals.py``          signals, and the clocks that count their steps
``weight_block.py``     the named arrays of a flat vector of weights
``graph.py``            a network as nodes that read and write signals
``dataflow.py``         which node reads and writes which signal
``layout.py``           where signals, derivatives and weights are in memory
``tables.py``           from the graph to the table of ``program.py``
``tiles.py``            the data, packed
``job.py``              the parameters of a pass
``tile_tasks.py``       what is done with each tile
``loop.py``             the one loop over candidates and tiles
``threads.py``          when and how that loop runs in parallel
``passes.py``           passes ready to be run
``packing.py``          sequences into lanes, and scores out of them
``tile_buffer.py``      tiles that are filled again and again
``batch_scorer.py``     scores of sequences as they come, one or a million
======================  ====================================================================

All code is compiled when it is first used, for float32 and float64 apart, and kept on disk.
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
