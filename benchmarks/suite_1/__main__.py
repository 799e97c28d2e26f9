"""Who escapes, and who converges faster: the tables and the figure of docs/answer.md.

Run it anywhere: python -m benchmarks.suite_1

The runs are those of study.parquet, beside this file; study.toml made them:

    metarnn study import benchmarks/suite_1/study.toml --store STORE
    metarnn study run benchmarks/suite_1/study.toml --store STORE --jobs 2

goes on with those that are missing.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.command import OUT, Parser, make_folder
from benchmarks.report import number, paragraphs, table
from metarnn.plots import plot_groups
from metarnn.statistics import Places, bayesian_signed_rank, detectable_difference, places
from metarnn.study import Results, read_results, read_settings

HERE = Path(__file__).parent
#: Areas under convergence curves that differ by less count as equal.
ROPE = 0.01
#: What trains no network: it cannot be asked for every problem.
MODELS = ("recurrent_features",)
#: The group on which what needs a gradient has no runs.
NO_GRADIENT = "no gradient"


def complete(results: Results) -> Results:
    """Return the results of the seeds with which every planned run was made."""
    counts = results.runs.groupby("seed").size()
    seeds = counts.index[counts == counts.max()].tolist()
    return chosen(results, results.runs["seed"].isin(seeds).to_numpy())


def chosen(results: Results, rows: Sequence[bool]) -> Results:
    """Return the results of some runs."""
    where = np.flatnonzero(rows)
    return dataclasses.replace(
        results,
        runs=results.runs.iloc[where].reset_index(drop=True),
        histories=[results.histories[i] for i in where],
    )


def gradient_problems(results: Results) -> Results:
    """Return the runs of what trains networks, on problems whose losses have gradients."""
    groups = [results.settings.group_of(name) for name in results.runs["dataset"]]
    trains = ~results.runs["optimizer"].isin(MODELS)
    return chosen(results, (np.array(groups) != NO_GRADIENT) & trains.to_numpy())


def firmness(found: Places) -> str:
    """Return what can be said of the first three: order, posteriors, and power."""
    three = list(found.table.index[:3])
    means = dict(zip(found.scores.optimizers, found.scores.values.mean(axis=2).T, strict=True))
    lines = [f"The first three keep their order in {found.stability.same_three:.0%}."]
    for a, b in combinations(three, 2):
        p = bayesian_signed_rank(means[a], means[b], rope=ROPE, seed=0)
        lines.append(
            f"On a further problem {a} is better than {b} with probability {p.first:.2f}, equal "
            f"within {ROPE} with {p.equal:.2f}, worse with {p.second:.2f}."
        )
    pair = np.column_stack([means[three[0]], means[three[1]]])
    least = detectable_difference(pair, seed=0, n_pairs=len(means) - 1)
    lines.append(
        f"A difference of {least:.3f} in area between {three[0]} and another would have been "
        f"found with probability 0.8 (signed ranks, Holm over {len(means) - 1} pairs)."
    )
    return paragraphs(*lines)


def told_apart(held_out: Places, found: Places) -> str:
    """Return how the first two by what was held out stand to the first two by training loss."""
    accuracies = held_out.scores.values.mean(axis=2).T
    means = dict(zip(held_out.scores.optimizers, accuracies, strict=True))
    lines = []
    for a in held_out.table.index[:2]:
        for b in found.table.index[:2]:
            p = bayesian_signed_rank(means[a], means[b], rope=ROPE, seed=0, lower_is_better=False)
            lines.append(
                f"On new sequences of a further problem {a} is more accurate than {b} with "
                f"probability {p.first:.2f}, equal within {ROPE} with {p.equal:.2f}, less with "
                f"{p.second:.2f}."
            )
    return paragraphs(*lines)


def group_table(results: Results) -> str:
    """Return the first three of each group, with their areas and how often each was there."""
    rows = []
    for group in results.groups:
        found = places(results.of_group(group), results.targets)
        first = [
            f"{name} {row['score']:.2f}, {row['reached']:.0%}"
            for name, row in found.table.iloc[:3].iterrows()
        ]
        rows.append([group, str(len(found.scores.problems)), *first])
    return table(["group", "problems", "first", "second", "third"], rows, left=(0, 2, 3, 4))


def main(words: Sequence[str] | None = None) -> None:
    """Print the tables, and draw the figure."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=Path, default=HERE / "study.parquet", metavar="FILE")
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="of these alone, to check what others showed"
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="for the figure")
    options = parser.parse_args(words)
    make_folder(parser, options.out)
    results = complete(read_results(options.runs, read_settings(HERE / "study.toml")))
    if options.seeds:
        results = chosen(results, results.runs["seed"].isin(options.seeds).to_numpy())
    runs = results.runs
    print(
        paragraphs(
            f"{len(runs)} runs, {runs['seed'].nunique()} of each pair: {runs['passes'].sum():.3g} "
            f"passes, {number(runs['seconds'].sum() / 3600)} hours on one core of "
            f"{results.environment['processor']}, {results.environment['date']}."
        )
    )
    print("\nProblems whose losses have gradients")
    found = places(gradient_problems(results), results.targets)
    print(found.text(), firmness(found), sep="\n")
    print("\nThe same runs by what was held out")
    held_out = places(gradient_problems(results), measure="test_accuracy")
    print(held_out.text(), told_apart(held_out, found), sep="\n")
    print("\nLosses without a gradient")
    rest = results.of_group(NO_GRADIENT)
    without = chosen(rest, ~rest.runs["optimizer"].isin(MODELS).to_numpy())
    print(places(without, results.targets).text())
    print("\nGroup by group: area, and runs that reached the target")
    print(group_table(gradient_problems(results)))
    path = options.out / "groups.png"
    title = f"Who escapes, and who converges faster: {len(runs):,} runs"
    plot_groups(results, title=title).figure.savefig(path, dpi=150)  # type: ignore[union-attr]
    print(f"\n{path} is written.")


if __name__ == "__main__":
    main()
