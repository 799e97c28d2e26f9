"""Optimizers by name, words, table or instance: the same everywhere."""

import pytest
from helpers.error_checks import one_sentence

from metarnn.optimizers import (
    CSBPERN,
    GA,
    OPTIMIZERS,
    Adam,
    CuckooSearch,
    GradientDescent,
    HybridGA,
    Islands,
    Memetic,
    Restarts,
    Rprop,
    resolve_optimizer,
    resolve_optimizers,
)
from metarnn.optimizers.resolve import settings_in

NESTS = CuckooSearch(n_nests=9)


def test_every_optimizer_has_its_name():
    for name in OPTIMIZERS:
        assert resolve_optimizer(name) == OPTIMIZERS[name]()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("cuckoo:n_nests=50,variant=paper", CuckooSearch(n_nests=50, variant="paper")),
        ("adam:learning_rate=1e-3,max_norm=None", Adam(learning_rate=1e-3, max_norm=None)),
        ("adam:", Adam()),
        ({"name": "ga", "n_elites": 1}, GA(n_elites=1)),
        ("memetic:population=ga,local_search__n_starts=2", Memetic(GA(), Rprop(n_starts=2))),
        (
            "memetic:local_search__learning_rate=0.5,local_search=adam",
            Memetic(local_search=Adam(learning_rate=0.5)),
        ),
        (
            {"name": "memetic", "population": {"name": "ga", "n_elites": 1}, "refine_every": 2},
            Memetic(GA(n_elites=1), refine_every=2),
        ),
        (
            {"name": "csbpern", "local_search": {"learning_rate": 0.1}},
            CSBPERN(local_search=GradientDescent(learning_rate=0.1, momentum=0.0, max_norm=None)),
        ),
        (
            {"name": "restarts", "optimizer": {"name": "memetic", "population": "ga:n_elites=1"}},
            Restarts(Memetic(GA(n_elites=1))),
        ),
        ("islands:members=['ga','cuckoo'],n_migrants=2", Islands([GA(), CuckooSearch()], 10, 2)),
        ("islands:members=[ga,cuckoo:n_nests=9],n_migrants=2", Islands([GA(), NESTS], 10, 2)),
        ("restarts:optimizer=hybrid_ga", Restarts(HybridGA())),
        (
            "restarts:optimizer=hybrid_ga,optimizer__refine_every=1",
            Restarts(HybridGA(refine_every=1)),
        ),
        ("restarts:optimizer=adam:learning_rate=0.5", Restarts(Adam(learning_rate=0.5))),
        (
            {"name": "islands", "members": [{"name": "ga", "n_elites": 1}, "cuckoo", GA()]},
            Islands([GA(n_elites=1), CuckooSearch(), GA()]),
        ),
    ],
)
def test_settings_and_nested_optimizers(given, expected):
    assert resolve_optimizer(given) == expected


def test_an_instance_is_itself():
    optimizer = Adam(learning_rate=0.5)
    assert resolve_optimizer(optimizer) is optimizer


def test_a_nested_default_is_not_changed():
    resolve_optimizer({"name": "memetic", "local_search": {"n_starts": 7}})
    assert Memetic().local_search.n_starts == 1


def test_a_mapping_that_is_no_optimizer_stays_one():
    settings = {"c1": 2.0}
    found = resolve_optimizer({"name": "mealpy", "settings": settings})
    assert found.settings == settings
    assert found.settings is not settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("adam", {"adam": Adam()}),
        (Adam(), {"Adam": Adam()}),
        (["adam:n_starts=2", GA()], {"adam:n_starts=2": Adam(n_starts=2), "GA": GA()}),
        ([{"name": "adam", "n_starts": 2}], {"adam": Adam(n_starts=2)}),
        (
            {"adam": {"n_starts": 2}, "mine": {"name": "ga"}, "third": "rprop", "4": GA()},
            {"adam": Adam(n_starts=2), "mine": GA(), "third": Rprop(), "4": GA()},
        ),
    ],
)
def test_several_by_label(given, expected):
    found = resolve_optimizers(given)
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize(
    ("given", "error", "parts"),
    [
        (
            "adm",
            ValueError,
            ["optimizer 'adm'", "did you mean 'adam'?", "'metarnn list optimizers'"],
        ),
        ("", ValueError, ["optimizer ''"]),
        (Adam, TypeError, ["must be an instance", "write Adam()"]),
        (3, TypeError, ["got 3"]),
        (None, TypeError, ["got None"]),
        ({"n_nests": 3}, TypeError, ["with its name", "n_nests"]),
        ("cuckoo:n_nest=3", ValueError, ["CuckooSearch", "'n_nest' (did you mean 'n_nests'?)"]),
        (
            "restarts:optimizer=adam,learning_rate=1",
            ValueError,
            ["'learning_rate'", "there is 'optimizer__learning_rate'"],
        ),
        ("cuckoo:n_nests", ValueError, ["NAME=VALUE", "'n_nests'"]),
        ("memetic:every=3", ValueError, ["Memetic", "'every'", "'refine_every'"]),
        ("memetic:population=gaa", ValueError, ["population 'gaa'", "did you mean 'ga'?"]),
        ("memetic:population=3", TypeError, ["population must be", "got 3"]),
        ({"name": "islands", "members": ["gaa"]}, ValueError, ["members[0] 'gaa'"]),
    ],
)
def test_mistakes_get_one_sentence(given, error, parts):
    with pytest.raises(error) as caught:
        resolve_optimizer(given)
    one_sentence(caught, *parts)


@pytest.mark.parametrize(
    ("given", "part"), [([], "at least one"), ({}, "at least one"), ([GA(), GA()], "called GA")]
)
def test_labels_are_needed_and_different(given, part):
    with pytest.raises(ValueError, match=part) as caught:
        resolve_optimizers(given)
    one_sentence(caught)


def test_settings_in_words():
    words = "a=1,b=[1, 2],c=(3,4),d=word,e=-1e-3,f={'x': [1,2]},g=a=b"
    expected = {"a": 1, "b": [1, 2], "c": (3, 4), "d": "word", "e": -1e-3, "f": {"x": [1, 2]}}
    assert settings_in(words) == expected | {"g": "a=b"}
