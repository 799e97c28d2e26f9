"""Options of the command line that say what a network is: those of ``Network.build``."""

import argparse
from typing import Any


def add_network_options(parser: argparse.ArgumentParser, *, hidden: int) -> None:
    """Add the options to a parser.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of a command.
    hidden : int
        Hidden units, if nothing is said.
    """
    add = parser.add_argument_group("the network").add_argument
    add("--cell", default="elman", help="a cell of 'metarnn list'")
    add(
        "--hidden",
        type=int,
        nargs="+",
        default=[hidden],
        metavar="H",
        help="hidden units of each layer, from the data up",
    )
    add("--activation", default="tanh", help="of cells that leave a choice: tanh, relu or sigmoid")
    add("--bidirectional", action="store_true", help="run each layer in both directions")
    add("--residual", action="store_true", help="add to each layer's output what it reads")
    add(
        "--windows",
        type=int,
        nargs="+",
        metavar="W",
        help="steps of a layer that make one of the next, between each two or the same for all",
    )
    add("--grid", type=int, metavar="N", help="scan images from so many corners: 1, 2 or 4")
    add("--readout", default="last", help="a readout of 'metarnn list'")
    add("--embedding", type=int, metavar="E", help="numbers for a token; the inputs are tokens")
    add("--decoder", help="of answers that are sequences: plain, dot or additive")
    add("--dtype", default="float32", help="float32 or float64")
    add("--init-scale", type=float, default=1.0, metavar="S", help="factor of the first weights")


def network_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return keyword arguments of ``Network.build``, from parsed options."""
    names = "cell", "activation", "bidirectional", "residual", "readout", "dtype", "init_scale"
    settings = {name: getattr(options, name) for name in names}
    settings["hidden"] = tuple(options.hidden)
    windows = options.windows
    if windows is not None:
        settings["windows"] = windows[0] if len(windows) == 1 else tuple(windows)
    for name in ("grid", "embedding", "decoder"):
        if getattr(options, name, None) is not None:
            settings[name] = getattr(options, name)
    return settings
