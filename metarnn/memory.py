"""Memory: what work would take is compared with what there is, before anything is allocated.

An estimate is what a computation cannot do without: more may be needed, so that what passes may
still fail, but what is refused could not have worked.
"""

import os
from collections.abc import Iterator
from pathlib import Path

#: Less is never refused: asking the system takes longer than to allocate it.
SMALL = 1 << 26

#: Where Linux says what there is, and what the process' group may have.
MEMINFO, GROUPS, OWN_GROUP = (
    Path("/proc/meminfo"),
    Path("/sys/fs/cgroup"),
    Path("/proc/self/cgroup"),
)


def check_memory(what: str, n_bytes: float, change: str) -> None:
    """Raise a ValueError where work takes more memory than there is.

    Parameters
    ----------
    what : str
        What takes it, in the plural, as the begin of the sentence; the parameter first.
    n_bytes : float
        The estimate.
    change : str
        What to do: the end of the sentence.

    Raises
    ------
    ValueError
        With the estimate, what is free, and what to change.
    """
    if n_bytes < SMALL:
        return
    free = free_bytes()
    if free is not None and n_bytes > free:
        raise ValueError(
            f"{what} would take {size(n_bytes)} of memory, and {size(free)} are free: {change}."
        )


def free_bytes() -> int | None:
    """Return the bytes that this process can still allocate, or None where nobody says so."""
    return min(_limits(), default=None)


def size(n_bytes: float) -> str:
    """Return a number of bytes in a unit of readable size."""
    number, units = float(n_bytes), ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    while number >= 1000 and len(units) > 1:
        number, units = number / 1000, units[1:]
    return f"{number:,.0f} {units[0]}" if units[0] == "bytes" else f"{number:,.1f} {units[0]}"


def _limits() -> Iterator[int]:
    """Yield what each part of the system leaves to the process."""
    try:
        fields = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines())
        yield sum(1024 * int(fields[name].split()[0]) for name in ("MemAvailable", "SwapFree"))
    except (OSError, KeyError, ValueError):
        pages, names = "SC_AVPHYS_PAGES", getattr(os, "sysconf_names", {})
        if pages in names:
            yield os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")
    for folder in _groups():
        for most, used, cache in (
            ("memory.max", "memory.current", ("inactive_file", "active_file", "slab_reclaimable")),
            (
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                ("total_inactive_file", "total_active_file"),
            ),
        ):
            try:
                limit = int((folder / most).read_text())  # "max" stands for none
                taken = int((folder / used).read_text())
                stat = dict(
                    line.split() for line in (folder / "memory.stat").read_text().splitlines()
                )
                dropped = sum(int(stat.get(name, 0)) for name in cache)  # files, if need be
                yield max(0, limit - taken + dropped)
            except (OSError, ValueError):
                continue
    yield from _address_space()


def _groups() -> Iterator[Path]:
    """Yield the control groups (cgroup v2, or memory of v1) of the process, and those above."""
    try:
        lines = OWN_GROUP.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        root = GROUPS / controllers
        folder = root / path.lstrip("/")
        yield from (
            each for each in (folder, *folder.parents) if each == root or root in each.parents
        )


def _address_space() -> Iterator[int]:
    """Yield what a limit as of ``ulimit -v`` leaves."""
    try:
        import resource

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        if most != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            yield max(0, most - pages * resource.getpagesize())
    except (ImportError, OSError, ValueError):
        return
