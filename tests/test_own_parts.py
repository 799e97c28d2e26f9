"""Parts of a program's own: in the pickles that name them, in workers, and at the command line."""

import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from helpers.command_line import run
from helpers.error_checks import one_sentence

from metarnn import Network, RNNClassifier, own_parts
from metarnn.cells import CELLS, add_cell, cell
from metarnn.cells.expressions import tanh
from metarnn.criteria import CRITERIA, ConfusionScore
from metarnn.layers import Recurrent
from metarnn.optimizers import OPTIMIZERS, Adam, Ask, Optimizer
from metarnn.own_parts import import_parts
from metarnn.study import Study, StudySettings, read_settings, write_settings

#: A file with one part of each kind.
PARTS = """
from dataclasses import dataclass
from metarnn.cells import add_cell, cell
from metarnn.cells.expressions import tanh
from metarnn.criteria import CRITERIA, ConfusionScore
from metarnn.datasets import DATASETS, load
from metarnn.optimizers import OPTIMIZERS, Ask, Optimizer, setting

@cell("this test")
def Plain(x, h, *, W, U, b):
    return tanh(W @ x + U @ h + b)

@dataclass
class Walk(Optimizer):
    n: int = setting(5, low=1)
    def search(self, space, rng):
        while True:
            yield Ask(space.sample(self.n, rng))

add_cell("plain", Plain)
OPTIMIZERS["walk"] = Walk
CRITERIA["wrong"] = ConfusionScore(lambda counts: counts.correct.mean(axis=1), "a score")
DATASETS["flowers"] = lambda: load("iris")
"""

#: A program whose parts are its own, as those of a notebook are.
PROGRAM = (
    PARTS
    + """
if __name__ == "__main__":
    from sklearn.model_selection import cross_val_score
    from metarnn import RNNClassifier, compare
    iris = load("iris")
    for own in {"cell": "plain"}, {"optimizer": "walk:n=3"}, {"loss": "wrong", "optimizer": "ga"}:
        model = RNNClassifier(hidden=2, budget=30, n_threads=1, random_state=0, **own)
        one, two = (cross_val_score(model, iris.X, iris.y, cv=2, n_jobs=n, error_score="raise")
                    for n in (1, 2))
        assert (one == two).all(), own
    how = dict(hidden=2, cell="plain", loss="wrong", seeds=2, budget=30)
    one, two = (compare("iris", ["walk", "ga"], n_jobs=n, **how).to_frame() for n in (1, 2))
    assert (one.train_loss == two.train_loss).all()
    print("the same")
"""
)


@cell("this test")
def Plain(x, h, *, W, U, b):  # noqa: N802
    """Return what an Elman cell does."""
    return tanh(W @ x + U @ h + b)


@dataclass
class Walk(Optimizer):
    """Draw points."""

    def search(self, space, rng):
        while True:
            yield Ask(space.sample(5, rng))


@pytest.fixture
def added():
    """Add a part of each kind, and take it out of its table afterwards."""
    add_cell("plain", Plain)
    OPTIMIZERS["walk"] = Walk
    CRITERIA["wrong"] = ConfusionScore(lambda counts: counts.correct.mean(axis=1), "a score")
    yield forget
    forget()


def forget():
    for table, name in ((CELLS, "plain"), (OPTIMIZERS, "walk"), (CRITERIA, "wrong")):
        table.pop(name, None)


#: What is pickled, and the parts that it names.
NAMING = {
    "a cell": (lambda: RNNClassifier(cell="plain"), [(CELLS, "plain")]),
    "a layer": (lambda: RNNClassifier(network=[Recurrent("plain")]), [(CELLS, "plain")]),
    "a table": (
        lambda: RNNClassifier(network={"layers": [{"kind": "Recurrent", "cell": "plain"}]}),
        [(CELLS, "plain")],
    ),
    "words": (
        lambda: RNNClassifier(optimizer="restarts:optimizer=walk", loss="wrong"),
        [(OPTIMIZERS, "walk"), (CRITERIA, "wrong")],
    ),
    "a network": (lambda: Network.build(2, 2, cell="plain", hidden=3), [(CELLS, "plain")]),
    "nothing": (RNNClassifier, []),
    "an instance": (lambda: RNNClassifier(optimizer=Adam()), []),
}


@pytest.mark.parametrize("what", NAMING)
def test_a_pickle_takes_along_the_parts_that_it_names_and_no_others(what, added):
    make, named = NAMING[what]
    data = pickle.dumps(make())
    added()  # as in another process
    pickle.loads(data)
    found = [(t, n) for t in (CELLS, OPTIMIZERS, CRITERIA) for n in ("plain", "walk", "wrong")]
    assert [pair for pair in found if pair[1] in pair[0]] == named


