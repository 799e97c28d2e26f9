"""The runs on suite-1, and parts of them."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from metarnn.optimizers import History
from metarnn.study import Results, read_results, read_settings

HERE = Path(__file__).parent
#: What trains no network: it cannot be asked for every problem.
MODELS = ("recurrent_features",)
#: The group on which what needs a gradient has no runs.
NO_GRADIENT = "no gradient"
#: The end of the label of an optimizer with the settings that tuning found.
TUNED = "_tuned"


def stored(path: Path, study: str = "study") -> Results:
    """Return the results of a file, which one of the studies beside this module made."""
    return read_results(path, read_settings(HERE / f"{study}.toml"))


def beside(study: str) -> Results:
    """Return the published results of a study."""
    return stored(HERE / f"{study}.parquet", study)


def joined(results: Results, other: Results) -> Results:
    """Return the runs of two studies with the same problems."""
    import pandas as pd

    runs = pd.concat([results.runs, other.runs], ignore_index=True)
    return dataclasses.replace(results, runs=runs, histories=results.histories + other.histories)


def complete(results: Results) -> Results:
    """Return the results of the seeds with which all optimizers have all their runs."""
    counts = results.runs.groupby("seed").size()
    seeds = counts.index[counts == counts.max()].tolist()
    return of_seeds(results, seeds)


def of_seeds(results: Results, seeds: Sequence[int]) -> Results:
    """Return the results of some seeds."""
    return chosen(results, results.runs["seed"].isin(seeds).to_numpy())


def chosen(results: Results, rows: Sequence[bool]) -> Results:
    """Return the results of some runs."""
    where = np.flatnonzero(rows)
    return dataclasses.replace(
        results,
        runs=results.runs.iloc[where].reset_index(drop=True),
        histories=[results.histories[i] for i in where],
    )


def trained(results: Results) -> Results:
    """Return the runs that train networks."""
    return chosen(results, ~results.runs["optimizer"].isin(MODELS).to_numpy())


def with_gradients(results: Results) -> Results:
    """Return the runs that train networks, on problems whose losses have gradients."""
    groups = [results.settings.group_of(name) for name in results.runs["dataset"]]
    return trained(chosen(results, np.array(groups) != NO_GRADIENT))


def without_gradients(results: Results) -> Results:
    """Return the runs that train networks, on problems whose losses have none."""
    return trained(results.of_group(NO_GRADIENT))


def as_tuned(results: Results) -> Results:
    """Return the runs with tuned settings, and those of what has nothing to tune."""
    names = results.runs["optimizer"]
    replaced = {name.removesuffix(TUNED) for name in names.unique() if name.endswith(TUNED)}
    return complete(chosen(results, ~names.isin(replaced).to_numpy()))


def stopped_at(results: Results, budget: Any) -> Results:
    """Return the results as they were after some passes, for all runs or for each (n_runs,).

    What an optimizer plans by its budget, such as the schedule of a step size, it planned for the
    whole one.
    """
    runs = results.runs.copy()
    runs["passes"] = runs["passes"].clip(upper=budget)
    late = ~(runs["passes_to_target"] <= budget)
    runs.loc[late, ["passes_to_target", "seconds_to_target"]] = np.nan
    runs["reached"] = ~late
    return dataclasses.replace(results, runs=runs)


def repriced(results: Results, price: float) -> Results:
    """Return the results as they would be if a gradient cost another number of passes.

    What a run did stays, and is charged at that price: a hybrid's losses and gradients count as
    mixed evenly over its run. All are stopped where the shortest budget ends: dearer gradients
    stretch a run, cheaper ones shorten it.
    """
    runs, stated = results.runs.copy(), results.settings
    n_losses, n_gradients = runs["losses_computed"], runs["gradients_computed"]
    factors = (n_losses + price * n_gradients) / runs["passes"]
    for column in ("passes", "passes_to_target"):
        runs[column] *= factors
    histories = [
        moved(history, lambda passes, seconds, factor=factor: factor * passes)
        for history, factor in zip(results.histories, factors, strict=True)
    ]
    found = dataclasses.replace(results, runs=runs, histories=histories)
    return stopped_at(found, stated.budget * min(1.0, price / stated.gradient_passes))


def by_milliseconds(results: Results) -> Results:
    """Return the results with milliseconds in place of passes.

    All runs on a problem are stopped where the optimizer that is soonest through its passes, by
    the median of its runs, has spent them: the others would have had more time.
    """
    runs = results.runs.copy()
    runs["passes"] = 1e3 * runs["seconds"]
    runs["passes_to_target"] = 1e3 * runs["seconds_to_target"]
    histories = [moved(one, lambda passes, seconds: 1e3 * seconds) for one in results.histories]
    medians = runs.groupby(["dataset", "network", "optimizer"])["passes"].median()
    ends = medians.groupby(["dataset", "network"]).min()
    end = ends.loc[list(zip(runs["dataset"], runs["network"], strict=True))].to_numpy()
    return stopped_at(dataclasses.replace(results, runs=runs, histories=histories), end)


def moved(history: History | None, place: Callable[[float, float], float]) -> History | None:
    """Return the improvements of a history, at the places of their passes and seconds."""
    if history is None:
        return None
    found = History()
    for passes, seconds, loss in history.improvements.tolist():
        found.improve(place(passes, seconds), seconds, loss)
    return found
