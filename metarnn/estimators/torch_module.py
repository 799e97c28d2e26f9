"""A fitted estimator as a PyTorch module.

PyTorch is optional: this file imports it, and is imported where a module is made.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from metarnn.layers import readout_parts
from metarnn.networks.formula_rnn import FormulaRNN
from metarnn.nodes.pool import WITH_THRESHOLDS


def to_module(model: Any) -> "SequenceModule | Ensemble":
    """Return a module with the scores of a fitted estimator; see ``RNNClassifier.to_torch``."""
    network = model.network_
    parts = readout_parts(network.readout)
    if "steps" in parts:
        raise ValueError("The readout 'steps' scores each step: no estimator reads it in torch.")
    shift = factor = None
    if model.scaler_ is not None:  # the features of rows are scaled each by itself
        by_step = -1, model.n_channels_in_
        shift, factor = (a.reshape(by_step) for a in (model.scaler_.mean_, model.scaler_.scale_))
    numbers = getattr(model, "target_mean_", None), getattr(model, "target_scale_", None)

    def module(weights: Any) -> SequenceModule:
        modules = network.to_torch(weights)
        blocks, attention = network.unpack(weights), None
        if "attention" in parts:
            w, b, v = (blocks[f"{name}_attention"] for name in ("weight", "bias", "vector"))
            attention = Attention(w, b, v, like=modules[-1])
        scaling, unscaling = Standardize(shift, factor), Unstandardize(*numbers)
        thresholds = {
            part: blocks[f"threshold_{part}"] for part in parts if part in WITH_THRESHOLDS
        }
        return SequenceModule(scaling, modules, network.readout, attention, thresholds, unscaling)

    if model.members_ is None:
        return module(model.weights_)
    kind = "numbers" if numbers[0] is not None else model._loss
    return Ensemble([module(weights) for weights in model.members_], kind)


class _Affine(nn.Module):
    """A shift and a factor in float64, whatever the dtype of the module that it is part of.

    In float32, a date in seconds is known to 128 of them, and in float16 not at all.
    """

    def __init__(self, shift: Any, factor: Any) -> None:
        super().__init__()
        for name, values in (("shift", shift), ("factor", factor)):
            tensor = None if values is None else torch.tensor(np.asarray(values, dtype=float))
            self.register_buffer(name, tensor)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        before = {name: buffer for name, buffer in self.named_buffers()}
        super()._apply(fn, recurse)
        for name, buffer in before.items():
            if (now := getattr(self, name)).dtype != torch.float64:
                setattr(self, name, buffer.to(now.device))
        return self


class Standardize(_Affine):
    """Inputs less their means, divided by their deviations; as they are where these are None."""

    def forward(self, X: Tensor) -> Tensor:
        return X if self.shift is None else (X.double() - self.shift) / self.factor


class Unstandardize(_Affine):
    """Scores as predictions in the unit of the targets; as they are for classes."""

    def forward(self, scores: Tensor) -> Tensor:
        return scores if self.shift is None else scores.double() * self.factor + self.shift


class Attention(nn.Module):
    """A mean of steps (B, T, R), weighted by the softmax of v . tanh(W h + b)."""

    def __init__(self, weight: Any, bias: Any, vector: Any, like: nn.Linear) -> None:
        super().__init__()
        as_like = {"dtype": like.weight.dtype}
        self.keys = nn.Linear(weight.shape[1], weight.shape[0], **as_like)
        self.keys.weight.data = torch.tensor(weight, **as_like)
        self.keys.bias.data = torch.tensor(bias, **as_like)
        self.vector = nn.Parameter(torch.tensor(np.ravel(vector), **as_like))

    def forward(self, states: Tensor, own: Tensor) -> Tensor:
        energies = torch.tanh(self.keys(states)) @ self.vector
        weights = energies.masked_fill(~own, -torch.inf).softmax(dim=1)
        return (states * weights[..., None]).sum(dim=1)


class SequenceModule(nn.Module):
    """Scores (B, K) of sequences (B, T, I), or of tokens (B, T), with lengths (B,).

    What follows the end of a sequence is not read. No part of the module packs sequences, so that
    ``torch.export`` takes it with lengths and without.
    """

    def __init__(
        self,
        scaling: Standardize,
        modules: Sequence[Any],
        readout_kind: str,
        attention: Attention | None,
        thresholds: Any,
        unscaling: Unstandardize,
    ) -> None:
        super().__init__()
        *layers, readout = modules
        self.scaling = scaling
        self.embedding = layers.pop(0) if isinstance(layers[0], nn.Embedding) else None
        self.layers = nn.ModuleList(layers)
        self.attention, self.readout, self.unscaling = attention, readout, unscaling
        self.readout_kind = readout_kind
        self.thresholds = nn.ParameterDict(
            {
                part: nn.Parameter(torch.tensor(values, dtype=readout.weight.dtype))
                for part, values in thresholds.items()
            }
        )

    def forward(self, X: Tensor, lengths: Tensor | None = None) -> Tensor:
        B, T = X.shape[:2]
        ends = torch.full((B,), T, device=X.device)
        if lengths is not None:
            ends = torch.as_tensor(lengths).to(ends)
        own = torch.arange(T, device=X.device) < ends[:, None]
        if self.embedding is not None:
            known = own & (X >= 0) & (self.embedding.num_embeddings > X)
            rows = self.embedding(X.masked_fill(~known, 0)).masked_fill(~known[..., None], 0)
        else:
            rows = self.scaling(X).to(self.readout.weight.dtype)
            rows = rows.masked_fill(~own[..., None], 0)
        for layer in self.layers:
            if lengths is None or not layer.bidirectional:
                rows, _ = layer(rows)
            elif isinstance(layer, FormulaRNN):
                rows, _ = layer(rows, ends=ends)
            else:
                rows = _both_ways(layer, rows, ends)
        return self.unscaling(self.readout(self._read(rows, ends, own)))

    def _read(self, states: Tensor, ends: Tensor, own: Tensor) -> Tensor:
        """Return one row for the steps of each sequence: R numbers of each part of the readout."""
        parts = self.readout_kind.split("+")
        return torch.cat([self._pooled(part, states, ends, own) for part in parts], dim=1)

    def _pooled(self, part: str, states: Tensor, ends: Tensor, own: Tensor) -> Tensor:
        """Return one row (B, R) for the steps of each sequence."""
        ended = ~own[..., None]
        if part == "attention" and self.attention is not None:
            return self.attention(states, own)
        if part == "max":
            return states.masked_fill(ended, -torch.inf).amax(dim=1)
        if part == "min":
            return states.masked_fill(ended, torch.inf).amin(dim=1)
        if part in self.thresholds:
            high = states > self.thresholds[part]
            if part == "rises":  # nor was it there a step before
                high = high & ~nn.functional.pad(high[:, :-1], (0, 0, 1, 0))
            return (high & ~ended).to(states).sum(dim=1) / ends[:, None]
        if part in ("mean", "std"):
            mean = states.masked_fill(ended, 0).sum(dim=1) / ends[:, None]
            if part == "mean":
                return mean
            off = (states - mean[:, None]).masked_fill(ended, 0)
            return ((off**2).sum(dim=1) / ends[:, None]).sqrt()
        last = states.gather(1, (ends - 1)[:, None, None].expand(-1, 1, states.shape[2]))[:, 0]
        if not self.layers[-1].bidirectional:
            return last
        H = self.layers[-1].hidden_size
        return torch.cat([last[:, :H], states[:, 0, H:]], dim=1)


class Ensemble(nn.Module):
    """Logarithms of the mean probabilities (B, K) of several modules, or their mean prediction."""

    def __init__(self, members: Sequence[SequenceModule], kind: str) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.kind = kind

    def forward(self, X: Tensor, lengths: Tensor | None = None) -> Tensor:
        scores = torch.stack([member(X, lengths) for member in self.members])
        if self.kind == "numbers":
            return scores.mean(dim=0)
        if self.kind == "mse":  # whose outputs are independent
            scores = nn.functional.logsigmoid(scores)
        return scores.log_softmax(dim=2).logsumexp(dim=0) - np.log(len(self.members))


def _both_ways(layer: Any, rows: Tensor, ends: Tensor) -> Tensor:
    """Return the states (B, T, 2 H) of bidirectional layers; each way back begins at an end."""
    run = getattr(torch, layer.mode.lower())
    steps = torch.arange(rows.shape[1], device=rows.device)
    turned = torch.where(steps < ends[:, None], ends[:, None] - 1 - steps, steps)[..., None]
    start = rows.new_zeros(1, rows.shape[0], layer.hidden_size)
    state = (start, start) if layer.mode == "LSTM" else start
    names = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
    for k in range(layer.num_layers):
        ways = []
        for way in ("", "_reverse"):
            weights = [getattr(layer, f"{name}_l{k}{way}") for name in names]
            given = rows.gather(1, turned.expand_as(rows)) if way else rows
            states = run(given, state, weights, True, 1, 0.0, False, False, True)[0]
            ways.append(states.gather(1, turned.expand_as(states)) if way else states)
        rows = torch.cat(ways, dim=2)
    return rows
