"""A network node by node: what it is, the shape of its output, its weights and its arithmetic."""

from math import prod
from textwrap import wrap
from typing import NamedTuple

from metarnn.cards import card
from metarnn.cells import Unbiased, cell_name
from metarnn.engine.graph import Node, Program
from metarnn.engine.signals import BY_ANSWERS, Clock, Steps

#: What nodes without a cell are called.
WORDS = {"Lookup": "embedding", "Attend": "attention", "Fold": "windows", "Pool": "pool"}

#: The widest column of names; a table has at most 80 columns.
WIDEST = 22


class Stage(NamedTuple):
    """A node, as a row of the summary."""

    name: str
    cell: str
    output: str
    n_weights: int
    multiply_adds: int
    reads: frozenset[int]  # buffers
    writes: frozenset[int]  # maybe parts of these: nodes that share one run side by side


def stages(program: Program, input_kind: str, steps: Steps) -> list[Stage]:
    """Return the nodes of a network in the order in which they run."""
    return [
        Stage(
            node.suffix.lstrip("_") or WORDS.get(type(node).__name__, type(node).__name__.lower()),
            _cell(node),
            shape(node.target.n_rows, node.target.clock, input_kind),
            sum(prod(block.shape) for block in node.blocks),
            node.work(steps).multiply_adds,
            frozenset(signal.buffer for signal in node.sources),
            frozenset(signal.buffer for signal in node.targets),
        )
        for node in program.nodes
    ]


def shape(n_rows: int, clock: Clock, input_kind: str = "numbers") -> str:
    """Return a shape in words: B sequences, T steps (U of outputs), rows of numbers."""
    steps = {"inputs": "R, C" if input_kind == "images" else "T", "answers": "U", "once": ""}
    named = steps[clock.of] + (f"/{clock.window}" if clock.window > 1 else "")
    return f"(B, {named}, {n_rows})" if named else f"(B, {n_rows})"


def input_shape(n_inputs: int, input_kind: str) -> str:
    """Return the shape of the data."""
    return {
        "numbers": f"(B, T, {n_inputs})",
        "tokens": f"(B, T), tokens below {n_inputs}",
        "images": f"(B, R, C, {n_inputs})",
    }[input_kind]


def summary_table(rows: list[Stage], data: str, n_steps: int) -> str:
    """Return the summary as text of at most 80 columns."""
    width = min(max(len(row.name) for row in rows), WIDEST)
    line = f"{{:{max(width, 4)}.{WIDEST}}}  {{:12.12}} {{:16}} {{:>10}} {{:>15}}".format
    lines = [line("node", "cell", "output", "weights", "multiply-adds")]
    lines.append(line("data", "", data, "", ""))
    for row in rows:
        lines.append(
            line(row.name, row.cell, row.output, f"{row.n_weights:,}", f"{row.multiply_adds:,}")
        )
    totals = sum(row.n_weights for row in rows), sum(row.multiply_adds for row in rows)
    lines.append(line("all", "", "", *(f"{total:,}" for total in totals)))
    steps = "1 step" if n_steps == 1 else f"{n_steps:,} steps"
    axes = "B sequences, T steps, U steps of an output, R rows and C columns of an image."
    cost = f"A loss takes these multiply-adds for a sequence of {steps}, a gradient about thrice."
    lines += ["", *wrap(f"{cost} {axes}", 80)]
    return "\n".join(text.rstrip() for text in lines)


def network_card(words: str, rows: list[Stage], data: str) -> str:
    """Return the drawing of a network: its nodes from the data on, shaded by their weights.

    Nothing in it comes from users but the sentence, which the card escapes.
    """
    total = max(sum(row.n_weights for row in rows), 1)
    blocks = [f"<small>{data}</small>"]
    groups: list[list[Stage]] = []
    for row in rows:
        beside = groups and groups[-1][-1].writes & row.writes
        groups[-1].append(row) if beside else groups.append([row])
    written = frozenset([-1])  # the data
    for group in groups:
        nodes = "".join(_node(row, total) for row in group)
        arrow = "→" if any(row.reads & written for row in group) else "·"
        written = frozenset().union(*(row.writes for row in group))
        blocks.append(f'<span aria-hidden="true">{arrow}</span><div>{nodes}</div>')
    drawing = f'<div class="metarnn-flow">{"".join(blocks)}</div>'
    note = "B sequences, T steps; the shaded part of a box is its share of the weights."
    if any("·</span>" in block for block in blocks):
        note += " A dot instead of an arrow: the box reads one farther back."
    return card("Network", f"{words}: {total:,} weights", drawing, f"<p><small>{note}</small></p>")


def _node(row: Stage, total: int) -> str:
    words = " ".join(dict.fromkeys([row.cell, row.name])).strip()
    part = 100 * row.n_weights / total
    weights = f"{row.n_weights:,} weights" if row.n_weights else "no weights"
    return (
        f'<div class="node" style="--part:{part:.0f}%">{words}<br>'
        f"<small>{weights}<br>{row.output}</small></div>"
    )


def _cell(node: Node) -> str:
    """Return the name of the cell that a node applies, and how."""
    cell = getattr(node, "cell", None)
    if cell is None:
        kind = type(node).__name__
        return WORDS.get(kind, kind.lower()) if node.suffix else ""
    return "linear" if isinstance(cell, Unbiased) else cell_name(cell)


def steps_of(n_steps: int, program: Program) -> Steps:
    """Return the steps of one sequence; an image is one row, an output as long as its input."""
    decodes = program.scores.clock == BY_ANSWERS
    return Steps(n_steps, n_steps if decodes else 0, n_steps)
