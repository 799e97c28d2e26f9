"""The rivals in losses and gradients, each written as its users write it and as an expert would.

All take weights (P, D) in float32 and return the losses (P,) and the gradients (P, D).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.passes.jax_rivals import jax_lane_loss, jax_loss
from benchmarks.passes.problems import Problem
from benchmarks.passes.rivals import Rival
from benchmarks.passes.torch_rivals import TorchModules, torch_on_all_cores, torch_population_loss

Gradients = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def torch_loop(problem: Problem) -> Gradients:
    """torch's own modules: what a torch user does, for one candidate after the other."""
    torch = torch_on_all_cores()
    modules = TorchModules(torch, problem)

    def gradients(weights):
        losses, answer = np.empty(len(weights)), np.empty_like(weights)
        for p, candidate in enumerate(torch.from_numpy(weights)):
            loss = modules.loss(candidate)
            losses[p], answer[p] = loss.item(), modules.gradient(loss).numpy()
        return losses, answer

    return gradients


def torch_bmm(problem: Problem) -> Gradients:
    """All candidates at once; their losses are independent, so their sum has all gradients."""
    torch = torch_on_all_cores()
    population_loss = torch_population_loss(torch, problem)

    def gradients(weights):
        weights = torch.from_numpy(weights).requires_grad_(True)
        losses = population_loss(weights)
        (answer,) = torch.autograd.grad(losses.sum(), weights)
        return losses.detach().numpy(), answer.numpy()

    return gradients


def jax_vmap(problem: Problem) -> Gradients:
    """value_and_grad of the usual loss, under vmap and jit."""
    import jax

    return _on_arrays(jax.jit(jax.vmap(jax.value_and_grad(jax_loss(problem)))))


def jax_lanes(problem: Problem) -> Gradients:
    """The same of the loss in lanes."""
    import jax

    return _on_arrays(jax.jit(jax.vmap(jax.value_and_grad(jax_lane_loss(problem)))))


def jax_map_lanes(problem: Problem) -> Gradients:
    """The loss in lanes, one candidate after the other."""
    import jax

    gradient = jax.value_and_grad(jax_lane_loss(problem))
    return _on_arrays(jax.jit(lambda weights: jax.lax.map(gradient, weights)))


def _on_arrays(compiled: Callable[[Any], Any]) -> Gradients:
    return lambda weights: tuple(map(np.asarray, compiled(weights)))


GRADIENT = {
    "torch modules": Rival("torch", torch_loop),
    "torch bmm": Rival("torch", torch_bmm),
    "JAX vmap": Rival("jax", jax_vmap),
    "JAX lanes": Rival("jax", jax_lanes),
    "JAX map lanes": Rival("jax", jax_map_lanes),
}
