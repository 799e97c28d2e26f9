"""``metarnn fit``: train a model on data, test it, and save it."""

import argparse
from typing import TYPE_CHECKING, Any

from .options import command, network_settings
from .output import check_file, show

if TYPE_CHECKING:
    from .data import Data


@command(
    options="data --target --optimizer --budget --loss --alpha --timesteps "
    "--test-fraction --seed --threads --json --quiet network",
    output="the model file to write, such as model.npz",
    own={
        "--regression": dict(action="store_true", help="predict numbers, not classes"),
        "--early-stopping": dict(
            action="store_true", help="stop when the loss of a validation part rises"
        ),
        "--no-scale": dict(action="store_true", help="do not standardize the inputs"),
    },
    optimizer="adam",
    budget=3000,
    hidden=[16],
    test_fraction=0.2,
)
def fit(options: argparse.Namespace) -> None:
    """Train a model on data and save it."""
    from metarnn.estimators import RNNClassifier, RNNRegressor
    from metarnn.optimizers import resolve_optimizer

    from .data import read
    from .scores import lines, scores
    from .targets import as_labels, as_numbers

    if options.output is None:
        raise ValueError("--output must name the file of the model, such as model.npz.")
    data = read(options.data, options.target)
    typed = as_numbers if options.regression else as_labels
    data = data._replace(y=typed(data.y, options.data))
    check_file(options.output)  # before the training, not after it
    settings = network_settings(options)
    if "decoder" in settings:
        raise ValueError("--decoder predicts sequences, which 'metarnn fit' does not train.")
    if options.loss is not None:
        settings["loss"] = options.loss
    kind = RNNRegressor if options.regression else RNNClassifier
    model = kind(
        **settings,
        optimizer=resolve_optimizer(options.optimizer),
        budget=options.budget,
        alpha=options.alpha,
        timesteps=options.timesteps,
        scale=not options.no_scale and "embedding" not in settings,
        early_stopping=options.early_stopping,
        random_state=options.seed,
        n_threads=options.threads,
        verbose=0 if options.quiet else 1,
    )
    train, test = _split(data, options)
    part = data.part(train)
    model.fit(part.X, part.y, lengths=part.lengths)
    path = model.save(options.output)
    found = scores(model, data.part(test)) if len(test) else None
    result = {
        "model": path,
        "network": str(model.network_),
        "n_weights": len(model.weights_),
        "n_sequences": len(train),
        "stop_reason": model.stop_reason_,
        "passes": model.n_passes_,
        "training_loss": model.loss_,
        "held_out": found,
    }
    held_out = [] if found is None else [f"on {len(test)} sequences held out:", *lines(found)]
    show(
        options,
        result,
        f"{model.network_}: {len(model.weights_)} weights, {len(train)} sequences",
        f"{model.stop_reason_} {model.n_passes_:g} passes, training loss {model.loss_:.4g}",
        *held_out,
        f"saved in {path}",
    )


def _split(data: "Data", options: argparse.Namespace) -> tuple[Any, Any]:
    """Return which sequences are trained on, and which are held out."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    fraction = options.test_fraction
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
            stratify=None if options.regression else data.y,
            random_state=options.seed,
        )
    except ValueError as error:
        raise ValueError(
            f"{options.data} cannot be split: {error} --test-fraction 0 trains on all."
        ) from None
    return train, test
