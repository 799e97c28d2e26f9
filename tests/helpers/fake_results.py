"""Results of a study that was never run, with plausible histories."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from metarnn.optimizers import History

OPTIMIZERS = ("adam", "rprop", "cuckoo", "ga", "hybrid_ga", "random_search")
PROBLEMS = tuple((f"data_{i}", "elman") for i in range(7))


@dataclass
class Synthetic:
    """Shaped as the results of a study."""

    runs: pd.DataFrame
    histories: list[History | None]
    settings: Any
    environment: dict[str, str]
    targets: dict[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)

    def summary(self) -> pd.DataFrame:
        """Return what ``Results.summary`` does, plainly."""
        rows = {}
        for key, runs in self.runs.groupby(["dataset", "network", "optimizer"], sort=False):
            losses = np.sort(runs["train_loss"].fillna(np.inf))
            with np.errstate(invalid="ignore"):
                q25, median, q75 = np.nan_to_num(np.quantile(losses, [0.25, 0.5, 0.75]), nan=np.inf)
            n = int(runs["reached"].sum())
            row = {"loss_median": median, "loss_q25": q25, "loss_q75": q75}
            row["accuracy_mean"] = runs["test_accuracy"].mean()
            row["accuracy_sd"] = runs["test_accuracy"].std(ddof=1)
            row["train_accuracy_mean"] = runs["train_accuracy"].mean()
            for unit in ("passes", "seconds"):
                spent = runs[f"{unit}_to_target"].fillna(runs[unit]).sum()
                row[f"{unit}_to_target"] = spent / n if n else np.inf
            rows[key] = row | {"reached": n, "runs": len(runs)}
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index = pd.MultiIndex.from_tuples(
            list(rows), names=["dataset", "network", "optimizer"]
        )
        return table


def history(rng: np.random.Generator, speed: float, floor: float, budget: float) -> History:
    """Return a search that falls by a power of the passes to a floor, in steps."""
    made, best = History(), np.inf
    at = np.unique(np.geomspace(1, budget, 90).round())
    for passes in at:
        loss = floor + 1.1 * (1 + passes / 50) ** -speed * np.exp(0.2 * rng.normal())
        if loss < best:
            best = float(loss)
            made.improve(float(passes), float(passes) * 1e-4, best)
        made.add(float(passes), float(passes) * 1e-4, float(loss), best)
    return made


def synthetic(
    problems: Any = PROBLEMS,
    optimizers: Any = OPTIMIZERS,
    n_seeds: int = 10,
    *,
    budget: float = 10_000,
    n_failed: int = 0,
    seed: int = 0,
) -> Synthetic:
    """Return results; the first runs of the last optimizer have failed, so many."""
    rng = np.random.default_rng(seed)
    rows, histories = [], []
    for dataset, network in problems:
        ease = rng.uniform(0.5, 1.5)
        for i, optimizer in enumerate(optimizers):
            speed = ease * (1.3 - 0.9 * i / len(optimizers)) * np.exp(0.2 * rng.normal())
            for run in range(n_seeds):
                failed = optimizer == optimizers[-1] and n_failed > 0
                n_failed -= failed
                made = history(rng, speed, 10 ** rng.uniform(-4, -1.5), budget)
                loss, accuracy = made.best[-1], 1 - 0.3 * min(made.best[-1], 1) ** 0.5
                hit = made.reached(0.1)
                nan = float("nan")
                row = {
                    "dataset": dataset,
                    "network": network,
                    "optimizer": optimizer,
                    "seed": run,
                    "fold": 0,
                    "status": "failed" if failed else "done",
                    "error": 'ValueError: weights <overflow> & "more"' if failed else "",
                    "train_loss": nan if failed else loss,
                    "train_accuracy": nan if failed else accuracy,
                    "test_accuracy": nan if failed else accuracy - 0.02 * rng.uniform(),
                    "test_loss": nan if failed else loss * 1.2,
                    "passes": nan if failed else budget,
                    "seconds": nan if failed else budget * 1e-4,
                    "target": 0.1,
                    "reached": hit is not None and not failed,
                    "passes_to_target": hit[0] if hit and not failed else nan,
                    "seconds_to_target": hit[1] if hit and not failed else nan,
                    "losses_computed": int(budget),
                    "gradients_computed": 0,
                    "nonfinite": 0,
                    "stop": "" if failed else "budget",
                }
                rows.append(row)
                histories.append(None if failed else made)
    settings = SimpleNamespace(
        question="Which optimizer gets lowest within the budget?",
        datasets={name: {"name": name} for name in dict.fromkeys(d for d, _ in problems)},
        networks={name: {"hidden": 8} for name in dict.fromkeys(n for _, n in problems)},
        optimizers={name: {"name": name} for name in optimizers},
        seeds=tuple(range(n_seeds)),
        budget=float(budget),
        seconds=None,
        loss="cross_entropy",
        alpha=0.0,
        gradient_passes=3.0,
        target=None,
        targets=None,
        test_fraction=0.3,
        folds=None,
        timesteps=None,
        n_threads=1,
    )
    environment = {"python": "3.12.1", "numpy": "2.4", "processor": "a <fast> one", "cores": "2"}
    targets = {pair: tuple(np.geomspace(1.0, 1e-3, 51)) for pair in problems}
    return Synthetic(pd.DataFrame(rows), histories, settings, environment, targets)
