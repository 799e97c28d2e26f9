"""Files are written whole or not at all: every writer of the package goes through here.

What is written goes to a hidden file beside the target, is flushed to the disk, and takes the name
of the target in one step. Whatever ends the process, and however full the disk is, there is the
old file or the new one, never a part of one. The mode of an existing file is kept, symbolic links
are followed, and pipes, terminals and devices are written to directly, since there is nothing to
replace.

A hidden file is locked while its process lives. The system ends the lock with the process, however
that ends, so that the next write into the folder knows abandoned ones, and removes them.
"""

import errno
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows, which does not let go of the file of a process that lives
    flock = None  # type: ignore[assignment]

AnyPath = str | os.PathLike[str]

#: The ending of hidden files and folders that wait to take their names.
PART = ".metarnn-part"
#: Names of descriptors of this process, which are duplicated: opened again they would be truncated.
DESCRIPTOR = re.compile(r"/dev/std(in|out|err)|/(?:dev|proc/self)/fd/(\d+)")


@contextmanager
def whole_file(
    path: AnyPath, *, replace: bool = True, durable: bool = True, parents: bool = False
) -> Iterator[BinaryIO]:
    """Open a file that is there, complete, once the block has ended without an exception.

    Parameters
    ----------
    path : str or path
        The file, a pipe or a device.
    replace : bool
        Whether an existing file is replaced; if not, it is an error.
    durable : bool
        Wait until the disk has it, so that it survives a loss of power. Files that can be made
        again need not.
    parents : bool
        Make the folders above it; if not, they must exist.

    Yields
    ------
    binary file

    Raises
    ------
    OSError
        One sentence that names the file. What was there before is as it was.
    """
    given = Path(path)
    with _sentences(given):
        if (stream := _stream(given)) is not None:
            with stream:
                yield stream
            return
        if parents:
            given.parent.mkdir(parents=True, exist_ok=True)
        target = _target(given, replace)
        _sweep(target.parent)
        part, descriptor, lock = _open_part(target)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(descriptor)
            _settle(part, target, replace, durable)
        finally:
            part.unlink(missing_ok=True)
            _unlock(lock)


def write_whole(
    path: AnyPath, content: str | bytes, *, replace: bool = True, parents: bool = False
) -> Path:
    """Write a file, whole or not at all, a text in UTF-8; see :func:`whole_file`."""
    with whole_file(path, replace=replace, parents=parents) as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return Path(path)


@contextmanager
def whole_folder(path: AnyPath) -> Iterator[Path]:
    """Yield a folder to write into, whose files are in place once the block has ended.

    A new folder, and those above it, are made. In one that exists its files replace those of the
    same names, each whole, once all of them are on the disk; others stay.

    Raises
    ------
    OSError
        One sentence that names the folder, in which nothing has changed if the block or the disk
        failed.
    """
    given = Path(path)
    with _sentences(given):
        target = Path(os.path.realpath(given))
        exists = _is_folder(given)
        place = target if exists else target.parent
        place.mkdir(parents=True, exist_ok=True)
        _sweep(place)
        part, lock = _make_part(place, target.name)
        try:
            yield part
            files = sorted(file for file in part.rglob("*") if file.is_file())
            for file in files:
                _sync(file)
            if not exists:
                os.rename(part, target)
                _sync(target.parent)
                return
            pairs = [(file, target / file.relative_to(part)) for file in files]
            for _, new in pairs:
                new.parent.mkdir(parents=True, exist_ok=True)
                _target(new, True)  # before the first one changes
            for file, new in pairs:
                _settle(file, Path(os.path.realpath(new)))
        finally:
            shutil.rmtree(part, ignore_errors=True)
            _unlock(lock)


def check_writable(path: AnyPath, *, replace: bool = True) -> None:
    """Raise what :func:`whole_file` would, before the work whose result it is to hold.

    The room on the disk is not known beforehand.
    """
    given = Path(path)
    with _sentences(given):
        if is_stream(given):
            return
        part, descriptor, lock = _open_part(_target(given, replace))
        os.close(descriptor)
        part.unlink()
        _unlock(lock)


def check_folder_writable(path: AnyPath) -> None:
    """Raise what :func:`whole_folder` would, before the work whose result it is to hold."""
    given = Path(path)
    with _sentences(given):
        place = Path(os.path.realpath(given))
        while not _is_folder(place):
            place = place.parent
        part, lock = _make_part(place, "check")
        part.rmdir()
        _unlock(lock)


def _target(given: Path, replace: bool) -> Path:
    """Return the file that a name stands for, behind all links, if it can be written."""
    target = Path(os.path.realpath(given))
    with suppress(FileNotFoundError):
        mode = os.stat(given).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder, expected the name of a file")
        if not replace:
            raise FileExistsError(errno.EEXIST, "it exists already; name another file")
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is read-only")
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {target.parent}")
    if len(os.fsencode(target.name)) > 255:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    return target


