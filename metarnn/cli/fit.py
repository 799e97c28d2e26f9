"""``metarnn fit``: train a model on data, test it, and save it."""

import argparse
from typing import TYPE_CHECKING, Any

from metarnn.defaults import ALPHA, ALPHA_OF_NUMBERS, BUDGET, OPTIMIZER, TEST_FRACTION

from .options import command
from .output import about_rows, check_file, show

if TYPE_CHECKING:
    from .data import Data


@command(
    options="data reading --model --optimizer --budget --loss --solve --timesteps "
    "--test-fraction --seed --threads --import --json --quiet network",
    output="the model file to write, such as model.npz (required)",
    needs_output=True,
    own={
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
    metarnn fit recordings --output model.npz --model recurrent_features
    metarnn fit iris --output m.npz --solve leave_one_out --optimizer lshade
    """,
    model="network",
    optimizer=OPTIMIZER,
    budget=BUDGET,
    test_fraction=TEST_FRACTION,
)
def fit(options: argparse.Namespace) -> None:
    """Train a model on data and save it.

    By default the model is the average of five networks, which adam trains side by side within the
    budget. Other optimizers and losses may leave one network; the printed result says how many.
    """
    from .data import read
    from .models import about_average, headline, model_of
    from .scores import lines, scores
    from .targets import targets

    if options.regression and options.classification:
        raise ValueError("--regression and --classification exclude each other: give one of them.")
    if options.output is not None:
        check_file(options.output, options.force)  # before the training, not after it
    model_of(options, are_numbers=False)  # a mistake is told before the data are read
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
    if options.output is None:
        raise ValueError("--output must name the file of the model, such as model.npz.")
    data = data._replace(y=y)
    model = model_of(options, are_numbers)
    train, test = _split(data, options, stratified=not are_numbers)
    part = data.part(train)
    model.fit(part.X, part.y, lengths=part.lengths)
    # What is held out first: an error about it leaves no model behind.
    found = scores(model, data.part(test)) if len(test) else None
    model._target_column = None if data.target is None else str(data.target)  # for evaluate
    path = model.save(options.output)
    result = {
        "model": path,
        **_trained(model),
        "n_sequences": len(train),
        "passes": model.n_passes_,
        "held_out": found,
    }
    held_out = [] if found is None else [f"on {len(test)} sequences held out:", *lines(found)]
    rows = data.X.shape[1] if hasattr(data.X, "columns") else 0
    show(
        options,
        result,
        *about_rows(rows, options.timesteps),
        f"{headline(model)}, {len(train)} sequences",
        *about_average(model),
        _story(model),
        *held_out,
        f"saved in {path}",
    )


def _trained(model: Any) -> dict[str, Any]:
    """Return what is known of a training, by name."""
    from .models import n_averaged

    if not hasattr(model, "network_"):
        return {
            "n_networks": model.n_networks_,
            "n_features": len(model.coef_),
            "leave_one_out_score": model.leave_one_out_score_,
        }
    return {
        "network": str(model.network_),
        "n_weights": len(model.weights_),
        "n_networks": n_averaged(model),
        "stop_reason": model.stop_reason_,
        "training_loss": model.loss_,
    }


def _story(model: Any) -> str:
    """Return how a training went, in a line."""
    if hasattr(model, "network_"):
        return f"{model.stop_reason_} {model.n_passes_:g} passes, training loss {model.loss_:.4g}"
    score = "accuracy" if hasattr(model, "classes_") else "R^2"
    return (
        f"{model.n_passes_:g} passes, a network each; {score} {model.leave_one_out_score_:.4f} "
        "by leave-one-out"
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
