"""The answer of a study in words: who wins, by how much, and how sure that is."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metarnn.names import many
from metarnn.statistics import MEASURES, Verdict, problems_needed

from .leads import all_equal, beaten, first_names, standing
from .margins import Margin, margin
from .numbers import factor, listed, success

if TYPE_CHECKING:
    from metarnn.study import Results

#: Below this number of problems, or of pairs of runs, bootstrap intervals are too short.
FEW = 10

#: How certain the answer is, in a word for the eye.
DECIDED, PARTLY, OPEN, NOTHING = "Decided", "Partly decided", "Not decided", "Nothing to compare"


class Phrases(NamedTuple):
    """How a measure is spoken of."""

    title: str
    best: str  # what the first has
    behind: str  # how far the second is behind


PHRASES = {
    "train_loss": Phrases(
        "Training loss", "the lowest training loss", "The loss of {second} is {x} times as high"
    ),
    "ert": Phrases(
        "Passes to the target",
        "the fewest passes to the target",
        "{second} takes {x} times the passes",
    ),
    "test_accuracy": Phrases(
        "Held-out accuracy",
        "the highest held-out accuracy",
        "The accuracy of {second} is {x} points lower",
    ),
}


class Answer(NamedTuple):
    """The answer: a headline, its certainty in a word, paragraphs with titles, and limits."""

    headline: str
    certainty: str
    parts: list[tuple[str, str]]
    limits: list[str]


def answer(results: "Results", verdicts: dict[str, Verdict]) -> Answer:
    """Return the answer of a study, by its tests (none for less than two optimizers)."""
    runs = results.runs
    if not len(runs):
        return Answer("No run has finished yet, so there is no answer.", NOTHING, [], [])
    done = runs["status"] == "done"
    if not done.any():
        text = f"All {many(len(runs), 'run')} failed, so there is nothing to compare."
        return Answer(text, NOTHING, [], ["The reasons are under “Failed runs”."])
    if not verdicts:
        return _alone(results)
    main = verdicts["train_loss"]
    if not main.measured.problems:
        text = "Nothing can be judged yet: on no problem have all optimizers the same runs."
        return Answer(text, NOTHING, [], [_cut(one) for one in main.warnings])
    headline, certainty = _headline(main)
    parts, limits = [], {}
    for measure, verdict in verdicts.items():
        title, found = PHRASES[measure].title, verdict.measured
        limits[title] = list(verdict.warnings)
        if not found.problems:
            continue
        text, n = _part(results, verdict)
        parts.append((title, text))
        if 1 < n < FEW:
            over = "problems" if len(found.problems) > 1 else "pairs of runs"
            limits[title].append(
                f"Intervals are bootstrap intervals of {n} {over}; below {FEW} they are narrower "
                "than their 95% say."
            )
    return Answer(headline, certainty, parts, _merged(limits))


def _merged(limits: dict[str, list[str]]) -> list[str]:
    """Return the limits of the measures; one that not all share begins with its measures."""
    whose: dict[str, list[str]] = {}
    for title, texts in limits.items():
        for text in texts:
            whose.setdefault(_cut(text), []).append(title.lower())
    return [
        text if len(titles) == len(limits) else f"By {listed(titles)}: {text}"
        for text, titles in whose.items()
    ]


def _cut(warning: str) -> str:
    """Return a warning, cut where it lists many problems."""
    return warning if len(warning) <= 400 else warning[:399] + "…"


def _headline(verdict: Verdict) -> tuple[str, str]:
    """Return who wins by training loss, and how sure that is."""
    leader, *others = standing(verdict)
    won = beaten(verdict, leader)
    if all_equal(verdict):
        return "Nothing is decided: all optimizers end with the same training loss.", OPEN
    where = "" if len(verdict.measured.problems) > 1 else " on this problem"
    first = first_names(verdict)
    equally = f"{listed(first)} lead equally{where}" if len(first) > 1 else ""
    if len(won) == len(others):
        every = f"that of {others[0]}" if len(others) == 1 else f"those of all {len(others)} others"
        text = f"{leader} wins{where}: its training loss is lower than {every}, beyond chance."
        return text, DECIDED
    if won:
        left = [name for name in others if name not in won]
        text = f"{equally}; {leader} is" if equally else f"{leader} leads{where}, and is"
        text = f"{text} better than {_some(list(won))}"
        return f"{text}, but not beyond chance than {_some(left)}.", PARTLY
    needed, N = problems_needed(1 + len(others), verdict.alpha), len(verdict.measured.problems)
    few = f" With {1 + len(others)} optimizers a lead takes {needed} problems or more, not {N}."
    few *= 1 < N < needed
    if equally:
        return f"Nothing is decided: {equally} by training loss.{few}", OPEN
    text = f"Nothing is decided: {leader} leads{where} by training loss, but"
    none = "its lead is not" if len(others) == 1 else "none of its leads is"
    return f"{text} {none} beyond chance.{few}", OPEN


def _part(results: "Results", verdict: Verdict) -> tuple[str, int]:
    """Return a paragraph on one measure, and the number of values of its interval."""
    found, phrases = verdict.measured, PHRASES[verdict.measured.measure]
    if found.measure == "ert" and not np.isfinite(found.values).any():
        if results.runs["target"].notna().any():
            return "No run reached the target of its problem, so times to it say nothing.", FEW
        return "No problem has a target, so there are no times to it.", FEW
    if all_equal(verdict):
        return "All optimizers are equal.", FEW
    leader, second, *_ = standing(verdict)
    by = margin(results, found, leader, second)
    first = first_names(verdict)
    lead = f"{leader} has {phrases.best}{_first_places(verdict, leader)}."
    if len(first) > 1:
        lead = f"{listed(first)} share the best mean rank."
    after = second if second in first else f"{second}, the next,"
    text = f"{lead} {_behind(by, after, found.measure, single=len(found.problems) == 1)}"
    if found.measure == "ert" and len(found.problems) == 1:
        return f"{text} {_how_sure_of_ratio(by)}".rstrip(), by.n
    return f"{text} {_how_sure(verdict, leader)}", by.n


def _first_places(verdict: Verdict, leader: str) -> str:
    """Return on how many problems the leader is first, not level with all, and its mean rank."""
    found, ranks = verdict.measured, verdict.ranks
    N = len(found.problems)
    if ranks is None or N == 1:
        return ""
    mine = ranks.ranks[:, found.optimizers.index(leader)]
    level = np.ptp(ranks.ranks, axis=1) == 0
    first = int(((mine == ranks.ranks.min(axis=1)) & ~level).sum())
    equal = f", all are equal on {level.sum()}" if level.any() else ""
    rank = f"mean rank {mine.mean():.2f} of {len(found.optimizers)}"
    return f" on {first} of {N} problems{equal} ({rank})"


def _behind(by: Margin, second: str, measure: str, *, single: bool) -> str:
    """Return in a sentence by how much the second is behind."""
    ratios = MEASURES[measure].ratios
    show = factor if ratios else _points
    if np.isnan(by.value):
        return f"How far {second} is behind is unknown."
    said = PHRASES[measure].behind.format(second=second, x=show(by.value))
    if not np.isfinite(by.value):
        said = f"{second} is behind without bound (runs that failed)"
    if not single:
        where = "on the median problem"
    elif measure == "ert":
        where = "over all runs"
    else:
        where = "in the median pair of runs with the same seed"
    if not np.isfinite(by.value):
        return f"{said} {where}."
    sure = "one pair of runs, so no interval"
    if by.interval is not None:
        low, high = by.interval.low, by.interval.high
        ends = f"{show(low)} to {show(high) if np.isfinite(high) else 'no bound'}"
        sure = f"95% interval {ends}"
    return f"{said} {where} ({sure})."


def _how_sure(verdict: Verdict, leader: str) -> str:
    """Return which of the leads are beyond chance."""
    others = [name for name in standing(verdict) if name != leader]
    won = beaten(verdict, leader)
    shown = [f"{name} ({p})" for name, p in won.items()]
    alone = len(first_names(verdict)) == 1
    if len(shown) == len(others):
        return f"{leader} is better than {_some(shown)}."
    left = _some([name for name in others if name not in won])
    if shown:
        return f"{leader} is better than {_some(shown)}; not decided: {left}."
    return f"The lead over {left} is not decided." if alone else "No lead is decided."


def _how_sure_of_ratio(by: Margin) -> str:
    """Return whether the interval of a ratio of expected times excludes equal ones."""
    if by.interval is None or np.isnan(by.value):
        return ""
    if by.interval.low > 1:
        return "The interval excludes equal times, on this problem."
    return "The interval contains equal times: nothing is decided."


def _alone(results: "Results") -> Answer:
    """Return the answer of a study of one optimizer."""
    runs = results.runs
    (name,) = runs["optimizer"].unique()
    text = f"Only {name} ran, so there is nothing to compare it with."
    parts = []
    if runs["target"].notna().any():
        rate = success(int(runs["reached"].sum()), len(runs))
        parts.append(("Runs that reached the target", f"{rate.replace(' (', ' (95% interval ')}."))
    needed = problems_needed(2)
    limits = [f"A comparison takes another optimizer, and {needed} problems to generalize."]
    return Answer(text, NOTHING, parts, limits)


def _some(names: list[str]) -> str:
    """Return names in a sentence; of many, the first and a number."""
    return listed(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _points(difference: float) -> str:
    """Return a difference of accuracies in points of percent."""
    return f"{100 * difference:.1f}".replace("-", "−")
