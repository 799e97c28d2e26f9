"""The report: one page, whole, escaped, and without anything beside it."""

import re
import sys
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from types import ModuleType, SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers.fake_results import OPTIMIZERS, synthetic

from metarnn.report import write_report
from metarnn.report.page import CONTENTS
from metarnn.report.tables import count, loss, problem_table, success

NASTY = '<b>&"'


class Page(HTMLParser):
    """What a browser finds: tags, anchors, what is loaded, texts."""

    VOID = ("meta", "img", "br", "link", "input", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.ids, self.links, self.sources = Counter(), [], [], []
        self.images, self.open, self.texts, self.best = [], [], [], []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags[tag] += 1
        if tag not in self.VOID:
            self.open.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        self.sources += [values["src"]] if "src" in values else []
        self.images += [values] if tag == "img" else []
        self.best += [True] if values.get("class") == "best" else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)


@pytest.fixture(autouse=True)
def judge(monkeypatch):
    """Stand in for the tests of metarnn.statistics: ranks of the medians."""

    def judge(results, measure):
        summary = results.summary()["loss_median"].unstack("optimizer", sort=False)
        ranks = SimpleNamespace(
            mean_ranks=summary.rank(axis=1).mean().to_numpy(), critical_difference=lambda: 2.85
        )
        measured = SimpleNamespace(optimizers=list(summary), problems=list(summary.index))
        text = f"Tests of {measure}: nothing & <nobody>."
        return SimpleNamespace(ranks=ranks, measured=measured, text=lambda: text)

    module = ModuleType("metarnn.statistics")
    module.judge = judge
    monkeypatch.setitem(sys.modules, "metarnn.statistics", module)


def test_page_is_whole_and_needs_nothing(tmp_path):
    problems = [("iris", "elman"), ("iris", "lstm"), ("xor", "elman")]
    results = synthetic(problems, n_seeds=3, n_failed=2)
    path = write_report(results, tmp_path / "new" / "report.html")
    source = path.read_text()
    page = Page(source)
    assert not page.open
    assert "http://" not in source
    assert "https://" not in source
    assert page.tags["script"] == page.tags["link"] == 0
    assert page.tags["html"] == page.tags["title"] == page.tags["h1"] == 1
    assert '<html lang="en">' in source
    assert len(set(page.ids)) == len(page.ids)
    assert {anchor for anchor, _ in CONTENTS} <= set(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert all(text in page.text for _, text in CONTENTS)
    for image in page.images:
        assert image["src"].startswith("data:image/svg+xml;base64,")
        assert len(image["alt"]) > 60
    # Ranks by three measures, successes, and two plots of each problem.
    assert len(page.images) == 3 + 1 + 2 * 3
    assert results.settings.question in page.text
    assert "metarnn study run report.toml" in page.text
    assert "a <fast> one" in page.text
    assert "Tests of ert: nothing & <nobody>." in page.text
    assert "2 runs of 54 failed." in page.text
    assert 'weights <overflow> & "more"' in page.text
    for name in OPTIMIZERS:
        assert page.text.count(name) >= 3


def test_same_results_make_the_same_page(tmp_path):
    results = synthetic(problems=[("iris", "elman")], n_seeds=2)
    first = write_report(results, tmp_path / "a.html", command="again").read_bytes()
    assert write_report(results, tmp_path / "b.html", command="again").read_bytes() == first


@pytest.mark.filterwarnings("error")
def test_names_are_escaped(tmp_path):
    names = (NASTY, "$x_1$ costs 5$", "{{ 7 * 7 }}", "_hidden", "a name\nof two lines" + "x" * 60)
    results = synthetic([(NASTY, NASTY)], names, n_seeds=2)
    results.settings.question = f"Is {NASTY} better?"
    path = write_report(results, tmp_path / "r.html", title=NASTY, command=f"run {NASTY}")
    page = Page(path.read_text())
    assert page.tags["b"] == 0
    assert page.text.count(NASTY) >= 6
    for name in names:
        assert " ".join(name.split()) in page.text


@pytest.mark.parametrize("n_failed", [0, 3])
def test_one_problem_one_optimizer(tmp_path, n_failed):
    results = synthetic([("iris", "elman")], ("adam",), n_seeds=3, n_failed=n_failed)
    results.runs["test_accuracy"] = np.nan
    results.runs.loc[results.runs["status"] == "failed", "target"] = np.nan
    page = Page(write_report(results, tmp_path / "r.html", axis="seconds").read_text())
    assert "training accuracy" in page.text
    assert ("No run failed." in page.text) == (n_failed == 0)
    assert not page.best


def test_study_without_runs(tmp_path):
    results = synthetic(problems=[("iris", "elman")], n_seeds=1)
    results = replace(results, runs=results.runs.iloc[:0], histories=[])
    page = Page(write_report(results, tmp_path / "r.html").read_text())
    assert "0 problems × 0 optimizers: 0 runs, 0 of them failed." in page.text


def test_table_marks_the_best():
    summary = synthetic(problems=[("iris", "elman")]).summary().loc[("iris", "elman")]
    table = problem_table(summary)
    for i, (figure, lower) in enumerate(
        [
            ("loss_median", True),
            ("accuracy_mean", False),
            ("passes_to_target", True),
            ("seconds_to_target", True),
            ("reached", False),
        ]
    ):
        marked = {name for name, cells in table.rows.items() if cells[i].best}
        best = summary[figure].min() if lower else summary[figure].max()
        assert marked == set(summary.index[summary[figure] == best])


def test_nobody_is_best_where_nobody_reached_the_target():
    summary = synthetic(problems=[("iris", "elman")]).summary().loc[("iris", "elman")]
    summary[["passes_to_target", "seconds_to_target"]] = np.inf
    summary["reached"] = 0
    cells = [cells[2:] for cells in problem_table(summary).rows.values()]
    assert not any(cell.best for row in cells for cell in row)
    assert {row[0].text for row in cells} == {"never"}


def test_numbers_as_shown():
    assert [loss(v) for v in (0, 0.12345, 1.2e-7, np.inf)] == ["0", "0.123", "1.2e-07", "∞"]
    assert [count(v) for v in (1234.4, np.inf)] == ["1,234", "never"]
    # Wilson's interval by hand: (x + z²/2 ± z sqrt(x(n-x)/n + z²/4)) / (n + z²), z = 1.96.
    assert success(8, 10) == "8 of 10 (49%–94%)"
    assert success(0, 10) == "0 of 10 (0%–28%)"


@pytest.mark.slow
def test_texts_in_plots_keep_their_digits(tmp_path):
    path = write_report(synthetic([("iris", "elman")], n_seeds=2), tmp_path / "r.html")
    sources = [
        b64decode(source.partition(",")[2]).decode() for source in Page(path.read_text()).sources
    ]
    assert sum("51 targets, from a loss of 1 to 0.001" in source for source in sources) == 1
    for source in sources:
        ElementTree.fromstring(source)
        assert not re.search(r"[ML] \d+\.\d{3}", source)


def test_another_axis_is_refused(tmp_path):
    with pytest.raises(ValueError, match="axis must be 'passes' or 'seconds', got 'hours'"):
        write_report(synthetic([("iris", "elman")], n_seeds=1), tmp_path / "r.html", axis="hours")
