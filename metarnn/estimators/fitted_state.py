"""What a fit leaves behind: the fitted attributes, all of which a model file holds.

See :class:`~metarnn.RNNClassifier` for what the public ones mean.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult

from metarnn.fitness import Fitness
from metarnn.networks import Network
from metarnn.optimizers import History
from metarnn.sequences.reader import InputReader
from metarnn.sequences.scaling import SequenceScaler
from metarnn.sequences.validation import Floats

from .early_stopping import EarlyStopping


@dataclass(kw_only=True)
class InputPipeline:
    """What an estimator reads and computes with its weights, whatever ``set_params`` changes."""

    _reader: InputReader
    n_timesteps_in_: int
    n_channels_in_: int
    n_outputs_: int
    scaler_: SequenceScaler | None
    network_: Network
    _loss: str | Callable[..., Any]


@dataclass(kw_only=True)
class FittedState(InputPipeline):
    """All attributes that a fit sets, besides those of its targets."""

    weights_: Floats
    members_: Floats | None
    loss_: float
    best_loss_: float
    history_: History
    n_iter_: int
    n_passes_: float
    n_evals_: int
    n_grad_evals_: int
    n_matrix_evals_: int
    stop_reason_: str
    validation_loss_curve_: list[float] | None = None
    validation_scores_: list[float] | None = None
    best_validation_loss_: float | None = None
    best_validation_score_: float | None = None


#: The attributes that are None without early stopping.
AFTER_EARLY_STOPPING = tuple(f.name for f in fields(FittedState) if f.default is None)


def state_after_search(
    pipeline: InputPipeline,
    result: OptimizeResult,
    fitness: Fitness,
    n_best: int = 1,
    stopping: EarlyStopping | None = None,
) -> FittedState:
    """Return the fitted attributes after a search for an ensemble of `n_best`.

    The best weights of early stopping replace those of the result.
    """
    state = _state(pipeline, result)
    state.weights_ = fitness.complete(result.x)
    if n_best > 1:
        members = fitness.complete(best_candidates(result, n_best))
        members[:1] = state.weights_  # which it is, but for the rounding of a solved readout
        state.members_ = members
    if stopping is not None and stopping.best_x is not None:
        state.weights_ = fitness.complete(stopping.best_x).copy()
        state.loss_ = float(fitness(stopping.best_x)[0])
        state.validation_loss_curve_ = stopping.losses
        state.validation_scores_ = stopping.scores
        state.best_validation_loss_ = stopping.best_loss
        state.best_validation_score_ = stopping.best_score
        if stopping.halted:
            state.stop_reason_ = (
                f"The validation loss has not fallen for {stopping.patience} iterations."
            )
    return state


def state_before_search(pipeline: InputPipeline, weights: Floats) -> FittedState:
    """Return the fitted attributes of initial weights (D,)."""
    counts = dict.fromkeys(("nit", "passes", "nfev", "njev", "nhev"), 0)
    result = OptimizeResult(x=weights, fun=np.inf, history=History(), message="", **counts)
    return _state(pipeline, result)


def _state(pipeline: InputPipeline, result: OptimizeResult) -> FittedState:
    return FittedState(
        **vars(pipeline),
        weights_=result.x,
        members_=None,
        loss_=float(result.fun),
        best_loss_=float(result.fun),
        history_=result.history,
        n_iter_=result.nit,
        n_passes_=result.passes,
        n_evals_=result.nfev,
        n_grad_evals_=result.njev,
        n_matrix_evals_=result.nhev,
        stop_reason_=result.message,
    )


def best_candidates(result: OptimizeResult, n: int) -> Floats:
    """Return the n best different points of a search's last population and its best, (m, D)."""
    points, losses = result.x[None], np.array([result.fun])
    if result.population is not None:
        points = np.concatenate([points, result.population])
        losses = np.concatenate([losses, result.population_losses])
    order = np.argsort(losses, kind="stable")
    order = order[np.isfinite(losses[order])]
    _, first = np.unique(points[order], axis=0, return_index=True)
    return np.asarray(points[order][np.sort(first)][:n])
