"""Criteria: what makes a candidate's loss of what it answers.

==================  ====================================================================
file                idea
==================  ====================================================================
``criterion.py``    what a criterion is, and a criterion on data
``mean_loss.py``    the mean of a differentiable loss
``score.py``        scores of answers, without derivatives
``counted.py``      scores that follow from counts: accuracy, balanced accuracy, macro F1
``answer_counts.py``  these counts, compiled
``scorer.py``       any scorer of scikit-learn
==================  ====================================================================
"""

from collections.abc import Callable
from typing import Any

from metarnn.engine import LOSSES, NUMBER_LOSSES

from .counted import ConfusionScore, accuracy, balanced_accuracy, f1_macro
from .criterion import BoundCriterion, Criterion
from .mean_loss import MeanLoss, MeanNumberLoss

#: Every criterion by the name that the fitness, the estimator and the command line know it by;
#: there are also the scorers of scikit-learn.
CRITERIA: dict[str, Criterion] = {
    **{name: MeanLoss(name) for name in LOSSES},
    **{name: MeanNumberLoss(name) for name in NUMBER_LOSSES},
    "accuracy": ConfusionScore(accuracy, "1 - the share of right answers; no gradient"),
    "balanced_accuracy": ConfusionScore(
        balanced_accuracy, "1 - the mean of the classes' shares of right answers; no gradient"
    ),
    "f1_macro": ConfusionScore(f1_macro, "1 - the mean of the classes' F1 scores; no gradient"),
}


def criterion_of(loss: str | Callable[..., Any]) -> Criterion:
    """Return the criterion of a name, or of a scorer.

    Parameters
    ----------
    loss : str or callable
        A name in CRITERIA or of a scorer of scikit-learn, or a scorer.

    Raises
    ------
    TypeError, ValueError
        None of these.
    """
    if isinstance(loss, str) and loss in CRITERIA:
        return CRITERIA[loss]
    from .scorer import SklearnScore  # scikit-learn takes a second

    if callable(loss) or (isinstance(loss, str) and SklearnScore.is_name(loss)):
        return SklearnScore(loss)
    raise ValueError(
        f"loss must be one of {', '.join(CRITERIA)}, or a scorer of scikit-learn or its name, "
        f"got {loss!r}."
    )


def class_criterion_of(loss: str | Callable[..., Any]) -> Criterion:
    """Return the criterion of a name, or of a scorer, for data that have classes.

    Parameters
    ----------
    loss : str or callable
        See :func:`criterion_of`.

    Raises
    ------
    TypeError, ValueError
        None of these, or one of numbers.
    """
    criterion = criterion_of(loss)
    if criterion.is_regression:
        raise ValueError(
            f"The loss {loss!r} is one of numbers, but the data have classes; choose another, "
            "such as 'cross_entropy'."
        )
    return criterion


__all__ = ["CRITERIA", "BoundCriterion", "Criterion", "class_criterion_of", "criterion_of"]
