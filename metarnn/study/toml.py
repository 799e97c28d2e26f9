"""``study.toml``: the settings of a study as a file."""

import dataclasses
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metarnn.datasets.readers.opening import check_decoded, read_text
from metarnn.validation import check_path
from metarnn.writing import write_whole

from .checks import at
from .settings import StudySettings
from .suite import read_suite


def read_settings(path: str | Path) -> StudySettings:
    """Read the settings of a study from a TOML file.

    Parameters
    ----------
    path : str or path
        Its keys are the parameters of :class:`StudySettings`; paths of files are relative
        to its folder.

    Returns
    -------
    StudySettings
        Checked.

    Raises
    ------
    FileNotFoundError
        No such file.
    TypeError, ValueError
        One sentence that names the file and the key.
    """
    path = check_path("path", path)
    values = read_toml(path, f"'metarnn study init {path}' writes a first one")
    with at(str(path)):
        return StudySettings.of(values, folder=path.parent)


def read_toml(path: Path, hint: str) -> dict[str, Any]:
    """Read a TOML file; the error about one that is not there ends with a hint."""
    try:
        text = read_text(path, "TOML", strict=False)
        values = tomllib.loads(text)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist; {hint}.") from None
    except tomllib.TOMLDecodeError as error:
        check_decoded(text, str(path), "TOML")
        raise ValueError(f"{path} is not TOML: {error}.") from None
    # A comment in another encoding hurts nobody.
    check_decoded(json.dumps(values, default=str, ensure_ascii=False), str(path), "TOML")
    return values


def write_settings(path: str | Path, settings: StudySettings, *, replace: bool = False) -> Path:
    """Write the settings of a study as a TOML file, without those that have their defaults.

    Parameters
    ----------
    path : str or path
        The file. In another folder than that of the settings, paths of data and of files to import
        are written in full.
    settings : StudySettings
        Of names and tables, as files have them.
    replace : bool
        Whether to write over a file that is there.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    FileExistsError
        There is such a file, and `replace` is not set.
    TypeError
        An object among the settings, which has no name.
    """
    path = check_path("path", path)
    settings = _moved(settings, path)
    of_suite = ("datasets", "networks") if settings.suite is not None else ()
    simple, tables = [], []
    for one in dataclasses.fields(settings):
        value = getattr(settings, one.name)
        if one.name in (*of_suite, "folder") or value is None or value == one.default:
            continue
        if not isinstance(value, Mapping):
            simple.append(f"{one.name} = {toml_value(value)}")
            continue
        for label, entry in value.items():
            if not isinstance(entry, Mapping):
                raise TypeError(
                    f"a file of settings has names and tables, got {entry!r}: write its name."
                )
            tables.append(f"\n[{one.name}.{toml_key(label)}]")
            tables += [f"{toml_key(k)} = {toml_value(v)}" for k, v in entry.items()]
    return write_whole(path, "\n".join([*simple, *tables, ""]), replace=replace)


def _moved(settings: StudySettings, path: Path) -> StudySettings:
    """Return settings whose files are found from the folder of a file, too."""
    folder = Path(settings.folder).resolve()
    if folder == path.parent.resolve():
        return settings
    datasets = {
        label: {**entry, "path": str(folder / entry["path"])}
        if isinstance(entry, Mapping) and "path" in entry
        else entry
        for label, entry in settings.datasets.items()  # type: ignore[union-attr]
    }
    files = [_file_of(word, folder) for word in settings.imports]
    return dataclasses.replace(settings, datasets=datasets, imports=files)


def _file_of(word: str, folder: Path) -> str:
    """Return the path of a file to import; a module that is installed keeps its name."""
    if word.endswith(".py"):
        return str(folder / word)
    beside = folder / f"{word}.py"
    return str(beside) if beside.is_file() else word


