"""A wrong name gets the nearest one and the place of the list, whatever table it is meant for."""

import pytest

from metarnn import Network
from metarnn.cells import ACTIVATIONS, CELLS
from metarnn.criteria import CRITERIA, criterion_of
from metarnn.datasets import DATASETS, load
from metarnn.layers import DECODERS, READOUTS
from metarnn.names import LISTED, MOST, did_you_mean, unknown
from metarnn.optimizers import OPTIMIZERS, resolve_optimizer
from metarnn.statistics.measures import MEASURES
from metarnn.study.settings import StudySettings


def build(**settings):
    return Network.build(1, 2, **settings)


#: What takes a name, and the names that it takes.
DOORS = {
    "data set": (load, DATASETS),
    "optimizer": (resolve_optimizer, OPTIMIZERS),
    "nested optimizer": (lambda name: resolve_optimizer(f"restarts:optimizer={name}"), OPTIMIZERS),
    "cell": (lambda name: build(cell=name), CELLS),
    "readout": (lambda name: build(readout=name), READOUTS),
    "decoder": (lambda name: build(decoder=name), DECODERS),
    "activation": (lambda name: build(activation=name), ACTIVATIONS),
    "dtype": (lambda name: build(dtype=name), ["float32", "float64"]),
    "loss": (criterion_of, CRITERIA),
    "study's optimizer": (
        lambda name: StudySettings(datasets=["iris"], optimizers=[name]),
        OPTIMIZERS,
    ),
    "study's data set": (
        lambda name: StudySettings(datasets=[name], optimizers=["adam"]),
        DATASETS,
    ),
    "option of a data set": (lambda name: load("parity", **{name: 3}), ["n_bits", "per_step"]),
}
DOORS |= {
    f"setting of {name}": (
        lambda setting, name=name: resolve_optimizer({"name": name, setting: 3}),
        OPTIMIZERS[name]().get_params(deep=False),
    )
    for name in OPTIMIZERS
    if OPTIMIZERS[name]().get_params(deep=False)
}


def misspelled(name):
    """Return a name as a hurried hand types it, with the last letter twice."""
    return name + name[-1]


@pytest.mark.parametrize("door", DOORS)
def test_the_nearest_name_is_said_and_not_all_of_them(door):
    call, table = DOORS[door]
    for name in table:
        wrong = misspelled(name)
        with pytest.raises(ValueError, match="unknown") as error:
            call(wrong)
        message = str(error.value)
        assert f"{wrong!r} (did you mean {name!r}?); " in message
        assert len(table) <= MOST or sum(each in message.split() for each in table) <= 1


def test_case_hyphens_and_blanks_are_no_distance():
    assert did_you_mean("Random Search", OPTIMIZERS) == " (did you mean 'random_search'?)"
    assert did_you_mean("breast-cancer", DATASETS) == " (did you mean 'breast_cancer'?)"
    assert did_you_mean("recurrent", ["Recurrent"]) == " (did you mean 'Recurrent'?)"


def test_what_is_near_to_nothing_gets_no_guess():
    assert unknown("cell", "zzz", CELLS) == "unknown cell 'zzz'; 'metarnn list cells' shows them."
    assert unknown("measure", 3, MEASURES).startswith("unknown measure 3; expected one of ")
    assert unknown("option of iris", "n", []) == "unknown option of iris 'n'; there is none."


def test_every_listing_that_is_named_exists():
    from metarnn.cli.list import TABLES

    assert set(LISTED.values()) <= set(TABLES)
