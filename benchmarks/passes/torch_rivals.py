"""The forward pass in torch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.passes import in_place
from benchmarks.passes.problems import Losses, Problem
from benchmarks.passes.steps import Rows, loop, scores
from benchmarks.peaks import n_cores


def torch_on_all_cores() -> Any:
    """Return torch, set to use every processor."""
    import torch

    torch.set_num_threads(n_cores())
    return torch


def torch_loop(problem: Problem) -> Losses:
    """torch's own modules, into which one candidate after the other is copied."""
    torch = torch_on_all_cores()
    modules = TorchModules(torch, problem)

    def losses(weights):
        weights = torch.from_numpy(weights)
        with torch.no_grad():
            return np.array([modules.loss(candidate).item() for candidate in weights])

    return losses


class TorchModules:
    """The network as a torch user builds it.

    Of torch's second bias only what GRU multiplies is used; the rest stays 0.
    """

    def __init__(self, torch: Any, problem: Problem) -> None:
        self.torch, network = torch, problem.network
        module = {"elman": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[network.cell]
        self.n_read = len(network.layers[-1])
        self.rnn = module(
            problem.I, problem.H, num_layers=network.n_layers, bidirectional=self.n_read == 2
        )
        self.readout = torch.nn.Linear(network.n_read(problem.H), problem.K)
        for name, parameter in self.rnn.named_parameters():
            if name.startswith("bias_hh"):
                parameter.requires_grad_(network.cell == "gru").data.zero_()
        own = dict(self.rnn.named_parameters())
        own |= {"weight_out": self.readout.weight, "bias_out": self.readout.bias}
        #: Where each block goes: a parameter, and the first of its rows.
        self.places = [
            (own[name.replace("hn", "hh")], 2 * problem.H if "hn" in name else 0)
            for name in problem.shapes
        ]
        self.X, self.y = torch.from_numpy(problem.sequences()[0]), torch.from_numpy(problem.y)

    def loss(self, candidate: Any) -> Any:
        """Return the loss of weights (D,), a tensor."""
        with self.torch.no_grad():
            blocks = [parameter[first:] for parameter, first in self.places]
            values = candidate.split([block.numel() for block in blocks])
            for block, value in zip(blocks, values, strict=True):
                block.copy_(value.view_as(block))
        _, h = self.rnn(self.X)
        h = h[0] if isinstance(h, tuple) else h  # LSTM has a c beside it
        read = self.torch.cat(tuple(h[-self.n_read :]), -1)
        return self.torch.nn.functional.cross_entropy(self.readout(read), self.y)

    def gradient(self, loss: Any) -> Any:
        """Return the gradient (D,) of a loss."""
        whole = self.torch.autograd.grad(loss, [parameter for parameter, _ in self.places])
        rows = zip(whole, self.places, strict=True)
        return self.torch.cat([values[first:].reshape(-1) for values, (_, first) in rows])


def torch_population_loss(torch: Any, problem: Problem) -> Callable[[Any], Any]:
    """Return a function of tensors (P, D) that works on all candidates at once, by baddbmm."""

    class Stacks(Rows):
        def onto(self, a, U, h):
            return torch.baddbmm(a, h, U.mT)

    X, y = list(map(torch.from_numpy, problem.sequences())), torch.from_numpy(problem.y)
    rows = Stacks(torch, torch.sigmoid)
    return lambda weights: _torch_losses(torch, scores(problem, rows, loop, X, weights), y)


def _torch_losses(torch: Any, scores: Any, y: Any) -> Any:
    """Return the mean cross-entropy of scores (P, B, K)."""
    right = scores.gather(2, y.expand(scores.shape[:2]).unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(scores, -1) - right).mean(1)


def torch_bmm(problem: Problem) -> Losses:
    """All candidates at once."""
    torch = torch_on_all_cores()
    population_loss = torch_population_loss(torch, problem)

    def losses(weights):
        with torch.inference_mode():
            return population_loss(torch.from_numpy(weights)).numpy()

    return losses


def torch_in_place(problem: Problem) -> Losses:
    """All candidates at once, without allocation in the time loop."""
    torch = torch_on_all_cores()
    y = torch.from_numpy(problem.y)
    # Otherwise matmul makes it one large product, which takes several times as long.
    X = [
        torch.from_numpy(x).unsqueeze(1).expand(-1, problem.P, -1, -1)
        for x in in_place.with_ones(problem)
    ]
    arithmetic = in_place.Arithmetic(
        torch, torch.sigmoid_, lambda a, U, h, scratch: a.baddbmm_(U, h)
    )

    def losses(weights):
        with torch.inference_mode():
            scores = in_place.scores(problem, arithmetic, X, torch.from_numpy(weights))
            return _torch_losses(torch, scores.mT, y).numpy()

    return losses


def torch_vmap(problem: Problem) -> Losses:
    """One candidate's loss, mapped over candidates by torch.func.vmap."""
    torch = torch_on_all_cores()
    X, y = list(map(torch.from_numpy, problem.sequences())), torch.from_numpy(problem.y)
    rows = Rows(torch, torch.sigmoid)

    def loss(weights):
        return torch.nn.functional.cross_entropy(scores(problem, rows, loop, X, weights), y)

    mapped = torch.func.vmap(loss)

    def losses(weights):
        with torch.no_grad():
            return mapped(torch.from_numpy(weights)).numpy()

    return losses
