"""numba's disk cache sees a change in any compiled file, and knows generated functions by name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import metarnn
from metarnn.cells import elman, linear
from metarnn.engine import LOSSES, loop, tile_tasks
from metarnn.engine.disk_cache import DiskCache, fingerprint, named
from metarnn.engine.jit import Routine, Variant


def test_stored_functions_are_stamped():
    # numba's private names: this fails where a new version has others.
    routines = [
        value
        for module in (elman, linear, loop, tile_tasks)
        for value in vars(module).values()
        if isinstance(value, Routine)
    ]
    routines += [routine for pair in elman.ACTIVATIONS.values() for routine in pair]
    routines += [LOSSES["mse"].losses, LOSSES["cross_entropy"].gradients]
    assert len(routines) > 12
    for routine in routines:
        routine.address(Variant())
        cache = routine._dispatcher._cache
        assert isinstance(cache, DiskCache)
        assert cache._cache_file._source_stamp[1] == fingerprint()


def test_nothing_is_hashed_or_compiled_at_import():
    program = (
        "import metarnn.cells, metarnn.layers, metarnn.engine.disk_cache as cache\n"
        "from metarnn.engine import loop\n"
        "assert cache.fingerprint.cache_info().misses == 0\n"
        "assert not loop.serial.overloads and not loop.serial._cache.cache_path\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


GENERATED = """
import sys
from metarnn.engine.disk_cache import named
from metarnn.engine.jit import kernel, subroutine

def adder(name, constant, both):
    @subroutine
    def inner(x):
        return x + constant

    @both(kernel, name)
    def outer(x):
        return inner(x)

    return outer

def with_name(decorate, name):
    return lambda function: decorate(named(name)(function))

def without_name(decorate, name):
    return decorate

two, three = adder("two", 2, with_name), adder("three", 3, with_name)
other = adder("other", 5, without_name)
order = [two, three] if sys.argv[1] == "first" else [three, two]
print(*(function(1) for function in order), other(1))
print(*(sum(function.stats.cache_hits.values()) for function in (two, three, other)))
"""


def test_generated_functions_are_found_again_by_their_names(tmp_path):
    """Two functions of one source line, stored by name; a third one without leaves no file."""
    script, cache = tmp_path / "generated.py", tmp_path / "cache"

    def run(order):
        done = subprocess.run(
            [sys.executable, script, order],
            env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        values, hits = done.stdout.splitlines()
        names = [path.name.partition("-")[0] for path in cache.rglob("*.nb?")]
        return values, hits, sorted(names)

    script.write_text(GENERATED)
    files = ["generated.three"] * 2 + ["generated.two"] * 2  # an index and the code of each
    assert run("first") == ("3 4 6", "0 0 0", files)
    assert run("second") == ("4 3 6", "1 1 0", files)
    # What a closure holds is not part of the key, so a change has to be seen in the file.
    script.write_text(GENERATED.replace('"two", 2', '"two", 7'))
    assert run("first") == ("8 4 6", "0 0 0", files)


def test_generated_functions_of_one_line_need_different_names():
    def make(name):
        return named(name)(lambda x: x)

    assert make("a generated function").__qualname__ == "a generated function"
    with pytest.raises(ValueError, match="are named 'a generated function'; give each one"):
        make("a generated function")


@pytest.mark.slow
def test_a_change_in_another_file_is_seen(tmp_path):
    package = tmp_path / "metarnn"
    shutil.copytree(Path(metarnn.__file__).parent, package)
    for name in ("optimizers", "datasets"):
        source = Path(__import__(f"metarnn.{name}", fromlist=[name]).__file__).parent
        shutil.copytree(source, package / name, dirs_exist_ok=True)
    program = (
        "import numpy as np, metarnn\n"
        "fitness = metarnn.Fitness(metarnn.Network.build(1, 2, hidden=2), [[1.0], [2.0]], [0, 1])\n"
        "print(metarnn.__file__, fitness(np.zeros(fitness.dim))[0])\n"
    )

    def loss():
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "c")},
            capture_output=True,
            text=True,
            check=True,
        )
        path, value = done.stdout.split()
        assert Path(path).parent == package
        return float(value)

    before = loss()
    kernels = package / "engine" / "loss_kernels.py"
    text = kernels.read_text()
    changed = text.replace(
        "losses.store(log_of_normal(total) - picked)",
        "losses.store(log_of_normal(total) - picked + 1.0)",
    )
    assert changed != text
    kernels.write_text(changed)
    assert loss() == pytest.approx(before + 1)
