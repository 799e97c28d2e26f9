"""The table of data sets, and how one is loaded by its name."""

import inspect
from collections.abc import Callable
from math import prod

from metarnn.memory import check_memory
from metarnn.names import unknown
from metarnn.validation import is_size, shown

from . import generated, tables
from .dataset import Dataset

#: By name, the function that loads or generates a data set.
DATASETS: dict[str, Callable[..., Dataset]] = {
    "iris": tables.iris,
    "wine": tables.wine,
    "breast_cancer": tables.breast_cancer,
    "digits": tables.digits,
    "breast_cancer_wisconsin": tables.breast_cancer_wisconsin,
    "thyroid": tables.thyroid,
    "new_thyroid": tables.new_thyroid,
    "diabetes": tables.diabetes,
    "glass": tables.glass,
    "australian": tables.australian,
    "ucr": tables.ucr,
    "xor": generated.xor,
    "parity": generated.parity,
    "latch": generated.latch,
    "two_sequence": generated.two_sequence,
    "delayed_recall": generated.delayed_recall,
    "adding": generated.adding,
    "temporal_order": generated.temporal_order,
    "copy_memory": generated.copy_memory,
    "embedded_reber": generated.embedded_reber,
    "tomita": generated.tomita,
    "flip_flop": generated.flip_flop,
    "noise_free_lag": generated.noise_free_lag,
    "number_words": generated.number_words,
    "cylinder_bell_funnel": generated.cylinder_bell_funnel,
    "control_charts": generated.control_charts,
    "two_patterns": generated.two_patterns,
    "waveform": generated.waveform,
    "begin_middle_end": generated.begin_middle_end,
    "up_middle_down": generated.up_middle_down,
    "hidden_shape": generated.hidden_shape,
    "arma": generated.arma,
    "mackey_glass": generated.mackey_glass,
    "tone": generated.tone,
    "chirp": generated.chirp,
    "lead_lag": generated.lead_lag,
}


def load(name: str, **options: object) -> Dataset:
    """Load or generate a data set by its name.

    Parameters
    ----------
    name : str
        A key of `DATASETS`.
    **options
        Arguments of the data set's function, e.g. ``load("parity", n_bits=5)``.

    Returns
    -------
    Dataset
        The data, with read-only arrays.

    Raises
    ------
    ValueError
        If there is no such data set, or it does not take an option or its value.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be that of a data set, got {shown(name)}.")
    if name not in DATASETS:
        raise ValueError(unknown("data set", name, DATASETS))
    make = DATASETS[name]
    known = inspect.signature(make).parameters
    for option in options:
        if option not in known:
            raise ValueError(unknown(f"option of {name}", option, known))
    takes = ", ".join(f"{option}={known[option].default}" for option in known) or "no options"
    every = {option: parameter.default for option, parameter in known.items()} | options
    sizes = {o: n for o, n in every.items() if o.startswith("n_") and is_size(n)}
    numbers = prod(int(sizes.get(option, 1)) for option in ("n_sequences", "n_steps"))
    given = " and ".join(f"{option}={n}" for option, n in sizes.items())
    try:
        check_memory(given, 8 * numbers, "choose smaller ones")
        return make(**options)
    except MemoryError as error:
        raise ValueError(
            f"data set {name!r}: {given} would take more memory than is free: choose smaller ones "
            f"(it takes {takes})."
        ) from error
    except ValueError as error:
        fault = str(error).removesuffix(".")
        raise ValueError(f"data set {name!r}: {fault} (it takes {takes}).") from error


def describe(name: str, **options: object) -> str:
    """Describe a data set in a few lines, by its name.

    Parameters
    ----------
    name : str
        A key of `DATASETS`.
    **options
        As for :func:`load`.

    Returns
    -------
    str
        As :meth:`Dataset.describe` returns it.
    """
    return load(name, **options).describe()
