"""Code on disk: right or not there, whatever becomes of files, folders and processes."""

import errno
import importlib
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numba
import pytest
from helpers.stored_functions import StoredFunctions, n_loaded

import metarnn.fitness
from metarnn.compilation import disk_cache, folders, named
from metarnn.compilation.disk_cache import DiskCache
from metarnn.engine.jit import Routine, Variant


def stored_files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))
    monkeypatch.setattr(folders, "_warned", [])
    return folder


@pytest.fixture
def functions(tmp_path, cache):
    return StoredFunctions(tmp_path)


# --- What is stored, and how it is known -------------------------------------------------


def test_all_routines_are_stored():
    # numba's private names: this fails where a new version has others.
    assert len(Routine.all) > 30  # those of formulas come when they are asked for
    for routine in Routine.all[:3]:
        routine.address(Variant())
        assert isinstance(routine._dispatcher._cache, DiskCache)


def test_a_file_for_each_function_and_signature(functions, cache):
    module = functions.reloaded()
    assert [module.double(2), module.double(1.5), module.square(3)] == [4, 3.0, 9]
    names = [path.name.partition("-")[0] for path in stored_files(cache)]
    assert names == ["functions.double"] * 2 + ["functions.square"]
    module = functions.reloaded()
    assert [module.double(2), module.double(1.5), module.square(3)] == [4, 3.0, 9]
    assert (n_loaded(module.double), n_loaded(module.square)) == (2, 1)
    assert folders.writable_folder() == cache
    module.double._cache.flush()
    assert [path.name.partition("-")[0] for path in stored_files(cache)] == ["functions.square"]


