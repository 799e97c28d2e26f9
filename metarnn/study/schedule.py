"""The runs of a study as jobs, in their order, and the folder in which workers find the data."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from metarnn.optimizers import Optimizer

from .problems import Problem
from .protocol import Protocol
from .record import RunKey
from .worker import Job, write_protocol


def jobs_of(
    keys: Sequence[RunKey],
    problems: Sequence[Problem],
    optimizers: Mapping[str, Optimizer],
    seeds: Sequence[int],
    folder: Path,
    *,
    to_files: bool,
) -> list[Job]:
    """Return runs as jobs, seed by seed, so that a study that is stopped has complete seeds.

    Parameters
    ----------
    keys : sequence of RunKey
        The runs, in the order of the plan.
    problems, optimizers, seeds
        Those of the study.
    folder : Path
        For the files of the jobs.
    to_files : bool
        Write the data to files, for workers in other processes.
    """
    protocols: dict[tuple[str, str], str | Protocol] = {}
    wanted = {(key.dataset, key.network) for key in keys}
    for problem in problems:
        pair, protocol = (problem.dataset, problem.network), problem.protocol
        if pair in wanted:
            protocols[pair] = write_protocol(protocol, folder) if to_files else protocol
    return [
        Job(
            key,
            protocols[key.dataset, key.network],
            optimizers[key.optimizer],
            str(folder / f"begun-{number}"),
        )
        for number, key in enumerate(sorted(keys, key=lambda k: (seeds.index(k.seed), k.fold)))
    ]


@contextmanager
def working_folder(store: Path | None) -> Iterator[Path]:
    """Make a folder beside the store, or a temporary one; it ends with the context."""
    if store is None:
        with tempfile.TemporaryDirectory(prefix="metarnn-") as name:
            yield Path(name)
        return
    folder = store.absolute().with_name(f"{store.name}-work")
    shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
