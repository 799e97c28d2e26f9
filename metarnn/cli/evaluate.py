"""``metarnn evaluate``: the scores of a saved model on data with targets."""

import argparse

from .options import command
from .output import show


@command(
    options="model data reading --threads --import --json",
    examples="""
    metarnn evaluate model.npz test.csv
    metarnn evaluate model.npz test.csv --target label
    """,
)
def evaluate(options: argparse.Namespace) -> None:
    """Measure how well a saved model predicts.

    The data are of the kind that the model was trained on. The target of a table is the column that
    'metarnn fit' took, unless --target names another.
    """
    from metarnn import load_model

    from .data import read
    from .models import about_average, headline
    from .scores import lines, scores
    from .targets import as_classes, as_numbers

    model = load_model(options.model)
    if options.threads is not None:
        model.set_params(n_threads=options.threads)
    data = read(options, model=model)
    if hasattr(model, "classes_"):
        if data.are_numbers:
            raise ValueError(
                f"{options.data} has numbers to predict, but {options.model} predicts classes."
            )
        data = data._replace(y=as_classes(data.y, model.classes_, options.data, data.coded))
    else:
        data = data._replace(y=as_numbers(data.y, options.data))
    found = scores(model, data)
    said = [f"{headline(model)}; {len(data.y)} sequences", *about_average(model)]
    show(options, found, *said, *lines(found))
