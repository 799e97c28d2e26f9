"""What tuning may change: the settings that declare a range, those of nested optimizers too."""

import dataclasses
from typing import Any, NamedTuple, get_args, get_type_hints

from .optimizer import Optimizer

#: Settings that the optimizer around a nested one decides.
OF_OUTER = ("n_starts",)


class TuningRange(NamedTuple):
    """The values of a setting among which tuning looks for better ones.

    Attributes
    ----------
    name : str
        As :meth:`Optimizer.set_params` takes it: ``"population__n_nests"`` of a nested optimizer.
    default : object
        The value it has.
    choices : tuple of str
        The words to try; empty for numbers.
    low, high : float
        Bounds of numbers, both included.
    log : bool
        Whether they are searched on a logarithmic scale.
    whole : bool
        Whether they are integers.
    """

    name: str
    default: Any
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False


def tuning_ranges(optimizer: Optimizer) -> list[TuningRange]:
    """Return what may be tuned of an optimizer.

    Parameters
    ----------
    optimizer : Optimizer
        Any; its values of nested optimizers say which these are.

    Returns
    -------
    list of TuningRange
        In the order of the settings, its own first; none where nothing declares a range. Members
        of a list keep their settings.
    """
    hints = get_type_hints(type(optimizer))
    ranges = [
        _range(field, hints[field.name], getattr(optimizer, field.name))
        for field in dataclasses.fields(optimizer)
        if field.metadata.get("tune")
    ]
    for name, nested in optimizer._nested():
        if "__" not in name:  # one of a list
            inner = (one for one in tuning_ranges(nested) if one.name not in OF_OUTER)
            ranges += [one._replace(name=f"{name}__{one.name}") for one in inner]
    return ranges


def _range(field: "dataclasses.Field[Any]", hint: Any, value: Any) -> TuningRange:
    tune, choices = field.metadata["tune"], field.metadata["choices"]
    if choices:
        return TuningRange(field.name, value, choices=choices)
    (low, high), log = tune, field.metadata["log"]
    whole = int in (get_args(hint) or (hint,))
    return TuningRange(field.name, value, low=low, high=high, log=log, whole=whole)
