"""Damaged files of every format that is read: no crash, no hang, and a sentence that names them."""

import io
import json
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .forked import Outcome, outcomes
from .samples import SAMPLES, Sample, finite, warm
from .tally import Tally, described, fault_of

SHORT, LONG = 200, 5000
TITLE = "damaged files"

Rng = np.random.Generator

#: Words that are put in place of others.
NASTY = (
    *("", "-1", "0", "nan", "inf", "-inf", "1e999", "9" * 30, "1e300", "x", "\0", "=1+1", "'", '"'),
    *("{", "}", "[" * 3000, ",", ":", "@data", "#", "\ufeff", "ä", "%s", "1e-320", "true", "None"),
)
#: The same as JSON.
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 3, 10**9, 2**64, 1e300, float("nan"), "x", "", "../x", [], {}, [[]]),
    *({"array": "nothing"}, {"array": "array0"}, {"transform": 3}, {"dict": [[1]]}),
    *({"tuple": 3}, {"network": {}}, {"layer": "os.system", "settings": {}}, {"objects": [1]}),
)


def run(tally: Tally, size: int, seed: int, folder: Path) -> None:
    """Read damaged copies of the samples."""
    samples = folder / "samples"
    samples.mkdir()
    warm(samples)
    tally.notes["formats"] = [sample.name for sample in SAMPLES]
    cases = [(seed + number, SAMPLES[number % len(SAMPLES)]) for number in range(size)]
    judge = partial(_judge, samples, folder / "damaged")
    for (number, sample), (kind, text) in outcomes(cases, judge, gigabytes=1.5):
        tally.add(f"{sample.name}, seed {number}", kind, text)


def _judge(samples: Path, folder: Path, case: tuple[int, Sample]) -> Outcome:
    """Damage a copy, read it, and say what became of that."""
    seed, sample = case
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path = folder / sample.name
    if sample.name == "study.sqlite":
        shutil.copy(samples / "study.toml", folder)
    copy: Any = shutil.copytree if (samples / sample.name).is_dir() else shutil.copy
    copy(samples / sample.name, path)
    how = damage(path, np.random.default_rng(seed))
    try:
        values = sample.read(path)
    except Exception as error:
        fault, words = fault_of(error), str(error)
        inner = [part.name for part in path.rglob("*")] if path.is_dir() else []
        if not fault and sample.named and not any(n in words for n in [sample.name, *inner]):
            fault = "the file is not named"
        text = f"{how}: {described(error)}"
        return ("raw", f"{fault}; {text}") if fault else ("refused", text)
    return ("fine", how) if finite(values) else ("wrong", f"{how}: read as numbers, not all finite")


def damage(path: Path, rng: Rng) -> str:
    """Damage a file in place, or one of a folder; return how."""
    if path.is_dir():
        files = sorted(part for part in path.rglob("*") if part.is_file())
        chosen = files[rng.integers(len(files))]
        if rng.random() < 0.1:
            chosen.rename(chosen.with_suffix(".npy"))
            return "renamed"
        return f"{chosen.name} {damage(chosen, rng)}"
    if path.suffix == ".npz" and rng.random() < 0.7:
        return _damage_members(path, rng)
    if path.suffix == ".sqlite" and rng.random() < 0.7:
        return _damage_rows(path, rng)
    ways = BYTES if path.suffix in (".npz", ".npy", ".sqlite", ".bin", ".parquet") else TEXT
    name = list(ways)[rng.integers(len(ways))]
    path.write_bytes(ways[name](path.read_bytes(), rng))
    return name


def _place(data: bytes, rng: Rng) -> tuple[int, int]:
    """Return the start and the end of a part, a short one more often."""
    start = int(rng.integers(len(data) + 1))
    return start, min(len(data), start + int(rng.choice([1, 4, 64, 1024])))


def _flipped(data: bytes, rng: Rng) -> bytes:
    found = bytearray(data)
    for place in rng.integers(len(data), size=rng.choice([1, 3, 30])) if data else ():
        found[place] ^= 1 << int(rng.integers(8))
    return bytes(found)


def _truncated(data: bytes, rng: Rng) -> bytes:
    return data[: rng.integers(len(data) + 1)]


def _removed(data: bytes, rng: Rng) -> bytes:
    start, end = _place(data, rng)
    return data[:start] + data[end:]


def _doubled(data: bytes, rng: Rng) -> bytes:
    start, end = _place(data, rng)
    return data[:end] + data[start:]


def _zeroed(data: bytes, rng: Rng) -> bytes:
    start, end = _place(data, rng)
    return data[:start] + bytes(end - start) + data[end:]


def _random(data: bytes, rng: Rng) -> bytes:
    start, end = _place(data, rng)
    return data[:start] + rng.bytes(end - start) + data[end:]


def _word_replaced(data: bytes, rng: Rng) -> bytes:
    """Replace a word or number of a text."""
    marks = b" ,\t\n=:;[]\"'"
    edges = [place for place, byte in enumerate(data) if byte in marks] or [0]
    start = edges[rng.integers(len(edges))] + 1
    end = next((edge for edge in edges if edge >= start), len(data))
    return data[:start] + NASTY[rng.integers(len(NASTY))].encode() + data[end:]


