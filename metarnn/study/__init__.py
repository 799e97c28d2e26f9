"""Studies: several data sets, networks, optimizers and seeds, stored run by run.

A run goes through these files, from the settings to the table:

====================  =================================================================
file                  idea
====================  =================================================================
``settings.py``       the settings, checked
``toml.py``           the settings as a file, ``study.toml``
``checks.py``         checks of settings, in sentences that name the key
``plain.py``          settings as plain values, the way JSON has them
``problems.py``       from settings to data sets, networks and optimizers
``protocol.py``       what all runs on a problem share
``split.py``          the data of a seed: training and test part, scaled
``record.py``         the columns of a run
``run.py``            one run
``schedule.py``       runs as jobs, in their order
``worker.py``         a run in another process
``execution.py``      runs on any backend of joblib, and workers that die
``store.py``          one SQLite file with every run
``histories.py``      histories as bytes
``lock.py``           one process at a time
``consistency.py``    whether stored and new runs may stand in one table
``environment.py``    versions and processor
``display.py``        the progress
``study.py``          all of it together
``results.py``        the table of runs
``summary.py``        its summary
``iohprofiler.py``    its export for IOHprofiler
``solving.py``        whether a network solves a task
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
