"""Statistics of comparisons: which differences between optimizers the runs support.

:func:`judge`, :func:`within_problem` and :func:`measured` take the results of a study, the others
plain arrays.
"""

from metarnn.runtimes import wilson_interval

from .aggregates import interquartile_mean, stratified_interval
from .bayesian import Posterior, bayesian_signed_rank
from .intervals import Interval, bootstrap_interval, ert_interval, ert_ratio_interval
from .measures import MEASURES, Measured, measured
from .nemenyi import critical_difference, nemenyi, not_separated
from .pairs import SignedRanks, holm, problems_needed, smallest_wilcoxon_p, wilcoxon_pairs
from .places import Places, RunScores, places, run_scores
from .profiles import Profile, performance_profile, runtime_profile
from .ranks import Omnibus, RankTable, friedman, iman_davenport, rank_table, ranks
from .samples import TwoSamples, a12, compare_samples, effect_size, within_problem
from .stability import RankingStability, detectable_difference, ranking_stability
from .verdict import Better, Verdict, judge

__all__ = [
    "MEASURES",
    "Better",
    "Interval",
    "Measured",
    "Omnibus",
    "Places",
    "Posterior",
    "Profile",
    "RankTable",
    "RankingStability",
    "RunScores",
    "SignedRanks",
    "TwoSamples",
    "Verdict",
    "a12",
    "bayesian_signed_rank",
    "bootstrap_interval",
    "compare_samples",
    "critical_difference",
    "detectable_difference",
    "effect_size",
    "ert_interval",
    "ert_ratio_interval",
    "friedman",
    "holm",
    "iman_davenport",
    "interquartile_mean",
    "judge",
    "measured",
    "nemenyi",
    "not_separated",
    "performance_profile",
    "places",
    "problems_needed",
    "rank_table",
    "ranking_stability",
    "ranks",
    "run_scores",
    "runtime_profile",
    "smallest_wilcoxon_p",
    "stratified_interval",
    "wilcoxon_pairs",
    "wilson_interval",
    "within_problem",
]  # fmt: skip
