"""Networks of layers.

:class:`Network` has the settings and runs the passes; the other modules are about networks:
``costs`` (weights, arithmetic, memory), ``diagnostics`` (states, gradients, Jacobians, memory) and
``attention_weights``.
"""

from .network import Network

__all__ = ["Network"]
