"""What a campaign counts, and when an error is a sentence that somebody wrote for its reader."""

import linecache
import math
import re
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import metarnn
import metarnn.datasets
import metarnn.optimizers

#: How many faults of each kind are kept as they were found.
EXAMPLES = 8

#: The faults, by the columns of the table.
FAULTS = {"wrong": "lost, doubled\nor corrupt", "crash": "crashes", "hang": "hangs", "raw": "raw"}

#: Classes of errors that the package may raise at a mistake.
EXPECTED = TypeError, ValueError, OSError, ImportError, MemoryError

#: Words of Python, NumPy, SQLite and zlib that help nobody.
RAW = re.compile(
    r"Error -?\d+ while|could not convert string to|Unable to allocate|'NoneType'|unhashable|"
    r"object (is not|has no|of type)|unsupported operand|invalid literal|not enough values|"
    r"too many values|index out of|out of bounds|must be str, not|Traceback|codec can't|"
    r"cannot (reshape|broadcast)|could not be broadcast|inhomogeneous"
)

_OWN = [str(Path(room.__file__).parent) for room in (metarnn, metarnn.optimizers, metarnn.datasets)]


class TimeIsUpError(Exception):
    """The time of a campaign is over."""


@dataclass
class Tally:
    """The cases of a campaign: how many, how each kind ended, and the faults."""

    kinds: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    #: When no more cases are begun, by time.monotonic().
    end: float = math.inf

    @property
    def tried(self) -> int:
        """The number of cases."""
        return self.kinds.total()

    @property
    def n_faults(self) -> int:
        """The number of cases that broke a promise."""
        return sum(self.kinds[kind] for kind in FAULTS)

    def add(self, case: object, kind: str, text: str = "") -> None:
        """Count a case: one of `FAULTS`, or another word, such as fine or refused."""
        self.kinds[kind] += 1
        if kind in FAULTS:
            kept = self.faults.setdefault(kind, [])
            if len(kept) < EXAMPLES:
                kept.append(f"{case}: {text}"[:600])
        if time.monotonic() > self.end:
            raise TimeIsUpError

    def plain(self) -> dict[str, Any]:
        """Return the tally as JSON has it."""
        values = asdict(self) | {"kinds": dict(self.kinds), "tried": self.tried}
        del values["end"]
        return values


def fault_of(error: BaseException) -> str:
    """Return what is wrong with an error as an answer to its user, or nothing.

    An answer is an error of an expected class that code of the package, or a check of
    scikit-learn, raised by a statement of its own, in one line without words of a library.
    """
    text = str(error)
    if not isinstance(error, EXPECTED):
        return "class"
    if fault := fault_of_text(text):
        return fault
    last = traceback.extract_tb(error.__traceback__)[-1]
    if not (any(map(last.filename.startswith, _OWN)) or "/sklearn/" in last.filename):
        return "raised elsewhere"
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    return "" if line.startswith("raise") else "not raised by a statement"


def fault_of_text(text: str) -> str:
    """Return what is wrong with the words of an error, or nothing."""
    if not text.strip() or "\n" in text.strip():
        return "no single line"
    found = RAW.search(text)
    return f"the words {found[0]!r}" if found else ""


def described(error: BaseException) -> str:
    """Return class, words and place of an error."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if any(map(frame.filename.startswith, _OWN))] or frames
    where = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__} at {where}: {' '.join(str(error).split())[:300]}"
