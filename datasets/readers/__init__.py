"""Readers of the files that users bring."""

from .folder import load_folder as load_folder
from .long import load_long as load_long
from .long_frame import from_long as from_long
from .rows import load_csv as load_csv
from .rows import load_table as load_table
from .table import read_table as read_table
from .ts import load_ts as load_ts
