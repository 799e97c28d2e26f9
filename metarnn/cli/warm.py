"""``metarnn warm``: compile everything ahead."""

import argparse
import logging
import sys

from .options import command
from .output import show, shows_progress


@command(
    options="--json --quiet",
    examples="""
    metarnn warm            # after an installation, or in a container's image
    metarnn warm --jobs 1   # where memory is short: a process takes 0.5 GB
    """,
    own={
        "--jobs": dict(
            type=int, default=-1, metavar="N", help="processes at work; -1 for one on each core"
        )
    },
)
def warm(options: argparse.Namespace) -> int:
    """Compile everything ahead.

    What a training needs is otherwise compiled at the first one, which takes some seconds more,
    and kept for later ones: in the folder of the package or, where that cannot be written, of the
    user, or in NUMBA_CACHE_DIR. Code serves the kind of processor that it was compiled on.
    """
    from metarnn.optimizers.progress import Bar
    from metarnn.warm_up import warmup_everything

    logging.getLogger("metarnn").setLevel(logging.ERROR)  # whoever waits here knows why
    bar: Bar | None = None

    def progress(n_done: int, n_in_all: int) -> None:
        nonlocal bar
        if shows_progress(options):
            bar = Bar(n_in_all, "functions") if bar is None else bar
            bar.move(n_done)

    try:
        warmth = warmup_everything(options.jobs, progress)
    except KeyboardInterrupt:
        print("metarnn: interrupted; what is compiled is kept", file=sys.stderr)
        return 130
    finally:
        if bar is not None:
            bar.close()
    n, seconds, folder = warmth
    done = f"compiled {n} functions" if n else "everything was compiled already"
    show(options, warmth._asdict(), f"{done} ({seconds:.0f} s)", f"kept in {folder}")
    return 0
