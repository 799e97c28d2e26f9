"""Optimizers with settings drawn from what they declare, and with others."""

import dataclasses
from typing import get_args, get_type_hints

import numpy as np
import pytest

pytest.importorskip("hypothesis")

from helpers.optimizer_table import INSTALLED, QUICK
from helpers.strategies import check_refusal, drawn, few_and_many, optimizer_settings, outside
from hypothesis import strategies as st

from metarnn.optimizers import minimize
from metarnn.optimizers.analytic import rosenbrock

#: Those of this package that minimize any function with a gradient.
OWN = {name: kind for name, kind in INSTALLED.items() if kind.library is None}
DECLARED = [
    (kind, field) for kind in OWN.values() for field in dataclasses.fields(kind) if field.metadata
]


@st.composite
def optimizers(draw):
    kind = draw(st.sampled_from([*OWN.values()]))
    return kind(**QUICK.get(kind, {}) | draw(optimizer_settings(kind)))


@few_and_many
def test_settings_within_their_limits_are_taken(n):
    problem = rosenbrock(3)

    @drawn(2 * n, optimizer=optimizers(), seed=st.integers(0, 2**32))
    def check(optimizer, seed):
        try:
            found = minimize(problem, optimizer, budget=30, seed=seed)
        except (TypeError, ValueError) as error:  # settings that do not go together
            check_refusal(error, type(optimizer).__name__, *optimizer.get_params())
            return
        assert np.isfinite(found.fun)
        assert found.passes <= 30
        np.testing.assert_allclose(problem(found.x[None])[0], found.fun)
        again = minimize(problem, optimizer, budget=30, seed=seed)
        np.testing.assert_array_equal(found.x, again.x)


@few_and_many
def test_settings_out_of_their_limits_are_refused(n):
    @drawn(5 * n, case=st.sampled_from(DECLARED), data=st.data())
    def check(case, data):
        kind, field = case
        hint = get_type_hints(kind)[field.name]
        value = data.draw(outside(field, get_args(hint) or (hint,)))
        with pytest.raises((TypeError, ValueError), match=f"{kind.__name__}: {field.name} must"):
            kind(**{field.name: value}).check()
