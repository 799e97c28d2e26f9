"""
Who escapes a trap?
===================

Parity of five bits has many poor local minima. A run succeeds if it classifies every pattern; the bars
have Wilson's intervals. One descent gets stuck, hybrids and restarts do not.
"""

from metarnn import Study
from metarnn.plots import plot_success

study = Study(
    datasets=["parity:n_bits=5"],
    networks={"elman 4": {"cell": "elman", "hidden": 4, "bidirectional": False, "init_scale": 3}},
    optimizers=["rprop", "rprop:n_starts=10", "hybrid_ga", "cuckoo"],
    budget=15000,
    seeds=6,
    target=0.01,
)
runs = study.run().runs
reached = {
    name: (int(of_name["reached"].sum()), len(of_name))
    for name, of_name in runs.groupby("optimizer", sort=False)
}
plot_success(reached, title="training loss of 0.01 on parity of 5 bits").figure
