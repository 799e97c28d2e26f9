"""Train one network by several optimizers on the same data, seeds and budget."""

import textwrap
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.criteria import class_criterion_of, criterion_of
from metarnn.datasets import Dataset, load
from metarnn.optimizers import Optimizer, ProgressBar, check_problem, optimizer_named

from .problem import constant_loss, network_for
from .runs import Protocol, Run, fitness_of, seeds_of, split, train
from .summary import summarize, table_lines

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_OPTIMIZERS = ("adam", "rprop", "cuckoo", "ga", "hybrid_ga", "random_search")


@dataclass(frozen=True)
class Comparison:
    """Results of :func:`compare`.

    Attributes
    ----------
    protocol : Protocol
        What the runs shared.
    runs : list of Run
        The finished runs.
    interrupted : bool
        Whether Ctrl-C ended it before all runs had finished.
    """

    protocol: Protocol
    runs: list[Run]
    interrupted: bool = False

    @property
    def optimizers(self) -> list[str]:
        """The optimizers' labels, in the order given."""
        return list(dict.fromkeys(run.record["optimizer"] for run in self.runs))

    def to_frame(self) -> "pd.DataFrame":
        """Return a tidy table, one row a run."""
        import pandas as pd

        return pd.DataFrame([run.record for run in self.runs])

    def summary(self) -> "pd.DataFrame":
        """Return one row an optimizer, those first that reach the target in fewest passes.

        Passes and seconds to the target are expected running times: what all runs spent
        until they reached it, the whole run where they did not, divided by the number of
        runs that did.
        """
        return summarize(self.to_frame())

    def table(self) -> str:
        """Return the summary as text of at most 80 columns, with what the columns mean."""
        lines = table_lines(self.summary(), exhaustive=self.protocol.dataset.exhaustive)
        return "\n".join([*lines, "", self.caption()])

    def caption(self) -> str:
        """Say in a few lines what was compared and what the figures are."""
        p = self.protocol
        net = p.network
        part = (
            "accuracy on the data, which are all the patterns there are"
            if p.dataset.exhaustive
            else f"accuracy on {p.test_fraction:.0%} held out (mean ± deviation)"
        )
        n_seeds = len({run.record["seed"] for run in self.runs})
        seeds = "1 seed" if n_seeds == 1 else f"{n_seeds} paired seeds"
        loss = criterion_of(p.loss).title
        penalty = f" with penalty, alpha {p.alpha:g}" if p.alpha else ""
        threads = {None: "all threads", 1: "1 thread"}.get(p.n_threads, f"{p.n_threads} threads")
        sentences = (
            f"{p.dataset.name}: {net}, {net.n_weights} weights, loss {loss}{penalty}.",
            f"{seeds}, {p.budget:,g} passes a run (a gradient counts as {p.gradient_passes:g}); "
            f"{part}.",
            f"Target loss {p.target:.4g}; passes and seconds to it: those of all runs, the "
            f"failed ones in full, divided by the number that reached it. {threads} a run"
            + (f", {p.n_jobs} runs at a time." if p.n_jobs != 1 else "."),
        )
        return "\n".join(textwrap.fill(sentence, 80) for sentence in sentences)

    def save(self, folder: str | Path) -> Path:
        """Write results.csv, convergence.png and weights.npz into a folder, made if need be.

        In weights.npz the arrays are called ``optimizer/seed``, and ``Network.unpack`` names
        their parts; ``mean/seed`` and ``deviation/seed`` are what the inputs were scaled with.
        """
        from metarnn.plots import new_figure, plot_convergence

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.to_frame().to_csv(folder / "results.csv", index=False)
        arrays: dict[str, Any] = {}
        for run in self.runs:
            seed = run.record["seed"]
            arrays[f"{run.record['optimizer']}/{seed}"] = run.weights
            if run.scaler is not None:
                arrays[f"mean/{seed}"] = run.scaler.mean_
                arrays[f"deviation/{seed}"] = run.scaler.scale_
        np.savez(folder / "weights.npz", **arrays)
        figure = new_figure()
        plot_convergence(self, figure.subplots())
        figure.savefig(folder / "convergence.png", dpi=150)
        return folder


