"""CSV for people, in which a spreadsheet takes no text for a formula."""

from typing import TYPE_CHECKING, Any

from .readers.formulas import shielded

if TYPE_CHECKING:
    import pandas


def csv_text(frame: "pandas.DataFrame") -> str:
    """Return a frame as CSV, without its index.

    Texts and names of columns that begin like a formula get a ``'`` in front, by the rule of
    ``readers/formulas.py``; numbers stay as they are. The readers of tables take it away again.
    """

    def safe(value: Any) -> Any:
        return shielded(value) if isinstance(value, str) else value

    shown = frame.set_axis(range(frame.shape[1]), axis=1)  # names may be there twice
    for i, dtype in shown.dtypes.items():
        if dtype.kind not in "biufc":
            shown[i] = shown[i].astype(object).map(safe)
    return str(shown.to_csv(index=False, header=[safe(name) for name in frame.columns]))
