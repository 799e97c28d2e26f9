"""The tests over the problems of a study, in words, with the limits of the data."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .measures import MEASURES, Measured, ProblemLabels, RunTable, measured
from .pairs import SignedRanks, problems_needed, smallest_wilcoxon_p, wilcoxon_pairs
from .ranks import RankTable, rank_table
from .samples import within_problem

if TYPE_CHECKING:
    import pandas as pd


class Better(NamedTuple):
    """One optimizer is better than another, with its p after Holm's method.

    Attributes
    ----------
    optimizer, than : str
        The better one, and the other.
    p : float
        After Holm's method.
    """

    optimizer: str
    than: str
    p: float


@dataclass(frozen=True)
class Verdict:
    """The result of tests over problems.

    Attributes
    ----------
    measured : Measured
        The figures that were compared, for each of N problems and k optimizers.
    ranks : RankTable or None
        Ranks over the problems, with Friedman's and Nemenyi's tests; None without a problem.
    signed_ranks : SignedRanks or None
        Pairwise tests by Wilcoxon's signed ranks, of logarithms of losses and times.
    better : list of Better
        The pairs that differ significantly by these tests.
    within : pandas.DataFrame or None
        With one problem only, the comparison of its runs; see
        :func:`metarnn.statistics.within_problem`.
    alpha : float
        Level of all tests.
    warnings : list of str
        Questions that the results do not answer, and why.
    """

    measured: Measured
    ranks: RankTable | None
    signed_ranks: SignedRanks | None
    better: list[Better]
    within: "pd.DataFrame | None"
    alpha: float
    warnings: list[str]

    def text(self) -> str:
        """Return the result in words, in lines of at most 80 columns."""
        measure, (N, k) = MEASURES[self.measured.measure], self.measured.values.shape
        how = f"{measure.title}, {measure.within} of the seeds and folds of each problem"
        how = f"{how[0].upper()}{how[1:]}"
        parts = [_fill(f"{how}; {_count(N, 'problem')}, {_count(k, 'optimizer')}.")]
        if self.ranks is not None:
            parts.append(self._ranking(self.ranks))
        if self.ranks is not None and N > 1:
            if k > 2:
                parts.append(self._over_ranks(self.ranks))
            parts.append(self._over_pairs())
        if self.within is not None:
            parts.append(self._runs(self.within))
        parts += [_fill(f"Warning: {text}") for text in self.warnings]
        return "\n\n".join(parts)

    def __str__(self) -> str:
        return self.text()

    def _ranking(self, ranks: RankTable) -> str:
        names = self.measured.optimizers
        lines = ["mean rank  optimizer"]
        for i in np.argsort(ranks.mean_ranks, kind="stable"):
            lines.append(_fill(f"{ranks.mean_ranks[i]:9.2f}  {names[i]}", indent=11))
        return "\n".join(lines)

    def _over_ranks(self, ranks: RankTable) -> str:
        N, k = ranks.ranks.shape
        chi2, F = ranks.friedman, ranks.iman_davenport
        differ = F.p <= self.alpha
        groups = [
            f"Not separated: {', '.join(self.measured.optimizers[i] for i in group)}."
            for group in ranks.not_separated(self.alpha)
        ]
        parts = [
            f"Friedman's chi-square is {chi2.statistic:.2f} ({k - 1} degrees of freedom, "
            f"{_p(chi2.p)}), Iman and Davenport's F {F.statistic:.2f} ({k - 1} and "
            f"{(k - 1) * (N - 1)}, {_p(F.p)}): at the level of {self.alpha:g} the optimizers "
            + ("differ." if differ else "do not differ significantly by their ranks."),
            "Mean ranks have to differ by the critical difference of "
            f"{ranks.critical_difference(self.alpha):.2f} (Nemenyi's, all pairs at once).",
            *(groups or ["All are separated."]),
        ]
        return "\n".join(map(_fill, parts))

    def _over_pairs(self) -> str:
        k = len(self.measured.optimizers)
        test = "Wilcoxon's signed ranks" + " of logarithms" * takes_logarithms(self.measured)
        test += f", by Holm's method for all {k * (k - 1) // 2} pairs" if k > 2 else ""
        if not self.better:
            return _fill(f"{test}: no optimizer is better than another at {self.alpha:g}.")
        worse: dict[str, list[str]] = {}
        for pair in self.better:
            worse.setdefault(pair.optimizer, []).append(f"{pair.than} ({_p(pair.p)})")
        lines = [f"{name} is better than {', '.join(those)}." for name, those in worse.items()]
        return "\n".join(map(_fill, [f"{test}, at {self.alpha:g}:", *lines]))

    def _runs(self, within: "pd.DataFrame") -> str:
        """Return the comparison of the runs of a single problem in words."""
        lines = ["Runs of this problem, Mann-Whitney's test with Holm's method and A12:"]
        for row in within.itertuples(index=False):
            if row.p_holm <= self.alpha:
                first, second, a12 = row.first, row.second, row.a12
                if a12 < 0.5:
                    first, second, a12 = second, first, 1 - a12
                lines.append(
                    f"a run of {first} beats one of {second} with probability {a12:.2f} "
                    f"({row.effect}, {_p(row.p_holm)})."
                )
        if len(lines) == 1:
            lines.append(f"no two optimizers differ at {self.alpha:g}.")
        return "\n".join(map(_fill, lines))


def judge(
    results: RunTable,
    measure: str = "train_loss",
    alpha: float = 0.05,
    targets: Mapping[ProblemLabels, ArrayLike] | None = None,
) -> Verdict:
    """Test whether optimizers differ over the problems of a study, with the result in words.

    The runs of an optimizer on a problem are first reduced to one number, because the seeds and
    folds of a problem are not independent problems; then follow Friedman's, Iman and Davenport's
    and Nemenyi's tests of the ranks, and Wilcoxon's signed ranks for each pair, with Holm's
    method. With one problem only its runs are compared, which does not generalize to others.

    Parameters
    ----------
    results : Results
        Of a study. Problems without all optimizers and seeds are left out, with a warning.
    measure : {"train_loss", "test_accuracy", "ert", "area"}
        The criterion, as for :func:`metarnn.statistics.measured`, also for runs that failed.
    alpha : float
        Level of the tests.
    targets : dict of (str, str) to array_like, optional
        For "area": losses by problem, as for :func:`metarnn.statistics.measured`.

    Returns
    -------
    Verdict
        The tests; as text it is the result in words.

    Raises
    ------
    TypeError, ValueError
        An unknown measure, a level that is not between 0 and 1, results without runs, or with
        one optimizer only.

    Notes
    -----
    With few problems no p can reach the level: the smallest p of a signed-rank test over N
    problems is 2 ** (1 - N), and Holm's method multiplies it by the number of pairs. A warning
    says so; the remedy is more problems, not more seeds.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}.")
    found = measured(results, measure, targets)
    if len(found.optimizers) < 2:
        raise ValueError(
            f"results must have runs of two optimizers or more, got those of {found.optimizers[0]}."
        )
    warnings = _warnings(found, alpha)
    if not found.problems:
        return Verdict(found, None, None, [], None, alpha, warnings)
    lower = MEASURES[measure].lower_is_better
    signed = wilcoxon_pairs(_comparable(found), lower)
    better = [
        Better(first, second, float(signed.adjusted[i, j]))
        for i, first in enumerate(found.optimizers)
        for j, second in enumerate(found.optimizers)
        if signed.adjusted[i, j] <= alpha and signed.advantage[i, j] > 0
    ]
    alone = len(found.problems) == 1 and measure != "ert"
    within = within_problem(results, found.problems[0], measure, targets) if alone else None
    ranks = rank_table(found.values, lower)
    return Verdict(found, ranks, signed, better, within, alpha, warnings)


