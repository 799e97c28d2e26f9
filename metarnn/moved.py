"""Modules that documents named at another place: the old import still works, with a warning."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

#: Where a module is now, by its name in version 0.1.
MOVED = {
    "metarnn.alignment": "metarnn.networks.attention_weights",
    "metarnn.costs": "metarnn.networks.costs",
    "metarnn.diagnostics": "metarnn.networks.diagnostics",
    "metarnn.network": "metarnn.networks",
    "metarnn.scaling": "metarnn.sequences.scaling",
    "metarnn.iohprofiler": "metarnn.study.iohprofiler",
    "metarnn.solving": "metarnn.study.solving",
    "metarnn.optimizers.functions": "metarnn.optimizers.analytic",
}


class MovedModules(MetaPathFinder, Loader):
    """Finder of the modules of :data:`MOVED`; asked only where nothing else is found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec that loads the module at its new place."""
        return spec_from_loader(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave a blank module to the import system; it is replaced."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the module at its new place where the import system looks for this one."""
        old = module.__name__
        new = MOVED[old]
        warnings.warn(f"{old} is now {new}.", DeprecationWarning, stacklevel=2)
        sys.modules[old] = import_module(new)
