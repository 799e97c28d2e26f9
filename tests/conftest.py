"""What all tests share: libraries that the test extra does not bring."""

import pytest

#: Fixtures of such libraries; the tests that take one are marked as optional.
OPTIONAL = {"torch", "iohinspector"}


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
