"""A fitted model of recurrent features as a PyTorch module.

PyTorch is optional: this file imports it, and is imported where a module is made.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from metarnn.engine.weight_block import unflatten

from .extraction import LIMIT
from .population import RandomNetworks


def to_module(model: Any) -> "FeatureModule":
    """Return a module with the scores of a fitted model; see :meth:`FeatureModel.to_torch`."""
    numbers = getattr(model, "target_mean_", None), getattr(model, "target_scale_", None)
    return FeatureModule(model.extractor_, model.coef_, model.intercept_, *numbers)


class FeatureModule(nn.Module):
    """Scores (B, K) of sequences (B, T, I), or of tokens (B, T), with lengths (B,).

    Channels, scaling and the readout are in float64 whatever the dtype of the networks.
    """

    def __init__(
        self, extractor: Any, coef: Any, intercept: Any, mean: Any = None, scale: Any = None
    ) -> None:
        super().__init__()
        self.channels = extractor.channels
        self.real = getattr(torch, extractor.dtype.name)
        scaler = extractor.scaler
        buffers = {
            "vectors": extractor.vectors,
            "shift": None if extractor.vectors is not None else scaler.mean_,
            "factor": None if extractor.vectors is not None else scaler.scale_,
            "coef": coef,
            "intercept": intercept,
            "target_mean": mean,
            "target_scale": scale,
        }
        for name, values in buffers.items():
            tensor = None if values is None else torch.tensor(np.asarray(values, dtype=float))
            self.register_buffer(name, tensor)
        self.populations = nn.ModuleList(map(PooledNetworks, extractor.populations))

    def forward(self, X: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return scores, or predictions."""
        B, T = X.shape[:2]
        ends = torch.full((B,), T, device=X.device)
        if lengths is not None:
            ends = torch.as_tensor(lengths).to(ends)
        own = (torch.arange(T, device=X.device) < ends[:, None])[..., None]
        if self.vectors is not None:
            known = own[..., 0] & (X >= 0) & (len(self.vectors) - 1 > X)
            rows = self.vectors[torch.where(known, X, -1)]
        else:
            series = torch.where(own, X.double(), 0.0)
            parts = [_CHANNELS[name](series, own, ends) for name in self.channels]
            rows = ((torch.cat(parts, dim=2) - self.shift) / self.factor).clamp(-LIMIT, LIMIT)
        rows = torch.where(own, rows, 0.0).to(self.real)
        features = torch.cat([part(rows, ends, own) for part in self.populations], dim=1)
        scores = features.double() @ self.coef + self.intercept
        if self.target_scale is not None:
            scores = scores * self.target_scale + self.target_mean
        return scores


def _raw(X: Tensor, own: Tensor, ends: Tensor) -> Tensor:
    return X


def _normalized(X: Tensor, own: Tensor, ends: Tensor) -> Tensor:
    counts = ends[:, None, None]
    means = X.sum(dim=1, keepdim=True) / counts
    shifted = torch.where(own, X - means, 0.0)
    deviations = ((shifted**2).sum(dim=1, keepdim=True) / counts).sqrt()
    shifted = torch.where(deviations <= 1e-7 * means.abs(), 0.0, shifted)
    return shifted / torch.where(deviations > 0, deviations, 1.0)


def _differences(X: Tensor, own: Tensor, ends: Tensor) -> Tensor:
    series = _normalized(X, own, ends)
    steps = torch.cat([torch.zeros_like(series[:, :1]), series[:, 1:] - series[:, :-1]], dim=1)
    return torch.where(own, steps, 0.0)


#: The representations of ``channels.py``.
_CHANNELS = {"raw": _raw, "normalized": _normalized, "differences": _differences}


