"""Trained modules of PyTorch as fitted estimators."""

import numpy as np
import pytest
from helpers.small_models import small_model
from sklearn.base import clone

from metarnn import RNNClassifier, RNNRegressor

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.optional
nn = torch.nn

X = np.random.default_rng(0).normal(size=(9, 6, 3))
TOKENS = np.random.default_rng(1).integers(7, size=(9, 6))
NAMES = ["slow", "fast", "even"]


class Model(nn.Module):
    """A module as people write them: layers, dropout, a head, and a loss beside them."""

    def __init__(self, kind="GRU", read="last", n=3, end=None, embed=False, **settings):
        super().__init__()
        settings = {"batch_first": True} | settings
        self.embedding = nn.Embedding(7, 3) if embed else None
        self.body = getattr(nn, kind)(3, 4, dropout=0.3, num_layers=2, **settings)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(8 if self.body.bidirectional else 4, n)
        self.loss = nn.CrossEntropyLoss()
        self.read, self.end = read, end

    def forward(self, x):
        if self.embedding is not None:
            x = self.embedding(x)
        states, last = self.body(x)
        time = 1 if self.body.batch_first else 0
        if self.read == "mean":
            row = states.mean(dim=time)
        elif self.read == "max":
            row = states.amax(dim=time)
        elif self.read == "step":
            row = states.select(time, -1)
        else:
            last = last[0] if isinstance(last, tuple) else last
            ways = 2 if self.body.bidirectional else 1
            row = torch.cat(list(last[-ways:]), dim=1)
        scores = self.head(self.dropout(row))
        return scores if self.end is None else self.end(scores)


def told(module, X):
    """Return the scores of a module after training."""
    tensor = torch.as_tensor(X)
    tensor = tensor if tensor.dtype == torch.int64 else tensor.float()
    if not module.body.batch_first:
        tensor = tensor.transpose(0, 1)
    training = module.training
    with torch.no_grad():
        scores = module.eval()(tensor).numpy()
    module.train(training)
    return scores


def softmax(scores):
    return torch.tensor(scores).softmax(1).numpy()


WRITTEN = {
    "gru": {},
    "lstm": {"kind": "LSTM"},
    "rnn": {"kind": "RNN", "nonlinearity": "relu"},
    "both ways": {"bidirectional": True},
    "time first": {"batch_first": False},
    "no bias": {"bias": False, "kind": "LSTM"},
    "mean": {"read": "mean", "bidirectional": True},
    "max": {"read": "max"},
    "step": {"read": "step"},
    "tokens": {"embed": True},
}


@pytest.mark.parametrize("name", WRITTEN)
def test_modules_and_their_weights_become_classifiers(name, tmp_path):
    torch.manual_seed(0)
    module, given = Model(**WRITTEN[name]), TOKENS if name == "tokens" else X
    right = softmax(told(module, given))
    state = {f"net.{key}": value for key, value in module.state_dict().items()}
    say = {"readout": WRITTEN[name].get("read", "last").replace("step", "last")}
    say |= {"activation": "relu"} if name == "rnn" else {}
    models = [
        RNNClassifier.from_torch(module, classes=NAMES),
        RNNClassifier.from_torch(state, classes=NAMES, **say),
        RNNClassifier.from_torch({"epoch": 3, "state_dict": state}, classes=NAMES, **say),
        RNNClassifier.from_torch({n: a.numpy() for n, a in state.items()}, classes=NAMES, **say),
    ]
    assert module.training  # it is left as it was
    for model in models:
        # Columns are in the order of classes_, as everywhere.
        order = [NAMES.index(label) for label in model.classes_]
        np.testing.assert_allclose(model.predict_proba(given), right[:, order], atol=2e-6)
        assert model.predict(given).tolist() == [NAMES[k] for k in right.argmax(axis=1)]
    again = RNNClassifier.load(models[0].save(tmp_path / "x.npz"))
    np.testing.assert_array_equal(again.predict_proba(given), models[0].predict_proba(given))


@pytest.mark.parametrize(
    "end", [None, nn.Softmax(dim=1), nn.LogSoftmax(dim=1), nn.Sigmoid()], ids=str
)
def test_probabilities_and_one_logit_are_understood(end):
    torch.manual_seed(0)
    n = 1 if isinstance(end, nn.Sigmoid) else 2
    module = Model(n=n, end=end)
    scores, found = told(module, X), RNNClassifier.from_torch(module, classes=[1, 0])
    if n == 1:
        np.testing.assert_allclose(found.predict_proba(X)[:, :1], scores, atol=2e-6)
    else:
        expected = np.array([1, 0])[scores.argmax(axis=1)]
        np.testing.assert_array_equal(found.predict(X), expected)
    logit = Model(n=1)
    found = RNNClassifier.from_torch(logit, classes=["no", "yes"])
    np.testing.assert_array_equal(found.predict(X) == "yes", told(logit, X)[:, 0] > 0)


