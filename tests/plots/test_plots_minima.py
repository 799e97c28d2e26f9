"""The map of minima, and the way of a run through it."""

import sys

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.minima import find_minima, many_minima, optima_network
from metarnn.plots import new_figure, plot_optima_network


@pytest.fixture(scope="module")
def network():
    """Return the network of four minima."""
    f = many_minima(2)
    return optima_network(f, find_minima(f, n_starts=40, seed=0), n_kicks=30, strength=2.0)


def circles(ax):
    """Return the collection of circles."""
    return next(each for each in ax.collections if len(each.get_offsets()) == 4)


def test_minima_are_as_high_as_their_losses_and_as_large_as_their_basins(network):
    drawn = circles(plot_optima_network(network))
    places = np.asarray(drawn.get_offsets())
    np.testing.assert_allclose(places[:, 1], network.losses)
    assert len(np.unique(places[:, 0])) == 4
    np.testing.assert_allclose(
        (drawn.get_sizes() - drawn.get_sizes().min()) / np.ptp(drawn.get_sizes()),
        (network.basins - network.basins.min()) / np.ptp(network.basins),
    )


def test_lines_are_the_edges_down(network):
    (lines,) = (each for each in plot_optima_network(network).collections if each is not None
                if hasattr(each, "get_segments"))  # fmt: skip
    ends = np.array(lines.get_segments())
    assert len(ends) == (network.monotonic > 0).sum()
    assert (ends[:, 1, 1] <= ends[:, 0, 1] * (1 + 1e-6)).all()


def test_a_way_has_an_arrow_for_each_move_and_both_ends(network):
    figure = new_figure()
    ax = figure.subplots()
    assert plot_optima_network(network, ax, way=[3, 1, 3, 0], title="adam") is ax
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == 3
    places = np.asarray(circles(ax).get_offsets())
    first, last = (line for line in ax.lines if line.get_marker() in ("X", "*"))
    np.testing.assert_allclose(first.get_xydata()[0], places[3])
    np.testing.assert_allclose(last.get_xydata()[0], places[0])
    figure.canvas.draw()


def test_what_is_missing_is_said(network, monkeypatch):
    with pytest.raises(ValueError, match="way") as caught:
        plot_optima_network(network, way=[0, 4])
    one_sentence(caught)
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(ImportError, match=r"metarnn\[minima\]") as caught:
        plot_optima_network(network)
    one_sentence(caught)