def takes_logarithms(found: Measured) -> bool:
    """Return whether signed ranks are of logarithms: those of losses and times, unless negative."""
    return MEASURES[found.measure].ratios and bool((found.values >= 0).all())


def _comparable(found: Measured) -> NDArray[np.float64]:
    """Return the numbers on a scale whose differences are comparable between problems."""
    if not takes_logarithms(found):
        return found.values
    with np.errstate(divide="ignore"):
        return np.log(found.values)


def _warnings(found: Measured, alpha: float) -> list[str]:
    """Return what the results leave open, in sentences."""
    sentences = []
    N, k = found.values.shape
    n_pairs = k * (k - 1) // 2
    if found.left_out:
        reasons = [f"{' / '.join(problem)} ({why})" for problem, why in found.left_out.items()]
        sentences.append(f"Left out: {'; '.join(reasons)}.")
    if found.n_failed:
        sentences.append(f"{_count(found.n_failed, 'run')} failed and count as the worst.")
    least = smallest_wilcoxon_p(N) if N else 1.0
    needed = problems_needed(k, alpha)
    if N == 0:
        sentences.append("No problem can be judged.")
    elif N == 1:
        sentences.append(f"One problem does not generalize to others; that takes {needed} or more.")
    elif min(1.0, n_pairs * least) > alpha:
        holm = f" ({min(1.0, n_pairs * least):.3g} by Holm's method)" if n_pairs > 1 else ""
        sentences.append(
            f"{N} problems are too few for signed ranks: no pair, however clear, can reach a "
            f"p below {least:.3g}{holm}. That takes {needed} problems or more; more seeds do not "
            "help."
        )
    return sentences


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _fill(text: str, indent: int = 2) -> str:
    return textwrap.fill(text, 80, subsequent_indent=" " * indent)
