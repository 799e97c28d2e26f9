"""Cells of one's own in model files: loaded by their formulas, where nobody has added them."""

import contextlib
import copy
import json
import subprocess
import sys
import tracemalloc
import warnings

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.small_models import small_model
from sklearn.model_selection import cross_val_score

from metarnn import RNNClassifier, RNNRegressor, load_model
from metarnn.cells import BUILT_IN, CELLS, add_cell, cell
from metarnn.cells.elman import OneWay
from metarnn.cells.expressions import sigmoid, tanh
from metarnn.estimators.file_cells import known_cells
from metarnn.layers import Recurrent

X = np.random.default_rng(0).normal(size=(30, 5, 2))
Y = np.arange(30) % 2


@cell("this test", means={"b_f": 1.0}, rows={"s": "n_slow"})
def Slow(x, h, s, *, W_f, W_g, U_f, b_f, P, B, p, rate=0.5, activation="tanh"):  # noqa: N802
    """A cell with two states, a second size, a number and a function as settings."""
    s = rate * (B @ x) + (1 - rate) * s
    f = sigmoid(W_f @ x + U_f @ h + b_f + p * h)
    return f * h + (1 - f) * activation(W_g @ x + P @ s), s


def slow(n_inputs, n_hidden):
    """Return a cell whose second size follows from the inputs and the units."""
    return Slow(n_inputs, n_hidden, 1 + n_inputs % 3, rate=0.3, activation="sigmoid")


@pytest.fixture(autouse=True)
def own():
    """Have the cell, and forget all that were added afterwards."""
    add_cell("slow", slow)
    yield
    forget()


def forget():
    for name in {*CELLS} - BUILT_IN:
        del CELLS[name]


#: A network as TOML has it.
TABLE = {"layers": [{"kind": "Recurrent", "cell": "slow", "hidden": 3}]}


def fitted(kind=RNNClassifier, network=None, **settings):
    """Return a fitted model; a network is made when the cell is there."""
    if network is not None:
        return small_model(kind, network=network(), **settings).fit(X, Y)
    return small_model(kind, **({"cell": "slow", "hidden": (4, 3)} | settings)).fit(X, Y)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kind": RNNRegressor},
        {"bidirectional": True, "readout": "attention", "n_best": 2, "optimizer": "ga"},
        {"network": lambda: [Recurrent("slow", 3), Recurrent("gru", 2)]},
        {"network": lambda: TABLE},
    ],
    ids=["stack", "regressor", "both ways", "layers", "table"],
)
def test_a_model_computes_the_same_where_nobody_has_added_its_cell(tmp_path, settings):
    model = fitted(**settings)
    path = model.save(tmp_path / "x.npz")
    expected = model.predict(X)
    twice = model.set_params(warm_start=True).fit(X, Y).predict(X)
    forget()
    other = load_model(path)
    np.testing.assert_array_equal(other.predict(X), expected)
    again = load_model(other.save(tmp_path / "y.npz"))
    np.testing.assert_array_equal(again.predict(X), expected)
    np.testing.assert_array_equal(other.set_params(warm_start=True).fit(X, Y).predict(X), twice)


