"""Layers as tables of plain values, the way TOML and JSON have them, and back.

A table holds the name of the class as ``kind`` and the settings by their names, such as
``{"kind": "Recurrent", "cell": "gru", "hidden": 32}``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from metarnn.nodes import Vectors
from metarnn.validation import check_choice

from .attention import Attention
from .decoder import Decoder
from .dense import Dense
from .embedding import Embedding
from .grid import Grid
from .layer import Layer
from .recurrent import Recurrent
from .windows import Windows

#: The layers that a table may name.
LAYERS: dict[str, type[Layer]] = {
    kind.__name__: kind for kind in (Embedding, Recurrent, Windows, Attention, Dense, Grid, Decoder)
}


def layers_of(given: Iterable[Any]) -> tuple[Layer, ...]:
    """Return layers, given as layers or as tables of their settings.

    Raises
    ------
    TypeError, ValueError
        One sentence that begins with the number of the layer, counted from 1.
    """
    layers = []
    for number, entry in enumerate(given, start=1):
        try:
            layers.append(entry if isinstance(entry, Layer) else layer_of(entry))
        except (TypeError, ValueError) as error:
            raise type(error)(f"layer {number}: {error}") from None
    return tuple(layers)


def layer_of(table: Any) -> Layer:
    """Return the layer that a table describes; the inverse of :func:`layer_table`."""
    if isinstance(table, type) and issubclass(table, Layer):
        raise TypeError(f"expected a layer, got its class: write {table.__name__}(...).")
    if not isinstance(table, Mapping) or not isinstance(table.get("kind"), str):
        raise TypeError(
            "expected a layer of metarnn.layers or a table of its settings with its kind, such "
            f"as {{'kind': 'Recurrent', 'hidden': 16}}, got {table!r}."
        )
    settings = dict(table)
    kind = LAYERS[check_choice("kind of layer", settings.pop("kind"), LAYERS)]
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in settings:
        check_choice(f"setting of {kind.__name__}", name, names)
    try:
        return kind(**settings)
    except TypeError as error:
        if "required positional" not in str(error):
            raise
        missing = [name for name in names if name not in settings]
        raise ValueError(f"{kind.__name__} needs the setting {missing[0]!r}.") from None


def layer_table(layer: Layer) -> dict[str, Any]:
    """Return a layer as a table of all its settings, but for those that are None.

    Given vectors become nested lists. A layer of another class than those of ``LAYERS`` raises a
    TypeError.
    """
    if LAYERS.get(type(layer).__name__) is not type(layer):
        raise TypeError(f"{type(layer).__name__} is no layer of metarnn, so no table describes it.")
    settings: dict[str, Any] = {"kind": type(layer).__name__}
    for field in fields(layer):  # type: ignore[arg-type]
        value = getattr(layer, field.name)
        if value is not None:
            settings[field.name] = value.values.tolist() if isinstance(value, Vectors) else value
    return settings
