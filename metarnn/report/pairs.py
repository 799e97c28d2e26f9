"""The tests of a study: a sentence for each measure, and a table of all pairs."""

from typing import TYPE_CHECKING

import numpy as np

from metarnn.statistics import Verdict
from metarnn.statistics.verdict import takes_logarithms

from .answer import PHRASES
from .numbers import probability
from .tables import Cell, Table

if TYPE_CHECKING:
    from collections.abc import Iterator


def omnibus(verdict: Verdict) -> str:
    """Return the test of all optimizers at once, or what compares the runs of a problem."""
    ranks, found = verdict.ranks, verdict.measured
    if ranks is None:
        return "No problem can be judged."
    if verdict.within is not None:
        return (
            "Mann-Whitney's test of the runs of the problem, with Holm's method for all pairs, "
            "and A12, the probability that a run of one beats a run of the other."
        )
    N, k = ranks.ranks.shape
    if N == 1:
        return "A single problem has one value of each optimizer, which no test can compare."
    signed = "Pairs: Wilcoxon's signed ranks" + " of logarithms" * takes_logarithms(found)
    signed += ", with Holm's method for all pairs." if k > 2 else "."
    if k == 2:
        return signed
    chi2, F = ranks.friedman, ranks.iman_davenport
    differ = "differ" if F.p <= verdict.alpha else "do not differ beyond chance"
    return (
        f"Friedman's chi-square is {chi2.statistic:.2f} ({k - 1} degrees of freedom, "
        f"{probability(chi2.p)}), Iman and Davenport's F {F.statistic:.2f} ({k - 1} and "
        f"{(k - 1) * (N - 1)}, {probability(F.p)}): by their ranks the optimizers {differ} at "
        f"{verdict.alpha:g}. Nemenyi's critical difference of mean ranks is "
        f"{ranks.critical_difference(verdict.alpha):.2f}. {signed}"
    )


def pair_table(verdicts: dict[str, Verdict], names: list[str]) -> Table:
    """Return a row for each measure and pair, the better of the two first."""
    rows = []
    for measure, verdict in verdicts.items():
        title = PHRASES[measure].title.lower()
        for first, second, advantage, p in _pairs(verdict, names):
            decided = p <= verdict.alpha
            rows.append(
                [
                    Cell(title),
                    Cell(first),
                    Cell(second),
                    advantage,
                    Cell(probability(p).removeprefix("p = ").removeprefix("p "), p),
                    Cell("decided" if decided else "open"),
                ]
            )
    headings = ["measure", "ahead", "behind", "how often ahead", "p (Holm)", "at 0.05"]
    return Table("Tests of all pairs", headings, rows)


def _pairs(verdict: Verdict, names: list[str]) -> "Iterator[tuple[str, str, Cell, float]]":
    """Return the pairs of a verdict, in the order of the names."""
    if verdict.within is not None:
        for row in verdict.within.itertuples(index=False):
            swap = row.a12 < 0.5
            first, second = (row.second, row.first) if swap else (row.first, row.second)
            beats = 1 - row.a12 if swap else row.a12
            yield first, second, Cell(f"A12 {beats:.2f}, {row.effect}", beats), float(row.p_holm)
        return
    if verdict.signed_ranks is None or len(verdict.measured.problems) < 2:
        return
    found, signed = verdict.measured, verdict.signed_ranks
    places = [found.optimizers.index(name) for name in names]
    for number, i in enumerate(places):
        for j in places[number + 1 :]:
            a, b = (j, i) if signed.advantage[i, j] < 0 else (i, j)
            ranks = verdict.ranks.ranks if verdict.ranks is not None else np.empty((0, 0))
            wins, N = int((ranks[:, a] < ranks[:, b]).sum()), len(ranks)
            ahead = Cell(f"on {wins} of {N} problems", wins / N)
            yield found.optimizers[a], found.optimizers[b], ahead, float(signed.adjusted[i, j])
