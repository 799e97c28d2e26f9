"""The environment of runs: versions, processor, date."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: The packages on which figures may depend.
PACKAGES = "metarnn", "numpy", "numba", "scipy", "scikit-learn", "deap", "joblib", "pandas"


def environment() -> dict[str, str]:
    """Return the versions, the system, the processor and the date, in words."""
    found = {"date": datetime.now(UTC).isoformat(" ", "seconds")}
    found |= {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return found | {"system": system, "processor": _processor(), "cores": str(os.cpu_count())}


def joined(environments: list[dict[str, str]]) -> dict[str, str]:
    """Return several environments as one, with all values of the entries that differ."""
    names = dict.fromkeys(name for one in environments for name in one)
    values = {name: dict.fromkeys(one.get(name, "") for one in environments) for name in names}
    return {name: "; ".join(filter(None, found)) for name, found in values.items()}


def _processor() -> str:
    """Return the model, which Python's own function does not return on Linux."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
