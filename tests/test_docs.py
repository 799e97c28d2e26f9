"""The pages of docs/: their code runs, and they list every public name."""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    page
    for page in DOCS.rglob("*.md")
    if "```python" in page.read_text() and "generated" not in page.parts
)
REFERENCE = "\n".join(page.read_text() for page in (DOCS / "reference").glob("*.md"))
#: The packages that users import from; what is listed once elsewhere is not listed again.
PUBLIC = (
    "metarnn",
    "metarnn.criteria",
    "metarnn.datasets",
    "metarnn.embeddings",
    "metarnn.estimators",
    "metarnn.features",
    "metarnn.layers",
    "metarnn.minima",
    "metarnn.optimizers",
    "metarnn.plots",
    "metarnn.report",
    "metarnn.runtimes",
    "metarnn.sequences",
    "metarnn.statistics",
    "metarnn.study",
)


def public_names(package):
    """Return what a package offers: classes and functions of the house."""
    module = import_module(package)
    return [
        name
        for name in getattr(module, "__all__", dir(module))
        if not name.startswith("_")
        and not isinstance(getattr(module, name), ModuleType)
        and str(getattr(getattr(module, name), "__module__", "")).startswith(package)
        and callable(getattr(module, name))
    ]


#: Pages whose code takes many seconds.
SLOW = "minima", "extend", "start", "studies", "features"


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.slow if page.stem in SLOW else ()) for page in PAGES],
    ids=lambda page: page.stem,
)
def test_code_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"(?<!<!-- not run -->\n)```python\n(.*?)```", page.read_text(), re.DOTALL)
    scope = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, str(page), "exec"), scope)


@pytest.mark.parametrize("package", PUBLIC)
def test_every_public_name_is_in_the_reference(package):
    missing = [name for name in public_names(package) if not re.search(rf"\.{name}\n", REFERENCE)]
    assert not missing