def test_what_a_program_added_itself_stays_where_an_older_pickle_is_read(added):
    data = pickle.dumps(Network.build(2, 2, cell="plain", hidden=3))
    add_cell("plain", newer := cell("this test")(lambda x, h, *, W, U: tanh(W @ x + U @ h)))
    pickle.loads(data)
    assert type(CELLS["plain"](1, 1, "", 1)) is newer


def test_in_a_worker_the_part_that_arrives_counts(added, monkeypatch):
    data = pickle.dumps(Network.build(2, 2, cell="plain", hidden=3))
    add_cell("plain", cell("this test")(lambda x, h, *, W, U: tanh(W @ x + U @ h)))
    monkeypatch.setattr(own_parts, "is_worker", lambda: True)
    pickle.loads(data)
    made = CELLS["plain"]
    assert type(made(1, 1, "", 1)) is Plain
    pickle.loads(data)
    assert CELLS["plain"] is made  # which was compiled


@pytest.mark.slow
def test_workers_know_the_parts_of_a_program(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.endswith("the same\n"), done.stderr


@pytest.mark.slow
def test_a_study_imports_what_its_file_names(tmp_path):
    (tmp_path / "parts_of_a_study.py").write_text(PARTS)
    (tmp_path / "study.toml").write_text(
        'imports = ["parts_of_a_study.py"]\ndatasets = ["flowers"]\noptimizers = ["walk", "ga"]\n'
        'loss = "wrong"\nseeds = 2\nbudget = 30\n[networks.plain]\nhidden = 2\n'
    )
    for arguments in (["run", "--jobs", "2", "--quiet"], ["status"], ["report"]):
        command = [sys.executable, "-m", "metarnn", "study", *arguments, tmp_path / "study.toml"]
        done = subprocess.run(map(str, command), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def elsewhere(tmp_path, monkeypatch, added):
    """Go to a folder with files of parts, in a process that forgets afterwards what it imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "my_parts.py").write_text(PARTS.replace('"flowers"', '"of_my_parts"'))
    (tmp_path / "raising_parts.py").write_text("1 / 0")
    (tmp_path / "needing_parts.py").write_text("import nowhere_at_all")
    (tmp_path / "numpy.py").write_text("")
    before = {*sys.modules}
    yield
    from metarnn.datasets import DATASETS

    DATASETS.pop("of_my_parts", None)
    OPTIMIZERS.pop("lost", None)
    for name in {*sys.modules} - before:
        if name.endswith("_parts"):
            del sys.modules[name]


@pytest.mark.parametrize("word", ["my_parts.py", "my_parts"])
def test_a_command_imports_parts_first(word, elsewhere, capsys):
    forget()
    assert run(capsys, "list", "walk", "--import", word)[1].endswith("n=5\n")
    arguments = "--cell plain --optimizer walk:n=3 --budget 30 --hidden 2 --output model.npz"
    assert run(capsys, "fit", "of_my_parts", "--import", word, *arguments.split())[0] == 0
    assert run(capsys, "predict", "model.npz", "of_my_parts", "--import", word)[0] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    {
        ("nowhere.py",): "--import: there is no file nowhere.py.",
        ("nowhere",): "--import: Python finds no module 'nowhere' in ",
        ("raising_parts.py",): "--import: raising_parts.py raises ZeroDivisionError: division by",
        ("needing_parts",): "--import: needing_parts raises ModuleNotFoundError: No module named",
        ("numpy.py",): f"--import: another module is called numpy, {np.__file__}: give numpy",
        "parts.py": "--import must be a list of modules or files ['parts.py'], got 'parts.py'.",
        (3,): "--import must be a list of modules or files ['parts.py'], got (3,).",
        3: "--import must be a list of modules or files ['parts.py'], got 3.",
    }.items(),
    ids=str,
)
def test_a_module_that_cannot_be_imported_is_named(words, sentence, elsewhere):
    with pytest.raises((ImportError, TypeError)) as error:
        import_parts(words, "--import")
    assert str(error.value).startswith(sentence)


#: An optimizer that ends in a KeyError, in line 8.
LOST = """\
from dataclasses import dataclass
from metarnn.optimizers import OPTIMIZERS, Ask, Population

@dataclass
class Lost(Population):
    def evolve(self, space, rng, between):
        yield Ask(space.initial(3, rng))
        {}["where"]

OPTIMIZERS["lost"] = Lost
"""


@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_an_error_in_a_part_is_told_with_its_line(jobs, elsewhere, capsys):
    Path("numpy.py").unlink()  # which workers would import
    Path("lost_parts.py").write_text(LOST)
    words = f"xor --cell elman --hidden 2 --budget 30 --seeds 2 --quiet --jobs {jobs}"
    parts = ["--import", "lost_parts.py", "--optimizers", "lost"]
    status, _, err = run(capsys, "compare", *words.split(), *parts)
    assert (status, err) == (2, "metarnn: lost_parts.py, line 8: KeyError: 'where'\n")


def test_a_study_of_runs_that_fail_says_how_to_make_them_again(elsewhere, capsys):
    Path("lost_parts.py").write_text(LOST)
    Path("study.toml").write_text(
        'imports = ["lost_parts.py"]\ndatasets = ["xor"]\noptimizers = ["lost"]\n'
        "seeds = 1\nbudget = 30\n[networks.elman]\nhidden = 2\n"
    )
    status, out, _ = run(capsys, "study", "run", "--quiet")
    assert status == 0
    assert "1 of 1 runs failed, the first by KeyError: 'where'\n" in out
    assert "'metarnn study run study.toml --retry-failed' makes those that failed again" in out


def test_a_study_says_which_import_fails(tmp_path):
    with pytest.raises(ImportError, match=r"^imports: there is no file .*nowhere.py"):
        Study(datasets=["iris"], optimizers=["adam"], imports=["nowhere.py"], folder=tmp_path)


def test_pickles_of_what_has_no_own_parts_are_as_they_were(added):
    state = RNNClassifier(cell="gru").__getstate__()
    assert own_parts.KEY not in state
    assert np.isin(own_parts.KEY, [*RNNClassifier(cell="plain").__getstate__()])


@pytest.mark.parametrize("word", ["changing_parts.py", "changing_parts"])
def test_a_study_does_not_go_on_with_parts_that_have_changed(word, tmp_path):
    file = tmp_path / "changing_parts.py"
    file.write_text("FACTOR = 1\n")
    settings = {"datasets": ["xor"], "optimizers": ["random_search"], "budget": 10, "seeds": 1}
    settings |= {"networks": {"elman": {"hidden": 2}}, "imports": [word], "folder": tmp_path}
    Study(**settings, store=tmp_path / "study.sqlite").run()
    assert len(Study(**settings, store=tmp_path / "study.sqlite").run().runs) == 1
    file.write_text("FACTOR = 2\n")
    again = Study(**settings, store=tmp_path / "study.sqlite")
    with pytest.raises(ValueError, match="with parts of another changing_parts: its file has"):
        again.run()
    sys.modules.pop("changing_parts")


def test_two_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "twin_parts.py").write_text(f"HOME = {folder!r}\n")
    settings = {"datasets": ["xor"], "optimizers": ["random_search"], "budget": 10, "seeds": 1}
    settings |= {"networks": {"elman": {"hidden": 2}}, "store": tmp_path / "study.sqlite"}
    a, b = tmp_path / "a", tmp_path / "b"
    with pytest.raises(ImportError, match=r"give .*twin_parts.py another name") as error:
        Study(**settings, imports=[str(a / "twin_parts.py"), str(b / "twin_parts.py")])
    one_sentence(error, f"another module is called twin_parts, {a / 'twin_parts.py'}")
    Study(**settings, imports=["twin_parts.py"], folder=a).run()
    sys.modules.pop("twin_parts")
    with pytest.raises(ValueError, match="or is another one of this name") as error:
        Study(**settings, imports=["twin_parts.py"], folder=b).run()
    one_sentence(error, "study.sqlite", "parts of another twin_parts")
    sys.modules.pop("twin_parts")
    Study(**settings, imports=["twin_parts.py"], folder=a.rename(tmp_path / "c")).run()
    sys.modules.pop("twin_parts")


def test_a_file_that_exits_is_an_import_that_fails(tmp_path):
    (tmp_path / "exiting_parts.py").write_text("import sys\nsys.exit(3)\n")
    with pytest.raises(ImportError, match=r"exiting_parts.py raises SystemExit: 3"):
        import_parts(["exiting_parts.py"], "imports", tmp_path)


def test_settings_written_elsewhere_find_modules_by_name(tmp_path):
    (tmp_path / "beside_parts.py").write_text("")
    words = {"datasets": ["xor"], "optimizers": ["adam"], "folder": tmp_path}
    settings = StudySettings(**words, imports=["beside_parts", "math"])
    (tmp_path / "other").mkdir()
    again = read_settings(write_settings(tmp_path / "other" / "study.toml", settings))
    assert again.imports == (str(tmp_path / "beside_parts.py"), "math")
