"""A figure whose axes are in the style of the house."""

from io import BytesIO
from typing import Any

from matplotlib.figure import Figure

from .style import in_style


class StyledFigure(Figure):
    """A figure that makes its axes in the style file, whatever the settings of matplotlib."""

    def _repr_png_(self) -> bytes:
        """Return the picture that a notebook shows."""
        picture = BytesIO()
        self.savefig(picture, format="png", dpi=110)
        return picture.getvalue()

    @in_style
    def add_subplot(self, *args: Any, **settings: Any) -> Any:
        """Add axes, as ``subplots`` does for each panel; see matplotlib's Figure."""
        return super().add_subplot(*args, **settings)
