"""``metarnn describe``: the weights of a network, and what its passes cost."""

import argparse
import textwrap

from .options import command, network_settings
from .output import show


@command(
    options="--import --json network --decoder",
    own={
        "--inputs": dict(
            type=int,
            default=1,
            metavar="I",
            help="inputs at each step; for an embedding, different tokens",
        ),
        "--outputs": dict(type=int, default=2, metavar="K", help="classes, or numbers to predict"),
        "--steps": dict(type=int, default=100, metavar="T", help="steps of a sequence"),
        "--image": dict(
            type=int,
            nargs=2,
            metavar=("ROWS", "COLUMNS"),
            help="size of the images that a grid scans",
        ),
        "--target-steps": dict(
            type=int, default=10, metavar="U", help="steps of the target sequences of a decoder"
        ),
        "--sequences": dict(type=int, default=32, metavar="B", help="sequences"),
    },
    examples="""
    metarnn describe --inputs 12 --outputs 5 --cell lstm --hidden 32
    metarnn describe --network net.toml --steps 200
    """,
)
def describe(options: argparse.Namespace) -> None:
    """Show what a network consists of and what it costs.

    Prints the weights of a network, the arithmetic of a forward pass and the memory of a thread.
    Nothing is trained.
    """
    from metarnn.networks.costs import costs
    from metarnn.networks.description import resolve_network

    settings = network_settings(options)
    described = settings.get("network", settings)
    network = resolve_network(described, options.inputs, options.outputs)
    if (options.image is None) == (network.input_kind == "images"):
        raise ValueError("--image and --grid go together: a grid scans images of one size.")
    rows, columns = options.image or (options.steps, 0)
    if options.image and min(rows, columns) < 1:
        raise ValueError(f"--image must be rows and columns, got {rows} and {columns}.")
    found = costs(
        network,
        rows * (columns or 1),
        n_targets=options.target_steps,
        n_columns=columns,
        n_sequences=options.sequences,
    )
    words = str(network)
    memory = {"losses": found.losses._asdict(), "gradients": found.gradients._asdict()}
    value = {
        "network": words,
        "n_weights": found.n_weights,
        "weights": found.blocks,
        "nodes": [
            {"name": row.name, "rows": row.n_rows, "steps": row.n_steps} | row.work._asdict()
            for row in found.rows
        ],
        "memory": memory | {"lanes": found.lanes},
    }
    show(options, value, textwrap.fill(words[0].upper() + words[1:], 80), "", found.table())
