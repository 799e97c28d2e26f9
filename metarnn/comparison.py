"""Train one network by several optimizers on the same data, seeds and budget."""

import textwrap
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.criteria import criterion_of
from metarnn.datasets import DATASETS, Dataset, load
from metarnn.datasets.csv_tables import csv_text
from metarnn.defaults import BUDGET, HIDDEN, N_SEEDS, TEST_FRACTION
from metarnn.names import renamed
from metarnn.networks.description import BUILD, Description, joined_description
from metarnn.optimizers import Optimizer
from metarnn.plots import new_figure, plot_convergence, plot_runtimes, plot_success
from metarnn.study.checks import at, check_n_jobs
from metarnn.study.environment import environment
from metarnn.study.models import resolve_contestant
from metarnn.study.problems import network_for
from metarnn.study.results import Results, summarize, table_lines
from metarnn.study.results_card import results_card
from metarnn.study.run import Run
from metarnn.study.settings import StudySettings
from metarnn.study.split import Protocol
from metarnn.study.study import Study
from metarnn.validation import check_bool, check_choice
from metarnn.writing import whole_folder

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

DEFAULT_OPTIMIZERS = ("adam", "rprop", "cuckoo", "ga", "hybrid_ga", "random_search")


#: What :meth:`Comparison.save` writes into a folder.
FILES = "results.csv", "convergence.png", "weights.npz"

#: What :meth:`Comparison.plot` draws.
PLOTS = {"convergence": plot_convergence, "runtimes": plot_runtimes, "success": plot_success}

#: What the table of a comparison leaves out: it is the same in all rows.
CONSTANT = ["network", "fold", "status", "error"]


