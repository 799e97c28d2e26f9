"""What a gradient costs in forward passes, in seconds: the price that budgets charge is 3.

Run it on an otherwise idle machine: python benchmarks/gradient_price.py
"""

import time

import numpy as np

from metarnn import Fitness, Network

#: Name: sequences B, steps T, inputs I, hidden units H, classes K.
SIZES = {
    "iris": (150, 4, 1, 8, 3),
    "breast cancer": (569, 30, 1, 16, 2),
    "digits": (1797, 8, 8, 32, 10),
    "long": (128, 100, 2, 32, 2),
    "large": (256, 50, 8, 128, 10),
}
CANDIDATES = 8
ROUNDS = 15


def seconds(call, points) -> float:
    began = time.perf_counter()
    call(points)
    return time.perf_counter() - began


def main() -> None:
    print(f"{CANDIDATES} candidates, one thread, float32, medians of {ROUNDS} interleaved rounds")
    print(f"{'size':14} {'pass':>12} {'gradient':>12} {'price':>6}")
    for name, (B, T, I, H, K) in SIZES.items():
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(B, T, I)), rng.integers(K, size=B)
        fitness = Fitness(Network.build(I, K, hidden=H), X, y, n_threads=1)
        points = fitness.space.sample(CANDIDATES, rng)
        rounds = [
            (seconds(fitness, points), seconds(fitness.gradient, points)) for _ in range(ROUNDS + 1)
        ][1:]  # the first one compiles
        once, gradient = np.median(rounds, axis=0) / CANDIDATES
        price = np.median([g / p for p, g in rounds])
        print(f"{name:14} {once * 1e6:9.1f} us {gradient * 1e6:9.1f} us {price:6.1f}")


if __name__ == "__main__":
    main()