@pytest.mark.parametrize("n", [1, 2])
def test_regressors_and_what_they_do_next(n):
    torch.manual_seed(0)
    module = Model(n=n)
    model = RNNRegressor.from_torch(module)
    expected = told(module, X)
    found = model.predict(X)
    assert found.shape == ((9,) if n == 1 else (9, 2))
    np.testing.assert_allclose(found.reshape(9, n), expected, atol=2e-6)
    # Lists of unequal lengths, a stream, a search from these weights, and one from new ones.
    assert len(model.predict([x[:k] for x, k in zip(X, range(1, 7), strict=False)])) == 6
    y = expected + 0.1
    before = ((model.predict(X).reshape(9, n) - y) ** 2).mean()
    for _ in range(20):
        model.partial_fit(X, y)
    assert ((model.predict(X).reshape(9, n) - y) ** 2).mean() < before
    model.set_params(warm_start=True, budget=30, optimizer="adam").fit(X, y)
    assert clone(model).fit(X, y).network_ == model.network_


def test_modules_of_half_and_double_and_the_lists_of_layers():
    torch.manual_seed(0)
    module = Model()
    right = softmax(told(module, X))
    for dtype, name in ((torch.float16, "float32"), (torch.float64, "float64")):
        model = RNNClassifier.from_torch(Model().to(dtype), classes=NAMES)
        assert model.network_.dtype == name
    layers = [module.body, nn.Dropout(0.1), module.head, nn.Softmax(dim=1)]
    model = RNNClassifier.from_torch(layers, classes=[0, 1, 2])
    np.testing.assert_allclose(model.predict_proba(X), right, atol=2e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"scale": True, "cell": "lstm", "bidirectional": True, "readout": "attention"},
        {"scale": True, "optimizer": "cuckoo", "n_best": 3, "loss": "mse"},
        {"scale": False, "readout": "max"},
    ],
    ids=str,
)
def test_there_and_back(settings):
    moved = 1e6 + X
    model = small_model(**settings).fit(moved, np.arange(9) % 3)
    again = RNNClassifier.from_torch(model.to_torch(), classes=model.classes_)
    np.testing.assert_array_equal(again.predict_proba(moved), model.predict_proba(moved))
    if settings.get("loss") != "mse":
        model = small_model(RNNRegressor, **settings).fit(moved, 1e9 + np.arange(9))
        again = RNNRegressor.from_torch(model.to_torch())
        np.testing.assert_array_equal(again.predict(moved), model.predict(moved))
    if settings["scale"] and "n_best" not in settings:
        rows = moved.reshape(9, -1) * np.arange(1, 19)
        model = small_model(scale=True, timesteps=6).fit(rows, np.arange(9) % 3)
        again = RNNClassifier.from_torch(model.to_torch(), classes=model.classes_)
        np.testing.assert_array_equal(again.predict_proba(rows), model.predict_proba(rows))


def state_of(*layers):
    return nn.Sequential(*layers).state_dict()


REFUSED = {
    "do not say if its nonlinearity": lambda: state_of(nn.RNN(3, 4), nn.Linear(4, 3)),
    "of no RNN, LSTM or GRU": lambda: state_of(nn.LSTM(3, 4, proj_size=2), nn.Linear(2, 3)),
    "1.running_mean": lambda: state_of(nn.GRU(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)),
    "one linear layer, .* got 2": lambda: state_of(nn.GRU(3, 4), nn.Linear(4, 4), nn.Linear(4, 3)),
    "one linear layer, .* got 0": lambda: state_of(nn.GRU(3, 4)),
    "There must be an RNN": lambda: state_of(nn.Linear(4, 3)),
    "Linear takes 5 inputs": lambda: state_of(nn.GRU(3, 4), nn.Linear(5, 3)),
    "has 3 classes, but the module gives 2": lambda: state_of(nn.GRU(3, 4), nn.Linear(4, 2)),
    "does something that has no counterpart": lambda: Model(read="step", bidirectional=True),
    "cannot be called with sequences alone": lambda: nn.Sequential(nn.GRU(3, 4), nn.Linear(4, 3)),
    "ReLU has no counterpart": lambda: [nn.GRU(3, 4), nn.ReLU(), nn.Linear(4, 3)],
    "last layer must be a Linear, .* got GRU": lambda: [nn.GRU(3, 4)],
    "is of a regressor": lambda: small_model(RNNRegressor).fit(X, np.arange(9)).to_torch(),
    "modules must be modules of torch": lambda: [3],
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_converted_is_said(message):
    with pytest.raises((TypeError, ValueError), match=message):
        RNNClassifier.from_torch(REFUSED[message](), classes=NAMES)


def test_what_only_the_user_can_say():
    both = Model(read="step", bidirectional=True)
    assert RNNClassifier.from_torch(both, classes=NAMES, readout="last").network_.n_outputs == 3
    with pytest.raises(ValueError, match="classes must be different"):
        RNNClassifier.from_torch(Model(), classes=[1, 1, 2])
    with pytest.raises(ValueError, match="at least two classes"):
        RNNClassifier.from_torch(Model(n=1), classes=[1])
    with pytest.raises(ValueError, match="is of a classifier"):
        RNNRegressor.from_torch(small_model().fit(X, np.arange(9) % 3).to_torch())
