"""Networks against PyTorch's, and conversion from and to its modules."""

import pickle

import numpy as np
import pytest
from reference import naive

from metarnn import Fitness, Network, RNNClassifier, RNNRegressor
from metarnn.cells import CELLS as ALL
from metarnn.cells import FormulaCell
from metarnn.layers import Dense, Embedding, Recurrent

torch = pytest.importorskip("torch")
from metarnn.networks.formula_rnn import FormulaRNN  # noqa: E402

pytestmark = pytest.mark.optional

NEAR = {"float32": 2e-6, "float64": 1e-13}
ROUNDED = {"float32": 1e-7, "float64": 0.0}
SIZES = [(1, 5, 1, 1, 2), (40, 7, 2, 8, 3), (70, 20, 3, 17, 11)]
CELLS = {
    "tanh": {"cell": "elman"},
    "relu": {"cell": "elman", "activation": "relu"},
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
}
WIRINGS = {
    "one": {"hidden": 5},
    "stacked": {"hidden": (5, 5)},
    "unequal": {"hidden": (4, 4, 3)},
    "bidirectional": {"hidden": (4, 4), "bidirectional": True},
}


def outputs(modules, X, lengths=None):
    """Return the scores of torch's modules, of the last states as it gives them."""
    *below, linear = modules
    last = None
    for module in below:
        if isinstance(module, torch.nn.Embedding):
            X = module(torch.as_tensor(X))
            continue
        dtype = next(module.parameters()).dtype
        states = torch.as_tensor(X, dtype=dtype)
        if lengths is not None:
            pack = torch.nn.utils.rnn.pack_padded_sequence
            states = pack(states, torch.as_tensor(lengths), module.batch_first, False)
        states, last = module(states)
        if lengths is not None:
            states, _ = torch.nn.utils.rnn.pad_packed_sequence(states, module.batch_first)
        X = states
    last = last[0] if isinstance(last, tuple) else last
    n = 2 if module.bidirectional else 1
    return linear(torch.cat(list(last[-n:]), dim=1))


@pytest.mark.parametrize("dtype", NEAR)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("sizes", SIZES, ids=lambda s: "-".join(map(str, s)))
def test_scores_loss_and_gradient_are_those_of_torch(sizes, activation, dtype):
    B, T, n_inputs, hidden, n_outputs = sizes
    network = Network.build(n_inputs, n_outputs, hidden=hidden, activation=activation, dtype=dtype)
    X = np.random.default_rng(0).normal(size=(B, T, n_inputs))
    check_against_torch(network, X)


@pytest.mark.parametrize("wiring", WIRINGS.values(), ids=WIRINGS)
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_cells_and_wirings_are_those_of_torch(cell, wiring):
    network = Network.build(3, 4, dtype="float64", **cell, **wiring)
    rng = np.random.default_rng(0)
    check_against_torch(network, rng.normal(size=(9, 6, 3)), rng.integers(1, 7, size=9))


FORMULAS = {
    **{name: {"cell": name} for name in ALL if isinstance(ALL[name](1, 1, "tanh", 1), FormulaCell)},
    "sigmoid": {"cell": "elman", "activation": "sigmoid"},
}


@pytest.mark.parametrize("wiring", WIRINGS.values(), ids=WIRINGS)
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_compute_the_same_on_tensors(name, wiring):
    rng = np.random.default_rng(0)
    network = Network.build(3, 4, dtype="float64", readout="mean", **FORMULAS[name], **wiring)
    X, y = rng.normal(size=(9, 6, 3)), rng.integers(4, size=9)
    (weights,) = network.init(rng, 1)
    *layers, linear = network.to_torch(weights)
    rows = torch.as_tensor(X)
    for layer in layers:
        rows, _ = layer(rows)
    scores = linear(rows.mean(dim=1))
    torch.nn.functional.cross_entropy(scores, torch.tensor(y)).backward()
    assert naive.distance(network.scores(weights, X), scores.detach().numpy()) < 1e-13
    _, (gradient,) = Fitness(network, X, y).gradient(weights)
    blocks = network.unpack(gradient)
    for k, layer in enumerate(layers):
        if isinstance(layer, FormulaRNN):
            for block, parameter in layer.named_parameters():
                slopes = blocks[block.replace("_l0", f"_l{k}")]
                assert naive.distance(parameter.grad.numpy(), slopes) < 1e-12, block
    again, there_and_back = Network.from_torch([*layers, linear], readout="mean")
    assert naive.distance(there_and_back, weights) <= ROUNDED["float64"]
    assert naive.distance(again.scores(there_and_back, X), scores.detach().numpy()) < 1e-13


