"""Fitted estimators in files of numbers and words: no pickle, so that loading runs no code.

A file is an ``.npz`` of arrays and a header in JSON (see ``file_values.py``).
"""

import dataclasses
import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from metarnn.networks.torch_weights import check_torch
from metarnn.version import __version__
from metarnn.writing import whole_file

from .file_cells import UnknownCellError, cells_as_data, known_cells
from .file_values import Arrays, ExpectedArrays, UnwritableError, packed, unpacked
from .file_versions import UPGRADES, upgraded
from .model_archive import HEADER_BYTES, Axes, ModelArchive
from .targets import Targets
from .value_types import checked, checked_value, fits

FORMAT, VERSION = "metarnn model", len(UPGRADES) + 1

#: Fitted attributes that scikit-learn's functions set.
FEATURES = "n_features_in_", "feature_names_in_"

#: What a broken or foreign file leads to.
_UNREADABLE = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError),
    *(TypeError, ValueError, MemoryError),
)


class SavingMixin:
    """The methods of an estimator that write, read and convert fitted models.

    Its class has dataclasses, `targets_kind` and `state_kind`, whose fields are its fitted
    attributes, and a method that checks these after loading.
    """

    targets_kind: ClassVar[type[Targets]]
    state_kind: ClassVar[type[Any]]
    #: The column of a table that the targets were in, as 'metarnn fit' notes it.
    _target_column: str | None = None

    @classmethod
    def expected_axes(cls, fitted: dict[str, Any], arrays: ExpectedArrays) -> dict[str, Axes]:
        """Return the axes of the arrays of a file, from its fitted attributes as in its header."""
        raise NotImplementedError

    def _after_loading(self) -> None:
        """Complete a loaded model; raise a ValueError unless its parts fit together."""
        raise NotImplementedError

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the fitted model to a file of numbers and words, an ``.npz`` without pickle.

        The predictions of a loaded model are the same to the bit. The history is written, and the
        formulas of cells that metarnn does not have; callbacks, loss functions and optimizers of
        other classes are not, with a warning.

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
        nodes = self.network_.program.nodes if hasattr(self, "network_") else ()
        header["cells"] = cells_as_data(header, nodes)
        words = np.array(json.dumps(header))
        if words.nbytes > HEADER_BYTES:
            raise ValueError(
                f"{path} cannot be written: settings and labels take {words.nbytes:,} bytes, more "
                f"than the {HEADER_BYTES:,} that are read."
            )
        with whole_file(path) as file:
            np.savez(file, header=words, **arrays)  # type: ignore[arg-type]
        return Path(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that :meth:`save` has written, in this version of metarnn or an older one.

        Nothing in a file is run as code, so that files of unknown origin are safe to load. A cell
        that has not been added here is made of its formula; where another one has its name, the
        model has that of the file under a name of its own, with a warning.

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
        check_torch()
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
        "target": model._target_column,
        "parameters": parameters,
        "fitted": fitted,
    }
    return arrays, header, left_out


def load(path: str | os.PathLike[str], kinds: dict[str, type]) -> Any:
    """Read a fitted estimator of one of some classes, by their names.

    Nothing is read whose size and type are not known and expected before: the sizes of arrays
    follow from the settings, and a file whose arrays are others, or more, is refused.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    try:
        with ModelArchive(path) as archive:
            header = json.loads(archive.header())
            if not isinstance(header, dict) or header.get("format") != FORMAT:
                raise ValueError("has no header of a model")
            _check_header(header, kinds)
            try:
                with known_cells(header):
                    return _model(header, archive, kinds[header["estimator"]])
            except UnknownCellError:
                raise
            except _UNREADABLE as error:
                raise OtherFileError(f"is a broken model of metarnn: {_reason(error)}") from None
    except (OtherFileError, UnknownCellError) as error:
        raise ValueError(f"{path} {error}.") from None
    except OSError as error:
        raise type(error)(f"{path} cannot be read: {error.strerror or error}.") from None
    except _UNREADABLE as error:
        raise ValueError(
            f"{path} is no model that metarnn has saved, or it is broken: {_reason(error)}."
        ) from None


class OtherFileError(ValueError):
    """A model, but not one that is expected, or a broken one."""


def _reason(error: BaseException) -> str:
    """Return what is wrong, in one line."""
    own = isinstance(error, ValueError)
    said = str(error) if own else "a part of its header is missing or of another kind"
    return " ".join(said.split())[:200].removesuffix(".")


def _check_header(header: dict[str, Any], kinds: dict[str, type]) -> None:
    """Refuse models of newer versions, and of other classes."""
    version, name = header.get("version"), header.get("estimator")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise OtherFileError(
            f"has version {version!r:.20} of the format, written by metarnn "
            f"{header.get('metarnn')!s:.20}; metarnn {__version__} reads versions 1 to {VERSION}"
        )
    if name not in kinds:
        raise OtherFileError(f"holds a model of class {name!s:.40}, expected {' or '.join(kinds)}")


def _model(header: dict[str, Any], archive: ModelArchive, kind: Any) -> Any:
    """Return the model of a header, with the arrays that it names."""
    if {*_names(header), "header"} != archive.parts.keys():
        raise ValueError("its arrays are not those that its header names")
    header = upgraded(header)
    fitted, arrays = header["fitted"], ExpectedArrays(archive)
    if not fitted.keys() <= {*saved_attributes(kind)}:
        raise ValueError("it has attributes that no model has")
    arrays.expect(**kind.expected_axes(fitted, arrays))
    model: Any = kind(**{n: unpacked(v, arrays, n) for n, v in header["parameters"].items()})
    for own, value in fitted.items():
        setattr(model, own, unpacked(value, arrays, own))
    if header.get("target") is not None:  # which older files, and programs, do not name
        checked_value("target", header["target"], str)
        model._target_column = header["target"]
    checked(model, kind.targets_kind)
    checked(model, kind.state_kind)
    _check_features(model)
    model._after_loading()
    return model


def _check_features(model: Any) -> None:
    """Check the fitted attributes that scikit-learn sets."""
    n_features, names = getattr(model, FEATURES[0], None), getattr(model, FEATURES[1], None)
    checked_value(FEATURES[0], n_features, int | None)
    if names is not None:
        checked_value(FEATURES[1], names, NDArray[Any])
        sizes = {n_features or model.n_channels_in_}
        if names.ndim != 1 or {len(names)} != sizes or not fits(names.tolist(), list[str]):
            raise ValueError(f"{FEATURES[1]} are not the names of its features")


def _names(value: Any) -> Iterator[str]:
    """Yield the names of the arrays that a header refers to."""
    if isinstance(value, dict):
        if value.keys() == {"array"}:
            yield value["array"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _names(part)
