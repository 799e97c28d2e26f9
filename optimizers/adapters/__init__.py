"""Optimizers of other libraries, under the same budget."""
