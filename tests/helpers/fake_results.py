"""Histories and results of studies that were never run."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from metarnn.optimizers import History
from metarnn.study import Results

OPTIMIZERS = ("adam", "rprop", "cuckoo", "ga", "hybrid_ga", "random_search")
PROBLEMS = tuple((f"data_{i}", "elman") for i in range(7))


def made_history(improvements, passes=None) -> History:
    """Return a history of (passes, loss) improvements, at 0.01 seconds a pass."""
    history = History()
    for at, loss in improvements:
        history.improve(at, at / 100, loss)
        history.add(at, at / 100, loss, loss)
    if passes is not None:
        history.add(passes, passes / 100, loss, loss)
    return history


def falling(seed: int, budget: int, rate: float, first: float = 1.0) -> History:
    """Return a history whose loss falls about as a power of the passes, at a random rate."""
    rng = np.random.default_rng(seed)
    at = np.unique(np.concatenate([[first], np.floor(np.geomspace(first, budget * 0.9, 40))]))
    losses = np.minimum.accumulate(2.0 * at ** -(rate * rng.uniform(0.5, 1.5)))
    kept = np.append(True, np.diff(losses) < 0)
    return made_history(zip(at[kept].tolist(), losses[kept].tolist(), strict=True), budget)


def row(problem, optimizer, seed, history, *, budget=1000, target=0.1, accuracy=np.nan, fold=0):
    """Return a row of the table of runs; a run without a history failed."""
    done = history is not None
    reached = history.reached(target) if done else None
    return {
        "dataset": problem[0],
        "network": problem[1],
        "optimizer": optimizer,
        "seed": seed,
        "fold": fold,
        "status": "done" if done else "failed",
        "error": "" if done else "out of memory",
        "train_loss": history.best[-1] if done and len(history) else np.nan,
        "test_accuracy": accuracy if done else np.nan,
        "passes": float(budget) if done else np.nan,
        "seconds": budget / 100 if done else np.nan,
        "target": target,
        "reached": reached is not None,
        "passes_to_target": reached[0] if reached else np.nan,
        "seconds_to_target": reached[1] if reached else np.nan,
    }


def made_results(rows_and_histories) -> SimpleNamespace:
    """Return results of (row, history) pairs."""
    rows, histories = zip(*rows_and_histories, strict=True)
    return SimpleNamespace(runs=pd.DataFrame(rows), histories=list(histories))


def study(n_problems=7, rates=None, n_seeds=5, budget=1000) -> SimpleNamespace:
    """Return a study of optimizers that fall at different rates."""
    rates = rates or {"adam": 0.8, "cuckoo": 0.5, "random": 0.2}
    made = []
    for p in range(n_problems):
        for i, (name, rate) in enumerate(rates.items()):
            for seed in range(n_seeds):
                history = falling(1000 * p + 100 * i + seed, budget, rate)
                accuracy = 0.5 + rate / 2 + 0.01 * seed
                made.append(
                    (
                        row((f"data{p}", "elman"), name, seed, history, accuracy=accuracy),
                        history,
                    )
                )
    return made_results(made)


def history(rng: np.random.Generator, speed: float, floor: float, budget: float) -> History:
    """Return a history that falls as a power of the passes to a floor, in steps."""
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
) -> Results:
    """Return results with all columns; the first `n_failed` runs of the last optimizer failed."""
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
        loss_of=lambda dataset: "cross_entropy",
        group_of=lambda dataset: "",
        alpha=0.0,
        solve=None,
        gradient_passes=3.0,
        target=None,
        targets=None,
        test_fraction=0.3,
        folds=None,
        timesteps=1,
        n_threads=1,
    )
    environment = {"python": "3.12.1", "numpy": "2.4", "processor": "a <fast> one", "cores": "2"}
    targets = {pair: tuple(np.geomspace(1.0, 1e-3, 51)) for pair in problems}
    return Results(pd.DataFrame(rows), histories, settings, environment, targets)
