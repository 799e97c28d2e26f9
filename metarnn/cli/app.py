"""The command line: ``metarnn fit``, ``predict``, ``evaluate``, ``compare``, ``study``, ..."""

import argparse
import ast
import inspect
import os
import sys
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metarnn.version import __version__

from .model_commands import add_model_commands
from .options import add_network_options, network_settings
from .study import add_study_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status, 2 for a mistake in the arguments."""
    parser = _parser()
    options = parser.parse_args(arguments)
    warnings.showwarning = _say_warning
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("metarnn: interrupted, nothing was written", file=sys.stderr)
        return 130
    except Exception as error:
        if options.debug:
            raise
        print(f"metarnn: {' '.join(str(error).split()) or repr(error)}", file=sys.stderr)
        if not isinstance(error, ValueError | TypeError | OSError | ImportError):
            print("metarnn: not a mistake of yours; --debug shows where", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="metarnn",
        description="Train recurrent networks by gradient or by population, and compare.",
    )
    parser.add_argument("--version", action="version", version=f"metarnn {__version__}")
    parser.set_defaults(debug=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_model_commands(commands)

    compare = commands.add_parser(
        "compare",
        help="train one network by several optimizers under one budget",
        description="Train one network by several optimizers on the same data, seeds and "
        "budget; print a table; write results.csv, convergence.png and weights.npz.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = compare.add_argument
    add(
        "dataset",
        help="a data set of 'metarnn list', a path (.csv, .ts, .parquet, folder) or openml:NAME",
    )
    add(
        "--optimizers",
        nargs="+",
        metavar="NAME",
        help="names of 'metarnn list', with settings if you like: cuckoo:n_nests=50,variant=paper",
    )
    add("--budget", type=float, default=10_000, metavar="PASSES", help="passes of each run")
    add("--seeds", type=int, default=5, metavar="N", help="paired seeds, 0 to N-1")
    add(
        "--loss",
        default="cross_entropy",
        metavar="NAME",
        help="a loss of 'metarnn list', or a scorer",
    )
    add("--alpha", type=float, default=0.0, metavar="A", help="L2 penalty")
    add("--target", type=float, metavar="LOSS", help="loss to which passes are counted")
    add("--gradient-passes", type=float, default=3.0, metavar="P", help="price of a gradient")
    add("--test-fraction", type=float, default=0.3, metavar="F", help="share held out")
    add("--timesteps", type=int, metavar="T", help="steps into which a row is cut")
    add("--label", metavar="COLUMN", help="label column of a table: name or number from 0")
    add(
        "--data",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="options of a generated data set: n_bits=5",
    )
    add("--jobs", type=int, default=1, metavar="N", help="runs at a time")
    add("--threads", type=int, default=1, metavar="N", help="threads of a run")
    add("--output", type=Path, metavar="FOLDER", help="where to write; default comparison-DATASET")
    add("--debug", action="store_true", help="show where an error came from")
    add_network_options(compare, hidden=8)
    compare.set_defaults(run=_compare)

    describe = commands.add_parser(
        "describe",
        help="say what a network consists of and what it costs",
        description="Print the weights of a network, the arithmetic of a forward pass and the "
        "memory of a thread. Nothing is trained.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = describe.add_argument
    add("--inputs", type=int, default=1, metavar="I", help="inputs at each step; different tokens")
    add("--classes", type=int, default=2, metavar="K", help="classes")
    add("--steps", type=int, default=100, metavar="T", help="steps of a sequence")
    add(
        "--image",
        type=int,
        nargs=2,
        metavar=("ROWS", "COLUMNS"),
        help="size of the images of a grid",
    )
    add("--answers", type=int, default=10, metavar="U", help="answers of a decoder")
    add("--sequences", type=int, default=32, metavar="B", help="sequences")
    add("--debug", action="store_true", help="show where an error came from")
    add_network_options(describe, hidden=16)
    describe.set_defaults(run=_describe)

    study = commands.add_parser(
        "study",
        help="train on several data sets, stored run by run, and report",
        description="A study is described in study.toml: data sets, networks, optimizers and "
        "seeds. Every finished run is stored at once; one that was stopped goes on.",
    )
    add_study_commands(study)

    listing = commands.add_parser("list", help="say what can be named")
    listing.set_defaults(run=_list)
    return parser


def _compare(options: argparse.Namespace) -> int:
    from metarnn.study.comparison import DEFAULT_OPTIMIZERS, compare

    dataset = _dataset(options)
    # Looked at before the first run: nobody wants to hear of it after the last.
    folder = _output_folder(options.output, dataset.name)
    comparison = compare(
        dataset,
        _optimizers(options.optimizers or DEFAULT_OPTIMIZERS),
        budget=options.budget,
        seeds=options.seeds,
        loss=options.loss,
        alpha=options.alpha,
        target=options.target,
        gradient_passes=options.gradient_passes,
        test_fraction=options.test_fraction,
        timesteps=options.timesteps,
        n_jobs=options.jobs,
        n_threads=options.threads,
        progress=True,
        **network_settings(options),
    )
    print(dataset.describe())
    print()
    print(comparison.table())
    print()
    print(f"results.csv, convergence.png and weights.npz are in {comparison.save(folder)}")
    return 130 if comparison.interrupted else 0


def _describe(options: argparse.Namespace) -> int:
    from metarnn.networks.costs import costs
    from metarnn.networks.network import Network

    network = Network.build(options.inputs, options.classes, **network_settings(options))
    if (options.image is None) == (network.input_kind == "images"):
        raise ValueError("--image and --grid go together: a grid reads images of some size.")
    rows, columns = options.image or (options.steps, 0)
    if options.image and min(rows, columns) < 1:
        raise ValueError(f"--image must be rows and columns, got {rows} and {columns}.")
    table = costs(
        network,
        rows * (columns or 1),
        n_answers=options.answers,
        n_columns=columns,
        n_sequences=options.sequences,
    ).table()
    words = str(network)
    print(textwrap.fill(words[0].upper() + words[1:], 80))
    print()
    print(table)
    return 0


def _dataset(options: argparse.Namespace) -> Any:
    from metarnn.datasets import DATASETS, load, load_path

    name = options.dataset
    if name not in DATASETS and (":" in name or Path(name).suffix or Path(name).exists()):
        if options.data:
            raise ValueError("--data is for generated data sets, not for a file.")
        return load_path(name, label=options.label)
    if options.label is not None:
        raise ValueError(f"--label is for files; {name} has its labels.")
    return load(name, **_settings(options.data))


def _output_folder(given: Path | None, name: str) -> Path:
    """Return a folder that can be written to and holds no earlier results."""
    folder = given or Path(f"comparison-{name}")
    n = 1
    while given is None and folder.exists():
        n += 1
        folder = Path(f"comparison-{name}-{n}")
    if (folder / "results.csv").exists():
        raise ValueError(f"{folder} already holds results; name another folder with --output.")
    above = folder
    while not above.exists():
        above = above.absolute().parent
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise ValueError(f"{folder} cannot be written: {above} is no folder that may be changed.")
    return folder


def _optimizers(words: Sequence[str]) -> dict[str, Any]:
    """Turn words such as ``cuckoo:n_nests=50,variant=paper`` into optimizers."""
    from metarnn.optimizers import optimizer_named

    chosen = {}
    for word in words:
        name, _, settings = word.partition(":")
        chosen[word] = optimizer_named(name).set_params(**_settings(settings.split(",")))
    return chosen


def _settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Turn ``["n_bits=5"]`` into ``{"n_bits": 5}``."""
    settings = {}
    for pair in filter(None, pairs):
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise ValueError(f"Expected NAME=VALUE, got {pair!r}.")
        try:
            settings[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            settings[name] = value
    return settings


def _list(_: argparse.Namespace) -> int:
    from metarnn import layers
    from metarnn.cells import ACTIVATIONS, CELLS
    from metarnn.criteria import CRITERIA
    from metarnn.datasets import DATASETS
    from metarnn.layers.decoder import DECODERS
    from metarnn.optimizers import OPTIMIZERS, Optimizer

    def first_line(thing: Any) -> str:
        return (inspect.getdoc(thing) or "").partition("\n")[0].rstrip(".")

    def what_it_is(kind: type[Optimizer]) -> str:
        lack = kind.missing_dependency()
        return first_line(kind) + (f" ({lack})" if lack else "")

    kinds = [getattr(layers, name) for name in layers.__all__]
    kinds = [kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, layers.Layer)]
    for title, names in (
        ("data sets", {name: first_line(make) for name, make in DATASETS.items()}),
        ("optimizers", {name: what_it_is(kind) for name, kind in OPTIMIZERS.items()}),
        ("cells", {name: first_line(type(make(1, 1, "tanh", 1))) for name, make in CELLS.items()}),
        ("layers", {k.__name__: first_line(k) for k in kinds if k is not layers.Layer}),
        ("readouts", {name: readout.description for name, readout in layers.READOUTS.items()}),
        ("losses", {name: loss.description for name, loss in CRITERIA.items()}),
    ):
        print(title)
        for name, text in names.items():
            print(textwrap.fill(f"  {name:20} {text}", 80, subsequent_indent=" " * 23))
    print("  and scikit-learn's scorers of classes, such as roc_auc_ovr and neg_log_loss")
    print(f"decoders\n  {', '.join(DECODERS)}")
    print(f"activations\n  {', '.join(ACTIVATIONS)}")
    return 0


def _say_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"metarnn: {message}", file=sys.stderr)
