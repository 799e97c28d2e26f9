"""Statistics of comparisons: what the runs of optimizers show, and what they do not.

==================  ====================================================================
file                idea
==================  ====================================================================
``ranks.py``        ranks over problems: Friedman, Iman-Davenport, Nemenyi
``pairs.py``        two methods at a time: Wilcoxon with Holm; Mann-Whitney and A12
``intervals.py``    bootstrap intervals, also of expected running times
``measures.py``     one number for each problem and optimizer, from the runs of a study
``verdict.py``      the tests over the problems of a study, in words
==================  ====================================================================

All but the last two work on plain arrays.
"""

from metarnn.runtimes import wilson_interval

from .intervals import Interval, bootstrap_interval, ert_interval, ert_ratio_interval
from .measures import MEASURES, Measured, measured, within_problem
from .pairs import (
    SignedRanks,
    TwoSamples,
    a12,
    compare_samples,
    effect_size,
    holm,
    problems_needed,
    smallest_wilcoxon_p,
    wilcoxon_pairs,
)
from .ranks import (
    RankTable,
    critical_difference,
    friedman,
    iman_davenport,
    nemenyi,
    not_separated,
    rank_table,
    ranks,
)
from .verdict import Verdict, judge

__all__ = [
    "MEASURES",
    "Interval",
    "Measured",
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
