"""Histories and results of studies, made by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from metarnn.optimizers import History


def made_history(improvements, passes=None) -> History:
    """Return a history of (passes, loss) improvements, a hundredth of a second a pass."""
    history = History()
    for at, loss in improvements:
        history.improve(at, at / 100, loss)
        history.add(at, at / 100, loss, loss)
    if passes is not None:
        history.add(passes, passes / 100, loss, loss)
    return history


def falling(seed: int, budget: int, rate: float, first: float = 1.0) -> History:
    """Return a run whose loss falls about as a power of the passes, with luck of its own."""
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
