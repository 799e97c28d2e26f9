"""Drawings of how the package works, made from the package when the site is built.

``:::{drawing} walk`` puts one into a page, as an SVG within it, whose colors are those of the
theme, light or dark. What a drawing shows is taken from a run or from the code, so that it cannot
say what is no longer so.
"""

import ast
from html import escape
from pathlib import Path

import numpy as np
from docutils import nodes
from docutils.parsers.rst import Directive

from metarnn import Fitness, Network, minimize
from metarnn.datasets import load
from metarnn.engine.jit import LANES
from metarnn.engine.tiles import Tiles
from metarnn.optimizers import GA, Memetic, Rprop
from metarnn.optimizers.meter import price_of
from metarnn.optimizers.optimizer import Order
from metarnn.sequences import as_sequences

ROOT = Path(__file__).parents[1]
WIDTH = 400


def rectangle(x, y, width, height, kind="box", hint=""):
    """Return a rectangle; what it is about shows where the pointer rests."""
    hint = f"<title>{escape(hint)}</title>" if hint else ""
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'rx="2">{hint}</rect>'
    )


def text(x, y, words, kind="", anchor="start"):
    """Return a line of text, whose place is its base line."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {place}>{escape(words)}</text>'


def arrow(x, y, length=26):
    """Return an arrow downwards."""
    tip = y + length
    return (
        f'<path class="arrow" d="M{x} {y}V{tip - 2}"/>'
        f'<path class="tip" d="M{x - 4} {tip - 7}L{x} {tip}L{x + 4} {tip - 7}Z"/>'
    )


def drawing(parts, height, title, description):
    """Return the SVG of some parts, with what a screen reader reads of it."""
    return (
        f'<svg class="drawing" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(f"{title}. {description}")}">{"".join(parts)}</svg>'
    )


def walk():
    """The calls of a training, with the shapes that a fit of iris has."""
    data = load("iris")
    sequences = as_sequences(data.X)
    network = Network.build(sequences.shape[2], int(data.y.max()) + 1, hidden=16)
    fitness = Fitness(network, sequences, data.y)
    points = network.init(np.random.default_rng(0), 20)
    losses = fitness(points)
    found = minimize(fitness, "adam", budget=30, seed=0)
    steps = [
        ("sequences", "reads, checks and scales", f"X (B, T, I) = {sequences.shape}, y"),
        ("Network", "knows shapes, owns no weights", f"D = {network.n_weights} weights"),
        ("Fitness", f"points {points.shape} in, losses {losses.shape} out", "an objective"),
        ("minimize", "evaluates, counts, keeps the best, stops", "OptimizeResult"),
    ]
    parts, y = [text(200, 14, "X, y", "name", "middle"), arrow(200, 20)], 46
    for name, what, out in steps:
        parts += [
            rectangle(40, y, 320, 44),
            text(200, y + 18, name, "name", "middle"),
            text(200, y + 36, what, "", "middle"),
            arrow(200, y + 44),
            text(212, y + 62, out, "small"),
        ]
        y += 70
    best = (
        f"x ({found.x.size},), loss {found.fun:.2f} after {found.passes:g} passes of a first look"
    )
    parts.append(text(200, y + 14, best, "small", "middle"))
    said = "; ".join(f"{name}: {what}, gives {out}" for name, what, out in steps)
    return drawing(parts, y + 22, "The walk of a training", said)


def meter():
    """What a hybrid requests of a budget, in a run."""
    asked = []

    class Recording:
        space, cost = FITNESS.space, FITNESS.cost

        def __call__(self, points):
            asked.append((Order.VALUE, len(points)))
            return FITNESS(points)

        def gradient(self, points):
            asked.append((Order.GRADIENT, len(points)))
            return FITNESS.gradient(points)

    budget = 200
    optimizer = Memetic(GA(16), Rprop(), refine_every=2, n_refined=4, refine_steps=2)
    minimize(Recording(), optimizer, budget=budget, seed=0)
    prices = {order: price_of(FITNESS, order) for order in (Order.VALUE, Order.GRADIENT)}
    scale, parts, spent = (WIDTH - 20) / budget, [], 0.0
    for order, n in asked:
        passes = n * prices[order]
        kind = "value" if order is Order.VALUE else "gradient"
        hint = f"{n} points x {prices[order]:g} = {passes:g} passes"
        parts.append(rectangle(10 + spent * scale, 26, passes * scale - 1, 34, kind, hint))
        spent += passes
    parts += [
        text(10, 16, f"{len(asked)} requests of a hybrid, {spent:g} of {budget} passes", "name"),
        f'<path class="arrow" d="M10 68H{WIDTH - 10}"/>',
        text(10, 84, "0"),
        text(WIDTH - 10, 84, f"{budget} passes: the end, exactly", anchor="end"),
        rectangle(10, 98, 14, 12, "value"),
        text(30, 108, f"losses of points, {prices[Order.VALUE]:g} pass each"),
        rectangle(10, 118, 14, 12, "gradient"),
        text(30, 128, f"losses and gradients, {prices[Order.GRADIENT]:g} passes each"),
    ]
    said = ", ".join(f"{n} {order.name.lower()}s" for order, n in asked)
    return drawing(parts, 138, "Requests that a budget pays for", said)


def tiles():
    """How sequences of unequal length lie in tiles."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(4, 31, size=80)
    packed = Tiles.pack(np.zeros((80, 30, 1)), "float32", lengths=lengths)
    order = np.empty(80, int)
    order[packed.place] = np.arange(80)
    gap, parts = 14, []
    lane = (WIDTH - 20 - gap * (len(packed) - 1)) / (LANES * len(packed))
    for tile, used in enumerate(packed.n_used):
        left = 10 + tile * (LANES * lane + gap)
        longest = lengths[order[tile * LANES]]
        parts.append(rectangle(left, 28, LANES * lane, 4.0 * longest))
        for i in range(used):
            steps = lengths[order[tile * LANES + i]]
            parts.append(
                rectangle(
                    left + i * lane + 0.4, 28, lane - 0.8, 4.0 * steps, "value", f"{steps} steps"
                )
            )
        parts.append(text(left, 20, f"tile {tile + 1}: {used} lanes", "small"))
    bottom = 28 + 4.0 * lengths.max()
    parts += [
        text(10, bottom + 18, f"{len(lengths)} sequences, a column each; steps run downwards."),
        text(10, bottom + 35, "A tile is as long as its own longest sequence."),
    ]
    said = f"{len(lengths)} sequences sorted by length lie in {len(packed)} tiles of {LANES} lanes"
    return drawing(parts, bottom + 42, "Sequences in tiles", said)


