"""Reports: what a study found, on one page of HTML that needs nothing beside it."""

from .page import write_report

__all__ = ["write_report"]
