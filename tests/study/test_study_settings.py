"""What a study may be asked, and what is said about mistakes: one sentence, before any run."""

# A table of files and of what is said of them reads best with one on a line.
# ruff: noqa: E501

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.datasets import iris
from metarnn.optimizers import Adam, CuckooSearch, Islands, Memetic, Rprop
from metarnn.statistics import problems_needed
from metarnn.study import (
    Study,
    StudySettings,
    read_results,
    read_settings,
    write_settings,
    write_template,
)
from metarnn.study.problems import optimizers_of

GOOD = """
datasets = ["iris"]
optimizers = ["adam"]
"""

#: What a file says, and what has to be said of it.
BROKEN = {
    "datasets = [": "is not TOML",
    "datasets = ['iris']\ndatasets = ['wine']": "is not TOML",
    "": "datasets is missing",
    "datasets = ['iris']": "optimizers is missing",
    "datasets = ['irsi']\noptimizers = ['adam']": "datasets.irsi: unknown data set 'irsi' (did you mean 'iris'?)",
    "datasets = []\noptimizers = ['adam']": "datasets must name at least one",
    "datasets = [3]\noptimizers = ['adam']": "datasets must be a list of names",
    "datasets = 3\noptimizers = ['adam']": "datasets must be a list of names",
    "datasets = ['iris', 'iris']\noptimizers = ['adam']": "datasets has two entries called iris",
    "datasets = ['iris']\noptimizers = ['adm']": "optimizers.adm: unknown optimizer 'adm' (did you mean 'adam'?)",
    "datasets.iris = 3\noptimizers = ['adam']": "datasets.iris: expected a table",
    "datasets.x.name = 3\noptimizers = ['adam']": "datasets.x: expected the name of a data set",
    "datasets.iris.n = 3\noptimizers = ['adam']": "datasets.iris: unknown option of iris 'n'",
    "datasets.parity.n_bits = 99\noptimizers = ['adam']": "datasets.parity: data set 'parity': n_bits",
    "datasets.x.path = 'nowhere.csv'\noptimizers = ['adam']": "datasets.x: ",
    "datasets.x.path = 3\noptimizers = ['adam']": "datasets.x: path must be",
    "datasets.x.path = 'a.csv'\ndatasets.x.colour = 1\noptimizers = ['adam']": "unknown option of a file 'colour'",
    "datasets.iris.timesteps = 3\noptimizers = ['adam']": "timesteps must divide",
    "datasets.latch.timesteps = 3\noptimizers = ['adam']": "datasets.latch: timesteps is for rows",
    "datasets = ['number_words']\noptimizers = ['adam']": "networks.lstm: number_words has inputs that are tokens",
    GOOD + "bugdet = 5": "unknown setting of a study 'bugdet' (did you mean 'budget'?)",
    GOOD + "folder = '/'": "unknown setting of a study 'folder'",
    GOOD + "budget = 'much'": "budget must be a finite number of passes",
    GOOD + "budget = true": "budget must be",
    GOOD + "budget = 0.5": "budget must be a finite number of passes, at least 1",
    GOOD + "budget = nan": "budget must be",
    GOOD + "seconds = 0": "seconds must be a finite number, above 0",
    GOOD + "alpha = -1": "alpha must be",
    GOOD + "gradient_passes = 0": "gradient_passes must be",
    GOOD + "target_loss = inf": "target_loss must be",
    GOOD + "targets = [1, 1]": "targets must be a list of different",
    GOOD + "targets = ['x']": "targets must be a list of different",
    GOOD + "targets = 1": "targets must be a list of different",
    GOOD + "test_fraction = 1": "test_fraction must be a finite number, above 0 and below 1",
    GOOD + "test_fraction = 0.99": "iris cannot be split",
    GOOD + "folds = 1": "folds must be an integer, at least 2",
    GOOD + "folds = 2.5": "folds must be an integer",
    GOOD + "folds = 51": "the rarest class has 50 sequences for 51 folds",
    GOOD + "repeats = 3": "repeats goes with folds",
    GOOD + "repeats = 3\nfolds = 3\nseeds = 3": "repeats and seeds both set the number",
    GOOD + "seeds = 0": "seeds must be a number",
    GOOD + "seeds = [1, 1]": "seeds must be a number",
    GOOD + "seeds = 'all'": "seeds must be a number",
    GOOD + "timesteps = 0": "timesteps must be at least 1, got 0",
    GOOD + "n_threads = 0": "n_threads must be an integer, at least 1",
    GOOD + "loss = 'hinge'": "unknown loss 'hinge'",
    GOOD + "loss = 3": "loss must be a name",
    GOOD + "solve = 'nearest'": "unknown solve 'nearest'",
    GOOD + "solve = 'ridge'\nloss = 'mse'": "loss must be 'cross_entropy'",
    GOOD + "solve = 'ridge'\nnetworks.jordan = {}": "a last layer that scores by itself",
    "datasets = ['iris']\noptimizers = ['evolino']": "optimizers.evolino: Evolino solves the readout",
    "datasets = ['iris']\noptimizers.restarts.optimizer = 'evolino'": "optimizers.restarts: Restarts solves the readout",
    GOOD + "loss = 'accuracy'": "optimizers.adam: Adam needs a gradient",
    GOOD + "question = 3": "question must be a text",
    GOOD + "networks = ['elman']": "networks must be a table",
    GOOD + "[networks]": "networks must name at least one",
    GOOD
    + "[networks.x]\nhiden = 3": "networks.x: unknown setting of a network 'hiden' (did you mean 'hidden'?)",
    GOOD + "[networks.x]\nhidden = 0": "networks.x: hidden must be at least 1",
    GOOD + "[networks.x]\ncell = 'lstn'": "networks.x: unknown cell 'lstn' (did you mean 'lstm'?)",
    GOOD + "[networks.x]\nn_inputs = 3": "networks.x: unknown setting of a network 'n_inputs'",
    GOOD + "[networks.x]\ndatasets = ['wine']": "networks.x: unknown data set of the study 'wine'",
    GOOD + "[networks.x]\ndatasets = []": "datasets.iris: no network is meant for it",
    GOOD + "networks.x = 3": "networks.x: expected a table",
    "datasets = ['iris']\n[optimizers.memetic]\nevery = 5": "optimizers.memetic: Memetic: the setting 'every' is now called 'refine_every'.",
    "datasets = ['iris']\n[optimizers.adam]\nrate = 1": "optimizers.adam: unknown setting of Adam 'rate'",
    "datasets = ['iris']\n[optimizers.adam]\nlearning_rate = 'fast'": "optimizers.adam: Adam: learning_rate must be",
    "datasets = ['iris']\n[optimizers.memetic.local_search]\nname = 'cuckoo'": "optimizers.memetic: Memetic: local_search must be",
    "datasets = ['iris']\n[optimizers.memetic.local_search]\nname = 'rpop'": "optimizers.memetic: unknown local_search 'rpop' (did you mean 'rprop'?)",
    "datasets = ['iris']\n[optimizers.memetic.local_search]\nstep = 1": "optimizers.memetic: unknown setting of Rprop 'step'",
    "datasets = ['iris']\n[optimizers]": "optimizers must name at least one",
}


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text.replace("\n", "|")[-60:])
def test_mistakes_get_one_sentence(tmp_path, monkeypatch, capsys, text):
    from metarnn.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(text)
    assert main(["study", "run"]) == 2
    out, err = capsys.readouterr()
    assert err.startswith("metarnn: study.toml")
    assert BROKEN[text] in err
    assert err.count("\n") == 1
    assert out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="metarnn study init"):
        read_settings(tmp_path / "nowhere.toml")
    with pytest.raises(ValueError, match="is a folder"):
        read_settings(tmp_path)
    (tmp_path / "binary.toml").write_bytes(bytes(range(255, 0, -1)))
    with pytest.raises(ValueError, match="is not text in"):
        read_settings(tmp_path / "binary.toml")


