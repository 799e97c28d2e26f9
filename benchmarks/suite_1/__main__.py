"""Who escapes, and who converges faster: the tables and figures of docs/answer.md.

Run it anywhere: python -m benchmarks.suite_1

The runs are those of study.parquet, beside this file; study.toml made them:

    metarnn study import benchmarks/suite_1/study.toml --store STORE
    metarnn study run benchmarks/suite_1/study.toml --store STORE --jobs 2

goes on with those that are missing. Likewise tuned (settings that tuning found), small and large
(networks), and solved (readouts). With --out docs/answer the page has the new tables.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.command import OUT, Parser, make_folder
from metarnn.study import Results

from .figures import draw_groups, draw_profiles
from .runs import HERE, beside, complete, joined, of_seeds, stored
from .tables import OF_TUNED, TABLES, sizes, solved


def main(words: Sequence[str] | None = None) -> None:
    """Print and write the tables, and draw the figures."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=Path, default=HERE / "study.parquet", metavar="FILE")
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="of these alone, to check what others showed"
    )
    parser.add_argument("--out", type=Path, default=OUT / "answer", metavar="FOLDER")
    options = parser.parse_args(words)
    make_folder(parser, options.out)
    results = complete(stored(options.runs))
    if options.seeds:
        results = of_seeds(results, options.seeds)
    found = tables(results) if options.seeds else all_tables(results)
    for name, text in found.items():
        print(f"{name}\n\n{text}\n", flush=True)
        (options.out / f"{name}.md").write_text(f"{text}\n")
    draw_groups(results, options.out / "groups.png")
    draw_profiles(results, options.out / "profiles.png")
    print(f"All is written to {options.out}.")


def tables(results: Results) -> dict[str, str]:
    """Return the tables of runs with default settings, by the name of their file."""
    return {name: function(results) for name, function in TABLES.items()}


def all_tables(results: Results) -> dict[str, str]:
    """Return these, and those of the studies beside this one."""
    both = joined(results, beside("tuned"))
    return {
        **tables(results),
        **{name: function(both) for name, function in OF_TUNED.items()},
        "sizes": sizes(results, beside("small"), beside("large")),
        "solved": solved(beside("solved")),
    }


if __name__ == "__main__":
    main()
