"""What each task states of a model without memory."""

import pytest

from metarnn.datasets import (
    load,
)


@pytest.mark.parametrize(
    ("name", "options", "chance"),
    [
        ("parity", {"n_bits": 3}, 1 / 2),
        ("parity", {"n_bits": 3, "per_step": True}, 2 / 3),
        ("xor", {}, 1 / 2),
        ("latch", {}, 1 / 2),
        ("latch", {"n_steps": 1}, 1),
        ("two_sequence", {}, 1 / 2),
        ("delayed_recall", {}, 1 / 4),
        ("delayed_recall", {"lag": 0}, 1),
        ("adding", {}, 0.525),
        ("adding", {"form": "1997", "n_steps": 22}, 1 / 2),
        ("temporal_order", {}, 1 / 4),
        ("temporal_order", {"n_marked": 3, "n_sequences": 8}, 1 / 8),
        ("copy_memory", {}, 0.78125),
    ],
)
def test_tasks_state_their_chance(name: str, options: dict, chance: float) -> None:
    data = load(name, **options)
    assert data.task is not None
    assert data.task.chance == chance
    text = " ".join(data.describe().split())
    assert f"{chance:.1%} right without memory" in text
    assert f"solved {data.task.criterion}" in text


def test_a_table_has_no_task() -> None:
    data = load("iris")
    assert data.task is None
    assert "solved" not in data.describe()
    assert "without memory" not in data.describe()
