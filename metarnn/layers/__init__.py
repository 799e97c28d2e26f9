"""Layers: settings that connect nodes, one file each."""

from .attention import Attention
from .decoder import DECODERS, Decoder
from .dense import Dense, linear
from .embedding import Embedding, lookup
from .grid import Grid
from .layer import Layer, Stream
from .readout import READOUTS, read_out, readout_parts
from .recurrent import Recurrent
from .windows import Windows

__all__ = [
    "DECODERS", "READOUTS", "Attention", "Decoder", "Dense", "Embedding", "Grid", "Layer",
    "Recurrent", "Stream", "Windows", "linear", "lookup", "read_out", "readout_parts",
]  # fmt: skip
