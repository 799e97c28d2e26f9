"""Networks: shapes and passes, decoding, torch weights, costs, diagnostics."""

from .network import Network

__all__ = ["Network"]
