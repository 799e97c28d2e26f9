"""
Ranks and their critical difference
===================================

Average ranks over several problems, with Nemenyi's critical difference: optimizers joined by a
bar cannot be told apart by these problems.
"""

from metarnn import Study
from metarnn.plots import plot_ranks

study = Study(
    datasets=["iris", "wine", "latch", "tone", "xor", "delayed_recall"],
    networks={"elman": {"cell": "elman", "hidden": 4, "bidirectional": False}},
    optimizers=["rprop", "adam", "hybrid_ga", "lshade", "cuckoo", "random_guessing"],
    budget=600,
    seeds=3,
)
plot_ranks(study.run(), title="median training loss after 600 passes, six problems").figure
