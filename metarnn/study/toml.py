"""``study.toml``: the settings of a study as a file."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from .checks import at, known
from .settings import REQUIRED, StudySettings

#: What the file may say; where it lies is known.
KEYS = [field.name for field in fields(StudySettings) if field.name != "folder"]


def read_settings(path: str | Path) -> StudySettings:
    """Read the settings of a study from a TOML file.

    Parameters
    ----------
    path : str or path
        Keys as the parameters of :class:`StudySettings`; paths of CSV files begin at its
        folder.

    Raises
    ------
    FileNotFoundError
        No such file.
    TypeError, ValueError
        One sentence that names the file and the key.
    """
    path = Path(path)
    values = _parsed(path)
    with at(str(path)):
        for key in values:
            known(key, KEYS, "key")
        for key in REQUIRED:
            if key not in values:
                raise ValueError(f"{key} is missing, a list of names or a table [{key}.LABEL].")
        return StudySettings(**values, folder=path.parent)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} does not exist; 'metarnn study init {path}' writes one to begin with."
        ) from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder, expected the study.toml of a study.") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is no TOML: {error}.") from None


def write_template(path: str | Path) -> Path:
    """Write a commented study.toml, of about one minute on two cores.

    Raises
    ------
    FileExistsError
        There is one, or another file of this name.
    """
    path = Path(path)
    if path.is_dir():
        path /= "study.toml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        raise FileExistsError(f"{path} exists already; name another file.") from None
    return path


TEMPLATE = """\
# A study: every optimizer trains every network on every data set, with the same seeds.
#
#     metarnn study run       trains what is not stored yet; Ctrl-C loses nothing that is
#     metarnn study status    says how far it is, while it runs as well
#     metarnn study report    writes one page with tables, plots and tests
#
# 'metarnn list' names data sets, networks' parts, losses and optimizers.

# What the study is to answer; the report begins with it.
question = "Which way of training reaches a low loss in the fewest passes?"

# How many seeds, or which: [3, 4, 5]. Each is a split and first weights of its own, the same
# for every optimizer.
seeds = 5

# Passes of a run: one evaluation of one candidate on all the training data is one, a gradient
# counts as gradient_passes. A cap in seconds may stand beside it.
budget = 5000
gradient_passes = 3
# seconds = 10

loss = "cross_entropy"
# alpha = 0.001               # L2 penalty
# target = 0.1                # training loss to which passes are counted; by default a tenth
                              # of the loss of answering with the class frequencies

# Held out: a share, drawn for each seed; or each of so many parts once (seeds x folds runs).
test_fraction = 0.3
# folds = 5

[datasets.iris]

[datasets.wine]
timesteps = 13                # a row of 13 features becomes 13 steps of one input

[datasets.parity]             # options of a generated data set
n_bits = 4

# [datasets.mine]             # a file of yours: numbers and a class on each line
# path = "mine.csv"
# label = "kind"

[networks.elman]              # what Network.build takes
hidden = 8

# [networks.lstm]
# cell = "lstm"
# hidden = [8, 8]
# datasets = ["iris"]         # on these data sets only

[optimizers.adam]
learning_rate = 0.01

[optimizers.rprop]

[optimizers.cuckoo]

[optimizers.small_cuckoo]     # a label of your own for one of the table
name = "cuckoo"
n_nests = 15

[optimizers.memetic]          # a hybrid; its parts are tables again
refine_every = 5

[optimizers.memetic.population]
name = "ga"

[optimizers.memetic.local_search]
name = "rprop"

[optimizers.random_search]
"""
