"""Import the benchmarks from the repository's root; without them, leave out their tests."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

collect_ignore_glob = [] if (ROOT / "benchmarks").is_dir() else ["*"]


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
