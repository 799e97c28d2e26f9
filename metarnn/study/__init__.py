"""Studies: several data sets, networks, optimizers and seeds, stored run by run.

The settings (``settings.py``) become problems and optimizers (``problems.py``), their product runs
(``study.py``): jobs in processes (``jobs.py``), each of which splits its data and trains
(``split.py``, ``run.py``). The store (``store.py``) keeps every run, and the results
(``results.py``) are one table.

>>> from metarnn.study import Study, read_settings
>>> results = Study(read_settings("study.toml"), store="study.sqlite").run()  # doctest: +SKIP
"""

from .parquet import read_results
from .results import Results
from .settings import StudySettings
from .store import Store
from .study import Study
from .suite import read_suite
from .toml import read_settings, write_settings, write_template

__all__ = [
    "Results",
    "Store",
    "Study",
    "StudySettings",
    "read_results",
    "read_settings",
    "read_suite",
    "write_settings",
    "write_template",
]
