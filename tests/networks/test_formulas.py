"""Cells that are written as formulas: what is made of them, and cells of one's own."""

import math
import subprocess
import sys

import numpy as np
import pytest

from metarnn import Fitness, Network, RNNClassifier, load_model
from metarnn.cells import CELLS, FormulaCell, add_cell, cell
from metarnn.cells.expressions import Expression, exp, mod_relu, relu, sigmoid, tanh
from metarnn.cells.gru import GRU
from metarnn.cells.reflections import reflected
from metarnn.cells.tracing import traced
from metarnn.cells.walks import listing
from metarnn.engine import vector_math
from metarnn.layers import Recurrent

FORMULAS = {
    name: made
    for name, make in CELLS.items()
    if isinstance(made := make(3, 4, "tanh", 2), FormulaCell)
}
every_formula = pytest.mark.parametrize("name", FORMULAS)


@cell("this test", means={"b_f": 1.0})
def Own(x, h, c, *, W_f, W_g, U_f, U_g, b_f, b_g, p, rate=0.5):  # noqa: N802
    """A cell with a matrix on a sum, a vector, a setting and two states."""
    f = sigmoid(W_f @ x + U_f @ h + b_f + p * c)
    c = f * c + rate * (1 - f) * relu(W_g @ x + b_g)
    return tanh(U_g @ (h + c)) - exp(-c), c


@pytest.fixture
def own():
    add_cell("own", Own)
    yield Own
    CELLS.pop("own")


def on_arrays(made, blocks, x):
    """Return what is shown of the states (T, H) of a sequence (T, I), by the formula on arrays."""
    weights = {
        name: part if part.ndim == 2 else part[:, None] for name, part in made.parts(blocks).items()
    }
    states = tuple(np.zeros((n, 1)) for n in made.rows_of_states)
    shown = []
    for row in x:
        states = made.formula.computed(row[:, None], states, weights, **made.settings)
        shown.append(np.concatenate(states[: made.formula.n_shown])[:, 0])
    return np.array(shown)


def scores_on_arrays(network, made, weights, X):
    blocks = network.unpack(weights)
    own = {name.removesuffix("_l0"): block for name, block in blocks.items()}
    means = np.array([on_arrays(made, own, x).mean(axis=0) for x in X])
    if "weight_out" not in blocks:  # the cell scores the classes itself
        return means
    return means @ blocks["weight_out"].T + blocks["bias_out"]


@every_formula
def test_a_formula_computes_the_same_on_arrays(name):
    made, rng = FORMULAS[name], np.random.default_rng(0)
    layer = Recurrent(name, 4, second_size=2)
    network = Network(3, 2, (layer,), readout="mean", dtype="float64")
    (weights,), X = network.init(rng, 1), rng.normal(size=(5, 6, 3))
    expected = scores_on_arrays(network, made, weights, X)
    np.testing.assert_allclose(network.scores(weights, X), expected, rtol=1e-12, atol=1e-13)


def test_a_cell_of_ones_own(own, tmp_path):
    rng = np.random.default_rng(0)
    network = Network.build(3, 2, cell="own", hidden=(5,), readout="mean", dtype="float64")
    weights, X, y = network.init(rng, 2), rng.normal(size=(40, 6, 3)), np.arange(40) % 2
    expected = scores_on_arrays(network, Own(3, 5), weights[0], X)
    np.testing.assert_allclose(network.scores(weights[0], X), expected, rtol=1e-12)
    fitness = Fitness(network, X, y, lengths=rng.integers(1, 7, 40))
    _, gradients = fitness.gradient(weights)
    step = 1e-6 * np.eye(network.n_weights)
    for candidate, gradient in zip(weights, gradients, strict=True):
        slopes = (fitness(candidate + step) - fitness(candidate - step)) / 2e-6
        np.testing.assert_allclose(gradient, slopes, atol=2e-9)
    for optimizer in ("adam", "cuckoo"):
        model = RNNClassifier(cell="own", optimizer=optimizer, budget=60, random_state=0)
        model.fit(X, y)
        path = model.save(tmp_path / optimizer)
        np.testing.assert_array_equal(load_model(path).predict(X), model.predict(X))


