"""argparse, with mistakes reported in one sentence."""

import argparse
import shutil
from typing import Any, NoReturn, TypeAlias

from metarnn.names import did_you_mean, unknown

#: Options of earlier versions, and what took their place.
RENAMED = {
    "--answers": "--target-steps",
    "--classes": "--outputs",
    "--data": "part of the name, as in parity:n_bits=5",
    "--label": "--target",
    "--save": "--output",
}

#: What the types of arguments expect, by the names of these functions.
EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "steps": "a whole number or 'features'",
    "threads": "a whole number or 'all'",
}

#: The widest help, in columns.
COLUMNS = 80


class _Formatter(argparse.HelpFormatter):
    """Help of at most 80 columns, with the examples as they are and the default at the end."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=min(shutil.get_terminal_size().columns, COLUMNS) - 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:  # argparse's own hook
        fill = super()._fill_text
        parts = text.split("\n\n")
        return "\n\n".join(
            part if "\n  " in f"\n{part}" else fill(part, width, indent) for part in parts
        )

    def _get_help_string(self, action: argparse.Action) -> str | None:  # argparse's own hook
        value = getattr(action, "shown_default", action.default)
        if value is None or value is False or value == argparse.SUPPRESS:
            return action.help
        text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        return f"{action.help} (default: {text})".replace("%", "%%")


class Parser(argparse.ArgumentParser):
    """A parser that reports a mistake in one sentence, with the nearest word it knows."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": _Formatter, "allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 and one sentence."""
        message = " ".join(message.split()).removesuffix(".")
        self.exit(2, f"{self.prog}: {message}; '{self.prog} --help' says more\n")

    def reject(self, words: list[str]) -> NoReturn:
        """Exit with a sentence about the first of the words that no option explains."""
        word = next((word for word in words if word.startswith("--")), words[0])
        name = word.partition("=")[0]
        hint = f" (it is now {RENAMED[name]})" if name in RENAMED else ""
        self.error(
            f"unknown argument {word!r}{hint or did_you_mean(name, self._option_string_actions)}"
        )

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # argparse's own hook
        if action.choices is not None and value not in action.choices:
            what = "/".join(action.option_strings) or "command"
            self.error(unknown(what, value, action.choices))

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:  # argparse's own hook
        try:
            return action.type(arg_string) if callable(action.type) else arg_string
        except (TypeError, ValueError):
            name = "/".join(action.option_strings) or action.dest
            expected = EXPECTED[getattr(action.type, "__name__", "")]
            data_first = " (the data come before it)" if action.nargs == "+" else ""
            self.error(f"{name} must be {expected}, got {arg_string!r}{data_first}")


#: What argparse adds commands to.
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
