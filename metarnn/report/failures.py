"""The runs that failed, and why."""

from typing import Any

from .tables import Cell, Table

#: The most kinds of failures that are listed.
LISTED = 200

#: The most seeds of a kind that are listed.
SEEDS = 20


def failure_table(runs: Any) -> Table:
    """Return the failed runs, grouped if they differ in seed or fold only."""
    failed = runs[runs["status"] == "failed"]
    by = ["dataset", "network", "optimizer", "error"]
    rows = []
    for (dataset, network, optimizer, error), group in failed.groupby(by, sort=False):
        seeds = [str(seed) for seed in dict.fromkeys(group["seed"])]
        shown = ", ".join(seeds[:SEEDS]) + (", …" if len(seeds) > SEEDS else "")
        texts = (f"{dataset}: {network}", str(optimizer), shown, str(error))
        count = Cell(str(len(group)), float(len(group)))
        rows.append([Cell(texts[0]), count, *map(Cell, texts[1:])])
    return Table("Failed runs", ["problem", "runs", "optimizer", "seeds", "reason"], rows[:LISTED])
