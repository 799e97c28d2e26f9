"""Nodes: what the engine runs, one file each, forward and backward side by side."""

from .attend import Attend
from .fold import Fold
from .grid_scan import GridScan
from .lookup import Lookup
from .pool import Pool
from .scan import Scan
from .sum import Sum
from .vectors import Vectors

__all__ = ["Attend", "Fold", "GridScan", "Lookup", "Pool", "Scan", "Sum", "Vectors"]