def test_keywords_are_checked():
    with pytest.raises(ValueError, match="did you mean 'budget'"):
        Study(datasets=["iris"], optimizers=["adam"], bugdet=3)
    with pytest.raises(ValueError, match="optimizers is missing"):
        Study(datasets=["iris"])
    with pytest.raises(TypeError, match="read_settings"):
        Study("study.toml")
    with pytest.raises(TypeError, match=r"write Adam\(\)"):
        StudySettings(datasets=["iris"], optimizers={"adam": Adam})
    with pytest.raises(ValueError, match="n_jobs must be"):
        Study(datasets=["iris"], optimizers=["adam"]).run(n_jobs=0)


def test_the_template_is_a_study(tmp_path):
    path = write_template(tmp_path)
    settings = read_settings(path)
    n_optimizers = len(settings.optimizers)
    needed = f"on {problems_needed(n_optimizers)} problems or more"
    assert f"That one of the {n_optimizers} optimizers" in path.read_text()
    assert needed in path.read_text()
    assert settings.seeds == (0, 1, 2, 3, 4)
    study = Study(settings)
    study.check()
    assert len(study.plan) == 3 * 6 * 5
    assert study.optimizers["small_cuckoo"] == CuckooSearch(n_nests=8)
    assert study.problems[1].protocol.network.n_inputs == 1
    with pytest.raises(FileExistsError, match="exists already"):
        write_template(tmp_path)


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ('missing = "interpolate"\ntimesteps = "features"', (6, 4, 1)),
        ('missing = "mask"\ntimesteps = 2', (6, 2, 4)),
        ('missing = "drop"\ntimesteps = 2', (4, 2, 2)),
    ],
)
def test_gaps_are_filled_along_the_steps(tmp_path, settings, shape):
    (tmp_path / "gaps.csv").write_text(
        "a,b,c,d,kind\n1,2,?,4,x\n3,1,2,?,y\n" + "1,2,3,4,x\n3,1,2,5,y\n" * 2
    )
    file = tmp_path / "study.toml"
    file.write_text(
        f'optimizers = ["adam"]\n[datasets.own]\npath = "gaps.csv"\ntarget = "kind"\n{settings}'
    )
    study = Study(read_settings(file))
    study.check()
    assert study.problems[0].protocol.dataset.X.shape == shape


