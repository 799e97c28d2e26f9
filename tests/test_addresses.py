"""Addresses outside this repository: their form, and one spelling of each.

Whether they answer is asked by ``python -m sphinx -b linkcheck docs build/links``, which needs the
network.
"""

import re
from collections import defaultdict
from urllib.parse import urlsplit

import nbformat
import pytest
from helpers.pages import DOCS, PAGES, ROOT
from test_layout import MODULES

NOTEBOOKS = [*ROOT.glob("notebooks/*.ipynb"), *DOCS.glob("troubles/*.ipynb")]
ADDRESS = re.compile(r"\b(?:https?|ftp)://[^\s)\]}>\"'`]+")
DOI = re.compile(r"\bdoi[: ]\s?([^\s,;)\]\"'`]*)", re.IGNORECASE)
#: The registrant, and a name of its choice.
DOI_FORM = re.compile(r"10\.\d{4,9}/[\w./-]*\w")
ARXIV = re.compile(r"\barxiv[: ]\s?([^\s,;)\]\"'`]*)", re.IGNORECASE)


def prose(path):
    """Return the text of a page, a module, or the cells of a notebook without outputs."""
    if path.suffix != ".ipynb":
        return path.read_text()
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


TEXTS = {
    path.relative_to(ROOT).as_posix(): prose(path)
    for path in [*PAGES, *NOTEBOOKS, ROOT / "CITATION.cff", *MODULES.values()]
}


def found(pattern):
    """Yield what a pattern finds, with where, without the stop of a sentence."""
    for path, text in TEXTS.items():
        for match in pattern.finditer(text):
            yield path, match[match.re.groups].rstrip(".:;,")


def spellings(texts):
    """Return the spellings of each target, which more than one of them leads to."""
    of_target = defaultdict(set)
    for text in texts:
        parts = urlsplit(text)
        host = parts.netloc.lower().removeprefix("www.").removeprefix("dx.")
        path = parts.path.rstrip("/").removesuffix("/index.html")
        doi = host == "doi.org" or text.startswith("10.")
        of_target[host, path.lower() if doi else path, parts.query, parts.fragment].add(text)
    return [sorted(some) for some in of_target.values() if len(some) > 1]


def test_addresses_are_well_formed():
    addresses = list(found(ADDRESS))
    assert addresses
    for path, address in addresses:
        parts = urlsplit(address)
        assert parts.scheme == "https", f"{path}: {address}"
        assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc), f"{path}: {address}"
        assert re.fullmatch(r"[\w./%#?=&:+~@,;!*-]*", address[8:]), f"{path}: {address}"
        if parts.netloc == "doi.org":
            assert DOI_FORM.fullmatch(parts.path[1:]), f"{path}: {address}"


def test_dois_and_arxiv_have_their_form():
    dois, preprints = list(found(DOI)), list(found(ARXIV))
    assert dois
    assert preprints
    for path, doi in dois:
        assert DOI_FORM.fullmatch(doi), f"{path}: doi:{doi}"
    for path, number in preprints:
        assert re.fullmatch(r"\d{4}\.\d{4,5}", number), f"{path}: arXiv:{number}"


@pytest.mark.parametrize("pattern", [ADDRESS, DOI], ids=["address", "doi"])
def test_one_target_has_one_spelling(pattern):
    assert not spellings({text for _, text in found(pattern)})


def test_two_spellings_are_found():
    twins = ["https://a.org/b", "https://www.a.org/b/"], ["10.1000/AB", "10.1000/ab"]
    for twin in twins:
        assert spellings([*twin, "https://a.org/c"]) == [sorted(twin)]
