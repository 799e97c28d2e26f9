"""Losses and gradients, against torch and JAX, and the cost of a gradient in forward passes.

Run it on an otherwise idle machine:
python -m benchmarks.passes.gradient [size ...] [--network NAME]

The price that budgets charge for a gradient is 3 passes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chart import draw_panels
from benchmarks.command import announce, disagreement, parse
from benchmarks.measure import fastest_ratio, interleave, ratio
from benchmarks.passes.gradient_rivals import GRADIENT
from benchmarks.passes.networks import NETWORKS
from benchmarks.passes.problems import SIZES, Problem, make_problem
from benchmarks.passes.references import reference_gradients, reference_losses
from benchmarks.passes.rivals import Rival, available
from benchmarks.peaks import n_cores
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

CANDIDATES = (1, 8, 32)
OURS, FORWARD = "ours", "ours, forward"
ONE_THREAD, FORWARD_ONE_THREAD = "ours, 1 thread", "ours, forward, 1 thread"
LOSS_TOLERANCE, TOLERANCE = 1e-4, 1e-3


def measure(
    problem: Problem, expected: np.ndarray, rivals: dict[str, Rival], rounds: int, least: float
) -> dict[str, Any]:
    """Return the measurements of one problem, after all agree on the gradients.

    Parameters
    ----------
    problem : Problem
        Data, and some candidates.
    expected : (P, D) array
        Their gradients.
    rivals : dict of str to Rival
        Those that are installed.
    rounds : int
        See :func:`measure.interleave`.
    least : float
        See there.
    """
    network = problem.build()
    weights, single = problem.weights, problem.weights.astype(np.float32)
    all_threads = Fitness(network, problem.X, problem.y)
    one_thread = Fitness(network, problem.X, problem.y, n_threads=1)
    calls = {
        OURS: lambda: all_threads.gradient(weights),
        ONE_THREAD: lambda: one_thread.gradient(weights),
    }
    for name, rival in rivals.items():
        gradients = rival.make(problem)
        calls[name] = lambda gradients=gradients: gradients(single)
    losses = reference_losses(problem)
    errors = {}
    for name, call in calls.items():
        given_losses, given = call()
        off = float(np.abs(given_losses - losses).max())
        errors[name] = float(np.abs(given - expected).max() / np.abs(expected).max())
        for error, tolerance in ((off, LOSS_TOLERANCE), (errors[name], TOLERANCE)):
            if not error < tolerance:
                disagreement(name, f"{problem.name} with P = {problem.P}", error, tolerance)
    calls[FORWARD] = lambda: all_threads(weights)
    calls[FORWARD_ONE_THREAD] = lambda: one_thread(weights)
    times = interleave(calls, rounds, least)
    result = {size: getattr(problem, size) for size in "PBTIHK"}
    result["price"] = ratio(times[OURS], times[FORWARD])
    result["price_one_thread"] = ratio(times[ONE_THREAD], times[FORWARD_ONE_THREAD])
    result["contestants"] = {
        name: {
            "seconds": float(np.median(times[name])),
            "seconds_fastest": float(times[name].min()),
            "ratio": ratio(times[name], times[OURS]),
            "ratio_fastest": fastest_ratio(times[name], times[OURS]),
            "error": errors.get(name),
        }
        for name in calls
    }
    result["best_rival"] = min(
        rivals, key=lambda name: result["contestants"][name]["ratio"], default=None
    )
    return result


def summary(results: Sequence[dict[str, Any]]) -> str:
    """Return the table of ours: a row for each size and number of candidates."""
    rows = []
    for result in results:
        best = result["contestants"].get(result["best_rival"])
        rows.append(
            [
                result["size"],
                str(result["P"]),
                f"{result['contestants'][OURS]['seconds'] * 1e3:.3f}",
                number(result["price"]),
                number(result["price_one_thread"]),
                result["best_rival"] or "none",
                number(best["ratio"]) if best else "-",
                number(best["ratio_fastest"]) if best else "-",
                number(result["contestants"][ONE_THREAD]["ratio"]),
            ]
        )
    header = ["size", "P", "ours\nms", "price", "price\n1 thread", "best\nrival"]
    header += ["its\nratio", "(min\n/min)", "one\nthread"]
    return table(header, rows, left=(0, 5))


def all_ratios(results: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    """Return the table of the rivals: a column for each."""
    rows = [
        [
            result["size"],
            str(result["P"]),
            *(number(result["contestants"][name]["ratio"]) for name in names),
        ]
        for result in results
    ]
    return table(["size", "P", *(name.replace(" ", "\n", 1) for name in names)], rows)


def draw(path: Path, content: dict[str, Any]) -> None:
    """Draw the JSON file: a row of panels for each size, a column for each P."""
    results = content["results"]
    shown = [OURS, *(name for name in GRADIENT if name in results[0]["contestants"])]
    draw_panels(
        path,
        {
            "{size}: P {P}, B {B}, T {T}, I {I}, H {H}, K {K}".format(**result): {
                name: result["contestants"][name]["ratio"] for name in shown
            }
            for result in results
        },
        {name: GRADIENT[name].library if name in GRADIENT else "metarnn" for name in shown},
        f"Losses and gradients of P {NETWORKS[content['network']].title}, float32",
        "time relative to ours (log scale)",
        f"Median of {content['rounds']} interleaved rounds; shorter is faster. "
        f"{one_line(content['machine'])}.\nP candidates, B sequences, T steps, I inputs, "
        "H hidden units, K classes.",
    )


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and write a JSON file and a chart."""
    options = parse(__doc__, SIZES, "size", 5, words, list(NETWORKS))
    rivals, missing = available(GRADIENT)
    machine = describe_machine(dict.fromkeys(rival.library for rival in rivals.values()))
    print(
        heading(f"Losses and gradients of P {NETWORKS[options.network].title}.", machine, missing)
    )
    results = []
    for size in options.names:
        announce(size)
        problem = make_problem(size, max(CANDIDATES), options.network)
        expected = reference_gradients(problem)
        for P in CANDIDATES:
            measured = measure(
                problem.first(P),
                expected[:P],
                rivals,
                options.rounds,
                0.003 if options.quick else 0.02,
            )
            results.append({"size": size, **measured})
    print(f"\n{summary(results)}\n")
    if rivals:
        print(f"Times as long as ours:\n{all_ratios(results, list(rivals))}\n")
    print(
        paragraphs(
            f"Ours: Fitness.gradient in float32 on {n_cores()} threads. Price: a gradient in "
            "forward passes of as many candidates. Ratios: times as long as ours, median over "
            f"{options.rounds} interleaved rounds; (min/min): fastest against fastest.",
            f"All agree with a float64 reference: losses to {LOSS_TOLERANCE:.0e}, gradients to "
            f"{TOLERANCE:.0e} of the largest.",
        )
    )
    content = {"command": "gradient", "network": options.network}
    content |= {"machine": machine, "missing": missing}
    content |= {"rounds": options.rounds, "results": results}
    stem = f"gradient-{options.network}"
    write_json(options.out / f"{stem}.json", content)
    draw(options.out / f"{stem}.png", content)
    print(paragraphs(f"Written to {options.out}: {stem}.json, {stem}.png"))


if __name__ == "__main__":
    main()