def rooms():
    """The floors of the house, as the test of the layout has them."""
    source = (ROOT / "tests" / "test_layout.py").read_text()
    floors = next(
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "FLOORS"
    )
    parts, y = [text(200, 14, "a room imports rooms of lower floors only", "", "middle")], 24
    for floor in reversed(floors):
        rows, used = [[]], 0.0
        for room in floor:
            width = 18 + 7.6 * len(room)
            if used + width > WIDTH - 30:
                rows.append([])
                used = 0.0
            rows[-1].append((room, width))
            used += width + 6
        parts.append(rectangle(4, y, WIDTH - 8, 30 * len(rows) + 4, "floor"))
        for row in rows:
            x = 200 - (sum(width for _, width in row) + 6 * (len(row) - 1)) / 2
            for room, width in row:
                parts += [
                    rectangle(x, y + 5, width, 24),
                    text(x + width / 2, y + 21, room, "code", "middle"),
                ]
                x += width + 6
            y += 30
        y += 8
    said = "; ".join(", ".join(floor) for floor in reversed(floors))
    return drawing(parts, y, "The floors of the house from the top", said)


FITNESS = Fitness(Network.build(4, 3, hidden=4), load("iris").X, load("iris").y)
DRAWINGS = {"walk": walk, "meter": meter, "tiles": tiles, "rooms": rooms}


class Drawing(Directive):
    """``:::{drawing} NAME``: one of DRAWINGS."""

    required_arguments = 1

    def run(self):
        """Return the drawing as it stands in the page."""
        svg = DRAWINGS[self.arguments[0]]()
        return [nodes.raw("", f'<figure class="drawing">{svg}</figure>', format="html")]


def setup(app):
    """Called by Sphinx."""
    app.add_directive("drawing", Drawing)
    return {"parallel_read_safe": True}
