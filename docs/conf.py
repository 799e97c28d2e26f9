"""How Sphinx builds the site: ``python -m sphinx -W docs build/site``."""

import inspect
import sys
from pathlib import Path

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

from metarnn import __version__

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent))  # for drawings

project = "metarnn"
author = "The metarnn developers"
copyright = author
release = version = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinxarg.ext",
    "drawings",
]
# The tables of the answer are parts of its page.
exclude_patterns = ["_templates", "answer", "examples", "gallery/*.ipynb"]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# The notebooks are executed by tests, and stored as they ran.
nb_execution_mode = "off"
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
# Links are not looked up among the commands; a gallery with a function for figures is not cached.
suppress_warnings = ["myst.domains", "config.cache"]
# A reference that leads nowhere is an error, too.
nitpicky = True

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
#: All of numpydoc's checks, as warnings and so as errors of the build, but for
numpydoc_validation_checks = {
    "all",
    "ES01", "SA01", "EX01",  # not every name needs more than a sentence, relatives, an example
    "SA03",  # those of other names may begin small
    "PR04",  # "loss, alpha" that are as elsewhere have their types there
    "PR08",  # a description may begin with a symbol, such as p_a
}  # fmt: skip
#: Methods may say in a sentence what they take and return; and what is no function of ours.
numpydoc_validation_exclude = {
    r"\.[A-Z]\w*\.\w+$",
    r"\.optimizers\.(Objective|Optimizer|Order)$",
    r"\.(load_csv|Axis)$",  # other names of what is documented
}
#: Parameters are documented, but for classes that have those of another one, and say so, and for
#: results, which have attributes.
numpydoc_validation_overrides = {
    "PR01": [
        r"settings are those of|are those of\s+:class:|\n\s*:class:`\w+` (with|whose) ",
        r"The same algorithm under its name",
        r"\A(?![\s\S]*\nParameters\n)[\s\S]*\nAttributes\n",
    ],
}


def save_figure(block, block_vars, gallery_conf):
    """Save the figure that a block of an example ends with: the house's need no pyplot."""
    figure = block_vars["example_globals"].get("___")
    if not isinstance(figure, Figure):
        return ""
    path = next(block_vars["image_path_iterator"])
    figure.savefig(path, dpi=120)
    return figure_rst([path], gallery_conf["src_dir"])


sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "image_scrapers": (save_figure,),
    "capture_repr": (),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
}

# ``python -m sphinx -b linkcheck docs build/links`` asks whether addresses answer. It needs the
# network and is no part of what runs before each change, which checks their form only.
linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_anchors = False

html_theme = "pydata_sphinx_theme"
html_title = "metarnn"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def skip_foreign(app, what, name, obj, skip, options):
    """Leave out what classes inherit from other libraries, and classes that they are made of."""
    if what == "class" and isinstance(obj, type):
        return True
    home = getattr(obj, "__module__", None) or getattr(
        getattr(obj, "__objclass__", None), "__module__", "metarnn"
    )
    return skip or hasattr(int, name) or not home.startswith("metarnn")


#: What stands elsewhere in the repository and has another name here.
MOVED = {"../optimizers/README.md": "../optimizers.md", "](optimizers/README.md": "](optimizers.md"}


def copy_pages(app, config):
    """Bring the notebooks and the page on contributing under the folder that Sphinx reads."""
    docs = Path(app.srcdir)
    copies = {ROOT / "CONTRIBUTING.md": docs / "contributing.md"}
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        copies[notebook] = docs / "notebooks" / notebook.name
    (docs / "notebooks").mkdir(exist_ok=True)
    for copy in (docs / "notebooks").glob("*.ipynb"):
        if copy not in copies:
            copy.unlink()
    for page, copy in copies.items():
        text = page.read_text()
        for there, here in MOVED.items():
            text = text.replace(there, here)
        if not copy.exists() or copy.read_text() != text:  # Sphinx reads again what is newer
            copy.write_text(text)


def signature_of_class(app, what, name, obj, options, signature, annotation):
    """Show the settings of a class whose metaclass takes any."""
    if what != "class":
        return None
    parameters = [
        parameter.replace(annotation=parameter.empty)
        for parameter in inspect.signature(obj).parameters.values()
    ]
    return str(inspect.Signature(parameters)), None


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", copy_pages)
    app.connect("autodoc-process-signature", signature_of_class)
    app.connect("autodoc-skip-member", skip_foreign)
