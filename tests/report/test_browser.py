"""The report in a browser, used as readers use it: clicks, keys, downloads, print, and axe."""

import csv
import io
from itertools import product
from xml.etree import ElementTree

import pytest
from helpers.browser import WIDTHS, chromium
from helpers.fake_results import OPTIMIZERS, PROBLEMS, synthetic
from helpers.hostile import HOSTILE, hostile_results

from metarnn.report import write_report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return {
        "plain": write_report(synthetic(PROBLEMS[:4], n_seeds=4, n_failed=2), folder / "p.html"),
        "hostile": write_report(hostile_results(), folder / "h.html", title=HOSTILE[0]),
    }


@pytest.fixture
def opened(browser, paths):
    """Return a function that opens a page, which must load nothing and report no error."""
    contexts, problems = [], []

    def opened(name="plain", width=1440, scheme="light", touch=False):
        viewport = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, has_touch=touch)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(paths[name].as_uri())
        page.wait_for_selector("html.scripted", state="attached")
        assert requests == [paths[name].as_uri()]
        contexts.append(context)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not problems


def figure(page, kind, number=0):
    found = page.locator(f"figure[data-kind={kind}]").nth(number)
    found.scroll_into_view_if_needed()
    found.locator(".plot > svg").wait_for()
    return found


def show_all(page):
    """Draw all figures, also those that are far away, and open what is closed."""
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


def downloaded(page, button):
    with page.expect_download() as waiting:
        button.click()
    name = waiting.value.suggested_filename
    return name, waiting.value.path().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        *product(["plain"], WIDTHS, ["light", "dark"]),
        ("hostile", 360, "light"),
        ("hostile", 1440, "dark"),
    ],
)
def test_axe_finds_nothing(opened, name, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    page = opened(name, width, scheme)
    show_all(page)
    violations = axe.Axe().run(page).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in violations]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_legend_hides_and_shows_in_all_figures(opened):
    page = opened()
    curves = figure(page, "loss").locator("path.curve")
    assert curves.count() == len(OPTIMIZERS)
    button = page.locator("#legend button").first
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert curves.count() == len(OPTIMIZERS) - 1
    rows = figure(page, "successes").locator("path.mark")
    assert rows.count() == len(OPTIMIZERS) - 1
    page.get_by_role("button", name="Hide all optimizers").click()
    assert curves.count() == 0
    page.get_by_role("button", name="Show all optimizers").click()
    assert curves.count() == len(OPTIMIZERS)
    button.dblclick()  # this one alone
    figure(page, "loss")
    curves.nth(1).wait_for(state="detached")
    assert curves.count() == 1


def test_order_is_that_of_the_ranks_everywhere(opened):
    page = opened()
    legend = page.locator("#legend button[aria-pressed]").all_inner_texts()
    for kind in ("overview", "ranks", "successes"):
        assert figure(page, kind).locator("svg text > title").all_text_contents() == legend
    ranks = page.locator("table[data-name^=Optimizers] td:nth-child(2)").all_inner_texts()
    ranks = [float(text.lstrip("★ ")) for text in ranks]
    assert ranks == sorted(ranks)


def test_values_under_the_pointer_and_by_keys(opened):
    page = opened()
    chart = figure(page, "loss")
    chart.locator(".plot > svg").hover()
    tip = chart.locator(".tip")
    assert tip.is_visible()
    assert "passes" in tip.inner_text()
    assert tip.locator(".tip-row").count() == len(OPTIMIZERS)
    plot = chart.locator(".plot")
    plot.focus()
    page.keyboard.press("End")
    assert plot.get_attribute("aria-valuetext").startswith("10,000 passes: ")
    page.keyboard.press("ArrowLeft")
    assert not plot.get_attribute("aria-valuetext").startswith("10,000 passes: ")
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    chart = figure(page, "overview")
    chart.locator("path.mark").last.hover()
    chart.locator(".tip").wait_for()
    assert "times the best (95% interval" in chart.locator(".tip").inner_text()


def test_values_at_a_tap(opened):
    page = opened(width=360, touch=True)
    chart = figure(page, "loss")
    chart.locator(".plot > svg").tap()
    chart.locator(".tip.below").wait_for()
    assert "passes" in chart.locator(".tip").inner_text()


def labels(chart):
    return chart.locator("svg > g .tick text").all_text_contents()


def test_passes_and_seconds_log_and_linear(opened):
    page = opened()
    chart = figure(page, "loss")
    before = labels(chart)
    assert "10,000" in before
    page.locator("input[name=unit][value=seconds]").check(force=True)
    assert "seconds of the run" in chart.locator("svg").first.text_content()
    assert "10,000" not in labels(chart)
    page.locator("input[name=xScale][value=linear]").check(force=True)
    assert {"0.2", "0.4", "0.6"} <= set(labels(chart))
    path = chart.locator("path.curve").first.get_attribute("d")
    page.locator("input[name=yScale][value=linear]").check(force=True)
    assert chart.locator("path.curve").first.get_attribute("d") != path


