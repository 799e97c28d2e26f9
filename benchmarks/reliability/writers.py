"""Every door that writes files, with two versions of what it writes, known to the byte."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from metarnn import RNNClassifier, compare
from metarnn.cli import main
from metarnn.report import write_report
from metarnn.study import Study, read_settings

from .samples import inputs

#: A study whose report has one problem.
SMALL_STUDY = """\
budget = 60
seeds = 2
datasets = ["xor"]
networks = { elman = { hidden = 2 } }
optimizers = ["adam", "random_search"]
"""


class RefusedError(Exception):
    """A command that ended with status 2, and what it said."""


class Writer(NamedTuple):
    """A door that writes files: call it with a folder and a version, 0 or 1."""

    name: str
    files: tuple[str, ...]
    write: Callable[[Path, int], None]


def command(*words: str | Path) -> None:
    """Run a command; raise what it says where it fails."""
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            status = main([*map(str, words)])
        except SystemExit as ended:
            status = int(ended.code or 0)
    if status:
        raise RefusedError(said.getvalue().strip())


def writers(folder: Path) -> list[Writer]:
    """Return the doors, which read what they need from a folder that is made here."""
    X = inputs()[0]
    labels = ["no", "yes"] * 6
    rows = "\n".join([",".join(map(str, row)) for row in X.reshape(12, 8).round(3)])
    for version in (0, 1):
        place = folder / f"version-{version}"
        place.mkdir(parents=True)
        small = {"budget": 30, "hidden": 3 + version, "random_state": version, "n_threads": 1}
        RNNClassifier(**small).fit(X.reshape(12, 8), labels).save(place / "model.npz")
        head = ",".join("abcdefgh")
        (place / "data.csv").write_text(f"{head}\n{rows}\n" + f"{rows}\n" * version)
        text = SMALL_STUDY.replace("budget = 60", f"budget = {60 + version}")
        (place / "study.toml").write_text(text)
        Study(read_settings(place / "study.toml"), store=place / "study.sqlite").run()
    places = [folder / f"version-{version}" for version in (0, 1)]
    found = [RNNClassifier.load(place / "model.npz") for place in places]
    studies = [read_settings(place / "study.toml") for place in places]
    results = [
        Study(s, store=p / "study.sqlite").results() for s, p in zip(studies, places, strict=True)
    ]
    compared = [compare("xor", ["adam"], hidden=2, budget=30 + v, seeds=1) for v in (0, 1)]

    def predict(*more: str) -> Callable[[Path, int], None]:
        def write(path: Path, version: int) -> None:
            place = places[version]
            given = place / "model.npz", place / "data.csv"
            command("predict", *given, "--output", path, "--force", *more)

        return write

    def export(path: Path, version: int) -> None:
        place = places[version]
        command("study", "export", place / "study.toml", "--output", path, "--force")

    def in_folder(name: str, write: Callable[[Path, int], object]) -> Callable[[Path, int], None]:
        def within(folder: Path, version: int) -> None:
            write(folder / name, version)

        return within

    one = {
        "model.npz": lambda path, version: found[version].save(path),
        "report.html": lambda path, version: write_report(results[version], path),
        "predictions.csv": predict("--proba"),
        "predictions.json": predict("--json"),
        "runs.csv": export,
    }
    several = ("results.csv", "weights.npz", "convergence.png")
    return [
        *(Writer(name, (name,), in_folder(name, write)) for name, write in one.items()),
        Writer("comparison", several, lambda folder, version: compared[version].save(folder)),
    ]


def contents(folder: Path, writer: Writer) -> dict[str, bytes]:
    """Return the files of a writer that are there, by name."""
    found = {name: folder / name for name in writer.files}
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}


def expected(folder: Path, writer: Writer) -> list[dict[str, bytes]]:
    """Return both versions of what a writer writes, into a folder that is made."""
    folder.mkdir(parents=True)
    versions = []
    for version in (0, 1):
        writer.write(folder, version)
        versions.append(contents(folder, writer))
    return versions


def broken(found: dict[str, bytes], versions: list[dict[str, bytes]]) -> list[str]:
    """Return the files that are neither of the two versions."""
    return [name for name, data in found.items() if data not in [v[name] for v in versions]]
