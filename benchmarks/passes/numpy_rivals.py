"""The forward pass in NumPy."""

import numpy as np

from benchmarks.passes import in_place
from benchmarks.passes.problems import Losses, Problem
from benchmarks.passes.steps import Rows, loop, scores


def numpy_loop(problem: Problem) -> Losses:
    """One candidate after the other, a matrix product a step."""
    return _numpy_loop(problem, np.float32)


def numpy_loop_float64(problem: Problem) -> Losses:
    """The same in NumPy's own dtype."""
    return _numpy_loop(problem, np.float64)


def _numpy_loop(problem: Problem, dtype: type) -> Losses:
    rows, X = Rows(np, lambda a: 1 / (1 + np.exp(-a))), problem.sequences(dtype)
    start = np.zeros((problem.B, problem.H), dtype)

    def losses(weights):
        answer = np.empty(len(weights))
        for p, candidate in enumerate(weights):
            answer[p] = _numpy_losses(problem, scores(problem, rows, loop, X, candidate, start))
        return answer

    return losses


def _numpy_losses(problem: Problem, scores: np.ndarray) -> np.ndarray:
    """Return the mean cross-entropy of scores (..., B, K)."""
    scores = scores - scores.max(axis=-1, keepdims=True)
    right = scores[..., np.arange(problem.B), problem.y]
    return (np.log(np.exp(scores).sum(axis=-1)) - right).mean(axis=-1)


def numpy_matmul(problem: Problem) -> Losses:
    """All candidates at once, by products of stacks of matrices, without needless copies."""
    X = in_place.with_ones(problem)

    def sigmoid(a):
        np.exp(np.negative(a, out=a), out=a)
        a += 1
        np.reciprocal(a, out=a)

    def onto(a, U, h, scratch):
        a += np.matmul(U, h, out=scratch)

    arithmetic = in_place.Arithmetic(np, sigmoid, onto)

    def losses(weights):
        return _numpy_losses(problem, in_place.scores(problem, arithmetic, X, weights).mT)

    return losses
