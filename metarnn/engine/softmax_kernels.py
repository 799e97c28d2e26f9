"""Softmax attention over steps: energies, weights by their softmax, and weighted sums.

Energies and weights are rows of 32 lanes, one row for each step; every lane has a sequence or a
candidate of its own. Matrices (rows, 32) of consecutive steps are a stride apart.
"""

from typing import Any

from .emission import Code, emitted
from .jit import LANES
from .vector_math import exp_of_negative, tanh
from .vector_memory import Pointer
from .vectors import Integer, Vector, fma, sqrt, where


def _softmax(
    code: Code, energies: Pointer, n_steps: Integer, first: Integer, ends: Pointer, weights: Pointer
) -> None:
    energies, weights = energies.by(LANES), weights.by(LANES)
    begin, end = energies.converted(first), ends.by(LANES).vector()

    def compare(k: Integer, step: Vector, largest: Vector) -> list[Vector]:
        e = energies.vector(k * LANES)
        return [step + 1.0, where(step < end, where(e > largest, e, largest), largest)]

    _, largest = code.loop(n_steps, [begin, energies.splat(float("-inf"))], compare)

    def raised(k: Integer, step: Vector, total: Vector) -> list[Vector]:
        below = energies.vector(k * LANES) - largest
        # 0 e is NaN where e is infinite: such an energy has no finite weight.
        power = where(step < end, fma(below, 0.0, exp_of_negative(below)), 0.0)
        weights.store(power, k * LANES)
        return [step + 1.0, total + power]

    _, total = code.loop(n_steps, [begin, energies.splat(0.0)], raised)
    unit = where(total.equals(0.0), 0.0, 1.0 / total)

    def divide(k: Integer) -> list[Vector]:
        weights.store(weights.vector(k * LANES) * unit, k * LANES)
        return []

    code.loop(n_steps, [], divide)


def _softmax_back(code: Code, weights: Pointer, n_steps: Integer, d: Pointer) -> None:
    weights, d = weights.by(LANES), d.by(LANES)

    def add(k: Integer, mean: Vector) -> list[Vector]:
        return [fma(weights.vector(k * LANES), d.vector(k * LANES), mean)]

    (mean,) = code.loop(n_steps, [weights.splat(0.0)], add)

    def turn(k: Integer) -> list[Vector]:
        d.store(weights.vector(k * LANES) * (d.vector(k * LANES) - mean), k * LANES)
        return []

    code.loop(n_steps, [], turn)


def _dot_products(
    code: Code, x: Pointer, x_stride: Integer, y: Pointer, n_rows: Integer, n_steps: Integer,
    out: Pointer,
) -> None:  # fmt: skip
    x, y, out = x.by(LANES), y.by(LANES), out.by(LANES)

    def step(k: Integer, x: Pointer) -> list[Pointer]:
        def row(i: Integer, total: Vector) -> list[Vector]:
            return [fma(x.vector(i * LANES), y.vector(i * LANES), total)]

        (total,) = code.loop(n_rows, [x.splat(0.0)], row)
        out.store(total, k * LANES)
        return [x + x_stride]

    code.loop(n_steps, [x], step)


def _add_multiples(
    code: Code, factors: Pointer, x: Pointer, x_stride: Integer, n_rows: Integer, n_steps: Integer,
    out: Pointer, out_stride: Integer,
) -> None:  # fmt: skip
    factors, x, out = factors.by(LANES), x.by(LANES), out.by(LANES)

    def step(k: Integer, x: Pointer, out: Pointer) -> list[Pointer]:
        factor = factors.vector(k * LANES)

        def row(i: Integer) -> list[Vector]:
            place = i * LANES
            out.store(fma(factor, x.vector(place), out.vector(place)), place)
            return []

        code.loop(n_rows, [], row)
        return [x + x_stride, out + out_stride]

    code.loop(n_steps, [x, out], step)


