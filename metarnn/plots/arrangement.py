"""Texts that keep to the room of their axes, whose size is known only when a figure is drawn.

Layout engines first measure what is to be drawn and then move the axes. An arrangement is an
artist that draws nothing: it is called before each of these, and places and breaks texts then.
"""

from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Text


class Arrangement(Artist):
    """Arranges texts of its axes before they are measured or drawn; kinds are subclasses."""

    def __init__(self, ax: Axes) -> None:
        super().__init__()
        self.set_zorder(-1e9)  # before all others
        self._seen: Any = None
        ax.add_artist(self)
        self.set_clip_on(False)  # or a layout passes it over

    def key(self) -> Any:
        """Return what the arrangement depends on; it is made again only if that has changed.

        Otherwise each drawing would change the figure, which in a window leads to the next one.
        """
        return None

    def arrange(self, renderer: Any) -> None:
        """Place the texts."""
        raise NotImplementedError

    def draw(self, renderer: Any) -> None:
        """Arrange, without drawing anything."""
        ax: Any = self.axes
        now = type(renderer), ax.figure.dpi, *np.round(ax.bbox.bounds, 1), self.key()
        if now != self._seen and ax.bbox.width > 0 and ax.bbox.height > 0:
            self._seen = now
            self.arrange(renderer)

    def get_tightbbox(self, renderer: Any = None) -> Any:
        """Arrange before a layout measures the texts; it has no extent of its own."""
        self.draw(self.figure._get_renderer() if renderer is None else renderer)  # type: ignore


class Broken(Arrangement):
    """Breaks title, note and labels of an axes into lines that are no longer than its sides."""

    def __init__(self, ax: Axes, title: Text, note: Text) -> None:
        super().__init__(ax)
        self.title, self.note = title, note
        #: The full text, and the lines made of it, of each.
        self.known: dict[Text, tuple[str, str]] = {}

    @property
    def _texts(self) -> list[Text]:
        ax: Any = self.axes
        return [self.title, self.note, ax.xaxis.label, ax.yaxis.label]

    def key(self) -> Any:
        """Return the texts and the sizes of their letters."""
        return [(text.get_text(), text.get_fontsize()) for text in self._texts]

    def arrange(self, renderer: Any) -> None:
        """Break the texts, and lift the title above the note."""
        ax: Any = self.axes
        for text in self._texts:
            room = ax.bbox.height if text is ax.yaxis.label else ax.bbox.width
            full, lines = self.known.get(text, ("", ""))
            if text.get_text() != lines:  # it is new, or another one was set since
                full = text.get_text()
            fit(text, full, room, renderer)
            self.known[text] = full, text.get_text()
        if self.title.get_text():
            points = self.note.get_window_extent(renderer).height * 72 / ax.figure.dpi
            above = 4 + (points + 3 if self.note.get_text() else 2)
            same = {"fontsize": self.title.get_fontsize(), "va": "bottom"}
            ax.set_title(self.title.get_text(), loc="left", pad=above, **same)
        self._seen = (*self._seen[:-1], self.key())


class Rows(Arrangement):
    """Writes texts that stand in rows, units of the data apart, small enough for the rows."""

    def __init__(self, ax: Axes, texts: list[Text], size: float, rows: float = 1.0) -> None:
        super().__init__(ax)
        self.texts, self.size, self.rows = texts, size, rows

    def key(self) -> Any:
        """Return the limits, from which the height of a row follows."""
        ax: Any = self.axes
        return ax.get_ylim()

    def arrange(self, renderer: Any) -> None:
        """Set the size of the letters."""
        ax: Any = self.axes
        row = ax.bbox.height / abs(ax.get_ylim()[1] - ax.get_ylim()[0])
        shrink(self.texts, self.size, self.rows * row, renderer)


class Columns(Arrangement):
    """Writes texts below columns, a unit of the data apart, upright if they are wider than these.

    It comes after :class:`Rows`, which decides the size of `inside`: texts in the columns, whose
    letters become small enough for the columns.
    """

    def __init__(self, ax: Axes, below: list[Text], inside: list[Text] | None = None) -> None:
        super().__init__(ax)
        self.below, self.inside = below, inside or []
        self.size = below[0].get_fontsize()

    def key(self) -> Any:
        """Return the limits, from which the width of a column follows."""
        ax: Any = self.axes
        return ax.get_xlim()

    def arrange(self, renderer: Any) -> None:
        """Turn the texts, and set the size of their letters."""
        ax: Any = self.axes
        column = ax.bbox.width / abs(ax.get_xlim()[1] - ax.get_xlim()[0])
        for text in self.below:
            text.set_rotation(0)
            text.set_fontsize(self.size)
        if max(text.get_window_extent(renderer).width for text in self.below) > 0.9 * column:
            for text in self.below:
                text.set_rotation(90)
        narrow(self.below, column, renderer)
        narrow(self.inside, column, renderer)


def fit(text: Text, full: str, room: float, renderer: Any) -> None:
    """Set a text, in lines that are at most as long as the room, in pixels, if words allow it."""
    text.set_text(full)
    length = _length(text, renderer)
    columns = len(full)
    while length > room and columns > 8:
        columns = max(min(int(columns * room / length), columns - 1), 8)
        text.set_text("\n".join(wrap(full, columns)))
        length = _length(text, renderer)


def _length(text: Text, renderer: Any) -> float:
    box = text.get_window_extent(renderer)
    return float(box.height if text.get_rotation() == 90 else box.width)


def shrink(texts: list[Text], size: float, room: float, renderer: Any) -> float:
    """Write texts in letters of a size, or smaller ones if the room, in pixels, is lower than that.

    Return the pixels from one text to the next.
    """
    for text in texts:
        text.set_fontsize(size)
    tallest = max((text.get_window_extent(renderer).height for text in texts), default=0.0) * 1.06
    if tallest <= room:
        return tallest
    for text in texts:
        text.set_fontsize(size * room / tallest * 0.98)
    return room


def narrow(texts: list[Text], room: float, renderer: Any) -> None:
    """Make the letters of texts smaller if the widest text is wider than the room, in pixels."""
    widest = max((text.get_window_extent(renderer).width for text in texts), default=0.0) * 1.1
    if widest > room:
        for text in texts:
            text.set_fontsize(float(text.get_fontsize()) * room / widest)
