"""Parts that a program adds to tables, such as cells: they are known where its work goes on.

A network has the name of its cell, and an estimator that of its optimizer. Another process has
other tables: what is pickled takes along the parts of its program that it names, and they are in
the tables there before anybody looks.
"""

import pickle
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from joblib import wrap_non_picklable_objects

from .workers import is_worker

#: The tables that programs add to, by their places, each with the names that it has by itself.
_tables: dict[str, tuple[dict[str, Any], frozenset[str]]] = {}

#: The last parts that arrived, by place and name, so that none is put there, and compiled, twice.
_arrived: dict[tuple[str, str], tuple[bytes, Any]] = {}

#: The files of the modules that `import_parts` has run.
_files: set[str] = set()

#: What a state is pickled with: pickled parts by table and name.
KEY = "_own_parts"


def watch(place: str, table: dict[str, Any]) -> frozenset[str]:
    """Let the parts that are added to a table from now on travel; return the names before.

    Parameters
    ----------
    place : str
        Where the table is imported from, such as ``"metarnn.cells.CELLS"``.
    table : dict
        The table.
    """
    _tables[place] = table, frozenset(table)
    return _tables[place][1]


def with_own_parts(state: Any) -> Any:
    """Return the state of an object that is pickled, with the added parts that it names."""
    added = {
        (place, name): part
        for place, (table, before) in _tables.items()
        for name, part in table.items()
        if name not in before
    }
    if not (added and isinstance(state, dict)):
        return state
    texts = list(_texts(state))
    packed = {
        # Wrapped, so that the classes of a script or notebook travel.
        key: pickle.dumps(wrap_non_picklable_objects({"part": part}, keep_wrapper=False))
        for key, part in added.items()
        if any(re.search(rf"(?<!\w){re.escape(key[1])}(?!\w)", text) for text in texts)
    }
    return state | {KEY: packed} if packed else state


def without_own_parts(state: dict[str, Any]) -> dict[str, Any]:
    """Return the state as it was before `with_own_parts`, when its parts are in their tables.

    In a worker a part takes the place of another one of its name; elsewhere what the program added
    itself stays, since a pickle may be older.
    """
    for (place, name), data in state.get(KEY, {}).items():
        module, _, attribute = place.rpartition(".")
        table = getattr(import_module(module), attribute)
        last, part = _arrived.get((place, name), (b"", None))
        if name in table and (not is_worker() or (last == data and table[name] is part)):
            continue
        table[name] = pickle.loads(data)["part"]
        _arrived[place, name] = data, table[name]
    return {name: value for name, value in state.items() if name != KEY}


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts of settings, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _texts(getattr(value, field.name, None))


def import_parts(words: Any, what: str, folder: str | Path = ".") -> tuple[str, ...]:
    """Run modules that add parts to tables, before any name is looked up; return their names.

    Parameters
    ----------
    words : sequence of str
        Modules, as ``import`` names them, or files that end in ``.py``. Their folders are put where
        Python looks for modules, as by ``python file.py``; workers look there, too.
    what : str
        What errors call them.
    folder : path
        What files are relative to, and where modules are looked for first.

    Raises
    ------
    ImportError
        There is no such module, another one has its name, or it raises an error.
    TypeError
        `words` are no list of texts.
    """
    is_list = isinstance(words, list | tuple)
    if not (is_list and all(isinstance(word, str) and word for word in words)):
        raise TypeError(f"{what} must be a list of modules or files ['parts.py'], got {words!r}.")
    for word in words:
        _import(word, what, Path(folder))
    return tuple(words)


def _import(word: str, what: str, folder: Path) -> None:
    path, name = folder / word, word
    is_file = path.suffix == ".py"
    if is_file and not path.is_file():
        raise ImportError(f"{what}: there is no file {path}.")
    if is_file:
        name, folder = path.stem, path.parent
    if (home := str(folder.resolve())) not in sys.path:
        sys.path.insert(0, home)
    try:
        module = import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
            raise ImportError(
                f"{what}: Python finds no module {word!r} in {home} or where modules are installed."
            ) from None
        reason = " ".join(str(error).split()).removesuffix(".")
        raise ImportError(f"{what}: {word} raises {type(error).__name__}: {reason}.") from error
    where = getattr(module, "__file__", None)
    if is_file and (where is None or not Path(where).samefile(path)):
        raise ImportError(
            f"{what}: another module is called {name}, {where or 'built in'}: give {path} another "
            "name."
        )
    if where is not None:
        _files.add(where)


def digests(words: Sequence[str], folder: str | Path = ".") -> dict[str, str]:
    """Return the SHA-256 of the file of each imported module, by the name of the module.

    A formula that is changed keeps its name: only the file tells that it is another one. The folder
    is left out, since nothing changes where it is moved; no two modules of one name are imported.
    """
    found = {}
    for word in words:
        path = Path(folder) / word
        if path.suffix != ".py":
            path = Path(getattr(sys.modules.get(word), "__file__", None) or path)
        if path.is_file():  # a module of compiled code has no text
            text = path.read_bytes().replace(b"\r\n", b"\n")
            found[Path(word).name.removesuffix(".py")] = sha256(text).hexdigest()
    return found


def own_line(error: BaseException) -> str:
    """Return the file and line of an imported part in which an error rose, or "" if in none.

    An error of another process has lost its frames, and its cause tells them as text.
    """
    told = "".join(traceback.format_tb(error.__traceback__)) + str(error.__cause__ or "")
    lines = [line for line in re.findall(r'File "(.+?)", line (\d+)', told) if line[0] in _files]
    return f"{Path(lines[-1][0]).name}, line {lines[-1][1]}" if lines else ""
