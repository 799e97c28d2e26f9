"""Reports: what a study found, on one page of HTML that needs nothing beside it."""

from .page import is_report as is_report
from .page import write_report as write_report
