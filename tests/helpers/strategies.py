"""Hypothesis strategies: inputs of every kind, settings as they are declared, and damaged files."""

import dataclasses
from typing import Any, NamedTuple, get_args, get_type_hints

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metarnn.cells import ACTIVATIONS, CELLS
from metarnn.layers import READOUTS

#: A few examples in the default suite, many more in the slow one.
few_and_many = pytest.mark.parametrize("n", [20, pytest.param(500, marks=pytest.mark.slow)])


def drawn(n, **strategies):
    """Return a decorator that calls a test with n examples, the same ones in every process."""
    quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    bounded = settings(
        max_examples=n, derandomize=True, database=None, deadline=None, suppress_health_check=quiet
    )

    def call(test):
        bounded(given(**strategies)(test))()

    return call


# --- Inputs ------------------------------------------------------------------------------


class Inputs(NamedTuple):
    """Sequences in some form, the same as a float64 array (B, T, I) with lengths, and targets."""

    kind: str
    X: Any
    array: np.ndarray
    lengths: np.ndarray | None
    classes: Any
    numbers: np.ndarray
    weights: np.ndarray


def _lists(array, lengths):
    steps = [len(array[0])] * len(array) if lengths is None else lengths
    return [x[:length] for x, length in zip(array, steps, strict=True)]


#: By name, what makes a form of an array (B, T, I), with lengths or none.
FORMS = {
    "array": lambda array, lengths: array,
    "float32": lambda array, lengths: array.astype(np.float32),
    "other endian": lambda array, lengths: array.astype(">f8"),
    "Fortran": lambda array, lengths: np.asfortranarray(array),
    "strided": lambda array, lengths: np.repeat(array, 2, axis=0)[::2],
    "nested lists": lambda array, lengths: array.tolist(),
    "list of arrays": _lists,
    "list of frames": lambda array, lengths: [pd.DataFrame(x) for x in _lists(array, lengths)],
}
UNEQUAL = "array", "float32", "list of arrays", "list of frames"

CLASS_NAMES = st.one_of(
    st.just([0, 1]),
    st.just([-1, 1]),
    st.just(["no", "yes"]),
    st.just([False, True]),
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1,
                     max_size=4), min_size=2, max_size=2, unique=True),
)  # fmt: skip


@st.composite
def inputs(draw):
    """Draw 6 to 12 sequences of up to 5 steps of 2 inputs, that float32 holds exactly."""
    B, T = draw(st.integers(6, 12)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = 2.0 ** draw(st.integers(-20, 20))
    array = (rng.normal(size=(B, T, 2)).astype(np.float32) * np.float32(scale)).astype(float)
    unequal = draw(st.booleans())
    lengths = rng.integers(1, T + 1, size=B) if unequal else None
    if unequal:  # whatever stands after the end
        for x, length in zip(array, lengths, strict=True):
            x[length:] = rng.choice([0.0, 7.0])
    kind = draw(st.sampled_from(UNEQUAL if unequal else [*FORMS]))
    names = np.array(draw(CLASS_NAMES))
    return Inputs(
        kind,
        FORMS[kind](array, lengths),
        array,
        lengths,
        names[np.arange(B) % 2],
        rng.normal(size=B),
        rng.uniform(0.1, 2, size=B),
    )


# --- Settings ----------------------------------------------------------------------------


@st.composite
def optimizer_settings(draw, kind):
    """Draw some of the settings that an optimizer declares, within their limits, by name."""
    hints, found = get_type_hints(kind), {}
    for field in dataclasses.fields(kind):
        if field.metadata and draw(st.booleans()):
            found[field.name] = draw(
                _within(field, get_args(hints[field.name]) or (hints[field.name],))
            )
    return found


def _within(field, types):
    low, high, above, choices = (field.metadata[k] for k in ("low", "high", "above", "choices"))
    if choices is not None:
        return st.sampled_from([*choices])
    if bool in types:
        return st.booleans()
    least = low if low is not None else above if above is not None else -10
    # Sizes of populations and the like far above the default are a matter of time.
    default = field.default if isinstance(field.default, int | float) else 10
    most = high if high is not None else least + 4 * abs(default) + 2
    if int in types:
        return st.integers(int(least) + (above is not None), int(most))
    return st.floats(least, most, exclude_min=above is not None, allow_subnormal=False)


def outside(field, types):
    """Return values of the wrong type, or out of the limits of a setting of an optimizer."""
    low, high, above = (field.metadata[k] for k in ("low", "high", "above"))
    wrong = [float("nan"), float("inf"), "nonsense", b"x", [1], {}, object(), 1j]
    if bool not in types:
        wrong.append(True)
    wrong += [limit - 1 for limit in (low, above) if limit is not None]
    wrong += [high + 1] if high is not None else []
    wrong += [above] if above is not None else []
    if type(None) not in types:
        wrong.append(None)
    return st.sampled_from(wrong)


@st.composite
def network_settings(draw):
    """Draw arguments of ``Network.build`` for two inputs and three classes."""
    n_layers = draw(st.integers(1, 3))
    settings = {
        "cell": draw(st.sampled_from(sorted(CELLS))),
        "hidden": tuple(draw(st.lists(st.integers(1, 6), min_size=n_layers, max_size=n_layers))),
        "activation": draw(st.sampled_from(sorted(ACTIVATIONS))),
        "bidirectional": draw(st.booleans()),
        "residual": draw(st.booleans()),
        "readout": draw(st.sampled_from(sorted(READOUTS))),
        "dtype": draw(st.sampled_from(["float32", "float64"])),
        "init_scale": draw(st.floats(0.1, 4)),
    }
    kept = draw(st.sets(st.sampled_from(sorted(settings)), min_size=1))
    return {name: value for name, value in settings.items() if name in kept}


# --- Files -------------------------------------------------------------------------------


@st.composite
def damaged(draw, data):
    """Draw a damaged copy of the bytes of a file."""
    place = draw(st.integers(0, len(data)))
    end = min(len(data), place + draw(st.sampled_from([0, 1, 8, 100])))
    how = draw(st.sampled_from(["cut", "flip", "remove", "insert", "double", "zero"]))
    if how == "cut":
        return data[:place]
    if how == "flip" and place < len(data):
        flipped = data[place] ^ draw(st.sampled_from([1, 2, 16, 128]))
        return data[:place] + bytes([flipped]) + data[place + 1 :]
    if how == "remove":
        return data[:place] + data[end:]
    if how == "double":
        return data[:end] + data[place:]
    if how == "zero":
        return data[:place] + bytes(end - place) + data[end:]
    words = [
        b"nan",
        b"1e999",
        b"-1",
        b'"',
        b"'",
        b"\xff",
        b"\0",
        b",",
        b"@data\n",
        b"=1+1",
        b"9" * 40,
    ]
    return (
        data[:place] + draw(st.one_of(st.binary(max_size=8), st.sampled_from(words))) + data[end:]
    )


#: Words of Python, NumPy, SQLite and zlib that help nobody.
RAW_WORDS = (
    "Error -", "object has no attribute", "object is not", "codec can't", "unhashable",
    "could not convert string", "unsupported operand", "'NoneType'",
    "Unable to allocate", "index out of",
)  # fmt: skip


def check_refusal(error, *names):
    """Check that an error is one line for its reader, with one of some names."""
    text = str(error)
    assert text.strip()
    assert "\n" not in text.strip(), text
    assert not any(word in text for word in RAW_WORDS), text
    assert not names or any(name in text for name in names), text
