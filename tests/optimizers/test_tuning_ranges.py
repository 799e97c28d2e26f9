"""What tuning may change: ranges hold the defaults, and all their values are accepted."""

import pytest

from metarnn.optimizers import OPTIMIZERS, Islands, Memetic
from metarnn.optimizers.tuning_ranges import tuning_ranges

OWN = [name for name, kind in OPTIMIZERS.items() if kind.library is None]


@pytest.mark.parametrize("name", OWN)
def test_ranges_hold_the_default_and_are_accepted(name):
    ranges = tuning_ranges(OPTIMIZERS[name]())
    for one in ranges:
        ends = one.choices or (one.low, one.high)
        for value in ends:
            kind = str if one.choices else int if one.whole else float
            optimizer = OPTIMIZERS[name]().set_params(**{one.name: kind(value)})
            optimizer.check()
        if one.choices:
            assert one.default in one.choices
        else:
            assert one.low < one.high
            assert not one.log or one.low > 0
            assert one.default is None or one.low <= one.default <= one.high
    assert len({one.name for one in ranges}) == len(ranges)


def test_settings_of_nested_optimizers_are_reached():
    names = {one.name for one in tuning_ranges(Memetic())}
    assert {"refine_steps", "population__n_nests", "local_search__eta_plus"} <= names
    assert "local_search__n_starts" not in names  # the population says from where
    assert {one.name for one in tuning_ranges(Islands())} == {"migrate_every", "n_migrants"}


def test_all_methods_of_our_own_but_some_have_something_to_tune():
    own = [name for name in OWN if ".adapters." not in OPTIMIZERS[name].__module__]
    without = [name for name in own if not tuning_ranges(OPTIMIZERS[name]())]
    assert {*without} == {"random_search", "random_guessing", "sa", "esp", "evolino"}