@pytest.mark.parametrize("name", [*FORMULAS])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_estimator_of_a_formula_as_a_module(name, bidirectional):
    rng = np.random.default_rng(0)
    X, y, lengths = rng.normal(size=(9, 6, 2)), np.arange(9) % 3, rng.integers(1, 7, size=9)
    settings = {"budget": 30, "random_state": 0, "hidden": 4, "n_best": 1}
    for some in (None, lengths):
        how = settings | FORMULAS[name] | {"bidirectional": bidirectional}
        model = RNNClassifier(**how).fit(X, y, lengths=some)
        with torch.no_grad():
            given = None if some is None else torch.as_tensor(some)
            scores = (module := model.to_torch())(torch.as_tensor(X), given)
        np.testing.assert_allclose(scores, model._scores(X, some)[0], rtol=2e-5, atol=2e-5)
        again = pickle.loads(pickle.dumps(module))
        again = RNNClassifier.from_torch(again, classes=model.classes_)
        np.testing.assert_array_equal(
            again.predict(X, lengths=some), model.predict(X, lengths=some)
        )
        np.testing.assert_allclose(again.weights_, model.weights_, rtol=1e-7)


def test_a_cell_that_scores_classes_itself_comes_back_as_it_was_made():
    network = Network.build(3, 2, cell="jordan", hidden=4)
    *layers, linear = network.to_torch(network.init(np.random.default_rng(0), 1)[0])
    assert not any(parameter.requires_grad for parameter in linear.parameters())
    linear.weight.data *= 2
    with pytest.raises(ValueError, match="feeds its scores back, so the Linear after it must be"):
        Network.from_torch([*layers, linear])
    model = RNNClassifier(cell="jordan", hidden=4, budget=6, n_best=1, random_state=0)
    module = model.fit(np.zeros((4, 3, 2)), [0, 1, 0, 1]).to_torch()
    with pytest.raises(ValueError, match="classes must be in ascending order"):
        RNNClassifier.from_torch(module, classes=[1, 0])


@pytest.mark.parametrize("frozen", [False, True])
def test_embeddings_are_those_of_torch(frozen):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(7, 3)) if frozen else None
    embedding = Embedding(3, vectors, frozen)
    network = Network.build(7, 4, dtype="float64", hidden=4, cell="gru", embedding=embedding)
    check_against_torch(network, rng.integers(7, size=(9, 6)))


def check_against_torch(network, X, lengths=None):
    """Compare scores, losses, gradients, and the weights that come back."""
    rng, dtype = np.random.default_rng(1), network.dtype
    weights = network.init(rng, 2)
    y = rng.integers(network.n_outputs, size=len(X))
    scores = network.scores(weights, X, lengths=lengths)
    losses, gradients = Fitness(network, X, y, lengths=lengths).gradient(weights)
    for i, candidate in enumerate(weights):
        modules = network.to_torch(candidate)
        expected = outputs(modules, X, lengths)
        loss = torch.nn.functional.cross_entropy(expected, torch.tensor(y))
        loss.backward()
        assert naive.distance(scores[i], expected.detach().numpy()) < NEAR[dtype]
        assert losses[i] == pytest.approx(loss.item(), rel=NEAR[dtype])
        again, there_and_back = Network.from_torch(modules)
        assert again == network
        assert naive.distance(there_and_back, candidate) <= ROUNDED[dtype]
        assert naive.distance(gradients[i], gradient_of(network, modules)) < NEAR[dtype]


def gradient_of(network, modules):
    """Return the gradient that torch has found, in the order of the network's weights."""
    for module in modules:
        for parameter in module.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.grad
    # Where two biases act as their sum, each has the derivative by it.
    _, doubled = Network.from_torch(modules)
    blocks = network.unpack(doubled)
    for name, block in blocks.items():
        if name.startswith("bias_ih"):
            n = 2 * len(block) // 3 if network.layers[-1].cell == "gru" else len(block)
            block[:n] /= 2
    return network.pack(blocks)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize(
    "settings", [{}, {"num_layers": 2, "bidirectional": True}, {"bias": False}]
)
def test_modules_become_networks(kind, settings):
    torch.manual_seed(0)
    recurrent = getattr(torch.nn, kind)(3, 4, batch_first=True, **settings)
    linear = torch.nn.Linear(8 if recurrent.bidirectional else 4, 5, bias="bias" not in settings)
    network, weights = Network.from_torch((recurrent, linear))
    X = np.random.default_rng(0).normal(size=(6, 5, 3))
    expected = outputs((recurrent, linear), X).detach().numpy()
    assert naive.distance(network.scores(weights, X), expected) < NEAR["float32"]


def test_children_of_a_module_are_taken_in_their_order():
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = torch.nn.Embedding(6, 2)
            self.body = torch.nn.ModuleList([torch.nn.RNN(2, 4), torch.nn.LSTM(4, 3)])
            self.head = torch.nn.Linear(3, 2)

    network, weights = Network.from_torch(Model())
    assert network.layers == (Embedding(2), Recurrent("elman", 4), Recurrent("lstm", 3))
    assert (network.n_inputs, network.n_outputs, network.dtype) == (6, 2, "float32")
    assert weights.shape == (network.n_weights,)


