"""What a search found: SciPy's result, which prints in a few lines."""

import numpy as np
from scipy.optimize import OptimizeResult

from metarnn.cards import card, facts, number

#: What a card leaves out: it is in the sentence, or long.
LONG = {"x", "fun", "message", "history", "population", "population_losses"}


class SearchResult(OptimizeResult):
    """SciPy's OptimizeResult, as ``minimize`` returns it; notebooks show it short."""

    def __repr__(self) -> str:
        words = [f"{name}={self[name]!r}" for name in ("passes", "nit", "stop") if name in self]
        shape = None if self.get("x") is None else np.shape(self["x"])
        return f"SearchResult(fun={self.get('fun')!r}, x of shape {shape}, {', '.join(words)})"

    def _repr_html_(self) -> str:
        loss = number(self.get("fun", np.nan), 6)
        shown = {name: value for name, value in self.items() if name not in LONG}
        if self.get("x") is not None:
            shown = {"x": f"array of shape {np.shape(self['x'])}", **shown}
        return card("Search result", f"loss {loss}. {self.get('message', '')}", facts(shown))
