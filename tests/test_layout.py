"""The layout of the repository: packages, floors, and what must not be imported how."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import metarnn

PACKAGE = Path(metarnn.__file__).parent
ROOT = Path(__file__).parent.parent

#: Floor of each module or package; imports go down or stay within a package.
FLOORS = {
    "optimizers": 0,
    "datasets": 0,
    "engine": 1.0,
    "cells": 1.1,
    "layers": 1.2,
    "sequences": 2.0,
    "forms": 2.05,
    "scaling": 2.1,
    "labelled": 2.0,
    "reading": 2.05,
    "vector_files": 2.0,
    "embeddings": 2.1,
    "torch_weights": 2.0,
    "network": 2.1,
    "alignment": 2.2,
    "decoding": 2.0,
    "costs": 2.2,
    "criteria": 2.2,
    "problem": 2.3,
    "solving": 2.2,
    "fitness": 3,
    "minima": 3.1,
    "diagnostics": 3,
    "early_stopping": 4.0,
    "estimators": 4.1,
    "aeon": 4.2,
    "runs": 5.0,
    "runtimes": 4.5,
    "statistics": 5.0,
    "iohprofiler": 5.0,
    "plots": 5.0,
    "options": 5.0,
    "summary": 5.0,
    "model_commands": 5.1,
    "comparison": 5.1,
    "study": 5.1,
    "report": 5.05,
    "cli": 5.2,
    "__main__": 5.3,
}


def folders() -> dict[str, Path]:
    """Return the folders of the three packages, wherever they are installed."""
    import metarnn.datasets
    import metarnn.optimizers

    return {
        "metarnn": PACKAGE,
        "optimizers": Path(metarnn.optimizers.__file__).parent,
        "datasets": Path(metarnn.datasets.__file__).parent,
    }


def modules() -> list[tuple[str, Path]]:
    """Return (name of the floor, file) of every module but the top one."""
    found = []
    for name, folder in folders().items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            if name != "metarnn":
                found.append((name, path))
            elif parts != ("__init__",) and parts[0] not in ("optimizers", "datasets"):
                found.append((parts[0], path))
    return found


def imported(path: Path) -> set[str]:
    """Return the parts of metarnn that a file imports at any level, by name."""
    names = set()
    tree = ast.parse(path.read_text())
    # What is imported for type checkers alone is not imported.
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    parts = {name.split(".")[1] for name in names if name.startswith("metarnn.")}
    return parts & set(FLOORS)


def test_every_module_has_a_floor():
    assert {name for name, _ in modules()} == set(FLOORS)


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: str(value)[-40:])
def test_imports_go_down(name, path):
    for other in imported(path) - {name}:
        assert FLOORS[other] <= FLOORS[name], f"{path.name} must not import metarnn.{other}"


@pytest.mark.parametrize("name", ["optimizers", "datasets"])
def test_ground_floor_is_blind(name):
    for path in folders()[name].rglob("*.py"):
        assert not imported(path), f"{path} must import within its own folder only"


def test_package_list_is_complete():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    listed = set(config["packages"])
    found = {
        ".".join(["metarnn", *path.parent.relative_to(PACKAGE).parts])
        for path in PACKAGE.rglob("__init__.py")
    }
    assert found | {"metarnn.optimizers", "metarnn.datasets"} == listed


@pytest.mark.parametrize("name", ["optimizers", "datasets"])
def test_folders_refuse_another_name(name, tmp_path):
    # As "import optimizers" from the root would find them.
    (tmp_path / name).symlink_to(folders()[name])
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert f"metarnn.{name}" in done.stderr.splitlines()[-1]


def test_version_is_stated_once():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert config["project"]["version"] == metarnn.__version__


def test_all_public_names_exist():
    for name in metarnn.__all__:
        assert getattr(metarnn, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        _ = metarnn.nonsense
    assert set(metarnn.__all__) <= set(dir(metarnn))
