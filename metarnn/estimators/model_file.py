"""Fitted estimators in files of numbers and words: no pickle, so that loading runs no code.

A file is an ``.npz``: arrays, and a header in JSON that says what they are. What stands for
objects in the header are the names of classes of a short list; a name that is not in it is an
error, whatever wrote it.
"""

import dataclasses
import json
import os
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn import layers
from metarnn.layers.vectors import Vectors
from metarnn.networks.network import Network
from metarnn.optimizers import OPTIMIZERS, History, Optimizer
from metarnn.optimizers.renamed import with_new_names
from metarnn.sequences.reader import InputReader
from metarnn.sequences.scaling import SequenceScaler
from metarnn.version import __version__

from .file_versions import UPGRADES, upgraded

FORMAT, VERSION = "metarnn model", len(UPGRADES) + 1

Arrays = dict[str, NDArray[Any]]

#: What a header may name.
LAYERS = {
    kind.__name__: kind
    for kind in map(layers.__dict__.get, layers.__all__)
    if isinstance(kind, type) and issubclass(kind, layers.Layer) and kind is not layers.Layer
}


class UnwritableError(TypeError):
    """A value that has no place in a file."""


def save(model: Any, path: str | os.PathLike[str]) -> Path:
    """Write a fitted estimator; see ``RNNClassifier.save``."""
    arrays: Arrays = {}
    parameters, left_out = {}, []
    for name, value in model.get_params(deep=False).items():
        try:
            parameters[name] = _packed(value, arrays)
        except UnwritableError:
            left_out.append(name)
    if left_out:
        warnings.warn(
            f"{', '.join(left_out)} cannot be written to a file of numbers and words; a loaded "
            "model has the default there, and answers the same.",
            stacklevel=3,
        )
    fitted = {
        name: _packed(value, arrays) for name, value in vars(model).items() if name in model.SAVED
    }
    header = {
        "format": FORMAT,
        "version": VERSION,
        "metarnn": __version__,
        "estimator": type(model).__name__,
        "parameters": parameters,
        "fitted": fitted,
    }
    path = Path(path)
    # Beside it first: what was there stays whole until the new one is.
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with beside.open("wb") as file:
            np.savez(file, header=np.array(json.dumps(header)), **arrays)  # type: ignore[arg-type]
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def load(path: str | os.PathLike[str], kinds: dict[str, type]) -> Any:
    """Read a fitted estimator of one of some kinds.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is no model, a broken or a newer one, or a model of another kind.
    """
    arrays, header = _read(Path(path))
    name = header.get("estimator")
    if name not in kinds:
        raise ValueError(f"{path} holds a model of the kind {name}, expected {' or '.join(kinds)}.")
    try:
        header = upgraded(header)
        parameters = {n: _unpacked(v, arrays) for n, v in header["parameters"].items()}
        model: Any = kinds[name](**parameters)
        for own, value in header["fitted"].items():
            if own not in model.SAVED:
                raise KeyError(own)
            setattr(model, own, _unpacked(value, arrays))
        model.check_loaded()
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is a broken model of metarnn: {type(error).__name__} {error}."
        ) from None
    return model


def _read(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays of a file and its header, sure that it is one of ours."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays: Arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop("header").item())
        known = isinstance(header, dict) and header.get("format") == FORMAT
    except (
        *(AttributeError, EOFError, KeyError, NotImplementedError, OSError, RuntimeError),
        *(TypeError, ValueError, zipfile.BadZipFile, zlib.error, MemoryError),
    ):
        known = False
    if not known:
        raise ValueError(f"{path} is no model that metarnn has saved, or a broken one.")
    version = header.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise ValueError(
            f"{path} has the file format {version}, written by metarnn {header.get('metarnn')}; "
            f"metarnn {__version__} reads the formats up to {VERSION}."
        )
    return arrays, header


def _packed(value: Any, arrays: Arrays) -> Any:
    """Return what stands for a value in a header; add arrays to those of the file."""

    def pack(value: Any) -> Any:
        return _packed(value, arrays)

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
    if isinstance(value, InputReader):
        return {"reader": _fields(value, arrays)}
    if isinstance(value, SequenceScaler):
        return {"scaler": {name: pack(part) for name, part in vars(value).items()}}
    if isinstance(value, History):
        rows = np.stack([value.passes, value.seconds, value.losses, value.best], axis=1)
        return {"history": pack(rows), "improvements": pack(value.improvements)}
    raise UnwritableError(f"{type(value).__name__} cannot be written")


def _fields(value: Any, arrays: Arrays) -> dict[str, Any]:
    return {f.name: _packed(getattr(value, f.name), arrays) for f in dataclasses.fields(value)}


def _unpacked(value: Any, arrays: Arrays) -> Any:
    """Return what a part of a header stands for."""

    def unpack(value: Any) -> Any:
        return _unpacked(value, arrays)

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
            return Network(**{name: unpack(part) for name, part in settings.items()})
        case {"layer": name, "settings": settings}:
            return LAYERS[name](**{own: unpack(part) for own, part in settings.items()})
        case {"optimizer": name, "settings": settings}:
            kind = OPTIMIZERS[name]
            settings = {own: unpack(part) for own, part in settings.items()}
            return kind(**with_new_names(kind, settings))
        case {"reader": settings}:
            return InputReader(**{own: unpack(part) for own, part in settings.items()})
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
