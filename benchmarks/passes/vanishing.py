"""Gradients that vanish over the steps, against those of the same networks that do not.

Numbers that become subnormal on their way to 0 must not take longer than others.

    python -m benchmarks.passes.vanishing [network ...]
"""

from collections.abc import Sequence

import numpy as np

from benchmarks.command import parse
from benchmarks.measure import Call, fastest_ratio, interleave, ratio
from benchmarks.report import describe_machine, heading, number, paragraphs, table
from metarnn import Fitness, Network

B, T, H = 140, 84, 16
#: Cell, dtype, factor of the initial weights, and what is added to their gates' biases, which
#: saturates them.
CASES: dict[str, tuple[str, str, float, float]] = {
    "elman, small weights": ("elman", "float32", 0.1, 0.0),
    "gru, small weights": ("gru", "float32", 0.1, 0.0),
    "gru, closed gates": ("gru", "float32", 1.0, -12.0),
    "lstm, closed gates": ("lstm", "float32", 1.0, -12.0),
    "elman, float64": ("elman", "float64", 1e-4, 0.0),
}
LIVELY, VANISHING = "lively", "vanishing"


def contestants(cell: str, dtype: str, factor: float, bias: float) -> dict[str, Call]:
    """Return calls for the gradient at initial weights, and where it vanishes."""
    rng = np.random.default_rng(0)
    network = Network.build(1, 2, cell=cell, hidden=H, dtype=dtype)
    X, y = rng.normal(size=(B, T, 1)), rng.integers(2, size=B)
    fitness = Fitness(network, X, y, n_threads=1)
    lively = network.init(rng, 1)
    blocks = network.unpack(lively * factor)
    blocks["bias_ih_l0"][:, H : 2 * H] += bias
    points = {LIVELY: lively, VANISHING: network.pack(blocks)}
    return {name: lambda point=point: fitness.gradient(point) for name, point in points.items()}


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = parse(__doc__, CASES, "network", 15, words)
    intro = f"Gradients of one candidate, {H} units, {B} sequences of {T} steps, one thread."
    print(heading(intro, describe_machine({}), []))
    rows = []
    for name in options.names:
        calls = contestants(*CASES[name])
        for call in calls.values():
            call()
        times = interleave(calls, options.rounds, 0.003 if options.quick else 0.03)
        own, other = times[LIVELY], times[VANISHING]
        rows.append(
            [
                name,
                f"{np.median(own) * 1e3:.3f}",
                f"{np.median(other) * 1e3:.3f}",
                number(ratio(other, own)),
                number(fastest_ratio(other, own)),
            ]
        )
    print(table(["network", f"{LIVELY}\nms", f"{VANISHING}\nms", "\nratio", "(min\n/min)"], rows))
    print(paragraphs(f"Ratios: median over {options.rounds} interleaved rounds."))


if __name__ == "__main__":
    main()
