"""Sequences: what an X may be, read, checked, padded and scaled.

====================  =================================================================
file                  idea
====================  =================================================================
``axes.py``           (B, T, I) from rows, either layout and lists of unequal length
``parsing.py``        arrays, lists and frames as one array
``reader.py``         the reader of estimators: reads X in fit, and alike afterwards
``network_input.py``  the strict check of what a network reads
``labeled.py``        sequences with labels and weights
``validation.py``     checks of lengths, tokens, targets and sample weights
``scaling.py``        ``SequenceScaler``
====================  =================================================================
"""

from metarnn.datasets import fill_missing as fill_missing
from metarnn.datasets import from_long as from_long

from .axes import as_sequences as as_sequences
from .axes import padded as padded
from .axes import unpadded as unpadded
from .validation import check_lengths as check_lengths
