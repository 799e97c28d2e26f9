"""Cards: what a notebook shows of an object, as HTML that needs nothing beside it.

Letters and lines have the color of the page, so that cards are read on light and dark pages alike.
Everything that is not made here is escaped: a name may be "<b>".
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

STYLE = """<style>
.metarnn-card{color:inherit;font:13px/1.5 system-ui,sans-serif;max-width:60em;overflow-x:auto;
border:1px solid rgba(127,127,127,.45);border-radius:6px;padding:.5em .8em;margin:.4em 0}
.metarnn-card p{margin:.1em 0 .4em;color:inherit}.metarnn-card strong{font-size:14px}
.metarnn-card table{font-size:13px;border-collapse:collapse;margin:.3em 0;color:inherit;
background:none}
.metarnn-card th,.metarnn-card td{color:inherit;background:none;text-align:right;border:0;
padding:.1em .8em .1em 0;border-bottom:1px solid rgba(127,127,127,.25);font-weight:400}
.metarnn-card thead th{opacity:.75}.metarnn-card th:first-child,.metarnn-card td.words{
text-align:left;min-width:8em;overflow-wrap:anywhere}
.metarnn-flow{display:flex;flex-wrap:wrap;align-items:center;gap:.4em}
.metarnn-flow .node{border:1px solid currentColor;border-radius:4px;padding:.15em .6em;
margin:.15em 0;background:linear-gradient(
to right,rgba(86,156,214,.35) var(--part),rgba(127,127,127,.1) 0)}
.metarnn-flow small{opacity:.85;font-size:12px}
</style>"""


def card(kind: str, sentence: str, *parts: str) -> str:
    """Return a card: a kind of object, a sentence on this one, and parts, which are HTML."""
    head = f"<p><strong>{escape(kind)}</strong> {escape(sentence)}</p>"
    return f'{STYLE}<div class="metarnn-card">{head}{"".join(parts)}</div>'


def facts(values: Mapping[str, Any]) -> str:
    """Return names with their values, as a table of two columns."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="words">{_text(value)}</td></tr>'
        for name, value in values.items()
    )
    return f"<table><tbody>{rows}</tbody></table>"


def table(headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table, whose first column holds names."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        f'<tr><th scope="row">{_text(name)}</th>'
        + "".join(f"<td>{_text(value)}</td>" for value in values)
        + "</tr>"
        for name, *values in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def number(value: float, digits: int = 4) -> str:
    """Return a number with some digits, large ones in full, with commas."""
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"


def _text(value: Any) -> str:
    if isinstance(value, float):
        value = number(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:,}"
    return escape(str(value))
