"""Which minima optimizers visit, who leaves them, and what lies between: on traps, with intervals.

Run it anywhere: python -m benchmarks.tasks.minima [problem ...]

The networks are the small ones of the suite's traps, in float64, with a penalty that turns valleys
into minima. Descents from 100 starts find the minima. Each optimizer then runs from the same seeds,
and descents from its best points of ten equal parts of the run tell whose basins it was in. Then it
starts in each of the two minima that attract most starts, the lowest left out; it has left when
its loss is lower. Last, each minimum is kicked ten times: the local optima network.
"""

from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.command import announce, parse
from benchmarks.report import describe_machine, heading, paragraphs, table, write_json
from metarnn import Fitness, Network
from metarnn.datasets import load
from metarnn.minima import Minima, barrier, find_minima, leaving, optima_network, visits

#: 11 optimizers at their defaults.
OPTIMIZERS = ["adam", "rprop", "lbfgs", "restarts", "memetic", "cuckoo", "ga", "lshade", "cma_es",
              "pso", "random_search"]  # fmt: skip

N_STARTS, SEEDS, N_SNAPSHOTS, N_TRAPS, N_KICKS = 100, 10, 10, 2, 10
BUDGET, LEAVING_BUDGET = 3_000, 1_500

#: Of the kicks, in natural steps: the weights of minima are long.
STRENGTH = 3.0


@dataclass(frozen=True)
class Problem:
    """Data, a network and a penalty."""

    data: dict[str, Any]
    network: dict[str, Any]
    loss: str
    alpha: float


PROBLEMS = {
    "xor": Problem({"name": "xor"}, {"activation": "sigmoid"}, "mse", 1e-4),
    "parity_3": Problem({"name": "parity", "n_bits": 3}, {}, "cross_entropy", 1e-4),
    # Small starts of sigmoid units all descend to the constant.
    "parity_4": Problem(
        {"name": "parity", "n_bits": 4}, {"activation": "sigmoid", "init_scale": 3}, "mse", 1e-4
    ),
    "parity_5": Problem({"name": "parity", "n_bits": 5}, {}, "cross_entropy", 1e-3),
    "begin_middle_end": Problem(
        {"name": "begin_middle_end", "n_sequences": 90, "n_steps": 32, "seed": 0},
        {},
        "cross_entropy",
        1e-2,
    ),
}


def fitness_of(problem: Problem) -> Fitness:
    """Return the loss of two hidden units."""
    given = dict(problem.data)
    data = load(given.pop("name"), **given)
    network = Network.build(
        data.X.shape[-1], data.n_classes, hidden=2, dtype="float64", **problem.network
    )
    return Fitness(network, data.X, data.y, loss=problem.loss, alpha=problem.alpha, n_threads=1)


def measure(problem: Problem, rounds: int) -> dict[str, Any]:
    """Return all figures of a problem."""
    fitness = fitness_of(problem)
    found = find_minima(fitness, n_starts=N_STARTS, seed=0)
    seen = visits(fitness, OPTIMIZERS, found, budget=BUDGET, seeds=rounds, n_snapshots=N_SNAPSHOTS)
    traps = most_attracting(found)
    left = leaving(fitness, OPTIMIZERS, traps, budget=LEAVING_BUDGET, seeds=rounds)
    paths = [
        asdict(barrier(fitness, one.certificate, found.minima[0].certificate)) for one in traps
    ]
    network = optima_network(fitness, found, n_kicks=N_KICKS, strength=STRENGTH)
    return {
        "problem": asdict(problem),
        "minima": len(found.minima),
        "certified": sum(len(one.starts) for one in found.minima) / N_STARTS,
        "lowest": found.minima[0].loss,
        "lowest_basin": float(network.basins[network.lowest].sum()),
        "visits": seen.summary().to_dict("index"),
        "passes": {"runs": seen.passes, "descents": seen.descent_passes, "minima": found.passes},
        "leaving": {
            str(number): left.loc[number].to_dict("index")
            for number in left.index.get_level_values("minimum").unique()
        },
        "traps": [
            {"loss": one.loss, "starts": len(one.starts)}
            | {name: path[name] for name in ("height", "rise", "straight", "passes")}
            for one, path in zip(traps, paths, strict=True)
        ],
        "network": {
            "bottoms": len(network.bottoms),
            "to_lowest": float(network.basins @ network.to_lowest),
            "passes": network.passes,
            "kicks": network.to_frame().drop(columns="bottom").mean().to_dict(),
        },
    }


def most_attracting(found: Minima) -> list[Any]:
    """Return the minima to leave: those with most starts that are not as low as the lowest."""
    low = found.minima[0].loss
    higher = [one for one in found.minima if one.loss > low + 1e-4 * abs(low)]
    return sorted(higher, key=lambda one: -len(one.starts))[:N_TRAPS]


def show(name: str, found: dict[str, Any]) -> str:
    """Return a problem's tables."""
    lines = [
        f"{name}: {found['minima']} minima from {N_STARTS} starts, of which "
        f"{found['certified']:.0%} end in one; the lowest, {found['lowest']:.4g}, attracts "
        f"{found['lowest_basin']:.0%} of these. Of random starts that are kicked and only improve, "
        f"{found['network']['to_lowest']:.0%} end in it; {found['network']['bottoms']} funnels.",
    ]
    rows = [
        [
            optimizer,
            f"{row['minima']:.1f} [{row['minima_low']:.1f}, {row['minima_high']:.1f}]",
            f"{row['lowest']}/{row['runs']} [{row['low']:.2f}, {row['high']:.2f}]",
            f"{left['probability']:.2f} [{left['low']:.2f}, {left['high']:.2f}]",
            "never"
            if not left["escaped"]
            else f"{left['ert']:,.0f} [{left['ert_low']:,.0f}, {left['ert_high']:,.0f}]",
        ]
        for (optimizer, row), left in zip(
            found["visits"].items(), found["leaving"]["all"].values(), strict=True
        )
    ]
    header = ["", "minima\nvisited", "best in\nthe lowest", "leaves", "passes\nto leave"]
    climbs = [
        [f"{one['loss']:.4g}", str(one["starts"]), f"{one['straight'] - one['loss']:.3g}",
         f"{one['height'] - one['loss']:.3g}"]
        for one in found["traps"]
    ]  # fmt: skip
    between = table(["trap", "starts", "climb,\nstraight", "climb,\nstring"], climbs)
    return f"{paragraphs(*lines)}\n\n{table(header, rows)}\n\n{between}"


def main(words: list[str] | None = None) -> None:
    """Run the command."""
    options = parse(__doc__ or "", PROBLEMS, "problem", SEEDS, words)
    machine = describe_machine(("scipy",))
    print(heading("Minima: who visits them, and who leaves them.", machine, ()))
    for name in options.names:
        announce(f"{name}, {options.rounds} seeds")
        found = measure(PROBLEMS[name], options.rounds)
        print(f"\n{show(name, found)}", flush=True)
        write_json(
            options.out / f"minima-{name}.json", {"command": "minima", "machine": machine} | found
        )
    print()
    print(
        paragraphs(
            "Means and fractions with 95 % intervals: bootstrap for minima and passes, Wilson's "
            "for fractions of runs. Passes to leave: expected running time, from both minima. "
            "A gradient costs 3 passes."
        )
    )


if __name__ == "__main__":
    main()
