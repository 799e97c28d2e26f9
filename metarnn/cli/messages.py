"""Messages at the command line: what Python calls ``hidden`` is ``--hidden`` here."""

import re
from argparse import ArgumentParser
from pathlib import Path

from .options import NETWORK

#: Parameters in Python by their options, where these are not written alike.
PARAMETERS = {
    "--inputs": ("n_inputs",),
    "--jobs": ("n_jobs",),
    "--no-scale": ("scale",),
    "--optimizers": ("optimizers", "optimizer"),
    "--outputs": ("n_outputs",),
    "--seed": ("seed", "random_state"),
    "--sequences": ("n_sequences",),
    "--steps": ("n_steps",),
    "--target": ("target", "label"),
    "--target-steps": ("n_targets",),
    "--threads": ("n_threads",),
}


#: What a file of one's own may add, as messages call it.
OWN = "data set", "optimizer", "cell", "loss", "table or name"


def with_options(
    text: str,
    parser: ArgumentParser,
    network: Path | None = None,
    output: Path | None = None,
) -> str:
    """Return a message with the options of a command in place of Python's parameters.

    A word is a parameter if it has an underscore, if it is given a value (``grid=1``), begins a
    clause, must be something, is unknown or to be chosen, or is one of several in a row. Those of a
    network in a file have no options. A sentence about the file to be written names its option, and
    one about a name that nothing has the option that loads one's own.
    """
    actions = {word: action for action in parser._actions for word in action.option_strings}
    if "--import" in actions and re.search(rf"(?:^|[:;] )unknown (?:{'|'.join(OWN)}) ", text):
        text = f"{text.removesuffix('.')}; --import FILE loads your own."
    options: dict[str, str] = {}
    for written in actions:
        plain = written.removeprefix("--").replace("-", "_")
        options |= dict.fromkeys(PARAMETERS.get(written, (plain,)), written)
    left_out = {"help", "_h"}
    if network is not None:
        left_out |= {option.removeprefix("--").replace("-", "_") for option in NETWORK}
        text = re.sub(r"^(network: )?(?=layer \d+: )", f"{network}: ", text)
    options = {name: written for name, written in options.items() if name not in left_out}

    def option(found: re.Match[str]) -> str:
        # In "Restarts: optimizer must be ..." the word is a setting of what is before it.
        nested = re.search(r"\b[A-Z]\w*: $", found.string[: found.start()])
        return found[0] if nested else options[found[0]]

    def setting(found: re.Match[str]) -> str:
        chosen, value = options[found["name"]], found["value"].strip("'")
        return chosen if actions[chosen].nargs == 0 else f"{chosen} {value}"

    name = f"(?:{'|'.join(sorted(options, key=len, reverse=True))})"
    word = rf"(?<![\w.:'\"-]){name}(?![\w(:'\"=-]|\.\w)"
    text = re.sub(r" \(in Python [^)]*\)", "", text)  # a way that is not open here
    text = re.sub(r"^optimizers\..+?: ", "", text)  # the place in a study, which compare is
    text = re.sub(r"\bX(?= must| has)", "the data", text)
    text = re.sub(rf"(?<![\w.:,'-])(?P<name>{name})=(?P<value>'[^']*'|[\w.]+)", setting, text)
    several = rf"{word}(?:(?:, | and | or | nor |, and no ){word})+"
    text = re.sub(several, lambda found: re.sub(word, option, found[0]), text)
    text = re.sub(rf"{word}(?= must\b| cannot\b)", option, text)
    before = "^|(?<=[.:;] )|(?<=unknown )|(?<=choose an )|(?<=or a )"
    text = re.sub(rf"(?:{before}){word}", option, text)
    text = re.sub(rf"(?<=[Tt]he ){word}(?= ')", option, text)
    text = re.sub(rf"(?<![\w.'-])(?=\w*_){name}(?![\w='])", option, text)
    return f"--output: {text}" if text.startswith(f"{output} cannot be written") else text
