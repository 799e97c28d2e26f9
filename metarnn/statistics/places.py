"""The place of each optimizer among all of a study, and how firm it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.names import are, in_column, many
from metarnn.runtimes import wilson_interval

from .aggregates import interquartile_mean, stratified_interval
from .intervals import Seed
from .measures import (
    MEASURES,
    ProblemLabels,
    RunTable,
    check_measure,
    complete_problems,
    run_numbers,
)
from .pairs import problems_needed
from .stability import RankingStability, ranking_stability

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RunScores:
    """A score of every run, problem by problem.

    Attributes
    ----------
    values : (N, k, n) array
        Of N problems, k optimizers and n paired runs, those of the seeds and folds.
    problems : list of (str, str)
        Labels of data set and network.
    optimizers : list of str
        Labels.
    left_out : dict of (str, str) to str
        Other problems, and why they are left out.
    """

    values: Floats
    problems: list[ProblemLabels]
    optimizers: list[str]
    left_out: dict[ProblemLabels, str]


def run_scores(
    results: RunTable,
    measure: str = "area",
    targets: Mapping[ProblemLabels, ArrayLike] | None = None,
) -> RunScores:
    """Return a score of every run, for the statistics that resample seeds.

    Parameters
    ----------
    results : Results
        Of a study.
    measure : {"area", "train_loss", "test_accuracy"}
        As for :func:`measured`.
    targets : dict of (str, str) to array_like, optional
        As for :func:`measured`.

    Returns
    -------
    RunScores
        Of the problems on which all optimizers have the same seeds and folds; of these, problems
        with less of them than others are left out, too.

    Raises
    ------
    ValueError
        An unknown measure, or one that no single run has; no problem with runs of all optimizers.
    """
    check_measure(measure)
    if measure == "ert":
        raise ValueError("an expected running time is of several runs: take 'area'.")
    optimizers = [str(name) for name in results.runs["optimizer"].unique()]
    parts, left_out = complete_problems(results.runs, optimizers, measure)
    rows = {}
    for problem, part in parts:
        part = part.sort_values(["seed", "fold"], kind="stable")
        numbers = run_numbers(results, problem, part, measure, targets)
        whose = part["optimizer"].to_numpy()
        rows[problem] = np.stack([numbers[whose == name] for name in optimizers])
    if not rows:
        reasons = "; ".join(dict.fromkeys(left_out.values()))
        raise ValueError(f"no problem has runs of all optimizers alike: {reasons}.")
    n = max(row.shape[1] for row in rows.values())
    for problem in [problem for problem, row in rows.items() if row.shape[1] < n]:
        left_out[problem] = f"fewer than {n} seeds and folds"
        del rows[problem]
    return RunScores(np.stack([*rows.values()]), [*rows], optimizers, left_out)


@dataclass(frozen=True)
class Places:
    """The place of each optimizer.

    Attributes
    ----------
    table : DataFrame
        One row an optimizer, the best mean rank first: ``mean_rank, rank_low, rank_high,
        score, score_low, score_high, reached, reached_low, reached_high, three``. The ranks are
        over the problems, and their interval is that of other problems and seeds; the score is the
        interquartile mean over the runs, with the interval of other seeds; `reached` is the
        fraction of the runs that reached their target, with Wilson's interval; `three` is how
        often the optimizer is among the first three where problems and seeds are drawn again.
    stability : RankingStability
        Of the whole order.
    scores : RunScores
        What it was made of.
    measure : str
        What ranks.
    """

    table: "pd.DataFrame"
    stability: RankingStability
    scores: RunScores
    measure: str = "area"

    def text(self) -> str:
        """Return the table as text of at most 80 columns."""
        N, k, n = self.scores.values.shape
        problems, runs = many(N, "problem"), many(n, "run")
        lines = [
            f"{k} optimizers on {problems} with {runs} each, the best mean rank first.",
            f"{'':3} {'':22} {'mean rank':>17} {self.measure.replace('_', ' '):>19} "
            f"{'reached':>8} {'top 3':>6}",
        ]
        for place, (name, row) in enumerate(self.table.iterrows(), start=1):
            rank = f"{row['mean_rank']:.1f} ({row['rank_low']:.1f}-{row['rank_high']:.1f})"
            score = f"{row['score']:.3f} ({row['score_low']:.3f}-{row['score_high']:.3f})"
            before, label = in_column(f"{place:>2}. {name}", 26)
            lines += before
            lines.append(
                f"{label} {rank:>17} {score:>19} {row['reached']:>8.0%} {row['three']:>6.0%}"
            )
        lines.append(
            f"With problems and seeds drawn again, the first stays first in "
            f"{self.stability.same_first:.0%}."
        )
        if problems_needed(k) > N:
            lines.append(
                f"{problems} {are(N)} too few to see that one of {k} optimizers is better than\n"
                f"another beyond chance: {problems_needed(k)} or more are needed."
            )
        return "\n".join(lines)


def places(
    results: RunTable,
    targets: Mapping[ProblemLabels, ArrayLike] | None = None,
    *,
    measure: str = "area",
    seed: Seed = 0,
    n_resamples: int = 2000,
) -> Places:
    """Rank the optimizers of a study, with intervals of all that is said.

    Parameters
    ----------
    results : Results
        Of a study.
    targets : dict of (str, str) to array_like, optional
        As for :func:`measured`; those of a study are its ``results.targets``.
    measure : {"area", "train_loss", "test_accuracy"}
        What ranks: by default the area under the convergence curve, 0 is best.
    seed : int or Generator
        The source of the resamples.
    n_resamples : int
        Number of resamples.

    Returns
    -------
    Places
        The table, and how firm it is.

    Raises
    ------
    ValueError
        As for :func:`run_scores`.

    Notes
    -----
    Intervals are for one optimizer at a time: whether two differ is what :func:`judge` tests.
    """
    import pandas as pd

    scores = run_scores(results, measure, targets)
    lower = MEASURES[measure].lower_is_better
    firm = ranking_stability(
        scores.values, seed=seed, lower_is_better=lower, n_resamples=n_resamples
    )
    pairs = zip(results.runs["dataset"], results.runs["network"], strict=True)
    kept = {*scores.problems}
    runs = results.runs[[pair in kept for pair in pairs]]
    rows = {}
    for i in firm.order:
        name = scores.optimizers[i]
        score = stratified_interval(
            scores.values[:, i], interquartile_mean, seed=seed, n_resamples=n_resamples
        )
        own = runs.loc[runs["optimizer"] == name, "reached"]
        low, high = wilson_interval(int(own.sum()), len(own))
        rows[name] = {
            "mean_rank": firm.mean_ranks[i],
            "rank_low": firm.low[i],
            "rank_high": firm.high[i],
            "score": score.value,
            "score_low": score.low,
            "score_high": score.high,
            "reached": own.mean(),
            "reached_low": low,
            "reached_high": high,
            "three": firm.places[i, :3].sum(),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "optimizer"
    return Places(table, firm, scores, measure)
