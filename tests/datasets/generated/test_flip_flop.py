"""Bits that pulses set."""

import numpy as np
import pytest

from metarnn.datasets import (
    load,
)


@pytest.mark.parametrize("n_bits", [1, 3])
def test_flip_flop_holds_the_last_pulse_of_each_line(n_bits: int) -> None:
    data = load("flip_flop", n_sequences=30, n_steps=40, n_bits=n_bits, rate=0.2)
    assert data.n_classes == 2**n_bits
    for x, y in zip(data.X, data.y, strict=True):
        held = [""] * n_bits
        for inputs, label in zip(x, y, strict=True):
            held = [
                {-1: "-", 0: old, 1: "+"}[int(pulse)]
                for pulse, old in zip(inputs, held, strict=True)
            ]
            assert data.classes[label] == "".join(held)
    assert set(np.unique(data.X)) == {-1, 0, 1}


def test_flip_flop_states_its_chance() -> None:
    data = load("flip_flop", n_sequences=4000, seed=2)
    later = data.X[:, 1:]
    n = later.size
    assert abs((later != 0).mean() - 0.1) < 5 * (0.09 / n) ** 0.5
    # Guess "+" where there is no pulse.
    guess = (data.X >= 0) @ np.array([4, 2, 1])
    assert data.task is not None
    assert data.task.chance is not None
    assert (guess == data.y).mean() == pytest.approx(data.task.chance, abs=0.01)
    assert data.task.chance == pytest.approx(0.183, abs=5e-4)
