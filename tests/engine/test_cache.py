"""numba's disk cache sees a change in any of the compiled files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import metarnn
from metarnn.cells import elman, linear
from metarnn.engine import jit, loop, losses
from metarnn.engine.jit import Routine


def test_cached_functions_are_stamped():
    # numba's private names: this fails where a new version has others.
    routines = [
        value._dispatcher
        for module in (elman, linear, loop, losses)
        for value in vars(module).values()
        if isinstance(value, Routine)
    ]
    assert len(routines) > 12
    for function in (loop.serial, loop.parallel, *routines):
        assert function._cache._cache_file._source_stamp == jit.FINGERPRINT


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
    losses = package / "engine" / "losses.py"
    text = losses.read_text()
    changed = text.replace(
        "losses.store(log_of_normal(total) - picked)",
        "losses.store(log_of_normal(total) - picked + 1.0)",
    )
    assert changed != text
    losses.write_text(changed)
    assert loss() == pytest.approx(before + 1)
