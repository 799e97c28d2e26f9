"""``metarnn list``: the names that other commands take, and the settings behind a name."""

import argparse
import textwrap
from itertools import groupby
from typing import Any

from metarnn.names import unknown

from .models import explained
from .options import command
from .output import show
from .settings import Setting, settings_of, summary
from .tables import TABLES


@command(
    options="--import --json",
    examples="""
    metarnn list              # all names
    metarnn list optimizers   # one table
    metarnn list cuckoo       # the settings of an optimizer, data set or layer
    """,
    own={
        "name": dict(
            nargs="?",
            metavar="TABLE | NAME",
            help="one table (datasets, optimizers, models, cells, layers, readouts, losses, "
            "solves, decoders or activations), or a name in it, whose settings are explained",
        )
    },
)
def list(options: argparse.Namespace) -> None:
    """List data sets, optimizers, parts of networks and losses."""
    if options.name in (None, *TABLES):
        chosen = [*TABLES] if options.name is None else [options.name]
        shown = {title: TABLES[title]() for title in chosen}
        summaries = {
            title: {name: summary(thing) for name, thing in table.items()}
            for title, table in shown.items()
        }
        show(options, summaries, *_lines(summaries))
        return
    things: dict[str, Any] = {}
    for table in TABLES.values():  # the first ones load the least
        things |= table()
        if options.name in things:
            break
    else:
        raise ValueError(unknown("table or name", options.name, [*TABLES, *things], ""))
    thing, *others = explained(options.name) or (things[options.name],)
    settings = settings_of(thing)
    for other in others:
        settings |= {name: s for name, s in settings_of(other).items() if s.meaning}
    lines = [textwrap.fill(f"{options.name}: {summary(thing)}", 80)]
    for (meaning, _), together in groupby(settings.items(), _shared):
        names = (f"{name}={one.default}" if one.default else name for name, one in together)
        lines.append(f"  {', '.join(names)}")
        lines += textwrap.wrap(meaning, 80, initial_indent=" " * 6, subsequent_indent=" " * 6)
    by_name = {name: setting._asdict() for name, setting in settings.items()}
    value = {"name": options.name, "summary": summary(thing), "settings": by_name}
    show(options, value, *lines)


def _shared(setting: tuple[str, Setting]) -> tuple[str, str]:
    """Return what a setting means, and its name where that is nothing which others may share."""
    name, (_, meaning) = setting
    return meaning, "" if meaning else name


def _lines(summaries: dict[str, dict[str, str]]) -> Any:
    """Yield the lines of tables, at most 80 columns wide."""
    for title, table in summaries.items():
        yield title
        for name, text in table.items():
            line = f"  {name:20} {text}".rstrip()
            yield textwrap.fill(line, 80, subsequent_indent=" " * 23)
        if title == "losses":
            yield "  and scikit-learn's scorers of classes, such as roc_auc_ovr and neg_log_loss"
