"""The settings of what has a name, each with its default and its words in a docstring."""

import dataclasses
import inspect
import re
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """A setting: its default, "" where there is none, and what it means."""

    default: str
    meaning: str


def summary(thing: Any) -> str:
    """Return the first line of a docstring, without its period, and what is missing for it."""
    if isinstance(thing, str):
        return thing
    text = (inspect.getdoc(thing) or "").partition("\n")[0].rstrip(".")
    missing = getattr(thing, "missing_dependency", lambda: None)()
    return f"{text} ({missing})" if missing else text


def settings_of(thing: Any) -> dict[str, Setting]:
    """Return the settings of a class or function, explained by its docstring or a base's."""
    if isinstance(thing, str):
        return {}
    meanings: dict[str, str] = {}
    for base in reversed(getattr(thing, "__mro__", [thing])):
        for name, words in _parameters(inspect.getdoc(base) or "").items():
            if not words.startswith("See "):  # those of a base, which is known already
                meanings[name] = words
    made = {f.name: f.default_factory for f in getattr(thing, "__dataclass_fields__", {}).values()}
    factories = {name: make for name, make in made.items() if make is not dataclasses.MISSING}
    return {
        name: Setting(
            _words(factories[name]() if name in factories else parameter.default),
            meanings.get(name, ""),
        )
        for name, parameter in inspect.signature(thing).parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }


def _parameters(docstring: str) -> dict[str, str]:
    """Return what the section Parameters of a docstring says, by name."""
    section = re.search(r"^Parameters\n-+\n(.*?)(\n\n\w+\n-+\n|\Z)", docstring, re.DOTALL | re.M)
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section[1].splitlines() if section else ():
        if line and not line.startswith(" "):
            names = [name.strip("*` ") for name in line.partition(" :")[0].split(",")]
            found |= dict.fromkeys(names, "")
        elif line:
            for name in names:
                found[name] = f"{found[name]} {_plain(line.strip())}".strip()
    return found


def _plain(text: str) -> str:
    """Return a line without the marks of Sphinx."""
    return re.sub(r":\w+:`~?([^`]+)`", r"\1", text).replace("``", "").replace("`", "")


def _words(default: Any) -> str:
    """Return a default as the command line writes it, an optimizer by its name."""
    from metarnn.optimizers import OPTIMIZERS, Optimizer

    if default is inspect.Parameter.empty:
        return ""
    if isinstance(default, Optimizer):
        return next(name for name, kind in OPTIMIZERS.items() if kind is type(default))
    if isinstance(default, list | tuple):
        return f"[{', '.join(map(_words, default))}]"
    return getattr(default, "__name__", str(default))
