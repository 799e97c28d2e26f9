"""What every error of the package must be: one sentence."""

import re

import pytest


def one_sentence(error: pytest.ExceptionInfo[BaseException], *parts: object) -> None:
    """Check that a caught error is one sentence that names what was given and expected."""
    message = str(error.value)
    assert re.fullmatch(r"[^\n]+\.", message), message
    assert ". " not in message, message
    for part in parts:
        assert str(part) in message, message