@pytest.mark.slow
def test_it_goes_to_other_processes(tmp_path):
    path = fitted().save(tmp_path / "x.npz")
    forget()
    model = load_model(path)
    one, two = (cross_val_score(model, X, Y, cv=2, n_jobs=n, error_score="raise") for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_it_goes_to_torch(tmp_path):
    torch = pytest.importorskip("torch")
    model = fitted()
    path = model.save(tmp_path / "x.npz")
    forget()
    module = load_model(path).to_torch()
    with torch.no_grad():
        given = torch.tensor(X, dtype=torch.float32)
        scores = copy.deepcopy(module)(given)
    probabilities = torch.softmax(scores, 1).numpy()
    np.testing.assert_allclose(probabilities, model.predict_proba(X), atol=1e-5)
    torch.save(module, tmp_path / "module")
    np.testing.assert_array_equal(
        torch.load(tmp_path / "module", weights_only=False)(given).detach(), scores
    )


def test_another_process_needs_nothing_but_the_file(tmp_path):
    model = fitted()
    np.savez(tmp_path / "data", X=X, expected=model.predict_proba(X))
    model.save(tmp_path / "x.npz")
    program = (
        "import numpy as np, metarnn\n"
        "data, model = np.load('data.npz'), metarnn.load_model('x.npz')\n"
        "assert (model.predict_proba(data['X']) == data['expected']).all()\n"
        "print(model.cell)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "slow\n", done.stderr


def test_what_is_added_here_is_taken_if_it_computes_the_same(tmp_path):
    path = fitted().save(tmp_path / "x.npz")
    makes = CELLS["slow"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_model(path)
    assert CELLS["slow"] is makes
    assert {*CELLS} - BUILT_IN == {"slow"}


@pytest.mark.parametrize(
    "make",
    [
        lambda n_inputs, n_hidden: Slow(n_inputs, n_hidden, 2),  # another setting
        lambda n_inputs, n_hidden: Slow(n_inputs, n_hidden, 9, rate=0.3, activation="sigmoid"),
        OneWay,
    ],
    ids=["formula", "size", "other"],
)
@pytest.mark.parametrize("as_table", [False, True])
def test_another_formula_of_that_name_here_is_left_alone(tmp_path, make, as_table):
    model = fitted(network=(lambda: TABLE) if as_table else None)
    path = model.save(tmp_path / "x.npz")
    forget()
    add_cell("slow", make)
    here = CELLS["slow"]
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"'slow' is defined here with another .* that of the"):
            other = load_model(path)
        np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
        (name,) = {*CELLS} - BUILT_IN - {"slow"}
        assert name.startswith("slow_")
        assert name in repr(other.get_params())
        assert CELLS["slow"] is here
    path = other.save(tmp_path / "y.npz")
    forget()
    np.testing.assert_array_equal(load_model(path).predict_proba(X), model.predict_proba(X))


def test_a_model_is_saved_with_the_formula_that_it_was_fitted_with(tmp_path):
    model = fitted()
    expected = model.predict_proba(X)
    add_cell("slow", OneWay)  # as a notebook does
    path = model.save(tmp_path / "x.npz")
    forget()
    np.testing.assert_array_equal(load_model(path).predict_proba(X), expected)


def test_two_cells_in_one_network(tmp_path):
    add_cell("plain", cell("this test")(lambda x, h, *, W, U, b: tanh(W @ x + U @ h + b)))
    model = small_model(network=[Recurrent("slow", 3), Recurrent("plain", 2)]).fit(X, Y)
    path = model.save(tmp_path / "x.npz")
    forget()
    np.testing.assert_array_equal(load_model(path).predict_proba(X), model.predict_proba(X))
    add_cell("plain", OneWay)
    with pytest.warns(UserWarning, match="'plain' stands .* since no layer of the network has"):
        model.save(path)
    assert load_model(path).network_ == model.network_


class Hand(OneWay):
    """A cell that is more than its formula."""


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Hand, "it is written by hand, or has more to it than a formula"),
        (
            lambda n_inputs, n_hidden: Slow(n_inputs, n_hidden, 2, rate=1 / (1 + n_hidden)),
            "its settings depend on its sizes",
        ),
    ],
)
def test_what_is_no_formula_stands_by_its_name(tmp_path, make, reason):
    add_cell("slow", make)
    model = fitted()
    with pytest.warns(UserWarning, match=f"the cell 'slow' stands in the file by .*{reason}"):
        path = model.save(tmp_path / "x.npz")
    np.testing.assert_array_equal(load_model(path).predict_proba(X), model.predict_proba(X))
    forget()
    with pytest.raises(ValueError, match=r"x\.npz has the cell 'slow' by its name alone, which"):
        load_model(path)


