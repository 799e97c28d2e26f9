"""Readers of the files that users bring."""

from .folder import load_folder
from .long import load_long
from .rows import load_csv, load_table
from .table import read_table
from .ts import load_ts

__all__ = ["load_csv", "load_folder", "load_long", "load_table", "load_ts", "read_table"]
