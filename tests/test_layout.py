"""The layout of the repository: packages, floors, and what must not be imported how."""

import ast
import importlib
import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import metarnn
from metarnn.moved import MOVED

PACKAGE = Path(metarnn.__file__).parent
ROOT = Path(__file__).parent.parent

#: The house from the ground up: a room imports rooms of lower floors only.
FLOORS = (
    ("blas", "cards", "defaults", "extras", "names", "version", "moved", "workers", "writing"),
    ("compilation", "validation", "memory", "own_parts"),
    ("optimizers", "datasets"),
    ("engine", "sequences", "embeddings", "runtimes"),
    ("cells", "statistics", "linear"),
    ("nodes",),
    ("layers",),
    ("networks",),
    ("criteria",),
    ("fitness", "minima"),
    ("solved_fitness",),
    ("warm_up", "estimators"),
    ("aeon", "features"),
    ("study",),
    ("plots",),
    ("report", "comparison"),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def folders() -> dict[str, Path]:
    """Return the folders of the three packages, wherever they are installed."""
    import metarnn.datasets
    import metarnn.optimizers

    return {
        "metarnn": PACKAGE,
        "metarnn.optimizers": Path(metarnn.optimizers.__file__).parent,
        "metarnn.datasets": Path(metarnn.datasets.__file__).parent,
    }


def modules() -> dict[str, Path]:
    """Return the file of every module by its name, packages by that of their folder."""
    found = {}
    for name, folder in folders().items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            if name == "metarnn" and parts[0] in ("optimizers", "datasets"):
                continue  # of an installed wheel, where these lie inside
            found[".".join([name, *parts]).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def room_of(module: str) -> str:
    return [*module.split("."), ""][1]


def imports_of(module: str) -> set[str]:
    """Return the modules that one imports at any level, lazily or for type checkers too.

    A package counts as imported where a name is taken that its ``__init__`` defines.
    """
    path, found = MODULES[module], set()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package.split(".")[: 1 - node.level or None] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
            found |= {name if name in MODULES else base for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return (found & set(MODULES)) - {module}


IMPORTS = {module: imports_of(module) for module in MODULES}


def test_every_room_has_a_floor():
    assert {room_of(module) for module in MODULES} - {""} == set(FLOOR)


@pytest.mark.parametrize("room", FLOOR)
def test_imports_go_down(room):
    for module in MODULES:
        if room_of(module) != room:
            continue
        for other in IMPORTS[module]:
            if (below := room_of(other)) not in (room, ""):
                assert FLOOR[below] < FLOOR[room], f"{module} must not import {other}"


def test_no_import_runs_in_a_circle():
    """Strike out modules that import nothing that is left: in the end none is left."""
    left = {module: others - {"metarnn"} for module, others in IMPORTS.items()}
    while free := {module for module, others in left.items() if not others & set(left)}:
        left = {module: others for module, others in left.items() if module not in free}
    circle = {module: sorted(others & set(left)) for module, others in left.items()}
    assert not circle


def test_the_core_knows_no_optimizer():
    families = {"gradient", "population", "hybrid", "adapters"}
    core = folders()["metarnn.optimizers"]
    for module, path in MODULES.items():
        if path.parent == core and path.name != "__init__.py":  # which holds the table
            known = {other.split(".")[2] for other in IMPORTS[module] if other.count(".") > 1}
            assert not known & families, module


def test_package_list_is_complete():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    listed = set(config["packages"])
    assert {name for name, path in MODULES.items() if path.name == "__init__.py"} == listed


@pytest.mark.parametrize("name", ["optimizers", "datasets"])
def test_folders_refuse_another_name(name, tmp_path):
    # As "import optimizers" from the root would find them.
    (tmp_path / name).symlink_to(folders()[f"metarnn.{name}"])
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert f"metarnn.{name}" in done.stderr.splitlines()[-1]


def test_version_is_that_of_the_installation():
    assert importlib.metadata.version("metarnn") == metarnn.__version__


def test_all_public_names_exist():
    for name in metarnn.__all__:
        assert getattr(metarnn, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        _ = metarnn.nonsense
    assert set(metarnn.__all__) <= set(dir(metarnn))


@pytest.mark.parametrize("old", MOVED)
def test_modules_that_moved_are_found_at_their_old_place(old):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"{old} is now {MOVED[old]}"):
        found = importlib.import_module(old)
    assert found is importlib.import_module(MOVED[old])
