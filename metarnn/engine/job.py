"""The parameters of a pass, as one record that compiled code reads."""

from .pointers import records
from .program import record

#: The parameters of a pass: addresses, and offsets in the scratch memory of a thread.
JOB = record(
    # the network
    "nodes",  # address
    "n_nodes",
    "cleared",  # address
    "n_cleared",
    "recomputes",  # 1: a backward pass leaves other states than it finds
    "n_weights",  # D
    "order",  # address: where each packed weight comes from, -1: zero
    "n_packed",
    "packed",  # offset of the packed weights
    "scores",  # address of their signal, of K rows
    "shown",  # address of the signal that is copied to the output
    "most_steps",  # of that signal
    # the data
    "tiles",  # address
    "n_tiles",
    "n_groups",
    "lanes_are_candidates",
    # what is done with each tile
    "task",  # address
    "loss",  # address
    "label_rows",  # of each step: 1 for a class, K for numbers
    "factor",  # address
    "losses",  # offset (32,)
    "n_sums",  # float64 sums of a unit and group
    # where
    "n_candidates",  # P
    "weights",  # address (P, D)
    "totals",  # address (units, groups), of 32 each where the lanes are candidates
    "sums",  # address (units, groups, n_sums), likewise
    "output",  # address (units, tiles, most_steps, K, 32)
    "chunk",  # address
    "n_units",
    "n_chunks",
    "scratch",  # address
    "scratch_bytes",  # of a thread
    "double_bytes",  # of which float64: 32 starts of totals, columns of a matrix
    "real_bytes",
)
job_at = records(JOB)