def toml_value(value: Any) -> str:
    """Return a value as TOML has it, on one line."""
    if isinstance(value, Mapping):
        pairs = (f"{toml_key(k)} = {toml_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str | bool | int | float | Path):
        return json.dumps(value if not isinstance(value, Path) else str(value), ensure_ascii=False)
    raise TypeError(f"a file of settings has words and numbers, got {value!r}: write its name.")


def toml_key(name: str) -> str:
    """Return a key as TOML has it, in quotes where it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def write_template(path: str | Path, *, suite: str | None = None, replace: bool = False) -> Path:
    """Write a commented study.toml, which takes about one minute on two cores.

    Parameters
    ----------
    path : str or path
        The file.
    suite : str, optional
        "suite-1": the file then takes its problems, and all optimizers that are worth comparing on
        them; hours on two cores.
    replace : bool
        Whether to write over a file that is there.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    FileExistsError
        There is such a file, and `replace` is not set.
    ValueError
        No such suite.
    """
    path = check_path("path", path)
    if path.is_dir():
        path /= "study.toml"
    text = TEMPLATE if suite is None else SUITE_TEMPLATE.format(**read_suite(suite)._asdict())
    return write_whole(path, text, replace=replace)


TEMPLATE = """\
# A study: every optimizer trains every network on every data set, with the same seeds.
#
#     metarnn study run       makes the runs that are not stored yet; Ctrl-C keeps those that are
#     metarnn study status    shows the progress, also while the study runs
#     metarnn study report    writes one page with tables, plots and tests
#
# 'metarnn list' lists data sets, parts of networks, losses and optimizers.

# The question of the study, with which the report begins.
question = "Which way of training reaches a low loss in the fewest passes?"

# How many seeds, or which: [3, 4, 5]. Each has its own split and first weights, the same for
# every optimizer.
seeds = 5

# Passes of a run: the loss of one candidate on all the training data is one pass, a gradient
# counts as gradient_passes. A limit in seconds is optional.
budget = 3000
gradient_passes = 3
# seconds = 10

loss = "cross_entropy"
# alpha = 0.001               # L2 penalty
# solve = "leave_one_out"     # solve the readout of each candidate: also "held_out", "ridge"
# target_loss = 0.1           # training loss of the passes to the target; by default 0.1 times
                              # the loss of predicting the class frequencies

# Held out: a fraction, drawn for each seed; or a cross-validation (seeds x folds runs).
test_fraction = 0.3
# folds = 5

# imports = ["parts.py"]      # cells, optimizers, losses or data sets of your own

# Three problems show how a study works. That one of the 6 optimizers below is better than another
# beyond chance can only be seen on 10 problems or more, however many seeds there are.

[datasets.iris]

[datasets.wine]
timesteps = "features"        # each of the 13 features of a row becomes a step of one input;
                              # by default a row is one step

[datasets.parity]             # options of a generated data set
n_bits = 4

# [datasets.mine]             # a file of your own: numbers and a class on each line
# path = "mine.csv"
# target = "kind"

[networks.elman]              # a label that names a cell stands for it
hidden = 8                    # what Network.build takes; the rest has the usual defaults

# [networks.lstm]
# cell = "lstm"
# hidden = [8, 8]
# datasets = ["iris"]         # for these data sets only

# [networks.mine]             # or its layers, those of metarnn.layers, with their settings
# readout = "mean"
# [[networks.mine.layers]]
# kind = "Recurrent"
# cell = "gru"
# hidden = 16
# [[networks.mine.layers]]
# kind = "Attention"

[optimizers.adam]

[optimizers.rprop]

[optimizers.cuckoo]

[optimizers.small_cuckoo]     # a label of your own for an optimizer of the table
name = "cuckoo"
n_nests = 8

[optimizers.memetic]          # a hybrid; its parts are tables
refine_every = 5

[optimizers.memetic.population]
name = "ga"

[optimizers.memetic.local_search]
name = "rprop"

[optimizers.random_search]
"""

SUITE_TEMPLATE = """\
# Optimizers on the problems of a suite, which do not change any more, so that results of others
# can be put beside one's own.
#
#     metarnn study run       makes the runs that are not stored yet; Ctrl-C keeps those that are
#     metarnn study report    writes one page with tables, plots and tests
#
# Tables that are not in the folder METARNN_DATA are fetched from OpenML; the series of the UCR
# archive (Plane, Trace, FaceFour, PickupGestureWiimoteZ, UMD, Coffee) must lie there.

question = "Who escapes local minima, and who converges faster?"

suite = "{name}"
part = "evaluation"           # or "tuning": settings are chosen on that part only
size = "medium"               # of the networks: also "small" and "large"

seeds = {seeds}                    # each has its own data, split and first weights
budget = {budget}                # passes of a run
gradient_passes = 3

# Descent, from one start and from several.

[optimizers.adam]

[optimizers.adam_5]
name = "adam"
n_starts = 5

[optimizers.rprop_restarts]
name = "restarts"
optimizer = {{ name = "rprop" }}

[optimizers.lbfgs]

# Populations.

[optimizers.cuckoo]           # as its authors coded it

[optimizers.cuckoo_paper]     # as they wrote it down
name = "cuckoo"
variant = "paper"

[optimizers.ga]

[optimizers.de]

[optimizers.lshade]

[optimizers.cma_es]

[optimizers.pso]

[optimizers.abc]

# Both.

[optimizers.csern]

[optimizers.csbpern]

[optimizers.memetic]

[optimizers.islands]

# No search, and one that trains no network.

[optimizers.random_search]

[optimizers.recurrent_features]
n_features = 500
"""
