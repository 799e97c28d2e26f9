"""The tables of docs/answer.md, each a function of results that returns Markdown."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import markdown
from metarnn.runtimes import quantiles
from metarnn.runtimes.expected import ratio_of_sums
from metarnn.statistics import (
    Places,
    RunScores,
    bayesian_signed_rank,
    detectable_difference,
    interquartile_mean,
    places,
    run_scores,
)
from metarnn.statistics.measures import runs_by_problem
from metarnn.study import Results, read_suite

from .cards import read_cards
from .runs import (
    TUNED,
    as_tuned,
    by_milliseconds,
    chosen,
    complete,
    of_seeds,
    repriced,
    stopped_at,
    trained,
    with_gradients,
    without_gradients,
)

#: Areas under convergence curves, and accuracies, that differ by less count as equal.
ROPE = 0.01
#: Passes after which the first optimizer is told.
BUDGETS = 2_000, 10_000, 50_000
#: Where a problem has many weights, or is long.
MANY_WEIGHTS, MANY_STEPS = 80, 20
#: Passes that a gradient may cost; the runs counted it for the second.
PRICES = 2, 3, 5
#: Sizes of networks.
SIZES = "small", "medium", "large"
#: Seeds whose runs had the cores of their machine for themselves most of the time, two at a time.
QUIET_SEEDS = range(11, 20)
#: An optimizer that is first in fewer resamples is not named.
SELDOM = 0.05
#: Resamples of the seeds behind an interval of expected running times.
N_RESAMPLES = 2000

#: What the papers of cuckoo search on Elman networks propose, and what they compare it with; and
#: what is best here.
COMPARED = (
    *("csern", "csbpern", "cuckoo", "cuckoo_paper", "abc", "adam", "lbfgs"),
    *("rprop_restarts", "memetic"),
)
#: What the card of a problem compares, by label.
MEASURED = {"random_search": "random guessing", "adam": "one descent"}

Means = dict[str, NDArray[np.float64]]


def overview(results: Results) -> str:
    """Return what the runs cost, and where they were made."""
    runs, where = results.runs, results.environment
    dates = sorted({date[:10] for date in where["date"].split("; ")})
    return (
        f"{len(runs):,} runs, {runs['seed'].nunique()} seeds of each pair of problem and "
        f"optimizer: {runs['passes'].sum():.3g} passes, {runs['seconds'].sum() / 3600:.1f} hours "
        f"of a core; {where['processor']}, {' and '.join(dates)}."
    )


# --- Places --------------------------------------------------------------------------------------


def place_table(found: Places) -> str:
    """Return the place of each optimizer, with intervals."""
    rows = [
        [str(place), f"`{name}`",
         rank_cell(row),
         score_cell(row),
         f"{row['reached']:.0%}"]
        for place, (name, row) in enumerate(found.table.iterrows(), start=1)
    ]  # fmt: skip
    score = "accuracy" if found.measure == "test_accuracy" else "area"
    return markdown(["", "optimizer", "mean rank", score, "at the target"], rows, left=(1,))


def score_cell(row: Mapping[str, float]) -> str:
    """Return a score and its interval."""
    return f"{row['score']:.3f} ({row['score_low']:.3f}-{row['score_high']:.3f})"


def means_of(found: Places) -> Means:
    """Return the mean score of each optimizer on each problem (N,)."""
    scores = found.scores.values.mean(axis=2).T
    return dict(zip(found.scores.optimizers, scores, strict=True))


def posterior(means: Means, a: str, b: str, *, lower: bool = True) -> str:
    """Return how probable it is that one optimizer is better than another on a further problem."""
    p = bayesian_signed_rank(means[a], means[b], rope=ROPE, seed=0, lower_is_better=lower)
    return (
        f"On a further problem `{a}` is better than `{b}` with probability {p.first:.2f}, "
        f"equal within {ROPE} with {p.equal:.2f}, worse with {p.second:.2f}."
    )


def firmness(found: Places) -> str:
    """Return what can be said of the first three: order, posteriors, and power."""
    three, means = list(found.table.index[:3]), means_of(found)
    firm = found.stability
    lines = [
        f"With problems and seeds drawn again, the first stays first in {firm.same_first:.0%}, "
        f"and the first three keep their order in {firm.same_three:.0%}.",
        *(posterior(means, a, b) for a, b in combinations(three, 2)),
    ]
    pair = np.column_stack([means[three[0]], means[three[1]]])
    least = detectable_difference(pair, seed=0, n_pairs=len(means) - 1)
    lines.append(
        f"A difference of {least:.3f} in area between `{three[0]}` and another would have been "
        f"found with probability 0.8 (signed ranks, Holm over {len(means) - 1} pairs)."
    )
    return bullets(lines)


def bullets(lines: Sequence[str]) -> str:
    """Return a list of sentences."""
    return "\n".join(f"- {line}" for line in lines)


def ranks(results: Results) -> str:
    """Return the places by area, on problems whose losses have gradients."""
    found = places(with_gradients(results), results.targets)
    return f"{place_table(found)}\n\n{firmness(found)}"


def held_out(results: Results) -> str:
    """Return the places by held-out accuracy, and how they stand to those by training loss."""
    some = with_gradients(results)
    found, by_loss = places(some, measure="test_accuracy"), places(some, results.targets)
    means = means_of(found)
    pairs = product(found.table.index[:2], by_loss.table.index[:2])
    n = len(found.scores.problems)
    lines = [
        f"On the {n} problems of these that hold something out; with problems and seeds drawn "
        f"again, the first stays first in {found.stability.same_first:.0%}.",
        *(posterior(means, a, b, lower=False) for a, b in pairs if a != b),
    ]
    return f"{place_table(found)}\n\n{bullets(lines)}"


def no_gradient(results: Results) -> str:
    """Return the places on losses without a gradient."""
    found = places(without_gradients(results), results.targets)
    firm = f"the first stays first in {found.stability.same_first:.0%}."
    return f"{place_table(found)}\n\nWith problems and seeds drawn again, {firm}"


# --- Groups --------------------------------------------------------------------------------------


def groups(results: Results) -> str:
    """Return the optimizers that come to the target soonest, group by group."""
    rows = []
    for group in results.groups:
        own = trained(results.of_group(group))
        times = {name: expected(own, name) for name in own.runs["optimizer"].unique()}
        rates = own.runs.groupby("optimizer")["reached"].mean()
        first = sorted(times, key=lambda name: (times[name][0], -rates[name]))[:4]
        n = len(own.problems)
        rows.append([f"{group} ({n})", *(time_cell(own, name, times[name]) for name in first)])
    return markdown(["group", "first", "second", "third", "fourth"], rows, left=range(5))


def time_cell(results: Results, name: str, time: NDArray[np.float64]) -> str:
    """Return an optimizer with its success rate and, if it is finite, its running time."""
    reached = results.runs.loc[results.runs["optimizer"] == name, "reached"].mean()
    if not np.isfinite(time[0]):
        return f"`{name}` {reached:.0%}"
    value, low, high = (f"{x:,.0f}" if np.isfinite(x) else "∞" for x in time)
    return f"`{name}` {reached:.0%}, {value} ({low}-{high})"


def expected(results: Results, name: str) -> NDArray[np.float64]:
    """Return the median over problems of the expected passes to the target, and its interval.

    The interval is that of other seeds: those of each problem are drawn again.
    """
    rng, values, resampled = np.random.default_rng(0), [], []
    for _, part in runs_by_problem(results.runs):
        own = part[part["optimizer"] == name]
        times, spent = own["passes_to_target"].to_numpy(float), own["passes"].to_numpy(float)
        reached, n = np.isfinite(times), len(own)
        if not n:
            return np.full(3, np.inf)
        spent = np.where(reached, times, spent)
        drawn = rng.integers(n, size=(n, N_RESAMPLES))
        values.append(ratio_of_sums(spent, reached))
        resampled.append(ratio_of_sums(spent[drawn], reached[drawn]))
    medians = quantiles(np.stack(resampled), [0.5])[0]
    low, high = quantiles(medians, [0.025, 0.975])
    return np.array([quantiles(np.array(values), [0.5])[0], low, high])


# --- What the papers claim -----------------------------------------------------------------------


def claims(results: Results) -> str:
    """Return those of the papers and their rivals: areas, traps left, and accuracy on tables."""
    everywhere = places(with_gradients(results), results.targets).table
    traps = places(results.of_group("traps"), results.targets).table
    tables = places(trained(results.of_group("tables")), measure="test_accuracy").table
    rows = [
        [f"`{name}`", f"{everywhere.loc[name, 'score']:.3f}", f"{traps.loc[name, 'reached']:.0%}",
         score_cell(tables.loc[name])]
        for name in everywhere.index
        if name in COMPARED
    ]  # fmt: skip
    head = ["optimizer", "area, all problems", "at the target, traps", "accuracy, tables"]
    return markdown(head, rows)


# --- Which to take -------------------------------------------------------------------------------


def which_to_take(results: Results) -> str:
    """Return the first two by weights, steps and budget, with how often each stays first."""
    of_problem = read_cards()
    rows = []
    for has_gradient, part in (("yes", with_gradients), ("no", without_gradients)):
        some = part(results)
        for title, kept in kinds(some, of_problem).items():
            if not len(kept):
                continue
            own = some.of_problems(kept)
            cells = [first_two(places(stopped_at(own, b), results.targets)) for b in BUDGETS]
            cells.append(first_two(places(own, measure="test_accuracy")))
            rows.append([has_gradient, f"{title} ({len(kept)})", *cells])
    head = ["gradient", "problems", *(f"{b:,} passes" for b in BUDGETS), "held out"]
    return markdown(head, rows, left=range(len(head)))


def kinds(results: Results, cards: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Return the problems by their numbers of weights and of steps; few ones together."""
    if len(results.problems) < 2 * 2 * 2:
        return {"all": results.problems}
    found: dict[str, list[tuple[str, str]]] = {}
    for big, long in product((False, True), repeat=2):
        weights, steps = (">" if more else "≤" for more in (big, long))
        title = f"{weights} {MANY_WEIGHTS} weights, {steps} {MANY_STEPS} steps"
        found[title] = [
            (dataset, network)
            for dataset, network in results.problems
            if (cards[dataset]["weights"]["medium"] > MANY_WEIGHTS) == big
            and (cards[dataset]["steps"] > MANY_STEPS) == long
        ]
    return found


