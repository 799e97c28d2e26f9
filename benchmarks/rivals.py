"""The rivals in a forward pass, each written as its users write it and as an expert would.

All take weights (P, D) in float32, or in float64 where the name says so, and return the
losses (P,). What can be done once, such as packing the data and compiling, is done when a
rival is made from a problem, and not timed. A rival imports its library itself: what is not
installed is named by :func:`available`, and left out.
"""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from peaks import n_cores
from problems import Problem, unpack

Losses = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Rival:
    """A library, the dtype of its numbers, and a function that makes it ready for a problem."""

    library: str
    make: Callable[[Problem], Callable[[np.ndarray], Any]]
    dtype: str = "float32"


def available(rivals: Mapping[str, Rival]) -> tuple[dict[str, Rival], list[str]]:
    """Return the rivals whose library can be imported, and the names of the others' libraries."""
    missing = missing_libraries(rival.library for rival in rivals.values())
    return {name: rival for name, rival in rivals.items() if rival.library not in missing}, missing


def missing_libraries(names: Iterable[str]) -> list[str]:
    """Return those that cannot be imported, each once."""
    missing = []
    for name in dict.fromkeys(names):
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


def torch_on_all_cores() -> Any:
    """Return torch, set to use every processor."""
    import torch

    torch.set_num_threads(n_cores())
    return torch


# NumPy


def numpy_loop(problem: Problem) -> Losses:
    """One candidate after the other, a matrix product a step."""
    return _numpy_loop(problem, np.float32)


def numpy_loop_float64(problem: Problem) -> Losses:
    """The same in NumPy's own dtype."""
    return _numpy_loop(problem, np.float64)


def _numpy_loop(problem: Problem, dtype: type) -> Losses:
    I, H, K = problem.I, problem.H, problem.K
    X, y = problem.X.astype(dtype), problem.y
    rows = np.arange(problem.B)

    def losses(weights):
        answer = np.empty(len(weights))
        for p, candidate in enumerate(weights):
            W, U, b, V, c = unpack(candidate, I, H, K)
            h = np.zeros((problem.B, H), dtype)
            for t in range(problem.T):
                h = np.tanh(X[:, t] @ W.T + h @ U.T + b)
            scores = h @ V.T + c
            scores -= scores.max(axis=1, keepdims=True)
            answer[p] = (np.log(np.exp(scores).sum(axis=1)) - scores[rows, y]).mean()
        return answer

    return losses


def numpy_matmul(problem: Problem) -> Losses:
    """All candidates at once, by products of stacks of matrices, without needless copies."""
    I, H, K = problem.I, problem.H, problem.K
    X = np.ascontiguousarray(problem.X.transpose(1, 0, 2), np.float32)
    y, rows = problem.y, np.arange(problem.B)

    def losses(weights):
        W, U, b, V, c = unpack(weights, I, H, K)
        W_T, U_T = W.transpose(0, 2, 1), np.ascontiguousarray(U.transpose(0, 2, 1))
        b = b[:, None, :]
        h = X[0] @ W_T
        h += b
        np.tanh(h, out=h)
        for x in X[1:]:
            following = x @ W_T
            following += b
            following += h @ U_T
            h = np.tanh(following, out=following)
        scores = h @ V.transpose(0, 2, 1) + c[:, None, :]
        scores -= scores.max(axis=-1, keepdims=True)
        return (np.log(np.exp(scores).sum(axis=-1)) - scores[:, rows, y]).mean(axis=1)

    return losses


# torch


def torch_loop(problem: Problem) -> Losses:
    """A torch.nn.RNN and a Linear, into which one candidate after the other is copied."""
    torch = torch_on_all_cores()
    modules = TorchModules(torch, problem)

    def losses(weights):
        weights = torch.from_numpy(weights)
        with torch.no_grad():
            return np.array([modules.loss(candidate).item() for candidate in weights])

    return losses


