"""Fitted estimators as files and as PyTorch modules."""

import os
from pathlib import Path
from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from . import model_file
from .torch_module import to_module


class SavingMixin:
    """The methods of an estimator that write, read and convert fitted models."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the fitted model to a file of numbers and words, an ``.npz`` without pickle.

        The predictions of a loaded model are the same to the bit. The history is written;
        callbacks, loss functions and optimizers of other classes are not, with a warning.

        Parameters
        ----------
        path : str or path
            An existing file is replaced once the new one is complete.

        Returns
        -------
        pathlib.Path
        """
        check_is_fitted(self, "weights_")
        return model_file.save(self, path)

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
        model: Self = model_file.load(path, {cls.__name__: cls})
        return model

    def to_torch(self) -> Any:
        """Return a ``torch.nn.Module`` with the same scores, to train further or to deploy.

        It takes X (B, T, I), or tokens (B, T), and optionally lengths (B,), as tensors.
        Scaling is part of it; the module of a regressor returns its predictions.

        Raises
        ------
        ImportError
            Torch is not installed.
        ValueError
            A network without counterpart in torch, or an ensemble.
        """
        check_is_fitted(self, "weights_")
        return to_module(self)
