"""The memory that there is, as systems say it; what does not fit is refused."""

import numpy as np
import pytest

import metarnn.memory as memory
from metarnn import Fitness, Network
from metarnn.networks.costs import packed_bytes
from metarnn.optimizers import Order


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A folder with the files of a system that says nothing."""
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "OWN_GROUP", tmp_path / "group")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(memory, "_address_space", lambda: iter(()))
    monkeypatch.setattr(memory.os, "sysconf_names", {})
    return tmp_path


def group(folder, limit, used, cache, v1=False):
    folder.mkdir(parents=True, exist_ok=True)
    names = (
        ("memory.limit_in_bytes", "memory.usage_in_bytes")
        if v1
        else ("memory.max", "memory.current")
    )
    for name, number in zip(names, (limit, used), strict=True):
        (folder / name).write_text(f"{number}\n")
    total = "total_" * v1
    (folder / "memory.stat").write_text(
        f"{total}inactive_file {cache - cache // 5}\n{total}active_file {cache // 5}\nanon 7\n"
    )


def test_a_system_that_does_not_say(system):
    assert memory.free_bytes() is None
    memory.check_memory("All of it", 1e30, "choose less")


def test_what_linux_says(system):
    (system / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 7 kB\nSwapFree: 2 kB\n")
    assert memory.free_bytes() == 9 * 1024


@pytest.mark.parametrize("v1", [False, True])
def test_a_group_has_what_it_and_those_above_leave(system, v1):
    root = system / "groups" / ("memory" if v1 else "")
    (system / "group").write_text("4:memory:/a/b\n" if v1 else "0::/a/b\n")
    group(root / "a", 1000, 400, 50, v1)
    assert memory.free_bytes() == 650
    group(root / "a" / "b", 300, 200, 0, v1)
    assert memory.free_bytes() == 100
    group(root / "a" / "b", 300, 400, 0, v1)
    assert memory.free_bytes() == 0


def test_a_group_without_a_limit(system):
    (system / "group").write_text("0::/\n")
    group(system / "groups", "max", 400, 0)
    assert memory.free_bytes() is None


def test_a_refusal_has_the_estimate_what_is_free_and_what_to_do(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 2_000_000_000)
    memory.check_memory("hidden=9", 2e9, "choose less")
    with pytest.raises(ValueError, match="hidden=9 would take") as error:
        memory.check_memory("hidden=9", 3e12, "choose less")
    assert str(error.value) == (
        "hidden=9 would take 3.0 TB of memory, and 2.0 GB are free: choose less."
    )


def test_packed_data_count_once(monkeypatch):
    X, y = np.zeros((64, 500, 8)), np.arange(64) % 2
    network = Network.build(8, 2, hidden=2)
    fitness = Fitness(network, X, y)
    packed = packed_bytes(network, fitness._data.sequences)
    monkeypatch.setattr("metarnn.memory.SMALL", 0)
    needed = fitness.memory(Order.GRADIENT) - packed
    monkeypatch.setattr("metarnn.memory.free_bytes", lambda: needed)
    fitness.gradient(network.init(np.random.default_rng(0), 1))
    monkeypatch.setattr("metarnn.memory.free_bytes", lambda: needed - 1)
    with pytest.raises(ValueError, match=r"A gauss_newton of a network of .* would take"):
        fitness.gauss_newton(network.init(np.random.default_rng(0), 1))
    with pytest.raises(ValueError, match="on X of 64 sequences of 500 steps would take"):
        Fitness(network, X, y)


def test_this_system_says_something_sensible():
    free = memory.free_bytes()
    assert free is None or 0 <= free < 2**62
