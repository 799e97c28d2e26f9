"""What a notebook shows of an estimator: scikit-learn's diagram, and below it what a fit found."""

from collections.abc import Mapping
from typing import Any

from metarnn.cards import card, facts


class FittedCardMixin:
    """Adds a card of the fit to the diagram of the parameters; alone, not within a pipeline."""

    def _fitted_facts(self) -> Mapping[str, Any]:
        """Return what a fit found, by name; nothing before one."""
        raise NotImplementedError

    def _fitted_drawing(self) -> str:
        """Return a drawing of what was fitted as HTML, if there is one."""
        return ""

    def _repr_html_inner(self) -> str:
        diagram: str = super()._repr_html_inner()  # type: ignore[misc]
        found = self._fitted_facts()
        if not found:
            return diagram
        return diagram + card("Fitted", type(self).__name__, facts(found)) + self._fitted_drawing()

    def _repr_mimebundle_(self, **settings: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**settings)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] = self._repr_html_inner()
        return bundle