def first_two(found: Places) -> str:
    """Return the first two, with how often each is first where problems and seeds are drawn again.

    The second is left out where it is hardly ever first.
    """
    firm = found.stability
    shares = dict(zip(found.table.index, firm.places[firm.order, 0], strict=True))
    first, second = found.table.index[:2]
    named = [first, second] if shares[second] > SELDOM else [first]
    return ", ".join(f"`{name}` ({shares[name]:.0%})" for name in named)


# --- The price of a gradient ---------------------------------------------------------------------


def prices(results: Results) -> str:
    """Return the mean ranks where a gradient costs 2, 3 or 5 passes."""
    some = with_gradients(results)
    ranks = {p: places(repriced(some, p), results.targets).table for p in PRICES}
    rows = [
        [f"`{name}`", *(rank_cell(table.loc[name]) for table in ranks.values())]
        for name in ranks[PRICES[1]].index
    ]
    return markdown(["optimizer", *(f"{p} passes" for p in PRICES)], rows)


def rank_cell(row: Mapping[str, float]) -> str:
    """Return a mean rank and its interval."""
    return f"{row['mean_rank']:.1f} ({row['rank_low']:.1f}-{row['rank_high']:.1f})"


# --- Seconds -------------------------------------------------------------------------------------


def seconds(results: Results) -> str:
    """Return the mean ranks by passes and by seconds, and what a run takes."""
    seeds = results.runs["seed"].unique().tolist()
    quiet = [seed for seed in seeds if seed in QUIET_SEEDS]
    some = with_gradients(of_seeds(results, quiet or seeds))
    by_passes, timed = places(some, results.targets).table, by_milliseconds(some)
    by_seconds = places(timed, results.targets).table
    rows = [
        [
            f"`{name}`",
            rank_cell(by_passes.loc[name]),
            rank_cell(row),
            f"{seconds_of(some, name):.2f}",
        ]
        for name, row in by_seconds.iterrows()
    ]
    n = some.runs["seed"].nunique()
    return f"{markdown(['optimizer', 'by passes', 'by seconds', 's a run'], rows)}\n\n{n} seeds."


