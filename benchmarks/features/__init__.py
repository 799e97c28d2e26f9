"""Recurrent features beside other methods for series."""