def test_a_file_says_what_python_says(tmp_path):
    (tmp_path / "mine.csv").write_text("a,b,kind\n" + "1,2,x\n3,1,y\n" * 9)
    (tmp_path / "study.toml").write_text("""
        seeds = [3, 4]
        budget = 100
        target_loss = 0.5
        targets = [0.1, 0.6, 0.2]
        [datasets.iris]
        timesteps = 2
        [datasets.five]
        name = "parity"
        n_bits = 5
        [datasets.own]
        path = "mine.csv"
        target = "kind"
        timesteps = "features"
        [networks.deep]
        hidden = [4, 3]
        bidirectional = true
        [optimizers.mine]
        name = "memetic"
        refine_every = 2
        [optimizers.mine.population]
        name = "cuckoo"
        n_nests = 7
        [optimizers.mine.local_search]
        n_starts = 2
        [optimizers.isles]
        name = "islands"
        [[optimizers.isles.members]]
        name = "cuckoo"
        [[optimizers.isles.members]]
        name = "ga"
        population_size = 12
    """)
    settings = read_settings(tmp_path / "study.toml")
    study = Study(settings)
    assert [problem.dataset for problem in study.problems] == ["iris", "five", "own"]
    iris_problem, five, own = study.problems
    assert iris_problem.protocol.network.n_inputs == 2
    assert five.protocol.dataset.shape == (32, 5, 1)
    assert own.protocol.dataset.classes == ("x", "y")
    assert own.protocol.network == five.protocol.network
    assert own.targets == (0.6, 0.2, 0.1)
    assert own.protocol.target == 0.5
    assert own.protocol.n_folds == 1
    mine, isles = study.optimizers.values()
    assert mine == Memetic(CuckooSearch(n_nests=7), Rprop(n_starts=2), refine_every=2)
    assert isinstance(isles, Islands)
    assert [type(member).__name__ for member in isles.members] == ["CuckooSearch", "GA"]
    assert isles.members[1].population_size == 12
    same = StudySettings(
        datasets={"iris": iris()},
        optimizers={"mine": Memetic(CuckooSearch(n_nests=7), Rprop(n_starts=2), refine_every=2)},
    )
    assert optimizers_of(same)["mine"] == mine
    assert same.plain()["optimizers"]["mine"]["population"]["n_nests"] == 7
    assert np.isfinite(same.budget)


FORMER = """
optimizers = ["adam"]
target = 0.5
[datasets.iris]
target = 0.4
[datasets.own]
path = "mine.csv"
label = "kind"
"""


