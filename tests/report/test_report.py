"""The report: one page, whole, escaped, and without anything beside it."""

import hashlib
import json
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest
from helpers.fake_results import OPTIMIZERS, synthetic
from helpers.hostile import HOSTILE, hostile_results

from metarnn.plots.style import styles
from metarnn.report import is_report, write_report
from metarnn.report.numbers import count, loss, success
from metarnn.report.page import CONTENTS
from metarnn.report.tables import problem_table

VENDOR = files("metarnn.report") / "vendor"


class Page(HTMLParser):
    """What a browser finds: tags, anchors, what is loaded, texts."""

    VOID = ("meta", "img", "br", "link", "input", "hr", "path")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.ids, self.links, self.sources = Counter(), [], [], []
        self.charts, self.open, self.texts, self.best, self.scripts = [], [], [], [], {}
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
        self.charts += [values["data-alt"]] if "data-alt" in values else []
        self.best += [True] if values.get("class") == "best" else []

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[len(self.scripts)] = data
        elif not self.open or self.open[-1] != "style":
            self.texts.append(data)

    @property
    def data(self):
        return json.loads(self.scripts[0])


def page_of(results, tmp_path, **kwargs) -> Page:
    return Page(write_report(results, tmp_path / "r.html", **kwargs).read_text())


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A study of three problems, and its page."""
    problems = [("iris", "elman"), ("iris", "lstm"), ("xor", "elman")]
    results = synthetic(problems, n_seeds=3, n_failed=2)
    path = write_report(results, tmp_path_factory.mktemp("report") / "new" / "report.html")
    return results, path, Page(path.read_text())


def test_page_is_whole_and_needs_nothing(three):
    results, path, page = three
    assert is_report(path)
    assert not page.open
    assert not page.sources
    assert page.tags["link"] == page.tags["img"] == 0
    assert page.tags["script"] == 3
    assert page.tags["html"] == page.tags["title"] == page.tags["h1"] == 1
    assert len(set(page.ids)) == len(page.ids)
    assert {anchor for anchor, _ in CONTENTS} <= set(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert all(text in page.text for _, text in CONTENTS)
    # The first figure, ranks by three measures, successes, and two figures of each problem.
    assert len(page.charts) == 1 + 3 + 1 + 2 * 3
    assert all(len(alt) > 60 for alt in page.charts)
    assert results.settings.question in page.text
    assert "metarnn study run report.toml" in page.text
    assert "a <fast> one" in page.text
    assert "2 runs of 54 failed." in page.text
    assert 'weights <overflow> & "more"' in page.text
    for name in OPTIMIZERS:
        assert page.text.count(name) >= 3


def test_policy_allows_the_scripts_of_the_page_and_no_others(three):
    _, path, page = three
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', path.read_text()).group(1)
    for script in (page.scripts[1], page.scripts[2]):
        digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"&#39;sha256-{digest}&#39;" in policy
    assert policy.startswith("default-src &#39;none&#39;")


def test_a_name_that_is_no_text_is_written(tmp_path):
    path = write_report(synthetic(), tmp_path / "\udc80.html")
    assert "metarnn study run" in path.read_text("utf-8")


def test_answer_comes_first(three):
    _, path, page = three
    source = path.read_text()
    assert source.index('class="headline"') < source.index("<figure") < source.index("<table")
    assert "Nothing is decided: " in page.text


def test_order_and_color_are_the_same_everywhere(three):
    results, path, page = three
    names = [look["name"] for look in page.data["optimizers"]]
    looks = styles(OPTIMIZERS)
    assert [look["color"] for look in page.data["optimizers"]] == [looks[n].color for n in names]
    medians = results.summary()["loss_median"].unstack("optimizer")
    ranks = medians.rank(axis=1).mean()
    assert list(ranks[names]) == sorted(ranks)
    rows = re.findall(r'<th scope="row"><svg.*?</svg>([^<]*)</th>', path.read_text())
    assert rows == 4 * names  # over all problems, and for each one
    assert all(len(chart["rows"]) == len(names) for chart in page.data["overview"])


def test_same_results_make_the_same_page(tmp_path):
    results = synthetic(problems=[("iris", "elman")], n_seeds=2)
    first = write_report(results, tmp_path / "a.html", command="again").read_bytes()
    assert write_report(results, tmp_path / "b.html", command="again").read_bytes() == first


@pytest.mark.filterwarnings("error")
def test_names_are_escaped(tmp_path):
    page = page_of(hostile_results(), tmp_path, title=HOSTILE[0], command=f"run {HOSTILE[1]}")
    assert page.tags["script"] == 3
    assert page.tags["img"] == 0
    assert page.tags["style"] == 1
    for name in HOSTILE:
        assert " ".join(name.split()) in page.text
    assert {look["name"] for look in page.data["optimizers"]} == set(HOSTILE)


@pytest.mark.parametrize("n_failed", [0, 3])
def test_one_problem_one_optimizer(tmp_path, n_failed):
    results = synthetic([("iris", "elman")], ("adam",), n_seeds=3, n_failed=n_failed)
    results.runs["test_accuracy"] = np.nan
    results.runs.loc[results.runs["status"] == "failed", "target"] = np.nan
    page = page_of(results, tmp_path, axis="seconds")
    assert page.data["unit"] == "seconds"
    assert "training accuracy" in page.text
    assert ("No run failed." in page.text) == (n_failed == 0)
    assert not page.best


def test_study_without_runs(tmp_path):
    results = synthetic(problems=[("iris", "elman")], n_seeds=1)
    results = replace(results, runs=results.runs.iloc[:0], histories=[])
    page = page_of(results, tmp_path)
    assert "0 problems × 0 optimizers: 0 runs." in page.text
    assert "No run has finished yet" in page.text
    assert not page.charts


@pytest.mark.slow
def test_page_of_a_large_study_is_small(tmp_path):
    names = [f"optimizer_{i}" for i in range(12)]
    problems = [(f"data_{i}", net) for i in range(12) for net in ("elman", "lstm")]
    path = write_report(synthetic(problems, names), tmp_path / "r.html")
    assert path.stat().st_size < 3e6


def test_table_marks_the_best():
    summary = synthetic(problems=[("iris", "elman")]).summary().loc[("iris", "elman")]
    table = problem_table(summary, list(OPTIMIZERS), "iris")
    assert [row[0].text for row in table.rows] == list(OPTIMIZERS)
    for i, (figure, lower) in enumerate(
        [
            ("loss_median", True),
            ("accuracy_mean", False),
            ("passes_to_target", True),
            ("seconds_to_target", True),
            ("reached", False),
        ],
        1,
    ):
        marked = {row[0].text for row in table.rows if row[i].best}
        best = summary[figure].min() if lower else summary[figure].max()
        assert marked == set(summary.index[summary[figure] == best])


def test_nobody_is_best_where_nobody_reached_the_target():
    summary = synthetic(problems=[("iris", "elman")]).summary().loc[("iris", "elman")]
    summary[["passes_to_target", "seconds_to_target"]] = np.inf
    summary["reached"] = 0
    rows = [row[3:] for row in problem_table(summary, list(OPTIMIZERS), "iris").rows]
    assert not any(cell.best for row in rows for cell in row)
    assert {row[0].text for row in rows} == {"never"}


def test_numbers_as_shown():
    assert [loss(v) for v in (0, 0.12345, 1.2e-7, np.inf)] == ["0", "0.123", "1.2e-07", "∞"]
    assert [count(v) for v in (1234.4, np.inf)] == ["1,234", "never"]
    # Wilson's interval by hand: (x + z²/2 ± z sqrt(x(n-x)/n + z²/4)) / (n + z²), z = 1.96.
    assert success(8, 10) == "8 of 10 (49%–94%)"
    assert success(0, 10) == "0 of 10 (0%–28%)"


def test_another_axis_is_refused(tmp_path):
    with pytest.raises(ValueError, match="axis must be 'passes' or 'seconds', got 'hours'"):
        write_report(synthetic([("iris", "elman")], n_seeds=1), tmp_path / "r.html", axis="hours")


def test_library_is_the_one_that_its_note_names():
    text = (VENDOR / "README.md").read_text()
    assert hashlib.sha256((VENDOR / "d3.min.js").read_bytes()).hexdigest() in text
    assert f"v{text.split()[2]} " in (VENDOR / "d3.min.js").read_text(encoding="utf-8")[:100]
