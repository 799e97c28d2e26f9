"""Several searches side by side, with their points in one batch."""

from collections.abc import Iterable
from contextlib import ExitStack, closing

import numpy as np

from .optimizer import Ask, MiniBatch, Order, Search, Told


def lockstep(searches: Iterable[Search]) -> Search:
    """Run searches, none of them begun, side by side; requests of one order and batch become one.

    A large batch costs less time than several small ones. Every search makes the same requests as
    it would alone, except for schedules, since all searches spend the budget. A search that ends
    drops out.

    Parameters
    ----------
    searches : iterable of generators
        As ``optimizer.search(space, rng)`` returns them.

    Yields
    ------
    Ask
        The next requests of all searches with one order and batch.
    """
    with ExitStack() as stack:
        running = [stack.enter_context(closing(search)) for search in searches]
        asks = [next(search, None) for search in running]
        while any(ask is not None for ask in asks):
            batches: dict[tuple[Order, MiniBatch | None], list[tuple[int, Ask]]] = {}
            for i, ask in enumerate(asks):
                if ask is not None:
                    batches.setdefault((ask.order, ask.mini_batch), []).append((i, ask))
            answers: dict[int, Told] = {}
            for (order, mini_batch), batch in batches.items():
                points = np.concatenate([ask.points for _, ask in batch])
                told = yield Ask(points, order, mini_batch)
                end = 0
                for i, ask in batch:
                    begin, end = end, end + len(ask.points)
                    answers[i] = told.rows(begin, end)
            asks = [
                send(search, answers[i]) if i in answers else None
                for i, search in enumerate(running)
            ]


def send(search: Search, told: Told) -> Ask | None:
    """Answer a search; return its next request, or None if it has ended."""
    try:
        return search.send(told)
    except StopIteration:
        return None
