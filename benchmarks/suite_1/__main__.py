"""Who escapes, and who converges faster: the tables and figures of docs/answer.md.

Run it anywhere: python -m benchmarks.suite_1

The runs are those of study.parquet, beside this file; study.toml made them:

    metarnn study import benchmarks/suite_1/study.toml --store STORE
    metarnn study run benchmarks/suite_1/study.toml --store STORE --jobs 2

goes on with those that are missing. With --out docs/answer the page has the new tables.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.command import OUT, Parser, make_folder
from metarnn.study import Results

from .figures import draw_groups, draw_profiles
from .runs import HERE, TUNED, as_they_are, of_seeds, stored
from .tables import OF_TUNED, TABLES


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
    results = stored(options.runs)
    if options.seeds:
        results = of_seeds(results, options.seeds)
    for name, text in tables(results).items():
        print(f"{name}\n\n{text}\n", flush=True)
        (options.out / f"{name}.md").write_text(f"{text}\n")
    draw_groups(as_they_are(results), options.out / "groups.png")
    draw_profiles(as_they_are(results), options.out / "profiles.png")
    print(f"All is written to {options.out}.")


def tables(results: Results) -> dict[str, str]:
    """Return the tables by the name of their file."""
    default = as_they_are(results)
    found = {name: function(default) for name, function in TABLES.items()}
    if results.runs["optimizer"].str.endswith(TUNED).any():
        found |= {name: function(results) for name, function in OF_TUNED.items()}
    return found


if __name__ == "__main__":
    main()
