"""What holds for every plot: room for its texts, names as they are, one look, colors apart."""

import inspect
import itertools
import pickle
from functools import cache

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from helpers.fake_results import synthetic
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

import metarnn.plots
from metarnn import Network
from metarnn.minima import find_minima, many_minima, optima_network
from metarnn.optimizers import Space, minimize
from metarnn.plots import (
    COLORS,
    plot_confusion,
    plot_convergence,
    plot_groups,
    plot_history,
    plot_landscape,
    plot_line,
    plot_optima_network,
    plot_ranks,
    plot_runs,
    plot_runtimes,
    plot_states,
    plot_success,
    problem_of,
)
from metarnn.plots.styled_figure import StyledFigure

LONG = "a data set of a rather long name"


def names(n):
    """Return names of optimizers, some awkward: formulas to matplotlib, or hidden labels."""
    some = ["$a_1$", "_hidden", "x_y", "50%", r"\alpha", "$", "adam, 10 starts and more"]
    return [*some, *(f"optimizer {i}" for i in range(n - len(some)))][:n]


def results(n, n_problems=2):
    problems = [(f"{LONG} $_{i}$", "elman_$16$") for i in range(n_problems)]
    return synthetic(problems, names(n), n_seeds=3, n_failed=1)


def first_problem(plot):
    def drawn(n, ax):
        found = results(n)
        return plot(found, ax, problem=found.problems[0])

    return drawn


def bowl(points):
    return ((np.asarray(points) - 1.0) ** 2).sum(axis=1)


def confusion(n, ax):
    classes = np.array(names(n))
    rng = np.random.default_rng(0)
    return plot_confusion(rng.choice(classes, 200), rng.choice(classes, 200), ax, labels=classes)


def states(n, ax):
    net, rng = Network.build(1, 2, hidden=5), np.random.default_rng(0)
    X = rng.normal(size=(n, 6, 1))
    return plot_states(net, net.init(rng, 1)[0], X, names(n), ax)


def line(n, ax):
    return plot_line(bowl, np.zeros(3), np.full(3, 2.0), ax, names=tuple(names(2)))


def landscape(n, ax):
    path = np.random.default_rng(0).normal(size=(7, 5))
    points = np.zeros(5), np.full(5, 2.0)
    return plot_landscape(bowl, *points, ax, trajectory=path, n_points=9, names=names(3))


def history(n, ax):
    return plot_history(minimize(bowl, "cuckoo", budget=300, seed=0, space=Space.box(-3, 3, 4)), ax)


def runs(n, ax):
    values = {name: np.linspace(0.5, 1, 5) - i / 40 for i, name in enumerate(names(n))}
    references = {"chance": 0.5, "$_x$": 0.51}
    return plot_runs(values, ax, title=LONG, references=references, highlighted=names(1))


@cache
def four_minima():
    loss = many_minima(2)
    return optima_network(loss, find_minima(loss, n_starts=20, seed=0), n_kicks=9, strength=2)


def optima(n, ax):
    return plot_optima_network(four_minima(), ax, way=[3, 1, 0], title=names(1)[0])


#: Each plot by the name of its function: of n names, on axes.
PLOTS = {
    "plot_convergence": first_problem(plot_convergence),
    "plot_runtimes": first_problem(plot_runtimes),
    "plot_runtimes of all": lambda n, ax: plot_runtimes(results(n), ax, title=LONG),
    "plot_success": lambda n, ax: plot_success(results(n), ax, title=LONG),
    "plot_ranks": lambda n, ax: plot_ranks(results(n, 5), ax=ax),
    "plot_confusion": confusion,
    "plot_states": states,
    "plot_line": line,
    "plot_landscape": landscape,
    "plot_history": history,
    "plot_runs": runs,
    "plot_optima_network": optima,
    "plot_groups": lambda n, ax: plot_groups(results(n), ax, title=LONG),
}

#: Rows and columns of panels, and inches of the figure. The last one is the fourth notebook's.
LAYOUTS = {
    "new": None,
    "small": (1, 1, (4, 2.6)),
    "large": (1, 1, (14, 9)),
    "side by side": (1, 2, (11, 3.6)),
    "three": (1, 3, (15, 4)),
    "notebook": (4, 2, (13, 4.4 * 4)),
}


