"""What notebooks show of each class: well-formed, escaped, and alike on light and dark pages."""

import doctest
import pickle
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from helpers.fake_results import synthetic

from metarnn import (
    Fitness,
    Network,
    RecurrentFeatures,
    RecurrentFeaturesClassifier,
    RecurrentFeaturesRegressor,
    RNNClassifier,
    RNNRegressor,
    SolvedFitness,
    compare,
    minimize,
)
from metarnn.cells import CELLS
from metarnn.datasets import Dataset, from_long

EVIL = '<script>alert("1")</script> & $x_y$'
VOID = {"input", "br", "meta"}


class Tags(HTMLParser):
    """Checks that tags are closed in order; keeps their names."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 5, 2)), np.where(np.arange(30) % 2, EVIL, "plain")


def estimators(data):
    X, y = data
    small = {"random_state": 0, "budget": 9, "hidden": 3}
    few = {"random_state": 0, "n_features": 40}
    return [
        RNNClassifier(**small).fit(X, y),
        RNNRegressor(**small, early_stopping=True).fit(X, np.arange(30.0)),
        RecurrentFeatures(**few).fit(X),
        RecurrentFeaturesClassifier(**few).fit(X, y),
        RecurrentFeaturesRegressor(**few).fit(X, np.arange(30.0)),
    ]


def others(data):
    X, y = data
    network, codes = Network.build(2, 2, hidden=3), (y == EVIL).astype(int)
    fitness = Fitness(network, X, codes)
    solved = SolvedFitness(network, X, codes)
    problems = [("iris " + EVIL, "elman " + EVIL), ("wine", "elman")]
    return [
        network,
        fitness,
        solved,
        minimize(fitness, "adam", budget=9, seed=0),
        synthetic(problems, ["adam", EVIL], n_seeds=2, n_failed=1),
        synthetic(problems[:1], ["adam", EVIL], n_seeds=2),
        compare(
            Dataset.of(X, codes, name="data " + EVIL),
            {"adam": "adam", EVIL: "cuckoo"},
            budget=9,
            seeds=1,
        ),
    ]


@pytest.fixture(scope="module")
def shown(data):
    return estimators(data), others(data)


def parsed(page):
    tags = Tags()
    tags.feed(re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=re.DOTALL))
    assert not tags.open
    return tags.seen


def test_cards_are_whole_and_escaped(shown):
    escaped = 0
    for one in shown[1]:
        page = one._repr_html_()
        assert "<script" not in page
        assert "metarnn-card" in page
        parsed(page)
        escaped += "&lt;script&gt;" in page
        # Letters have the color of the page, light or dark.
        assert not re.search(r"[^-]color:\s*(#|black|white|rgb)", page)
        assert len(repr(one)) < 300 or isinstance(one, Network)
        assert "\n" not in repr(one)
    assert escaped >= 3


def test_estimators_show_their_fit(shown):
    for model in shown[0]:
        page = model._repr_html_()
        assert page == model._repr_mimebundle_()["text/html"] or "metarnn-card" in page
        assert page.count("<strong>Fitted</strong>") == 1
        assert EVIL not in page
        assert "&lt;script&gt;" in page or not hasattr(model, "classes_")
        assert "metarnn-card" not in type(model)()._repr_html_()
    first = shown[0][0]
    assert first.network_._repr_html_() in first._repr_html_()


NETWORKS = [{"cell": cell, "hidden": 4} for cell in CELLS if cell not in ("linear", "lstm2d")] + [
    {"hidden": (4, 4), "bidirectional": True, "residual": True, "readout": "max+mean"},
    {"hidden": 4, "embedding": 3, "decoder": "additive"},
    {"hidden": (4, 3), "windows": 2, "readout": "attention"},
    {"cell": "lstm", "grid": 4, "hidden": 3},
]


@pytest.mark.parametrize("settings", NETWORKS, ids=str)
def test_summary_counts_all_weights(settings):
    network = Network.build(5, 4, **settings)
    text = network.summary(n_steps=1_000_000)
    assert max(map(len, text.splitlines())) <= 80
    total = next(line for line in text.splitlines() if line.startswith("all "))
    assert total.split()[1] == f"{network.n_weights:,}"
    weights = re.findall(r"([\d,]+) weights<br>", network._repr_html_())
    assert sum(int(number.replace(",", "")) for number in weights) == network.n_weights
    parsed(network._repr_html_())


def test_the_example_of_summary_is_true():
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder().find(Network.summary, "summary", globs={}):
        assert not runner.run(test).failed
    with pytest.raises(ValueError, match="n_steps"):
        Network.build(1, 2).summary(0)


def test_a_search_result_is_that_of_scipy(shown):
    import scipy.optimize

    result = shown[1][3]
    assert isinstance(result, scipy.optimize.OptimizeResult)
    again = pickle.loads(pickle.dumps(result))
    assert type(again) is type(result)
    np.testing.assert_array_equal(again.x, result.x)
    assert repr(scipy.optimize.OptimizeResult(result))  # prints as SciPy's where that is wanted


def test_a_long_table_prints_short():
    frame = pd.DataFrame({"id": [1, 1, 2], "value": [0.0, 1.0, 2.0], "class": ["a", "a", "b"]})
    table = from_long(frame, series="id", target="class")
    assert repr(table).startswith("<LongTable: 2 series of 1 to 2 steps, 1 inputs, targets of ")
