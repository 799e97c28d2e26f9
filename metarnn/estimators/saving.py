"""Fitted estimators in files of numbers and words: no pickle, so that loading runs no code.

A file is an ``.npz`` of arrays and a header in JSON (see ``file_values.py``).
"""

import dataclasses
import json
import os
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from metarnn.version import __version__
from metarnn.writing import whole_file

from .file_values import Arrays, UnwritableError, packed, unpacked
from .file_versions import UPGRADES, upgraded
from .targets import Targets

FORMAT, VERSION = "metarnn model", len(UPGRADES) + 1

#: Fitted attributes that scikit-learn's functions set.
FEATURES = "n_features_in_", "feature_names_in_"

#: What NumPy raises for files that are none of its own, or broken.
_UNREADABLE = (
    *(AttributeError, EOFError, KeyError, IndexError, NotImplementedError, OSError, RuntimeError),
    *(TypeError, ValueError, zipfile.BadZipFile, zlib.error, MemoryError),
)


class SavingMixin:
    """The methods of an estimator that write, read and convert fitted models.

    Its class has dataclasses, `targets_kind` and `state_kind`, whose fields are its fitted
    attributes, and a method that checks these after loading.
    """

    targets_kind: ClassVar[type[Targets]]
    state_kind: ClassVar[type[Any]]

    def _after_loading(self) -> None:
        """Complete a loaded model; raise a ValueError unless its parts fit together."""
        raise NotImplementedError

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the fitted model to a file of numbers and words, an ``.npz`` without pickle.

        The predictions of a loaded model are the same to the bit. The history is written;
        callbacks, loss functions and optimizers of other classes are not, with a warning.

        Parameters
        ----------
        path : str or path
            An existing file is replaced once the new one is complete and on the disk; it keeps
            its mode. The folder must exist.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        OSError
            The file cannot be written; an older one is as it was.
        """
        check_is_fitted(self)
        arrays, header, left_out = _packed_model(self)
        if left_out:
            warnings.warn(
                f"{', '.join(left_out)} cannot be written to a file of numbers and words: a loaded "
                "model has the default, and predicts the same.",
                stacklevel=2,
            )
        with whole_file(path) as file:
            np.savez(file, header=np.array(json.dumps(header)), **arrays)  # type: ignore[arg-type]
        return Path(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that :meth:`save` has written, in this version of metarnn or an older one.

        Nothing in a file is run as code, so that files of unknown origin are safe to load.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ValueError
            The file is no model, broken, of a newer version, or a model of another class.
        """
        model: Self = load(path, {cls.__name__: cls})
        return model

    def to_torch(self) -> Any:
        """Return a ``torch.nn.Module`` with the same scores, to train further or to deploy.

        It takes X (B, T, I), or tokens (B, T), and optionally lengths (B,), as tensors. Scaling
        is part of it, in float64 whatever the module's dtype: give X in float64 where its numbers
        are large, such as dates in seconds. Rows (B, F) are given as ``X.reshape(B, T, -1)``. The
        scores of classes are in the dtype of the module; the module of a regressor returns its
        predictions, in float64. That of an ensemble returns the logarithms of the mean
        probabilities, or mean predictions.

        The module can be pickled, copied and moved to other devices and dtypes.
        ``torch.export.export`` and ``torch.onnx.export`` take it with any number of sequences
        (``dynamic_shapes``); the number of steps is fixed then, since PyTorch unrolls its layers.

        Raises
        ------
        ImportError
            Torch is not installed.
        ValueError
            A network without counterpart in torch, such as one with windows.
        """
        check_is_fitted(self, "weights_")
        from .torch_module import to_module

        return to_module(self)


def saved_attributes(model: Any) -> tuple[str, ...]:
    """Return the names of the fitted attributes of a model that a file holds, in order."""
    records = model.targets_kind, model.state_kind
    return (*FEATURES, *(field.name for kind in records for field in dataclasses.fields(kind)))


def _packed_model(model: Any) -> tuple[Arrays, dict[str, Any], list[str]]:
    """Return the arrays and the header of a file, and the parameters that it cannot hold."""
    arrays: Arrays = {}
    parameters, left_out = {}, []
    for name, value in model.get_params(deep=False).items():
        try:
            parameters[name] = packed(value, arrays)
        except UnwritableError:
            left_out.append(name)
    own = vars(model)
    names = [name for name in saved_attributes(model) if name in own]
    try:
        fitted = {name: packed(own[name], arrays) for name in names}
    except UnwritableError as error:  # such as a layer of the user's own
        raise UnwritableError(
            f"{error} to a file of numbers and words; pickle the model."
        ) from None
    header = {
        "format": FORMAT,
        "version": VERSION,
        "metarnn": __version__,
        "estimator": type(model).__name__,
        "parameters": parameters,
        "fitted": fitted,
    }
    return arrays, header, left_out


def is_model(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a model that metarnn has saved, of whatever version."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return bool(json.loads(file["header"].item())["format"] == FORMAT)
    except _UNREADABLE:
        return False


def load(path: str | os.PathLike[str], kinds: dict[str, type]) -> Any:
    """Read a fitted estimator of one of some classes, by their names."""
    arrays, header = _read(Path(path))
    name = header.get("estimator")
    if name not in kinds:
        raise ValueError(f"{path} holds a model of class {name}, expected {' or '.join(kinds)}.")
    try:
        header = upgraded(header)
        parameters = {n: unpacked(v, arrays) for n, v in header["parameters"].items()}
        model: Any = kinds[name](**parameters)
        for own, value in header["fitted"].items():
            if own not in saved_attributes(model):
                raise KeyError(own)
            setattr(model, own, unpacked(value, arrays))
        model._after_loading()
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is a broken model of metarnn: {type(error).__name__} {error}."
        ) from None
    return model


def _read(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays of a file and its header, checked to be those of a model."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays: Arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop("header").item())
        known = isinstance(header, dict) and header.get("format") == FORMAT
    except _UNREADABLE:
        known = False
    if not known:
        raise ValueError(f"{path} is no model that metarnn has saved, or it is broken.")
    version = header.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise ValueError(
            f"{path} has version {version} of the format, written by metarnn "
            f"{header.get('metarnn')}; metarnn {__version__} reads versions 1 to {VERSION}."
        )
    return arrays, header
