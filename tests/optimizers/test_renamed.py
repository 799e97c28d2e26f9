"""Former names of settings: read in files, named by errors in code."""

import pytest
from helpers.error_checks import one_sentence

from metarnn.optimizers import CSBPERN, OPTIMIZERS, HybridGA, Rprop
from metarnn.optimizers.renamed import ADDED, RENAMED, new_name, with_new_names

FORMER = [
    (kind, former, present)
    for kind in OPTIMIZERS.values()
    for base in kind.__mro__
    for former, present in RENAMED.get(base.__name__, {}).items()
]


def test_a_former_name_stands_for_a_setting_that_there_is():
    for kind, former, present in FORMER:
        names = kind().get_params(deep=False)
        assert present in names
        assert former not in names
        found = with_new_names(kind, {former: 7, "own": 1})
        added = {name for base in kind.__mro__ for name in ADDED.get(base.__name__, {})}
        assert {n: v for n, v in found.items() if n not in added} == {present: 7, "own": 1}


@pytest.mark.parametrize("name", ADDED)
def test_settings_that_a_class_did_not_have_are_added(name):
    for kind in OPTIMIZERS.values():
        if name in [base.__name__ for base in kind.__mro__]:
            assert with_new_names(kind, {}).items() >= ADDED[name].items()
            assert with_new_names(kind, {"patience": 9})["patience"] == 9
            assert ADDED[name].keys() <= kind().get_params(deep=False).keys()


def test_every_class_of_the_table_is_there():
    bases = {base.__name__ for kind in OPTIMIZERS.values() for base in kind.__mro__}
    assert set(RENAMED) <= bases


def test_a_new_name_has_no_other():
    assert new_name(Rprop, "eta_plus") is None
    assert new_name(Rprop, "every") is None


@pytest.mark.parametrize("kind", [HybridGA, CSBPERN])
def test_code_with_a_former_name_is_told_the_new_one(kind):
    with pytest.raises(TypeError) as error:
        kind(every=3)
    one_sentence(error, kind.__name__, "'every'", "'refine_every'")
    for former in ("every", "local__learning_rate"):
        with pytest.raises(ValueError, match="now called") as refused:
            kind().set_params(**{former: 3})
        one_sentence(refused, kind.__name__, former.partition("__")[0])
