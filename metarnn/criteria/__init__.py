"""Criteria: what makes a loss of a candidate's predictions.

=======================  ====================================================================
file                     idea
=======================  ====================================================================
``criterion.py``         what a criterion is, and a criterion on data
``mean_loss.py``         the mean of a differentiable loss
``solved_loss.py``       the loss of a network whose readout is solved
``score.py``             scores of predictions, without derivatives
``confusion_score.py``   scores that follow from counts: accuracy, balanced accuracy, macro F1
``confusion_counts.py``  these counts, compiled
``sklearn_score.py``     any scorer of scikit-learn
``area_under_roc.py``    one of them, "roc_auc", for all candidates at once
=======================  ====================================================================
"""

from collections.abc import Callable
from typing import Any

from metarnn.engine import LOSSES, NUMBER_LOSSES
from metarnn.linear import SOLVES
from metarnn.names import unknown
from metarnn.own_parts import watch

from .confusion_score import ConfusionScore, accuracy, balanced_accuracy, f1_macro
from .criterion import BoundCriterion as BoundCriterion
from .criterion import Criterion as Criterion
from .mean_loss import MeanLoss, MeanNumberLoss
from .solved_loss import SolvedLoss

#: Every criterion by the name that the fitness, the estimators and the command line give it; the
#: scorers of scikit-learn are criteria, too.
CRITERIA: dict[str, Criterion] = {
    **{name: MeanLoss(name) for name in LOSSES},
    **{name: MeanNumberLoss(name) for name in NUMBER_LOSSES},
    "accuracy": ConfusionScore(accuracy, "1 - the fraction of correct predictions; no gradient"),
    "balanced_accuracy": ConfusionScore(
        balanced_accuracy, "1 - the mean recall of the classes; no gradient"
    ),
    "f1_macro": ConfusionScore(f1_macro, "1 - the mean F1 score of the classes; no gradient"),
}
watch("metarnn.criteria.CRITERIA", CRITERIA)


def criterion_of(
    loss: str | Callable[..., Any] | Criterion, solve: str | None = None, alpha: float = 0.0
) -> Criterion:
    """Return the criterion of a name, or of a scorer.

    Parameters
    ----------
    loss : str, callable or Criterion
        A name in CRITERIA or of a scorer of scikit-learn, a scorer, or a criterion itself.
    solve : str, optional
        A name in ``metarnn.linear.SOLVES``: how the readout is solved; `loss` says what targets
        are then.
    alpha : float
        The penalty of a solved readout.

    Returns
    -------
    Criterion
        What makes losses of predictions.

    Raises
    ------
    TypeError, ValueError
        None of these.
    """
    if isinstance(loss, Criterion):
        return loss
    if solve is not None:
        return SolvedLoss(solve, SOLVES[solve](alpha), criterion_of(loss).is_regression)
    if isinstance(loss, str) and loss in CRITERIA:
        return CRITERIA[loss]
    from sklearn.metrics import get_scorer_names  # scikit-learn takes a second

    from .area_under_roc import AreaUnderRoc
    from .sklearn_score import SklearnScore

    if isinstance(loss, str) and loss == "roc_auc":
        return AreaUnderRoc()
    if callable(loss) or (isinstance(loss, str) and loss in get_scorer_names()):
        return SklearnScore(loss)
    raise ValueError(unknown("loss", loss, {**CRITERIA, **dict.fromkeys(get_scorer_names())}))


def class_criterion_of(loss: str | Callable[..., Any], solve: str | None = None) -> Criterion:
    """Return the criterion of a loss of classes.

    Parameters
    ----------
    loss, solve : str
        As for :func:`criterion_of`.

    Returns
    -------
    Criterion
        One of classes.

    Raises
    ------
    TypeError, ValueError
        No loss, or one of regression.
    """
    criterion = criterion_of(loss, solve)
    if criterion.is_regression:
        raise ValueError(
            f"The loss {loss!r} is for regression, but the data have classes; choose another, "
            "such as 'cross_entropy'."
        )
    return criterion
