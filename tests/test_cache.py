"""numba's disk cache sees a change in any of the compiled files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import metarnn
from metarnn import passes
from metarnn.engine import jit


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_cached_functions_are_stamped():
    # numba's private names: this fails where a new version has others.
    for function in (passes._chunk, passes._parallel):
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
        "losses[lane] += log(total[lane])", "losses[lane] += log(total[lane]) + one"
    )
    assert changed != text
    losses.write_text(changed)
    assert loss() == pytest.approx(before + 1)
