"""``metarnn compare``: one network, several optimizers, one budget."""

import argparse

from metarnn.defaults import BUDGET, N_SEEDS, TEST_FRACTION

from .options import command, network_settings
from .output import about_rows, new_folder, show, shows_progress


@command(
    options="data reading --optimizers --budget --loss --alpha --solve --timesteps --test-fraction "
    "--seeds --jobs --threads --import --json --quiet network --decoder",
    output="the folder to write (default: comparison-DATA)",
    own={
        "--target-loss": dict(
            type=float,
            metavar="LOSS",
            help="training loss up to which passes are counted (default: 0.1 of the "
            "loss of the best constant)",
        ),
        "--gradient-passes": dict(
            type=float, default=3.0, metavar="P", help="price of a gradient in passes"
        ),
    },
    examples="""
    metarnn compare iris
    metarnn compare parity:n_bits=5 --optimizers adam cuckoo:n_nests=50 --cell gru
    metarnn compare mine.csv --target label --seeds 10 --jobs 2 --output results
    """,
    budget=BUDGET,
    loss="cross_entropy",
    seeds=N_SEEDS,
    jobs=1,
    threads=1,
    test_fraction=TEST_FRACTION,
)
def compare(options: argparse.Namespace) -> int:
    """Train one network by several optimizers under one budget.

    All optimizers get the same data, seeds and budget. Prints a table; writes results.csv,
    convergence.png and weights.npz into a folder. Of a table, --target
    names the column of the classes.
    """
    from metarnn.comparison import DEFAULT_OPTIMIZERS, FILES, compare

    from .data import dataset_of

    dataset = dataset_of(options)
    # Checked before the first run, not after the last.
    folder = new_folder(options.output, f"comparison-{dataset.name}", FILES, options.force)
    rows = dataset.X.shape[1] if dataset.X.ndim == 2 and dataset.n_tokens is None else 0
    about = [dataset.describe(), *about_rows(rows, options.timesteps), ""]
    progress = shows_progress(options)
    if progress and not options.json:  # whoever waits reads it meanwhile
        print(*about, sep="\n", flush=True)
        about = []
    comparison = compare(
        dataset,
        options.optimizers or DEFAULT_OPTIMIZERS,
        budget=options.budget,
        seeds=options.seeds,
        loss=options.loss,
        alpha=options.alpha,
        solve=options.solve,
        target_loss=options.target_loss,
        gradient_passes=options.gradient_passes,
        test_fraction=options.test_fraction,
        timesteps=options.timesteps,
        n_jobs=options.jobs,
        n_threads=options.threads,
        progress=progress,
        **network_settings(options),
    )
    folder = comparison.save(folder)
    summary = comparison.summary().reset_index().to_dict("records")
    value = {"dataset": dataset.name, "summary": summary, "folder": folder}
    where = f"{', '.join(FILES)} are in {folder}"
    show(options, value, *about, comparison.table(), "", where)
    return 130 if comparison.interrupted else 0
