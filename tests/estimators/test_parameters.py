"""Parameters: left alone by fit, and reached by searches."""

import pytest
from helpers.small_models import small_model
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from metarnn import RNNClassifier, RNNRegressor
from metarnn.optimizers import GA, Adam, CuckooSearch, HybridGA, Memetic, Restarts, Rprop


def test_fit_leaves_parameters_alone(recall):
    optimizer = HybridGA(GA(population_size=6), Rprop(initial_step_size=0.2))
    model = small_model(optimizer=optimizer)
    before = repr(model.get_params())
    model.fit(recall.X, recall.y)
    assert repr(model.get_params()) == before
    assert model.optimizer is optimizer


def test_nested_parameters_and_clone():
    model = small_model(optimizer=HybridGA())
    model.set_params(
        optimizer__local_search__initial_step_size=0.7, optimizer__population__n_elites=1
    )
    copy = clone(model)
    assert copy.optimizer is not model.optimizer
    assert copy.optimizer == model.optimizer
    assert copy.optimizer.local_search.initial_step_size == 0.7


def test_grid_search_reaches_the_optimizer(recall):
    search = GridSearchCV(
        small_model(optimizer=CuckooSearch()), {"optimizer__n_nests": [4, 9]}, cv=2, n_jobs=2
    ).fit(recall.X, recall.y)
    assert search.best_params_["optimizer__n_nests"] in (4, 9)
    assert search.best_estimator_.optimizer.n_nests == search.best_params_["optimizer__n_nests"]
    assert search.predict(recall.X).shape == (120,)


#: Optimizers given otherwise than as instances, a setting of each, and what it becomes.
NAMED = [
    ("adam", {"learning_rate": 0.1}, Adam(learning_rate=0.1)),
    ("adam:n_starts=2", {"learning_rate": 0.1}, Adam(2, learning_rate=0.1)),
    ({"name": "adam", "n_starts": 2}, {"learning_rate": 0.1}, Adam(2, learning_rate=0.1)),
    (
        "hybrid_ga",
        {"local_search__initial_step_size": 0.7, "refine_every": 2},
        HybridGA(local_search=Rprop(initial_step_size=0.7), refine_every=2),
    ),
    ("restarts", {"optimizer__n_starts": 3}, Restarts(Rprop(3))),
    ("memetic", {"population": "ga:n_elites=1"}, Memetic(GA(n_elites=1))),
    (HybridGA(), {"local_search": "adam"}, HybridGA(local_search=Adam())),
    (
        "restarts:optimizer=hybrid_ga",
        {"optimizer__population__n_elites": 1},
        Restarts(HybridGA(GA(20, n_elites=1))),
    ),
]


@pytest.mark.parametrize(("given", "settings", "expected"), NAMED, ids=range(len(NAMED)))
@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_settings_of_a_named_optimizer_are_parameters(kind, given, settings, expected):
    model = kind(optimizer=given)
    changes = {f"optimizer__{name}": value for name, value in settings.items()}
    assert set(changes) <= set(model.get_params())
    assert not set(changes) & set(model.get_params(deep=False))
    assert clone(model).optimizer == given
    assert model.set_params(**changes).optimizer == expected
    assert clone(model).optimizer == expected


def test_an_optimizer_and_its_setting_change_at_once():
    model = RNNClassifier(optimizer="cuckoo")
    model.set_params(optimizer="adam", optimizer__learning_rate=0.5, hidden=3)
    assert model.optimizer == Adam(learning_rate=0.5)
    assert model.hidden == 3


def test_a_wrong_setting_of_a_named_optimizer_tells_the_nearest():
    model = RNNClassifier(optimizer="adam")
    with pytest.raises(ValueError, match=r"learning_rat'.*did you mean 'learning_rate'"):
        model.set_params(optimizer__learning_rat=0.1)
    assert model.optimizer == "adam"
    with pytest.raises(ValueError, match="did you mean 'adam'"):
        RNNClassifier(optimizer="adan").set_params(optimizer__learning_rate=0.1)
    assert RNNClassifier(optimizer="adan").get_params()["optimizer"] == "adan"


def test_grid_search_reaches_an_optimizer_by_name(recall):
    grid = {"optimizer__learning_rate": [0.1, 1e-9], "optimizer__n_starts": [1, 2]}
    search = GridSearchCV(small_model(optimizer="adam"), grid, cv=2).fit(recall.X, recall.y)
    assert search.best_estimator_.optimizer.learning_rate == 0.1
    assert search.estimator.optimizer == "adam"
