"""Optimizers that follow gradients."""
