"""Compiling with numba without pain: interrupts, disks and processes may do what they like."""

from .dispatchers import Compiled as Compiled
from .dispatchers import Stored as Stored
from .dispatchers import compiling as compiling
from .dispatchers import stored as stored
from .generated_names import named as named
from .uninterrupted import uninterrupted as uninterrupted