@dataclass(frozen=True, repr=False)
class Comparison:
    """The runs of :func:`~metarnn.compare` that have ended, a small study that is kept in memory.

    It holds the protocol, which the runs share, the settings of the study, the runs at a time, and
    whether Ctrl-C ended it before all runs had.

    Attributes
    ----------
    protocol : Protocol
        What the runs share.
    runs : list of Run
        Those that ended.
    interrupted : bool
        Whether Ctrl-C ended it before all runs had.
    settings : StudySettings
        Of the study that it is.
    n_jobs : int
        Runs at a time.
    """

    protocol: Protocol
    runs: list[Run]
    interrupted: bool
    settings: StudySettings
    n_jobs: int

    @property
    def optimizers(self) -> list[str]:
        """The optimizers' labels, in the order given."""
        return list(dict.fromkeys(run.record["optimizer"] for run in self.runs))

    @cached_property
    def results(self) -> Results:
        """The results of the study, for plots, statistics and the report.

        The targets of the runtime distribution are 51, evenly spaced on a log scale from ten
        times the target to 0.01 times the target.
        """
        import pandas as pd

        runs = pd.DataFrame([run.record for run in self.runs])
        histories = [run.history for run in self.runs]
        target, problem = self.protocol.target, self.runs[0].key[:2]
        targets = {problem: tuple(np.geomspace(10 * target, target / 100, 51))}
        return Results(runs, histories, self.settings, environment(), targets)

    def __repr__(self) -> str:
        p = self.protocol
        return (
            f"<Comparison: {', '.join(self.optimizers)} on {p.dataset.name}, {len(self.runs)} runs "
            f"of {p.budget:,g} passes>"
        )

    def _repr_html_(self) -> str:
        return results_card("Comparison", self.results.runs, self.summary())

    def plot(
        self, ax: "Axes | None" = None, *, kind: str = "convergence", **settings: Any
    ) -> "Axes":
        """Draw the comparison, and return the axes.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default on a new figure.
        kind : {"convergence", "runtimes", "success"}
            What to draw: the best loss over the passes, the fraction of targets reached over the
            passes, or the fraction of runs that reached the target.
        **settings
            Of :func:`metarnn.plots.plot_convergence`, :func:`~metarnn.plots.plot_runtimes` or
            :func:`~metarnn.plots.plot_success`.

        Raises
        ------
        ValueError
            Another kind.
        """
        check_choice("kind", kind, PLOTS)
        draw: Any = PLOTS[kind]
        return draw(self, ax, **settings)

    def to_frame(self) -> "pd.DataFrame":
        """Return a tidy table, one row a run, as that of a study is.

        Columns that are the same for all runs of one problem are left out.
        """
        return self.results.to_frame().drop(columns=CONSTANT)

    def summary(self) -> "pd.DataFrame":
        """Return one row an optimizer, ordered by their passes to the target.

        Passes and seconds to the target are expected running times: the spending of all runs up to
        the target, divided by the number of runs that reached it.
        """
        return summarize(self.to_frame())

    def table(self) -> str:
        """Return the summary as text of at most 80 columns, with what the columns mean."""
        lines = table_lines(self.summary(), exhaustive=self.protocol.dataset.exhaustive)
        return "\n".join([*lines, "", self.caption()])

    def caption(self) -> str:
        """Return in a few lines what was compared and what the figures are."""
        p, net = self.protocol, self.protocol.network
        part = (
            "accuracy on the data, which are all the patterns there are"
            if p.dataset.exhaustive
            else f"accuracy on {p.test_fraction:.0%} held out (mean ± deviation)"
        )
        n_seeds = len({run.record["seed"] for run in self.runs})
        seeds = "1 seed" if n_seeds == 1 else f"{n_seeds} paired seeds"
        loss = criterion_of(p.loss, p.solve).title
        penalty = f" with penalty, alpha {p.alpha:g}" if p.alpha else ""
        threads = {None: "all threads", 1: "1 thread"}.get(p.n_threads, f"{p.n_threads} threads")
        models = [
            label
            for label, entry in self.settings.optimizers.items()  # type: ignore[union-attr]
            if not isinstance(resolve_contestant(entry), Optimizer)
        ]
        drawn = (
            f" {' and '.join(models)}: no network is trained; each pass draws one, and a ridge "
            "reads them all."
        )
        sentences = (
            f"{p.dataset.name}: {net}, {net.n_weights} weights, loss {loss}{penalty}.",
            f"{seeds}, {p.budget:,g} passes a run (a gradient counts as {p.gradient_passes:g}); "
            f"{part}.",
            f"Target loss {p.target:.4g}; passes and seconds to it: those of all runs, the "
            f"failed ones in full, divided by the number that reached it. {threads} a run"
            + (f", {self.n_jobs} runs at a time." if self.n_jobs != 1 else ".")
            + drawn * bool(models),
        )
        return "\n".join(textwrap.fill(sentence, 80) for sentence in sentences)

    def save(self, folder: str | Path) -> Path:
        """Write results.csv, convergence.png and weights.npz into a folder, made if need be.

        The arrays in weights.npz are called ``optimizer/seed``, and ``Network.unpack`` names
        their blocks; ``mean/seed`` and ``deviation/seed`` are those of the inputs' scaler. Files
        of these names are replaced once all three are complete. A label that begins like a formula
        has a ``'`` in front in the table, which :func:`metarnn.datasets.read_table` takes away.
        """
        arrays: dict[str, Any] = {}
        for run in self.runs:
            seed = run.record["seed"]
            if run.weights is not None and run.weights.size:  # a model has none
                arrays[f"{run.record['optimizer']}/{seed}"] = run.weights
            if run.scaler is not None:
                arrays[f"mean/{seed}"] = run.scaler.mean_
                arrays[f"deviation/{seed}"] = run.scaler.scale_
        figure = new_figure()
        plot_convergence(self, figure.subplots())
        with whole_folder(folder) as place:
            (place / "results.csv").write_text(csv_text(self.to_frame()), encoding="utf-8")
            np.savez(place / "weights.npz", **arrays)
            figure.savefig(place / "convergence.png", dpi=150)
        return Path(folder)


