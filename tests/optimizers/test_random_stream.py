"""The counter-based stream: known answers, distributions, independence, and its key."""

import pickle
import random

import numba
import numpy as np
import pytest
from scipy import stats

from metarnn.optimizers.population import random_stream
from metarnn.optimizers.population.random_integers import bits_of, next_key
from metarnn.optimizers.population.random_stream import (
    exp2,
    exponential,
    key_of,
    levy_flights,
    levy_steps,
    ln,
    mantegna_sigma,
    mix,
    next_state,
    normals,
    sine,
    state_before,
    uniform,
    uniforms,
)

#: Every number by name, drawn in any shape.
DRAWS = {
    "uniforms": uniforms,
    "normals": normals,
    "sparse normals": lambda shape, rng: normals(shape, rng, fraction=0.3),
    "levy steps": lambda shape, rng: levy_steps(shape, 1.5, rng),
    "levy flights": lambda shape, rng: levy_flights(shape, 1.5, rng),
}
#: Draws of a continuous distribution.
CONTINUOUS = {name: draw for name, draw in DRAWS.items() if name != "sparse normals"}

WORD, GAMMA = 2**64 - 1, 0x9E3779B97F4A7C15


def splitmix(key: int, n: int) -> list[int]:
    """Return the first n words: nextLong of Steele, Lea and Flood, in Python's integers."""
    words = []
    for i in range(1, n + 1):
        z = (key + i * GAMMA) & WORD
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        words.append(z ^ (z >> 31))
    return words


def as_word(number: int) -> np.uint64 | int:
    """Return a word for compiled code, or for plain Python, whose integers have no end."""
    return number if numba.config.DISABLE_JIT else np.uint64(number)


class Keyed:
    """In place of a Generator and what it draws words with: gives a known key."""

    def __init__(self, key: int) -> None:
        self.bit_generator = self.ctypes = self
        self.state = "state"
        self.key = key

    def next_uint64(self, state: str) -> int:
        assert state == self.state
        return self.key


def drawn(draw: str, n: int, seed: int = 1) -> np.ndarray:
    """Return n float64 numbers of a seed."""
    return DRAWS[draw]((n,), np.random.default_rng(seed)).astype(float)


# --- Words -------------------------------------------------------------------------------


def test_words_are_the_published_ones() -> None:
    # The vectors that implementations of SplitMix64 are commonly checked with.
    known = {
        1234567: [
            6457827717110365317, 3203168211198807973, 9817491932198370423,
            4593380528125082431, 16408922859458223821,
        ],
        0: [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F],
    }  # fmt: skip
    for key, words in known.items():
        assert splitmix(key, len(words)) == words
        states = [as_word((key + i * GAMMA) & WORD) for i in range(1, len(words) + 1)]
        assert [int(mix(state)) for state in states] == words


@pytest.mark.parametrize("key", [0, 1234567, 2**63, 2**64 - 1])
def test_numbers_are_those_of_the_words(key: int) -> None:
    """Each kind of number against its formula, in float64, from the same words.

    Only U is in float32, as near 1 its rounding is most of what its logarithm is.
    """
    n = 1000
    words = np.array(splitmix(key, 2 * n), dtype=np.uint64)
    u = (((words >> np.uint64(33)).astype(np.float32) + np.float32(0.5)) / 2**31).astype(float)
    e = -np.log(np.minimum(u, 1 - 2**-24))
    angle = ((words & np.uint64(2**31 - 1)).astype(float) - 2**30 + 0.5) / 2**31
    s = np.sin(np.pi * angle)
    z, product = np.sqrt(2 * e) * s, e * s
    rng, shape = Keyed(key), (10, 100)
    np.testing.assert_allclose(uniforms(shape, rng).ravel(), u[:n], rtol=1e-6)
    sparse = np.where(u[::2] <= 0.3, z[1::2], 0)
    np.testing.assert_allclose(normals(shape, rng, 0.3).ravel(), sparse, rtol=1e-5)
    np.testing.assert_allclose(normals(shape, rng).ravel(), z[1::2], rtol=1e-5)
    for beta in (1.1, 1.5, 1.9):
        sigma, power = mantegna_sigma(beta), np.abs(z[1::2]) ** (-1 / beta)
        steps, flights = levy_steps(shape, beta, rng), levy_flights(shape, beta, rng)
        np.testing.assert_allclose(steps.ravel(), sigma * z[::2] * power, rtol=3e-5)
        np.testing.assert_allclose(flights.ravel(), sigma * product[::2] * power, rtol=3e-5)


def test_functions_are_as_exact_as_they_say() -> None:
    x = np.geomspace(1e-30, 50, 5000).astype(np.float32)
    x = np.concatenate([x, np.linspace(0.5, 0.999, 2000, dtype=np.float32)])
    logs = np.array([ln(each) for each in x], dtype=float)
    np.testing.assert_allclose(logs, np.log(x.astype(float)), rtol=3e-7, atol=1e-9)
    y = np.linspace(-60, 60, 5001).astype(np.float32)
    powers = np.array([exp2(each) for each in y], dtype=float)
    np.testing.assert_allclose(powers, np.exp2(y.astype(float)), rtol=3e-7)
    k = np.unique(np.geomspace(1, 2**31 - 1, 3000).astype(np.int64))
    sines = np.array([sine(as_word(int(each))) for each in k], dtype=float)
    np.testing.assert_allclose(sines, np.sin(np.pi * (k - 2**30 + 0.5) / 2**31), rtol=2e-6)