def _scaled(code: Code, x: Pointer, n_rows: Integer, out: Pointer) -> None:
    x, out = x.by(LANES), out.by(LANES)
    unit = 1.0 / sqrt(x.converted(n_rows))

    def row(i: Integer) -> list[Vector]:
        out.store(x.vector(i * LANES) * unit, i * LANES)
        return []

    code.loop(n_rows, [], row)


def _additive_energies(
    code: Code, w: Pointer, query: Pointer, keys: Pointer, stride: Integer, n_rows: Integer,
    n_steps: Integer, out: Pointer,
) -> None:  # fmt: skip
    w, query, keys, out = w.by(LANES), query.by(LANES), keys.by(LANES), out.by(LANES)

    def step(k: Integer, key: Pointer) -> list[Pointer]:
        def row(i: Integer, total: Vector) -> list[Vector]:
            shown = tanh(query.vector(i * LANES) + key.vector(i * LANES))
            return [fma((w + i).weight(0, 0), shown, total)]

        (total,) = code.loop(n_rows, [key.splat(0.0)], row)
        out.store(total, k * LANES)
        return [key + stride]

    code.loop(n_steps, [keys], step)


def _additive_energies_back(
    code: Code, w: Pointer, query: Pointer, keys: Pointer, stride: Integer, n_rows: Integer,
    n_steps: Integer, d: Pointer, d_query: Pointer, d_keys: Pointer, d_stride: Integer,
    d_w: Pointer,
) -> None:  # fmt: skip
    w, query, keys, d = w.by(LANES), query.by(LANES), keys.by(LANES), d.by(LANES)
    d_query, d_keys, d_w = d_query.by(LANES), d_keys.by(LANES), d_w.by(LANES)
    zero = d.splat(0.0)

    def row(i: Integer) -> list[Vector]:
        place = i * LANES
        q, weight = query.vector(place), (w + i).weight(0, 0)

        def step(
            k: Integer, key: Pointer, d_key: Pointer, by_query: Vector, by_weight: Vector
        ) -> list[Any]:
            d_energy, shown = d.vector(k * LANES), tanh(q + key.vector())
            slope = d_energy * weight * (1.0 - shown * shown)
            d_key.add(slope)
            return [
                key + stride,
                d_key + d_stride,
                by_query + slope,
                fma(d_energy, shown, by_weight),
            ]

        at_row = [keys + place, d_keys + place, zero, zero]
        *_, by_query, by_weight = code.loop(n_steps, at_row, step)
        d_query.add(by_query, place)
        d_w.store(by_weight, place)
        return []

    code.loop(n_rows, [], row)


#: softmax(energies, n_steps, first, ends, weights): the weights of the steps from `first` on, which
#: add up to 1 over the steps before `ends` of the lane; a lane without any gets zeros.
softmax = emitted(_softmax, "softmax")
#: softmax_back(weights, n_steps, d): turn the derivatives by the weights into those by energies.
softmax_back = emitted(_softmax_back, "softmax_back")
#: dot_products(x, x_stride, y, n_rows, n_steps, out): out_s = x_s . y.
dot_products = emitted(_dot_products, "dot_products")
#: add_multiples(factors, x, x_stride, n_rows, n_steps, out, out_stride): out_s += f_s x_s, where
#: a stride of 0 makes a sum, or multiples of the same rows.
add_multiples = emitted(_add_multiples, "add_multiples")
#: scaled(x, n_rows, out): out = x / sqrt(n_rows).
scaled = emitted(_scaled, "scaled")
#: additive_energies(w, query, keys, stride, n_rows, n_steps, out): out_s = w . tanh(q + k_s).
additive_energies = emitted(_additive_energies, "additive_energies")
#: additive_energies_back(w, query, keys, stride, n_rows, n_steps, d, d_query, d_keys, d_stride,
#: d_w):
#: add the derivatives by query and keys, given those by the energies; compute those by w.
additive_energies_back = emitted(_additive_energies_back, "additive_energies_back")
