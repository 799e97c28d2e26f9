"""The models that ``metarnn fit`` makes: a trained network, or random ones with a ridge."""

import argparse
from typing import Any

from metarnn.defaults import BUDGET, OPTIMIZER
from metarnn.names import unknown

from .options import network_settings
from .output import shows_progress
from .tables import TABLES

#: What only a network that is trained has, with what the command line has where it is not given.
OF_TRAINING = {
    "--optimizer": OPTIMIZER,
    "--budget": BUDGET,
    "--loss": None,
    "--alpha": None,
    "--solve": None,
    "--early-stopping": False,
    "--no-scale": False,
}


def model_of(options: argparse.Namespace, are_numbers: bool) -> Any:
    """Return the estimator that the options describe, for classes or for numbers.

    Raises
    ------
    TypeError, ValueError
        An unknown name or setting, or options of another model.
    """
    from metarnn.optimizers.resolve import table_of

    settings = table_of(options.model)
    name = settings.pop("name")
    if name not in (known := TABLES["models"]()):
        raise ValueError(unknown("model", name, known))
    if name == "network":
        return _network(options, are_numbers, settings)
    return _without_descent(name, options, are_numbers, settings)


def explained(name: str) -> tuple[type, ...]:
    """Return the classes whose docstrings explain the settings of a model; none of other names."""
    from metarnn.features import RecurrentFeatures
    from metarnn.features.named import MODELS

    return (MODELS[name].classifier, RecurrentFeatures) if name in MODELS else ()


def headline(model: Any) -> str:
    """Return what a fitted model is and how large, in a line."""
    if hasattr(model, "network_"):
        return f"{model.network_}: {len(model.weights_)} weights"
    return str(model.extractor_)


def n_averaged(model: Any) -> int:
    """Return over how many networks that were trained a fitted model averages."""
    return 1 if getattr(model, "members_", None) is None else len(model.members_)


def about_average(model: Any) -> list[str]:
    """Return the line that says of how many networks a model is the average, if of several."""
    n = n_averaged(model)
    return [f"the model is the average of {n} such networks"] if n > 1 else []


def _network(options: argparse.Namespace, are_numbers: bool, settings: dict[str, Any]) -> Any:
    from metarnn.estimators import RNNClassifier, RNNRegressor
    from metarnn.optimizers import resolve_optimizer

    if settings:
        name = next(iter(settings))
        option = f"--{name if hasattr(options, name) else 'hidden'}".replace("_", "-")
        raise ValueError(
            f"--model network takes no settings after a colon, got {name!r}: its settings are "
            f"options of the command, such as {option}."
        )
    settings = network_settings(options)
    for name in ("loss", "alpha", "solve"):
        if getattr(options, name) is not None:
            settings[name] = getattr(options, name)
    return (RNNRegressor if are_numbers else RNNClassifier)(
        **settings,
        **_shared(options),
        optimizer=resolve_optimizer(options.optimizer),
        budget=options.budget,
        scale=not options.no_scale,
        early_stopping=options.early_stopping,
    )


def _without_descent(
    name: str, options: argparse.Namespace, are_numbers: bool, settings: dict[str, Any]
) -> Any:
    from metarnn.features.named import MODELS, check_settings

    kind = MODELS[name].regressor if are_numbers else MODELS[name].classifier
    given = [f"--{name}".replace("_", "-") for name in network_settings(options)]
    for option, default in OF_TRAINING.items():
        if getattr(options, option.removeprefix("--").replace("-", "_")) != default:
            given.append(option)
    if given:
        raise ValueError(
            f"{given[0]} is for what is trained by an optimizer; the settings of {options.model} "
            f"follow a colon, such as {name}:n_features=3000."
        )
    shared = _shared(options)
    set_by = dict.fromkeys(shared, "the options of the command")
    check_settings(kind, settings, set_by, option="--model")
    model = kind(**settings, **shared)
    model.check()
    return model


def _shared(options: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters that both models have."""
    return {
        "timesteps": options.timesteps,
        "random_state": options.seed,
        "n_threads": options.threads,
        "verbose": int(shows_progress(options)),
    }