def _early_and_own(x, h, *, W_v, W_a, U_a, U_v):
    """A state that only a second stage multiplies, and that passes element by element."""
    return sigmoid(W_a @ x + U_a @ h + U_v @ tanh(W_v @ x)) * h + 0.5


def _early_and_read(x, h, *, W_v, W_a, U_a, U_v, p):
    """One where the first stage reads the derivative by the state after the step."""
    v = tanh(p + p * (W_v @ x))
    return sigmoid(W_a @ x + U_a @ h + U_v @ v) * v


@pytest.mark.parametrize("function", [_early_and_own, _early_and_read])
def test_derivatives_by_a_state_come_after_all_that_read_those_of_the_step(function):
    add_cell("staged", cell("this test")(function))
    rng = np.random.default_rng(0)
    network = Network.build(3, 2, cell="staged", hidden=(4,), dtype="float64")
    fitness = Fitness(network, rng.normal(size=(9, 4, 3)), np.arange(9) % 2)
    CELLS.pop("staged")
    (weights,) = 3 * network.init(rng, 1)
    step = 1e-6 * np.eye(network.n_weights)
    slopes = (fitness(weights + step) - fitness(weights - step)) / 2e-6
    np.testing.assert_allclose(fitness.gradient(weights[None])[1][0], slopes, atol=2e-9)


def test_settings_are_fields(own):
    X = np.random.default_rng(0).normal(size=(6, 3))
    blocks = {b.name: np.ones(b.shape) for b in Own(3, 4).blocks}
    one, other = (on_arrays(Own(3, 4, rate), blocks, X) for rate in (0.5, 0.25))
    assert np.abs(one - other).max() > 0.01
    assert Own(3, 4) == Own(3, 4, rate=0.5)
    assert Own(3, 4).step is Own(3, 5).step
    assert Own(3, 4).step is not Own(3, 4, rate=0.25).step
    with pytest.raises(TypeError, match="rate must be a number"):
        _ = Own(3, 4, rate="fast").step


def test_weights_of_a_block_stand_in_the_order_of_the_parameters():
    blocks = {block.name: block for block in Own(3, 4).blocks}
    assert {name: block.shape for name, block in blocks.items()} == {
        "weight_ih": (8, 3),
        "weight_hh": (8, 4),
        "bias_ih": (8,),
        "p": (4,),
    }
    np.testing.assert_array_equal(blocks["bias_ih"].mean, np.repeat([1.0, 0.0], 4))


