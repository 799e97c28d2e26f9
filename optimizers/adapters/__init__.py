"""Optimizers of other libraries."""
