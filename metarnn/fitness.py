"""The loss of all weights of a network, for gradient and population methods alike."""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metarnn.cards import card, facts
from metarnn.criteria import CRITERIA, Criterion, criterion_of
from metarnn.engine import check_threads
from metarnn.memory import check_memory
from metarnn.networks.costs import packed_bytes, pass_bytes
from metarnn.networks.network import Network
from metarnn.optimizers import MiniBatch, Order, Space
from metarnn.optimizers.population_based import some_rows
from metarnn.sequences.labeled import LabeledSequences
from metarnn.sequences.validation import Floats, Integers, MaybeArray
from metarnn.validation import check_number, shown

#: Names of the blocks that the L2 penalty covers begin so: biases, angles, decays and reflections
#: have none.
PENALIZED = "weight", "embedding", "vector"


class Fitness:
    """The training loss as a function of all weights of a network: what optimizers minimize.

    It is the weighted mean of the losses of the sequences, plus alpha/2 times the sum of the
    squared weights without the biases. Losses and gradients are the same to the bit for any order
    of the sequences, any number of threads, and whichever candidates are evaluated together.

    Parameters
    ----------
    network : Network
        The network to train.
    X : (B, T, I) array_like
        Sequences; (B, T) means I = 1. An array is not copied, and must not change meanwhile.
    y : array_like
        Targets. For classification, classes 0..K-1 of the sequences, (B,) int. Where the network
        scores each step, (B, T), with -1 for steps that are not scored; the loss of a sequence is
        the mean over its scored steps. Where it has a decoder, a sequence of classes 0..K-2 for
        each sequence, or (B, n) padded with -1. For regression, K numbers for each sequence,
        (B, K), or for each step, (B, T, K), with NaN in all K of a step that is not scored; (B,)
        and (B, T) mean K = 1.
    loss : str or callable
        A name in ``metarnn.criteria.CRITERIA``, or a scorer of scikit-learn or its name (see
        Notes). "cross_entropy", "mse" and, for regression, "squared_error" have gradients. The
        others, such as "accuracy", are for optimizers that need values only.
    alpha : float
        L2 penalty. Unlike in scikit-learn's MLPClassifier, it is not divided by the number of
        sequences.
    lengths : (B,) array_like of int, optional
        Steps of each sequence, 1 to T; later ones are not read. By default all T.
    sample_weight : (B,) array_like, optional
        Weight of each sequence. A weight of 2 counts the sequence twice, and a weight of 0 leaves
        it out: to the bit.
    gradient_passes : float
        Price of a gradient in passes. 3 is the usual figure; 2 and 5 show how much a comparison
        depends on it. ``benchmarks.fairness.price`` measures it.
    n_threads : int, optional
        Threads at most; they do not change the results.

    Raises
    ------
    TypeError, ValueError
        Data that do not fit the network, are not finite or have no weight; labels that a scorer
        cannot score; labels for a network with one class; regression with a decoder, or targets
        so large that their squares are not finite in the network's dtype.

    Notes
    -----
    For a score, which is the better the higher it is, the loss is the score of perfect predictions
    less that of the candidate: 1 - accuracy, 1 - ROC AUC, and the log loss for ``neg_log_loss``.
    Where a score depends on the predicted classes only, it is a step function of the weights, and
    many candidates are equal.

    A scorer sees a candidate as a classifier: ``predict`` returns the class of the largest output,
    ``predict_proba`` the softmax of the outputs, and ``decision_function`` the outputs (for two
    classes, their difference). ``classes_`` are 0..K-1 as in y, so class 1 of two is the positive
    one; X holds indices of labels, not inputs. It receives unequal sample weights, and must accept
    them. Labels keep their order, on which the last bits of such a score may depend. A scorer
    takes some milliseconds for each candidate.

    Where each step is scored, the scorer sees the steps, each with its part of the weight of the
    sequence.

    The unit of "squared_error" is that of y squared. Initial weights predict numbers around 0 of
    size 1 or less, so scale y to that, as RNNRegressor does.

    Examples
    --------
    >>> import numpy as np
    >>> from metarnn import Fitness, Network
    >>> from metarnn.optimizers import CuckooSearch, minimize
    >>> X, y = np.random.default_rng(0).normal(size=(20, 5, 1)), np.arange(20) % 2
    >>> fitness = Fitness(Network.build(1, 2, hidden=4), X, y)
    >>> result = minimize(fitness, CuckooSearch(), budget=500, seed=0)
    """

    #: How the readout is solved for; None: it is searched for, as all weights are.
    solve: str | None = None

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: str | Callable[..., Any] | Criterion = "cross_entropy",
        alpha: float = 0.0,
        lengths: MaybeArray = None,
        sample_weight: MaybeArray = None,
        gradient_passes: float = 3.0,
        n_threads: int | None = None,
    ) -> None:
        check_network(network)
        criterion = criterion_of(loss)
        alpha = check_number("alpha", alpha, least=0.0)
        gradient_passes = check_number("gradient_passes", gradient_passes, least=1.0)
        check_threads(n_threads)
        is_regression = criterion.is_regression
        data = self._labeled(
            network, X, y,
            lengths=lengths, sample_weight=sample_weight, is_regression=is_regression,
        )  # fmt: skip
        self.network = network
        self.loss = loss
        self.alpha = alpha
        self.gradient_passes = gradient_passes
        self.n_threads = n_threads
        self._data = data.part(data.weights > 0)
        self._check_memory(Order.VALUE, self.memory(Order.VALUE))
        self._possible: set[Order] = set()
        self._criterion = criterion.calibrated(self._data, network.n_outputs)
        self._bound = self._criterion.bind(network, self._data)
        self._fraction = 1.0
        self._order: Integers | None = None  # of mini-batches
        self._epoch: tuple[int, int, list[Integers]] | None = None  # the last seed's mini-batches
        self._dim = network.n_weights
        self._penalty = np.zeros(self._dim)
        for name, places in network.unpack(np.arange(self._dim)).items() if alpha else ():
            if name.startswith(PENALIZED):
                self._penalty[places.astype(int).ravel()] = alpha

    def _labeled(self, network: Network, *data: Any, **how: Any) -> LabeledSequences:
        """Return the checked data."""
        return network.labeled(*data, **how)

    def batch(self, rows: ArrayLike) -> "Fitness":
        """Return the fitness on some of the sequences.

        Parameters
        ----------
        rows : (n,) array_like of int
            Indices into the sequences of nonzero weight, of which there are
            :attr:`n_sequences`. A pass over n of them costs n / n_sequences passes.

        Raises
        ------
        ValueError
            No indices, or some out of range.
        """
        indices, n = np.asarray(rows), self.n_sequences
        if indices.ndim != 1 or indices.dtype.kind not in "iu" or not len(indices):
            raise ValueError(
                f"rows must be a list of at least one integer, got an array of {indices.dtype} "
                f"of shape {indices.shape}."
            )
        if indices.min() < 0 or indices.max() >= n:
            raise ValueError(
                f"rows must be from 0 to {n - 1}, got {indices.min()} to {indices.max()}."
            )
        return self._part(indices)

    def _part(self, rows: Integers) -> "Fitness":
        """Return the fitness on some of the sequences, by their indices."""
        part = copy(self)
        part._data, part._order, part._epoch = self._data.part(rows), None, None
        part._fraction = self._fraction * len(part._data.labels) / len(self._data.labels)
        part._bound = self._criterion.bind_part(self._bound, rows, self.network, part._data)
        return part

    def mini_batch(self, batch: MiniBatch) -> "Fitness":
        """Return the fitness on a mini-batch, for optimizers that ask for one.

        The sequences are shuffled by the batch's seed and cut into `n_batches` parts, or into
        single sequences where there are fewer of them. Which of them are in a part does not depend
        on the order in which they were given.
        """
        if self._order is None:
            self._order = self._data.canonical_order()
        n_batches, epoch = min(batch.n_batches, self.n_sequences), self._epoch
        if epoch is None or epoch[:2] != (batch.seed, n_batches):
            shuffled = self._order[np.random.default_rng(batch.seed).permutation(self.n_sequences)]
            epoch = self._epoch = batch.seed, n_batches, np.array_split(shuffled, n_batches)
        return self._part(np.sort(epoch[2][batch.number % n_batches]))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._criterion.title}, {self._sentence()}>"

    def _repr_html_(self) -> str:
        known = {
            "minimizes": self._criterion.title.replace("_", " "),
            "penalty (alpha)": self.alpha,
            "network": str(self.network),
            "precision": self.network.dtype,
            "passes of a gradient": self.gradient_passes,
        }
        return card(type(self).__name__, self._sentence(), facts(known))

    def _sentence(self) -> str:
        return f"{self.dim:,} weights on {self.n_sequences:,} sequences"

    @property
    def n_sequences(self) -> int:
        """Sequences of nonzero weight."""
        return len(self._data.labels)

    @property
    def dim(self) -> int:
        """Number of weights, D."""
        return self._dim

    @property
    def space(self) -> Space:
        """The search space: the network's initial weights and their scale."""
        return self.network.space

    @property
    def floor(self) -> float:
        """The lowest loss that there can be, at which a search stops; a penalty adds to it."""
        return self._criterion.floor

    def unsupported_reason(self, order: Order) -> str | None:
        """Return why there are no such derivatives, as part of a sentence, or None if there are."""
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

        A Gauss-Newton matrix is charged by its multiply-adds: a forward pass; a backward pass
        (`gradient_passes` - 1) for the gradient and for each of the K outputs of each scored step;
        and for each of these outputs D^2 products, where a forward pass of T steps has about D T.
        """
        self._check(order)
        if order == Order.VALUE:
            return self._fraction
        if order == Order.GRADIENT:
            return self._fraction * self.gradient_passes
        D, steps = self.dim, self._data.sequences.X.shape[1]
        n_scores = self.network.n_outputs * self._data.n_labels
        backward = (n_scores + 1) * (self.gradient_passes - 1)
        return self._fraction * (1 + backward + n_scores * D / steps)

    def __call__(self, weights: ArrayLike) -> Floats:
        """Return the losses (P,) of weights (P, D); NaN where the weights are not finite."""
        points = self._points(weights)
        return self._penalized(points, self._bound.losses(points, self.n_threads))

    def gradient(self, weights: ArrayLike) -> tuple[Floats, Floats]:
        """Return losses (P,) and, by back-propagation through time, gradients (P, D)."""
        self._check(Order.GRADIENT)
        points = self._points(weights)
        losses, gradients = self._bound.derivatives("gradients", points, self.n_threads)
        self._add_penalty(points, gradients)
        return self._penalized(points, losses), gradients

    def gauss_newton(self, weights: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return losses (P,), gradients (P, D) and Gauss-Newton matrices (P, D, D).

        The matrix is the second derivative of the loss with the network taken as linear in
        its weights: J' L J, with J the derivatives of the scores and L the second
        derivative of the loss by them; for ``"mse"``, without the curvature of the logistic
        outputs.

        N. N. Schraudolph: Fast curvature matrix-vector products for second-order gradient
        descent. Neural Computation 14 (2002) 1723-1738.
        """
        self._check(Order.GAUSS_NEWTON)
        points = self._points(weights)
        P, D = points.shape
        losses, means = self._bound.derivatives("curvatures", points, self.n_threads)
        gradients, matrices = np.ascontiguousarray(means[:, :D]), means[:, D:].reshape(P, D, D)
        self._add_penalty(points, gradients)
        diagonal = np.arange(D)
        matrices[:, diagonal, diagonal] += self._penalty
        return self._penalized(points, losses), gradients, matrices

    def complete(self, weights: ArrayLike) -> Floats:
        """Return the weights of the network, (P, D) or (D,), for points of the search: these.

        Where the search leaves some of them to be solved, as in :class:`metarnn.SolvedFitness`,
        they are added.
        """
        return self.network.checked(weights)

    def warm_up(self) -> None:
        """Compile losses and gradients, or load them from disk, ahead of timings."""
        self._bound.warm_up(self.n_threads)

    def memory(self, order: Order) -> int:
        """Return the bytes of a pass for an order at one point, on one thread."""
        return packed_bytes(self.network, self._data.sequences) + self._pass_memory(order)

    def _pass_memory(self, order: Order) -> int:
        """Return the bytes of a pass beside the packed sequences."""
        n = pass_bytes(self.network, self._data.sequences, order > Order.VALUE)
        return n + 8 * self.network.n_weights ** (2 if order == Order.GAUSS_NEWTON else 1)

    def _check_memory(self, order: Order, n_bytes: int) -> None:
        """Raise a ValueError if a pass that takes so much does not fit into memory."""
        B, T = self._data.sequences.X.shape[:2]
        check_memory(
            f"A {order.name.lower()} of a network of {self.network.n_weights:,} weights on X of "
            f"{B:,} sequences of {T:,} steps",
            n_bytes,
            "choose smaller layers (hidden) or shorter sequences",
        )

    def _check(self, order: Order) -> None:
        """Raise a ValueError if there are no such derivatives."""
        if order in self._possible:  # a pass over few data takes microseconds
            return
        if reason := self.unsupported_reason(order):
            raise ValueError(f"A {order.name.lower()} was requested, and {reason}.")
        self._check_memory(order, self._pass_memory(order))
        self._possible.add(order)

    def _points(self, weights: ArrayLike) -> Floats:
        """Return weights as (P, D), one row after the other."""
        if (
            isinstance(weights, np.ndarray)
            and weights.dtype == float
            and weights.shape[1:] == (self._dim,)
            and weights.flags.c_contiguous
        ):  # as from optimizers: a pass over few data takes microseconds
            return weights
        return np.atleast_2d(self.network.checked(weights))

    def _penalized(self, points: Floats, losses: Floats) -> Floats:
        if self.alpha:
            with np.errstate(over="ignore", invalid="ignore"):
                # Not a matrix product, whose order of summation depends on the other candidates.
                for some in some_rows(*points.shape):
                    losses[some] += 0.5 * (points[some] ** 2 * self._penalty).sum(axis=1)
        return losses

    def _add_penalty(self, points: Floats, gradients: Floats) -> None:
        if self.alpha:
            with np.errstate(over="ignore", invalid="ignore"):
                for some in some_rows(*points.shape):
                    gradients[some] += self._penalty * points[some]


def check_network(network: Any) -> None:
    """Raise a TypeError unless it is a Network."""
    if not isinstance(network, Network):
        raise TypeError(
            "network must be a Network, such as Network.build(n_inputs, n_outputs), got "
            f"{shown(network)}."
        )
