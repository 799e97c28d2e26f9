"""Plots show the numbers that they are said to show."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.fake_results import OPTIMIZERS, PROBLEMS, synthetic
from matplotlib.figure import Figure

from metarnn import Network, RNNClassifier
from metarnn.networks.diagnostics import states
from metarnn.optimizers import Space, minimize
from metarnn.plots import (
    plot_confusion,
    plot_convergence,
    plot_history,
    plot_landscape,
    plot_line,
    plot_ranks,
    plot_runs,
    plot_runtimes,
    plot_states,
    plot_success,
)
from metarnn.plots.end_names import spread
from metarnn.plots.labels import name_ends
from metarnn.plots.landscape import plane_through
from metarnn.plots.style import shortened, styles
from metarnn.runtimes import wilson_interval
from metarnn.statistics import judge


@pytest.fixture(scope="module")
def results():
    return synthetic(PROBLEMS[:2], n_seeds=5, n_failed=1)


def curves(axes):
    return {line.get_label(): line.get_data() for line in axes.get_lines()}


def histories(results, name):
    runs = results.runs
    rows = (runs["dataset"] == "data_1") & (runs["optimizer"] == name)
    return [results.histories[row] for row in np.flatnonzero(rows)]


@pytest.mark.parametrize("axis", ["passes", "seconds"])
def test_convergence_is_the_median(results, axis):
    axes = plot_convergence(results, problem=PROBLEMS[1], axis=axis)
    shown = curves(axes)
    assert set(OPTIMIZERS) <= set(shown)
    x, y = shown["ga"]
    passes = x if axis == "passes" else x * 1e4  # as synthetic clocks go
    np.testing.assert_allclose(
        y, np.median([h.best_after(passes * (1 + 1e-12)) for h in histories(results, "ga")], axis=0)
    )
    assert axis in axes.get_xlabel()
    assert {text.get_text() for text in axes.texts} >= set(OPTIMIZERS)


def test_band_holds_its_share(results):
    wide, narrow = (plot_convergence(results, problem=PROBLEMS[1], band=b) for b in (0.9, 0.2))
    area = [ax.collections[0].get_datalim(ax.transData).height for ax in (wide, narrow)]
    assert area[0] > area[1]


def test_runtimes_are_shares_of_pairs_of_run_and_target(results):
    x, y = curves(plot_runtimes(results, problem=PROBLEMS[1], n_points=50))["ga"]
    pairs = [
        history.reached(target)
        for history in histories(results, "ga")
        for target in results.targets[PROBLEMS[1]]
    ]
    for passes, share in zip(x, y, strict=True):
        reached = sum(pair is not None and pair[0] <= passes for pair in pairs)
        assert share == pytest.approx(reached / len(pairs))


def test_runtimes_of_all_problems_are_the_mean_of_each(results):
    def curve(**how):
        return curves(plot_runtimes(results, n_points=50, **how))

    pooled, each = curve(), [curve(problem=one) for one in PROBLEMS[:2]]
    assert set(OPTIMIZERS) <= set(pooled)
    for name in OPTIMIZERS:
        mean = np.mean([one[name][1] for one in each], axis=0)
        np.testing.assert_allclose(pooled[name][1], mean)
    assert set(curve(optimizers=["ga", "adam"])) & set(OPTIMIZERS) == {"ga", "adam"}
    with pytest.raises(ValueError, match="optimizer") as error:
        curve(optimizers=["gaa"])
    one_sentence(error, "gaa")


def test_problem_must_be_one_of_them(results):
    with pytest.raises(ValueError, match="problem") as error:
        plot_convergence(results)
    one_sentence(error, "data_0", "None")
    with pytest.raises(ValueError, match="axis") as error:
        plot_runtimes(results, problem=PROBLEMS[0], axis="hours")
    one_sentence(error, "hours")
    with pytest.raises(ValueError, match="band") as error:
        plot_convergence(results, problem=PROBLEMS[0], band=1.5)
    one_sentence(error, 1.5)


def test_success():
    axes = plot_success({"a": (8, 10), "b": (0, 10)})
    assert [bar.get_width() for bar in axes.patches] == [0.8, 0.0]
    z, x, n = 1.959963984540054, 8, 10
    half = z * np.sqrt(x * (n - x) / n + z**2 / 4)
    np.testing.assert_allclose(
        wilson_interval(8, 10), np.array([x + z**2 / 2 - half, x + z**2 / 2 + half]) / (n + z**2)
    )
    with pytest.raises(ValueError, match="11 of 10") as error:
        plot_success({"a": (11, 10)})
    one_sentence(error)


def test_runs():
    axes = plot_runs(
        {"a": [0.5, 0.9, 0.7], "$b_1": [0.2]}, references={"chance": 0.25}, highlighted=["$b_1"]
    )
    marks = [line for line in axes.get_lines() if line.get_marker() in ("o", "s")]
    assert [list(line.get_xdata()) for line in marks] == [[0.5, 0.7, 0.9], [0.2]]
    assert [line.get_marker() for line in marks] == ["o", "s"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "$b_1"]
    note = "bars and numbers: medians; dotted: chance 0.250"
    assert [text.get_text() for text in axes.texts] == ["0.700", "0.200", note]
    for wrong in ({}, {"a": []}):
        with pytest.raises(ValueError, match="got none") as error:
            plot_runs(wrong)
        one_sentence(error)
    with pytest.raises(ValueError, match="highlighted") as error:
        plot_runs({"a": [1.0]}, highlighted=["b"])
    one_sentence(error, "b")


def test_ranks():
    axes = plot_ranks({"a": 1.2, "b": 2.0, "c": 2.8}, 1.0, title="t")
    thick = [line for line in axes.get_lines() if line.get_linewidth() == 4]
    assert len(thick) == 2
    for ranks, width in (({"a": 1.0}, 1.0), ({"a": 1.0, "b": 2.0}, np.nan)):
        with pytest.raises(ValueError, match="must be") as error:
            plot_ranks(ranks, width)
        one_sentence(error)


def test_studies_and_comparisons_are_ranked_and_counted():
    study = synthetic(PROBLEMS[:4], n_seeds=3, n_failed=2)
    runs = study.runs
    axes = plot_ranks(study, measure="test_accuracy")
    assert "held-out accuracy" in axes.get_title(loc="left")
    means = judge(study, "test_accuracy").ranks.mean_ranks
    shown = {text.get_text() for text in axes.texts}
    wanted = zip(OPTIMIZERS, means, strict=True)
    assert {f"{name}  {mean:.2f}" for name, mean in wanted} <= shown
    counts = runs.groupby("optimizer", sort=False)["reached"].agg(["sum", "size"])
    shown = [text.get_text() for text in plot_success(SimpleNamespace(results=study)).texts]
    assert [f"{hit}/{n}" for hit, n in counts.to_numpy()] == shown[: len(counts)]
    with pytest.raises(ValueError, match="two problems") as error:
        plot_ranks(synthetic(PROBLEMS[:1], n_seeds=2))
    one_sentence(error, "got 1")


def test_history_of_a_search():
    found = minimize(bowl, "cuckoo", budget=90, seed=0, space=Space.box(-3, 3, 4))
    axes = plot_history(found)
    np.testing.assert_array_equal(axes.get_lines()[1].get_ydata(), found.history.best)
    with pytest.raises(TypeError, match="without a history") as error:
        plot_history(RNNClassifier())
    one_sentence(error, "RNNClassifier")


def test_confusion():
    axes = plot_confusion(["a", "a", "b"], ["a", "b", "b"])
    assert [text.get_text() for text in axes.texts if text.get_text().isdigit()] == list("1101")
    assert "true" in axes.get_ylabel()


def bowl(points):
    return ((np.asarray(points) - 1.0) ** 2).sum(axis=1)


def test_line_shows_the_losses():
    axes = plot_line(bowl, np.zeros(3), np.full(3, 2.0))
    x, y = axes.get_lines()[0].get_data()
    np.testing.assert_allclose(y, 3 * (2 * x - 1) ** 2)
    with pytest.raises(ValueError, match="different") as error:
        plot_line(bowl, np.zeros(3), np.zeros(3))
    one_sentence(error)


def test_plane_goes_through_its_points():
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 9))
    origin, directions = plane_through(a, b, c)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)
    for point in (a, b, c):
        along = (point - origin) @ directions.T
        np.testing.assert_allclose(origin + along @ directions, point)
    # A path in a plane is all in it.
    path = a + np.outer(rng.normal(size=20), b - a) + np.outer(rng.normal(size=20), c - a)
    origin, directions = plane_through(a, b, trajectory=path)
    np.testing.assert_allclose(origin + (path - origin) @ directions.T @ directions, path)
    with pytest.raises(ValueError, match="spans no plane") as error:
        plane_through(a, b, 0.5 * (a + b))
    one_sentence(error)
    with pytest.raises(ValueError, match="third point or a trajectory") as error:
        plane_through(a, b)
    one_sentence(error)


def test_landscape_computes_the_loss_on_the_plane():
    asked = []

    def objective(points):
        asked.append(points)
        return bowl(points)

    rng = np.random.default_rng(0)
    a, b, path = rng.normal(size=5), rng.normal(size=5), rng.normal(size=(7, 5))
    axes = plot_landscape(objective, a, b, trajectory=path, n_points=70)
    origin, directions = plane_through(a, b, trajectory=path)
    points = np.concatenate(asked)
    assert len(points) == 70**2
    assert max(map(len, asked)) <= 4096
    flat = origin + (points - origin) @ directions.T @ directions
    np.testing.assert_allclose(points, flat, atol=1e-12)
    lines = {len(line.get_xdata()): line for line in axes.get_lines()}
    np.testing.assert_allclose(lines[7].get_xydata(), (path - origin) @ directions.T, atol=1e-12)
    axes.figure.canvas.draw()


def test_states_are_on_their_principal_components():
    from sklearn.decomposition import PCA

    rng = np.random.default_rng(0)
    net, X = Network.build(1, 2, hidden=5), rng.normal(size=(4, 6, 1))
    weights = net.init(rng, 1)[0]
    axes = plot_states(net, weights, X, [0, 1, 1, 0])
    seen = states(net, weights, X)
    pca = PCA(2).fit(seen.reshape(-1, 5))
    paths = [line.get_xydata() for line in axes.get_lines() if len(line.get_xdata()) == 6]
    for path, one in zip(paths, seen, strict=True):
        np.testing.assert_allclose(abs(path), abs(pca.transform(one)), atol=1e-5)
    assert f"{pca.explained_variance_ratio_[0]:.0%}" in axes.get_xlabel()
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["class 0", "class 1"]


def test_names_are_apart_and_in_order():
    rng = np.random.default_rng(0)
    for n in (1, 2, 11, 40):
        heights = rng.uniform(0, 1, n) ** 4
        places = spread(heights, 0.05)
        assert (np.argsort(places) == np.argsort(heights)).all()
        assert (np.diff(np.sort(places)) > min(0.05, 1 / max(n - 1, 1)) - 1e-9).all()
        assert places.min() >= 0
        assert places.max() <= 1 + 1e-9
    np.testing.assert_allclose(spread([0.2, 0.6], 0.05), [0.2, 0.6])
    np.testing.assert_allclose(spread([0.5, 0.5], 0.1), [0.45, 0.55])


def test_styles_differ_and_names_stay_different():
    looks = styles(map(str, range(35)))
    assert len({(look.color, look.dash) for look in looks.values()}) == 35
    assert shortened(["short", "x" * 30, "y" * 30])["x" * 30] == "x" * 19 + "…"
    alike = ["x" * 30 + "1", "x" * 30 + "2"]
    assert list(shortened(alike).values()) == alike


def test_ends_without_a_finite_loss_are_named():
    axes = Figure().subplots()
    axes.set_yscale("log")
    name_ends(axes, {"a": np.inf, "b": np.nan, "c": 0.5}, styles("abc"))
    assert [text.get_text() for text in axes.texts] == ["a", "b", "c"]
    axes.figure.canvas.draw()


def test_groups_show_areas_and_the_runs_at_the_target():
    from metarnn.plots import plot_groups
    from metarnn.plots.groups import group_figures
    from metarnn.runtimes import area_under_curve
    from metarnn.study import Study

    datasets = {
        "xor": {"group": "a $trap"},
        "iris": {"group": "tables"},
        "wine": {"group": "tables", "loss": "accuracy"},
    }
    networks = {"elman": {"hidden": 2}}
    study = Study(
        datasets=datasets, networks=networks, optimizers=["cuckoo", "rprop"], budget=150, seeds=2
    )
    results = study.run()
    areas, reached = group_figures(results)
    assert [*areas.columns] == ["a $trap", "tables"]
    runs = results.runs
    rows = runs.index[(runs["dataset"] == "xor") & (runs["optimizer"] == "cuckoo")]
    targets, histories = results.targets["xor", "elman"], [results.histories[i] for i in rows]
    budget = runs["passes"].max()
    expected = area_under_curve(histories, targets[-1], targets[0], budget, targets=targets).mean()
    assert areas.loc["cuckoo", "a $trap"] == pytest.approx(expected)
    assert reached.loc["cuckoo", "a $trap"] == runs.loc[rows, "reached"].mean()
    ax = plot_groups(results, title="Where")
    texts = [text.get_text() for text in ax.texts]
    assert f"{reached.loc['rprop', 'tables']:.0%}" in texts
    assert [label.get_text() for label in ax.get_yticklabels()] == [*areas.index]
    given = Figure().subplots()
    assert plot_groups(results, given) is given
    alone = results.of_group("tables")
    without = alone.runs["optimizer"] == "rprop"
    assert without.sum() == 2  # of iris only: accuracy has no gradient
