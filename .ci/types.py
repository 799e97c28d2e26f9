"""Run mypy on a tree of links that has the shape of the installed package.

mypy does not follow setuptools' mapping of the three folders to metarnn, metarnn.optimizers
and metarnn.datasets.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / "build" / "typing" / "metarnn"


def lay_links() -> None:
    TREE.mkdir(parents=True, exist_ok=True)
    for link in TREE.iterdir():
        link.unlink()
    sources = [*(ROOT / "metarnn").iterdir(), ROOT / "optimizers", ROOT / "datasets"]
    for source in sources:
        if source.name != "__pycache__":
            (TREE / source.name).symlink_to(source)


if __name__ == "__main__":
    lay_links()
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    sys.exit(subprocess.call(command, cwd=TREE.parent))
