"""Counts of answers, compiled: one pass over the scores.

Notes
-----
This module imports numba: import it where it is used.
"""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def count_answers(scores: Any, labels: Any, weights: Any, right: Any, answered: Any) -> None:
    """Add the weights (n,) of labels (n,) to the class that each candidate answers.

    The answer is the class of the largest of the scores (P, n, K), of equal ones the first.
    The weight is added to `answered` (P, K), and to `right` (P, K) where that is the label. A
    score that is not finite makes `answered` NaN.
    """
    n_candidates, n_labels, n_classes = scores.shape
    # The order in which passes write scores: sequence by sequence.
    for i in range(n_labels):
        label, weight = labels[i], weights[i]
        for p in range(n_candidates):
            answer, highest, zero = 0, scores[p, i, 0], 0.0 * scores[p, i, 0]
            for k in range(1, n_classes):
                score = scores[p, i, k]
                zero += 0.0 * score  # or NaN
                if score > highest:
                    answer, highest = k, score
            answered[p, answer] += weight + np.float64(zero)
            if answer == label:
                right[p, label] += weight
