"""Values from a file, compared with the types that a class says its fields have."""

import dataclasses
import types
from collections.abc import Callable
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

Record = TypeVar("Record")


def checked(record: Record, kind: Any = None) -> Record:
    """Return a dataclass, or an object with the fields of one, if these are of their types.

    Raises
    ------
    ValueError
        Names the first field that is of another type.
    """
    kind = kind or type(record)
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        checked_value(field.name, getattr(record, field.name), hints[field.name])
    return record


def checked_value(name: str, value: Any, hint: Any) -> Any:
    """Return a value of a type, as annotations write it; a ValueError names others."""
    if not fits(value, hint):
        raise ValueError(f"{name} is of type {type(value).__name__}, which it cannot be")
    return value


def fits(value: Any, hint: Any) -> bool:
    """Return whether a value is of a type, as annotations write it."""
    if hint is Any:
        return True
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if kind in (None, type(None)):
        return value is None
    if kind is Callable:
        return callable(value)
    if kind in (int, float):
        allowed = (int, float) if kind is float else (int,)
        return isinstance(value, allowed) and not isinstance(value, bool)
    if not isinstance(value, kind):
        return False
    if kind is np.ndarray:
        (dtype,) = get_args(inner[1]) or (Any,)
        return dtype is Any or np.issubdtype(value.dtype, dtype)
    if kind is list:
        return all(fits(one, inner[0]) for one in value)
    if kind is tuple and len(inner) == 2 and inner[1] is ...:
        return all(fits(one, inner[0]) for one in value)
    if kind is dict:
        return all(fits(k, inner[0]) and fits(v, inner[1]) for k, v in value.items())
    return True