class TorchModules:
    """The network as a torch user builds it; torch's second bias stays 0."""

    def __init__(self, torch: Any, problem: Problem) -> None:
        self.torch = torch
        self.rnn = torch.nn.RNN(problem.I, problem.H)
        self.readout = torch.nn.Linear(problem.H, problem.K)
        rnn, readout = self.rnn, self.readout
        rnn.bias_hh_l0.requires_grad_(False).zero_()
        self.parameters = [rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0]
        self.parameters += [readout.weight, readout.bias]
        self.X = torch_sequences(torch, problem)
        self.y = torch.from_numpy(problem.y)

    def loss(self, candidate: Any) -> Any:
        """Return the loss of weights (D,), a tensor."""
        with self.torch.no_grad():
            sizes = [parameter.numel() for parameter in self.parameters]
            for parameter, block in zip(self.parameters, candidate.split(sizes), strict=True):
                parameter.copy_(block.view_as(parameter))
        _, h = self.rnn(self.X)
        return self.torch.nn.functional.cross_entropy(self.readout(h[0]), self.y)


def torch_sequences(torch: Any, problem: Problem) -> Any:
    """Return X as a tensor (T, B, I)."""
    return torch.from_numpy(np.ascontiguousarray(problem.X.transpose(1, 0, 2), np.float32))


def torch_population_loss(torch: Any, problem: Problem, X: Any, y: Any) -> Callable[[Any], Any]:
    """Return a function of tensors that works on all candidates at once, by baddbmm."""

    def losses(weights):
        P, B = len(weights), problem.B
        W, U, b, V, c = unpack(weights, problem.I, problem.H, problem.K)
        W_T, U_T, b = W.transpose(1, 2), U.transpose(1, 2).contiguous(), b.unsqueeze(1)
        h = torch.tanh(torch.matmul(X[0], W_T) + b)
        for x in X[1:]:
            h = torch.tanh(torch.baddbmm(torch.matmul(x, W_T) + b, h, U_T))
        scores = torch.baddbmm(c.unsqueeze(1), h, V.transpose(1, 2))
        right = scores.gather(2, y.expand(P, B).unsqueeze(-1)).squeeze(-1)
        return (torch.logsumexp(scores, -1) - right).mean(1)

    return losses


def torch_bmm(problem: Problem) -> Losses:
    """All candidates at once."""
    torch = torch_on_all_cores()
    X, y = torch_sequences(torch, problem), torch.from_numpy(problem.y)
    population_loss = torch_population_loss(torch, problem, X, y)

    def losses(weights):
        with torch.inference_mode():
            return population_loss(torch.from_numpy(weights)).numpy()

    return losses


def torch_in_place(problem: Problem) -> Losses:
    """All candidates at once, the bias as one more input, no memory taken in the time loop."""
    torch = torch_on_all_cores()
    P, B, T, I, H, K = (getattr(problem, size) for size in "PBTIHK")
    X = torch.cat([torch_sequences(torch, problem), torch.ones(T, B, 1)], -1)
    X = X.unsqueeze(1).expand(T, P, B, I + 1)
    y = torch.from_numpy(problem.y).expand(P, B).unsqueeze(-1)

    def losses(weights):
        with torch.inference_mode():
            W, U, b, V, c = unpack(torch.from_numpy(weights), I, H, K)
            W_b = torch.cat([W.transpose(1, 2), b.unsqueeze(1)], 1)
            U_T = U.transpose(1, 2).contiguous()
            h, following = torch.empty(2, P, B, H)
            torch.bmm(X[0], W_b, out=h)
            h.tanh_()
            for t in range(1, T):
                torch.bmm(X[t], W_b, out=following)
                following.baddbmm_(h, U_T).tanh_()
                h, following = following, h
            scores = torch.baddbmm(c.unsqueeze(1), h, V.transpose(1, 2))
            right = scores.gather(2, y).squeeze(-1)
            return (torch.logsumexp(scores, -1) - right).mean(1).numpy()

    return losses


