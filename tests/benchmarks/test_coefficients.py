"""The coefficients of tanh are those that the benchmark derives."""

import numpy as np
import pytest

from benchmarks import coefficients
from metarnn.engine import tanh_forms


@pytest.mark.slow
@pytest.mark.skipif(np.finfo(np.longdouble).nmant != 63, reason="for 80-bit numbers")
def test_the_coefficients_are_those_that_are_derived():
    assert np.float32(tanh_forms.BOUND) == coefficients.BOUND
    assert np.float32(tanh_forms.RATIONAL_BOUND) == coefficients.RATIONAL_BOUND
    p, q = coefficients.rational()
    pairs = [(tanh_forms.LOOKUP, coefficients.lookup_table())]
    pairs += [(tanh_forms.RATIONAL_P, p), (tanh_forms.RATIONAL_Q, q)]
    for known, derived in pairs:
        np.testing.assert_allclose(np.float32(known), derived, rtol=1e-6)