def _is_folder(path: Path) -> bool:
    """Return whether a folder exists; something else of its name is an error."""
    if path.is_dir():
        return True
    if path.exists():
        raise NotADirectoryError(errno.ENOTDIR, f"{path} is a file, expected a folder")
    return False


def is_stream(path: Path) -> bool:
    """Return whether a path is a pipe, a terminal or a device, which holds nothing to lose."""
    if DESCRIPTOR.fullmatch(str(path)):
        return True
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _stream(path: Path) -> BinaryIO | None:
    """Return a pipe, a terminal or a device, opened; None for a file of a disk."""
    if found := DESCRIPTOR.fullmatch(str(path)):
        sys.stdout.flush()
        number = {"in": 0, "out": 1, "err": 2}.get(found[1]) if found[1] else int(found[2])
        return os.fdopen(os.dup(int(number or 0)), "wb")
    return path.open("wb") if is_stream(path) else None


def _part_name(folder: Path, name: str) -> Path:
    return folder / f".{name[:40]}.{secrets.token_hex(4)}{PART}"


def _open_part(target: Path) -> tuple[Path, int, int | None]:
    """Return a new hidden file beside a target, its descriptor, and one that keeps it locked."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # No more than the old file's, and what the process's umask allows.
    mode = stat.S_IMODE(target.stat().st_mode) & 0o666 if target.exists() else 0o666
    while True:
        part = _part_name(target.parent, target.name)
        try:
            descriptor = os.open(part, flags, mode)
        except OSError as error:
            raise type(error)(error.errno, f"{error.strerror}, in {target.parent}") from None
        lock = _lock(os.dup(descriptor)) if flock is not None else None
        if os.fstat(descriptor).st_nlink or flock is None:
            return part, descriptor, lock
        os.close(descriptor)  # another process took it for abandoned, before it was locked
        _unlock(lock)


def _make_part(place: Path, name: str) -> tuple[Path, int | None]:
    """Return a new hidden folder in a place, and a descriptor that keeps it locked."""
    while True:
        part = _part_name(place, name)
        part.mkdir()
        if flock is None:
            return part, None
        with suppress(FileNotFoundError):  # another process took it for abandoned already
            lock = _lock(os.open(part, os.O_RDONLY))
            if part.is_dir():
                return part, lock
            _unlock(lock)


def _lock(descriptor: int) -> int:
    with suppress(OSError):  # a disk that knows no locks: what is abandoned stays there
        flock(descriptor, LOCK_EX)
    return descriptor


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _settle(part: Path, target: Path, replace: bool = True, durable: bool = True) -> None:
    """Give a complete file the name of the target, and the mode and owner of what was there."""
    with suppress(FileNotFoundError):
        old, new = target.stat(), part.stat()
        if hasattr(os, "chown") and (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            with suppress(PermissionError):
                os.chown(part, old.st_uid, old.st_gid)
        part.chmod(stat.S_IMODE(old.st_mode))
    if replace:
        os.replace(part, target)
    else:
        try:
            os.link(part, target)  # which is an error if the name is taken by now
        except FileExistsError:
            raise FileExistsError(errno.EEXIST, "it exists already; name another file") from None
        except OSError:  # a disk without links
            os.rename(part, target)
    if durable:
        _sync(target.parent)


def _sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a disk that keeps folders in its own way
            raise
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed have left in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        abandoned = [entry for entry in entries if entry.name.endswith(PART)]
        for entry in abandoned:
            with suppress(OSError):
                _remove_abandoned(Path(entry.path), entry.is_dir(follow_symlinks=False))


def _remove_abandoned(path: Path, is_folder: bool) -> None:
    if flock is None:
        path.unlink()  # an error while its process lives, or if it is a folder
        return
    flags = os.O_RDONLY if is_folder else os.O_RDWR
    descriptor = os.open(path, flags | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            return
        flock(descriptor, LOCK_EX | LOCK_NB)  # an error while its process lives
        shutil.rmtree(path) if is_folder else path.unlink()
    finally:
        os.close(descriptor)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn errors of the system into one sentence that names the file, unless it is of another."""
    try:
        yield
    except OSError as error:
        if not _is_about(error, path) or f"{error}".startswith(f"{path} cannot be written"):
            raise
        said = OSError(error.errno or 0, "")  # of the class that belongs to the number
        reason = (error.strerror or str(error)).removesuffix(".")
        sentence = type(said)(f"{path} cannot be written: {reason}.")
        sentence.errno = error.errno
        raise sentence from None


def _is_about(error: OSError, path: Path) -> bool:
    """Return whether an error can be of a file, its folders or what waits to take its name."""
    if not isinstance(error.filename, str | bytes):
        return error.errno is not None  # as of a disk that is full
    name = Path(os.path.realpath(os.fsdecode(error.filename)))
    target = Path(os.path.realpath(path))
    waits = any(part.endswith(PART) for part in name.parts)
    return waits or name == target or name in target.parents or target in name.parents
