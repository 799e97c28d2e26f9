"""Statistics of comparisons: which differences between optimizers the runs support.

==================  ====================================================================
file                idea
==================  ====================================================================
``ranks.py``        ranks over problems: Friedman, Iman and Davenport
``nemenyi.py``      which mean ranks differ significantly
``pairs.py``        two methods at a time over problems: Wilcoxon's signed ranks, Holm
``samples.py``      two methods on one problem: Mann-Whitney and A12
``intervals.py``    bootstrap intervals, also of expected running times
``measures.py``     one number for each problem and optimizer, from the runs of a study
``within.py``       the optimizers on one problem of a study, run by run
``verdict.py``      the tests over the problems of a study, in words
==================  ====================================================================

All but the last three take plain arrays.
"""

from metarnn.runtimes import wilson_interval

from .intervals import (
    Interval,
    bootstrap_interval,
    ert_interval,
    ert_ratio_interval,
)
from .measures import MEASURES, Measured, measured
from .nemenyi import critical_difference, nemenyi, not_separated
from .pairs import (
    SignedRanks,
    holm,
    problems_needed,
    smallest_wilcoxon_p,
    wilcoxon_pairs,
)
from .ranks import (
    Omnibus,
    RankTable,
    friedman,
    iman_davenport,
    rank_table,
    ranks,
)
from .samples import TwoSamples, a12, compare_samples, effect_size
from .verdict import Better, Verdict, judge
from .within import within_problem

__all__ = [
    "MEASURES",
    "Better",
    "Interval",
    "Measured",
    "Omnibus",
    "RankTable",
    "SignedRanks",
    "TwoSamples",
    "Verdict",
    "a12",
    "bootstrap_interval",
    "compare_samples",
    "critical_difference",
    "effect_size",
    "ert_interval",
    "ert_ratio_interval",
    "friedman",
    "holm",
    "iman_davenport",
    "judge",
    "measured",
    "nemenyi",
    "not_separated",
    "problems_needed",
    "rank_table",
    "ranks",
    "smallest_wilcoxon_p",
    "wilcoxon_pairs",
    "wilson_interval",
    "within_problem",
]
