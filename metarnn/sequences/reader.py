"""The reader of estimators: reads X in fit, remembers what it was, and reads alike afterwards."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, validate_data

from .axes import as_sequences
from .lazy import REALS, LazySequences, all_finite, blocks
from .parsing import ParsedInput, is_list, parse
from .ragged import RaggedSequences
from .validation import UNKNOWN, MaybeArray, check_finite_input

#: The axes of each kind of X.
AXES = {
    "numbers": ("sequences", "steps", "inputs"),
    "tokens": ("sequences", "tokens"),
    "images": ("images", "rows", "columns", "inputs"),
}
ROW_AXES = ("rows", "features")


@dataclass
class InputReader:
    """What an X may be for one estimator.

    :meth:`learn` reads the X of a fit and remembers its form; :meth:`read` reads further X, which
    must be of the same form. As scikit-learn's ``validate_data`` does, both keep
    ``feature_names_in_`` on the estimator, whose name is in the errors, and for X of two axes
    ``n_features_in_``: who meets that may give rows of so many features.
    """

    #: What X holds: "numbers" in rows (B, F) or sequences (B, T, I) of any form that
    #: :func:`~metarnn.sequences.parsing.parse` knows, "tokens" (B, T), or "images" (B, R, C, I).
    kind: str = "numbers"
    layout: str = "ntc"
    timesteps: int | str = 1  # into which a row is cut; "features": each feature a step
    needs_lengths: bool = True  # if the fit had lengths, unless X is a list

    # What the fit has met.
    is_rows: bool = False  # whether X has two axes: rows, or tokens
    #: I; the number of different tokens: 1 more than the largest, if the network has no more.
    n_inputs: int = 0
    n_timesteps: int = 0  # T; the rows of images
    has_lengths: bool = False
    nan_ends: bool = False  # whether NaN marks the ends of sequences: lengths="nan"

    def learn(self, estimator: Any, X: Any, lengths: MaybeArray = None) -> ParsedInput:
        """Read the X of a fit, and remember what it is.

        The X returned is in float64, or in float32 if it was: (B, T, I) sequences, (B, T) tokens or
        (B, R, C, I) images.
        """
        parsed = self._parsed(X, lengths, vectors_are_rows=self.timesteps != 1)
        self.is_rows = parsed.is_rows
        self.has_lengths = lengths is not None
        self.nan_ends = isinstance(lengths, str)
        for attribute in ("n_features_in_", "feature_names_in_"):
            estimator.__dict__.pop(attribute, None)
        array = self._checked(estimator, parsed, reset=True)
        self.n_timesteps = array.shape[1]
        self.n_inputs = array.shape[-1]
        if self.kind == "tokens":
            self.n_inputs = int(array[_own(array, parsed.lengths)].max()) + 1
        if parsed.names is not None:
            estimator.feature_names_in_ = parsed.names
        return parsed._replace(X=array)

    def read(self, estimator: Any, X: Any, lengths: MaybeArray = None) -> ParsedInput:
        """Read another X of the form of the fit; see :meth:`learn`."""
        name = type(estimator).__name__
        if self.marks_ends(X) and lengths is None:
            lengths = "nan"
        parsed = self._parsed(X, lengths, vectors_are_rows=self.is_rows)
        of_one_input = self.kind == "numbers" and self.n_inputs == 1 and not self.is_rows
        if (
            parsed.is_rows and of_one_input and is_list(X)
        ):  # of series in lists, equally long by chance
            parsed = parsed._replace(X=parsed.X[:, :, None], is_rows=False)
        self._check_form(name, parsed, given=lengths is not None or is_list(X))
        array = self._checked(estimator, parsed, reset=False)
        if self.kind != "tokens" and array.shape[-1] != self.n_inputs:
            raise ValueError(
                f"X has {array.shape[-1]} inputs at each step, axes {self._axes}, but {name} "
                f"was fitted with {self.n_inputs}."
            )
        if parsed.names is not None:
            names = getattr(estimator, "feature_names_in_", parsed.names)
            if list(parsed.names) != list(names):
                raise ValueError(
                    "The feature names should match those that were passed during fit, "
                    f"{', '.join(names)}, got {', '.join(parsed.names)}."
                )
        if self.kind == "tokens":
            array = self._without_new_tokens(name, array, parsed.lengths)
        return parsed._replace(X=array)

    def _parsed(self, X: Any, lengths: MaybeArray, *, vectors_are_rows: bool) -> ParsedInput:
        tokens = self.kind == "tokens"
        how: dict[str, Any] = {"layout": self.layout, "vectors_are_rows": vectors_are_rows}
        return parse(X, lengths=lengths, tokens=tokens, **how)

    def _without_new_tokens(
        self, name: str, tokens: NDArray[np.floating], lengths: MaybeArray
    ) -> NDArray[np.floating]:
        """Return tokens with UNKNOWN in place of those that the network has no vector for."""
        new = (tokens >= self.n_inputs) & _own(tokens, lengths)
        if not new.any():
            return tokens
        warnings.warn(
            f"{new.sum()} tokens of X are above {self.n_inputs - 1}, the largest that {name} has "
            "a vector for: they are read as unknown, a vector of zeros, as the token "
            f"{UNKNOWN} is.",
            stacklevel=2,
        )
        return np.where(new, UNKNOWN, tokens)

    @property
    def _axes(self) -> str:
        return f"({', '.join(AXES[self.kind])})"

    def marks_ends(self, X: Any) -> bool:
        """Whether NaN marks the ends of the sequences of an X, as it did in the fit."""
        return self.nan_ends and not is_list(X) and not hasattr(X, "columns")

    def _check_form(self, name: str, parsed: ParsedInput, given: bool) -> None:
        """Refuse rows where the fit had sequences, and padding without lengths."""
        X = parsed.X
        if parsed.is_rows and not self.is_rows:
            raise ValueError(
                f"X must have axes {self._axes} as in fit, got shape {X.shape} "
                f"(in Python a single {'image' if self.kind == 'images' else 'sequence'} is "
                "X[None])."
            )
        if self.needs_lengths and self.has_lengths and not given:
            raise ValueError(
                f"{name} was fitted with lengths, so it needs those of these sequences too: "
                f"lengths=np.full({len(X)}, {X.shape[1]}) if nothing is padded. "
                "In cross-validation give a list of sequences (metarnn.sequences.unpadded)."
            )

    def _checked(self, estimator: Any, parsed: ParsedInput, reset: bool) -> Any:
        """Return X in its dtype or float64, with the axes of its kind, all numbers finite."""
        X = parsed.X
        if isinstance(X, RaggedSequences):
            if self.kind != "numbers":
                raise ValueError(f"X must have axes {self._axes}, got sequences of unequal length.")
            for rows, steps in blocks(X.shape, X.lengths):
                if not all_finite(X[rows, steps]):
                    for b in range(rows.start, rows.stop):
                        own = X[b : b + 1, : X.lengths[b]]
                        check_finite_input(own, AXES[self.kind], padded=True, first=b)
            as_sequences(LazySequences(X), self.timesteps if reset else 1)
            return LazySequences(X)
        if X.ndim == 3 and X.dtype.kind in "biuf" and len(X):
            # check_array takes as long as a short pass.
            X = np.ascontiguousarray(X, X.dtype if X.dtype in REALS else np.float64)
        else:
            if X.ndim == 1:  # the words of scikit-learn's list all its numbers
                raise ValueError(
                    f"X must have axes {self._axes} or be rows (B, F), got one axis of {len(X)} "
                    f"values. Reshape your data: X.reshape(-1, 1) makes {len(X)} rows of them, "
                    "X.reshape(1, -1) one row."
                )
            check = {"order": "C", "allow_nd": True, "ensure_all_finite": False}
            try:
                X = check_array(X, estimator=estimator, dtype=REALS, **check)
            except ValueError:
                if parsed.frame is not None:
                    _check_words(X, parsed.frame.columns)
                raise
        axes = AXES[self.kind] if X.ndim > 2 or self.kind == "tokens" else ROW_AXES
        check_finite_input(X, axes, padded=parsed.lengths is not None)
        if X.ndim == 2 and parsed.lengths is None:  # with lengths, T is no number of features
            given = X if parsed.frame is None else parsed.frame  # which has the names
            validate_data(estimator, given, reset=reset, skip_check_array=True)
        if self.kind == "numbers":
            X = as_sequences(X, self.timesteps if reset or parsed.is_rows else 1)
            if self.is_rows and not reset and X.shape[1] != self.n_timesteps:
                raise ValueError(
                    f"X has {X.shape[1]} steps, but {type(estimator).__name__} was fitted with "
                    f"rows of {self.n_timesteps}."
                )
        elif X.ndim != len(AXES[self.kind]):
            reading = "grid scans images" if self.kind == "images" else "embedding looks up tokens"
            raise ValueError(f"{reading}: X must have axes {self._axes}, got shape {X.shape}.")
        return np.asarray(X)


def _check_words(cells: NDArray[Any], names: Any) -> None:
    """Raise a ValueError that names the first column of a frame that holds words."""
    for name, column in zip(names, cells.T, strict=True):
        for value in column:
            try:
                float(value)
            except (TypeError, ValueError):
                raise ValueError(
                    f"column {str(name)!r} of X must hold numbers, got {value!r}: leave it out if "
                    "it is the target, or encode it, as by sklearn.preprocessing.OneHotEncoder."
                ) from None


def _own(X: NDArray[Any], lengths: MaybeArray) -> NDArray[np.bool_]:
    """Return which steps (B, T) are of a sequence, not behind its end."""
    B, T = X.shape[:2]
    ends = np.full(B, T) if lengths is None else np.asarray(lengths)
    return np.arange(T) < ends[:, None]