def test_names_of_code_say_what_it_computes_in_every_process():
    named = traced(Own.formula).name
    assert named != traced(Own.formula, rate=0.25).name
    program = (
        "from metarnn.cells import CELLS\n"
        "from metarnn.cells.tracing import traced\n"
        "print(traced(CELLS['lem'](1, 1, 'tanh', 1).formula).name)\n"
        "print(traced(CELLS['gru'](1, 1, 'tanh', 1).formula).name)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert traced(GRU.formula).name in found.pop()


def test_equal_expressions_are_one():
    x, y = (Expression.of("vector", name) for name in "xy")
    assert x + y is x + y
    assert x + y is not y + x
    assert 1 * x is x
    assert x + 0 is x
    assert x - (-1 * y) is not x
    assert x + (-y) is x - y
    assert listing([x + y]) != listing([y + x])


#: Formulas whose states, sums and stages hang together in unusual ways.
UNUSUAL = {
    "a state that nothing reads": lambda x, h, c, *, W, U, V, b, o: (
        tanh(V @ (n := tanh(W @ x + U @ c + b)) + o),
        n,
    ),
    "no state read": lambda x, h, *, W, b: tanh(W @ x + b),
    "a sum that is carried": lambda x, h, c, *, W, U, b: (tanh(n := W @ x + U @ c + b), n),
    "a sum that is shown": lambda x, h, c, *, W, U, V, b: (n := W @ x + U @ h + V @ c + b, tanh(n)),
    "two equal states": lambda x, h, c, *, W, U, V, b: (n := tanh(W @ x + U @ h + V @ c + b), n),
    "a sum twice": lambda x, h, *, W, U, b: tanh((n := W @ x + U @ h) + n + b),
    "two matrices of one state": lambda x, h, *, W, U, V, b: tanh(W @ x + U @ h + V @ h + b),
    "a sum that is read later": lambda x, h, *, W, U, V, b: (
        0.9 * tanh(0.5 * (a := W @ x + U @ h + b) + V @ (sigmoid(a) * h)) + 0.1 * h
    ),
    "the new state multiplied": lambda x, h, c, *, W, U, V, b: (
        n := tanh(W @ x + U @ h + b),
        sigmoid(V @ n) + 0.5 * c,
    ),
    "what has no sum multiplied": lambda x, h, *, W, U: 0.5 * h + tanh(W @ x + U @ tanh(h)),
    "three stages": lambda x, h, *, W, U, V_1, V_2, b: tanh(
        W @ x + V_2 @ sigmoid(V_1 @ tanh(W @ x + U @ h + b)) + b
    ),
    "a matrix in two sums": lambda x, h, *, W, U, b_1, b_2: (
        (z := sigmoid(W @ x + U @ h + b_1)) * h + (1 - z) * tanh(W @ x + U @ h + b_2)
    ),
    "a bias elsewhere as well": lambda x, h, *, W, U, b: tanh(W @ x + U @ h + b) + b * h,
    "two biases": lambda x, h, *, W, U, b, d: tanh(W @ x + b + U @ h + d),
    "a factor of 0": lambda x, h, *, W, U, rate=0.0: W @ x + rate * (U @ h) + sigmoid(rate),
}


#: Formulas of rows of several sizes, with what is said about them; the second size is 3.
SIZES = {
    "a projection": (
        lambda x, h, c, *, W_f, W_g, W_o, U_f, U_g, U_o, b_f, b_g, b_o, V: (
            V
            @ (
                sigmoid(W_o @ x + U_o @ h + b_o)
                * tanh(
                    n := _remembered(
                        c, sigmoid(W_f @ x + U_f @ h + b_f), tanh(W_g @ x + U_g @ h + b_g)
                    )
                )
            ),
            n,
        ),
        {"rows": {"h": "n_projected"}},
    ),
    "two states shown": (
        lambda x, h, c, s, *, W, U, V, b, p: (
            tanh(W @ x + U @ h + b + p * s),
            sigmoid(V @ s) + 0.5 * c,
            0.5 * s + 0.5 * h,
        ),
        {"n_shown": 2},
    ),
    "units of another number within": (
        lambda x, h, *, W, U, V, d: tanh(W @ x + V @ tanh(U @ h + d)),
        {"rows": {"U": "n_within"}},
    ),
    "an antisymmetric matrix": (
        lambda x, h, *, W, U, b: h + 0.1 * tanh((U - U.T) @ h - 0.01 * h + W @ x + b),
        {},
    ),
    "tied weights": (
        lambda x, h, c, *, W, U, V, b: (
            tanh(W @ x + U @ h + 0.5 * (U.T @ c) + b),
            sigmoid((0.3 * V * V) @ h + (V - U) @ c),
        ),
        {"names": {"V": "weight_V"}},
    ),
    "reflections of another size": (
        lambda x, h, s, *, W, U, v, P, b: (
            mod_relu(W @ x + U @ h + P @ s, b),
            reflected(v) @ s + 0.1,
        ),
        {"rows": {"s": "n_slow"}, "means": {"v": 0.5}},
    ),
    "a carried state of another size": (
        lambda x, h, s, *, W, U, V, P, b, r: (
            tanh(W @ x + U @ h + P @ s + b),
            r * s + V @ sigmoid(h),
        ),
        {"rows": {"s": "n_slow"}, "names": {"V": "weight_hs"}},
    ),
}


def _remembered(c, f, g):
    return f * c + (1 - f) * g


@pytest.mark.slow
@pytest.mark.parametrize("name", [*UNUSUAL, *SIZES])
@pytest.mark.parametrize("B", [5, 40])  # lanes are candidates, or sequences
def test_unusual_formulas(name, B):
    function, about = SIZES.get(name) or (UNUSUAL[name], {})
    cls, second = cell("nowhere", **about)(function), [3] * ("rows" in about)

    def made(n_inputs, n_hidden):
        return cls(n_inputs, n_hidden, *second)

    add_cell("unusual", made)
    try:
        rng = np.random.default_rng(0)
        network = Network.build(3, 2, cell="unusual", hidden=(4,), readout="mean", dtype="float64")
        weights, X, y = network.init(rng, 2), rng.normal(size=(B, 6, 3)), np.arange(B) % 2
        expected = scores_on_arrays(network, made(3, 4), weights[0], X)
        np.testing.assert_allclose(network.scores(weights[0], X), expected, rtol=1e-11, atol=1e-12)
        for wiring in ({}, {"bidirectional": True, "hidden": (4, 3), "readout": "last"}):
            how = {"hidden": (4,), "readout": "mean"} | wiring
            network = Network.build(3, 2, cell="unusual", dtype="float64", **how)
            fitness = Fitness(network, X, y, lengths=rng.integers(1, 7, B), alpha=0.1)
            (candidate,) = network.init(rng, 1)
            _, (gradient,) = fitness.gradient(candidate[None])
            step = 1e-6 * np.eye(network.n_weights)
            slopes = (fitness(candidate + step) - fitness(candidate - step)) / 2e-6
            np.testing.assert_allclose(gradient, slopes, atol=5e-9)
    finally:
        CELLS.pop("unusual")


def test_a_name_that_is_added_again_stands_for_the_new_formula():
    X, weights = np.ones((1, 3, 2)), None
    scores = []
    for f in (tanh, relu):
        add_cell("again", cell("nowhere")(lambda x, h, *, W, U, b, f=f.name: f(W @ x + U @ h + b)))
        network = Network.build(2, 2, cell="again", hidden=(3,))
        weights = network.init(np.random.default_rng(0), 1) if weights is None else weights
        scores.append(network.scores(weights, X))
    CELLS.pop("again")
    assert np.abs(scores[0] - scores[1]).max() > 0.01


@every_formula
def test_all_matrices_are_penalized(name):
    network = Network.build(3, 2, cell=name, hidden=(4,))
    weights = network.init(np.random.default_rng(0), 1)
    losses = [
        Fitness(network, np.zeros((2, 1, 3)), [0, 1], alpha=alpha)(weights)[0] for alpha in (0, 2)
    ]
    blocks = network.unpack(weights[0])
    squares = sum((block**2).sum() for key, block in blocks.items() if key.startswith("weight"))
    assert losses[1] - losses[0] == pytest.approx(squares, rel=1e-5)
    assert all(key.startswith("weight") for key, block in blocks.items() if block.ndim > 1)


def other_names(x, h, *, W_x, W_h, b):
    return tanh(W_x @ x + W_h @ h + b)


def of_a_vector(x, h, *, W, U, p):
    return tanh(W @ x + U @ p + h)


def not_a_matrix(x, h, *, w, U):
    return tanh(w @ x + U @ h)


def matrix_as_rows(x, h, *, W, U):
    return W * h + U @ x


def inputs_as_rows(x, h, *, W):
    return x + W @ x


def too_few(x, h, c, *, W):
    return W @ x


def not_read(x, h, *, W, U):
    return W @ x


def no_inputs(x, h, *, U):
    return U @ h


def both(x, h, *, W):
    return W @ x + W @ h


def not_computed(x, h, *, W):
    return h


def with_numpy(x, h, *, W, U):
    return np.tanh(W @ x + U @ h)


def with_math(x, h, *, W, U):
    return math.tanh(W @ x + U @ h)


def product_element_by_element(x, h, *, W, U):
    return tanh(W * x + U @ h)


def with_a_branch(x, h, *, W, U):
    return W @ x + (U @ h or 0)


def divided(x, h, *, W, U):
    return (W @ x + U @ h) / 2


def of_a_power(x, h, *, W, U):
    return (W @ x + U @ h) ** 2


def a_mean(x, h, *, W, U):
    return W @ x + U @ h - h.mean()


def the_larger(x, h, *, W, U):
    return max(W @ x, U @ h)


def one_row(x, h, *, W):
    return W @ x + h[0]


def matrix_last(x, h, *, W, U):
    return tanh(x @ W + U @ h)


def of_two_arguments(x, h, *, W, U):
    return tanh(W @ x, U @ h)


def with_another_function(x, h, *, W, f="softplus"):
    return f(W @ x)


def of_two_sizes(x, h, s, *, W, U, V):
    return tanh(W @ x + U @ h + s), V @ x


def without_a_star(x, h, W):
    return W @ x


def without_a_state(x, *, W):
    return W @ x


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (not_a_matrix, r"line \d+, 'return tanh\(w @ x \+ U @ h\)': w is no matrix"),
        (matrix_as_rows, r"line \d+, 'return W \* h \+ U @ x': W is a matrix, which multiplies"),
        (inputs_as_rows, r"line \d+, 'return x \+ W @ x': the inputs x must be multiplied"),
        (too_few, "it has the states h, c and must return as many, got 1"),
        (not_read, "the weights U are not read"),
        (no_inputs, "no matrix multiplies the inputs"),
        (both, "the matrix W multiplies inputs and states, expected one"),
        (not_computed, "the state h must be computed"),
        (
            with_numpy,
            r"line \d+, 'return np.tanh.*: tanh of NumPy does not compute with symbols: use",
        ),
        (with_math, r"line \d+, 'return math.tanh.*: a result of 'add' has no value yet"),
        (product_element_by_element, r"line \d+, .* W is a matrix, which multiplies rows: W @"),
        (with_a_branch, r"line \d+, .*a formula cannot branch on it"),
        (divided, r"line \d+, 'return .* / 2': formulas have no /: use"),
        (of_a_power, r"line \d+, .*: formulas have no \*\*: use"),
        (a_mean, r"line \d+, .*: formulas have no \.mean: use"),
        (the_larger, r"line \d+, .*: formulas have no comparisons: use"),
        (one_row, r"line \d+, .*: formulas have no places of states"),
        (matrix_last, r"line \d+, .*: the matrix W comes first: W @ x"),
        (of_two_arguments, r"line \d+, .*: tanh is a function of 1, got 2"),
        (with_another_function, "line \\d+: unknown f 'softplus'; expected .* exp\\.$"),
        (of_two_sizes, r"line \d+: .* n_hidden rows in one place and n_slow in another"),
        (without_a_star, "the matrix W stands among the states: weights come after"),
        (without_a_state, "there must be a state after the inputs"),
        (
            other_names,
            "the block weight_ih would have weights of the inputs and W_h",
        ),
        (of_a_vector, "U must multiply inputs, states or what is computed, got p"),
    ],
)
def test_errors_name_the_line_of_the_formula_where_it_is_defined(function, message):
    about = {"rows": {"s": "n_slow"}} if function is of_two_sizes else {}
    errors = TypeError, ValueError, AttributeError
    with pytest.raises(errors, match=rf"^{function.__name__}.*{message}"):
        cell("nowhere", **about)(function)


