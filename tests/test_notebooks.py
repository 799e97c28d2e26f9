"""The notebooks run, their outputs are committed, and what they say is in these outputs."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
TROUBLES = ROOT / "docs" / "troubles"
NOTEBOOKS = [
    path for folder in (ROOT / "notebooks", TROUBLES) for path in sorted(folder.glob("*.ipynb"))
]
#: The one that the default suite runs; the others take 5 to 30 seconds each.
QUICK = "bidirectional"
NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?%?")
#: Where numbers are not results: code, targets of links, formulas, what years and books are cited.
NO_PROSE = re.compile(r"`[^`]*`|\]\([^)]*\)|\$[^$]*\$|\([^()]*\b(?:19|20)\d\d\)", re.DOTALL)


def outputs(notebook):
    """Return all that cells printed or returned, as text."""
    found = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    tables = [output.get("data", {}).get("text/html", "") for output in found]
    return "\n".join(
        [
            *(output.get("text", "") for output in found),
            *(output.get("data", {}).get("text/plain", "") for output in found),
            *(re.sub(r"<style.*?</style>|<[^>]*>", " ", t, flags=re.DOTALL) for t in tables),
        ]
    )


def unfounded(prose, notebook):
    """Return the numbers of a text that the notebook did not compute.

    Whole numbers may be settings in its code, or be as small as a count of what is listed.
    """
    computed = {number.replace(",", "") for number in NUMBER.findall(outputs(notebook))}
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    settings = {number.replace("_", "") for number in re.findall(r"\b[\d_]+\b", code)}
    return [
        number
        for number in NUMBER.findall(NO_PROSE.sub(" ", prose))
        if number.replace(",", "") not in computed | settings
        and not (number.isdecimal() and int(number) < 10)
    ]


def test_notebooks_are_small():
    sizes = {path.name: path.stat().st_size for path in NOTEBOOKS}
    assert sizes
    assert max(sizes.values()) < 500_000, f"python notebooks/execute.py --keep-outputs: {sizes}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_numbers_of_answers_were_computed(path):
    notebook = nbformat.read(path, as_version=4)
    answers = [cell for cell in notebook.cells if "answer" in cell.metadata.get("tags", [])]
    assert answers, "the cell that answers the question has the tag 'answer'"
    for cell in answers:
        assert not unfounded(cell.source, notebook)


def test_unfounded_numbers_are_found():
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("budget = 20_000")]
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="accuracy 0.913, 1e-06")]
    text = "0.913 of 20,000 passes, three of 5, × 1e-06, [see](a12.md) `x = 77` (Elman 1990)"
    assert unfounded(text, notebook) == []
    assert unfounded("0.91, 12 runs, 45%", notebook) == ["0.91", "12", "45%"]


def test_every_trouble_is_in_the_table():
    index = (TROUBLES / "index.md").read_text()
    rows = {
        path.stem: [line for line in index.splitlines() if f"{{doc}}`{path.stem}`" in line]
        for path in NOTEBOOKS
        if path.parent == TROUBLES
    }
    for name, lines in rows.items():
        assert len(lines) == 1, name
        notebook = nbformat.read(TROUBLES / f"{name}.ipynb", as_version=4)
        assert not unfounded(lines[0], notebook), name


@pytest.mark.parametrize(
    "path",
    [p if p.stem == QUICK else pytest.param(p, marks=pytest.mark.slow) for p in NOTEBOOKS],
    ids=lambda path: path.stem,
)
def test_notebook_runs(path, tmp_path):
    shutil.copytree(ROOT / "notebooks" / "studies", tmp_path / "studies")
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += "\nEFFORT = 0.03  # a quick look: fewer seeds and passes"
    committed = [bool(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell in notebook.cells:  # what is said of one run alone is not committed
        if "outputs" in cell:
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    made = [bool(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    assert made == committed
    assert any(
        "image/png" in output.get("data", {})
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