def seconds_of(results: Results, name: str) -> float:
    """Return the seconds of an optimizer's run: of those on a problem, and of problems, medians."""
    own = results.runs[results.runs["optimizer"] == name]
    return float(own.groupby(["dataset", "network"])["seconds"].median().median())


# --- Other networks, other readouts --------------------------------------------------------------


def sizes(results: Results, small: Results, large: Results) -> str:
    """Return areas and successes of some optimizers with networks of three sizes."""
    names, seeds = small.runs["optimizer"].unique(), small.runs["seed"].unique().tolist()
    medium = of_seeds(chosen(results, results.runs["optimizer"].isin(names).to_numpy()), seeds)
    found = [places(with_gradients(one), one.targets).table for one in (small, medium, large)]
    rows = [
        [f"`{name}`", *(f"{table.loc[name, 'score']:.3f}" for table in found),
         *(f"{table.loc[name, 'reached']:.0%}" for table in found)]
        for name in found[1].index
    ]  # fmt: skip
    head = [
        "optimizer",
        *(f"area, {size}" for size in SIZES),
        *(f"at the target, {s}" for s in SIZES),
    ]
    n_seeds, n_problems = len(seeds), len(with_gradients(medium).problems)
    return f"{markdown(head, rows)}\n\n{n_problems} problems, {n_seeds} seeds of each."