def test_what_is_said_about_a_formula_is_checked():
    for about, message in [
        ({"means": {"b_x": 1.0}}, r"weight in means 'b_x'"),
        ({"rows": {"c": "n_slow"}}, r"weight in rows 'c'"),
        ({"mean": {}}, r"argument of cell 'mean'"),
        ({"means": {"b": "one"}}, r"means of b must be a number, got 'one'"),
        ({"scales": {"b": "V"}}, r"scales of b 'V'"),
        ({"names": {"b": "my bias"}}, r"names of b must be a name as Python has them"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            cell("nowhere", **about)(lambda x, h, *, W, U, b: tanh(W @ x + U @ h + b))


def test_what_routines_cannot_be_told_is_refused():
    def two(x, h, s, c, *, W, U, V):
        return tanh(W @ x), U @ x, V @ x

    for about, message in [
        ({"rows": {"s": "n_slow", "c": "n_fast"}}, "names n_fast and n_slow, expected one size"),
        ({"rows": {"c": "n_slow"}, "n_shown": 2}, "one of the states that are shown must have n_"),
        ({"n_shown": 4}, "n_shown must be from 1 to 3, the number of states, got 4"),
        ({"rows": {"s": "step"}}, "cannot be named 'step'"),
    ]:
        with pytest.raises(ValueError, match=message):
            cell("nowhere", **about)(two)


def test_a_decorator_needs_no_parentheses():
    @cell
    def Bare(x, h, *, W, U):  # noqa: N802
        """A cell."""
        return tanh(W @ x + U @ h)

    assert issubclass(Bare, FormulaCell)
    assert (Bare.__name__, Bare.__doc__) == ("Bare", "A cell.")
    assert Bare(3, 4).n_state == cell()(lambda x, h, *, W: W @ x)(3, 4).n_state


def test_a_summary_has_the_names_of_cells(own):
    text = Network.build(3, 2, cell="own", hidden=4).summary()
    assert " own " in text
    assert "peephole_lst" in Network.build(3, 2, cell="peephole_lstm", hidden=4).summary()


def test_cells_are_added_under_names_of_their_own():
    with pytest.raises(ValueError, match="there is a cell 'gru' already"):
        add_cell("gru", Own)
    with pytest.raises(ValueError, match="must be a name as Python has them, got 'my cell'"):
        add_cell("my cell", Own)
    with pytest.raises(TypeError, match="make must return a cell"):
        add_cell("number", lambda n_inputs, n_hidden: 3)
    wide = cell("nowhere", rows={"U": "n_wide"})(lambda x, h, *, W, U, V: W @ x + V @ (U @ h))
    with pytest.raises(TypeError, match=r"^make\(n_inputs, n_hidden\) .* 'n_wide': a cell with"):
        add_cell("wide", wide)
    with pytest.raises(ValueError, match="a setting or size cannot be named 'step'"):
        cell("nowhere")(with_step)


def with_step(x, h, *, W, step=1.0):
    return step * (W @ x)


def ptx_of(name, what):
    """Return the code of a formula for an NVIDIA processor, one thread for a tile."""
    from llvmlite import binding, ir

    from metarnn.cells.lowering import Lowering
    from metarnn.engine.emission import Code
    from metarnn.engine.vector_memory import Pointer
    from metarnn.engine.vectors import INT, Integer

    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    triple = "nvptx64-nvidia-cuda"
    try:
        target = binding.Target.from_triple(triple)
    except RuntimeError:
        pytest.skip("this llvmlite writes no PTX")
    found = traced(FORMULAS[name].formula, **FORMULAS[name].settings)
    write = getattr(Lowering(found.plan, found.name), f"_{what}")
    reals, module = ir.FloatType().as_pointer(), ir.Module(name=name)
    module.triple = triple
    kinds = {"step": "PPIPIPPPIII", "back": "PPIPPPPPIPIIII"}[what]
    types = [{"P": reals, "I": INT}[kind] for kind in kinds]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), what)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    given = [(Integer if x.type == INT else Pointer)(builder, x) for x in function.args]
    write(Code(builder), *given)
    builder.ret_void()
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    return target.create_target_machine(cpu="sm_70", opt=2).emit_assembly(parsed)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["step", "back"])
@pytest.mark.parametrize("name", ["elman", "lstm", "gru", "lem"])
def test_the_same_graph_compiles_for_a_gpu(name, what, monkeypatch):
    # The tanh of processors that do not permute: of another one LLVM would end the process.
    monkeypatch.setattr(vector_math, "HOST_FORM", "rational")
    text = ptx_of(name, what)
    assert ".target sm_70" in text
    assert f".func {what}(" in text
    assert text.count("fma.rn.f32") > 100
