"""The engine on processors other than this one, and where numba is told not to compile."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    "engine/test_engine",
    "engine/test_passes",
    "engine/test_memory",
    "criteria/test_curvature",
    "networks/test_networks",
]
SSE = "+sse,+sse2"
AVX2 = (
    "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+popcnt,+sse,+sse2,+sse3,+sse4.1,+sse4.2,+ssse3"
)

pytestmark = [pytest.mark.slow]
on_x86 = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="for x86 processors"
)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": AVX2}, marks=on_x86),
        pytest.param({"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": SSE}, marks=on_x86),
        pytest.param({"NUMBA_DISABLE_JIT": "1"}),
    ],
    ids=["avx2", "sse2", "not compiled"],
)
def test_engine(settings, tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *(str(ROOT / "tests" / f"{file}.py") for file in FILES)],
        cwd=ROOT,
        # Code for one processor is of no use to another: each one has a cache of its own.
        env=os.environ | settings | {"NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]
