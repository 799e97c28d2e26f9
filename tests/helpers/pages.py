"""The pages of the documentation, the blocks of code on them, and what these commands are."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: What Sphinx writes, or copies, below docs/, and the tables that benchmarks write.
MADE = {"answer", "generated", "gallery", "notebooks", "contributing.md"}
#: Pages that are read on a plain viewer of Markdown, too.
PLAIN = tuple(
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "optimizers/README.md",
        "datasets/README.md",
    )
    if (ROOT / name).is_file()
)
PAGES = (
    *PLAIN,
    *(page for page in sorted(DOCS.rglob("*.md")) if not MADE & set(page.relative_to(DOCS).parts)),
)


class Block(NamedTuple):
    """A block of code."""

    language: str
    text: str
    not_run: str  # the reason, where there is one


def text_of(page: Path) -> str:
    """Return a page with the parts of others that it includes."""

    def included(match: re.Match[str]) -> str:
        text = (page.parent / match[1]).read_text()
        if begin := re.search(r":start-after: (.*)", match[2]):
            text = text.partition(begin[1])[2].partition(
                re.search(r":end-before: (.*)", match[2])[1]
            )[0]
            return text
        return ""  # a page of its own, which is among PAGES

    return re.sub(r"```{include} (\S+)\n(.*?)```", included, page.read_text(), flags=re.DOTALL)


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks between fences, and the indented ones, which are commands."""
    text = text_of(page)
    fenced = re.compile(
        r"(?:<!-- not run: ([^>]*) -->\n)?^(`{3,})(\S*)[^\n]*\n(.*?)^\2$", re.M | re.S
    )
    blocks = [Block(match[3], match[4], match[1] or "") for match in fenced.finditer(text)]
    for indented in re.findall(r"\n\n((?:    \S.*\n)+)", fenced.sub("", text)):
        lines = re.sub(r"^    ", "", indented, flags=re.M)
        blocks.append(Block("bash" if is_code(lines) else "", lines, ""))
    return blocks


def is_code(text: str) -> bool:
    """Whether a block without a language has code or commands."""
    return bool(re.search(r"^(import|from|>>>|\$|\S*python3?|\S*pip|\S*metarnn) ", text, re.M))


def commands_of(page: Path) -> list[list[str]]:
    """Return the words of every command in the blocks of a page, without comments."""
    commands = []
    for block in blocks_of(page):
        if block.language == "bash":
            for line in block.text.replace("\\\n", "").splitlines():
                for command in line.partition(" #")[0].split("&&"):
                    commands.append(shlex.split(command))
    return [command for command in commands if command]
