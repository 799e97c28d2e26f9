"""``network=``: a network, layers, or a table of them, in place of the parameters of layers."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from metarnn import Network, RNNClassifier, RNNRegressor
from metarnn.layers import Attention, Decoder, Dense, Embedding, Grid, Recurrent

LAYERS = [Recurrent("gru", 3), Attention(2)]
TABLES = [{"kind": "Recurrent", "cell": "gru", "hidden": 3}, {"kind": "Attention", "size": 2}]
NETWORK = Network(4, 3, LAYERS, readout="mean")

#: Ways to say the same network for data of 4 inputs and 3 classes.
SAME = {
    "network": NETWORK,
    "layers": LAYERS,
    "tables": TABLES,
    "table": {"layers": TABLES, "readout": "mean"},
}


def classifier(network, **settings):
    settings = {"budget": 30, "optimizer": "adam", "random_state": 0} | settings
    return RNNClassifier(network=network, **settings)


@pytest.mark.parametrize("given", SAME.values(), ids=SAME)
def test_each_way_to_say_a_network_gives_the_same(given, recall, tmp_path):
    leaves_open = isinstance(given, list)
    model = classifier(given, **({"readout": "mean"} if leaves_open else {}))
    copy = clone(model)
    assert repr(copy.get_params()) == repr(model.get_params())
    model.fit(recall.X, recall.y)
    assert model.network_ == NETWORK
    expected = model.predict_proba(recall.X)
    assert np.array_equal(copy.fit(recall.X, recall.y).predict_proba(recall.X), expected)
    loaded = RNNClassifier.load(model.save(tmp_path / "model.npz"))
    assert loaded.network == model.network
    assert np.array_equal(loaded.predict_proba(recall.X), expected)
    assert np.array_equal(loaded.fit(recall.X, recall.y).predict_proba(recall.X), expected)


def test_a_table_of_settings_is_as_the_parameters(recall):
    table = {"cell": "gru", "hidden": 3, "bidirectional": True}
    model = classifier(table).fit(recall.X, recall.y)
    assert model.network_ == classifier(None, **table).fit(recall.X, recall.y).network_


def test_a_search_over_networks(recall):
    search = GridSearchCV(classifier(None), {"network": [LAYERS, None, NETWORK]}, cv=2)
    search.fit(recall.X, recall.y)
    assert len(search.cv_results_["params"]) == 3
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_regressor_takes_a_network(recall):
    model = RNNRegressor(network=LAYERS, budget=30, optimizer="adam", random_state=0)
    model.fit(recall.X, recall.X[:, 0, :2])
    assert model.network_.layers == tuple(LAYERS)
    assert model.predict(recall.X).shape == (120, 2)


@pytest.mark.parametrize(
    ("layers", "shape"), [([Embedding(2), Recurrent()], (6, 4)), ([Grid(hidden=2)], (6, 3, 2, 1))]
)
def test_the_first_layer_decides_what_x_holds(layers, shape):
    X = np.random.default_rng(0).integers(5, size=shape)
    model = classifier(layers, scale=False).fit(X, np.arange(6) % 2)
    assert model.network_.input_kind == layers[0].input_kind
    assert model.predict(X).shape == (6,)


def test_given_vectors_may_be_of_more_tokens_than_the_data():
    X, vectors = np.arange(12).reshape(6, 2) % 5, np.random.default_rng(0).normal(size=(9, 3))
    for given in (
        {"embedding": Embedding(vectors=vectors)},
        {"network": [Embedding(vectors=vectors, frozen=True), Recurrent()]},
        {"network": Network(9, 2, [Embedding(vectors=vectors), Recurrent()])},
    ):
        model = RNNClassifier(**given, scale=False, budget=30).fit(X, np.arange(6) % 2)
        assert model.network_.n_inputs == 9
        assert model.predict(X + 4).shape == (6,)


X3, Y = np.zeros((6, 3, 2)), np.arange(6) % 2
TOKENS = Y[:, None] + [[0, 1, 2]]


@pytest.mark.parametrize(
    ("settings", "X", "message"),
    [
        ({"network": NETWORK}, X3, "network: .* for 4 inputs and 3 outputs, but the data have 2"),
        ({"network": LAYERS, "cell": "lstm"}, X3, "network: cell='lstm' is given beside a network"),
        ({"network": LAYERS, "hidden": 5}, X3, "network: hidden=5 is given beside a network"),
        ({"network": LAYERS, "embedding": 2}, X3, "network: embedding=2 is given beside a network"),
        (
            {"network": {"layers": LAYERS, "dtype": "float32"}, "dtype": "float64"},
            X3,
            "network: dtype='float64' is given beside a network",
        ),
        ({"network": [Recurrent()], "readout": "steps"}, X3, "one output for each sequence"),
        ({"network": [Recurrent(), Decoder()]}, X3, "one output for each sequence"),
        ({"network": [Recurrent, Dense(2)]}, X3, "network: layer 1: .* write Recurrent"),
        ({"network": [Dense(2), Embedding(2)]}, X3, "network: Embedding reads tokens"),
        ({"network": [{"kind": "Recurrent", "hidden": 0}]}, X3, "network: layer 1: hidden must"),
        ({"network": {"hiden": 3}}, X3, "network: unknown setting .* .did you mean 'hidden'?"),
        ({"network": "gru"}, X3, "network: a network must be a Network, a list of layers"),
        (
            {"network": [Embedding(vectors=np.eye(3))], "scale": False},
            TOKENS,
            "network: X holds the token 3, but embedding has vectors for 3 tokens",
        ),
        (
            {"embedding": Embedding(vectors=np.eye(3)), "scale": False},
            TOKENS,
            "X holds the token 3, but embedding has vectors for 3 tokens",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(settings, X, message):
    with pytest.raises((TypeError, ValueError), match=message):
        RNNClassifier(budget=30, **settings).fit(X, Y)


def test_a_layer_of_ones_own_trains_but_is_not_saved(recall, tmp_path):
    class Own(Recurrent):
        pass

    model = classifier([Own("gru", 3)]).fit(recall.X, recall.y)
    assert model.predict(recall.X).shape == (120,)
    message = "Own cannot be written to a file of numbers and words; pickle the model"
    with pytest.raises(TypeError, match=message):
        model.save(tmp_path / "model.npz")
    assert not list(tmp_path.iterdir())
