"""The bar of :mod:`metarnn.optimizers.progress` as rich draws it."""

import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn


class Drawing(Progress):
    """A bar, and what is below it, at a terminal or in a notebook.

    It has no thread of its own, as rich's usually has: what is timed beside it would be slower.
    """

    def __init__(
        self, stream: TextIO, below: Callable[[], Iterable[Any]], in_notebook: bool
    ) -> None:
        self._below, self._in_notebook = below, in_notebook
        self._handle: Any = None
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[amount]}", markup=False),
            TextColumn("{task.fields[clock]}", markup=False),
            TextColumn("{task.fields[note]}", markup=False),
            console=Console(file=stream),
            auto_refresh=False,
            redirect_stdout=sys.stdout.isatty(),  # what is piped stays there
            expand=True,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Return what is drawn."""
        yield from super().get_renderables()
        yield from self._below()

    def begin(self, fields: dict[str, Any]) -> None:
        """Draw the beginning."""
        self.add_task(**fields)
        if self._in_notebook:
            from IPython.display import DisplayHandle

            self._handle = DisplayHandle()  # type: ignore[no-untyped-call,unused-ignore]
            self._handle.display(self)
        else:
            self.start()
            self.refresh()

    def move(self, fields: dict[str, Any]) -> None:
        """Draw what changed."""
        self.update(self.task_ids[0], **fields)
        if self._handle is None:
            self.refresh()
        else:
            self._handle.update(self)

    def end(self, fields: dict[str, Any]) -> None:
        """Draw the end, which stays, but for what is below: the results say that better."""
        self._below = tuple
        self.move(fields)
        self.stop()
