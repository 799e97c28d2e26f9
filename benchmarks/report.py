"""Reports: the machine, tables of 80 columns, and a JSON file."""

import datetime
import importlib.metadata
import json
import platform
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peaks import n_cores, taken_by_others, vector_width

WIDTH = 80
#: Fraction of the processors taken by other programs above which timings are doubtful.
CROWDED = 0.1


def describe_machine(libraries: Iterable[str]) -> dict[str, Any]:
    """Return the date, the processor, and the versions of the libraries that are installed."""
    versions = {}
    for name in ("metarnn", "numpy", "numba", *libraries):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": n_cores(),
        "float32_per_vector": vector_width(),
        "taken_by_others": taken_by_others(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def one_line(machine: dict[str, Any]) -> str:
    """Return the date and the processor, for captions."""
    return f"{machine['date'][:10]}, {machine['cores']} cores of {machine['processor']}"


def heading(title: str, machine: dict[str, Any], missing: Sequence[str]) -> str:
    """Return the lines above the tables."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines = [
        title,
        f"{one_line(machine)}, {machine['float32_per_vector']} float32 to a vector, "
        f"{machine['system']}.",
        f"Python {machine['python']}, {versions}.",
    ]
    if machine["taken_by_others"] > CROWDED:
        lines.append(
            f"Other programs have {machine['taken_by_others']:.0%} of the processors: do not trust "
            "these seconds."
        )
    if missing:
        lines.append(f"Not installed, so left out: {', '.join(missing)}.")
    return paragraphs(*lines)


def paragraphs(*lines: str) -> str:
    """Return the lines, each filled to the width."""
    return "\n".join(textwrap.fill(line, WIDTH, break_on_hyphens=False) for line in lines)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """Return columns, aligned right except those named in `left`.

    Newlines in the cells of the header make several lines.
    """
    height = max(cell.count("\n") for cell in header) + 1
    heads = [[""] * (height - len(lines)) + lines for lines in (c.split("\n") for c in header)]
    lines = [list(line) for line in zip(*heads, strict=True)]
    lines += [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def markdown(
    header: Sequence[str], rows: Sequence[Sequence[str]], left: Iterable[int] = (0,)
) -> str:
    """Return a table of Markdown, with columns aligned right except those named in `left`."""
    left = set(left)
    rules = [":---" if i in left else "---:" for i in range(len(header))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rules, *rows))


def number(value: float) -> str:
    """Return a number with three significant digits."""
    if value != value:
        return "-"
    digits = 3 if value < 0.1 else 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{digits}f}"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write the measurements."""
    path.write_text(json.dumps(content, indent=1) + "\n")
