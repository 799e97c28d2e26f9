"""Tokens that one part of the data has and another has not, and vectors for more or fewer."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, cross_val_score

from metarnn import RNNClassifier
from metarnn.layers import Embedding, Recurrent

X = np.random.default_rng(0).integers(5, size=(20, 4))
Y = (X == 3).any(axis=1).astype(int)


def model(**settings):
    known = {"hidden": 3} if "network" not in settings else {}
    return RNNClassifier(**{"budget": 30, "random_state": 0, "scale": False} | known | settings)


def test_tokens_that_the_fit_has_not_seen_are_unknown():
    fitted = model(embedding=2).fit(X, Y)
    new, unknown = np.where(X == 3, 5, X), np.where(X == 3, -1, X)
    expected = fitted.predict_proba(unknown)
    with pytest.warns(UserWarning, match=f"{(X == 3).sum()} tokens of X are above 4, the largest"):
        np.testing.assert_array_equal(fitted.predict_proba(new), expected)
    assert (expected != fitted.predict_proba(X)).any()
    with pytest.warns(UserWarning, match="are above 4"):
        assert fitted.predict(X + 100).shape == (20,)


def test_what_follows_an_end_is_no_token():
    padded = np.where(np.arange(4) < 3, X, 99)
    fitted = model(embedding=2).fit(padded, Y, lengths=np.full(20, 3))
    assert fitted.network_.n_inputs == 5
    assert fitted.predict(padded, lengths=np.full(20, 3)).shape == (20,)


@pytest.mark.filterwarnings("ignore:.*tokens of X are above")
def test_cross_validation_of_tokens_in_one_fold_only():
    apart = X.copy()
    apart[-4:] += 50
    for settings in ({"embedding": 2}, {"network": [Embedding(2), Recurrent(hidden=2)]}):
        scores = cross_val_score(model(**settings), apart, Y, cv=KFold(5), error_score="raise")
        assert np.isfinite(scores).all()


def test_given_vectors_are_for_their_tokens(tmp_path):
    table = np.random.default_rng(1).normal(size=(8, 3))
    for frozen in (False, True):
        fitted = model(embedding=Embedding(vectors=table, frozen=frozen)).fit(X, Y)
        assert fitted.network_.n_inputs == 8
        assert fitted.predict(X + 3).shape == (20,)
        with pytest.warns(UserWarning, match="are above 7"):
            expected = fitted.predict_proba(X + 4)
        loaded = RNNClassifier.load(fitted.save(tmp_path / "model.npz"))
        with pytest.warns(UserWarning, match="are above 7"):
            np.testing.assert_array_equal(loaded.predict_proba(X + 4), expected)
    with pytest.raises(ValueError, match="X holds the token 4, but embedding has vectors for 3"):
        model(embedding=Embedding(vectors=table[:3])).fit(X, Y)


def test_a_stream_reads_new_tokens_as_unknown():
    fitted = model(embedding=2, optimizer="adam").partial_fit(X % 3, Y, classes=[0, 1])
    with pytest.warns(UserWarning, match="are above 2"):
        fitted.partial_fit(X, Y)
    assert np.isfinite(fitted.loss_)


def test_a_module_of_torch_reads_unknown_tokens_alike():
    torch = pytest.importorskip("torch")
    fitted = model(embedding=2, cell="gru").fit(X, Y)
    new = np.where(X == 3, 9, np.where(X == 1, -1, X))
    with pytest.warns(UserWarning, match="are above 4"):
        expected = fitted.predict_proba(new)
    scores = fitted.to_torch()(torch.as_tensor(new)).detach().numpy()
    found = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