class PooledNetworks(nn.Module):
    """Features (B, P R) of inputs (B, T, I), by P networks of one cell."""

    def __init__(self, networks: RandomNetworks) -> None:
        super().__init__()
        self.cell, self.hidden, self.pools = networks.cell, networks.hidden, networks.pools
        self.ways = ("", "_reverse") if networks.bidirectional else ("",)
        blocks = unflatten(networks.weights, networks.program.shapes)
        for name, block in blocks.items():
            values = torch.tensor(block, dtype=getattr(torch, networks.dtype))
            self.register_buffer(name, values)
        self.thresholds = [name for name in blocks if name.startswith("threshold")]

    def forward(self, rows: Tensor, ends: Tensor, own: Tensor) -> Tensor:
        """Return the features of rows (B, T, I), of which `own` (B, T, 1) are before the ends."""
        back = torch.arange(rows.shape[1], device=rows.device)
        back = torch.where(back < ends[:, None], ends[:, None] - 1 - back, back)[..., None]
        states, lasts = [], []
        for way in self.ways:
            given = rows.gather(1, back.expand_as(rows)) if way else rows
            found = self._run(given, way)  # (P, B, T, H)
            index = (ends - 1)[:, None, None].expand(len(found), -1, 1, self.hidden)
            lasts.append(found.gather(2, index)[:, :, 0])
            states.append(found.gather(2, back.expand_as(found)) if way else found)
        pooled = self._pooled(torch.cat(states, dim=3), torch.cat(lasts, dim=2), ends, own)
        return pooled.transpose(0, 1).flatten(1)

    def _pooled(self, states: Tensor, last: Tensor, ends: Tensor, own: Tensor) -> Tensor:
        """Return (P, B, R) of states (P, B, T, n)."""
        counts, thresholds = ends[:, None].to(states.dtype), iter(self.thresholds)
        mean = torch.where(own, states, 0.0).sum(dim=2) / counts
        parts = []
        for pool in self.pools:
            if pool == "max":
                part = torch.where(own, states, -torch.inf).amax(dim=2)
            elif pool == "min":
                part = torch.where(own, states, torch.inf).amin(dim=2)
            elif pool == "mean":
                part = mean
            elif pool == "last":
                part = last
            elif pool == "std":
                off = torch.where(own, states - mean[:, :, None], 0.0)
                part = ((off**2).sum(dim=2) / counts).sqrt()
            else:
                high = states > getattr(self, next(thresholds))[:, None, None]
                if pool == "rises":  # nor was it there a step before
                    high = high & ~nn.functional.pad(high[:, :, :-1], (0, 0, 1, 0))
                part = (high & own).sum(dim=2).to(states.dtype) / counts
            parts.append(part)
        return torch.cat(parts, dim=2)

    def _run(self, rows: Tensor, way: str) -> Tensor:
        """Return the states (P, B, T, H) of one direction."""
        W, U, b = (getattr(self, f"{n}_l0{way}") for n in ("weight_ih", "weight_hh", "bias_ih"))
        sums = torch.einsum("bti,pri->pbtr", rows, W) + b[:, None, None]
        h = rows.new_zeros(len(W), len(rows), self.hidden)
        c, states = h, []
        for t in range(rows.shape[1]):
            x, u = sums[:, :, t], h @ U.transpose(1, 2)
            if self.cell == "gru":
                (r, z, n), (u_r, u_z, u_n) = x.chunk(3, dim=2), u.chunk(3, dim=2)
                r, z = torch.sigmoid(r + u_r), torch.sigmoid(z + u_z)
                n = torch.tanh(n + r * (u_n + getattr(self, f"bias_hn_l0{way}")[:, None]))
                h = n + z * (h - n)
            elif self.cell == "lstm":
                i, f, g, o = (x + u).chunk(4, dim=2)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
            else:
                n = torch.tanh(x + u)
                if self.cell == "leaky":
                    z = torch.sigmoid(getattr(self, f"decay_l0{way}"))[:, None]
                    n = n + z * (h - n)
                h = n
            states.append(h)
        return torch.stack(states, dim=2)