def solved(results: Results) -> str:
    """Return population methods with all weights searched, and with the readout solved."""
    some = with_gradients(results)
    by_passes, by_seconds = (
        places(one, results.targets).table for one in (some, by_milliseconds(some))
    )
    held = places(some, measure="test_accuracy").table
    rows = [
        [f"`{name}`", rank_cell(row), rank_cell(by_seconds.loc[name]), f"{row['reached']:.0%}",
         f"{held.loc[name, 'score']:.3f}", f"{seconds_of(some, name):.2f}"]
        for name, row in by_passes.iterrows()
    ]  # fmt: skip
    head = ["optimizer", "by passes", "by seconds", "at the target", "accuracy", "s a run"]
    return markdown(head, rows)


# --- The problems --------------------------------------------------------------------------------


def cards(results: Results) -> str:
    """Return what each problem is, and what chance, one descent and many descents do on it."""
    of_problem = read_cards()
    rows = []
    for one in read_suite("suite-1").problems:
        card = of_problem[one.name]
        weights = "-".join(str(n) for n in card["weights"].values())
        group = one.group if one.part == "evaluation" else f"{one.group} (tuning)"
        met = "-"
        if "minima" in card:
            met = f"{card['minima']} in {card['certified']}" if card["certified"] else "none"
        rows.append(
            [f"`{one.name}`", group, weights, f"{card['sequences']} × {card['steps']}",
             *(loss_cell(results, one.name, by) for by in MEASURED), met]
        )  # fmt: skip
    head = ["problem", "group", "weights", "data", *MEASURED.values(), "minima"]
    return markdown(head, rows, left=(0, 1))


def loss_cell(results: Results, dataset: str, name: str) -> str:
    """Return an optimizer's median loss, in units of that of knowing nothing, and successes."""
    runs = results.runs
    own = runs[(runs["dataset"] == dataset) & (runs["optimizer"] == name)]
    if own.empty:
        return "-"
    relative = own["train_loss"].median() / (10 * own["target"].iloc[0])
    return f"{relative:.2g}, {own['reached'].mean():.0%}"


# --- Tuning --------------------------------------------------------------------------------------


def tuned(results: Results) -> str:
    """Return each optimizer as it is and as tuned, side by side."""
    some = with_gradients(complete(results))
    areas, accuracies = run_scores(some, "area", results.targets), run_scores(some, "test_accuracy")
    names = [name for name in areas.optimizers if f"{name}{TUNED}" in areas.optimizers]
    rows = [
        [f"`{name}`", *side_by_side(areas, name, lower=True),
         *side_by_side(accuracies, name, lower=False)]
        for name in names
    ]  # fmt: skip
    rows.sort(key=lambda row: row[2])
    head = ["optimizer", "area", "tuned", "better", "accuracy", "tuned", "better"]
    n = some.runs["seed"].nunique()
    return f"{markdown(head, rows)}\n\n{len(names)} optimizers, {n} seeds of each."


def side_by_side(scores: RunScores, name: str, *, lower: bool) -> list[str]:
    """Return the mean score as it is and as tuned, and the probability that tuning improves it."""
    before, after = (
        scores.values[:, scores.optimizers.index(one)] for one in (name, f"{name}{TUNED}")
    )
    means = after.mean(axis=1), before.mean(axis=1)
    p = bayesian_signed_rank(*means, rope=ROPE, seed=0, lower_is_better=lower)
    shown = (f"{interquartile_mean(one):.3f}" for one in (before, after))
    return [*shown, f"{p.first:.2f}"]


#: The tables by the name of their file, of results with default settings.
TABLES: Mapping[str, Callable[[Results], str]] = {
    "overview": overview,
    "ranks": ranks,
    "held_out": held_out,
    "no_gradient": no_gradient,
    "groups": groups,
    "claims": claims,
    "which_to_take": which_to_take,
    "prices": prices,
    "seconds": seconds,
    "cards": cards,
}

#: Those of all results, where some are of tuned optimizers.
OF_TUNED: Mapping[str, Callable[[Results], str]] = {
    "tuned": tuned,
    "tuned_ranks": lambda results: ranks(as_tuned(results)),
    "tuned_held_out": lambda results: held_out(as_tuned(results)),
}