def test_former_names_go_on_working(tmp_path):
    (tmp_path / "mine.csv").write_text("a,b,kind\n" + "1,2,x\n3,1,y\n" * 9)
    (tmp_path / "study.toml").write_text(FORMER)
    with pytest.warns(DeprecationWarning, match="is now") as warned:
        settings = read_settings(tmp_path / "study.toml")
    said = {str(one.message) for one in warned}
    assert said == {"target is now target_loss.", "label is now target."}
    now = FORMER.replace("target = ", "target_loss = ").replace("label = ", "target = ")
    (tmp_path / "study.toml").write_text(now)
    assert read_settings(tmp_path / "study.toml") == settings
    iris, own = Study(settings).problems
    assert (iris.protocol.target, own.protocol.target) == (0.4, 0.5)
    assert settings.plain()["target"] == 0.5  # as in stores


@pytest.mark.parametrize("word", ["-1", "2", '"kind"', '"-1"'])
def test_the_column_to_predict_is_named(tmp_path, word):
    (tmp_path / "mine.csv").write_text("a,b,kind\n" + "1,2,x\n3,1,y\n" * 9)
    file = tmp_path / "study.toml"
    file.write_text('optimizers = ["adam"]\n[datasets.own]\npath = "mine.csv"\n')
    with pytest.raises(ValueError, match=r"datasets\.own: target must name the column of"):
        Study(read_settings(file)).check()
    file.write_text(file.read_text() + f"target = {word}")
    (own,) = Study(read_settings(file)).problems
    assert own.protocol.dataset.classes == ("x", "y")


def test_a_former_label_says_that_a_whole_number_is_a_loss(tmp_path):
    (tmp_path / "mine.csv").write_text("a,b,kind\n" + "1,2,x\n3,1,y\n" * 9)
    file = tmp_path / "study.toml"
    own = '[datasets.own]\npath = "mine.csv"\nlabel = "kind"\ntarget = 1\n'
    file.write_text('optimizers = ["adam"]\n' + own)
    with pytest.warns(DeprecationWarning, match="is now"):
        settings = read_settings(file)
    assert settings.datasets["own"]["target"] == "kind"
    assert settings.datasets["own"]["target_loss"] == 1


SMALL = {"datasets": ["xor"], "optimizers": ["random_search"], "seeds": 1, "budget": 10}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda _: Study(**SMALL | {"optimizers": [Adam]}), "has the class Adam: write Adam()"),
        (lambda _: Study(**SMALL | {"networks": ["elman"]}), "such as {'elman': {'hidden': 8}}"),
        (lambda _: Study(**SMALL, folder=3), "folder must be a path, got 3"),
        (lambda study: study.export_runs(3), "path must be a path, got 3"),
        (lambda study: study.export_runs("x", results=3), "results must be those of"),
        (lambda study: study.import_runs(3), "path must be a path, got 3"),
        (lambda study: read_results("x", "study.toml"), "settings must be those of the study"),
        (lambda study: study.repeat(None, "random_search", 0), "the name of a data set of"),
        (lambda _: read_settings(3), "path must be a path, got 3"),
        (lambda study: write_settings(3, study.settings), "path must be a path, got 3"),
        (lambda _: write_template(3), "path must be a path, got 3"),
    ],
)
def test_slips_in_python_are_sentences(call, words):
    with pytest.raises(TypeError) as error:
        call(Study(**SMALL))
    one_sentence(error, words)


def test_some_of_the_settings_make_the_same_runs():
    networks = {
        "everywhere": {"hidden": 2},
        "flowers": {"hidden": 3, "datasets": ["iris", "wine"]},
        "trap": {"hidden": 1, "datasets": ["xor"]},
        "wide": {"hidden": 4, "datasets": ["wine"]},
    }
    labels = {"datasets": ["iris", "wine", "xor"], "optimizers": ["adam", "cuckoo", "ga"]}
    whole = Study(**labels, networks=networks, budget=50, seeds=2)
    for datasets in (["xor"], ["iris", "xor"], ["wine", "iris"], ["iris", "wine", "xor"]):
        some = Study(whole.settings.only(datasets, ["ga", "adam"]))
        wanted = {
            key for key in whole.plan if key.dataset in datasets and key.optimizer in ("adam", "ga")
        }
        assert set(some.plan) == wanted
    with pytest.raises(KeyError, match="none"):
        whole.settings.only(["none"], ["adam"])
