"""Vector code over the steps of sequences: formulas that each lane follows up to its own end."""

import inspect
from collections.abc import Callable
from typing import Any

from metarnn.engine.emission import Code, emitted
from metarnn.engine.jit import LANES
from metarnn.engine.vector_memory import Pointer
from metarnn.engine.vectors import Integer, where


def folded(formula: Callable[..., Any], n_states: int = 1) -> Any:
    """Return the compiled function that takes the steps of a signal into rows, one by one.

    The formula gets the rows so far, `n_states` of them, the step, as a number, the rows of the
    step, and rows that remain as they are; it returns the next rows. What the end of its sequence
    has passed stays as it is in a lane.

    Arguments are the pointer to the signal and its stride, the first step to take, from which step
    on a sequence may have ended (`shared`), the number of steps, the pointer to the ends of the
    lanes, the number of rows, and pointers to the rows that the formula gets.
    """
    n_rest = len(inspect.signature(formula).parameters) - n_states - 2

    def write(code: Code, *arguments: Any) -> None:
        x, stride, first, shared, n_steps, ends, n_rows, *pointers = arguments
        rows = [pointer.by(LANES) for pointer in pointers]
        states, rest = rows[:n_states], rows[n_states:]

        def over(begin: Integer, end: Integer, some_have_ended: bool) -> None:
            def step(k: Integer) -> list[Any]:
                t = begin + k
                a, now = (x + t * stride).by(LANES), x.by(LANES).converted(t)
                going = now < ends.by(LANES).vector() if some_have_ended else None

                def row(r: Integer) -> list[Any]:
                    place = r * LANES
                    held = [state.vector(place) for state in states]
                    found = formula(*held, now, a.vector(place), *(v.vector(place) for v in rest))
                    found = found if isinstance(found, tuple) else (found,)
                    for state, new, old in zip(states, found, held, strict=True):
                        state.store(new if going is None else where(going, new, old), place)
                    return []

                code.loop(n_rows, [], row)
                return []

            code.loop(end - begin, [], step)

        over(first, shared, False)
        over(shared, n_steps, True)

    return emitted(write, f"folded_{formula.__name__}", 7 + n_states + n_rest)


def spread(formula: Callable[..., Any]) -> Any:
    """Return the compiled function that gives each step of a signal its derivative.

    The formula gets the derivative of the rows that all steps became, the step, as a number, the
    ends of the lanes, the rows of the step, and rows that remain as they are. It returns the
    derivative of the step, also for lanes that have ended.

    Arguments are the pointer to the signal and its stride, the pointer to its derivatives and
    their stride, how many steps there are and whether derivatives are added to those that are
    there, 1 or 0, the pointer to the ends of the lanes, the number of rows, and pointers to the
    derivative and the rows that the formula gets.
    """
    n_rest = len(inspect.signature(formula).parameters) - 4

    def write(code: Code, *arguments: Any) -> None:
        x, stride, d_x, d_stride, n_steps, added, ends, n_rows, *pointers = arguments
        d_y, *rest = [pointer.by(LANES) for pointer in pointers]

        def over(n: Integer, adds: bool) -> None:
            def step(t: Integer) -> list[Any]:
                a, d_a = ((p + t * s).by(LANES) for p, s in ((x, stride), (d_x, d_stride)))
                now, end = x.by(LANES).converted(t), ends.by(LANES).vector()

                def row(r: Integer) -> list[Any]:
                    place = r * LANES
                    others = [v.vector(place) for v in rest]
                    d = formula(d_y.vector(place), now, end, a.vector(place), *others)
                    put = Pointer.add if adds else Pointer.store
                    put(d_a, d, place)
                    return []

                code.loop(n_rows, [], row)
                return []

            code.loop(n, [], step)

        over(n_steps * (added * -1 + 1), False)
        over(n_steps * added, True)

    return emitted(write, f"spread_{formula.__name__}", 9 + n_rest)
