"""The files of which a page is made: template, style, scripts, and the library they draw with."""

import hashlib
import math
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

#: The scripts, in order.
SCRIPTS = (
    "page", "theme", "download", "marks", "tip", "lines", "cursor", "rows", "charts", "legend",
    "controls", "tables", "main",
)  # fmt: skip


@cache
def template() -> "Template":
    """Return the template of a page, which escapes every value that is not named safe here."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    # The filter "tojson" escapes <, >, & and ', so that no value ends its script.
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    environment.filters["sortable"] = sortable
    library, script = text("vendor/d3.min.js"), _script()
    environment.globals |= {
        "style": Markup(text("style.css")),
        "library": Markup(library),
        "script": Markup(script),
        "license": Markup(text("vendor/LICENSE.d3")),
        "policy": _policy(library, script),
    }
    return environment.from_string(text("page.html"))


def text(name: str) -> str:
    """Return a file of this folder."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def sortable(value: float) -> str:
    """Return the number by which a cell is sorted; nothing for those at the end."""
    return f"{value:.9g}" if math.isfinite(value) else ""


def _script() -> str:
    """Return the scripts as one, whose names are its own."""
    parts = [text(f"script/{name}.js") for name in SCRIPTS]
    return '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"


def _policy(*scripts: str) -> str:
    """Return what the browser may do: run these scripts, and load nothing."""
    hashes = " ".join(
        f"'sha256-{b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
