"""The forward pass in JAX."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.passes.problems import Losses, Problem
from benchmarks.passes.steps import Lanes, Rows, scores


def jax_loss(problem: Problem, dtype: type = np.float32) -> Callable[[Any], Any]:
    """Return one candidate's loss as its users write it: a scan over steps, states (B, H)."""
    import jax
    import jax.numpy as jnp

    rows = Rows(jnp, jax.nn.sigmoid)
    start = jnp.zeros((problem.B, problem.H), dtype)
    return _jax_loss(problem, rows, problem.sequences(dtype), start)


def jax_lane_loss(problem: Problem) -> Callable[[Any], Any]:
    """Return one candidate's loss with states (H, B): sequences side by side in the vectors."""
    import jax
    import jax.numpy as jnp

    return _jax_loss(problem, Lanes(jnp, jax.nn.sigmoid), problem.sequences(lanes=True))


def _jax_loss(
    problem: Problem, layout: Rows, X: list[np.ndarray], start: Any = None
) -> Callable[[Any], Any]:
    import jax
    import jax.numpy as jnp

    X, y = list(map(jnp.asarray, X)), jnp.asarray(problem.y, jnp.int32)

    def scan(step, before, X):
        if start is None:
            before, X = step(before, [x[0] for x in X]), [x[1:] for x in X]
        return jax.lax.scan(lambda before, x: (step(before, x), None), before, X)[0]

    def loss(weights):
        given = scores(problem, layout, scan, X, weights, start)
        classes = layout.axis
        right = jnp.take_along_axis(given, jnp.expand_dims(y, classes), axis=classes)
        return (jax.nn.logsumexp(given, axis=classes) - right.squeeze(classes)).mean()

    return loss


def jax_vmap(problem: Problem) -> Losses:
    """The usual loss under vmap and jit."""
    import jax

    return _on_arrays(jax.jit(jax.vmap(jax_loss(problem))))


def jax_vmap_float64(problem: Problem) -> Losses:
    """The same in float64, which JAX must enable."""
    import jax

    with jax.enable_x64(True):
        compiled = jax.jit(jax.vmap(jax_loss(problem, np.float64)))

    def losses(weights):
        with jax.enable_x64(True):
            return np.asarray(compiled(weights))

    return losses


def jax_lanes(problem: Problem) -> Losses:
    """The loss in lanes, all candidates at once."""
    import jax

    return _on_arrays(jax.jit(jax.vmap(jax_lane_loss(problem))))


def jax_map_lanes(problem: Problem) -> Losses:
    """The loss in lanes, one candidate after the other, whose states stay in the cache."""
    import jax

    loss = jax_lane_loss(problem)
    return _on_arrays(jax.jit(lambda weights: jax.lax.map(loss, weights)))


def _on_arrays(compiled: Callable[[Any], Any]) -> Losses:
    return lambda weights: np.asarray(compiled(weights))
