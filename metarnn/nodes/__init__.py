"""Nodes: what the engine runs, one file each, forward and backward side by side."""

from .attend import Attend
from .grid_scan import GridScan
from .pool import Pool
from .scan import Scan
from .sum import Sum

__all__ = ["Attend", "GridScan", "Pool", "Scan", "Sum"]
