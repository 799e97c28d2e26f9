"""How any reader opens a text: encodings, byte order marks, ends of lines and compression."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.small_files import TS, sequences, write_files

from metarnn.datasets import Dataset, load_folder, load_path, load_table, load_ts
from metarnn.datasets.readers.opening import read_lines, read_text

CSV = "größe,x,klasse\n1,2,süß\n3,4.5,sauer\n5,6,süß\n"
ARFF = "@relation süß\n@attribute x real\n@attribute k {süß,sauer}\n@data\n1,süß\n2,sauer\n"
SERIES = "@classLabel true süß sauer\n@data\n1,2:süß\n3,4:sauer\n"
#: A text of each kind in a file of its name.
TEXTS = {"toy.csv": CSV, "toy.arff": ARFF, "toy.ts": SERIES, "toy.txt": CSV.replace(",", "\t")}


def zipped(data: bytes, *others: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("folder/inner.csv", data)
        for name in others:
            archive.writestr(name, "")
    return buffer.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zip": zipped,
    "": bytes,
}


def same(data: Dataset, other: Dataset) -> bool:
    return (
        np.array_equal(data.X, other.X)
        and data.y.tolist() == other.y.tolist()
        and data.classes == other.classes == ("sauer", "süß")
    )


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(tmp_path: Path, name: str, encoding: str) -> None:
    write_files(tmp_path, {name: TEXTS[name], f"marked/{name}": TEXTS[name].encode(encoding)})
    assert same(load_path(tmp_path / "marked" / name), load_path(tmp_path / name))


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_in_either_order(tmp_path: Path, mark: bytes) -> None:
    order = "le" if mark == b"\xff\xfe" else "be"
    write_files(tmp_path, {"toy.csv": mark + CSV.encode(f"utf-16-{order}")})
    assert "süß" in read_text(tmp_path / "toy.csv", "a table")


@pytest.mark.parametrize("name", TEXTS)
def test_another_encoding_is_named(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {name: TEXTS[name].encode("latin-1"), "utf/" + name: TEXTS[name]})
    with pytest.raises(ValueError, match="is not text in UTF-8") as error:
        load_path(tmp_path / name)
    one_sentence(error, name, "encoding='latin-1'", "--encoding")
    assert same(load_path(tmp_path / name, encoding="latin-1"), load_path(tmp_path / "utf" / name))


@pytest.mark.parametrize("name", ["a.csv", "labels.csv"])
def test_the_files_of_a_folder_have_the_encoding(tmp_path: Path, name: str) -> None:
    files = {"a.csv": "x\n1\n", "b.csv": "x\n2\n", "labels.csv": "a.csv,u\nb.csv,w\n"}
    files[name] = files[name].replace("x", "größe").replace(",u", ",süß").encode("cp1252")
    write_files(tmp_path, files)
    with pytest.raises(ValueError, match=name):
        load_folder(tmp_path)
    assert load_folder(tmp_path, encoding="cp1252").X.ravel().tolist() == [1, 2]


@pytest.mark.parametrize(
    ("encoding", "part"), [("utf-9", "encoding is 'utf-9'"), ("ascii", "not text in ascii")]
)
def test_an_encoding_that_is_none(tmp_path: Path, encoding: str, part: str) -> None:
    write_files(tmp_path, {"toy.csv": CSV})
    with pytest.raises(ValueError, match=part) as error:
        load_table(tmp_path / "toy.csv", encoding=encoding)
    one_sentence(error)


def test_a_comment_may_be_in_any_encoding(tmp_path: Path) -> None:
    write_files(tmp_path, {"Toy.ts": "# Größe\n".encode("latin-1") + TS.encode()})
    assert load_ts(tmp_path / "Toy.ts").n_sequences == 3
    arff = ARFF.replace("ü", "ue").replace("ß", "ss").encode()
    write_files(tmp_path, {"toy.arff": "% Größe\n".encode("latin-1") + arff})
    assert load_table(tmp_path / "toy.arff").n_sequences == 2


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029"])
def test_lines_end_at_line_feeds_only(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "toy.txt"
    path.write_bytes(f"# a{sign}b\r\nx{sign}y\n\n \t\nz".encode())
    assert read_lines(path, "a text", comments=("#",)) == [(2, f"x{sign}y"), (4, "\t"), (5, "z")]
    write_files(tmp_path, {"toy.csv": f"x,k\n1,a{sign}b\n2,c\n"})
    assert load_table(tmp_path / "toy.csv").classes == (f"a{sign}b", "c")


def test_carriage_returns_alone_end_lines_where_there_are_no_line_feeds(tmp_path: Path) -> None:
    path = tmp_path / "toy.txt"
    path.write_bytes(b"a\rb\r")
    assert read_lines(path, "a text") == [(1, "a"), (2, "b")]
    path.write_bytes(b"a\rb\n")
    assert read_lines(path, "a text") == [(1, "a\rb")]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("ending", PACKINGS)
def test_compressed_files(tmp_path: Path, name: str, ending: str) -> None:
    packed = PACKINGS[ending](TEXTS[name].encode("utf-8-sig"))
    write_files(tmp_path, {name + ending: packed, f"plain/{name}": TEXTS[name]})
    data = load_path(tmp_path / (name + ending))
    assert same(data, load_path(tmp_path / "plain" / name))
    assert (data.name, data.source) == ("toy", name + ending)


def test_compressed_parts_of_a_pair_and_of_a_folder(tmp_path: Path) -> None:
    packed = gzip.compress(TS.encode(), mtime=0)
    write_files(tmp_path, {"Toy/Toy_TRAIN.ts.gz": packed, "Toy/Toy_TEST.ts": TS})
    assert load_path(tmp_path / "Toy").n_sequences == 6
    write_files(tmp_path, {"f/a/1.csv.xz": lzma.compress(b"1\n2\n"), "f/b/1.csv": "3\n"})
    assert sequences(load_path(tmp_path / "f")) == [[[1], [2]], [[3]]]


def test_zstandard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = b"\x28\xb5\x2f\xfd"
    write_files(tmp_path, {"toy.csv.zst": mark})
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(ImportError, match="pip install zstandard") as error:
        load_table(tmp_path / "toy.csv.zst")
    one_sentence(error, "toy.csv.zst")
    monkeypatch.undo()
    zstandard = pytest.importorskip("zstandard")
    write_files(tmp_path, {"toy.csv.zst": zstandard.ZstdCompressor().compress(CSV.encode())})
    assert load_table(tmp_path / "toy.csv.zst").n_sequences == 3


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (gzip.compress(CSV.encode(), mtime=0)[:-9], "cannot be unpacked"),
        (gzip.compress(CSV.encode(), mtime=0)[:10] + b"\x07" * 40, "compressed content is damaged"),
        (bz2.compress(CSV.encode())[:-9], "cannot be unpacked"),
        (lzma.compress(CSV.encode())[:-9], "cannot be unpacked"),
        (b"PK\x03\x04 and more", "cannot be unpacked"),
        (zipped(b"", "other.csv"), "holds 2 files"),
    ],
)
def test_broken_packings(tmp_path: Path, content: bytes, part: str) -> None:
    write_files(tmp_path, {"toy.csv.gz": content})
    with pytest.raises(ValueError, match=part) as error:
        load_table(tmp_path / "toy.csv.gz")
    one_sentence(error, "toy.csv.gz")