def _lines_shuffled(data: bytes, rng: Rng) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join(lines[i] for i in rng.permutation(len(lines)))


def _recoded(data: bytes, rng: Rng) -> bytes:
    name = ["utf-16", "utf-32", "utf-8-sig", "utf-7"][rng.integers(4)]
    return data.decode("latin-1").encode(name)


def _long_line(data: bytes, rng: Rng) -> bytes:
    start, _ = _place(data, rng)
    return data[:start] + bytes([*b"9,a[{\"' "][rng.integers(8) :][:1]) * 200_000 + data[start:]


BYTES: dict[str, Callable[[bytes, Rng], bytes]] = {
    "bits flipped": _flipped,
    "truncated": _truncated,
    "a part removed": _removed,
    "a part doubled": _doubled,
    "a part zeroed": _zeroed,
    "a part random": _random,
}
TEXT = BYTES | {
    "a word replaced": _word_replaced,
    "another word replaced": _word_replaced,
    "a third word replaced": _word_replaced,
    "lines shuffled": _lines_shuffled,
    "another encoding": _recoded,
    "a long line": _long_line,
}


def _damage_members(path: Path, rng: Rng) -> str:
    """Damage what is in a model file, so that its archive is whole."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = list(members)
    one, other = (names[i] for i in rng.integers(len(names), size=2))
    how = ["swapped", "dropped", "added", "header", "header", "header", "shape", "bytes", "dtype"][
        rng.integers(9)
    ]
    if how == "swapped":
        members[one], members[other] = members[other], members[one]
    elif how == "dropped":
        del members[one]
    elif how == "added":  # an array that no header names, large when it is unpacked
        members["extra.npy"] = _npy(np.zeros(int(rng.choice([3, 50_000_000]))))
    elif how == "header":
        header = json.loads(np.load(io.BytesIO(members["header.npy"])).item())
        how = f"header {_replace_leaf(header, rng)}"
        members["header.npy"] = _npy(np.array(json.dumps(header)))
    elif how == "shape":
        shape = [b"(1000000000,)", b"(-1,)", b"(0,)", b"(10**9,)", b"(" * 5000][rng.integers(5)]
        start = members[one].find(b"'shape': ") + 9
        end = members[one].find(b"}", start)
        members[one] = members[one][:start] + shape + b", " + members[one][end:]
    elif how == "bytes":
        members[one] = BYTES[list(BYTES)[rng.integers(len(BYTES))]](members[one], rng)
    else:
        types = ["O", "U5", "i1", "f2", "c16", "M8[s]", "V3", "?"]
        size = int(rng.integers(1, 9))
        members[one] = _npy(np.zeros(size, types[rng.integers(len(types))]))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return f"member {one}: {how}"


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def _replace_leaf(value: Any, rng: Rng) -> str:
    """Replace a part of a header, however deep; return where and by what."""
    where, deeper = "", value
    while isinstance(deeper, dict | list) and deeper:
        inner = deeper
        keys = list(inner) if isinstance(inner, dict) else range(len(inner))
        key = list(keys)[rng.integers(len(keys))]
        where, deeper = f"{where}/{key}", inner[key]
        if rng.random() < 0.1:
            break
    new = VALUES[rng.integers(len(VALUES))]
    if rng.random() < 0.1 and isinstance(inner, dict):
        del inner[key]
        return f"{where} removed"
    inner[key] = new
    return f"{where} = {new!r}"


def _damage_rows(path: Path, rng: Rng) -> str:
    """Damage what is in a store, so that SQLite finds nothing wrong."""
    connection = sqlite3.connect(path)
    tables = [
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE sql != ''")
    ]
    table = tables[rng.integers(len(tables))]
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    column = columns[rng.integers(len(columns))]
    bombs = zlib.compress(bytes(100_000_000), 1), zlib.compress(b"no history")
    values = (
        None,
        "abc",
        "",
        b"",
        b"\x00\xff",
        10**15,
        -1,
        1e300,
        "{",
        "null",
        "[]",
        "NaN",
        *bombs,
    )
    value = values[rng.integers(len(values))]
    if rng.random() < 0.1:
        how = ("DROP TABLE " if rng.random() < 0.5 else "DELETE FROM ") + table
        connection.execute(how)
    elif rng.random() < 0.1:
        how = f"ALTER TABLE {table} RENAME COLUMN {column} TO other"
        connection.execute(how)
    else:
        how = f"{table}.{column} = {str(value)[:20]!r}"
        one = "" if table == "study" else f"WHERE rowid = (SELECT min(rowid) FROM {table})"
        try:
            connection.execute(f"UPDATE {table} SET {column} = ? {one}", (value,))
        except sqlite3.Error:  # such as a key that is taken
            how += " refused by SQLite"
    connection.commit()
    connection.close()
    return how
