"""Whether stored and new runs may stand in one table."""

from collections.abc import Mapping
from typing import Any

from metarnn.defaults import network_settings
from metarnn.networks.description import BESIDE_LAYERS, BUILD, settings_of
from metarnn.optimizers import OPTIMIZERS
from metarnn.optimizers.renamed import with_new_names
from metarnn.own_parts import digests
from metarnn.sequences.axes import FEATURES

from .models import Contestant
from .plain import fingerprint, plain
from .problems import Problem
from .settings import StudySettings, network_and_datasets
from .split import Protocol

#: What is done about runs of other conditions, in a store or in a file.
OF_STORE = "name another store"
OF_FILE = "take the settings that it was exported from"

#: The settings that may gain or lose entries between two runs of a study.
OPEN = "datasets", "networks", "optimizers", "seeds", "imports"


def conditions(
    settings: StudySettings, problems: list[Problem], optimizers: Mapping[str, Contestant]
) -> dict[str, Any]:
    """Return all that results depend on, in plain values.

    Defaults are included, because a later version may have others.
    """
    # Timesteps are compared data set by data set.
    apart = *OPEN, "timesteps"
    shared = {name: value for name, value in settings.plain().items() if name not in apart}
    made = {problem.network: problem.protocol.network for problem in problems}
    networks = {}
    for label, entry in settings.networks.items():
        options = settings_of(network_and_datasets(entry)[0])
        if "layers" not in options:
            networks[label] = BUILD | network_settings(options)
        elif label in made:
            names = "layers", *BESIDE_LAYERS
            networks[label] = {name: getattr(made[label], name) for name in names}
    protocols = {problem.dataset: problem.protocol for problem in problems}
    data = {
        label: {
            "timesteps": protocol.timesteps if protocol.dataset.is_rows else None,
            "data": fingerprint(protocol.dataset),
            **_own(settings, label, protocol),
        }
        for label, protocol in protocols.items()
    }
    imports = digests(settings.imports, settings.folder)
    named = {"networks": plain(networks), "optimizers": plain(optimizers)}
    named |= {"imports": imports} if imports else {}
    return shared | {"datasets": data} | named


def _own(settings: StudySettings, label: str, protocol: Protocol) -> dict[str, Any]:
    """Return what problems on a data set have of their own, where they do."""
    own = {"loss": plain(protocol.loss)} if protocol.loss != settings.loss else {}
    return own if protocol.instances is None else own | {"instances": True}


def joined_conditions(
    stored: dict[str, Any] | None, wanted: dict[str, Any], where: str, remedy: str
) -> Any:
    """Return the conditions of all runs, stored and new; refuse one that has changed.

    The sentence names where the runs are, and a remedy.
    """
    if stored is None:
        return wanted
    stored = stored | {"optimizers": _by_new_names(stored.get("optimizers", {}))}
    stored.setdefault("solve", None)  # of before readouts could be solved
    stored["datasets"] = _with_timesteps(stored.get("datasets", {}), wanted.get("datasets", {}))
    joined = {name: stored[name] for name in OPEN if name in stored} | wanted
    for name in wanted:
        if name not in OPEN:
            called = "target_loss" if name == "target" else name  # by its name in settings
            _refuse(called, stored.get(name), wanted[name], where, remedy)
            continue
        for label in set(stored.get(name, {})) & set(wanted[name]):
            _refuse(f"{name}.{label}", stored[name][label], wanted[name][label], where, remedy)
        joined[name] = stored.get(name, {}) | wanted[name]
    return joined


def fault_of_conditions(stored: Mapping[str, Any]) -> str | None:
    """Return what is wrong with stored conditions, or None."""
    for name in OPEN:
        kind, parts = str if name == "imports" else dict, stored.get(name, {})
        if name == "seeds":  # which stores leave out
            continue
        if not (isinstance(parts, dict) and all(isinstance(x, kind) for x in parts.values())):
            return f"its conditions have no table of {name}, but {parts!r:.40}"
    return None


def _with_timesteps(stored: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return stored data sets with the steps of rows that older versions did not name.

    These took each feature as a step.
    """
    return {
        label: entry | {"timesteps": FEATURES}
        if entry.get("timesteps") is None and wanted.get(label, entry).get("timesteps") is not None
        else entry
        for label, entry in stored.items()
    }


def _by_new_names(value: Any) -> Any:
    """Return stored settings of optimizers by the names that these have now."""
    if isinstance(value, list):
        return [_by_new_names(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    settings = {name: _by_new_names(inner) for name, inner in value.items()}
    kinds = (kind for kind in OPTIMIZERS.values() if kind.__name__ == settings.get("name"))
    return with_new_names(next(kinds, object), settings)


def _refuse(place: str, old: Any, new: Any, where: str, remedy: str) -> None:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in [*old, *new]:
            _refuse(f"{place}.{name}", old.get(name), new.get(name), where, remedy)
    if place.startswith("imports."):
        raise ValueError(
            f"{where} holds runs with parts of another {place.removeprefix('imports.')}: its file "
            f"has changed since, or is another one of this name; {remedy}."
        )
    if place.startswith("datasets.") and place.endswith(".data"):
        raise ValueError(
            f"{where} holds runs on other data: {place.removesuffix('.data')} has changed since; "
            f"{remedy}."
        )
    raise ValueError(f"{where} holds runs with {place} = {old!r}, and now it is {new!r}; {remedy}.")
