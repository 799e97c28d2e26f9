"""Settings as plain values, the way JSON has them."""

import dataclasses
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from metarnn.datasets import Dataset
from metarnn.features import RecurrentFeaturesClassifier
from metarnn.layers import Layer
from metarnn.networks.network import Network
from metarnn.nodes import Vectors
from metarnn.optimizers import Optimizer

from .models import SET_BY_STUDIES


def plain(value: Any) -> Any:
    """Return a value as JSON has it; an object as the settings that distinguish it."""
    if isinstance(value, Dataset):
        return {"data": value.name, "shape": list(value.shape), "sha256": fingerprint(value)}
    if isinstance(value, Optimizer):
        settings = {name: plain(inner) for name, inner in value.get_params(deep=False).items()}
        return {"name": type(value).__name__, **settings}
    if isinstance(value, RecurrentFeaturesClassifier):
        settings = value.get_params(deep=False)
        settings = {k: plain(v) for k, v in settings.items() if k not in SET_BY_STUDIES}
        return {"name": type(value).__name__, **settings}
    if isinstance(value, Layer):
        return {"kind": type(value).__name__, **_fields(value)}
    if isinstance(value, Network):
        return _fields(value)
    if isinstance(value, Vectors):
        digest = sha256(value.values.tobytes()).hexdigest()
        return {"shape": list(value.values.shape), "sha256": digest}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return getattr(value, "__qualname__", None) or type(value).__qualname__


def _fields(value: Any) -> dict[str, Any]:
    return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}


def fingerprint(data: Dataset) -> str:
    """Return the SHA-256 of the arrays of a data set."""
    digest = sha256()
    for array in (data.X, data.y, data.lengths, data.test):
        if array is not None:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
