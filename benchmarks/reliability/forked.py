"""Cases in forks of a warm process: a case that crashes or hangs costs itself and a fork."""

import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Case = TypeVar("Case")
#: How a case ended, and words about it.
Outcome = tuple[str, str]

#: Cases of one fork, after which another takes over, so that what they leave does not add up.
CASES = 400


def outcomes(
    cases: Sequence[Case],
    judge: Callable[[Case], Outcome],
    *,
    seconds: float = 20.0,
    gigabytes: float = 3.0,
) -> Iterator[tuple[Case, Outcome]]:
    """Yield each case with its outcome: "crash" where the fork died, "hang" after some seconds.

    The seconds are of the processor, or ten times as many of the clock, since others may use the
    machine. The forks may take so many gigabytes more than this process has, and their output is
    dropped.
    """
    begin = 0
    while begin < len(cases):
        end = min(begin + CASES, len(cases))
        for outcome in _fork(cases[begin:end], judge, seconds, gigabytes):
            yield cases[begin], outcome
            begin += 1


def _fork(
    cases: Sequence[Case], judge: Callable[[Case], Outcome], seconds: float, gigabytes: float
) -> Iterator[Outcome]:
    """Yield the outcomes of cases up to one that ends the fork."""
    receiver, sender = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(receiver)
        _work(cases, judge, sender, gigabytes)
    os.close(sender)
    n_left, rest = len(cases), b""
    used, began = _used(pid), time.monotonic()
    try:
        while n_left:
            if not select.select([receiver], [], [], 0.5)[0]:
                clock, processor = time.monotonic() - began, _used(pid) - used
                if processor > seconds or clock > 10 * seconds:
                    yield "hang", f"after {processor:.1f} s of the processor, {clock:.0f} s in all"
                    return
                continue
            data = os.read(receiver, 65536)
            if not data:
                _, status = os.waitpid(pid, 0)
                pid = 0
                yield "crash", f"status {os.waitstatus_to_exitcode(status)}"
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                n_left -= 1
                kind, text = json.loads(line)
                yield kind, text
            used, began = _used(pid), time.monotonic()
    finally:
        os.close(receiver)
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _used(pid: int) -> float:
    """Return the seconds of the processor that a child has used."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _work(
    cases: Sequence[Case], judge: Callable[[Case], Outcome], sender: int, gigabytes: float
) -> None:
    """Judge cases, a line each, and leave."""
    try:
        quiet()
        limit_memory(gigabytes)
        for case in cases:
            try:
                kind, text = judge(case)
            except BaseException as error:  # of the judge itself, which must not stop the rest
                kind, text = "crash", f"the campaign failed: {error!r}"
            os.write(sender, json.dumps([kind, text[:600]]).encode() + b"\n")
    finally:
        os._exit(0)


def quiet() -> None:
    """Send the output of this process nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def limit_memory(gigabytes: float) -> None:
    """Let this process take so many gigabytes more than it has."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    most = pages * resource.getpagesize() + int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
