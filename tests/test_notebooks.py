"""The notebooks run, and their outputs are committed."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: The one that the default suite runs; the others take 15 to 30 seconds each.
QUICK = "02_optimizers"


def test_notebooks_are_small():
    sizes = {path.name: path.stat().st_size for path in NOTEBOOKS}
    assert sizes
    assert max(sizes.values()) < 500_000, f"python notebooks/execute.py --keep-outputs: {sizes}"


@pytest.mark.parametrize(
    "path",
    [p if p.stem == QUICK else pytest.param(p, marks=pytest.mark.slow) for p in NOTEBOOKS],
    ids=lambda path: path.stem,
)
def test_notebook_runs(path, tmp_path):
    shutil.copytree(FOLDER / "studies", tmp_path / "studies")
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += "\nEFFORT = 0.03  # a quick look: fewer seeds and passes"
    committed = [bool(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    made = [bool(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    assert made == committed
    assert any(
        "image/png" in output.get("data", {})
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
