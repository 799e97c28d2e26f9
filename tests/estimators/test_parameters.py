"""Parameters: left alone by fit, and reached by searches."""

from helpers.small_models import small_model
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from metarnn.optimizers import GA, CuckooSearch, HybridGA, Rprop


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
