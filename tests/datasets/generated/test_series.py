"""The public recipes of series: each is what its definition says."""

import numpy as np
import pytest

from metarnn.datasets import load

SERIES = {
    "cylinder_bell_funnel": ((300, 128, 1), 3),
    "control_charts": ((600, 60, 1), 6),
    "two_patterns": ((400, 128, 1), 4),
    "waveform": ((300, 21, 1), 3),
    "begin_middle_end": ((300, 128, 1), 3),
    "up_middle_down": ((300, 150, 1), 3),
    "hidden_shape": ((300, 128, 1), 3),
    "arma": ((300, 100, 1), 3),
    "mackey_glass": ((200, 100, 1), 2),
    "tone": ((300, 64, 1), 2),
    "chirp": ((200, 80, 1), 2),
    "lead_lag": ((300, 60, 2), 2),
}


@pytest.mark.parametrize("name", SERIES)
def test_series_have_their_size_and_balanced_classes(name: str) -> None:
    data = load(name)
    shape, n_classes = SERIES[name]
    assert data.shape == shape
    assert data.n_classes == n_classes
    assert set(np.bincount(data.y)) == {shape[0] // n_classes}
    small = load(name, n_sequences=n_classes + 1, seed=4)
    assert sorted(np.bincount(small.y)) == [1] * (n_classes - 1) + [2]
    assert data.task is not None
    assert 0.7 < data.task.threshold < 1


@pytest.mark.parametrize("name", SERIES)
def test_last_step_tells_no_more_than_is_stated(name: str) -> None:
    def last(seed: int) -> tuple[np.ndarray, np.ndarray]:
        data = load(name, n_sequences=3000, seed=seed)
        lengths = np.full(3000, data.shape[1]) if data.lengths is None else data.lengths
        return data.X[np.arange(3000), lengths - 1, 0], data.y

    value, y = last(1)
    edges = np.quantile(value, np.linspace(0, 1, 21)[1:-1])
    bins = np.searchsorted(edges, value)
    best = np.array([np.bincount(y[bins == k]).argmax() for k in range(20)])
    value, y = last(2)
    right = (best[np.searchsorted(edges, value)] == y).mean()
    task = load(name).task
    assert task is not None
    if task.chance is None:
        assert 1 / SERIES[name][1] + 0.05 < right < 0.7
    else:
        assert right < task.chance + 5 * (task.chance * (1 - task.chance) / 3000) ** 0.5


def test_cylinders_bells_and_funnels_without_noise() -> None:
    data = load("cylinder_bell_funnel", n_sequences=600, noise=0)
    for x, y in zip(data.X[:, :, 0], data.y, strict=True):
        # Of a bell the first step, and of a funnel the last one, is 0.
        begin, end = np.flatnonzero(x)[[0, -1]] + ((0, 0), (-1, 0), (0, 1))[y]
        assert 16 <= begin + 1 <= 32
        assert 32 <= end - begin <= 96
        shape = x[begin : end + 1]
        height = shape.max()
        place = np.linspace(0, 1, len(shape))
        expected = {0: np.ones_like(place), 1: place, 2: 1 - place}[int(y)]
        np.testing.assert_allclose(shape, height * expected, atol=1e-12)
        assert 6 - 5 < height < 6 + 5


def test_control_charts_without_noise() -> None:
    data = load("control_charts", noise=0)
    t = np.arange(1, 61)
    for x, y in zip(data.X[:, :, 0] - 30, data.y, strict=True):
        kind = data.classes[y]
        sign = -1 if kind.startswith(("decreasing", "downward")) else 1
        if kind == "normal":
            assert not x.any()
        elif kind == "cyclic":
            assert 9 < abs(x).max() <= 15
            assert 7 <= (np.diff(np.sign(x)) != 0).sum() <= 12
        elif "trend" in kind:
            np.testing.assert_allclose(x, x[0] * t)
            assert 0.2 <= sign * x[0] <= 0.5
        else:
            before, after = np.unique(sign * x)
            assert before == 0
            assert 7.5 <= after <= 20
            assert 20 <= t[x != 0].min() <= 40
    many = load("control_charts", n_sequences=6000)
    noise = many.X[many.y == 0]
    assert noise.min() == pytest.approx(24, abs=0.01)
    assert noise.max() == pytest.approx(36, abs=0.01)


def test_two_patterns_are_their_directions() -> None:
    data = load("two_patterns", n_sequences=800, noise=0)
    lengths = []
    for x, y in zip(data.X[:, :, 0], data.y, strict=True):
        assert set(np.unique(x)) == {-5, 0, 5}
        borders = np.flatnonzero(np.diff(np.r_[0, x != 0]))
        assert len(borders) == 4
        assert x[-1] == 0
        words = []
        for begin, end in borders.reshape(2, 2):
            words.append("up" if x[begin] < 0 < x[end - 1] else "down")
            assert abs(x[begin:end].sum()) <= 5  # two halves, the odd step in one
            lengths.append(end - begin)
        assert data.classes[y] == " ".join(words)
    assert (min(lengths), max(lengths)) == (8, 32)


def test_waveforms_reach_the_best_rule() -> None:
    # The likelihoods, by sums over the mixture: 86% right, as the source says.
    data = load("waveform", n_sequences=6000, seed=1)
    i = np.arange(1, 22)
    h = [np.maximum(6 - abs(i - center), 0) for center in (11, 15, 7)]
    u = np.linspace(0, 1, 41)[:, np.newaxis]
    X = data.X[:, :, 0]
    scores = []
    for first, second in ((0, 1), (0, 2), (1, 2)):
        means = u * h[first] + (1 - u) * h[second]
        squares = (X**2).sum(axis=1)[:, None] - 2 * X @ means.T + (means**2).sum(axis=1)
        scores.append(np.exp(-0.5 * (squares - squares.min(axis=1, keepdims=True))).sum(axis=1))
        scores[-1] = np.log(scores[-1]) - 0.5 * squares.min(axis=1)
    assert (np.argmax(scores, axis=0) == data.y).mean() == pytest.approx(0.86, abs=0.015)
    assert load("waveform", noise_steps=True).shape == (300, 40, 1)


@pytest.mark.parametrize(("name", "n_steps"), [("begin_middle_end", 128), ("up_middle_down", 150)])
def test_plates_have_bells_beside_them(name: str, n_steps: int) -> None:
    data = load(name, noise=0)
    quarter = n_steps // 8 * 2
    met = set()
    for x, y in zip(data.X[:, :, 0], data.y, strict=True):
        plate = np.flatnonzero(abs(x) == 3)
        assert (np.diff(plate) == 1).all()
        assert plate[0] >= quarter
        assert plate[-1] < 3 * quarter
        before, after = x[:quarter], x[n_steps - quarter :]
        bells = tuple(int(np.round(part[abs(part).argmax()])) for part in (before, after))
        met.add((data.classes[y], bells))
        assert x[-1] == 0
    assert (
        met
        == {
            "begin_middle_end": {("begin", (1, 0)), ("middle", (0, 0)), ("end", (0, 1))},
            "up_middle_down": {
                ("up", (1, 0)),
                ("up", (0, 1)),
                ("middle", (0, 0)),
                ("down", (-1, 0)),
                ("down", (0, -1)),
            },
        }[name]
    )


def test_hidden_shapes_are_found_by_their_templates() -> None:
    data = load("hidden_shape", n_sequences=300, n_steps=100, shape_steps=20, height=20, seed=2)
    place = np.linspace(0, 1, 20)
    templates = [
        1 - 4 * abs(place - 0.5),
        np.sin(2 * np.pi * place),
        np.where(place < 0.5, -1, 1),
    ]
    windows = np.lib.stride_tricks.sliding_window_view(data.X[:, :, 0], 20, axis=1)
    scores = [((windows - 20 * shape) ** 2).sum(axis=2).min(axis=1) for shape in templates]
    np.testing.assert_array_equal(np.argmin(scores, axis=0), data.y)


def test_arma_has_the_correlations_that_it_states() -> None:
    data = load("arma", n_sequences=1500, n_steps=200, coefficient=0.6)
    for k, (one, two) in enumerate([(0.6, 0.36), (0.6 / 1.36, 0.0), (0.0, 0.0)]):
        x = data.X[data.y == k][:, :, 0]
        assert x.var() == pytest.approx(1, abs=0.03)
        assert x[:, 0].var() == pytest.approx(1, abs=0.25)  # stationary from the start
        assert (x[:, 1:] * x[:, :-1]).mean() == pytest.approx(one, abs=0.03)
        assert (x[:, 2:] * x[:, :-2]).mean() == pytest.approx(two, abs=0.03)


def test_mackey_glass_follows_its_equation() -> None:
    from metarnn.datasets.generated.mackey_glass import _APART, _FINE, _TRANSIENT, _solutions

    start, delay = 0.9, 17
    past = [start] * (delay * _FINE)
    for _ in range((_TRANSIENT + 4 * _APART) * _FINE):
        delayed = past[-delay * _FINE]
        past.append(past[-1] + (0.2 * delayed / (1 + delayed**10) - 0.1 * past[-1]) / _FINE)
    solved = past[delay * _FINE :][_TRANSIENT * _FINE :: _APART * _FINE]
    np.testing.assert_allclose(_solutions(np.array([start]), delay, 4)[0], solved)
    X = load("mackey_glass", noise=0).X
    assert 0.2 < X.min() < X.max() < 1.5


def test_tone_has_its_frequency() -> None:
    data = load("tone", n_sequences=200, n_steps=512, noise=0)
    assert data.targets is not None
    # The highest line of the spectrum is the nearest whole number of oscillations.
    spectrum = abs(np.fft.rfft(data.X[:, :, 0]))
    assert abs(spectrum.argmax(axis=1) - data.targets).max() < 0.75
    np.testing.assert_array_equal(data.targets > 5, data.y == 1)
    assert 2 <= data.targets.min() < 2.2 < 7.8 < data.targets.max() <= 8


def test_chirp_rises_or_falls_over_its_own_length() -> None:
    data = load("chirp", n_sequences=200, n_steps=400, noise=0)
    assert data.lengths is not None
    assert (data.lengths.min(), data.lengths.max()) == (pytest.approx(202, abs=5), 400)
    for x, y, length in zip(data.X[:, :, 0], data.y, data.lengths, strict=True):
        assert not x[length:].any()
        third = length // 3
        crossings = [
            (np.diff(np.sign(x[part : part + third])) != 0).sum() for part in (0, 2 * third)
        ]
        assert (crossings[1] > crossings[0]) == (data.classes[y] == "rises")


def test_one_channel_leads() -> None:
    data = load("lead_lag", n_sequences=100, n_steps=50, lag=3, noise=0)
    for x, y in zip(data.X, data.y, strict=True):
        leads, follows = x[:, y], x[:, 1 - y]
        np.testing.assert_array_equal(follows[3:], leads[:-3])


@pytest.mark.parametrize("name", SERIES)
def test_noise_is_reproducible_and_the_classes_do_not_depend_on_it(name: str) -> None:
    noisy = "height" if name == "hidden_shape" else "coefficient" if name == "arma" else "noise"
    one, two = load(name, seed=3), load(name, seed=3, **{noisy: 0})
    np.testing.assert_array_equal(one.y, two.y)
    assert not np.array_equal(one.X, two.X)
