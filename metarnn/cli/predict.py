"""``metarnn predict``: the predictions of a saved model."""

import argparse
import sys

from metarnn.writing import write_whole

from .options import command
from .output import check_file, print_json, show


@command(
    options="model data reading --threads --import --json",
    output="the file to write, .csv or with --json .json (default: print)",
    examples="""
    metarnn predict model.npz new.csv
    metarnn predict model.npz new.csv --proba --output answers.csv
    cat new.csv | metarnn predict model.npz -
    """,
    own={"--proba": dict(action="store_true", help="add the probability of each class")},
)
def predict(options: argparse.Namespace) -> None:
    """Predict with a saved model.

    The data are of the kind that the model was trained on; they need no target: columns
    that the model does not read are left out, and so is the one that --target names. "-" reads
    from standard input. Beside each prediction is the id of its series, the name of its file, the
    value of a column of ids, or the row. A text that begins like a formula (= + - @) gets a ' in
    front, so that no spreadsheet runs it; metarnn reads it without.
    """
    import pandas as pd

    from metarnn import load_model
    from metarnn.datasets.csv_tables import csv_text

    from .data import read

    if options.output is not None:
        check_file(options.output, options.force)
    model = load_model(options.model)
    if options.proba and not hasattr(model, "classes_"):
        raise ValueError("--proba is for classes, but this model predicts numbers.")
    if options.threads is not None:
        model.set_params(n_threads=options.threads)
    data = read(options, model=model, predicted=True)
    predictions = model.predict(data.X, lengths=data.lengths)
    table = pd.DataFrame(predictions, columns=["prediction"] if predictions.ndim == 1 else None)
    if options.proba:
        probabilities = model.predict_proba(data.X, lengths=data.lengths)
        for name, column in zip(model.classes_, probabilities.T, strict=True):
            table[f"p({name})"] = column.round(6)
    table.insert(0, data.id_name, list(data.ids), allow_duplicates=True)
    if options.json and options.output is None:
        print_json(table.to_dict("records"))
    elif options.json:
        text = table.to_json(orient="records", indent=2, double_precision=15)
        write_whole(options.output, text)
    elif options.output is None:
        sys.stdout.write(csv_text(table))
    else:
        write_whole(options.output, csv_text(table))
    if options.output is not None:
        value = {"n_predictions": len(table), "file": options.output}
        show(options, value, f"{len(table)} predictions are in {options.output}")
