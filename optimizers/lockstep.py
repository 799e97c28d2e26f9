"""Several searches side by side, whose points are asked for in one batch."""

from collections.abc import Iterable
from contextlib import ExitStack, closing

import numpy as np

from .optimizer import Ask, MiniBatch, Order, Search, Told


def lockstep(searches: Iterable[Search]) -> Search:
    """Run searches side by side, and ask at once for what they ask of one order and part.

    A large batch costs less than several small ones. Every search asks what it would ask
    alone, but for schedules: what they follow is spent by all. One that ends drops out.

    Parameters
    ----------
    searches : iterable of Search
        None of them begun.
    """
    with ExitStack() as stack:
        running = [stack.enter_context(closing(search)) for search in searches]
        asks = [next(search, None) for search in running]
        while any(ask is not None for ask in asks):
            batches: dict[tuple[Order, MiniBatch | None], list[tuple[int, Ask]]] = {}
            for i, ask in enumerate(asks):
                if ask is not None:
                    batches.setdefault((ask.order, ask.part), []).append((i, ask))
            answers: dict[int, Told] = {}
            for (order, part), batch in batches.items():
                told = yield Ask(np.concatenate([ask.points for _, ask in batch]), order, part)
                end = 0
                for i, ask in batch:
                    begin, end = end, end + len(ask.points)
                    answers[i] = rows_of(told, begin, end)
            asks = [
                send(search, answers[i]) if i in answers else None
                for i, search in enumerate(running)
            ]


def rows_of(told: Told, begin: int, end: int) -> Told:
    """Return what was told of some of the points asked for; the arrays are views."""
    gradients = None if told.gradients is None else told.gradients[begin:end]
    curvatures = None if told.curvatures is None else told.curvatures[begin:end]
    return Told(told.losses[begin:end], gradients, curvatures, told.budget_fraction)


def send(search: Search, told: Told) -> Ask | None:
    """Answer a search; return what it asks next, or None where it has ended."""
    try:
        return search.send(told)
    except StopIteration:
        return None
