"""
When is the target reached?
===========================

The fraction of runs that have reached a loss, over the passes: the distribution of running times,
which says more than a mean.
"""

from metarnn import compare

comparison = compare(
    "xor",
    ["rprop:n_starts=5", "hybrid_ga", "cuckoo", "lshade"],
    cell="elman",
    hidden=3,
    bidirectional=False,
    readout="last",
    budget=4000,
    seeds=10,
)
comparison.plot(kind="runtimes").figure
