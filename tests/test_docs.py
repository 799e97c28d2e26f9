"""The pages of docs/ and beside the code: their code runs, their commands and links exist."""

import ast
import doctest
import importlib
import importlib.util
import inspect
import re
import runpy
import shlex
import textwrap
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from helpers.pages import DOCS, PAGES, PLAIN, ROOT, blocks_of, commands_of, is_code, text_of
from test_layout import MODULES

from metarnn.cli.app import parse

REFERENCE = "\n".join(page.read_text() for page in (DOCS / "reference").glob("*.md"))
EXAMPLES = sorted((DOCS / "examples").glob("plot_*.py"))
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


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


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


def name_of(page):
    return page.relative_to(ROOT).with_suffix("").as_posix()


def slow(cases, names):
    """Return the cases, of which those with other names than these are for the slow tests."""
    return [
        case if name_of(case) in names else pytest.param(case, marks=pytest.mark.slow)
        for case in cases
    ]


# --- Code ---------------------------------------------------------------------------------

WITH_CODE = [page for page in PAGES if any(block.language == "python" for block in blocks_of(page))]
#: Pages whose code takes less than a second.
QUICK = {"optimizers/README", "datasets/README", "docs/guide/networks", "docs/guide/add_layer"}


@pytest.mark.parametrize("page", slow(WITH_CODE, QUICK), ids=name_of)
def test_code_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scope = {"__name__": "page"}
    for block in blocks_of(page):
        if block.language == "python" and not block.not_run:
            exec(compile(block.text, str(page), "exec"), scope)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_is_left_out(page):
    for block in blocks_of(page):
        run = block.language in ("python", "bash") or block.language.startswith("{")
        assert run or (block.language == "" and not is_code(block.text)), block
        assert not block.not_run or len(block.not_run.split()) > 2, "a reason, in words"


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_of_the_gallery_run(example):
    runpy.run_path(str(example))


#: Modules whose docstrings have examples.
WITH_EXAMPLES = [name for name, path in MODULES.items() if ">>>" in path.read_text()]
#: Those whose examples take less than a second, on compiled code that other tests need, too.
QUICK_EXAMPLES = {
    "metarnn.datasets.readers.long_frame",
    "metarnn.linear.ridge",
    "metarnn.optimizers.adapters.deap",
    "metarnn.sequences.scaling",
}
#: What the examples of a module need beside the package.
NEEDED = {"metarnn.aeon": "aeon", "metarnn.networks.network": "torch"}


@pytest.mark.parametrize(
    "module",
    [
        name if name in QUICK_EXAMPLES else pytest.param(name, marks=pytest.mark.slow)
        for name in WITH_EXAMPLES
    ],
)
def test_examples_of_docstrings_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if library := NEEDED.get(module):
        pytest.importorskip(library)
    done = doctest.testmod(
        import_module(module), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert done.attempted
    assert not done.failed


# --- Commands -----------------------------------------------------------------------------

#: What sets a machine up, and is no command of this project.
SETTING_UP = {"pip", "git", "cd", ".", "pre-commit", "docker"}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def check_module(words):
    """Check ``python -m MODULE --options``: the module exists, and its files know the options."""
    found = importlib.util.find_spec(words[0])
    assert found, f"there is no module {words[0]}"
    if words[0].startswith("benchmarks"):
        files = Path(found.origin).parent.glob("*.py")
        source = "\n".join(path.read_text() for path in [*files, *ROOT.glob("benchmarks/*.py")])
        for option in (word for word in words if word.startswith("--")):
            assert f'"{option}"' in source, f"{words[0]} has no option {option}"


def check(words):
    """Check one command against what there is."""
    program, *rest = words
    name = Path(program).name
    if name == "metarnn":
        assert callable(parse(rest).run)
    elif name.startswith("python") and rest[0] == "-m":
        check_module(rest[1:])
    elif name.startswith("python"):
        assert (ROOT / rest[0]).is_file()
    elif program.startswith(".ci/"):
        assert (ROOT / program).is_file()
    else:
        assert name in SETTING_UP, f"{' '.join(words)} is no command that is known"
    for extra in re.findall(r"^\.\[(.*)\]$", "\n".join(rest), re.M):
        assert set(extra.split(",")) <= set(EXTRAS)


@pytest.mark.parametrize("page", [page for page in PAGES if commands_of(page)], ids=name_of)
def test_commands_exist(page, monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    for words in commands_of(page):
        check(words)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_in_sentences_exist(page, monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    for command in re.findall(r"`(python -m benchmarks[^`]*)`", text_of(page)):
        check(shlex.split(command))


# --- Links --------------------------------------------------------------------------------


def anchors(page):
    """Return the anchors that a plain viewer gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)", re.sub(r"```.*?```", "", page.read_text(), flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PLAIN, ids=name_of)
def test_links_of_plain_pages_lead_somewhere(page):
    """On a plain viewer: no missing file, and none that only includes another."""
    for link in re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    ):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if target.suffix == ".md":
            assert not target.read_text().startswith("```{include}"), f"{link} is only for Sphinx"
            assert not anchor or anchor in anchors(target), f"{link} has no such heading"


# --- The reference ------------------------------------------------------------------------


@pytest.mark.parametrize("package", PUBLIC)
def test_every_public_name_is_in_the_reference(package):
    missing = [name for name in public_names(package) if not re.search(rf"\.{name}\n", REFERENCE)]
    assert not missing


def checked_at_the_door(function):
    """Return whether a function itself raises, or calls one of the house's checks."""
    calls = [
        ast.unparse(part.exc.func if isinstance(part, ast.Raise) else part.func)
        for part in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
        if isinstance(part, ast.Call)
        or (isinstance(part, ast.Raise) and isinstance(part.exc, ast.Call))
    ]
    return any(re.match(r"check_|positive$|\w+Error$", call) for call in calls)


@pytest.mark.parametrize("package", PUBLIC)
def test_errors_at_the_door_are_documented(package):
    functions = [getattr(import_module(package), name) for name in public_names(package)]
    silent = [
        function.__name__
        for function in functions
        if inspect.isfunction(function)
        and checked_at_the_door(function)
        and "\nRaises\n---" not in inspect.cleandoc(function.__doc__)
    ]
    assert not silent
