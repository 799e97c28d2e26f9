"""Run the campaigns against the promises of the page docs/reliability.md, and print one table.

A case is a kill, a call, a command, a file or a fit. "Lost, doubled or corrupt" counts what
was stored and is gone or other than before, files that are neither old nor new, processes that
outlive a study, results that are not finite though nothing was refused, and memory that grows;
"raw" counts errors that are no sentence of the package.
"""

import argparse
import contextlib
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # tiny problems, and forks: threads would only wait for each other
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.command import OUT, Parser, announce, make_folder
from benchmarks.reliability import calls, commands, disk, files, saves, soak, studies
from benchmarks.reliability.tally import FAULTS, Tally, TimeIsUpError
from benchmarks.report import describe_machine, heading, one_line, paragraphs, table, write_json

CAMPAIGNS = {
    "studies": studies,
    "saves": saves,
    "disk": disk,
    "calls": calls,
    "commands": commands,
    "files": files,
    "soak": soak,
}


#: Faults that end the command with status 1; raw errors are shown, and are to become fewer.
GRAVE = [kind for kind in FAULTS if kind != "raw"]


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    names = ", ".join(CAMPAIGNS)
    parser.add_argument("campaigns", nargs="*", metavar="CAMPAIGN", help=f"by default {names}")
    parser.add_argument(
        "--size", default="short", metavar="SIZE", help="short, long or a number of cases"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, metavar="M", help="the most for each campaign"
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="for the results")
    parser.add_argument("--page", action="store_true", help="print the last figures in Markdown")
    options = parser.parse_args(words)
    for name in options.campaigns:
        if name not in CAMPAIGNS:
            parser.error(f"Unknown campaign {name!r}; there are {names}.")
    if options.size not in ("short", "long") and not options.size.isdecimal():
        parser.error(f"--size must be short, long or a number of cases, got {options.size!r}.")
    make_folder(parser, options.out)
    return options


def made(name: str, size: str, seed: int, minutes: float) -> Tally:
    """Run a campaign in a folder of its own, no longer than some minutes."""
    campaign = CAMPAIGNS[name]
    sizes = {"short": campaign.SHORT, "long": campaign.LONG}
    began, here = time.perf_counter(), Path.cwd()
    tally = Tally(end=time.monotonic() + 60 * minutes)
    with (
        tempfile.TemporaryDirectory(prefix="metarnn-reliability-") as folder,
        contextlib.suppress(TimeIsUpError, KeyboardInterrupt),
    ):
        campaign.run(tally, sizes.get(size) or int(size), seed, Path(folder))
    os.chdir(here)
    tally.seconds = round(time.perf_counter() - began, 1)
    return tally


def printed(tallies: dict[str, dict[str, Any]]) -> str:
    """Return the table of the campaigns."""
    rows = [
        [
            CAMPAIGNS[name].TITLE,
            f"{tally['tried']:,}",
            *(f"{tally['kinds'].get(kind, 0):,}" for kind in FAULTS),
            f"{tally['seconds']:,.0f}",
        ]
        for name, tally in tallies.items()
    ]
    return table(["campaign", "tried", *FAULTS.values(), "seconds"], rows)


def as_page(results: dict[str, dict[str, Any]]) -> str:
    """Return the table of docs/reliability.md."""
    heads = ["campaign", "tried", "lost, doubled or corrupt", "crashes", "hangs", "raw", "date"]
    lines = [heads, ["---"] + ["---:"] * 5 + ["---"]]
    for name in CAMPAIGNS:
        if name in results:
            found = results[name]
            counts = [f"{found['kinds'].get(kind, 0):,}" for kind in FAULTS]
            date = found["machine"].partition(",")[0]
            lines.append([f"{CAMPAIGNS[name].TITLE}", f"{found['tried']:,}", *counts, date])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; the status is 1 if something was lost, crashed or hung."""
    options = parse(words)
    file, found = options.out / "reliability.json", {}
    if options.page:
        print(as_page(json.loads(file.read_text())))
        return 0
    machine = describe_machine(["dask"])
    print(heading("Campaigns against the promises of docs/reliability.md.", machine, []))
    for name in options.campaigns or CAMPAIGNS:
        announce(f"{name}, {options.size}")
        tally = made(name, options.size, options.seed, options.minutes)
        command = f"python -m benchmarks.reliability {name} --size {options.size}"
        about = {"machine": one_line(machine), "command": f"{command} --seed {options.seed}"}
        found[name] = tally.plain() | about
        for kind, examples in tally.faults.items():
            for example in examples:
                print(paragraphs(f"{kind}: {example}"))
        # Those that were run before, and are not run now, are kept.
        before = json.loads(file.read_text()) if file.exists() else {}
        write_json(file, before | {name: found[name]})
    print(f"\n{printed(found)}")
    return int(any(tally["kinds"].get(kind) for tally in found.values() for kind in GRAVE))


if __name__ == "__main__":
    sys.exit(main())
