"""Optimizers that evolve a population of points by their losses."""
