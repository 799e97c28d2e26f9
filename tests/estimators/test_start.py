"""Where a fit starts: seeds, warm starts and weights of the user."""

import random

import numpy as np
import pytest
from helpers.small_models import small_model


def test_same_seed_same_fit(recall):
    random_before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    fits = [
        small_model(random_state=state, n_threads=threads).fit(recall.X, recall.y).weights_
        for state, threads in ((0, 1), (0, 2), (1, 1), (None, 1), (None, 1))
    ]
    np.testing.assert_array_equal(fits[0], fits[1])
    for other in fits[2:]:
        assert not np.array_equal(fits[0], other)
    assert not np.array_equal(fits[3], fits[4])
    assert random.getstate() == random_before
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(numpy_before, after, strict=True))


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_generators_are_seeds(recall, kind):
    first, second = (small_model(random_state=kind(3)).fit(recall.X, recall.y) for _ in range(2))
    np.testing.assert_array_equal(first.weights_, second.weights_)


def test_warm_start_sets_out_from_the_last_weights(recall):
    model = small_model(warm_start=True, budget=90).fit(recall.X, recall.y)
    first = model.loss_
    model.fit(recall.X, recall.y)
    assert model.loss_curve_[0] == first
    assert model.loss_ < first
    model.set_params(hidden=4)
    with pytest.raises(ValueError, match="warm_start needs the network of the last fit"):
        model.fit(recall.X, recall.y)
    # Another optimizer may take over.
    cold = small_model(budget=90).fit(recall.X, recall.y)
    cold.set_params(warm_start=True, optimizer="cuckoo").fit(recall.X, recall.y)
    assert cold.loss_ <= first


def test_cuckoo_search_hands_over_to_adam(recall):
    model = small_model(optimizer="cuckoo", budget=400).fit(recall.X, recall.y)
    found, loss = model.weights_, model.loss_
    model.set_params(optimizer="adam", warm_start=True).fit(recall.X, recall.y)
    assert model.loss_curve_[0] == loss
    assert model.loss_ < loss
    # The same by weights in hand, one candidate or several.
    other = small_model(initial_weights=found, budget=400).fit(recall.X, recall.y)
    np.testing.assert_array_equal(other.weights_, model.weights_)
    several = small_model(optimizer="ga", initial_weights=np.stack([found, -found])).fit(
        recall.X, recall.y
    )
    assert several.loss_ <= loss


@pytest.mark.parametrize("weights", [np.zeros(3), "abc", [[1.0], [2.0]]])
def test_initial_weights_are_checked(recall, weights):
    with pytest.raises(ValueError, match=r"initial_weights must be .solved. or numbers of shape"):
        small_model(initial_weights=weights).fit(recall.X, recall.y)
