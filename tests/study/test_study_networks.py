"""Networks of studies and comparisons: settings, layers, tables of layers, or a Network."""

import numpy as np
import pytest

from metarnn import Network, compare
from metarnn.datasets import Dataset
from metarnn.layers import Dense, Embedding, Recurrent
from metarnn.study import Study
from metarnn.study.toml import read_settings

RNG = np.random.default_rng(0)
DATA = Dataset.of(RNG.normal(size=(24, 3, 2)), np.arange(24) % 3, name="numbers")
LAYERS = [Recurrent("gru", 3), Dense(4)]
TABLES = [
    {"kind": "Recurrent", "cell": "gru", "hidden": 3},
    {"kind": "Dense", "n_outputs": 4},
]
NETWORK = Network(2, 3, LAYERS, readout="mean")
SAME = {
    "network": NETWORK,
    "layers": {"layers": LAYERS, "readout": "mean"},
    "table": {"layers": TABLES, "readout": "mean"},
}
HOW = {"optimizers": ["rprop"], "budget": 20, "seeds": 1}


@pytest.mark.parametrize("given", SAME.values(), ids=SAME)
def test_studies_and_compare_take_a_network(given):
    study = Study(datasets={"numbers": DATA}, networks={"deep": given}, **HOW)
    assert study.problems[0].protocol.network == NETWORK
    assert list(study.run().runs.network) == ["deep"]
    comparison = compare(DATA, HOW["optimizers"], network=given, budget=20, seeds=1)
    assert comparison.protocol.network == NETWORK


def test_what_layers_leave_open_are_settings_of_compare():
    comparison = compare(DATA, "rprop", network=LAYERS, readout="mean", budget=20, seeds=1)
    assert comparison.protocol.network == NETWORK


def test_a_network_of_layers_in_study_toml(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(
        """
        datasets = ["iris", "latch"]
        optimizers = ["adam"]

        [networks.deep]
        readout = "mean"
        datasets = ["iris"]

        [[networks.deep.layers]]
        kind = "Recurrent"
        cell = "gru"
        hidden = 3

        [[networks.deep.layers]]
        kind = "Dense"
        n_outputs = 4

        [networks.plain]
        hidden = 2
        """
    )
    problems = Study(read_settings(path)).problems
    assert [(p.dataset, p.network) for p in problems] == [
        ("iris", "deep"), ("iris", "plain"), ("latch", "plain"),
    ]  # fmt: skip
    deep = problems[0].protocol.network
    assert deep.layers == tuple(LAYERS)
    assert deep.readout == "mean"


def store_of(network, path, seeds=1):
    how = HOW | {"seeds": seeds, "store": path}
    return Study(datasets={"numbers": DATA}, networks={"deep": network}, **how).run()


def test_a_store_goes_on_with_the_same_layers_only(tmp_path):
    path = tmp_path / "store.sqlite"
    store_of(SAME["table"], path)
    assert len(store_of(SAME["network"], path, seeds=2).runs) == 2
    for changed in (
        LAYERS,  # another readout
        {"layers": [Recurrent("gru", 3), Dense(5)], "readout": "mean"},
        {"layers": [Recurrent("gru", 3)], "readout": "mean"},
        {"hidden": 3},
    ):
        with pytest.raises(ValueError, match=r"holds runs with networks\.deep"):
            store_of(changed, path)


def test_a_store_tells_given_vectors_apart(tmp_path):
    tokens = Dataset.of(
        np.arange(24)[:, None] % 4 + [[0, 1]], np.arange(24) % 2, name="words", n_tokens=5
    )

    def run(values):
        Study(
            datasets={"words": tokens},
            networks={"words": [Embedding(vectors=values), Recurrent(hidden=2)]},
            store=tmp_path / "store.sqlite",
            **HOW,
        ).run()

    vectors = np.arange(12.0).reshape(6, 2)
    run(vectors)
    run(vectors)
    with pytest.raises(ValueError, match=r"holds runs with networks\.words"):
        run(vectors + 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([Recurrent], r"networks\.x: layer 1: .* write Recurrent"),
        ([{"kind": "Recurent"}], r"networks\.x: layer 1: .*did you mean 'Recurrent'"),
        ({"layers": TABLES, "hidden": 3}, r"networks\.x: hidden is said by the layers"),
        ("gru", r"networks\.x: expected a table of settings"),
        (3, r"networks\.x: expected a table of settings"),
        (Network(7, 3, LAYERS), r"networks\.x: the network is for 7 inputs"),
        ([Dense(2), Embedding(2)], r"networks\.x: Embedding reads tokens"),
    ],
)
def test_an_error_names_the_network(given, message):
    with pytest.raises((TypeError, ValueError), match=message):
        Study(datasets={"numbers": DATA}, networks={"x": given}, **HOW).check()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": LAYERS, "hidden": 3}, "network: hidden=3 is given beside a network"),
        ({"network": LAYERS, "cell": "gru"}, "network: cell='gru' is given beside a network"),
        ({"network": NETWORK, "readout": "max"}, "network: readout='max' is given beside"),
        ({"network": Network(1, 3, LAYERS)}, "network: the network is for 1 inputs and 3"),
        ({"cell": "grru"}, "^unknown cell"),
    ],
)
def test_compare_refuses_a_network_in_a_sentence(settings, message):
    with pytest.raises((TypeError, ValueError), match=message):
        compare(DATA, "rprop", budget=20, seeds=1, **settings)
