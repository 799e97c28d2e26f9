"""The command that installs an extra."""

from metarnn import extras


def test_a_clone_is_installed_from_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "ROOT", tmp_path)
    assert extras.install("tune") == "pip install 'metarnn[tune]'"
    (tmp_path / "pyproject.toml").touch()
    assert extras.install("tune") == f"pip install -e '{tmp_path}[tune]'"
    monkeypatch.chdir(tmp_path)
    assert extras.install("tune") == "pip install -e '.[tune]'"
