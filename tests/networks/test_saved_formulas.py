"""Formulas as plain data: the same cell again, and one sentence for what is no formula."""

import copy
import json
import pickle
from dataclasses import asdict

import numpy as np
import pytest

from metarnn import Fitness, Network
from metarnn.cells import CELLS, FormulaCell, add_cell, cell
from metarnn.cells.elman import OneWay
from metarnn.cells.expressions import exp, mod_relu, relu, sigmoid, tanh
from metarnn.cells.reflections import reflected
from metarnn.cells.saved_formula import MOST_NESTED, MOST_OPERATIONS, SavedFormula
from metarnn.cells.tracing import traced
from metarnn.layers import Recurrent

#: The activation of an Elman cell is a field of a subclass, the formula is its base's.
MADE = {name: make(3, 4, "tanh", 2) for name, make in CELLS.items()}
FORMULAS = {
    **{name: made for name, made in MADE.items() if type(made).__bases__ == (FormulaCell,)},
    **{f"elman-{name}": OneWay(3, 4, name) for name in ("tanh", "relu", "sigmoid")},
}


@cell("this test", rows={"s": "n_slow", "v": "n_slow"}, scales={"b": "U", "p": 0.3})
def Every(u, h, s, *, W, U, V, v, P, b, x, p, rate=0.5, activation="tanh"):  # noqa: N802
    """A cell with every operation, whose inputs are not called x."""
    n = activation(W @ u + (U - 0.5 * U.T) @ h + P @ s + b)
    s = reflected(v) @ (rate * s) - V @ relu(h) + 0.1
    return mod_relu(sigmoid(x) * n - exp(-h), p), s


FORMULAS["every operation"] = Every(3, 4, 2)
every_formula = pytest.mark.parametrize("name", FORMULAS)


def through_json(saved):
    return SavedFormula(**json.loads(json.dumps(asdict(saved))))


def loss_and_gradient(name, made):
    """Return losses and gradients of a network whose cell is made."""
    CELLS["tried"] = lambda *_: made
    try:
        network = Network(3, 2, (Recurrent("tried", 4),), readout="mean")
        rng = np.random.default_rng(0)
        weights, X = network.init(rng, 2), rng.normal(size=(40, 6, 3))
        fitness = Fitness(network, X, np.arange(40) % 2)
        return network.shapes, weights, fitness(weights), *fitness.gradient(weights)
    finally:
        CELLS.pop("tried")


