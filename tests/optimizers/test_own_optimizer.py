"""The optimizer that the documentation shows how to write, as it is printed there."""

import re
from pathlib import Path

import numpy as np
import pytest

from metarnn.optimizers import AskTell, Memetic, Population, Rprop, minimize
from metarnn.optimizers.analytic import sphere

PAGE = Path(__file__).parents[2] / "optimizers" / "README.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the page is not beside the tests")


@pytest.fixture
def climbers(tmp_path, monkeypatch) -> type[Population]:
    code = re.search(r"Add your own.*?```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert code is not None
    (tmp_path / "climbers.py").write_text(code[1])
    monkeypatch.syspath_prepend(tmp_path)
    return __import__("climbers").HillClimbers


def test_it_has_a_budget_a_seed_and_checked_settings(climbers):
    one, two = (minimize(sphere(3), climbers(), budget=1003, seed=2) for _ in range(2))
    assert one.passes == 1003
    assert one.fun < 0.1
    np.testing.assert_array_equal(one.x, two.x)
    with pytest.raises(ValueError, match="n_climbers must be an integer, at least 1, got 0"):
        minimize(sphere(3), climbers(n_climbers=0), budget=10)


def test_others_can_refine_and_ask_it(climbers):
    assert minimize(sphere(3), Memetic(climbers(), Rprop()), budget=1000, seed=2).fun < 1e-3
    assert AskTell(climbers(n_climbers=4), sphere(3).space, seed=1).ask().shape == (4, 3)
