"""Studies: several data sets, networks, optimizers and seeds, stored run by run.

====================  =================================================================
file                  idea
====================  =================================================================
``settings.py``       what is asked, checked
``toml.py``           the same as a file, ``study.toml``
``problems.py``       from settings to data sets, networks and optimizers
``consistency.py``    whether stored runs and new ones may stand in one table
``store.py``          one SQLite file with every run
``histories.py``      histories as bytes
``lock.py``           one process at a time
``worker.py``         what a worker does with one run
``execution.py``      runs on any backend of joblib, and workers that die
``progress.py``       how far it is
``environment.py``    versions and processor
``results.py``        the table of runs, and its summary
``study.py``          all of it together
``commands.py``       ``metarnn study init | run | status | export | report``
====================  =================================================================

>>> from metarnn.study import Study, read_settings
>>> results = Study(read_settings("study.toml"), store="study.sqlite").run()  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .results import Results
    from .settings import StudySettings
    from .store import Store
    from .study import Study
    from .toml import read_settings, write_template

_HOMES = {
    "Results": "results",
    "Store": "store",
    "Study": "study",
    "StudySettings": "settings",
    "read_settings": "toml",
    "write_template": "toml",
}

__all__ = ["Results", "Store", "Study", "StudySettings", "read_settings", "write_template"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"metarnn.study.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'metarnn.study' has no attribute {name!r}")
