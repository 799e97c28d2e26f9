"""The settings of a study, in words and as rows of a table."""

import json
from collections.abc import Mapping
from typing import Any

#: Lists that are longer are cut, with their length.
LISTED = 30

#: Settings that have a section of their own, or no effect on the results.
ELSEWHERE = {"question", "folder", "repeats"}


def setting_rows(settings: Any) -> list[tuple[str, str]]:
    """Return names and values of the settings but None; tables have one row for each label."""
    rows = []
    for name, value in vars(settings).items():
        if name in ELSEWHERE or value is None:
            continue
        if isinstance(value, Mapping) and value:
            rows += [(f"{name}: {label}", _shown(inner)) for label, inner in value.items()]
        else:
            rows.append((name, _shown(value)))
    return rows


def price(settings: Any) -> str:
    """Return what a pass is, and the price of a gradient, in a sentence."""
    return (
        f"A run may spend {settings.budget:,g} passes: one is the loss of one candidate on the "
        f"whole training set, and a gradient counts as {settings.gradient_passes:g}."
    )


def _shown(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.10g}" if value.is_integer() else f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_shown(inner)}" for key, inner in value.items()) or "defaults"
    if isinstance(value, list | tuple):
        listed = ", ".join(_shown(item) for item in value[:LISTED])
        return listed + (f", … ({len(value)} in all)" if len(value) > LISTED else "")
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    return f"{getattr(value, '__qualname__', value)}"
