"""What all tests share: their processes, and libraries that the test extra does not bring."""

import os
import signal

import pytest

# Threads of several processes on the same cores: one that spins while it waits for another takes
# fifty times the processor time that the work does. Read when OpenMP is loaded, so it comes first.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A shell ignores Ctrl-C for what it starts in the background, and who is started so inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

#: Fixtures of such libraries; the tests that take one are marked as optional.
OPTIONAL = {"torch", "iohinspector"}


def pytest_xdist_auto_num_workers():
    """Return how many processes ``-n auto`` starts: each of them loads all kernels."""
    usable = getattr(os, "sched_getaffinity", None)
    return min(4, len(usable(0)) if usable else os.cpu_count() or 1)


@pytest.fixture(scope="session")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="session")
def iohinspector():
    return pytest.importorskip("iohinspector")


def pytest_collection_modifyitems(items):
    for item in items:
        if OPTIONAL & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.optional)
