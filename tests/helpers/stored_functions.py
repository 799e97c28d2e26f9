"""A module with stored functions, run again as each process does."""

import importlib.util

SOURCE = """
from metarnn.compilation import stored

@stored()
def double(x):
    return x + x

@stored()
def square(x):
    return x * x
"""


class StoredFunctions:
    """The functions of a file of its own, as a new process finds them."""

    def __init__(self, folder):
        self.file = folder / "functions.py"
        self.file.write_text(SOURCE)

    def reloaded(self):
        spec = importlib.util.spec_from_file_location("functions", self.file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def n_loaded(function):
    return sum(function.stats.cache_hits.values())
