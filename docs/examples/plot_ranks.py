"""
Ranks and their critical difference
===================================

Average ranks over several problems, with Nemenyi's critical difference: optimizers joined by a
bar cannot be told apart by these problems.
"""

from metarnn import Study
from metarnn.plots import plot_ranks
from metarnn.statistics import critical_difference, ranks

study = Study(
    datasets=["iris", "wine", "latch", "tone", "xor", "delayed_recall"],
    networks={"elman": {"cell": "elman", "hidden": 4, "bidirectional": False}},
    optimizers=["rprop", "adam", "hybrid_ga", "lshade", "cuckoo", "random_guessing"],
    budget=600,
    seeds=3,
)
runs = study.run().runs
losses = runs.pivot_table(
    index="dataset", columns="optimizer", values="train_loss", aggfunc="median"
)
mean_ranks = dict(zip(losses.columns, ranks(losses.to_numpy()).mean(axis=0), strict=True))
plot_ranks(
    mean_ranks,
    critical_difference(len(mean_ranks), len(losses)),
    title="median training loss after 600 passes, six problems",
).figure
