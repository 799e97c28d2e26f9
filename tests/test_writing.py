"""Files are written whole or not at all, by every writer of the package."""

import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from metarnn.writing import (
    PART,
    check_folder_writable,
    check_writable,
    whole_file,
    whole_folder,
    write_whole,
)


@contextmanager
def full_disk(n_bytes=64):
    """Let no file of this process grow beyond some bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def without_rights():
    """Be a user who may write nothing: for root nothing is read-only."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def read_only():
    """Return a folder that cannot be written, with a file "old" in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "old").write_text("old")
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def save_model(path):
    from helpers.small_models import small_model

    return (
        small_model(budget=6)
        .fit([[[0.0], [1.0]]] * 2 + [[[1.0], [0.0]]] * 2, [0, 0, 1, 1])
        .save(path)
    )


def report(path):
    from helpers.fake_results import OPTIMIZERS, PROBLEMS, synthetic

    from metarnn.report import write_report

    write_report(synthetic(n_seeds=2, problems=PROBLEMS[:2], optimizers=OPTIMIZERS[:2]), path)


def table(path):
    import pandas as pd

    from metarnn.datasets.csv_tables import csv_text

    write_whole(path, csv_text(pd.DataFrame({"x": range(100)})))


def template(path):
    from metarnn.study import write_template

    write_template(path, replace=True)


#: Everything that writes one file.
WRITERS = {"model": save_model, "report": report, "table": table, "template": template}
writers = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@writers
def test_a_full_disk_leaves_what_was_there(tmp_path, write):
    path = tmp_path / "file"
    write(path)  # what is imported and compiled once
    path.write_text("old")
    with full_disk(), pytest.raises(OSError, match=r"file cannot be written: File too large\.$"):
        write(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]
    path.unlink()
    with full_disk(), pytest.raises(OSError, match=r"file cannot be written: "):
        write(path)
    assert os.listdir(tmp_path) == []


@writers
def test_links_are_followed_and_modes_kept(tmp_path, write):
    there, link = tmp_path / "there", tmp_path / "link"
    (tmp_path / "sub").mkdir()
    real = tmp_path / "sub" / "real"
    there.symlink_to(real)
    link.symlink_to(there)
    write(link)  # of a file that is not there yet
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(real.stat().st_mode) == 0o666 & ~umask
    content = real.read_bytes()
    for mode in (0o600, 0o755, 0o664):
        real.write_text("old")
        real.chmod(mode)
        write(link)
        assert stat.S_IMODE(real.stat().st_mode) == mode
        assert len(real.read_bytes()) == len(content)
    assert link.is_symlink()
    assert there.is_symlink()
    assert os.listdir(tmp_path / "sub") == ["real"]


@writers
def test_a_folder_that_cannot_be_written_is_named(read_only, tmp_path, write):
    write(tmp_path / "file")
    with without_rights():
        for name in ("old", "new"):
            with pytest.raises(PermissionError, match=rf"{read_only}/{name} cannot be written: "):
                write(read_only / name)
            with pytest.raises(PermissionError, match=rf"{name} cannot be written: "):
                check_writable(read_only / name)
    assert os.listdir(read_only) == ["old"]
    assert (read_only / "old").read_text() == "old"


@writers
def test_pipes_and_devices_are_written_to(tmp_path, write):
    write(Path("/dev/null"))
    assert not stat.S_ISREG(os.stat("/dev/null").st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Into a file: what is longer than the buffer of a pipe would wait for somebody to read it.
    read = tmp_path / "read"
    with read.open("wb") as out, subprocess.Popen(["cat", pipe], stdout=out):
        write(pipe)
    assert read.stat().st_size
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_standard_output_is_gone_on_with(tmp_path):
    code = (
        "from metarnn.writing import write_whole; print('a'); "
        "write_whole('/dev/stdout', 'b\\n'); write_whole('/dev/fd/1', 'c\\n'); print('d')"
    )
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "a\nb\nc\nd\n"


MADE = []


def comparison(path):
    from metarnn import compare

    if not MADE:
        MADE.append(compare("xor", ["rprop"], budget=6, seeds=1, hidden=2, cell="elman"))
    MADE[0].save(path)


def ioh(path):
    from helpers.fake_results import OPTIMIZERS, PROBLEMS, synthetic

    from metarnn.study.iohprofiler import export

    export(synthetic(n_seeds=2, problems=PROBLEMS[:2], optimizers=OPTIMIZERS[:2]), path)


FOLDERS = {"comparison": comparison, "ioh": ioh}
folders = pytest.mark.parametrize("write", FOLDERS.values(), ids=FOLDERS)


def contents(folder):
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*.*")}


@folders
def test_a_folder_is_whole_or_absent(tmp_path, write):
    write(tmp_path / "first")
    with full_disk(), pytest.raises(OSError, match=r"out cannot be written: File too large\.$"):
        write(tmp_path / "out")
    assert os.listdir(tmp_path) == ["first"]
    (tmp_path / "out").mkdir()
    with full_disk(), pytest.raises(OSError, match=r"out cannot be written: "):
        write(tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []
    write(tmp_path / "out")
    assert contents(tmp_path / "out").keys() == contents(tmp_path / "first").keys()


@pytest.mark.parametrize("writes", [whole_file, whole_folder])
@pytest.mark.parametrize("folder", [".", "elsewhere"])
def test_an_error_of_another_file_keeps_its_words(tmp_path, writes, folder):
    other = tmp_path / folder / "missing.csv"
    with pytest.raises(FileNotFoundError) as caught, writes(tmp_path / "out"):
        other.read_text()
    assert caught.value.filename == str(other)
    assert os.listdir(tmp_path) == []


def test_an_error_that_is_of_no_file_keeps_its_words(tmp_path):
    with (
        pytest.raises(ConnectionError, match=r"^the server is gone$"),
        whole_file(tmp_path / "out"),
    ):
        raise ConnectionError("the server is gone")
    assert os.listdir(tmp_path) == []


def test_folders_live_beside_writers_that_sweep(tmp_path):
    ended = threading.Event()

    def sweep():
        while not ended.is_set():
            write_whole(tmp_path / "out" / "other", "text")

    (tmp_path / "out").mkdir()
    with ThreadPoolExecutor(2) as pool:
        sweepers = [pool.submit(sweep) for _ in range(2)]
        try:
            for number in range(60):
                check_folder_writable(tmp_path / "out")
                with whole_folder(tmp_path / "out") as part:
                    (part / "number.txt").write_text(str(number))
        finally:
            ended.set()
        assert all(sweeper.result() is None for sweeper in sweepers)
    assert (tmp_path / "out" / "number.txt").read_text() == "59"


def test_other_files_of_a_folder_stay(tmp_path):
    (tmp_path / "results.csv").write_text("old")
    (tmp_path / "results.csv").chmod(0o600)
    (tmp_path / "mine.txt").write_text("mine")
    with full_disk(), pytest.raises(OSError, match="cannot be written: File too large"):
        comparison(tmp_path)
    assert (tmp_path / "results.csv").read_text() == "old"
    comparison(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [
        "convergence.png", "mine.txt", "results.csv", "weights.npz"
    ]  # fmt: skip
    assert stat.S_IMODE((tmp_path / "results.csv").stat().st_mode) == 0o600


def test_what_the_killed_have_left_is_swept(tmp_path):
    write_whole(tmp_path / "x", "old")
    code = """
