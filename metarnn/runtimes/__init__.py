"""Run times: the passes or seconds that runs spend until they reach a loss."""

from .curves import anytime_curves, area_under_curve, best_losses, quantiles
from .expected import (
    Success,
    expected_running_time,
    simulated_restarts,
    success_rate,
    wilson_interval,
)
from .hitting import (
    Axis,
    RuntimeDistribution,
    log_grid,
    log_targets,
    runtime_distribution,
    runtimes,
)

__all__ = [
    "Axis", "RuntimeDistribution", "Success", "anytime_curves", "area_under_curve", "best_losses",
    "expected_running_time", "log_grid", "log_targets", "quantiles", "runtime_distribution",
    "runtimes", "simulated_restarts", "success_rate", "wilson_interval",
]  # fmt: skip