def test_what_has_no_counterpart_here_is_said():
    nn, linear = torch.nn, torch.nn.Linear(4, 2)
    for modules, message in [
        (nn.LSTM(3, 8, proj_size=4), "proj_size=4"),
        (nn.GRU(3, 4, num_layers=2, dropout=0.5), "dropout=0.5"),
        (nn.Embedding(3, 4, max_norm=1.0), "max_norm=1.0"),
        (nn.Conv1d(3, 4, 2), "Conv1d has no counterpart"),
        (nn.RNN(3, 5), "Linear takes 4 inputs, but the module before it gives 5"),
        (nn.Embedding(3, 4), "There must be an RNN"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            Network.from_torch([modules, linear])
    with pytest.raises(ValueError, match="last module must be a Linear"):
        Network.from_torch(nn.RNN(3, 4))
    with pytest.raises(TypeError, match=r"modules must be modules of torch\.nn"):
        Network.from_torch([3, linear])
    with pytest.raises(TypeError, match="float32 or float64, got float16"):
        Network.from_torch([nn.RNN(3, 4).half(), nn.Linear(4, 2).half()])


def test_what_has_no_counterpart_in_torch_is_said():
    for network, message in [
        (Network.build(3, 2, cell="unitary"), "cell='unitary'"),
        (Network.build(3, 2, hidden=(4, 4), residual=True), "residual=True"),
        (Network.build(3, 2, hidden=(4, 4), windows=2), "Windows"),
        (Network(3, 2, (Dense(3), Recurrent())), "Dense"),
    ]:
        with pytest.raises(ValueError, match=f"{message}.* has no counterpart in PyTorch"):
            network.to_torch(np.zeros(network.n_weights))
    network = Network.build(3, 2)
    with pytest.raises(ValueError, match="one candidate"):
        network.to_torch(np.zeros((1, network.n_weights)))


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("wiring", WIRINGS)
@pytest.mark.parametrize("readout", ["last", "mean", "max", "above+min+last+rises+std"])
def test_an_estimator_as_a_module(name, wiring, readout):
    rng = np.random.default_rng(0)
    X, lengths = rng.normal(size=(9, 6, 2)), rng.integers(1, 7, size=9)
    settings = {"budget": 30, "random_state": 0, "scale": True, "readout": readout, "n_best": 1}
    settings |= CELLS[name] | WIRINGS[wiring]
    for kind, y in ((RNNClassifier, np.arange(9) % 3), (RNNRegressor, 50 + X[:, 0, 0])):
        for some in (None, lengths):
            model = kind(**settings).fit(X, y, lengths=some)
            module = model.to_torch()
            assert isinstance(module, torch.nn.Module)
            with torch.no_grad():
                told = module(torch.as_tensor(X), None if some is None else torch.as_tensor(some))
            if kind is RNNRegressor:
                expected = model.predict(X, lengths=some)[:, None]
            else:
                expected = model._scores(X, some)[0]
            np.testing.assert_allclose(told.numpy(), expected, rtol=2e-5, atol=2e-5)


def test_rows_that_are_scaled_as_a_module():
    rows = np.random.default_rng(0).normal(size=(20, 6)) * np.arange(1, 7)
    model = RNNClassifier(scale=True, timesteps=3, budget=30, n_best=1, random_state=0)
    model.fit(rows, np.arange(20) % 2)
    with torch.no_grad():
        told = model.to_torch()(torch.as_tensor(rows.reshape(20, 3, 2))).numpy()
    np.testing.assert_allclose(told, model._scores(rows, None)[0], rtol=2e-5, atol=2e-5)


def test_tokens_and_what_has_no_module():
    tokens = np.random.default_rng(0).integers(5, size=(9, 6))
    quick = {"budget": 30, "n_best": 1, "random_state": 0}
    model = RNNClassifier(embedding=3, **quick).fit(tokens, np.arange(9) % 2)
    with torch.no_grad():
        told = model.to_torch()(torch.as_tensor(tokens)).numpy()
    np.testing.assert_allclose(told, model._scores(tokens, None)[0], rtol=2e-5, atol=2e-5)
    X = np.random.default_rng(0).normal(size=(9, 6, 2))
    for settings, message in (
        ({"hidden": (3, 3), "windows": 2}, "has no counterpart"),
        ({"cell": "unitary", "hidden": 4}, "has no counterpart"),
    ):
        with pytest.raises(ValueError, match=message):
            RNNClassifier(**(quick | settings)).fit(X, np.arange(9) % 2).to_torch()
