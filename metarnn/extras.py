"""How to install what only some of metarnn needs."""

from pathlib import Path

#: The root of a clone of the repository, where this file lies in one.
ROOT = Path(__file__).resolve().parent.parent


def install(extra: str) -> str:
    """Return the command that installs an extra of the package, also where it runs from a clone."""
    if not (ROOT / "pyproject.toml").is_file():
        return f"pip install 'metarnn[{extra}]'"
    return "pip install -e '" + (f"{ROOT}" if Path.cwd() != ROOT else ".") + f"[{extra}]'"
