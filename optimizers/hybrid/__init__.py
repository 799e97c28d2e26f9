"""Populations with gradient steps, restarts and islands: optimizers of optimizers."""
