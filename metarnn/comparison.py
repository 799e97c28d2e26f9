"""Train one network by several optimizers on the same data, seeds and budget."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metarnn.datasets import Dataset, load
from metarnn.engine import LOSSES
from metarnn.fitness import Fitness
from metarnn.network import Network
from metarnn.optimizers import (
    OPTIMIZERS,
    History,
    Optimizer,
    ProgressBar,
    check_problem,
    minimize,
)
from metarnn.passes import warm_up
from metarnn.sequences import as_sequences

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_OPTIMIZERS = ("adam", "rprop", "cuckoo", "ga", "hybrid_ga", "random_search")


@dataclass(frozen=True)
class Protocol:
    """What all the runs of a comparison share.

    Attributes
    ----------
    dataset : Dataset
        Data. Rows are standardised column by column, sequences input by input, with the
        means and deviations of the training part.
    network : Network
        What is trained.
    budget : float
        Passes of each run.
    target : float
        The training loss to which passes and seconds are counted.
    loss, alpha, gradient_passes
        See :class:`metarnn.Fitness`.
    test_fraction : float
        Share held out, drawn anew for each seed, the same for all optimizers; 0 where the
        data are all the patterns there are.
    timesteps : int or None
        Steps into which rows are cut.
    n_threads : int or None
        Threads of a run.
    """

    dataset: Dataset
    network: Network
    budget: float
    target: float
    loss: str
    alpha: float
    gradient_passes: float
    test_fraction: float
    timesteps: int | None
    n_threads: int | None


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes
    ----------
    record : dict
        A row of the result table.
    history : History
        Passes, seconds and losses by iteration.
    weights : (D,) array
        Best weights.
    """

    record: dict[str, Any]
    history: History
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Results of :func:`compare`.

    Attributes
    ----------
    protocol : Protocol
        What the runs shared.
    runs : list of Run
        The finished runs.
    """

    protocol: Protocol
    runs: list[Run]

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
        import pandas as pd

        frame = self.to_frame()
        rows = {}
        for name in self.optimizers:
            runs = frame[frame["optimizer"] == name]
            reached = int(runs["reached"].sum())
            rows[name] = {
                "loss_median": runs["train_loss"].median(),
                "loss_q25": runs["train_loss"].quantile(0.25),
                "loss_q75": runs["train_loss"].quantile(0.75),
                "accuracy_mean": runs["test_accuracy"].mean(),
                "accuracy_sd": runs["test_accuracy"].std(ddof=1) if len(runs) > 1 else 0.0,
                "train_accuracy_mean": runs["train_accuracy"].mean(),
                "passes_to_target": _expected(runs["passes_to_target"], runs["passes"], reached),
                "seconds_to_target": _expected(runs["seconds_to_target"], runs["seconds"], reached),
                "reached": reached,
                "runs": len(runs),
            }
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index.name = "optimizer"
        return table.sort_values(["passes_to_target", "loss_median"], kind="stable")

    def table(self) -> str:
        """Return the summary as text of at most 80 columns, with what the columns mean."""
        exhaustive = self.protocol.test_fraction == 0
        width = 13
        accuracy = "training" if exhaustive else "held-out"
        lines = [
            f"{'':{width}}  {'training loss':^22} {accuracy:>13}  {'to the target loss':>26}",
            f"{'optimizer':{width}}  {'median':>6} {'(quartiles)':>15} {'accuracy':>13}  "
            f"{'passes':>9} {'seconds':>8} {'reached':>7}",
        ]
        for name, row in self.summary().iterrows():
            share = (
                f"{row['train_accuracy_mean']:.3f}"
                if exhaustive
                else f"{row['accuracy_mean']:.3f} ±{row['accuracy_sd']:.3f}"
            )
            quartiles = f"({row['loss_q25']:.4f}-{row['loss_q75']:.4f})"
            label = str(name)
            if len(label) > width:  # a label with settings has a line of its own
                lines.append(label)
                label = ""
            lines.append(
                f"{label:{width}}  {row['loss_median']:.4f} {quartiles:>15} {share:>13}  "
                f"{_count(row['passes_to_target']):>9} {_time(row['seconds_to_target']):>8} "
                f"{int(row['reached']):>3}/{int(row['runs']):<3}"
            )
        return "\n".join(line.rstrip() for line in [*lines, "", self.caption()])

    def caption(self) -> str:
        """Say in a few lines what was compared and what the figures are."""
        p = self.protocol
        net = p.network
        part = (
            "accuracy on the data, which are all the patterns there are"
            if p.test_fraction == 0
            else f"accuracy on {p.test_fraction:.0%} held out (mean ± deviation)"
        )
        n_seeds = len({run.record["seed"] for run in self.runs})
        return (
            f"{p.dataset.name}: {net.cell} network, {net.hidden[0]} {net.activation} units, "
            f"{net.n_weights} weights, loss {p.loss}.\n"
            f"{n_seeds} paired seeds, {p.budget:,g} passes a run (a gradient counts as "
            f"{p.gradient_passes:g});\n{part}.\n"
            f"Target loss {p.target:.4g}; passes and seconds to it: those of all runs, the "
            "failed\nones in full, divided by the number that reached it."
        )

    def save(self, folder: str | Path) -> Path:
        """Write results.csv, convergence.png and weights.npz into a folder, made if need be.

        In weights.npz the arrays are called ``optimizer/seed``; ``Network.unpack`` names
        their parts.
        """
        from metarnn.plots import new_figure, plot_convergence

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.to_frame().to_csv(folder / "results.csv", index=False)
        names = [f"{run.record['optimizer']}/{run.record['seed']}" for run in self.runs]
        np.savez(
            folder / "weights.npz",
            **dict(zip(names, (run.weights for run in self.runs), strict=True)),  # type: ignore[arg-type]
        )
        figure = new_figure()
        plot_convergence(self, figure.subplots())
        figure.savefig(folder / "convergence.png", dpi=150)
        return folder


def compare(
    dataset: str | Dataset,
    optimizers: Iterable[str] | Mapping[str, Optimizer] = DEFAULT_OPTIMIZERS,
    *,
    budget: float = 10_000,
    seeds: int | Sequence[int] = 5,
    cell: str = "elman",
    hidden: int | tuple[int, ...] = 8,
    activation: str = "tanh",
    init_scale: float = 1.0,
    dtype: str = "float32",
    loss: str = "cross_entropy",
    alpha: float = 0.0,
    target: float | None = None,
    gradient_passes: float = 3.0,
    test_fraction: float = 0.3,
    timesteps: int | None = None,
    n_jobs: int = 1,
    n_threads: int | None = None,
    progress: bool = False,
) -> Comparison:
    """Train the same network by several optimizers and see who gets how far, and how fast.

    Every optimizer gets the same data, the same split, the same first points and the same
    budget; what differs is what it does with them.

    Parameters
    ----------
    dataset : str or Dataset
        A name in ``metarnn.datasets.DATASETS`` or data of your own.
    optimizers : iterable of str, or dict of str to Optimizer
        Names in ``metarnn.optimizers.OPTIMIZERS``, or labels with settings of your own.
    budget : float
        Passes of each run.
    seeds : int or sequence of int
        How many paired seeds, or which.
    cell, hidden, activation, init_scale, dtype
        The network; see :class:`metarnn.Network`.
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
    n_threads : int, optional
        Threads of a run.
    progress : bool
        Show a progress bar with the loss on standard error.

    Returns
    -------
    Comparison

    Raises
    ------
    TypeError, ValueError
        Unknown names, or arguments out of range; before the first run.

    Warns
    -----
    UserWarning
        At Ctrl-C: the runs that had finished are returned.
    """
    data = load(dataset) if isinstance(dataset, str) else dataset
    if not isinstance(data, Dataset):
        raise TypeError(f"dataset must be a name or a Dataset, got {dataset!r}.")
    chosen = _chosen(optimizers)
    if not isinstance(n_jobs, int) or n_jobs == 0:
        raise ValueError(f"n_jobs must be how many runs at a time, -1 for all, got {n_jobs!r}.")
    seed_list = _seed_list(seeds)
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction must be between 0 and 1, got {test_fraction!r}.")
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(LOSSES)}, got {loss!r}.")
    sequences = as_sequences(data.X, timesteps)
    network = Network.build(
        sequences.shape[2],
        data.n_classes,
        cell=cell,
        hidden=hidden,
        activation=activation,
        dtype=dtype,
        init_scale=init_scale,
    )
    if target is None:
        target = 0.1 * LOSSES[loss].of_shares(np.bincount(data.y) / len(data.y))
    protocol = Protocol(
        dataset=data,
        network=network,
        budget=budget,
        target=float(target),
        loss=loss,
        alpha=alpha,
        gradient_passes=gradient_passes,
        test_fraction=0.0 if data.exhaustive else float(test_fraction),
        timesteps=timesteps,
        n_threads=n_threads,
    )
    X, y, _, _ = _split(protocol, seed_list[0])
    for optimizer in chosen.values():
        check_problem(_fitness(protocol, X, y), optimizer, budget)
    jobs = [(name, optimizer, seed) for seed in seed_list for name, optimizer in chosen.items()]
    runs = []
    try:
        for run in _runs(protocol, jobs, n_jobs, progress):
            if run.record["stop"] == "interrupt":
                raise KeyboardInterrupt
            runs.append(run)
    except KeyboardInterrupt:
        if not runs:
            raise
        warnings.warn(
            f"Interrupted: {len(runs)} of {len(jobs)} runs had finished and are kept.",
            stacklevel=2,
        )
    return Comparison(
        protocol, sorted(runs, key=lambda run: list(chosen).index(run.record["optimizer"]))
    )


def _chosen(optimizers: Iterable[str] | Mapping[str, Optimizer]) -> dict[str, Optimizer]:
    if isinstance(optimizers, str):
        optimizers = [optimizers]
    if not isinstance(optimizers, Mapping):
        unknown = [name for name in optimizers if name not in OPTIMIZERS]
        if unknown:
            raise ValueError(
                f"Unknown optimizer {unknown[0]!r}; there are {', '.join(OPTIMIZERS)}."
            )
        optimizers = {name: OPTIMIZERS[name]() for name in optimizers}
    if not optimizers:
        raise ValueError("Name at least one optimizer to compare.")
    return dict(optimizers)


def _seed_list(seeds: int | Sequence[int]) -> list[int]:
    chosen = list(range(seeds)) if isinstance(seeds, int) else [int(seed) for seed in seeds]
    if not chosen or min(chosen) < 0 or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"seeds must be how many, at least 1, or a list of different ones, got {seeds!r}."
        )
    return chosen


def _runs(
    protocol: Protocol, jobs: list[tuple[str, Optimizer, int]], n_jobs: int, progress: bool
) -> Iterator[Run]:
    """Yield the runs as they finish."""
    total = protocol.budget * len(jobs)
    bar = ProgressBar(total, "compiling") if progress else None
    with bar or nullcontext():
        if n_jobs == 1:
            warm_up(protocol.network.dtype)
            for name, optimizer, seed in jobs:
                if bar is not None:
                    bar.begin(f"{name} seed {seed}")
                yield _run(protocol, name, optimizer, seed, bar)
                if bar is not None:
                    bar.end(protocol.budget)
        else:
            from joblib import Parallel, delayed

            if bar is not None:
                bar.begin(f"{protocol.dataset.name}, {len(jobs)} runs")
            finished = Parallel(n_jobs=n_jobs, return_as="generator")(
                delayed(_run)(replace(protocol, n_threads=protocol.n_threads or 1), *job)
                for job in jobs
            )
            for run in finished:
                if bar is not None:
                    bar.end(protocol.budget)
                yield run


def _split(
    protocol: Protocol, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return training and test part, scaled; the test part is empty for exhaustive data."""
    from sklearn.model_selection import train_test_split

    data = protocol.dataset
    everything = np.arange(len(data.y))
    train, test = everything, everything[:0]
    if protocol.test_fraction:
        try:
            train, test = train_test_split(
                everything,
                test_size=protocol.test_fraction,
                stratify=data.y,
                random_state=seed,
            )
        except ValueError as error:
            raise ValueError(
                f"{data.name} cannot be split into parts with all the classes, "
                f"{protocol.test_fraction:.0%} held out: {error}"
            ) from None
    axes = 0 if data.X.ndim == 2 else (0, 1)
    mean, deviation = data.X[train].mean(axes), data.X[train].std(axes)
    X = (data.X - mean) / np.where(deviation > 0, deviation, 1.0)
    X = as_sequences(X, protocol.timesteps)
    return X[train], data.y[train], X[test], data.y[test]


