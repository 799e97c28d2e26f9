"""XOR 2-2-1, the textbook's, in plain NumPy: one logistic output, mean squared error."""

import numpy as np

from metarnn.optimizers import Space

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
Y = np.array([0.0, 1, 1, 0])


def logistic(s):
    return 1 / (1 + np.exp(-np.clip(s, -700, 700)))


class Xor221:
    """Weights (n, 9): W (2, 2) row by row, its biases (2), v (2), its bias; alpha on them all."""

    dim = 9

    def __init__(self, alpha=0.0):
        self.alpha = alpha
        box = Space.box(-1, 1, self.dim)
        self.space = Space(self.dim, box.sampler, box.scale)

    def parts(self, w):
        W, b, v, c = w[:, :4].reshape(-1, 2, 2), w[:, 4:6], w[:, 6:8], w[:, 8]
        hidden = logistic(np.einsum("bi,nhi->nbh", X, W) + b[:, None])
        return v, hidden, logistic(np.einsum("nbh,nh->nb", hidden, v) + c[:, None])

    def __call__(self, w):
        misses = self.parts(w)[2] - Y
        return (misses**2).mean(axis=1) + 0.5 * self.alpha * (w**2).sum(axis=1)

    def gradient(self, w):
        v, hidden, p = self.parts(w)
        d = 2 * (p - Y) * p * (1 - p) / 4
        e = d[:, :, None] * v[:, None] * hidden * (1 - hidden)
        parts = [
            np.einsum("nbh,bi->nhi", e, X).reshape(-1, 4),
            e.sum(axis=1),
            np.einsum("nb,nbh->nh", d, hidden),
            d.sum(axis=1)[:, None],
        ]
        return self(w), np.concatenate(parts, axis=1) + self.alpha * w
