"""``metarnn fit``: train a model on data, test it, and save it."""

import argparse
from typing import TYPE_CHECKING, Any

from metarnn.defaults import ALPHA, ALPHA_OF_NUMBERS, BUDGET, OPTIMIZER, TEST_FRACTION

from .options import command, network_settings
from .output import about_rows, check_file, show

#: What ``--model`` may be.
MODELS = "network", "features"

if TYPE_CHECKING:
    from .data import Data


@command(
    options="data reading --optimizer --budget --loss --solve --timesteps "
    "--test-fraction --seed --threads --json --quiet network",
    output="the model file to write, such as model.npz",
    own={
        "--model": dict(
            metavar="KIND",
            default="network",
            help="a 'network' that is trained (default), or 'features': many random networks and a "
            "readout in closed form, with settings if you like (features:n_features=5000)",
        ),
        "--regression": dict(action="store_true", help="predict numbers, not classes"),
        "--classification": dict(
            action="store_true", help="take a target of many different numbers as classes"
        ),
        "--alpha": dict(
            type=float,
            metavar="A",
            help=f"L2 penalty (default: {ALPHA}, of numbers {ALPHA_OF_NUMBERS})",
        ),
        "--early-stopping": dict(
            action="store_true", help="stop when the loss of a validation part rises"
        ),
        "--no-scale": dict(action="store_true", help="do not standardize the inputs"),
    },
    examples="""
    metarnn fit mine.csv --target label --output model.npz
    metarnn fit mine.csv --target price --regression --output price.npz
    metarnn fit steps.csv --series id --order time --target label --output m.npz
    metarnn fit recordings --output model.npz --optimizer adam:learning_rate=0.01
    metarnn fit iris --output iris.npz --optimizer restarts:optimizer=hybrid_ga
    metarnn fit mine.csv --target label --output model.npz --network net.toml
    metarnn fit iris --output m.npz --solve leave_one_out --optimizer lshade
    """,
    optimizer=OPTIMIZER,
    budget=BUDGET,
    test_fraction=TEST_FRACTION,
)
def fit(options: argparse.Namespace) -> None:
    """Train a model on data and save it."""
    from metarnn.estimators.saving import is_model

    from .data import read
    from .scores import about, lines, scores
    from .targets import targets

    if options.output is None:
        raise ValueError("--output must name the file of the model, such as model.npz.")
    if options.regression and options.classification:
        raise ValueError("--regression and --classification exclude each other: give one of them.")
    check_file(options.output, options.force, is_model)  # before the training, not after it
    settings = network_settings(options)
    data = read(options)
    if data.are_numbers and options.classification:
        raise ValueError(
            f"{options.data} says that its targets are numbers, which --classification does not "
            "predict: leave it out."
        )
    y, are_numbers = targets(
        data.y,
        options.data,
        regression=options.regression or data.are_numbers,
        classification=options.classification,
    )
    data = data._replace(y=y)
    model = _model(options, settings, are_numbers)
    train, test = _split(data, options, stratified=not are_numbers)
    part = data.part(train)
    model.fit(part.X, part.y, lengths=part.lengths)
    path = model.save(options.output)
    found = scores(model, data.part(test)) if len(test) else None
    words, result = about(model)
    result = {"model": path, **result, "n_sequences": len(train), "held_out": found}
    held_out = [] if found is None else [f"on {len(test)} sequences held out:", *lines(found)]
    rows = data.X.shape[1] if hasattr(data.X, "columns") else 0
    show(
        options,
        result,
        *about_rows(rows, options.timesteps),
        f"{words}, {len(train)} sequences",
        _ending(model),
        *held_out,
        f"saved in {path}",
    )


def _model(options: argparse.Namespace, settings: dict[str, Any], are_numbers: bool) -> Any:
    """Return the model that is asked for, not fitted."""
    from metarnn.estimators import RNNClassifier, RNNRegressor
    from metarnn.features import RecurrentFeaturesClassifier, RecurrentFeaturesRegressor
    from metarnn.names import unknown
    from metarnn.optimizers import resolve_optimizer
    from metarnn.optimizers.resolve import settings_in

    both = {"timesteps": options.timesteps, "random_state": options.seed}
    both["n_threads"] = options.threads
    of_network = {name: getattr(options, name) for name in ("loss", "alpha", "solve")}
    settings |= {name: value for name, value in of_network.items() if value is not None}
    name, _, words = options.model.partition(":")
    if name not in MODELS:
        raise ValueError(unknown("model", name, MODELS))
    if name == "network":
        if words:
            raise ValueError(
                f"--model network has options of its own, such as --cell, got {words!r}."
            )
        return (RNNRegressor if are_numbers else RNNClassifier)(
            **settings,
            **both,
            optimizer=resolve_optimizer(options.optimizer),
            budget=options.budget,
            scale=not options.no_scale,
            early_stopping=options.early_stopping,
            verbose=0 if options.quiet else 1,
        )
    trained = options.optimizer != OPTIMIZER or options.budget != BUDGET
    if settings or trained or options.early_stopping or options.no_scale:
        raise ValueError(
            "--model features trains nothing: leave out the options of a network and of its "
            "training; settings are given as features:hidden=4."
        )
    kind = RecurrentFeaturesRegressor if are_numbers else RecurrentFeaturesClassifier
    given = settings_in(words) if words else {}
    for setting in given:
        if setting not in kind().get_params():
            raise ValueError(unknown("model", setting, kind().get_params()))
    return kind(**both | given)


def _ending(model: Any) -> str:
    """Return how a fit ended, and what it cost."""
    if hasattr(model, "network_"):
        words = model.stop_reason_
        return f"{words} {model.n_passes_:g} passes, training loss {model.loss_:.4g}"
    score = "R^2" if not hasattr(model, "classes_") else "accuracy"
    return (
        f"{model.n_passes_:g} passes, {score} on training sequences left out "
        f"{model.leave_one_out_score_:.4f}"
    )


def _split(data: "Data", options: argparse.Namespace, stratified: bool) -> tuple[Any, Any]:
    """Return which sequences are trained on, and which are held out."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    fraction = options.test_fraction
    if options.seed < 0:
        raise ValueError(f"--seed must be at least 0, got {options.seed}.")
    if not 0 <= fraction < 1:
        raise ValueError(f"--test-fraction must be at least 0 and below 1, got {fraction:g}.")
    everything = np.arange(len(data.y))
    if not fraction:
        return everything, everything[:0]
    if data.test is not None:
        return np.flatnonzero(~data.test), np.flatnonzero(data.test)
    try:
        train, test = train_test_split(
            everything,
            test_size=fraction,
            stratify=data.y if stratified else None,
            random_state=options.seed,
        )
    except ValueError as error:
        raise ValueError(
            f"{options.data} cannot be split: {error} --test-fraction 0 trains on all."
        ) from None
    return train, test