import os, signal, sys
from metarnn.writing import whole_file, whole_folder
with whole_folder("folder") as place, whole_file("x") as file:
    (place / "y").write_text("new")
    file.write(b"new" * 100000)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "x").read_text() == "old"
    assert sum(name.endswith(PART) for name in os.listdir(tmp_path)) == 2
    write_whole(tmp_path / "z", "z")
    assert sorted(os.listdir(tmp_path)) == ["x", "z"]


def test_what_the_living_write_is_not_swept(tmp_path):
    with whole_folder(tmp_path / "f") as place, whole_file(tmp_path / "x") as file:
        (place / "y").write_text("y")
        file.write(b"x")
        write_whole(tmp_path / "z", "z")
        assert sorted(n for n in os.listdir(tmp_path) if not n.endswith(PART)) == ["z"]
    assert sorted(os.listdir(tmp_path)) == ["f", "x", "z"]


def test_an_exception_leaves_nothing(tmp_path):
    with suppress(KeyError), whole_file(tmp_path / "x") as file:
        file.write(b"x")
        raise KeyError
    with suppress(KeyError), whole_folder(tmp_path / "f") as place:
        (place / "x").write_text("x")
        raise KeyError
    assert os.listdir(tmp_path) == []


def test_names_that_cannot_be_written_get_one_sentence(tmp_path):
    (tmp_path / "file").write_text("old")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, kind, reason in (
        (".", IsADirectoryError, "it is a folder, expected the name of a file"),
        ("no/file", FileNotFoundError, f"there is no folder {tmp_path}/no"),
        ("file/x", NotADirectoryError, "Not a directory"),
        ("x" * 256, OSError, "File name too long"),
        ("loop", OSError, "Too many levels of symbolic links"),
    ):
        for attempt in (check_writable, lambda path: write_whole(path, "new")):
            with pytest.raises(kind) as error:
                attempt(tmp_path / name)
            assert str(error.value) == f"{tmp_path / name} cannot be written: {reason}."
    for attempt in (
        check_writable,
        lambda path, replace: write_whole(path, "new", replace=replace),
    ):
        with pytest.raises(FileExistsError, match="it exists already"):
            attempt(tmp_path / "file", replace=False)
    with pytest.raises(NotADirectoryError, match="is a file, expected a folder"):
        check_folder_writable(tmp_path / "file" / "x")
    check_folder_writable(tmp_path / "a" / "b")
    check_writable(tmp_path / ("ü" * 120))
    assert write_whole(tmp_path / ("ü" * 120), "x").read_text() == "x"
    assert sorted(os.listdir(tmp_path)) == ["file", "loop", "ü" * 120]


def test_every_writer_goes_through_here():
    """No other file of the package opens a file to write it."""
    import re

    import metarnn

    # Pickles for workers, compiled code that is hashed, standard input on its way to a reader.
    others = {"jobs.py", "folders.py", "standard_input.py", "writing.py"}
    #: Within a folder that whole_folder() has opened.
    inside = {"comparison.py", "iohprofiler.py"}
    writes = re.compile(
        r"""\.write_(text|bytes)\(|to_(csv|parquet|json)\((?!orient|index)|os\.replace"""
        r"""|open\([^)]*["'][wax]b?["']"""
    )
    found = set()
    for path in Path(metarnn.__file__).parent.rglob("*.py"):
        if writes.search(path.read_text()):
            found.add(path.name)
    assert found <= others | inside


def test_folders_above_a_file_are_made_or_refused(tmp_path):
    path = write_whole(tmp_path / "new" / "below" / "file", "text", parents=True)
    assert path.read_text() == "text"
    with pytest.raises(NotADirectoryError, match="cannot be written: Not a directory"):
        write_whole(path / "other", "text", parents=True)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_whole(tmp_path / "nowhere" / "file", "text")
