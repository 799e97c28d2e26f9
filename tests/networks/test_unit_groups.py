"""The weights of each unit."""

import numpy as np
import pytest

from metarnn import Network
from metarnn.cells import CELLS
from metarnn.networks.unit_groups import unit_groups

SETTINGS = [
    *({"cell": cell} for cell in CELLS),
    {"cell": "lstm", "bidirectional": True, "readout": "attention"},
    {"cell": "gru", "hidden": (3, 2), "windows": 2},
    {"cell": "lstm", "grid": 2},
    {"cell": "elman", "embedding": 3},
    {"cell": "gru", "decoder": "additive"},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_each_weight_is_in_one_group(settings):
    network = Network.build(3, 2, **({"hidden": 4} | settings))
    groups = unit_groups(network.program)
    everything = np.concatenate(groups)
    assert len(everything) == network.n_weights
    np.testing.assert_array_equal(np.sort(everything), np.arange(network.n_weights))
    assert network.space.groups is groups


def test_a_unit_has_the_rows_of_its_gates_and_an_output_its_row():
    network = Network.build(3, 2, cell="lstm", hidden=4)
    blocks = network.unpack(np.arange(network.n_weights))
    groups = unit_groups(network.program)
    assert len(groups) == 4 + 2
    rows = [0, 4, 8, 12]
    unit = [blocks[name][rows].ravel() for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")]
    np.testing.assert_array_equal(groups[0], np.sort(np.concatenate(unit)))
    np.testing.assert_array_equal(groups[5], [*blocks["weight_out"][1], blocks["bias_out"][1]])
