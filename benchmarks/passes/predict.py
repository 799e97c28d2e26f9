"""The time of scores in use: of one sequence, of some, and of many.

Run it on an otherwise idle machine: python -m benchmarks.passes.predict [size ...]

One candidate scores sequences, against a loop over steps in NumPy and torch modules as they
are and traced (torch.jit).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.command import announce, disagreement, parse
from benchmarks.measure import Call, interleave, ratio
from benchmarks.passes.rivals import missing_libraries
from benchmarks.report import describe_machine, heading, number, paragraphs, table, write_json
from metarnn import Network

TOLERANCE = 1e-5
OURS = "ours"


class Size(NamedTuple):
    """Sequences of T steps of I inputs, H hidden units and K classes."""

    B: int
    T: int
    I: int
    H: int
    K: int


SIZES = {
    "one": Size(1, 10, 1, 16, 3),
    "one long": Size(1, 200, 3, 32, 5),
    "some": Size(32, 10, 1, 16, 3),
    "thousand": Size(1000, 10, 1, 16, 3),
    "many": Size(100_000, 10, 1, 16, 3),
}
CELLS = ("elman", "lstm")


def numpy_loop(network: Network, weights: np.ndarray, X: np.ndarray) -> Call:
    """Return a loop over steps, as it is written by hand, in float32."""
    names = {name: block.astype(np.float32) for name, block in network.unpack(weights).items()}
    W, U, b, V, c = names.values()
    H, lstm = network.layers[0].hidden, network.layers[0].cell == "lstm"
    Wt, Ut, Vt, X = W.T.copy(), U.T.copy(), V.T.copy(), X.astype(np.float32)

    def sigmoid(a: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-a))

    def scores() -> np.ndarray:
        h = state = np.zeros((len(X), H), np.float32)
        for t in range(X.shape[1]):
            a = X[:, t] @ Wt + h @ Ut + b
            if lstm:
                i, f, g, o = (a[:, n * H : (n + 1) * H] for n in range(4))
                state = sigmoid(f) * state + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(state)
            else:
                h = np.tanh(a)
        return h @ Vt + c

    return scores


def torch_modules(network: Network, weights: np.ndarray, X: np.ndarray, traced: bool) -> Call:
    """Return torch's modules, from and to NumPy, frozen and traced on request."""
    import torch

    recurrent, linear = network.to_torch(weights)

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.recurrent, self.linear = recurrent, linear

        def forward(self, x: Any) -> Any:
            return self.linear(self.recurrent(x)[0][:, -1])

    model, X = Model().eval(), X.astype(np.float32)
    with torch.inference_mode():
        if traced:
            model = torch.jit.freeze(torch.jit.trace(model, torch.from_numpy(X)))
        for _ in range(3):
            model(torch.from_numpy(X))

    def scores() -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(X)).numpy()

    return scores


def contestants(network: Network, size: Size, with_torch: bool) -> dict[str, Call]:
    """Return every contestant on the same sequences, ours first."""
    rng = np.random.default_rng(0)
    weights, X = network.init(rng, 1)[0], rng.normal(size=(size.B, size.T, size.I))
    made: dict[str, Callable[[], Call]] = {
        OURS: lambda: lambda: network.scores(weights, X),
        "ours, 1 thread": lambda: lambda: network.scores(weights, X, n_threads=1),
        "NumPy loop": lambda: numpy_loop(network, weights, X),
    }
    if with_torch:
        made["torch modules"] = lambda: torch_modules(network, weights, X, traced=False)
        made["torch traced"] = lambda: torch_modules(network, weights, X, traced=True)
    return {name: make() for name, make in made.items()}


def measure(cell: str, size: Size, with_torch: bool, rounds: int, least: float) -> dict[str, Any]:
    """Return seconds and ratios, after all agree on the scores."""
    network = Network.build(size.I, size.K, cell=cell, hidden=size.H)
    calls = contestants(network, size, with_torch)
    expected = calls["NumPy loop"]()
    for name, call in calls.items():
        error = float(np.abs(call() - expected).max())
        if not error < TOLERANCE:
            disagreement(name, cell, error, TOLERANCE)
    times = interleave(calls, rounds, least)
    return {
        name: {
            "seconds": float(np.median(seconds)),
            "seconds_fastest": float(seconds.min()),
            "ratio": ratio(seconds, times[OURS]),
        }
        for name, seconds in times.items()
    }


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and write a JSON file."""
    options = parse(__doc__, SIZES, "size", 7, words)
    missing = missing_libraries(["torch"])
    machine = describe_machine(["torch"])
    print(heading("Scores of sequences by one candidate.", machine, missing))
    measured: dict[str, Any] = {}
    for cell in CELLS:
        for name in options.names:
            announce(f"{cell}, {name}")
            least = 0.003 if options.quick else 0.03
            found = measure(cell, SIZES[name], not missing, options.rounds, least)
            measured[f"{cell}, {name}"] = found
    names = [name for name in next(iter(measured.values())) if name != OURS]
    rows = [
        [
            where,
            number(found[OURS]["seconds"] * 1e6),
            number(found[OURS]["seconds_fastest"] * 1e6),
            *(number(found[name]["ratio"]) for name in names),
        ]
        for where, found in measured.items()
    ]
    header = ["", "ours\nus", "fastest\nus", *(name.replace(" ", "\n") for name in names)]
    print(f"\n{table(header, rows)}\n")
    sizes = "; ".join(
        "{}: B {}, T {}, I {}, H {}, K {}".format(name, *SIZES[name]) for name in options.names
    )
    print(
        paragraphs(
            f"Others: times as long as ours, median over {options.rounds} interleaved rounds. Ours "
            "takes X in float64 and checks it; the others have it in float32. torch runs on all "
            "of its threads.",
            f"Sizes: {sizes}.",
            f"All agree with the NumPy loop to {TOLERANCE:.0e}.",
        )
    )
    content = {"command": "predict", "machine": machine, "missing": missing}
    write_json(options.out / "predict.json", content | {"rounds": options.rounds} | measured)
    print(paragraphs(f"Written to {options.out}: predict.json"))


if __name__ == "__main__":
    main()
