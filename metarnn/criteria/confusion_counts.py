"""Counts of predictions by class, compiled. Import it where it is used: numba takes a second."""

from typing import Any

import numpy as np

from metarnn.compilation import stored


@stored()
def count_predictions(scores: Any, labels: Any, weights: Any, correct: Any, predicted: Any) -> None:
    """Add the weights (n,) of labels (n,) to the class that each candidate predicts.

    That is the class of the largest of the scores (P, n, K), the first of equal ones. The weight
    is added to `predicted` (P, K), and to `correct` (P, K) where the class is the label. A score
    that is not finite makes `predicted` NaN.
    """
    n_candidates, n_labels, n_classes = scores.shape
    # The order in which passes write scores: sequence by sequence.
    for i in range(n_labels):
        label, weight = labels[i], weights[i]
        for p in range(n_candidates):
            prediction, highest, zero = 0, scores[p, i, 0], 0.0 * scores[p, i, 0]
            for k in range(1, n_classes):
                score = scores[p, i, k]
                zero += 0.0 * score  # or NaN
                if score > highest:
                    prediction, highest = k, score
            predicted[p, prediction] += weight + np.float64(zero)
            if prediction == label:
                correct[p, label] += weight