def compare(
    dataset: str | Dataset,
    optimizers: Iterable[str | Optimizer] | Mapping[str, Optimizer] = DEFAULT_OPTIMIZERS,
    *,
    budget: float = 10_000,
    seeds: int | Sequence[int] = 5,
    hidden: int | tuple[int, ...] = 8,
    loss: str | Callable[..., Any] = "cross_entropy",
    alpha: float = 0.0,
    target: float | None = None,
    gradient_passes: float = 3.0,
    test_fraction: float = 0.3,
    timesteps: int | None = None,
    n_jobs: int = 1,
    n_threads: int | None = 1,
    progress: bool = False,
    **network_settings: Any,
) -> Comparison:
    """Train the same network by several optimizers and see who gets how far, and how fast.

    Every optimizer gets the same data, the same split, the same first points and the same
    budget; what differs is what it does with them.

    Parameters
    ----------
    dataset : str or Dataset
        A name in ``metarnn.datasets.DATASETS`` or data of your own: rows or sequences of one
        length, with one class each.
    optimizers : iterable of str or Optimizer, or dict of str to Optimizer
        Names in ``metarnn.optimizers.OPTIMIZERS`` and optimizers with settings of your own;
        in a dict, with labels of your own.
    budget : float
        Passes of each run.
    seeds : int or sequence of int
        How many paired seeds, or which.
    hidden : int or tuple of int
        H, hidden units of each layer.
    loss, alpha, gradient_passes
        The fitness; see :class:`metarnn.Fitness`.
    target : float, optional
        Training loss to which passes are counted. By default a tenth of the loss of
        answering every sequence with the class frequencies; in any case it is fixed before
        the first run.
    test_fraction : float
        Share held out. Data that are all the patterns there are (parity) are trained on
        whole.
    timesteps : int, optional
        Steps into which rows of features are cut; by default each feature is one.
    n_jobs : int
        Runs at a time, each in a process of its own, through joblib; seconds are then
        less to be trusted.
    n_threads : int or None
        Threads of a run; None for all. One by default, because with more the seconds of
        methods that ask for few points at a time would not compare with the others'.
    progress : bool
        Show a progress bar with the loss on standard error.
    **network_settings
        Of the network, such as ``cell`` and ``readout``; see :meth:`metarnn.Network.build`.

    Returns
    -------
    Comparison

    Raises
    ------
    TypeError, ValueError
        Unknown names, data of another form, or arguments out of range; before the first run.

    Warns
    -----
    UserWarning
        At Ctrl-C: the runs of the seeds that all optimizers had finished are returned.
    """
    if isinstance(dataset, str) and dataset.endswith(".csv"):
        raise ValueError(f"For a file, write compare(load_csv({dataset!r}), ...).")
    data = load(dataset) if isinstance(dataset, str) else dataset
    if not isinstance(data, Dataset):
        raise TypeError(
            "dataset must be the name of a data set or a Dataset, such as Dataset.of(X, y) or "
            f"load_csv(path) of metarnn.datasets, got {type(dataset).__name__}."
        )
    chosen = _chosen(optimizers)
    if not isinstance(n_jobs, int) or n_jobs == 0:
        raise ValueError(f"n_jobs must be how many runs at a time, -1 for all, got {n_jobs!r}.")
    seed_list = seeds_of(seeds)
    if not (isinstance(test_fraction, Real) and 0 < test_fraction < 1):
        raise ValueError(f"test_fraction must be between 0 and 1, got {test_fraction!r}.")
    class_criterion_of(loss)
    network = network_for(data, timesteps=timesteps, hidden=hidden, **network_settings)
    if target is not None and not (isinstance(target, Real) and np.isfinite(target)):
        raise ValueError(f"target must be a loss, got {target!r}.")
    if target is None:
        target = 0.1 * constant_loss(data, network, loss, timesteps)
    protocol = Protocol(
        dataset=data,
        network=network,
        budget=budget,
        target=float(target),
        loss=loss,
        alpha=alpha,
        gradient_passes=gradient_passes,
        test_fraction=float(test_fraction),
        timesteps=timesteps,
        n_threads=n_threads,
        n_jobs=n_jobs,
    )
    fitness = fitness_of(protocol, split(protocol, seed_list[0]))
    for optimizer in chosen.values():
        check_problem(fitness, optimizer, budget)
    jobs = [(name, optimizer, seed) for seed in seed_list for name, optimizer in chosen.items()]
    runs: list[Run] = []
    interrupted = False
    try:
        for run in _runs(protocol, jobs, progress):
            runs.append(run)  # one by one: those before an interrupt are kept
    except KeyboardInterrupt:
        interrupted = True
        # A table with runs of some optimizers only would compare unlike things.
        finished = Counter(run.record["seed"] for run in runs)
        runs = [run for run in runs if finished[run.record["seed"]] == len(chosen)]
        if not runs:
            raise
        warnings.warn(
            f"Interrupted: {len(runs)} of {len(jobs)} runs are kept, those of the seeds that all "
            "optimizers had finished.",
            stacklevel=2,
        )
    order = list(chosen)
    runs.sort(key=lambda run: order.index(run.record["optimizer"]))
    return Comparison(protocol, runs, interrupted)


def _chosen(
    optimizers: str | Optimizer | Iterable[str | Optimizer] | Mapping[str, Optimizer],
) -> dict[str, Optimizer]:
    """Return optimizers by label."""
    if isinstance(optimizers, Mapping):
        chosen = dict(optimizers)
    else:
        if isinstance(optimizers, str | Optimizer):
            optimizers = [optimizers]
        chosen = {}
        for item in optimizers:
            if isinstance(item, Optimizer):
                label, optimizer = type(item).__name__, item
            else:
                label, optimizer = item, optimizer_named(item)
            if label in chosen:
                raise ValueError(f"Two optimizers are called {label}; give them labels in a dict.")
            chosen[label] = optimizer
    if not chosen:
        raise ValueError("Name at least one optimizer to compare.")
    return chosen


def _runs(
    protocol: Protocol, jobs: list[tuple[str, Optimizer, int]], progress: bool
) -> Iterator[Run]:
    """Yield the runs as they finish."""
    bar = ProgressBar(protocol.budget * len(jobs), "compiling") if progress else None
    with bar or nullcontext():
        if protocol.n_jobs == 1:
            fitness_of(protocol, split(protocol, jobs[0][2])).warm_up()  # while the bar says so
            for name, optimizer, seed in jobs:
                if bar is not None:
                    bar.begin(f"{name} seed {seed}")
                yield train(protocol, name, optimizer, seed, bar)
                if bar is not None:
                    bar.end(protocol.budget)
        else:
            from joblib import Parallel, delayed

            if bar is not None:
                bar.begin(f"{protocol.dataset.name}, {len(jobs)} runs")
            parallel = Parallel(n_jobs=protocol.n_jobs, return_as="generator")
            for finished in parallel(delayed(train)(protocol, *job) for job in jobs):
                if bar is not None:
                    bar.end(protocol.budget)
                yield finished
