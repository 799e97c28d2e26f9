"""The network and its losses written from the formulas, one sequence and one step at a time.

Slow and obvious twins of what the package computes. The functions of the network also take
complex numbers, so that their derivatives can be had without a difference (`complex_step`).
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


# --- Losses of one sequence --------------------------------------------------------------


def one_hot(label, K):
    return np.arange(K) == label


def cross_entropy(scores, label):
    largest = scores.real.max()
    return np.log(np.exp(scores - largest).sum()) + (largest - scores[label])


def cross_entropy_gradient(scores, label):
    shares = np.exp(scores - scores.max())
    return shares / shares.sum() - one_hot(label, len(scores))


def mse(scores, label):
    return ((ACTIVATIONS["sigmoid"](scores) - one_hot(label, len(scores))) ** 2).mean()


def mse_gradient(scores, label):
    p = ACTIVATIONS["sigmoid"](scores)
    return 2 / len(scores) * (p - one_hot(label, len(scores))) * p * (1 - p)


def cross_entropy_curvature(scores):
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    return np.diag(shares) - np.outer(shares, shares)


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
