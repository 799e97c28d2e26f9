"""The command that measures shares of the processor's limit fails where one is too small."""

import pytest

from benchmarks.passes import share

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("gradient", "least"), [(False, 1e-6), (True, 1e-6), (True, 1e6)])
def test_a_share_that_is_too_small_fails(gradient, least, monkeypatch, capsys):
    monkeypatch.setattr(share, "CASES", (share.Case("elman", "tiny", 2, gradient, least),))
    if least < 1:
        share.main(["--rounds", "1"])
        assert "elman tiny" in capsys.readouterr().out
        return
    with pytest.raises(SystemExit) as ended:
        share.main(["--rounds", "1"])
    assert ended.value.code == 1
    assert "less than" in capsys.readouterr().err


def test_rounds_must_be_positive(capsys):
    with pytest.raises(SystemExit) as ended:
        share.main(["--rounds", "0"])
    assert ended.value.code == 2
    assert "--rounds" in capsys.readouterr().err