@every_formula
def test_a_cell_is_made_again_to_the_bit(name):
    made = FORMULAS[name]
    saved = through_json(SavedFormula.of(made))
    kind = saved.cell()
    again = kind(3, 4, *[2] * len(kind.formula.sizes))
    assert SavedFormula.of(again) == SavedFormula.of(made) == saved
    assert traced(again.formula).name == traced(made.formula, **made.settings).name
    assert not again.settings
    one, other = (loss_and_gradient(name, x) for x in (made, again))
    assert one[0] == other[0]
    for a, b in zip(one[1:], other[1:], strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_cell_of_a_file_is_copied_and_pickled():
    made = SavedFormula.of(Every(3, 4, 2, rate=0.25)).cell()(3, 4, 2)
    for other in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert SavedFormula.of(other) == SavedFormula.of(made)
        assert other.n_slow == 2


def test_names_that_no_class_can_have_are_left_out():
    lambdas = cell("this test")(lambda x, h, *, W, U: tanh(W @ x + U @ h))
    assert SavedFormula.of(lambdas(3, 4)).cell().__name__ == "formula"


class Extended(OneWay):
    """A cell whose formula is not all there is to it."""

    n_kept = 3


@pytest.mark.parametrize("made", [MADE["irnn"], MADE["unitary"], Extended(3, 4)], ids=str)
def test_what_is_more_than_a_formula_is_refused(made):
    with pytest.raises(TypeError, match="written by hand, or has more to it than a formula"):
        SavedFormula.of(made)


def operations(*more):
    """Return the operations of W x + U h, and more."""
    return [
        ["matrix", "W"], ["inputs"], ["product", 0, 1],
        ["matrix", "U"], ["state", 0], ["product", 3, 4], ["add", 2, 5], *more,
    ]  # fmt: skip


def saved(*more, outputs=None, **settings):
    """Return a formula of two weights and a state."""
    graph = operations(*more)
    about = {key: {} for key in ("names", "means", "scales", "spreads", "rows")}
    usual = about | {"name": "Own", "source": "", "arguments": ["x", "h"], "weights": ["W", "U"]}
    usual |= {"outputs": [len(graph) - 1] if outputs is None else outputs}
    usual |= {"operations": graph, "n_shown": 1, "n_directions": 1}
    return SavedFormula(**(usual | settings))


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (saved(["eval", 6]), "'eval' of [6] is unknown"),
        (saved(["tanh", "import os"]), "tanh of ['import os'] is none of earlier operations"),
        (saved(["tanh", 7]), "tanh of [7] is none of earlier operations"),
        (saved(["tanh", -1]), "tanh of [-1] is none"),
        (saved(["tanh", True]), "tanh of [True] is none"),
        (saved(["tanh", 6, 6]), "tanh of [6, 6] is none"),
        (saved(["add", 6]), "add of [6] is none"),
        (saved(["state", 1]), "'state' of [1] is unknown"),
        (saved(["state", True]), "'state' of [True] is unknown"),
        (saved(["inputs", 0]), "'inputs' of [0] is unknown"),
        (saved(["matrix", "V"]), "'matrix' of ['V'] is unknown"),
        (saved(["vector", "W"]), "'vector' of ['W'] is unknown"),
        (saved(["constant", "1"]), "'constant' of ['1'] is unknown"),
        (saved(["constant", np.inf]), "'constant' of [inf] is unknown"),
        (saved([3, 6]), "3 of [6] is unknown"),
        (saved(*[["tanh", 6]] * MOST_OPERATIONS), "it has 1,007 operations, more than 1,000"),
        (saved(*(["tanh", 6 + i] for i in range(MOST_NESTED))), "more than 100 of its operations"),
        (saved(*(["mul", 6 + i, 6 + i] for i in range(40))), "more than 100,000 of them where all"),
        (saved(outputs=[7]), "a state after the step is none of its operations"),
        (saved(outputs=[-1]), "a state after the step is none of its operations"),
        (saved(outputs=[6, 6]), "has the states h and must return as many, got 2"),
        (saved(outputs=[4]), "the state h must be computed"),
        (saved(outputs=[2]), "the weights U are not read"),
        (saved(["product", 3, 3]), "U must multiply inputs, states or what is computed"),
        (saved(["mul", 1, 6]), "the inputs x must be multiplied by a matrix"),
        (saved(["transposed", 6]), "is no matrix"),
        (saved(["reflected", 6]), "reflected takes a vector of weights"),
        (saved(["product", 3, 1], ["add", 6, 7]), "the matrix U multiplies inputs and states"),
        (saved(arguments=["x"]), "'state' of [0] is unknown"),
        (saved(arguments=["x", "x"]), "duplicate parameter name"),
        (saved(weights=["W", "U", "os.system"]), "'os.system' is no name as Python has them"),
        (saved(name="a\nb"), r"'a\nb' is no name"),
        (saved(names={"W": "../x"}), "names of W must be a name as Python has them"),
        (saved(names={"V": "x"}), "weight in names 'V'"),
        (saved(scales={"W": "Q"}), "scales of W 'Q'"),
        (saved(means={"W": np.nan}), "its initial weights are not finite"),
        (saved(rows={"h": "n_inputs x"}), "'n_inputs x' is no name"),
        (saved(rows={"h": "step"}), "cannot be named 'step'"),
        (saved(n_directions=3), "n_directions must be 1 or 2, got 3"),
        (saved(n_shown=2), "n_shown must be from 1 to 1"),
    ],
    ids=lambda x: None if isinstance(x, SavedFormula) else x,
)
def test_what_is_no_formula_is_refused(formula, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        formula.cell()
    assert message in str(error.value)


def test_one_that_is_right_is_not_refused():
    assert saved(["tanh", 6]).cell()(3, 4).n_state == 4


def test_cells_of_images_are_not_for_sequences():
    of_images = cell("this test", n_directions=2)(lambda x, h, *, W, U: tanh(W @ x + U @ h))
    with pytest.raises(ValueError, match="make must return a cell of sequences, got one of images"):
        add_cell("of_images", of_images)


def test_matrices_of_one_block_have_as_many_columns():
    wide = cell("this test", rows={"s": "n_slow"}, names={"P": "weight_hh"})(
        lambda x, h, s, *, W, U, P, V: (tanh(W @ x + U @ h + P @ s), V @ x)
    )
    with pytest.raises(ValueError, match=r"weight_hh would have matrices of shapes \(1, 1\) and"):
        add_cell("wide", lambda n_inputs, n_hidden: wide(n_inputs, n_hidden, 2))