def test_nothing_is_hashed_or_compiled_at_import():
    program = (
        "import metarnn.cells, metarnn.layers, metarnn.compilation.disk_cache as cache\n"
        "from metarnn.engine import loop\n"
        "assert cache.fingerprint.cache_info().misses == 0\n"
        "assert not loop.serial.overloads and not loop.serial._cache.cache_path\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


GENERATED = """
import sys
from metarnn.compilation import named
from metarnn.engine.jit import kernel, subroutine

def adder(name, constant, both):
    @subroutine
    def inner(x):
        return x + constant

    @both(kernel, name)
    def outer(x):
        return inner(x)

    return outer

def with_name(decorate, name):
    return lambda function: decorate(named(name)(function))

def without_name(decorate, name):
    return decorate

two, three = adder("two", 2, with_name), adder("three", 3, with_name)
other = adder("other", 5, without_name)
order = [two, three] if sys.argv[1] == "first" else [three, two]
print(*(function(1) for function in order), other(1))
print(*(sum(function.stats.cache_hits.values()) for function in (two, three, other)))
"""


def test_generated_functions_are_found_again_by_their_names(tmp_path):
    """Two functions of one source line, stored by name; a third one without leaves no file."""
    script, cache = tmp_path / "generated.py", tmp_path / "cache"

    def run(order):
        done = subprocess.run(
            [sys.executable, script, order],
            env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        values, hits = done.stdout.splitlines()
        names = [path.name.partition("-")[0] for path in stored_files(cache)]
        return values, hits, names

    script.write_text(GENERATED)
    files = ["generated.three", "generated.two"]
    assert run("first") == ("3 4 6", "0 0 0", files)
    assert run("second") == ("4 3 6", "1 1 0", files)
    # What a closure holds is not part of the key, so a change has to be seen in the file.
    script.write_text(GENERATED.replace('"two", 2', '"two", 7'))
    assert run("first") == ("8 4 6", "0 0 0", files)


def test_generated_functions_of_one_line_need_different_names():
    def make(name):
        return named(name)(lambda x: x)

    assert make("a generated function").__qualname__ == "a generated function"
    with pytest.raises(ValueError, match="are named 'a generated function'; give each one"):
        make("a generated function")


def test_a_generated_function_may_be_made_again_where_an_import_was_interrupted(tmp_path):
    file = tmp_path / "functions.py"
    file.write_text("from metarnn.compilation import named\nf = named('again')(lambda x: x)\n")
    twice = StoredFunctions.__new__(StoredFunctions)
    twice.file = file
    assert [twice.reloaded().f.__name__ for _ in range(2)] == ["again", "again"]


# --- Files and folders that are not as they should be ------------------------------------


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def emptied(path):
    path.write_bytes(b"")


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def of_another_function(path):
    other = next(p for p in path.parent.iterdir() if "square" in p.name)
    shutil.copy(other, path)


@pytest.mark.parametrize("damage", [cut, emptied, flipped, of_another_function])
def test_a_damaged_file_is_written_again(damage, functions, cache):
    module = functions.reloaded()
    assert (module.double(3), module.square(3)) == (6, 9)
    path = next(p for p in stored_files(cache) if "double" in p.name)
    damage(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in (0, 1):  # compiled, then loaded again
            module = functions.reloaded()
            assert module.double(3) == 6
            assert n_loaded(module.double) == n


@pytest.mark.parametrize("of", ["numba", "llvmlite", "metarnn"], ids=lambda name: f"another {name}")
def test_code_of_another_version_is_not_used(of, functions, monkeypatch):
    functions.reloaded().double(2)
    module, name = {
        "numba": (disk_cache.numba, "__version__"),
        "llvmlite": (disk_cache.llvmlite, "__version__"),
        "metarnn": (disk_cache, "__version__"),
    }[of]
    monkeypatch.setattr(module, name, "0.0.0")
    disk_cache.fingerprint.cache_clear()
    try:
        for n in (0, 1):
            again = functions.reloaded()
            assert again.double(2) == 4
            assert n_loaded(again.double) == n
    finally:
        monkeypatch.undo()
        disk_cache.fingerprint.cache_clear()


def test_processors_have_files_of_their_own(functions, cache, monkeypatch):
    module = functions.reloaded()
    module.double(2)
    codegen = module.double.targetctx.codegen()
    with monkeypatch.context() as patch:
        patch.setattr(type(codegen), "magic_tuple", lambda self: ("another", "processor", "+avx9"))
        other = functions.reloaded()
        assert other.double(2) == 4
        assert n_loaded(other.double) == 0
    assert len(stored_files(cache)) == 2
    again = functions.reloaded()
    assert again.double(2) == 4
    assert n_loaded(again.double) == 1


def a_file_in_its_place(folder, monkeypatch):
    folder.write_text("not a folder")


def a_full_disk(folder, monkeypatch):
    def write(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write)


def read_only(folder, monkeypatch):
    def make(self, **_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", make)


@pytest.mark.parametrize("fault", [a_file_in_its_place, a_full_disk, read_only])
def test_where_nothing_can_be_stored_one_warning_says_what_to_do(
    fault, functions, cache, monkeypatch
):
    fault(cache, monkeypatch)
    module = functions.reloaded()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert [module.double(2), module.double(1.5), module.square(3)] == [4, 3.0, 9]
    (message,) = [str(warning.message) for warning in seen]
    assert str(cache) in message
    assert "NUMBA_CACHE_DIR to a folder that can be written" in message
    with pytest.raises(OSError, match="NUMBA_CACHE_DIR to a folder that can be written"):
        folders.writable_folder()


def test_a_full_folder_that_cannot_be_written_is_read_in_silence(functions, cache, monkeypatch):
    functions.reloaded().double(2)
    read_only(cache, monkeypatch)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = functions.reloaded()
        assert module.double(2) == 4
    assert n_loaded(module.double) == 1


def test_a_folder_that_vanishes_is_made_again(functions, cache):
    module = functions.reloaded()
    module.double(2)
    shutil.rmtree(cache)
    assert (module.double(1.5), module.square(3)) == (3.0, 9)
    assert len(stored_files(cache)) == 2


def test_folders_are_tried_in_turn(functions, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    beside, own = folders.folders(functions.file)
    assert beside == tmp_path / "__pycache__"
    assert own.is_relative_to(tmp_path / "home" / "numba")
    beside.write_text("not a folder")
    functions.reloaded().double(2)
    module = functions.reloaded()
    assert module.double(2) == 4
    assert n_loaded(module.double) == 1
    assert len(stored_files(own)) == 1
    beside.unlink()
    functions.reloaded().square(2)
    assert any("square" in path.name for path in stored_files(beside))


def test_without_a_home_nothing_is_called_tilde(functions, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert folders.folders(functions.file) == [functions.file.parent / "__pycache__"]


def test_numba_may_be_told_not_to_compile(functions, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert type(functions.reloaded().double).__name__ == "function"


@pytest.mark.usefixtures("cache")
def test_a_change_in_the_file_of_a_function_that_is_called_is_seen(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # files are written within a second
    heads = {
        "called_last": "",
        "called_first": "from called_last import last\n",
        "calling": "from called_first import first\n",
    }
    bodies = {
        "called_last": "def last(x):\n    return x + {}\n",
        "called_first": "def first(x):\n    return last(x)\n",
        # It calls itself, too.
        "calling": "def outer(x):\n    return first(x) if x < 9 else outer(x - 9)\n",
    }

    def found(constant):
        for name in heads:
            decorated = "from metarnn.compilation import stored\n" + heads[name] + "\n@stored()\n"
            (tmp_path / f"{name}.py").write_text(decorated + bodies[name].format(constant))
            sys.modules.pop(name, None)
        disk_cache._file_hash.cache_clear()
        outer = importlib.import_module("calling").outer
        return outer(10), n_loaded(outer)

    assert [found(1), found(1), found(5)] == [(2, 0), (2, 1), (6, 0)]


@pytest.mark.slow
def test_a_change_in_another_file_is_seen(tmp_path):
    package = tmp_path / "metarnn"
    shutil.copytree(Path(metarnn.__file__).parent, package)
    for name in ("optimizers", "datasets"):
        source = Path(__import__(f"metarnn.{name}", fromlist=[name]).__file__).parent
        shutil.copytree(source, package / name, dirs_exist_ok=True)
    program = (
        "import numpy as np, metarnn\n"
        "fitness = metarnn.Fitness(metarnn.Network.build(1, 2, hidden=2), [[1.0], [2.0]], [0, 1])\n"
        "print(metarnn.__file__, fitness(np.zeros(fitness.dim))[0])\n"
    )

    def loss():
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "c")},
            capture_output=True,
            text=True,
            check=True,
        )
        path, value = done.stdout.split()
        assert Path(path).parent == package
        return float(value)

    before = loss()
    kernels = package / "engine" / "loss_kernels.py"
    text = kernels.read_text()
    changed = text.replace(
        "losses.store(log_of_normal(total) - picked)",
        "losses.store(log_of_normal(total) - picked + 1.0)",
    )
    assert changed != text
    kernels.write_text(changed)
    assert loss() == pytest.approx(before + 1)
