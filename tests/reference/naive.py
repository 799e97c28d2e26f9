"""The network and its losses written from the formulas, one sequence and one step at a time.

Slow and obvious twins of what the package computes. The functions of the network also take
complex numbers, so that their derivatives need no differences (`complex_step`).
"""

import numpy as np

ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda a: np.where(a.real > 0, a, 0),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
}
SLOPES = {  # by the value of the activation
    "tanh": lambda h: 1 - h**2,
    "relu": lambda h: np.where(h > 0, 1, 0),
    "sigmoid": lambda h: h * (1 - h),
}


# --- The Elman network -------------------------------------------------------------------


def blocks(weights, I, H, K):  # noqa: E741
    """Cut a flat vector into W (H, I), U (H, H), b (H,), V (K, H), c (K,)."""
    shapes = [(H, I), (H, H), (H,), (K, H), (K,)]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    assert len(weights) == ends[-1]
    return [part.reshape(s) for part, s in zip(np.split(weights, ends[:-1]), shapes, strict=True)]


def elman_states(W, U, b, activation, sequence):
    """Return h_0 = 0, h_1, ..., h_T of a sequence (T, I)."""
    states = [np.zeros(len(b))]
    for x in sequence:
        states.append(ACTIVATIONS[activation](W @ x + U @ states[-1] + b))
    return states


def elman_scores(weights, sizes, activation, X):
    """Return the scores (B, K) of sequences X (B, T, I); `sizes` is (I, H, K)."""
    W, U, b, V, c = blocks(weights, *sizes)
    return np.array([V @ elman_states(W, U, b, activation, x)[-1] + c for x in X])


def elman_losses(weights, sizes, activation, loss, X, y):
    """Return the loss of each sequence, (B,)."""
    scores = elman_scores(weights, sizes, activation, X)
    return np.array([LOSSES[loss](s, label) for s, label in zip(scores, y, strict=True)])


def elman_gradients(weights, sizes, activation, loss, X, y):
    """Return the gradient of each sequence's loss, (B, D), back through its steps."""
    W, U, b, V, c = blocks(weights, *sizes)
    gradients = []
    for x, label in zip(X, y, strict=True):
        h = elman_states(W, U, b, activation, x)
        d_scores = LOSS_GRADIENTS[loss](V @ h[-1] + c, label)
        dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
        d_h = V.T @ d_scores
        for t in range(len(x), 0, -1):
            delta = d_h * SLOPES[activation](h[t])
            dW += np.outer(delta, x[t - 1])
            dU += np.outer(delta, h[t - 1])
            db += delta
            d_h = U.T @ delta
        dV = np.outer(d_scores, h[-1])
        gradients.append(np.concatenate([dW.ravel(), dU.ravel(), db, dV.ravel(), d_scores]))
    return np.array(gradients)


def penalty(weights, sizes, alpha):
    """Return alpha / 2 times the sum of the squared weights without the biases."""
    W, U, _, V, _ = blocks(weights, *sizes)
    return alpha / 2 * ((W**2).sum() + (U**2).sum() + (V**2).sum())


# --- A population of networks of several layers at a time ---------------------------------
#
# Vectorized over candidates and sequences, for tests of hundreds of networks.


def stack_blocks(weights, I, hidden, K):  # noqa: E741
    """Cut a population (P, D) into (W, U, b) of each layer and (V, c)."""
    layers, start = [], 0

    def cut(*shape):
        nonlocal start
        start += int(np.prod(shape))
        return weights[:, start - int(np.prod(shape)) : start].reshape(-1, *shape)

    for H in hidden:
        layers.append((cut(H, I), cut(H, H), cut(H)))
        I = H  # noqa: E741
    readout = cut(K, I), cut(K)
    assert start == weights.shape[1]
    return layers, readout


def stack_states(layers, activation, X, lengths):
    """Return the states (T + 1, P, B, H) of each layer, held where a sequence has ended."""
    P, (B, T, _) = len(layers[0][0]), X.shape
    going = lengths > np.arange(T)[:, None]
    x = np.broadcast_to(np.moveaxis(X, 1, 0)[:, None], (T, P, *X[:, 0].shape))
    states = []
    for W, U, b in layers:
        h = np.zeros((T + 1, P, B, b.shape[1]), W.dtype)
        for t in range(T):
            sums = x[t] @ W.swapaxes(1, 2) + h[t] @ U.swapaxes(1, 2) + b[:, None]
            h[t + 1] = np.where(going[t][:, None], ACTIVATIONS[activation](sums), h[t])
        states.append(h)
        x = h[1:]
    return states


