"""The progress of a study: runs done, time left, and which optimizer leads."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, TextIO

import numpy as np

from metarnn.optimizers.progress import Bar

from .run import Run

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

#: The most optimizers that have a line.
LINES = 12
#: Seconds between the lines of a log.
PAUSE = 30.0


class ProgressDisplay:
    """A bar over the runs on standard error or another stream, and below it the ranking so far.

    The study has `n_runs`, of which `n_stored` were made before, with `optimizers`. Their rank is
    the mean over the problems and seeds at which each of them has ended: 1 is the lowest loss.
    """

    def __init__(
        self,
        n_runs: int,
        n_stored: int,
        optimizers: Sequence[str],
        stream: TextIO | None = None,
    ) -> None:
        self._runs = dict.fromkeys(optimizers, 0)
        self._reached = dict.fromkeys(optimizers, 0)
        self._losses: dict[tuple[Any, ...], dict[str, float]] = defaultdict(dict)
        self._ranks = np.zeros(len(optimizers))
        self._n_ranked = self._failed = 0
        self._done = n_stored
        self._bar = Bar(
            n_runs, "runs", done=n_stored, below=self._table, pause=PAUSE, stream=stream
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def count(self, run: Run) -> None:
        """Take note of a run that has ended."""
        key, record = run.key, run.record
        self._done += 1
        self._failed += record["status"] == "failed"
        self._runs[key.optimizer] += 1
        self._reached[key.optimizer] += bool(record["reached"])
        paired = self._losses[key.dataset, key.network, key.seed, key.fold]
        paired[key.optimizer] = record["train_loss"]
        if len(paired) == len(self._runs):
            self._rank(self._losses.pop((key.dataset, key.network, key.seed, key.fold)))
        self._bar.note = self._note()
        self._bar.move(self._done)

    def _rank(self, losses: dict[str, float]) -> None:
        from scipy.stats import rankdata

        self._ranks += rankdata(np.nan_to_num([losses[name] for name in self._runs], nan=np.inf))
        self._n_ranked += 1

    def ranking(self) -> list[tuple[str, float]]:
        """Return the optimizers and their mean ranks, the best first; none before the first."""
        if not self._n_ranked:
            return []
        ranks = zip(self._runs, (self._ranks / self._n_ranked).tolist(), strict=True)
        return sorted(ranks, key=lambda pair: pair[1])

    def _note(self) -> str:
        ranking = self.ranking() if len(self._runs) > 1 else []
        words = [f"{ranking[0][0]} leads"] if ranking else []
        if self._failed:
            words.append(f"{self._failed} failed")
        return ", ".join(words)

    def _table(self) -> "Iterator[Table | Text]":
        """Yield the ranking as a table of rich, and an empty line."""
        from rich.table import Table
        from rich.text import Text

        ranking = self.ranking()
        if len(ranking) < 2:
            return
        table = Table(box=None, pad_edge=False)
        table.add_column("optimizer", no_wrap=True, max_width=40)
        for title in ("mean rank", "runs", "reached the target"):
            table.add_column(title, justify="right")
        for name, rank in ranking[:LINES]:
            counts = str(self._runs[name]), str(self._reached[name])
            table.add_row(Text(name), f"{rank:.2f}", *counts)
        if len(ranking) > LINES:
            table.add_row(f"and {len(ranking) - LINES} more")
        yield table
        yield Text()
