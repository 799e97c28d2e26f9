"""Headers of model files of older versions, rewritten as those of today.

A version is raised whenever a header says something in another way. Each function below
rewrites a header, in JSON, of one version as one of the next.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from metarnn.optimizers import OPTIMIZERS
from metarnn.optimizers.renamed import with_new_names
from metarnn.sequences.axes import FEATURES

Header = dict[str, Any]

#: Settings of the network and of layers that version 2 names otherwise.
RENAMED_IN_VERSION_2 = {
    "network": {"n_classes": "n_outputs"},
    "Recurrent": {"n_outputs": "second_size"},
}


def upgraded(header: Header) -> Header:
    """Return the header of any known version as one of the newest."""
    for upgrade in UPGRADES[header["version"] - 1 :]:
        header = upgrade(header)
    return header


def _from_version_1(header: Header) -> Header:
    """Version 2 renames settings, and has one reader for what was spread over attributes."""
    fitted, parameters = header["fitted"], header["parameters"]
    kinds = {"embedding": "tokens", "grid": "images"}
    kind = [kind for name, kind in kinds.items() if parameters.get(name) is not None]
    is_rows = not fitted.pop("_fitted_on_sequences")
    fitted.pop("_fitted_classes", None)
    fitted["_reader"] = _reader(
        kind=kind[0] if kind else "numbers",
        layout=fitted.pop("_layout"),
        timesteps=fitted.pop("_timesteps"),
        is_rows=is_rows,
        n_inputs=fitted["n_channels_in_"],
        n_timesteps=fitted["n_timesteps_in_"],
        has_lengths=fitted.pop("_given_lengths"),
    )
    parts = {"parameters": parameters, "fitted": fitted}
    return {**header, "version": 2, **_everywhere(_changed_in_version_2, parts)}


def _changed_in_version_2(value: Header) -> Header:
    """Return an object of a header as version 2 has it."""
    match value:
        case {"scaler": settings}:
            reader = _reader(
                layout=settings.pop("_layout"),
                timesteps=settings["timesteps"],
                row_steps=1,
                needs_lengths=False,
                is_rows=settings.pop("_rows"),
                n_inputs=settings["n_channels_in_"],
            )
            return {"scaler": settings | {"_reader": reader}}
        case {"network": settings}:
            return {"network": _renamed(RENAMED_IN_VERSION_2["network"], settings)}
        case {"layer": name, "settings": settings}:
            renamed = RENAMED_IN_VERSION_2.get(name, {})
            return {"layer": name, "settings": _renamed(renamed, settings)}
        case {"optimizer": name, "settings": settings}:
            return {"optimizer": name, "settings": with_new_names(OPTIMIZERS[name], settings)}
    return value


def _from_version_2(header: Header) -> Header:
    """Version 3 names the steps of rows, and keeps the weight of a stream so far.

    It has no loss curve beside the history, and no number of features of sequences.
    """
    parts = {"parameters": header["parameters"], "fitted": header["fitted"]}
    parts = _everywhere(_changed_in_version_3, parts)
    parameters, fitted = parts["parameters"], parts["fitted"]
    if parameters.get("timesteps", 1) is None:
        is_rows = fitted["_reader"]["reader"]["is_rows"]
        parameters["timesteps"] = FEATURES if is_rows else 1
    fitted.pop("loss_curve_", None)
    if not fitted["_reader"]["reader"]["is_rows"]:
        fitted.pop("n_features_in_", None)
    if "target_mean_" in fitted:
        fitted |= {"_target_variance": None, "_target_weight": np.inf}
    return {**header, "version": 3, "parameters": parameters, "fitted": fitted}


def _changed_in_version_3(value: Header) -> Header:
    """Return an object of a header as version 3 has it."""
    match value:
        case {"reader": settings}:
            # The default of rows, where it was not named, was to make each feature a step.
            default = settings.pop("row_steps", None) or (FEATURES if settings["is_rows"] else 1)
            return {"reader": settings | {"timesteps": settings["timesteps"] or default}}
        case {"scaler": settings}:
            if not settings["_reader"]["reader"]["is_rows"]:
                settings.pop("n_features_in_", None)
            return {"scaler": settings | {"timesteps": settings["timesteps"] or 1}}
        case {"optimizer": name, "settings": settings}:
            return {"optimizer": name, "settings": with_new_names(OPTIMIZERS[name], settings)}
    return value


def _reader(**settings: Any) -> Header:
    return {"reader": settings}


def _renamed(names: dict[str, str], settings: Header) -> Header:
    return {names.get(name, name): value for name, value in settings.items()}


def _everywhere(change: Callable[[Header], Header], value: Any) -> Any:
    """Return JSON with each object changed, those within it first."""
    if isinstance(value, list):
        return [_everywhere(change, part) for part in value]
    if isinstance(value, dict):
        return change({name: _everywhere(change, part) for name, part in value.items()})
    return value


#: From version 1, 2, ... to the next.
UPGRADES = (_from_version_1, _from_version_2)