def stack_scores(weights, sizes, activation, X, lengths):
    """Return the scores (P, B, K); `sizes` is (I, (H, ...), K)."""
    layers, (V, c) = stack_blocks(weights, *sizes)
    last = stack_states(layers, activation, X, lengths)[-1][-1]
    return last @ V.swapaxes(1, 2) + c[:, None]


def stack_gradients(weights, sizes, activation, loss, X, y, lengths, sample_weight):
    """Return losses (P,) and gradients (P, D), sums over the sequences by their weights."""
    layers, (V, c) = stack_blocks(weights, *sizes)
    states = stack_states(layers, activation, X, lengths)
    P, (B, T, _) = len(weights), X.shape
    last = states[-1][-1]
    scores = last @ V.swapaxes(1, 2) + c[:, None]
    pairs = [[(s, label) for s, label in zip(of_one, y, strict=True)] for of_one in scores]
    losses = np.array([[LOSSES[loss](*pair) for pair in of_one] for of_one in pairs])
    d_scores = np.array([[LOSS_GRADIENTS[loss](*pair) for pair in of_one] for of_one in pairs])
    d_scores *= sample_weight[:, None]
    parts = [np.einsum("pbk,pbh->pkh", d_scores, last), d_scores.sum(axis=1)]
    going = (lengths > np.arange(T)[:, None])[:, None, :, None]
    d_above = np.zeros_like(states[-1][1:])
    d_above[lengths - 1, :, np.arange(B)] = np.moveaxis(d_scores @ V, 1, 0)
    for i in range(len(layers) - 1, -1, -1):
        (W, U, _), h = layers[i], states[i]
        x = states[i - 1][1:] if i > 0 else np.moveaxis(X, 1, 0)[:, None]
        delta = np.zeros_like(h[1:])
        d_h = np.zeros_like(h[0])
        for t in range(T - 1, -1, -1):
            delta[t] = going[t] * (d_h + d_above[t]) * SLOPES[activation](h[t + 1])
            d_h = np.where(going[t], delta[t] @ U, d_h)
        x = np.broadcast_to(x, (*delta.shape[:3], x.shape[-1]))
        parts = [
            np.einsum("tpbh,tpbi->phi", delta, x),
            np.einsum("tpbh,tpbg->phg", delta, h[:-1]),
            delta.sum(axis=(0, 2)),
            *parts,
        ]
        d_above = delta @ W
    flat = [part.reshape(P, -1) for part in parts]
    return losses @ sample_weight, np.concatenate(flat, axis=1)


# --- Losses of one sequence --------------------------------------------------------------


def one_hot(label, K):
    return np.arange(K) == label


def cross_entropy(scores, label):
    largest = scores.real.max()
    return np.log(np.exp(scores - largest).sum()) + (largest - scores[label])


def cross_entropy_gradient(scores, label):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum() - one_hot(label, len(scores))


def mse(scores, label):
    return ((ACTIVATIONS["sigmoid"](scores) - one_hot(label, len(scores))) ** 2).mean()


def mse_gradient(scores, label):
    p = ACTIVATIONS["sigmoid"](scores)
    return 2 / len(scores) * (p - one_hot(label, len(scores))) * p * (1 - p)


def cross_entropy_curvature(scores):
    p = np.exp(scores - scores.max())
    p /= p.sum()
    return np.diag(p) - np.outer(p, p)


def mse_curvature(scores):
    p = ACTIVATIONS["sigmoid"](scores)
    return np.diag(2 / len(scores) * (p * (1 - p)) ** 2)


LOSSES = {"cross_entropy": cross_entropy, "mse": mse}
LOSS_GRADIENTS = {"cross_entropy": cross_entropy_gradient, "mse": mse_gradient}
# Second derivatives by the scores; of the squares of the misses, without those of the outputs.
LOSS_CURVATURES = {"cross_entropy": cross_entropy_curvature, "mse": mse_curvature}


# --- Derivatives and distances -----------------------------------------------------------


def complex_step(function, point, step=1e-30):
    """Return the derivatives of an analytic function: f(x + i e) = f(x) + i e f'(x)."""
    directions = np.eye(len(point))
    return np.array([function(point + 1j * step * e).imag / step for e in directions])


def central_differences(losses, point, step=1e-5):
    """Return the gradient of losses(points (P, D)) -> (P,) at a point (D,)."""
    shifts = step * np.eye(len(point))
    return (losses(point + shifts) - losses(point - shifts)) / (2 * step)


def distance(actual, expected):
    """Return the largest difference, relative to the largest expected value."""
    assert actual.shape == expected.shape
    assert np.isfinite(actual).all()
    return float(np.abs(actual - expected).max() / np.abs(expected).max())
