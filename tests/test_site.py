"""The built site in a real browser: nothing keeps people out, and what they look for is near.

``python -m sphinx -q -W --keep-going -j auto docs build/site`` builds it. Without the site,
Playwright or Chromium these tests are skipped.
"""

import pytest
from helpers.browser import SCHEMES, WIDTHS, chromium, cut_off, serious_findings
from helpers.pages import ROOT

SITE = ROOT / "build" / "site"

pytestmark = [
    pytest.mark.optional,
    pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the site is not built"),
]

#: A page of each kind: cards, prose and code, drawings, tables, notebooks, the gallery and one of
#: its pictures, a class, the command line, the glossary, the search.
KINDS = (
    "index",
    "start",
    "how_it_works",
    "optimizers",
    "notebooks/02_optimizers",
    "troubles/long_memory",
    "gallery/index",
    "gallery/plot_trap",
    "reference/generated/metarnn.RecurrentFeaturesClassifier",
    "reference/command_line",
    "reference/glossary",
    "search",
)

#: What a newcomer looks for: the words of the links to click, from the front page, and what the
#: page at the end says.
WALKS = {
    "how to fit sequences of unequal length": (
        ["Of unequal length"],
        "A list of arrays (T_i, I), or of vectors",
    ),
    "how to add an optimizer": (["An optimizer"], "class HillClimbers(Population)"),
    "why cuckoo search loses on iris": (
        ["why cuckoo search loses on iris"],
        "a gradient is worth more than many trials",
    ),
    "which optimizer escapes a trap": (["who escapes a trap"], "hybrids and many starts do not"),
    "what a pass is": (
        ["the words of the house"],
        "The loss of one candidate on all training data",
    ),
    "what the settings of cuckoo search are": (
        ["Every public name", "Optimizers", "metarnn.optimizers.CuckooSearch"],
        "the factor of the Levy steps",
    ),
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def opened(browser, name, width=1440, scheme="light"):
    size = {"width": width, "height": 900}
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(f"file://{SITE}/{name}.html")
    return page


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", KINDS)
def test_nothing_keeps_people_out(browser, name, width, scheme):
    page = opened(browser, name, width, scheme)
    assert not serious_findings(page)
    assert not cut_off(page)
    page.close()


@pytest.mark.parametrize("question", WALKS)
def test_answers_are_few_clicks_away(browser, question):
    links, answer = WALKS[question]
    assert len(links) <= 3
    page = opened(browser, "index")
    for link in links:
        page.get_by_role("main").get_by_role("link", name=link, exact=True).first.click()
    page.get_by_role("main").get_by_text(answer).first.wait_for(state="visible", timeout=10_000)
    page.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_search_finds_pages_without_a_network(browser, width):
    page = opened(browser, "index", width)
    page.get_by_role("button", name="Search").locator("visible=true").first.click()
    page.keyboard.type("unequal length")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").all_inner_texts()
    assert any("Sequences, of unequal length" in title for title in found[:5]), found[:5]
    page.close()