def test_no_word_gives_what_is_not_finite() -> None:
    # The extreme and the central words, of which a sine, a logarithm or a power could be 0.
    extreme = [0, 2**30, 2**30 - 1, 2**31 - 1, 2**33 - 1, 2**62, WORD, WORD - 2**31, WORD >> 1]
    words = [as_word(word ^ flip) for word in extreme for flip in range(4)]
    e = np.array([exponential(word) for word in words], dtype=float)
    s = np.array([sine(word) for word in words], dtype=float)
    u = np.array([uniform(word) for word in words], dtype=float)
    assert ((u > 0) & (u <= 1)).all()
    assert (e > 5e-8).all()
    assert e.max() == pytest.approx(32 * np.log(2), rel=1e-6)
    assert (np.abs(s) > 7e-10).all()
    assert (np.abs(s) <= 1 + 1e-6).all()
    smallest = np.float32(2 * e.min() * s[np.abs(s).argmin()] ** 2)
    # The largest exponent of a Levy step, beta = 1.
    assert np.isfinite(exp2(np.float32(-0.5) * np.float32(np.log2(smallest))))


# --- Distributions -----------------------------------------------------------------------

N = 1_000_000


@pytest.mark.parametrize("seed", [1, 2])
def test_uniforms_are_even(seed: int) -> None:
    u = drawn("uniforms", N, seed)
    assert stats.kstest(u, "uniform").pvalue > 1e-4
    counts = np.bincount((u * 1000).astype(int).clip(0, 999), minlength=1000)
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_normals_are_normal(seed: int) -> None:
    z = drawn("normals", N, seed)
    # Five standard errors about the moments 0, 1, 0, 3 and 15.
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)):
        assert np.mean(z**power) == pytest.approx(moment, abs=5 * (variance / N) ** 0.5)
    assert stats.kstest(z, "norm").pvalue > 1e-4


def test_normals_have_the_tails_of_a_normal() -> None:
    n, beyond = 0, np.zeros((3, 2), int)
    for seed in range(20):
        z = drawn("normals", N, seed)
        n += len(z)
        for i, t in enumerate((3, 4, 5)):
            beyond[i] += (z > t).sum(), (z < -t).sum()
    for counts, t in zip(beyond, (3, 4, 5), strict=True):
        for count in counts:
            assert stats.binomtest(int(count), n, stats.norm.sf(t)).pvalue > 1e-4


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.7, 1.0])
def test_a_share_of_normals(share: float) -> None:
    z = normals((N,), np.random.default_rng(3), share)
    chosen = z[z != 0]
    assert len(chosen) == pytest.approx(share * N, abs=5 * (share * (1 - share) * N) ** 0.5)
    if share:
        assert stats.kstest(chosen.astype(float), "norm").pvalue > 1e-4


