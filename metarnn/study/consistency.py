"""Whether runs that are stored and runs that are asked for may stand in one table."""

import inspect
from collections.abc import Mapping
from typing import Any

from metarnn.networks.network import Network
from metarnn.optimizers import OPTIMIZERS, Optimizer
from metarnn.optimizers.renamed import with_new_names

from .problems import Problem
from .settings import StudySettings, plain

#: What a study may have more of, or fewer, from one run to the next.
OPEN = "datasets", "networks", "optimizers", "seeds"


def conditions(
    settings: StudySettings, problems: list[Problem], optimizers: Mapping[str, Optimizer]
) -> dict[str, Any]:
    """Return all that results depend on, in plain values, defaults as well.

    The defaults are in it because a later version may have others.
    """
    shared = {name: value for name, value in settings.plain().items() if name not in OPEN}
    parameters = inspect.signature(Network.build).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    networks = {
        label: {k: v for k, v in (defaults | dict(options)).items() if k != "datasets"}
        for label, options in settings.networks.items()
    }
    data = {p.dataset: {"timesteps": p.protocol.timesteps, "data": p.fingerprint} for p in problems}
    optimizer_settings = {label: plain(optimizer) for label, optimizer in optimizers.items()}
    both: dict[str, Any] = shared | {
        "datasets": data,
        "networks": plain(networks),
        "optimizers": optimizer_settings,
    }
    return both


def joined_conditions(stored: dict[str, Any] | None, asked: dict[str, Any], where: str) -> Any:
    """Return the conditions of all runs, those stored and those to come.

    Raises
    ------
    ValueError
        They differ in more than in what there is more of.
    """
    if stored is None:
        return asked
    stored = stored | {"optimizers": _by_new_names(stored.get("optimizers", {}))}
    joined = dict(asked)
    for name in asked:
        if name not in OPEN:
            _refuse(name, stored.get(name), asked[name], where)
            continue
        for label in set(stored.get(name, {})) & set(asked[name]):
            _refuse(f"{name}.{label}", stored[name][label], asked[name][label], where)
        joined[name] = stored.get(name, {}) | asked[name]
    return joined


def _by_new_names(value: Any) -> Any:
    """Return stored settings of optimizers by the names that these have now."""
    if isinstance(value, list):
        return [_by_new_names(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    settings = {name: _by_new_names(inner) for name, inner in value.items()}
    kinds = (kind for kind in OPTIMIZERS.values() if kind.__name__ == settings.get("name"))
    return with_new_names(next(kinds, object), settings)


def _refuse(place: str, old: Any, new: Any, where: str) -> None:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in [*old, *new]:
            _refuse(f"{place}.{name}", old.get(name), new.get(name), where)
    if place.startswith("datasets.") and place.endswith(".data"):
        raise ValueError(
            f"{where} holds runs on other data: {place.removesuffix('.data')} has changed since; "
            "name another store."
        )
    raise ValueError(
        f"{where} holds runs with {place} = {old!r}, and now it is {new!r}; name another store."
    )
