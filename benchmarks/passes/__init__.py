"""Passes of whole populations, and scores of one network, against other libraries."""
