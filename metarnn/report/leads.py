"""Which optimizers are ahead of which, and where that is beyond chance."""

import numpy as np

from metarnn.statistics import Verdict

from .numbers import probability


def beaten(verdict: Verdict, name: str) -> dict[str, str]:
    """Return the optimizers that one is better than, beyond chance, with the p of the tests.

    Over several problems by signed ranks, on a single one by Mann-Whitney's test of its runs,
    with Holm's method.
    """
    if verdict.within is None:
        return {one.than: _p(one.p) for one in verdict.better if one.optimizer == name}
    found = {}
    for row in verdict.within.itertuples(index=False):
        if row.p_holm <= verdict.alpha and row.a12 != 0.5:
            winner, loser = (row.first, row.second) if row.a12 > 0.5 else (row.second, row.first)
            if winner == name:
                found[loser] = _p(row.p_holm)
    return found


def standing(verdict: Verdict) -> list[str]:
    """Return the optimizers of a verdict by their mean ranks, the best first."""
    if verdict.ranks is None:
        return []
    order = np.argsort(verdict.ranks.mean_ranks, kind="stable")
    return [verdict.measured.optimizers[i] for i in order]


def first_names(verdict: Verdict) -> list[str]:
    """Return the optimizers with the best mean rank, of which there may be several."""
    if verdict.ranks is None:
        return []
    means = verdict.ranks.mean_ranks
    equal = np.isclose(means, means.min())
    return [name for name, one in zip(verdict.measured.optimizers, equal, strict=True) if one]


def all_equal(verdict: Verdict) -> bool:
    """Return whether no problem ranks one optimizer before another."""
    ranks = verdict.ranks
    return ranks is None or bool((ranks.ranks == ranks.ranks[:, :1]).all())


def _p(p: float) -> str:
    """Return the p of a test, which stays on one line."""
    return probability(p).replace(" ", "\u00a0")
