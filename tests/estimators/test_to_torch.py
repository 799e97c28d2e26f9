"""Fitted estimators as modules of PyTorch: what people do with modules."""

import copy
import io
import pickle

import numpy as np
import pytest
from helpers.small_models import small_model

from metarnn import RNNClassifier, RNNRegressor

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.optional

B, T, I = 12, 6, 2  # noqa: E741
RNG = np.random.default_rng(0)
X, LENGTHS, Y = RNG.normal(size=(B, T, I)), RNG.integers(1, T + 1, size=B), np.arange(B) % 3
LENGTHS[0] = T
ENSEMBLE = {"optimizer": "cuckoo", "n_best": 3, "budget": 200}
BIDIRECTIONAL = {"cell": "gru", "hidden": (4, 4), "bidirectional": True}
MODELS = {
    "plain": {"cell": "elman"},
    "mean": {"cell": "lstm", "readout": "mean"},
    "max": {**BIDIRECTIONAL, "readout": "max"},
    "both-ways": {**BIDIRECTIONAL, "readout": "last"},
    "attention": {**BIDIRECTIONAL, "cell": "lstm", "readout": "attention"},
    "ensemble": {**ENSEMBLE, "cell": "gru"},
}
KINDS = pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
TABLE = pytest.mark.parametrize("name", MODELS)


def fitted(kind, name, X=X, y=Y, lengths=None, **settings):
    return small_model(kind, scale=True, **(MODELS[name] | settings)).fit(X, y, lengths=lengths)


def told(module, X, lengths=None):
    """Return what a module gives, as NumPy has it."""
    with torch.no_grad():
        lengths = None if lengths is None else torch.as_tensor(lengths)
        return module(torch.as_tensor(X), lengths).double().numpy()


def expected(model, X, lengths=None):
    """Return what a model predicts: numbers (B, K), or logarithms of probabilities."""
    if isinstance(model, RNNRegressor):
        return model.predict(X, lengths=lengths).reshape(len(X), -1)
    return np.log(model.predict_proba(X, lengths=lengths))


def agree(module, model, X, lengths=None, rtol=2e-5):
    found, right = told(module, X, lengths), expected(model, X, lengths)
    if isinstance(model, RNNClassifier):
        found = torch.tensor(found).log_softmax(1).numpy()
        np.testing.assert_allclose(found, right, atol=10 * rtol, rtol=rtol)
    else:
        spread = float(np.max(model.target_scale_))
        np.testing.assert_allclose(found, right, rtol=0, atol=10 * rtol * spread)


@TABLE
@KINDS
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["equal", "unequal"])
def test_the_module_computes_what_the_model_does(name, kind, lengths):
    model = fitted(kind, name, lengths=lengths)
    module = model.to_torch()
    agree(module, model, X, lengths)
    if lengths is not None:  # what follows the end of a sequence is not read
        after = np.where(np.arange(T)[:, None] < lengths[:, None, None], X, np.nan)
        np.testing.assert_array_equal(told(module, after, lengths), told(module, X, lengths))


@pytest.mark.parametrize("offset", [1e4, 1e9, 1.7e9])
@KINDS
def test_large_offsets_do_no_harm(kind, offset):
    # A date in seconds, and numbers to predict of that size.
    moved, y = offset + 5 * X, Y if kind is RNNClassifier else offset + 3.0 * Y
    model = fitted(kind, "plain", moved, y, optimizer="adam", budget=300)
    near = fitted(kind, "plain", 5 * X, Y if kind is RNNClassifier else 3.0 * Y, budget=300)
    module = model.to_torch()
    agree(module, model, moved)
    for changed in (module.double(), module.float(), pickle.loads(pickle.dumps(module))):
        agree(changed, model, moved)
    # Inside of metarnn as well: the scaled values are those without the offset.
    a, b = model.scaler_.transform(moved), near.scaler_.transform(5 * X)
    np.testing.assert_allclose(a, b, atol=3e-7)
    np.testing.assert_allclose(told(module, moved) - offset * (kind is RNNRegressor),
                               told(near.to_torch(), 5 * X), atol=2e-4)  # fmt: skip


@TABLE
@KINDS
def test_modules_are_copied_saved_and_change_their_dtype(name, kind):
    model = fitted(kind, name)
    module = model.to_torch()
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    for other in (
        copy.deepcopy(module),
        pickle.loads(pickle.dumps(module)),
        torch.load(file, weights_only=False),
        copy.deepcopy(module).double().float(),
    ):
        np.testing.assert_array_equal(told(other, X), told(module, X))
    other = fitted(kind, name, random_state=5).to_torch()
    other.load_state_dict(module.state_dict())
    np.testing.assert_array_equal(told(other, X), told(module, X))
    agree(copy.deepcopy(module).double(), model, X)
    for dtype, rtol in ((torch.float16, 2e-3), (torch.bfloat16, 1e-2)):
        agree(copy.deepcopy(module).to(dtype), model, X, np.full(B, T), rtol)


@TABLE
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["equal", "unequal"])
def test_modules_are_exported(name, lengths):
    model = fitted(RNNRegressor, name, lengths=lengths)
    given = (torch.as_tensor(X), None if lengths is None else torch.as_tensor(lengths))
    batch = torch.export.Dim("batch")
    shapes = ({0: batch}, None if lengths is None else {0: batch})
    exported = torch.export.export(model.to_torch(), given, dynamic_shapes=shapes).module()
    some = slice(3, 8)
    few = None if lengths is None else lengths[some]
    agree(exported, model, X[some], few)


def test_a_module_trains_on():
    model = fitted(RNNRegressor, "attention", y=1e3 + 10.0 * Y)
    module = model.to_torch()
    steps = torch.optim.Adam(module.parameters(), lr=0.01)
    losses = []
    for _ in range(60):
        steps.zero_grad()
        given = module(torch.as_tensor(X), torch.as_tensor(LENGTHS))
        loss = ((given[:, 0] - torch.as_tensor(1e3 + 10.0 * Y)) ** 2).mean()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    # The shifts and factors are no parameters.
    assert all(p.dtype == torch.float32 for p in module.parameters())


def test_an_ensemble_of_mse_and_tokens():
    model = fitted(RNNClassifier, "ensemble", loss="mse")
    agree(model.to_torch(), model, X)
    tokens = np.arange(B * T).reshape(B, T) % 7
    model = small_model(embedding=3, **BIDIRECTIONAL).fit(tokens, Y, lengths=LENGTHS)
    agree(model.to_torch(), model, tokens, LENGTHS)
