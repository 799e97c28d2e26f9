"""The loss that the best readout leaves, by the weights ahead of it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metarnn.criteria import criterion_of
from metarnn.criteria.solved_loss import SolvedLossEvaluator
from metarnn.fitness import Fitness, check_network
from metarnn.linear import SOLVES
from metarnn.names import unknown
from metarnn.networks.network import Network
from metarnn.networks.trunk import Trunk
from metarnn.optimizers import Order
from metarnn.sequences.labeled import LabeledSequences
from metarnn.sequences.validation import Floats, MaybeArray
from metarnn.validation import check_number, shown


class SolvedFitness(Fitness):
    """The loss that the best readout leaves: a function of the weights ahead of it alone.

    It takes the place of :class:`metarnn.Fitness` where the last linear map is solved for, not
    searched for. Each candidate is what a network has ahead of that map: D is smaller by K (F + 1)
    weights. One pass computes its features, what that map reads, and the map follows from them:
    by a ridge regression or a logistic one. :meth:`complete` adds it, so that predictions, files
    and PyTorch know the usual network.

    Parameters
    ----------
    network : Network
        Its outputs must come from a linear map: no decoder, and no last layer that scores by
        itself, such as a Jordan layer.
    X, y
        As for :class:`metarnn.Fitness`. `alpha` penalizes the solved weights, too, except with
        "leave_one_out", which chooses a penalty for each candidate.
    solve : {"leave_one_out", "held_out", "ridge", "logistic"}
        "ridge": the least penalized squared error, of numbers or of classes as 0 and 1.
        "leave_one_out": the squared error with which the ridge that is solved without a sequence
        predicts that sequence, by the best of a grid of penalties. "held_out": the squared error
        of the ridge that is solved on some sequences, or scored steps, on the others. "logistic":
        the least penalized cross-entropy of classes.
    loss : {"cross_entropy", "squared_error"}
        What y holds: classes, or numbers.
    solve_on : (B,) or (B, T) array_like of bool, optional
        For "held_out": the sequences, or steps, that the map of a candidate is solved on; it is
        judged by the others, such as longer sequences or later steps. By default every second
        sequence of each class, in an order that follows from the sequences; of a single sequence,
        the first half of the scored steps.
    alpha, lengths, sample_weight, gradient_passes, n_threads
        As for :class:`metarnn.Fitness`. `alpha` penalizes the solved weights, too, except with
        "leave_one_out", which chooses a penalty for each candidate.

    Raises
    ------
    TypeError, ValueError
        As for :class:`metarnn.Fitness`; an unknown `solve`; "logistic" for numbers; `solve_on`
        for another `solve`, of another shape, or that leaves nothing to judge by; less than two
        sequences or scored steps that differ.

    Notes
    -----
    A value costs one pass, a gradient `gradient_passes`, as without solving: its own work is one
    pass more, and solving takes time of order P B F min(B, F), for "logistic" P B (F K)^2 a step.

    Numbers are the same to rounding, not to the bit, for another order of the sequences.

    "leave_one_out" tells which candidates generalize, and so suits population methods, which
    compare few numbers; where each step is scored it leaves out single steps, whose neighbors of
    the same sequence stay, and "ridge" or "held_out" is the better choice. "held_out" is for what
    has to go beyond the data, as from short sequences to long ones, where `solve_on` says which
    are which; among sequences that are all alike, "leave_one_out" judges by more. A mini-batch is
    solved by itself: use batches of many more sequences than features.

    D. Prokhorov: Echo state networks: appeal and challenges, IJCNN 2005. J. Schmidhuber, D.
    Wierstra, M. Gagliolo, F. Gomez: Training recurrent networks by Evolino. Neural Computation 19
    (2007) 757-779. G. H. Golub, V. Pereyra: SIAM Journal on Numerical Analysis 10 (1973) 413-432.

    Examples
    --------
    >>> import numpy as np
    >>> from metarnn import Network, SolvedFitness
    >>> from metarnn.optimizers import CuckooSearch, minimize
    >>> X, y = np.random.default_rng(0).normal(size=(20, 5, 1)), np.arange(20) % 2
    >>> fitness = SolvedFitness(Network.build(1, 2, hidden=4), X, y)
    >>> result = minimize(fitness, CuckooSearch(), budget=500, seed=0)
    >>> weights = fitness.complete(result.x)  # of the network that was given
    """

    _bound: SolvedLossEvaluator

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        *,
        solve: str = "leave_one_out",
        loss: str = "cross_entropy",
        solve_on: ArrayLike | None = None,
        alpha: float = 0.0,
        lengths: MaybeArray = None,
        sample_weight: MaybeArray = None,
        gradient_passes: float = 3.0,
        n_threads: int | None = None,
    ) -> None:
        check_network(network)
        alpha = check_number("alpha", alpha, least=0.0)
        check_solve(solve, loss)
        if solve_on is not None and solve != "held_out":
            raise ValueError(
                f"solve_on is for solve='held_out'; solve={solve!r} reads all sequences."
            )
        self.solve, self._solve_on = solve, solve_on
        self._trunk = Trunk.of(network)
        how: dict[str, Any] = {"lengths": lengths, "sample_weight": sample_weight}
        criterion = criterion_of(loss, solve, alpha)
        super().__init__(
            self._trunk, X, y, loss=criterion, alpha=alpha, gradient_passes=gradient_passes,
            n_threads=n_threads, **how,
        )  # fmt: skip
        self.loss = loss

    def _labeled(self, network: Network, *data: Any, **how: Any) -> LabeledSequences:
        labeled = super()._labeled(network, *data, **how)
        if self._solve_on is None:
            return labeled
        solve_on, shape = np.asarray(self._solve_on), labeled.labels.shape[:2]
        if solve_on.dtype != bool or solve_on.shape not in (shape, shape[:1]):
            raise ValueError(
                "solve_on must have True or False for each sequence or, as y, for each step, "
                f"got {solve_on.dtype} of shape {solve_on.shape} for {shape[0]} sequences."
            )
        return labeled._replace(solve_on=solve_on)

    def complete(self, weights: ArrayLike) -> Floats:
        """Return the weights of the network, (P, D + K (F + 1)) or a row, by those of its trunk.

        The map is solved for all training data. Its outputs are numbers, or logits of classes:
        those of a ridge are scaled so that their softmax predicts left out sequences best.
        Where weights are not finite, neither is the map.
        """
        points = self._points(weights)
        full = self._trunk.joined(points, *self._bound.readouts(points, self.n_threads))
        return full if np.ndim(weights) == 2 else full[0]

    def unsupported_reason(self, order: Order) -> str | None:
        """Return why there are no such derivatives, as part of a sentence, or None."""
        if order == Order.GAUSS_NEWTON:
            return (
                "a solved readout has no Gauss-Newton matrix here; choose an optimizer that needs "
                "gradients, such as 'lbfgs', or values, such as 'cuckoo', or solve=None"
            )
        return super().unsupported_reason(order)


def fitness_for(*data: Any, solve: str | None = None, **settings: Any) -> Fitness:
    """Return a :class:`SolvedFitness`, or the plain one of the same arguments without `solve`."""
    if solve is None:
        return Fitness(*data, **settings)
    return SolvedFitness(*data, solve=solve, **settings)


def check_solve(solve: Any, loss: Any) -> None:
    """Raise a ValueError unless a readout can be solved so, for targets of a loss.

    Parameters
    ----------
    solve : str
        A name in ``metarnn.linear.SOLVES``.
    loss : str or callable
        "cross_entropy" or "squared_error": what the targets are.
    """
    if not (isinstance(solve, str) and solve in SOLVES):
        raise ValueError(unknown("solve", solve, SOLVES))
    if not (isinstance(loss, str) and loss in ("cross_entropy", "squared_error")):
        raise ValueError(
            f"loss must be 'cross_entropy' or, for numbers, 'squared_error' where a readout is "
            f"solved, for solve={solve!r} has a loss of its own; got {shown(loss)}."
        )
    if loss == "squared_error" and not SOLVES[solve].for_numbers:
        raise ValueError(f"solve={solve!r} is for classes; choose 'ridge' or 'leave_one_out'.")
