"""The values of a model file: objects as numbers, words and names of known classes.

In the JSON header of a file an object stands as a dictionary with a key that says what it is.
Classes stand by their names in a short list; another name is an error.
"""

import dataclasses
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn.layers.table import LAYERS
from metarnn.networks import Network
from metarnn.nodes import Vectors
from metarnn.optimizers import OPTIMIZERS, History, Optimizer
from metarnn.sequences.axes import LAYOUTS
from metarnn.sequences.reader import AXES as READER_AXES
from metarnn.sequences.reader import InputReader
from metarnn.sequences.scaling import SequenceScaler
from metarnn.sequences.validation import Floats
from metarnn.validation import check_choice, check_integer

from .model_archive import Axes, ModelArchive
from .value_types import checked, checked_value

Arrays = dict[str, NDArray[Any]]

#: Dataclasses of rooms above that a file holds field by field, by their names. Each has a method
#: ``expected_axes``, from its fields that are no arrays to the axes of those that are.
RECORDS: dict[str, type] = {}

#: Axes of arrays by the fields in which they stand, where they do not follow from the settings.
AXES: dict[str, Axes] = {
    "history": (None, 4),
    "improvements": (None, 3),
    "mean_": (None,),
    "var_": (None,),
    "scale_": (None,),
    "vectors": (None, None),
}
#: Types of arrays that hold others than floating-point numbers.
KINDS = {"classes_": "biufUS", "weights": "fiu"}
#: The numbers that an array of any other field may have, such as a parameter.
MOST_NUMBERS = 2**24

#: The attributes of a scaler, with their types.
SCALER: dict[str, Any] = {
    **dict.fromkeys(("with_mean", "with_std"), bool),
    **dict.fromkeys(("mean_", "var_", "scale_"), Floats),
    **{"timesteps": int | str, "layout": str, "n_steps_seen_": float, "_reader": InputReader},
    **dict.fromkeys(("n_channels_in_", "n_features_in_"), int),
    "feature_names_in_": NDArray[Any],
    "_sklearn_output_config": dict[str, str],
}


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


class ExpectedArrays:
    """The arrays of a file, which are read if their types and sizes are those of their fields.

    What is not in the table below follows from the settings, and is added by who has read these.
    """

    def __init__(self, archive: ModelArchive, **axes: Axes) -> None:
        self._archive = archive
        self._axes: dict[str, Axes] = AXES | axes

    def expect(self, **axes: Axes) -> None:
        """Say which axes the arrays of some fields have from now on; None adds nothing."""
        for field, sizes in axes.items():
            known = self._axes.get(field, (None,) * len(sizes))
            pairs = zip(sizes, known, strict=True)
            self._axes[field] = tuple(old if new is None else new for new, old in pairs)

    def take(self, name: str, field: str) -> NDArray[Any]:
        """Return the array of a field."""
        axes = self._axes.get(field)
        if axes is None and prod(self._archive.parts[name].shape) > MOST_NUMBERS:
            raise ValueError(f"{field} is larger than is expected")
        return self._archive.read(name, KINDS.get(field, "f" if axes else "biufUS"), axes)


def unpacked(value: Any, arrays: ExpectedArrays, field: str = "") -> Any:
    """Return the value of a part of a header, which stands in a field."""
    unpack = partial(unpacked, arrays=arrays, field=field)

    def made(kind: Any, settings: dict[str, Any]) -> Any:
        found = {name: unpacked(part, arrays, name) for name, part in settings.items()}
        return kind(**found)

    if not isinstance(value, dict):
        return value
    match value:
        case {"array": name}:
            return arrays.take(name, field)
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
            arrays.expect(vectors=(check_integer("n_inputs", settings["n_inputs"]), None))
            return made(Network, settings)
        case {"layer": name, "settings": settings}:
            return made(LAYERS[name], settings)
        case {"optimizer": name, "settings": settings}:
            return made(OPTIMIZERS[name], settings)
        case {"record": name, "settings": settings}:
            kind: Any = RECORDS[name]
            own = [n for n, part in settings.items() if isinstance(part, dict) and "array" in part]
            plain = {n: unpacked(settings[n], arrays, n) for n in settings if n not in own}
            arrays.expect(**kind.expected_axes(plain))
            return checked(kind(**plain, **{n: unpacked(settings[n], arrays, n) for n in own}))
        case {"reader": settings}:
            reader = checked(made(InputReader, settings))
            check_choice("kind", reader.kind, READER_AXES)
            check_choice("layout", reader.layout, LAYOUTS)
            return reader
        case {"scaler": settings}:
            scaler = SequenceScaler()
            for name, part in settings.items():
                setattr(
                    scaler, name, checked_value(name, unpacked(part, arrays, name), SCALER[name])
                )
            return scaler
        case {"history": rows, "improvements": improvements}:
            history = History()
            for row in unpacked(rows, arrays, "history").tolist():
                history.add(*row)
            for row in unpacked(improvements, arrays, "improvements").tolist():
                history.improve(*row)
            return history
    raise KeyError(", ".join(value))
