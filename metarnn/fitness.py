"""The one fitness: the loss of a network on data, for gradient and population alike."""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.criteria import CRITERIA, criterion_of
from metarnn.engine import check_threads
from metarnn.networks.network import Network
from metarnn.optimizers import MiniBatch, Order, Space

Floats = NDArray[np.float64]


#: Blocks that an L2 penalty holds down: no biases, and no angles, decays or reflections.
PENALISED = "weight", "embedding", "vector"


class Fitness:
    """The training loss of weights, as an objective for every optimizer.

    It is the weighted mean over the sequences of the loss of each, plus
    alpha/2 times the sum of the squared weights, biases left out. Losses and gradients are
    the same to the bit for any order of the sequences, any number of threads and any company
    of candidates.

    Parameters
    ----------
    network : Network
        What is trained.
    X : (B, T, I) array_like
        Sequences; (B, T) is taken for I = 1.
    y : (B,) array_like of int
        Classes 0..K-1. Where a network scores each step, (B, T), with -1 for steps that are
        not scored: the loss of a sequence is the mean over those that are. Where it has a
        decoder, a sequence of classes 0..K-2 for each sequence, or (B, n) filled up with -1.
        For a loss of numbers the K numbers of each sequence, (B, K), or, where each step is
        scored, (B, T, K), with NaN in all K of a step that is not; (B,) and (B, T) for K = 1.
    loss : str or callable
        A name in ``metarnn.criteria.CRITERIA``: "cross_entropy", "mse" and, of numbers,
        "squared_error" have gradients;
        "accuracy", "balanced_accuracy" and "f1_macro" have none, so they are for optimizers that
        only need values, as are all scorers of scikit-learn, by name or as they are (see Notes).
    alpha : float
        L2 penalty. Other than in scikit-learn's MLPClassifier it is not divided by the
        number of sequences.
    lengths : (B,) array_like of int, optional
        Steps of each sequence, 1 to T; what follows them is not read. All T, if not given.
    sample_weight : (B,) array_like, optional
        Weight of each sequence. A weight of 2 counts as the sequence twice, one of 0 as if
        it were not there: to the bit.
    gradient_passes : float
        Price of one gradient in passes. 3 is the field's usual figure; 2 and 5 tell how
        much a comparison depends on it. ``benchmarks.passes.gradient`` measures it.
    n_threads : int, optional
        At most so many threads; the numbers are the same for any.

    Raises
    ------
    TypeError, ValueError
        Data that do not fit the network, are not finite or have no weight; labels that a
        scorer cannot score; classes for a network that scores one only; numbers for one with a
        decoder, or so large that their squares are not finite in its dtype.

    Notes
    -----
    Of a score, the higher the better, what is minimized is the score of perfect answers less
    that of the candidate: 1 - accuracy, 1 - ROC AUC; and the log loss for ``neg_log_loss``. It
    is a step function of the weights where only the answers count, so that many candidates
    are equal.

    A scorer sees a classifier with the answers of a candidate: ``predict`` gives the class of
    the largest score, ``predict_proba`` the softmax of the scores, ``decision_function`` the
    scores (of two classes their difference). ``classes_`` are 0..K-1 as in y, so class 1 of two
    is the positive one; X holds numbers of labels, not inputs. Unequal sample weights are
    handed to it, and it is an error if it takes none. Labels keep their order, on which the last
    bits of such a score may depend. Each candidate takes it some milliseconds.

    Where each step is scored, the steps are what is counted, each with its share in the weight
    of the sequence.

    The loss "squared_error" has the unit of y squared, and initial weights answer with numbers
    about 0 and of size 1 or less: y should be scaled to that, as RNNRegressor does by itself.

    Examples
    --------
    >>> import numpy as np
    >>> from metarnn import Fitness, Network
    >>> from metarnn.optimizers import CuckooSearch, minimize
    >>> X, y = np.random.default_rng(0).normal(size=(20, 5, 1)), np.arange(20) % 2
    >>> fitness = Fitness(Network.build(1, 2, hidden=4), X, y)
    >>> result = minimize(fitness, CuckooSearch(), budget=500, seed=0)
    """

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: str | Callable[..., Any] = "cross_entropy",
        alpha: float = 0.0,
        lengths: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        gradient_passes: float = 3.0,
        n_threads: int | None = None,
    ) -> None:
        criterion = criterion_of(loss)
        alpha = _number("alpha", alpha, least=0.0)
        gradient_passes = _number("gradient_passes", gradient_passes, least=1.0)
        check_threads(n_threads)
        data = network.labeled(
            X, y, lengths=lengths, sample_weight=sample_weight, numbers=criterion.is_regression
        )
        self.network = network
        self.loss = loss
        self.alpha = alpha
        self.gradient_passes = gradient_passes
        self.n_threads = n_threads
        self._data = data.part(data.weights > 0)
        self._criterion = criterion
        self._judge = criterion.judge(network, self._data)
        self._share = 1.0
        self._dim = network.n_weights
        self._penalty = np.zeros(self._dim)
        for name, places in network.unpack(np.arange(network.n_weights)).items():
            if name.startswith(PENALISED):
                self._penalty[places.astype(int).ravel()] = alpha

    def batch(self, rows: ArrayLike) -> "Fitness":
        """Return the fitness on some of the sequences, as mini-batches are.

        Parameters
        ----------
        rows : (n,) array_like of int
            Places among the sequences whose weight is not zero, of which there are
            :attr:`n_sequences`. A pass over them costs n / n_sequences passes.

        Raises
        ------
        ValueError
            No places, or others than these.
        """
        places, n = np.asarray(rows), self.n_sequences
        if places.ndim != 1 or places.dtype.kind not in "iu" or not len(places):
            raise ValueError(
                f"rows must be a list of at least one integer, got an array of {places.dtype} "
                f"of shape {places.shape}."
            )
        if places.min() < 0 or places.max() >= n:
            raise ValueError(
                f"rows must be from 0 to {n - 1}, got {places.min()} to {places.max()}."
            )
        part = copy(self)
        part._data = self._data.part(places)
        part._share = self._share * len(part._data.labels) / len(self._data.labels)
        part._judge = self._judge.on(part._data)
        return part

    def mini_batch(self, batch: MiniBatch) -> "Fitness":
        """Return the fitness on a mini-batch, for optimizers that ask for one.

        The sequences are shuffled by the batch's seed and cut into `n_batches` parts, or into
        single sequences where there are fewer of them.
        """
        n = self.n_sequences
        shuffled = np.random.default_rng(batch.seed).permutation(n)
        n_batches = min(batch.n_batches, n)
        return self.batch(np.sort(np.array_split(shuffled, n_batches)[batch.number % n_batches]))

    @property
    def n_sequences(self) -> int:
        """Sequences whose weight is not zero."""
        return len(self._data.labels)

    @property
    def dim(self) -> int:
        """D."""
        return self._dim

    @property
    def space(self) -> Space:
        """Where to search: the network's own initial weights and their scale."""
        return self.network.space

    def unsupported_reason(self, order: Order) -> str | None:
        """Return why it cannot tell so much about a point, as part of a sentence; else None."""
        if order == Order.VALUE or self._criterion.has_derivatives:
            return None
        those = ", ".join(
            name for name, c in CRITERIA.items() if c.has_derivatives and not c.is_regression
        )
        return (
            f"the loss {self._criterion.name!r} has none; choose an optimizer that only needs "
            f"values, such as 'cuckoo', or a loss of {those}"
        )

    def cost(self, order: Order) -> float:
        """Return the price of one point in passes.

        A Gauss-Newton matrix is charged by its multiply-adds: a pass, and for the gradient
        and each of the K classes of each step that is scored a way back (`gradient_passes` - 1)
        and, for the classes, the products of D by D derivatives, of which a pass of T steps
        has about D T.
        """
        self._check(order)
        if order == Order.VALUE:
            return self._share
        if order == Order.GRADIENT:
            return self._share * self.gradient_passes
        D, steps = self.dim, self._data.sequences.X.shape[1]
        n_scores = self.network.n_outputs * self._data.n_answers
        back = (n_scores + 1) * (self.gradient_passes - 1)
        return self._share * (1 + back + n_scores * D / steps)

    def __call__(self, weights: ArrayLike) -> Floats:
        """Return the losses (P,) of weights (P, D); NaN where the weights are not finite."""
        points = self._points(weights)
        return self._penalised(points, self._judge.losses(points, self.n_threads))

    def gradient(self, weights: ArrayLike) -> tuple[Floats, Floats]:
        """Return the losses (P,) and exact gradients (P, D) of weights (P, D).

        By back-propagation through time.
        """
        self._check(Order.GRADIENT)
        points = self._points(weights)
        losses, gradients = self._judge.derivatives("gradients", points, self.n_threads)
        self._add_penalty(points, gradients)
        return self._penalised(points, losses), gradients

    def gauss_newton(self, weights: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return losses (P,), gradients (P, D) and Gauss-Newton matrices (P, D, D).

        The matrix is the second derivative of the loss with the network taken as linear in
        its weights: J' L J, with J the derivatives of the scores and L the second
        derivative of the loss by them (for ``"mse"``, of the squares of its misses).

        N. N. Schraudolph: Fast curvature matrix-vector products for second-order gradient
        descent. Neural Computation 14 (2002) 1723-1738.
        """
        self._check(Order.GAUSS_NEWTON)
        points = self._points(weights)
        P, D = points.shape
        losses, means = self._judge.derivatives("curvatures", points, self.n_threads)
        gradients, matrices = np.ascontiguousarray(means[:, :D]), means[:, D:].reshape(P, D, D)
        self._add_penalty(points, gradients)
        diagonal = np.arange(D)
        matrices[:, diagonal, diagonal] += self._penalty
        return self._penalised(points, losses), gradients, matrices

    def warm_up(self) -> None:
        """Compile losses and gradients, or load them from disk, ahead of timings."""
        self._judge.warm_up(self.n_threads)

    def _check(self, order: Order) -> None:
        """Refuse what there is no derivative for."""
        reason = self.unsupported_reason(order)
        if reason:
            raise ValueError(f"A {order.name.lower()} was asked for, and {reason}.")

    def _points(self, weights: ArrayLike) -> Floats:
        """Return weights as (P, D), one row after the other."""
        points = np.asarray(weights, dtype=float)
        if points.ndim == 2 and points.shape[1] == self._dim and points.flags.c_contiguous:
            return points  # as optimizers ask for them: a pass over few data takes microseconds
        return np.atleast_2d(self.network.checked(points))

    def _penalised(self, points: Floats, losses: Floats) -> Floats:
        if self.alpha:
            with np.errstate(over="ignore", invalid="ignore"):
                # Not a matrix product, whose order of summation depends on the company.
                losses += 0.5 * (points**2 * self._penalty).sum(axis=1)
        return losses

    def _add_penalty(self, points: Floats, gradients: Floats) -> None:
        if self.alpha:
            with np.errstate(over="ignore", invalid="ignore"):
                gradients += self._penalty * points


def warmup(network: Network | None = None, *, loss: str = "cross_entropy") -> None:
    """Compile what training needs, or load it from numba's cache on disk.

    Otherwise the first loss and the first gradient do it, in a few seconds the first time
    and in a few tenths of one later on.

    Parameters
    ----------
    network : Network, optional
        One like those that are to be trained: cell, activation and dtype matter, sizes do
        not. By default an Elman network of tanh units in float32.
    loss : str
        What they are trained with, a name in ``metarnn.criteria.CRITERIA``; "accuracy" does it
        for the scorers of scikit-learn.
    """
    network, numbers = network or Network.build(1, 2), criterion_of(loss).is_regression
    for n_sequences in (1, 8):  # lanes are candidates, or sequences
        X, y, lengths = _some_data(network, n_sequences, numbers)
        Fitness(network, X, y, lengths=lengths, loss=loss).warm_up()
        answers = y if network.decodes else None
        network.scores(np.zeros(network.n_weights), X, lengths=lengths, answers=answers)
    if not network.decodes:  # so many that they are scored side by side
        many = np.repeat(X[:1, :1], 10_000, axis=0)
        network.scores(np.zeros(network.n_weights), many)


def _some_data(network: Network, n: int, numbers: bool) -> tuple[NDArray[Any], NDArray[Any], Any]:
    """Return n sequences that are all different, their labels, and lengths or None."""
    reads = network.layers[0].input_kind if network.layers else "numbers"
    lengths = None
    X: NDArray[Any] = np.zeros((n, n), int)
    if reads == "tokens":
        lengths = np.arange(1, n + 1)
    else:
        axes = (1, 1, network.n_inputs) if reads == "images" else (1, network.n_inputs)
        X = np.arange(float(n)).reshape(n, *[1] * len(axes)) + np.zeros(axes)
    shape: tuple[int, ...] = ()
    if network.decodes:
        shape = (1,)
    elif network.scores_steps:
        n_steps = X.shape[1] * (X.shape[2] if reads == "images" else 1)
        shape = (network.program.scores.clock.steps(n_steps),)
    if numbers:
        shape = *shape, network.n_outputs
    return X, np.zeros((n, *shape), int), lengths


def _number(name: str, value: Any, least: float) -> float:
    if not isinstance(value, int | float | np.number) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    if not (np.isfinite(value) and value >= least):
        raise ValueError(f"{name} must be finite and at least {least:g}, got {value!r}.")
    return float(value)