def test_zoom_by_dragging_buttons_and_keys(opened):
    page = opened()
    chart = figure(page, "loss")
    whole = labels(chart)
    box = chart.locator(".plot > svg").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    assert labels(chart) != whole
    chart.get_by_role("button", name="Reset the zoom").click()
    assert labels(chart) == whole
    chart.get_by_role("button", name="Zoom in").click()
    assert labels(chart) != whole
    chart.get_by_role("button", name="Zoom out").click()
    assert labels(chart) == whole
    chart.locator(".plot").focus()
    page.keyboard.press("+")
    assert labels(chart) != whole
    page.keyboard.press("0")
    assert labels(chart) == whole


def test_first_figure_shows_each_measure(opened):
    page = opened()
    chart = figure(page, "overview")
    for number, words in ((1, "Passes to the target"), (2, "Held-out accuracy")):
        page.locator(f"input[name=measure][value='{number}']").check(force=True)
        assert chart.locator("figcaption b").inner_text().startswith(words)
        assert words.lower() in chart.locator("svg").first.text_content()


def test_tables_sort_and_filter(opened):
    page = opened()
    table = page.locator("section.problem table").first
    column = table.locator("thead th").nth(3)
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "ascending"

    def passes():
        texts = table.locator("tbody td:nth-child(4)").all_inner_texts()
        texts = [text.lstrip("★ ").replace(",", "") for text in texts]
        return [float("inf" if text == "never" else text) for text in texts]

    assert passes() == sorted(passes())
    column.get_by_role("button").press("Enter")
    assert passes() == sorted(passes(), reverse=True)
    page.locator("section.problem input[type=search]").first.fill("rprop")
    assert table.locator("tbody tr:visible").count() == 1
    page.get_by_text("All problems in one table").click()
    page.get_by_label("Filter: Results of all problems").fill("data_1 rprop")
    everything = page.get_by_role("region", name="Results of all problems")
    assert everything.locator("tbody tr:visible").count() == 1
    page.locator("#problem-filter").fill("data_2")
    assert page.locator("section.problem:visible").count() == 1
    assert page.locator("#problem-count").inner_text() == "1 shown"


@pytest.mark.parametrize("kind", ["overview", "ranks", "successes", "loss", "reached"])
def test_figures_download(opened, kind):
    page = opened()
    chart = figure(page, kind)
    name, text = downloaded(page, chart.get_by_role("button", name="Download as SVG"))
    assert name.endswith(".svg")
    root = ElementTree.fromstring(text)
    assert "var(" not in text
    texts = {"".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")}
    if kind in ("loss", "reached"):
        assert set(OPTIMIZERS) <= texts
    name, text = downloaded(page, chart.get_by_role("button", name="Download the data as CSV"))
    assert name.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["optimizer"] for row in rows} == set(OPTIMIZERS)


def test_csv_holds_no_formula(opened):
    def pages():
        """Yield the same page, opened again after 8 downloads: Chromium asks after 10 of a page."""
        while True:
            page = opened("hostile")
            show_all(page)
            yield from [page] * 8

    for i, page in enumerate(pages()):
        buttons = page.locator("button[aria-label^='Download']", has_text="CSV")
        assert buttons.count() > 10
        if i == buttons.count():
            break
        buttons.nth(i).scroll_into_view_if_needed()
        _, text = downloaded(page, buttons.nth(i))
        for row in csv.reader(io.StringIO(text, newline="")):
            for value in row:
                assert not value.lstrip().startswith(("=", "@", "+")), value
                if value.startswith("-"):
                    float(value)


def test_hostile_names_do_nothing(opened):
    page = opened("hostile")
    show_all(page)
    for kind in ("overview", "loss"):
        figure(page, kind).locator(".plot > svg").hover()
    page.locator("#legend button").first.hover()
    assert page.evaluate("window.hit") is None
    assert page.locator("img").count() == 0
    assert page.locator("body").is_visible()
    legend = page.locator("#legend button[aria-pressed]")
    assert {legend.nth(i).get_attribute("title") for i in range(len(HOSTILE))} == set(HOSTILE)


def test_scripts_of_others_do_not_run(browser, paths):
    page = browser.new_page()
    page.goto(paths["plain"].as_uri())
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.hit = 1";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.hit = 2'>");
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit") is None
    page.close()


def test_dark_by_the_system_and_by_the_switch(opened):
    def paper(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    page = opened(scheme="dark")
    dark = paper(page)
    page.locator("input[name=theme][value=light]").check(force=True)
    assert paper(page) == "rgb(255, 255, 255)"
    page.locator("input[name=theme][value=dark]").check(force=True)
    assert paper(page) == dark
    page.emulate_media(media="print")
    assert paper(page) == "rgb(255, 255, 255)"


def test_prints_with_all_figures(opened):
    page = opened()
    assert len(page.pdf(format="A4")) > 50_000
    assert page.locator("figure .plot:not(:has(> svg))").count() == 0


def test_every_control_has_a_name_and_is_reached_by_the_tab_key(opened):
    page = opened()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = "document.activeElement"
        seen.add(page.evaluate(f"{focused}.getAttribute('role') ?? {focused}.tagName"))
    assert {"A", "INPUT", "BUTTON", "region"} <= seen
