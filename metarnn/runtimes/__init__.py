"""Run times: the passes or seconds that runs spend until they reach a loss."""

from .curves import anytime_curves, area_under_curve, best_losses, quantiles
from .distribution import RuntimeDistribution, log_grid, runtime_distribution
from .expected import expected_running_time, simulated_restarts
from .hitting import Axis, log_targets, runtimes
from .success import Success, success_rate, wilson_interval

__all__ = [
    "Axis", "RuntimeDistribution", "Success", "anytime_curves", "area_under_curve", "best_losses",
    "expected_running_time", "log_grid", "log_targets", "quantiles", "runtime_distribution",
    "runtimes", "simulated_restarts", "success_rate", "wilson_interval",
]  # fmt: skip