def test_labels_are_no_names_of_cells(tmp_path):
    model = small_model().fit(X, np.array(["cell", "nowhere"], object)[Y])
    other = load_model(model.save(tmp_path / "x.npz"))
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


def changed(change):
    def write(header):
        change(header["cells"]["slow"])

    return write


BROKEN = {
    "no formula": changed(lambda x: x.pop("formula")),
    "no sizes": changed(lambda x: x.pop("sizes")),
    "a pickle": changed(lambda x: x.update(formula={"pickle": "x"})),
    "one more field": changed(lambda x: x["formula"].update(function="os.system")),
    "one less": changed(lambda x: x["formula"].pop("rows")),
    "an operation": changed(lambda x: x["formula"]["operations"][-1].__setitem__(0, "eval")),
    "no operations": changed(lambda x: x["formula"].update(operations=[])),
    "an empty one": changed(lambda x: x["formula"]["operations"].append([])),
    "type of a mean": changed(lambda x: x["formula"].update(means={"b_f": "1"})),
    "a weight more": changed(lambda x: x["formula"]["weights"].append("W_more")),
    "a matrix as vector": changed(
        lambda x: [o.__setitem__(0, "vector") for o in x["formula"]["operations"]]
    ),
    "rows": changed(lambda x: x["formula"].update(rows={})),
    "shown": changed(lambda x: x["formula"].update(n_shown=2)),
    "directions": changed(lambda x: x["formula"].update(n_directions=2)),
    "sizes of the file": changed(lambda x: [own.__setitem__(2, 5) for own in x["sizes"]]),
    "a huge size": changed(lambda x: [own.__setitem__(2, 10**12) for own in x["sizes"]]),
    "a negative size": changed(lambda x: [own.__setitem__(2, -5) for own in x["sizes"]]),
    "two sizes": changed(lambda x: x.update(sizes=[[2, 4]])),
    "size as text": changed(lambda x: x.update(sizes=["abc"])),
    "cells as a list": lambda h: h.update(cells=[1]),
    "a cell that is none": lambda h: h.update(cells={"slow": 3}),
    "a cell that no layer has": lambda h: h["cells"].update(more=h["cells"]["slow"]),
    "a cell of metarnn": lambda h: h["cells"].update(gru=h["cells"]["slow"]),
    "a name that is none": lambda h: (
        h["parameters"].update(cell="a b"),
        h["cells"].update({"a b": h["cells"]["slow"]}),
    ),
    "no weights": lambda h: h["fitted"].pop("weights_"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.filterwarnings("ignore:a cell 'slow' is defined here")
def test_a_damaged_cell_gets_one_sentence_and_leaves_nothing(tmp_path, name, known):
    path = fitted().save(tmp_path / "x.npz")
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays.pop("header").item())
    BROKEN[name](header)
    np.savez(path, header=np.array(json.dumps(header)), **arrays)
    if not known:
        forget()
    before = {**CELLS}
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"x\.npz (is|has)") as error:
            load_model(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    one_sentence(error)
    assert before == CELLS


def test_a_file_without_cells_is_read(tmp_path):
    path = fitted(cell="gru").save(tmp_path / "x.npz")
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays.pop("header").item())
    assert header.pop("cells") == {}
    np.savez(path, header=np.array(json.dumps(header)), **arrays)
    assert load_model(path).cell == "gru"


def test_a_broken_file_takes_no_cells_but_its_own_along(tmp_path):
    path = fitted().save(tmp_path / "x.npz")
    with np.load(path) as file:
        header = json.loads(str(file["header"]))
    forget()
    with contextlib.suppress(EOFError), known_cells(header):
        assert "slow" in CELLS
        add_cell("meanwhile", slow)  # as another thread may do
        raise EOFError
    assert {*CELLS} - BUILT_IN == {"meanwhile"}
