"""The values of a model file: objects as numbers, words and names of known classes.

In the JSON header of a file an object stands as a dictionary with a key that says what it is.
Classes stand by their names in a short list; another name is an error.
"""

import dataclasses
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn.layers.table import LAYERS
from metarnn.networks import Network
from metarnn.nodes import Vectors
from metarnn.optimizers import OPTIMIZERS, History, Optimizer
from metarnn.sequences.reader import InputReader
from metarnn.sequences.scaling import SequenceScaler

Arrays = dict[str, NDArray[Any]]

#: Dataclasses of rooms above that a file holds field by field, by their names.
RECORDS: dict[str, type] = {}


class UnwritableError(TypeError):
    """A value that a file cannot hold."""


def packed(value: Any, arrays: Arrays) -> Any:
    """Return a value as JSON; its arrays are added to those of the file."""
    pack = partial(packed, arrays=arrays)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.bool_ | np.number | np.str_):
        return value.item()
    if isinstance(value, Vectors):
        value = np.asarray(value.values)
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            return {"objects": [pack(part) for part in value.ravel()], "shape": value.shape}
        name = f"array{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, tuple | list):
        return {type(value).__name__: [pack(part) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[pack(key), pack(part)] for key, part in value.items()]}
    if isinstance(value, Network):
        return {"network": _fields(value, arrays)}
    if type(value) in LAYERS.values():
        return {"layer": type(value).__name__, "settings": _fields(value, arrays)}
    if isinstance(value, Optimizer):
        for name, kind in OPTIMIZERS.items():
            if type(value) is kind:
                return {"optimizer": name, "settings": _fields(value, arrays)}
    if type(value) in RECORDS.values():
        return {"record": type(value).__name__, "settings": _fields(value, arrays)}
    if isinstance(value, InputReader):
        return {"reader": _fields(value, arrays)}
    if isinstance(value, SequenceScaler):
        return {"scaler": {name: pack(part) for name, part in vars(value).items()}}
    if isinstance(value, History):
        rows = np.stack([value.passes, value.seconds, value.losses, value.best], axis=1)
        return {"history": pack(rows), "improvements": pack(value.improvements)}
    raise UnwritableError(f"{type(value).__name__} cannot be written")


def _fields(value: Any, arrays: Arrays) -> dict[str, Any]:
    return {f.name: packed(getattr(value, f.name), arrays) for f in dataclasses.fields(value)}


def unpacked(value: Any, arrays: Arrays) -> Any:
    """Return the value of a part of a header."""
    unpack = partial(unpacked, arrays=arrays)

    def made(kind: Any, settings: dict[str, Any]) -> Any:
        return kind(**{name: unpack(part) for name, part in settings.items()})

    if not isinstance(value, dict):
        return value
    match value:
        case {"array": name}:
            return arrays[name]
        case {"objects": parts, "shape": shape}:
            found = np.empty(len(parts), object)
            found[:] = [unpack(part) for part in parts]
            return found.reshape(shape)
        case {"tuple": parts}:
            return tuple(map(unpack, parts))
        case {"list": parts}:
            return list(map(unpack, parts))
        case {"dict": pairs}:
            return {unpack(key): unpack(part) for key, part in pairs}
        case {"network": settings}:
            return made(Network, settings)
        case {"layer": name, "settings": settings}:
            return made(LAYERS[name], settings)
        case {"optimizer": name, "settings": settings}:
            return made(OPTIMIZERS[name], settings)
        case {"record": name, "settings": settings}:
            return made(RECORDS[name], settings)
        case {"reader": settings}:
            return made(InputReader, settings)
        case {"scaler": settings}:
            scaler = SequenceScaler()
            for name, part in settings.items():
                setattr(scaler, name, unpack(part))
            return scaler
        case {"history": rows, "improvements": improvements}:
            history = History()
            for row in unpack(rows).tolist():
                history.add(*row)
            for row in unpack(improvements).tolist():
                history.improve(*row)
            return history
    raise KeyError(", ".join(value))