def mantegna_cdf(beta: float, times_normal: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return ln t and P(|sigma u (w) / |v|^(1/beta)| < t), by integrals over ln|v| (and ln|w|)."""
    x = np.linspace(-25, 60, 400)
    v = np.linspace(-45, 2.5, 4000)
    weight = 2 * stats.norm.pdf(np.exp(v)) * np.exp(v) * (v[1] - v[0])
    weight /= weight.sum()  # what lies below is nothing to speak of

    def below(log_t: np.ndarray) -> np.ndarray:
        """P(|u| < t |v|^(1/beta) / sigma)."""
        limit = np.exp(log_t[:, None] + v / beta) / mantegna_sigma(beta)
        return (2 * stats.norm.cdf(limit) - 1) @ weight

    if not times_normal:
        return x, below(x)
    w = np.linspace(-30, 2.5, 600)
    density = 2 * stats.norm.pdf(np.exp(w)) * np.exp(w)
    density /= density.sum()
    fine = np.linspace(-30, 95, 1200)
    table = below(fine)
    return x, np.interp(x[:, None] - w, fine, table) @ density


@pytest.mark.parametrize("beta", [1.1, 1.5, 1.9])
@pytest.mark.parametrize("name", ["levy_steps", "levy_flights"])
def test_levy_numbers_are_mantegnas(name: str, beta: float) -> None:
    n = 200_000
    sizes = getattr(random_stream, name)((n,), beta, np.random.default_rng(4)).astype(float)
    x, cdf = mantegna_cdf(beta, times_normal=name == "levy_flights")
    distance = stats.kstest(np.log(np.abs(sizes)), lambda t: np.interp(t, x, cdf))
    assert distance.pvalue > 1e-4
    assert (sizes > 0).mean() == pytest.approx(0.5, abs=2.5 / n**0.5)


# --- Independence ------------------------------------------------------------------------


def ranks(numbers: np.ndarray) -> np.ndarray:
    """Return ranks between -1/2 and 1/2: heavy tails have no correlation."""
    return stats.rankdata(numbers) / len(numbers) - 0.5


@pytest.mark.parametrize("draw", CONTINUOUS)
def test_neighbours_are_independent(draw: str) -> None:
    x = ranks(drawn(draw, N))
    for numbers in (x, np.abs(x)):
        centred = numbers - numbers.mean()
        for lag in (1, 2, 3, 7, 100, 2000):
            correlation = np.mean(centred[lag:] * centred[:-lag]) / centred.var()
            assert abs(correlation) < 5 / N**0.5


@pytest.mark.parametrize("draw", CONTINUOUS)
@pytest.mark.parametrize("lag", [1, 2, 50])
def test_pairs_fill_the_square_evenly(draw: str, lag: int) -> None:
    x = ((ranks(drawn(draw, N)) + 0.5) * 16).astype(int).clip(0, 15)
    # Pairs without overlap.
    pairs = x[: N - N % (2 * lag)].reshape(-1, 2, lag)
    counts = np.bincount((16 * pairs[:, 0] + pairs[:, 1]).ravel(), minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("draw", CONTINUOUS)
def test_candidates_and_generations_are_independent(draw: str) -> None:
    rng = np.random.default_rng(5)
    generations = [DRAWS[draw]((20, 5000), rng) for _ in range(10)]
    rows = np.array([ranks(row) for row in np.concatenate(generations)])
    for numbers in (rows, np.abs(rows)):
        others = np.corrcoef(numbers)[np.triu_indices(len(rows), k=1)]
        # Of 19,900 correlations of deviation 1 / sqrt(5000), and their spread as a whole.
        assert np.abs(others).max() < 6 / 5000**0.5
        assert np.std(others) == pytest.approx(1 / 5000**0.5, rel=0.05)


def test_keys_next_to_each_other_are_as_good_as_any() -> None:
    rows = np.array([ranks(uniforms((5000,), Keyed(key))) for key in range(200)])
    others = np.corrcoef(rows)[np.triu_indices(200, k=1)]
    assert np.abs(others).max() < 6 / 5000**0.5


def test_mask_and_noise_are_independent() -> None:
    # The chance of a place, and the normal that stands there.
    chosen = normals((N,), np.random.default_rng(6), 0.5) != 0
    z = normals((N,), np.random.default_rng(6))
    assert abs(np.corrcoef(chosen, z)[0, 1]) < 5 / N**0.5
    assert abs(np.corrcoef(chosen, z**2)[0, 1]) < 5 / N**0.5


# --- Key ---------------------------------------------------------------------------------


BIT_GENERATORS = [
    getattr(np.random, name) for name in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
]


@pytest.mark.parametrize("kind", BIT_GENERATORS)
def test_a_key_has_64_bits_of_any_generator(kind: type) -> None:
    one, other = (np.random.Generator(kind(5)) for _ in range(2))
    for generator in (one, other):
        generator.integers(2**32, dtype=np.uint32)  # half of a word may be left
    keys = [int(key_of(one)) for _ in range(20)]
    assert keys == [int(other.integers(2**64, dtype=np.uint64)) for _ in range(20)]
    assert one.integers(1000) == other.integers(1000)
    for compiled in (next_key, numba.njit(lambda bits: next_key(bits))):
        assert compiled(bits_of(one)) == key_of(other)
    assert one.integers(1000) == other.integers(1000)


@pytest.mark.parametrize("key", [0, 1234567, 2**63, 2**64 - 1])
@pytest.mark.parametrize("first", [0, 1, 999])
def test_a_stream_can_begin_at_any_number(key: int, first: int) -> None:
    whole, state = uniforms((1050,), Keyed(key)), state_before(as_word(key), first)
    for expected in whole[first : first + 50]:
        state = as_word(next_state(as_word(int(state))))
        assert uniform(as_word(int(mix(state)))) == expected


@pytest.mark.parametrize("draw", DRAWS)
def test_the_generator_is_the_only_source(draw: str) -> None:
    legacy, python = pickle.dumps(np.random.get_state()), random.getstate()  # noqa: NPY002
    one, same, other = (DRAWS[draw]((7, 9), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert pickle.dumps(np.random.get_state()) == legacy  # noqa: NPY002
    assert random.getstate() == python
    assert one.dtype == np.float32
    assert one.shape == (7, 9)


@pytest.mark.parametrize("draw", DRAWS)
def test_a_call_takes_one_key_whatever_its_size(draw: str) -> None:
    one, other = np.random.default_rng(1), np.random.default_rng(1)
    first = DRAWS[draw]((3, 4), one)
    larger = DRAWS[draw]((5, 40), other)
    # Number i depends on the key and on i alone.
    np.testing.assert_array_equal(first.ravel(), larger.ravel()[:12])
    assert one.bit_generator.state == other.bit_generator.state
    assert not np.array_equal(DRAWS[draw]((3, 4), one), first)
    assert DRAWS[draw]((0, 4), one).shape == (0, 4)
