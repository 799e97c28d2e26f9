"""
Who converges faster?
=====================

Five optimizers train one small network on iris from the same first points, under one budget of
passes. A gradient costs three passes.
"""

from metarnn import compare

comparison = compare(
    "iris", ["rprop", "adam", "hybrid_ga", "ga", "cuckoo"], hidden=4, budget=1500, seeds=3
)
print(comparison.table())
comparison.plot().figure
