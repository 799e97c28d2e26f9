"""Sequences: what an X may be, read, checked, padded and scaled.

====================  =================================================================
file                  idea
====================  =================================================================
``axes.py``           rows and sequences of either layout as (B, T, I)
``padding.py``        sequences of unequal length: a list, or an array with lengths
``parsing.py``        arrays, lists and frames as one array
``reader.py``         the reader of estimators: reads X in fit, and alike afterwards
``network_input.py``  the strict check of what a network reads
``labeled.py``        sequences with labels and weights
``validation.py``     checks of lengths, tokens, targets and sample weights
``scaling.py``        ``SequenceScaler``
====================  =================================================================
"""

from .axes import as_sequences as as_sequences
from .padding import padded as padded
from .padding import unpadded as unpadded
from .validation import check_lengths as check_lengths
