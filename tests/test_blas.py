"""Small matrices are decomposed by one thread, and the threads come back."""

import importlib

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from metarnn.blas import MOST_ROWS, one_thread
from metarnn.linear.ridge import RidgePath
from metarnn.minima import find_minima, many_minima
from metarnn.optimizers import minimize
from metarnn.optimizers.analytic import sphere


@pytest.fixture
def threads():
    """Return the number of threads of each library; it has two while the test runs."""
    import scipy.linalg  # noqa: F401

    libraries = ThreadpoolController().select(user_api="blas")

    def numbers():
        return {one["num_threads"] for one in libraries.info()}

    with libraries.limit(limits=2):
        if numbers() != {2}:
            pytest.skip("BLAS has one thread here.")
        yield numbers


def test_one_thread_within_and_all_after(threads):
    with one_thread(50):
        assert threads() == {1}
        with one_thread(50):
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}
    with pytest.raises(ZeroDivisionError), one_thread(50):
        1 / 0  # noqa: B018
    assert threads() == {2}
    with one_thread(MOST_ROWS + 1):
        assert threads() == {2}


def ridge():
    rng = np.random.default_rng(0)
    RidgePath(rng.normal(size=(60, 40)), rng.normal(size=(60, 2)))


@pytest.mark.parametrize(
    ("work", "module", "name"),
    [
        (ridge, "numpy.linalg", "eigh"),
        (lambda: find_minima(many_minima(3), n_starts=4, seed=0), "numpy.linalg", "eigh"),
        (lambda: minimize(sphere(5), "cma_es", budget=200, seed=0), "numpy.linalg", "eigh"),
        (
            lambda: minimize(sphere(5), "lm", budget=50, seed=0),
            "scipy.linalg.lapack",
            "dposv",
        ),
    ],
    ids=["ridge", "minima", "cma_es", "levenberg_marquardt"],
)
def test_small_matrices_are_decomposed_by_one_thread(threads, monkeypatch, work, module, name):
    decompose = getattr(importlib.import_module(module), name)
    seen = []

    def recorded(*args, **settings):
        seen.append(threads())
        return decompose(*args, **settings)

    monkeypatch.setattr(f"{module}.{name}", recorded)
    work()
    assert seen
    assert all(one == {1} for one in seen)
    assert threads() == {2}