def drawn(plot, n, layout):
    """Return a figure with a plot in each of its panels, after it was drawn."""
    if layout is None:
        figure = PLOTS[plot](n, None).figure
    else:
        rows, columns, size = layout
        figure = Figure(figsize=size, layout="constrained")
        for ax in figure.subplots(rows, columns, squeeze=False).flat:
            assert PLOTS[plot](n, ax) is ax
    FigureCanvasAgg(figure).draw()
    return figure


def texts(figure):
    """Return the texts that are to be seen, with their boxes."""
    renderer, hidden = figure.canvas.get_renderer(), set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            labels = [axis.label] if not axes.axison else []
            for tick in [*axis.majorTicks, *axis.minorTicks]:
                if not axes.axison or not low <= tick.get_loc() <= high:
                    labels += [tick.label1, tick.label2]
            hidden |= set(labels)
    return [
        (text, text.get_window_extent(renderer))
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
    ]


def overlaps(figure):
    """Return the pairs of texts whose boxes have more than a pixel in common."""
    found = []
    for (a, first), (b, second) in itertools.combinations(texts(figure), 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        along = min(first.y1, second.y1) - max(first.y0, second.y0)
        if across > 1 and along > 1:
            found.append((a.get_text(), b.get_text()))
    return found


#: What the default tests draw; the rest is slow.
FEW = [("small", 14), ("side by side", 7)]


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize(
    ("layout", "n"),
    [
        pytest.param(layout, n, marks=() if (layout, n) in FEW else pytest.mark.slow)
        for layout in LAYOUTS
        for n in (2, 7, 14)
    ],
)
@pytest.mark.slow
def test_texts_do_not_overlap(plot, n, layout):
    assert not overlaps(drawn(plot, n, LAYOUTS[layout]))


def test_names_at_line_ends_stay_apart_when_a_figure_changes():
    figure = drawn("plot_convergence", 14, LAYOUTS["small"])
    assert len(figure.axes[0].texts) > 14
    for size in (9, 3), (5, 4):
        figure.set_size_inches(*size)
        figure.axes[0].set_ylim(0.05, 1)
        for _ in range(3):  # a layout comes to rest
            FigureCanvasAgg(figure).draw()
            assert not overlaps(figure)
    before = [text.get_position() for text in figure.axes[0].texts]
    figure.stale = False
    FigureCanvasAgg(figure).draw()
    assert not figure.stale  # or a window would draw for ever
    assert [text.get_position() for text in figure.axes[0].texts] == before


@pytest.mark.parametrize("given", [False, True], ids=["new", "given"])
@pytest.mark.parametrize("plot", PLOTS)
def test_names_print_as_they_are(plot, given):
    ax = PLOTS[plot](7, Figure().subplots() if given else None)
    FigureCanvasAgg(ax.figure).draw()
    seen = [text for text in ax.figure.findobj(Text) if text.get_text() and text.get_visible()]
    for text in seen:
        assert not (text.get_parse_math() and set("$\\") & set(text.get_text())), text
    shown = " ".join(text.get_text().replace("\n", " ") for text in seen)
    known = {"plot_line": names(2), "plot_landscape": names(2), "plot_history": []}
    known["plot_optima_network"] = names(1)
    for name in known.get(plot, names(7)):
        assert name[:19] in shown


@pytest.mark.parametrize("plot", PLOTS)
def test_the_settings_of_matplotlib_stay(plot):
    before = dict(mpl.rcParams)
    with mpl.rc_context({"lines.linewidth": 7, "font.size": 30, "axes.grid": False}):
        ax = PLOTS[plot](3, None)
        assert mpl.rcParams["lines.linewidth"] == 7
    assert dict(mpl.rcParams) == before
    assert max(text.get_fontsize() for text in ax.figure.findobj(Text)) <= 12
    assert max([0, *(line.get_linewidth() for line in ax.get_lines())]) <= 4


#: Plots with pictures, on which letters have the color that the picture needs.
PICTURES = "plot_confusion", "plot_landscape", "plot_groups"


@pytest.mark.parametrize("plot", [plot for plot in PLOTS if plot not in PICTURES])
def test_letters_are_light_on_dark_axes_and_dark_on_new_ones(plot):
    with mpl.style.context("dark_background"):
        for given in (True, False):
            ax = PLOTS[plot](3, Figure().subplots() if given else None)
            FigureCanvasAgg(ax.figure).draw()
            page = np.mean(mpl.colors.to_rgb(ax.figure.get_facecolor()))
            assert page == (0 if given else 1)
            for text in ax.figure.findobj(Text):
                if text.get_text() and text.get_visible():
                    light = np.mean(mpl.colors.to_rgb(text.get_color()))
                    assert abs(light - page) > 0.5, text


def test_all_take_axes_after_the_data():
    functions = {name: getattr(metarnn.plots, name) for name in dir(metarnn.plots)}
    plots = {name: one for name, one in functions.items() if name.startswith("plot_")}
    assert set(plots) == {name.split()[0] for name in PLOTS}
    for plot in plots.values():
        parameters = list(inspect.signature(plot).parameters.values())
        kinds = [parameter.kind for parameter in parameters]
        place = [parameter.name for parameter in parameters].index("ax")
        assert parameters[place].default is None
        assert set(kinds[: place + 1]) == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
        assert set(kinds[place + 1 :]) <= {inspect.Parameter.KEYWORD_ONLY}
        assert "matplotlib Axes" in plot.__doc__.split("Returns")[1]


def test_an_optimizer_looks_the_same_everywhere():
    found = results(6)
    runs = found.runs
    # The first problem lacks the first optimizer, as a study that was interrupted may.
    kept = ~((runs["dataset"] == found.problems[0][0]) & (runs["optimizer"] == names(6)[0]))
    part = type(found)(
        runs[kept].reset_index(drop=True),
        [one for one, keep in zip(found.histories, kept, strict=True) if keep],
        found.settings,
        found.environment,
        found.targets,
    )
    second = found.problems[1]
    first = problem_of(part, part.problems[0])
    last = problem_of(found, second).looks
    assert names(6)[0] not in first.histories
    order = metarnn.plots.problem.optimizers_of(part)
    assert first.looks == metarnn.plots.style.styles(order)
    assert last == metarnn.plots.style.styles(names(6))
    bars = plot_success(found).patches
    colors = [mpl.colors.to_hex(bar.get_facecolor()) for bar in bars]
    assert colors == [look.color.lower() for look in last.values()]
    lines = {line.get_label(): line for line in plot_convergence(found, problem=second).get_lines()}
    assert [lines[name].get_color() for name in names(6)] == [look.color for look in last.values()]


def test_a_figure_can_be_pickled():
    pickle.loads(pickle.dumps(PLOTS["plot_success"](3, None).figure))


#: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes: A physiologically-based model for simulation
#: of color vision deficiency. IEEE TVCG 15 (2009) 1291-1298, table 1, of full severity.
SIGHTS = {
    "usual": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(linear):
    """Return CIELAB coordinates of linear RGB, whose white is that of sRGB."""
    x, y, z = (
        (t := linear @ XYZ.T / XYZ.sum(axis=1)) ** (1 / 3) * (t > 0.008856)
        + (7.787 * t + 16 / 116) * (t <= 0.008856)
    ).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@pytest.mark.parametrize("sight", SIGHTS)
def test_color_blind_people_tell_the_colors_apart(sight):
    rgb = np.array([mpl.colors.to_rgb(color) for color in (*COLORS, "white")])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = lab(np.clip(linear @ np.transpose(SIGHTS[sight]), 1e-9, 1))
    apart = np.linalg.norm(seen[:, None] - seen, axis=2)
    # Two are just told apart at about 2.
    assert apart[np.triu_indices(len(seen), 1)].min() > 10


def test_a_figure_shows_itself_in_a_notebook():
    figure = StyledFigure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1])
    assert figure._repr_png_().startswith(b"\x89PNG")