def _fitness(protocol: Protocol, X: NDArray[np.float64], y: NDArray[np.int64]) -> Fitness:
    return Fitness(
        protocol.network,
        X,
        y,
        loss=protocol.loss,
        alpha=protocol.alpha,
        gradient_passes=protocol.gradient_passes,
        n_threads=protocol.n_threads,
    )


def _run(
    protocol: Protocol,
    name: str,
    optimizer: Optimizer,
    seed: int,
    callback: ProgressBar | None = None,
) -> Run:
    warm_up(protocol.network.dtype)
    X, y, X_test, y_test = _split(protocol, seed)
    result = minimize(
        _fitness(protocol, X, y), optimizer, budget=protocol.budget, seed=seed, callback=callback
    )
    best = result.history.best
    hits = np.flatnonzero(best <= protocol.target)
    reached = len(hits) > 0
    record = {
        "dataset": protocol.dataset.name,
        "optimizer": name,
        "seed": seed,
        "train_loss": result.fun,
        "train_accuracy": _accuracy(protocol, result.x, X, y),
        "test_accuracy": _accuracy(protocol, result.x, X_test, y_test) if len(y_test) else np.nan,
        "passes": result.passes,
        "seconds": result.seconds,
        "target": protocol.target,
        "reached": reached,
        "passes_to_target": result.history.passes[hits[0]] if reached else np.nan,
        "seconds_to_target": result.history.seconds[hits[0]] if reached else np.nan,
        "losses_computed": result.nfev,
        "gradients_computed": result.njev,
        "nonfinite": result.n_nonfinite,
        "stop": result.stop,
    }
    return Run(record, result.history, result.x)


def _accuracy(
    protocol: Protocol,
    weights: NDArray[np.float64],
    X: NDArray[np.float64],
    y: NDArray[np.int64],
) -> float:
    scores = protocol.network.scores(weights, X, n_threads=protocol.n_threads)
    return float((scores.argmax(axis=1) == y).mean())


def _expected(to_target: Any, whole: Any, reached: int) -> float:
    """Return the expected running time: all that was spent, for each success."""
    return float(to_target.fillna(whole).sum() / reached) if reached else np.inf


def _count(number: float) -> str:
    return f"{number:,.0f}" if np.isfinite(number) else "never"


def _time(seconds: float) -> str:
    return f"{seconds:.3g}" if np.isfinite(seconds) else "-"
