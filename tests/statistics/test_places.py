"""The place of each optimizer, and how firm it is."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from metarnn.runtimes import wilson_interval
from metarnn.statistics import interquartile_mean, places, run_scores


def results_of(losses, target=0.5):
    """Return results with losses (problems, optimizers, seeds)."""
    N, k, n = losses.shape
    rows = [
        {
            "dataset": f"d{i}",
            "network": "net",
            "optimizer": f"o{j}",
            "seed": s,
            "fold": 0,
            "status": "done",
            "train_loss": losses[i, j, s],
            "reached": bool(losses[i, j, s] <= target),
        }
        for i in range(N)
        for j in range(k)
        for s in range(n)
    ]
    return SimpleNamespace(runs=pd.DataFrame(rows), histories=[None] * len(rows))


def test_places_by_mean_ranks_with_intervals():
    rng = np.random.default_rng(0)
    losses = rng.random((12, 3, 5)) * 0.1 + np.array([0.7, 0.2, 0.45])[:, None]
    found = places(results_of(losses), measure="train_loss", n_resamples=200)
    assert [*found.table.index] == ["o1", "o2", "o0"]
    best = found.table.iloc[0]
    assert best["mean_rank"] == best["rank_low"] == 1 == found.stability.same_first
    assert best["score"] == pytest.approx(interquartile_mean(losses[:, 1]))
    assert best["score_low"] <= best["score"] <= best["score_high"]
    middle = found.table.loc["o2"]
    n_reached = int((losses[:, 2] <= 0.5).sum())
    assert middle["reached"] == n_reached / 60
    assert (middle["reached_low"], middle["reached_high"]) == wilson_interval(n_reached, 60)
    assert max(map(len, found.text().splitlines())) <= 80
    assert found.text().splitlines()[1].split() == "mean rank train loss reached top 3".split()


def test_seeds_are_paired_whatever_the_order_of_the_rows():
    losses = np.random.default_rng(1).random((3, 2, 4))
    results = results_of(losses)
    mixed = SimpleNamespace(
        runs=results.runs.sample(frac=1, random_state=0), histories=results.histories
    )
    found = run_scores(mixed, "train_loss")
    order = [found.problems.index((f"d{i}", "net")) for i in range(3)]
    columns = [found.optimizers.index(f"o{j}") for j in range(2)]
    assert np.array_equal(found.values[order][:, columns], losses)


def test_problems_without_runs_of_all_are_left_out():
    results = results_of(np.random.default_rng(2).random((3, 2, 4)))
    runs = results.runs
    results.runs = runs[~((runs["dataset"] == "d1") & (runs["optimizer"] == "o0"))]
    found = run_scores(results, "train_loss")
    assert found.values.shape == (2, 2, 4)
    assert found.left_out == {("d1", "net"): "no runs of o0"}
    results.runs = runs[runs["optimizer"] == "o0"].assign(optimizer=lambda t: t["dataset"])
    with pytest.raises(ValueError, match="no problem has runs of all"):
        run_scores(results, "train_loss")
    with pytest.raises(ValueError, match="take 'area'"):
        run_scores(results, "ert")
