"""Optimizers that fail in ways of their own, in a module that workers can import."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from metarnn.optimizers import Ask, Optimizer, Search, Space


@dataclass
class Deadly(Optimizer):
    """Kills its process so many times, then searches at random."""

    counter: str = ""
    times: int = 1

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        with Path(self.counter).open("a+") as file:
            file.seek(0)
            died = len(file.read())
            if died < self.times:
                file.write("x")
        if died < self.times:
            os.kill(os.getpid(), signal.SIGKILL)
        while True:
            yield Ask(space.sample(10, rng))


@dataclass
class Raising(Optimizer):
    """Raises after its first ask."""

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        yield Ask(space.sample(10, rng))
        raise ZeroDivisionError("the step\nis zero")
