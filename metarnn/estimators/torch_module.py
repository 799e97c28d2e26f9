"""A fitted estimator as a PyTorch module; PyTorch is an optional dependency."""

from typing import Any

import numpy as np

READOUTS = "last", "mean", "max"


def to_module(model: Any) -> Any:
    """Return a module with the scores of a fitted estimator; see ``RNNClassifier.to_torch``."""
    import torch

    network = model.network_
    if model.members_ is not None:
        raise ValueError(
            f"A module is one network, but this model has {len(model.members_)}: fit with n_best=1."
        )
    if network.readout not in READOUTS:
        raise ValueError(f"The readout {network.readout!r} has no counterpart in torch.")
    modules = network.to_torch(model.weights_)
    dtype = getattr(torch, network.dtype)
    scaler, spread = model.scaler_, getattr(model, "target_scale_", None)

    def buffer(values: Any) -> Any:
        return torch.tensor(np.asarray(values), dtype=dtype)

    class Recurrent(torch.nn.Module):
        """Scores (B, K) of sequences (B, T, I), or of tokens (B, T), with lengths (B,)."""

        def __init__(self) -> None:
            super().__init__()
            *layers, self.readout = modules
            embeds = isinstance(layers[0], torch.nn.Embedding)
            self.embedding = layers.pop(0) if embeds else None
            self.layers = torch.nn.ModuleList(layers)
            if scaler is not None:
                # The features of rows are scaled each by itself.
                by_step = -1, model.n_channels_in_
                self.register_buffer("mean", buffer(scaler.mean_.reshape(by_step)))
                self.register_buffer("scale", buffer(scaler.scale_.reshape(by_step)))
            if spread is not None:
                self.register_buffer("target_mean", buffer(model.target_mean_))
                self.register_buffer("target_scale", buffer(spread))

        def forward(self, X: Any, lengths: Any = None) -> Any:
            B, T = X.shape[:2]
            if lengths is None:
                lengths = torch.full((B,), T)
            lengths = torch.as_tensor(lengths).cpu()
            if self.embedding is not None:
                rows = self.embedding(X)
            else:
                rows = (X - self.mean) / self.scale if scaler is not None else X
                rows = rows.to(dtype)
            pack = torch.nn.utils.rnn.pack_padded_sequence
            packed = pack(rows, lengths, batch_first=True, enforce_sorted=False)
            for layer in self.layers:
                packed, last = layer(packed)
            states, _ = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
            own = (torch.arange(states.shape[1])[None] < lengths[:, None]).to(states.device)
            if network.readout == "mean":
                read = (states * own[..., None]).sum(1) / own.sum(1, keepdim=True)
            elif network.readout == "max":
                read = states.masked_fill(~own[..., None], -torch.inf).amax(1)
            else:
                hidden = last[0] if isinstance(last, tuple) else last
                ways = 2 if self.layers[-1].bidirectional else 1
                read = torch.cat(list(hidden[-ways:]), dim=-1)
            scores = self.readout(read)
            return scores if spread is None else scores * self.target_scale + self.target_mean

    return Recurrent()