@renamed(target="target_loss")
def compare(
    dataset: str | Dataset,
    optimizers: Iterable[Any] | Mapping[str, Any] = DEFAULT_OPTIMIZERS,
    *,
    budget: float = BUDGET,
    seeds: int | Sequence[int] = N_SEEDS,
    network: Description | None = None,
    hidden: int | tuple[int, ...] = HIDDEN,
    loss: str | Callable[..., Any] = "cross_entropy",
    alpha: float = 0.0,
    solve: str | None = None,
    target_loss: float | None = None,
    gradient_passes: float = 3.0,
    test_fraction: float = TEST_FRACTION,
    timesteps: int | str = 1,
    n_jobs: int = 1,
    n_threads: int | None = 1,
    progress: bool = False,
    **network_settings: Any,
) -> Comparison:
    """Train the same network by several optimizers, and see how far they get, and how fast.

    Every optimizer gets the same data, the same split, the same first points and the same
    budget.

    Parameters
    ----------
    dataset : str or Dataset
        A name in ``metarnn.datasets.DATASETS`` or data of your own, with a class for each
        sequence or each step, or with sequences as targets.
    optimizers : iterable of str, dict or Optimizer, or dict of these by label
        Each a name in ``metarnn.optimizers.OPTIMIZERS``; words, "adam:learning_rate=0.01"; a dict
        of settings with its name; or an optimizer. "recurrent_features", or a
        :class:`metarnn.RecurrentFeaturesClassifier`, takes part beside them: it trains no network,
        and spends one pass for each that it draws.
    budget : float
        Passes of each run.
    seeds : int or sequence of int
        How many paired seeds, or which.
    network : Network, list of Layer, or dict, optional
        The network, in place of the settings below: layers of ``metarnn.layers``, or a table of
        them; see :func:`metarnn.networks.description.resolve_network`. `readout`, `dtype` and
        `init_scale` are for what it leaves open.
    hidden : int or tuple of int
        H, hidden units of each layer.
    loss, alpha
        Of the :class:`metarnn.Fitness`.
    solve : {"leave_one_out", "held_out", "ridge", "logistic"}, optional
        Solve the readout of each candidate; see :class:`metarnn.SolvedFitness`.
    target_loss : float, optional
        Training loss for the passes and seconds to the target, fixed before the first run. By
        default 0.1 times the loss of predicting the class frequencies for every sequence.
    gradient_passes
        Of the :class:`metarnn.Fitness`.
    test_fraction : float
        Fraction held out; nothing of data that contain every possible pattern (parity).
    timesteps : int or "features"
        Steps into which a row of a table is cut: by default one step of all features;
        "features" makes each feature a step.
    n_jobs : int
        Runs at a time, each in a process of its own, through joblib; their seconds are less
        reliable.
    n_threads : int or None
        Threads of a run; None for all. With more than one the seconds of methods that evaluate few
        points at a time are not comparable with the others'.
    progress : bool
        Show the progress on standard error.
    **network_settings
        Of the network, such as ``cell`` and ``readout``; see :meth:`metarnn.Network.build`.

    Returns
    -------
    Comparison
        The runs, with :meth:`Comparison.table` and :meth:`Comparison.to_frame`.

    Raises
    ------
    TypeError, ValueError
        Unknown names, data of another form, or arguments out of range; before the first run.

    Warns
    -----
    UserWarning
        At Ctrl-C: the runs of the seeds that all optimizers had finished are returned.
    """
    if isinstance(dataset, str) and dataset not in DATASETS and Path(dataset).suffix:
        raise ValueError(
            f"For a file, write compare(load_path({dataset!r}, target=COLUMN), ...), with "
            "load_path from metarnn.datasets."
        )
    data = load(dataset) if isinstance(dataset, str) else dataset
    if not isinstance(data, Dataset):
        raise TypeError(
            f"dataset must be the name of a data set or a Dataset, got {type(dataset).__name__}: "
            "for arrays write compare(Dataset.of(X, y)), for a file compare(load_path(path)), "
            "with Dataset and load_path from metarnn.datasets."
        )
    if isinstance(optimizers, Iterable) and not isinstance(optimizers, str | Mapping):
        optimizers = list(optimizers)
    check_n_jobs(n_jobs)
    check_bool("progress", progress)
    own = [name for name in signature(compare).parameters if name != "network_settings"]
    for name in network_settings:  # a mistyped parameter of this function is one of them
        check_choice("setting", name, ["layers", *BUILD, *own])
    settings = {"hidden": hidden, **network_settings}
    with nullcontext() if network is None else at("network"):
        described = joined_description(network, settings, {"hidden": HIDDEN})
        network = network_for(data, described, timesteps=timesteps)
    study = Study(
        datasets={data.name: data},
        optimizers=optimizers,
        networks={str(network): described},
        budget=budget,
        seeds=seeds,
        loss=loss,
        alpha=alpha,
        solve=solve,
        target_loss=target_loss,
        gradient_passes=gradient_passes,
        test_fraction=test_fraction,
        timesteps=timesteps,
        n_threads=n_threads,
    )
    study.check()
    runs, interrupted = [], False
    ended = study.each_run(study.plan, n_jobs=n_jobs, progress=progress, strict=True)
    try:
        with closing(ended):
            for run in ended:
                runs.append(run)  # one by one: those before an interrupt are kept
    except KeyboardInterrupt:
        interrupted = True
        # Seeds without all the optimizers are not comparable.
        done = Counter(run.record["seed"] for run in runs)
        runs = [run for run in runs if done[run.record["seed"]] == len(study.optimizers)]
        if not runs:
            raise
        warnings.warn(
            f"Interrupted: {len(runs)} of {len(study.plan)} runs are kept, those of the seeds "
            "that all optimizers had finished.",
            stacklevel=2,
        )
    runs.sort(key=lambda run: study.plan.index(run.key))
    return Comparison(study.problems[0].protocol, runs, interrupted, study.settings, n_jobs)
