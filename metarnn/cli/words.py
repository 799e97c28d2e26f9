"""Words of the command line that carry settings: ``cuckoo:n_nests=50,variant=paper``."""

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metarnn.optimizers import Optimizer


def settings_of(words: str) -> dict[str, Any]:
    """Turn ``"n_bits=5,seed=1"`` into ``{"n_bits": 5, "seed": 1}``."""
    settings = {}
    for pair in filter(None, words.split(",")):
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise ValueError(f"Expected NAME=VALUE, got {pair!r}.")
        try:
            settings[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            settings[name] = value
    return settings


def optimizers_of(words: Iterable[str]) -> "dict[str, Optimizer]":
    """Turn words such as ``cuckoo:n_nests=50,variant=paper`` into optimizers by label."""
    from metarnn.optimizers import optimizer_named

    chosen = {}
    for word in words:
        name, _, settings = word.partition(":")
        chosen[word] = optimizer_named(name).set_params(**settings_of(settings))
    return chosen