def torch_vmap(problem: Problem) -> Losses:
    """One candidate's loss, mapped over candidates by torch.func.vmap."""
    torch = torch_on_all_cores()
    X, y = torch_sequences(torch, problem), torch.from_numpy(problem.y)

    def loss(weights):
        W, U, b, V, c = unpack(weights, problem.I, problem.H, problem.K)
        h = torch.tanh(X[0] @ W.T + b)
        for x in X[1:]:
            h = torch.tanh(x @ W.T + h @ U.T + b)
        return torch.nn.functional.cross_entropy(h @ V.T + c, y)

    mapped = torch.func.vmap(loss)

    def losses(weights):
        with torch.no_grad():
            return mapped(torch.from_numpy(weights)).numpy()

    return losses


# JAX


def jax_loss(problem: Problem, dtype: type = np.float32) -> Callable[[Any], Any]:
    """Return one candidate's loss as its users write it: a scan over steps, states (B, H)."""
    import jax
    import jax.numpy as jnp

    X, y = jnp.asarray(problem.X.transpose(1, 0, 2), dtype), jnp.asarray(problem.y, jnp.int32)

    def loss(weights):
        W, U, b, V, c = unpack(weights, problem.I, problem.H, problem.K)

        def step(h, x):
            return jnp.tanh(x @ W.T + h @ U.T + b), None

        h, _ = jax.lax.scan(step, jnp.zeros((problem.B, problem.H), dtype), X)
        scores = h @ V.T + c
        right = jnp.take_along_axis(scores, y[:, None], axis=1)[:, 0]
        return (jax.nn.logsumexp(scores, axis=1) - right).mean()

    return loss


def jax_lane_loss(problem: Problem) -> Callable[[Any], Any]:
    """Return one candidate's loss with states (H, B): sequences side by side in the vectors."""
    import jax
    import jax.numpy as jnp

    X, y = jnp.asarray(problem.X.transpose(1, 2, 0), jnp.float32), jnp.asarray(problem.y, jnp.int32)

    def loss(weights):
        W, U, b, V, c = unpack(weights, problem.I, problem.H, problem.K)

        def seen(x):
            if problem.I > 2:
                return W @ x + b[:, None]
            return sum(W[:, i : i + 1] * x[i] for i in range(problem.I)) + b[:, None]

        def step(h, x):
            return jnp.tanh(U @ h + seen(x)), None

        h, _ = jax.lax.scan(step, jnp.tanh(seen(X[0])), X[1:])
        scores = V @ h + c[:, None]
        right = jnp.take_along_axis(scores, y[None], axis=0)[0]
        return (jax.nn.logsumexp(scores, axis=0) - right).mean()

    return loss


def jax_vmap(problem: Problem) -> Losses:
    """The usual loss under vmap and jit."""
    import jax

    return _on_arrays(jax.jit(jax.vmap(jax_loss(problem))))


def jax_vmap_float64(problem: Problem) -> Losses:
    """The same in float64, which JAX has to be asked for."""
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


#: The form that a JAX user writes first.
CUSTOMARY = "JAX vmap"

#: In the order in which they are shown: of each library the customary forms come first.
FORWARD = {
    "NumPy loop": Rival("numpy", numpy_loop),
    "NumPy matmul": Rival("numpy", numpy_matmul),
    "torch RNN loop": Rival("torch", torch_loop),
    "torch vmap": Rival("torch", torch_vmap),
    "torch bmm": Rival("torch", torch_bmm),
    "torch in place": Rival("torch", torch_in_place),
    "JAX vmap": Rival("jax", jax_vmap),
    "JAX lanes": Rival("jax", jax_lanes),
    "JAX map lanes": Rival("jax", jax_map_lanes),
    "NumPy loop f64": Rival("numpy", numpy_loop_float64, "float64"),
    "JAX vmap f64": Rival("jax", jax_vmap_float64, "float64"),
}
