"""argparse, with mistakes reported in one sentence."""

import argparse
from difflib import get_close_matches
from typing import Any, NoReturn, TypeAlias

#: Options of earlier versions, and what took their place.
RENAMED = {
    "--answers": "--target-steps",
    "--classes": "--outputs",
    "--data": "part of the name, as in parity:n_bits=5",
    "--label": "--target",
    "--save": "--output",
}


class _Formatter(argparse.HelpFormatter):
    """Help that ends with the default, where there is one to speak of."""

    def _get_help_string(self, action: argparse.Action) -> str | None:  # argparse's own hook
        value = action.default
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
        message = " ".join(message.split())
        if "invalid choice: " in message:  # argparse quotes the word and lists the others
            word = message.partition("invalid choice: '")[2].partition("'")[0]
            message += _hint(word, [w.strip("',()") for w in message.partition("(")[2].split()])
        self.exit(2, f"{self.prog}: {message}; '{self.prog} --help' says more\n")

    def reject(self, words: list[str]) -> NoReturn:
        """Exit with a sentence about the first of the words that no option explains."""
        word = next((word for word in words if word.startswith("--")), words[0])
        name = word.partition("=")[0]
        hint = f" (it is now {RENAMED[name]})" if name in RENAMED else ""
        self.error(f"unknown argument {word!r}{hint or _hint(name, self._option_string_actions)}")


#: What argparse adds commands to.
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def _hint(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
