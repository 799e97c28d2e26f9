"""Every way to say which network: layers, tables as TOML has them, settings, a network."""

import tomllib

import numpy as np
import pytest

from metarnn import Network
from metarnn.defaults import CELL, HIDDEN, WIRING
from metarnn.layers import Attention, Decoder, Dense, Embedding, Grid, Recurrent, Windows
from metarnn.layers.table import LAYERS, layer_of, layer_table
from metarnn.networks.description import input_kind, network_table, resolve_network

#: Layers of every kind, with settings that are not the defaults.
EXAMPLES = [
    Attention(3, causal=True, window=2, query="dot"),
    Decoder(5, "lstm", attention="dot", size=2),
    Dense(4),
    Embedding(3),
    Embedding(vectors=[[0.5, 1.0], [2.0, -1.0], [0.0, 3.0]], frozen=True),
    Grid("lstm", 3, corners=2),
    Recurrent("gru", 7, bidirectional=True, residual=True),
    Windows(2),
]

TOML = """
readout = "mean"
dtype = "float64"

[[layers]]
kind = "Recurrent"
cell = "gru"
hidden = 5
bidirectional = true

[[layers]]
kind = "Attention"
"""


def test_every_layer_has_an_example():
    assert {type(layer).__name__ for layer in EXAMPLES} == set(LAYERS)


@pytest.mark.parametrize("layer", EXAMPLES, ids=str)
def test_a_table_gives_the_same_layer(layer):
    assert layer_of(layer_table(layer)) == layer


def test_a_network_in_toml():
    network = resolve_network(tomllib.loads(TOML), 3, 2)
    layers = [Recurrent("gru", 5, bidirectional=True), Attention()]
    assert network == Network(3, 2, layers, readout="mean", dtype="float64")
    assert resolve_network(network_table(network), 3, 2) == network


LAYERS_OF_TWO = [Recurrent("gru", 4), Dense(3)]
NETWORK = Network(2, 3, LAYERS_OF_TWO, readout="max", dtype="float64", init_scale=2.0)


@pytest.mark.parametrize(
    "given",
    [
        NETWORK,
        {"layers": LAYERS_OF_TWO, "readout": "max", "dtype": "float64", "init_scale": 2.0},
        network_table(NETWORK),
    ],
    ids=["network", "layers", "table"],
)
def test_a_description_says_what_it_says_whatever_the_defaults(given):
    assert resolve_network(given, 2, 3, readout="mean", dtype="float32") == NETWORK


def test_defaults_are_for_what_a_description_leaves_open():
    layers = [{"kind": "Recurrent", "hidden": 4}]
    assert resolve_network(layers, 2, 3, readout="mean").readout == "mean"
    built = resolve_network({"hidden": [4, 2], "bidirectional": False}, 2, 3, readout="mean")
    assert built == Network.build(2, 3, hidden=(4, 2), cell=CELL, readout="mean")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"cell": CELL, **WIRING}),
        ({"cell": None, "readout": None, "bidirectional": None}, {"cell": CELL, **WIRING}),
        ({"grid": 2}, {"cell": CELL, "grid": 2}),
        ({"decoder": "dot"}, {"cell": CELL, "decoder": "dot"}),
        ({"readout": "steps"}, {"cell": CELL, "readout": "steps"}),
        ({"cell": "jordan"}, {"cell": "jordan"}),
        ({"activation": "relu"}, {"cell": "elman", "activation": "relu", **WIRING}),
    ],
    ids=str,
)
def test_defaults_suit_what_the_network_is_for(given, expected):
    built = Network.build(2, 3, **{"hidden": HIDDEN, **expected})
    assert resolve_network(given, 2, 3) == built


def test_layers_with_a_decoder_score_each_step():
    assert resolve_network([Recurrent(), Decoder(4)], 2, 3, readout="mean").decodes


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ([Embedding(2), Recurrent()], "tokens"),
        ({"embedding": 3}, "tokens"),
        ([Grid()], "images"),
        ({"grid": 4}, "images"),
        ({"hidden": 3}, "numbers"),
        ([], "numbers"),
        (NETWORK, "numbers"),
    ],
)
def test_a_description_says_what_x_holds(given, kind):
    assert input_kind(given) == kind
    if given is not NETWORK:
        assert resolve_network(given, 2, 3).input_kind == kind


@pytest.mark.parametrize("layer", [Embedding(vectors=np.eye(9)), {"kind": "Embedding", "size": 2}])
def test_vectors_may_be_of_more_tokens_than_the_data(layer):
    network = resolve_network([layer, Recurrent()], 4, 2)
    assert network.n_inputs == (9 if isinstance(layer, Embedding) else 4)
    assert resolve_network(network, 3, 2) is network


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (NETWORK, "for 2 inputs and 3 outputs, but the data have 4 inputs and 2"),
        (Network.build(3, 2, embedding=2), "for 3 tokens and 2 outputs, but the data have 4"),
        (
            [Embedding(vectors=np.eye(2))],
            "X holds the token 3, but embedding has vectors for 2 tokens",
        ),
        ({"embedding": Embedding(vectors=np.eye(2))}, "X holds the token 3, but embedding has"),
        ([Recurrent], "layer 1: expected a layer, got its class: write Recurrent"),
        ([{"hidden": 3}], "layer 1: expected a layer of metarnn.layers or a table"),
        ([{"kind": "recurent"}], "unknown kind of layer 'recurent' .did you mean 'Recurrent'?"),
        (
            [Recurrent(), {"kind": "Recurrent", "units": 3}],
            "layer 2: unknown setting of Recurrent 'units'; expected one of cell, hidden",
        ),
        ([{"kind": "Recurrent", "hiden": 3}], "did you mean 'hidden'?"),
        ([{"kind": "Dense"}], "layer 1: Dense needs the setting 'n_outputs'"),
        ([{"kind": "Recurrent", "cell": "grü"}], "layer 1: unknown cell 'grü' .did you mean 'gru'"),
        ({"layers": [Recurrent()], "hidden": 3}, "hidden is said by the layers"),
        ({"layers": [Recurrent()], "redout": "max"}, "did you mean 'readout'?"),
        ({"hiden": 3}, "did you mean 'hidden'?"),
        ("gru", "a network must be a Network, a list of layers"),
        (7, "a network must be a Network, a list of layers"),
    ],
)
def test_what_is_no_network_for_the_data_is_refused_in_a_sentence(given, error):
    with pytest.raises((TypeError, ValueError), match=error):
        resolve_network(given, 4, 2)


def test_a_layer_of_ones_own_has_no_table():
    class Own(Recurrent):
        pass

    with pytest.raises(TypeError, match="Own is no layer of metarnn"):
        layer_table(Own())
