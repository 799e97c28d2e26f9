"""Every way to say which optimizer: an instance, a name, words, or a table of settings."""

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any

from metarnn.names import unknown
from metarnn.validation import shown

from .optimizer import Optimizer

#: Every optimizer by its name; filled where all of them are known, in ``__init__.py``.
OPTIMIZERS: dict[str, type[Optimizer]] = {}

#: A comma outside of brackets.
COMMA = re.compile(r",(?![^\[({]*[\])}])")


def resolve_optimizer(given: Any, what: str = "optimizer") -> Optimizer:
    """Return the optimizer that is given.

    Parameters
    ----------
    given : Optimizer, str or mapping
        An optimizer; its name in ``OPTIMIZERS``; its name with settings, such as
        ``"cuckoo:n_nests=50,variant=paper"``; or a mapping of settings with the name among
        them, such as ``{"name": "cuckoo", "n_nests": 50}``. Where a setting is an optimizer it
        is given in the same ways, or as a mapping without a name, which changes settings of the
        default: ``{"name": "memetic", "population": "ga", "local_search": {"n_starts": 2}}``.
    what : str
        What errors call it.

    Returns
    -------
    Optimizer
        An instance is returned as it is.

    Raises
    ------
    TypeError
        Anything else, such as a class.
    ValueError
        An unknown name or setting.
    """
    if isinstance(given, Optimizer):
        return given
    if isinstance(given, type) and issubclass(given, Optimizer):
        raise TypeError(f"{what} must be an instance: write {given.__name__}().")
    settings = table_of(given) if isinstance(given, str) else given
    if not (isinstance(settings, Mapping) and isinstance(settings.get("name"), str)):
        raise TypeError(
            f"{what} must be an Optimizer, the name of one, or a mapping of settings with its "
            f"name, got {given!r}."
        )
    settings = dict(settings)
    name = settings.pop("name")
    if name not in OPTIMIZERS:
        raise ValueError(unknown(what, name, OPTIMIZERS, "optimizers"))
    kind = OPTIMIZERS[name]
    if not (isinstance(kind, type) and issubclass(kind, Optimizer)):
        raise TypeError(
            f"OPTIMIZERS[{name!r}] must be a class that derives from Optimizer, got {shown(kind)}."
        )
    if needed := kind.settings_without_default():
        raise TypeError(
            f"{what} {name!r} cannot be made by its name, for {kind.__name__} has no default of "
            f"{', '.join(needed)}: write {needed[0]} = setting(DEFAULT), or give an instance."
        )
    return configured(kind(), settings)


def resolve_optimizers(given: Any) -> dict[str, Optimizer]:
    """Return several optimizers by label.

    Parameters
    ----------
    given : optimizer, iterable of optimizers, or mapping of labels to optimizers
        Each as :func:`resolve_optimizer` takes it; in a mapping, settings without a name are those
        of the optimizer that the label names. Without labels, an optimizer is labeled as
        it is named, an instance by its class.

    Returns
    -------
    dict of str to Optimizer
        In the order in which they are given.

    Raises
    ------
    TypeError
        Something that is no optimizer.
    ValueError
        None at all, two of one label, or an unknown name or setting.
    """
    if isinstance(given, Mapping):
        items = [
            (str(label), {"name": label, **entry} if isinstance(entry, Mapping) else entry)
            for label, entry in given.items()
        ]
    elif isinstance(given, Iterable) and not isinstance(given, str):
        items = [(_label(entry), entry) for entry in given]
    else:
        items = [(_label(given), given)]
    chosen: dict[str, Optimizer] = {}
    for label, entry in items:
        if label in chosen:
            raise ValueError(f"Two optimizers are called {label}; give them labels in a dict.")
        chosen[label] = resolve_optimizer(entry)
    if not chosen:
        raise ValueError("Name at least one optimizer, got none.")
    return chosen


def table_of(words: str) -> dict[str, Any]:
    """Return words such as ``"cuckoo:n_nests=50"`` as a table, the name among the settings."""
    name, _, settings = words.partition(":")
    return {"name": name} | settings_in(settings)


def settings_in(words: str) -> dict[str, Any]:
    """Return the settings in words such as ``"n_nests=50,members=[ga,cuckoo]"``."""
    settings = {}
    for pair in filter(None, COMMA.split(words)):
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise ValueError(
                f"Expected NAME=VALUE after the colon, such as {name or 'NAME'}="
                f"{value or 'VALUE'}, got {pair!r}."
            )
        settings[name] = _value(value)
    return settings


def _value(text: str) -> Any:
    """Return a number, a list, or whatever else Python reads; a word is a word."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        is_list = text.startswith("[") and text.endswith("]")
        return [_value(item) for item in COMMA.split(text[1:-1])] if is_list else text


def _label(entry: Any) -> str:
    if isinstance(entry, Mapping):
        return str(entry.get("name"))
    return entry if isinstance(entry, str) else type(entry).__name__


def configured(optimizer: Optimizer, settings: Mapping[str, Any]) -> Optimizer:
    """Set settings in place, whole optimizers before the settings of these; return the optimizer.

    Where a setting is an optimizer it is given in any way that :func:`resolve_optimizer` takes.
    """
    for name in sorted(settings, key=lambda name: "__" in name):
        default = optimizer.get_params().get(name)
        optimizer.set_params(**{name: _setting(name, settings[name], default)})
    return optimizer


def _setting(name: str, value: Any, default: Any) -> Any:
    """Return the value of a setting, resolved where it is an optimizer or a list of some."""
    if isinstance(value, list | tuple) and isinstance(default, list | tuple):
        if any(isinstance(each, Optimizer) for each in default):
            return [resolve_optimizer(v, f"{name}[{i}]") for i, v in enumerate(value)]
    elif isinstance(default, Optimizer):
        if isinstance(value, Mapping) and "name" not in value:
            return configured(default.copy(), value)
        return resolve_optimizer(value, name)
    return dict(value) if isinstance(value, Mapping) else value
