"""The network against PyTorch's."""

import naive
import numpy as np
import pytest

from metarnn import Fitness, Network

torch = pytest.importorskip("torch")

NEAR = {"float32": 2e-6, "float64": 1e-13}
SIZES = [(1, 5, 1, 1, 2), (40, 7, 2, 8, 3), (70, 20, 3, 17, 11)]


def in_torch(network, weights):
    """Return torch's RNN and readout with these weights; of its two biases the second is 0."""
    dtype = getattr(torch, network.dtype)
    (layer,) = network.layers
    rnn = torch.nn.RNN(
        network.n_inputs,
        layer.hidden,
        nonlinearity=layer.activation,
        batch_first=True,
        dtype=dtype,
    )
    readout = torch.nn.Linear(layer.hidden, network.n_classes, dtype=dtype)
    blocks = {name: torch.tensor(block) for name, block in network.unpack(weights).items()}
    with torch.no_grad():
        readout.weight.copy_(blocks.pop("weight_out"))
        readout.bias.copy_(blocks.pop("bias_out"))
        rnn.bias_hh_l0.zero_()
        # The blocks of the cell bear torch's names.
        for name, block in blocks.items():
            getattr(rnn, name).copy_(block)
    return rnn, readout


@pytest.mark.parametrize("dtype", NEAR)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("sizes", SIZES, ids=lambda s: "-".join(map(str, s)))
def test_scores_loss_and_gradient_are_those_of_torch(sizes, activation, dtype):
    B, T, n_inputs, hidden, n_classes = sizes
    rng = np.random.default_rng(0)
    network = Network.build(n_inputs, n_classes, hidden=hidden, activation=activation, dtype=dtype)
    weights = network.init(rng, 3)
    X, y = rng.normal(size=(B, T, n_inputs)), rng.integers(n_classes, size=B)
    scores = network.scores(weights, X)
    losses, gradients = Fitness(network, X, y).gradient(weights)
    for i, candidate in enumerate(weights):
        rnn, readout = in_torch(network, candidate)
        states, _ = rnn(torch.tensor(X, dtype=getattr(torch, dtype)))
        expected = readout(states[:, -1])
        loss = torch.nn.functional.cross_entropy(expected, torch.tensor(y))
        loss.backward()
        assert naive.distance(scores[i], expected.detach().numpy()) < NEAR[dtype]
        assert losses[i] == pytest.approx(loss.item(), rel=NEAR[dtype])
        expected_gradient = network.pack(
            {
                "weight_ih_l0": rnn.weight_ih_l0.grad,
                "weight_hh_l0": rnn.weight_hh_l0.grad,
                "bias_ih_l0": rnn.bias_ih_l0.grad,
                "weight_out": readout.weight.grad,
                "bias_out": readout.bias.grad,
            }
        )
        assert naive.distance(gradients[i], expected_gradient) < NEAR[dtype]
