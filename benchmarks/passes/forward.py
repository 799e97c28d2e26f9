"""The forward pass of whole populations, against NumPy, torch and JAX.

Run it on an otherwise idle machine: python -m benchmarks.passes.forward [size ...] [--network NAME]
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chart import draw_panels
from benchmarks.command import announce, disagreement, parse
from benchmarks.measure import Call, fastest_ratio, interleave, ratio
from benchmarks.passes.networks import NETWORKS
from benchmarks.passes.problems import SIZES, Problem, make_problem
from benchmarks.passes.references import reference_losses
from benchmarks.passes.rivals import CUSTOMARY, FORWARD, Rival, available
from benchmarks.peaks import Peak, measure_peak, n_cores
from benchmarks.report import (
    describe_machine,
    heading,
    number,
    one_line,
    paragraphs,
    table,
    write_json,
)
from metarnn import Fitness

OURS, ONE_THREAD, FLOAT64 = "ours", "ours, 1 thread", "ours f64"
TOLERANCE = 1e-4


def ours(problem: Problem, dtype: str = "float32", n_threads: int | None = None) -> Call:
    """Return a call of a Fitness, as its users make it: on weights in float64."""
    fitness = Fitness(problem.build(dtype), problem.X, problem.y, n_threads=n_threads)
    return lambda: fitness(problem.weights)


def contestants(problem: Problem, rivals: dict[str, Rival]) -> dict[str, Call]:
    """Return every contestant of a problem, ours first."""
    calls = {
        OURS: ours(problem),
        ONE_THREAD: ours(problem, n_threads=1),
        FLOAT64: ours(problem, "float64"),
    }
    for name, rival in rivals.items():
        losses, weights = rival.make(problem), problem.weights.astype(rival.dtype)
        calls[name] = lambda losses=losses, weights=weights: losses(weights)
    return calls


def measure(
    problem: Problem, rivals: dict[str, Rival], rounds: int, least: float
) -> dict[str, Any]:
    """Return the measurements of one problem, after all agree on the losses."""
    calls = contestants(problem, rivals)
    expected = reference_losses(problem)
    errors = {name: float(np.abs(call() - expected).max()) for name, call in calls.items()}
    for name, error in errors.items():
        if not error < TOLERANCE:
            disagreement(name, problem.name, error, TOLERANCE)
    times = interleave(calls, rounds, least)

    def standing(name: str) -> dict[str, Any]:
        base = times[FLOAT64] if name in rivals and rivals[name].dtype == "float64" else times[OURS]
        return {
            "seconds": float(np.median(times[name])),
            "seconds_fastest": float(times[name].min()),
            "ratio": ratio(times[name], base),
            "ratio_fastest": fastest_ratio(times[name], base),
            "error": errors[name],
        }

    result = {size: getattr(problem, size) for size in "PBTIHK"}
    result |= {"flops": problem.flops, "n_tanh": problem.n_tanh}
    result["contestants"] = {name: standing(name) for name in calls}
    result["best_rival"] = min(
        (name for name, rival in rivals.items() if rival.dtype == "float32"),
        key=lambda name: result["contestants"][name]["ratio"],
        default=None,
    )
    return result


def hold_against(result: dict[str, Any], one: Peak, all_threads: Peak) -> None:
    """Add to a result how near ours comes to the roofline."""
    for name, peak in ((OURS, all_threads), (ONE_THREAD, one)):
        own = result["contestants"][name]
        own["gflops"] = result["flops"] / own["seconds"] / 1e9
        own["of_peak"] = own["gflops"] / peak.gflops
        own["of_roofline"] = peak.seconds(result["flops"], result["n_tanh"]) / own["seconds"]


def summary(sizes: dict[str, Any]) -> str:
    """Return the table of ours: a row for each size."""
    rows = []
    for size, result in sizes.items():
        standing = result["contestants"]
        own, best = standing[OURS], standing.get(result["best_rival"])
        rows.append(
            [
                size,
                f"{own['seconds'] * 1e3:.3f}",
                number(own["gflops"]),
                f"{own['of_peak']:.0%}",
                f"{own['of_roofline']:.0%}",
                result["best_rival"] or "none",
                number(best["ratio"]) if best else "-",
                number(best["ratio_fastest"]) if best else "-",
                number(standing[CUSTOMARY]["ratio"]) if CUSTOMARY in standing else "-",
                number(standing[ONE_THREAD]["ratio"]),
            ]
        )
    header = ["size", "ours\nms", "\nGFLOP/s", "% of\npeak", "% of\nroof", "best\nrival"]
    header += ["its\nratio", "(min\n/min)", "JAX\nvmap", "one\nthread"]
    return table(header, rows, left=(0, 5))


def all_ratios(sizes: dict[str, Any], names: Sequence[str]) -> str:
    """Return the table of all contestants: a column for each size."""
    rows = [
        [name, *(number(result["contestants"][name]["ratio"]) for result in sizes.values())]
        for name in names
    ]
    return table(["times as long as ours", *sizes], rows)


def _in_words(peak: Peak) -> str:
    return (
        f"Peak on {peak.n_threads} thread{'s' * (peak.n_threads > 1)}: {peak.gflops:.0f} GFLOP/s "
        f"of multiply-adds, {peak.gtanh:.1f} billion tanh a second ({peak.gdivisions:.1f} billion "
        "divisions)."
    )


def draw(path: Path, content: dict[str, Any]) -> None:
    """Draw the JSON file: a panel for each size, float32 only."""
    sizes = content["sizes"]
    shown = [name for name in next(iter(sizes.values()))["contestants"] if "f64" not in name]
    draw_panels(
        path,
        {
            "{}: P {P}, B {B}, T {T}, I {I}, H {H}, K {K}".format(size, **result): {
                name: result["contestants"][name]["ratio"] for name in shown
            }
            for size, result in sizes.items()
        },
        {name: FORWARD[name].library if name in FORWARD else "metarnn" for name in shown},
        f"Forward pass of a population of {NETWORKS[content['network']].title}, float32",
        "time relative to ours (log scale)",
        f"Median of {content['rounds']} interleaved rounds; shorter is faster. "
        f"{one_line(content['machine'])}.\nP candidates, B sequences, T steps, I inputs, "
        "H hidden units, K classes.",
    )


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and write a JSON file and a chart."""
    options = parse(__doc__, SIZES, "size", 7, words, list(NETWORKS))
    rivals, missing = available(FORWARD)
    machine = describe_machine(dict.fromkeys(rival.library for rival in rivals.values()))
    print(heading(f"Forward pass of P {NETWORKS[options.network].title}.", machine, missing))
    one, many = measure_peak(1), measure_peak(n_cores())
    sizes = {}
    for size in options.names:
        announce(size)
        least = 0.003 if options.quick else 0.03
        problem = make_problem(size, network=options.network)
        sizes[size] = measure(problem, rivals, options.rounds, least)
    # Another program may have been in the way the first time.
    one, many = one.or_better(measure_peak(1)), many.or_better(measure_peak(n_cores()))
    for result in sizes.values():
        hold_against(result, one, many)
    print(paragraphs(*map(_in_words, dict.fromkeys((one, many)))))
    names = [name for name in sizes[options.names[0]]["contestants"] if name != OURS]
    print(f"\n{summary(sizes)}\n\n{all_ratios(sizes, names)}\n")
    print(
        paragraphs(
            f"Ours: a Fitness in float32 on {many.n_threads} threads, called with weights in "
            f"float64. Ratios: times as long as ours, median over {options.rounds} interleaved "
            "rounds; (min/min): fastest against fastest. Rivals named f64 are held against ours "
            "in float64.",
            "% of peak: multiply-adds a second against the machine's. % of roof: the time that "
            "multiply-adds and tanh take at their peaks, against ours; a sigmoid counts as a tanh.",
            f"All agree with a plain float64 reference to {TOLERANCE:.0e}.",
        )
    )
    content = {"command": "forward", "network": options.network}
    content |= {"machine": machine, "missing": missing}
    content |= {"rounds": options.rounds, "peaks": [vars(one), vars(many)], "sizes": sizes}
    stem = f"forward-{options.network}"
    write_json(options.out / f"{stem}.json", content)
    draw(options.out / f"{stem}.png", content)
    print(paragraphs(f"Written to {options.out}: {stem}.json, {stem}.png"))


if __name__ == "__main__":
    main()
