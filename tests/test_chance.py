"""Laws of chance in compiled loops: the published generator, its uniformity, and the independence of its draws."""

import math

import numpy as np
import pytest
from scipy import stats

from gait.human.chance import normal_pair, uniform

MASK = 2**64 - 1
GOLDEN, A, B = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
N = 20_000


def mixed(z: int) -> int:
    """SplitMix64's output function (Steele, Lea & Flood 2014) in whole numbers."""
    z = (z ^ (z >> 30)) * A & MASK
    z = (z ^ (z >> 27)) * B & MASK
    return z ^ (z >> 31)


def unshifted(z: int, by: int) -> int:
    """The x with x ^ (x >> by) = z."""
    x = z
    for _ in range(64 // by):
        x = z ^ (x >> by)
    return x


def state_of(output: int) -> int:
    """The inverse of `mixed`."""
    z = unshifted(output, 31) * pow(B, -1, 2**64) & MASK
    z = unshifted(z, 27) * pow(A, -1, 2**64) & MASK
    return unshifted(z, 30)


def draw(key: int, count: int) -> float:
    return uniform(np.uint64(key), np.uint64(count))


def stream(key: int, n: int = N) -> np.ndarray:
    return np.array([uniform(np.uint64(key), k) for k in np.arange(n, dtype=np.uint64)])


def normals(key: int, n: int = N // 2) -> np.ndarray:
    """(n, 2) pairs from neighbouring counts."""
    return np.array([normal_pair(np.uint64(key), k) for k in np.arange(0, 2 * n, 2, dtype=np.uint64)])


def test_first_draws_of_stream_zero_are_the_published_ones_of_splitmix64():
    published = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)
    for count, output in enumerate(published):
        assert mixed((count + 1) * GOLDEN & MASK) == output
        assert draw(0, count) == ((output >> 12) + 0.5) / 2**52


def test_any_draw_is_splitmix64_of_its_key_and_count():
    rng = np.random.default_rng(0)
    for key, count in rng.integers(0, 2**64, (500, 2), np.uint64).tolist():
        expected = mixed(key + (count + 1) * GOLDEN & MASK) >> 12
        assert draw(key, count) == (expected + 0.5) / 2**52


def test_the_largest_draw_is_below_1():
    assert draw((state_of(MASK) - GOLDEN) & MASK, 0) < 1.0


def test_the_extreme_outputs_give_finite_normals():
    for output in (0, MASK, 1 << 11, MASK << 12 & MASK):
        assert mixed(state_of(output)) == output
        key = (state_of(output) - GOLDEN) & MASK
        assert 0.0 < draw(key, 0) < 1.0
        assert all(map(math.isfinite, normal_pair(np.uint64(key), np.uint64(0))))
        key = (state_of(output) - 2 * GOLDEN) & MASK
        assert all(map(math.isfinite, normal_pair(np.uint64(key), np.uint64(0))))


@pytest.mark.parametrize("key", [0, 1, 2**63 + 12345])
def test_draws_are_uniform_in_0_1(key):
    u = stream(key)
    assert u.min() > 0.0
    assert u.max() < 1.0
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    for power in (1, 2, 3, 4):
        assert (u**power).mean() == pytest.approx(1 / (power + 1), abs=4 / math.sqrt(N) / (power + 1))


@pytest.mark.parametrize("key", [0, 7, 2**64 - 1])
def test_normal_pairs_have_a_normals_moments(key):
    z = normals(key)
    for x in (*z.T, z.ravel()):
        assert stats.kstest(x, "norm").pvalue > 1e-3
        for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
            assert (x**power).mean() == pytest.approx(moment, abs=4 * math.sqrt(variance / len(x)))
    assert abs(np.corrcoef(z.T)[0, 1]) < 4 / math.sqrt(len(z))
    assert abs(np.corrcoef((z**2).T)[0, 1]) < 4 / math.sqrt(len(z))


def test_a_normal_pair_is_box_and_mullers_of_its_two_draws():
    for count in (0, 2, 6, 1000):
        u, w = draw(3, count), draw(3, count + 1)
        radius = math.sqrt(-2 * math.log(u))
        expected = radius * math.cos(2 * math.pi * w), radius * math.sin(2 * math.pi * w)
        assert normal_pair(np.uint64(3), np.uint64(count)) == pytest.approx(expected, rel=1e-12)


def test_neighbouring_draws_and_neighbouring_streams_are_independent():
    u, other = stream(5), stream(6)
    bound = 4 / math.sqrt(N)
    for lag in range(1, 17):  # a trial's sensors take sixteen draws at a time
        assert abs(np.corrcoef(u[lag:], u[:-lag])[0, 1]) < bound
    assert abs(np.corrcoef(u, other)[0, 1]) < bound
    assert abs(np.corrcoef(u[1:], other[:-1])[0, 1]) < bound
    table = np.histogram2d(u[1:], u[:-1], bins=10, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(table.ravel()).pvalue > 1e-3


def test_draws_depend_on_key_and_count_alone():
    backwards = [draw(9, k) for k in reversed(range(50))][::-1]
    assert backwards == stream(9, 50).tolist()
    assert draw(9, 3) == draw(9, 3)
    assert len({draw(key, count) for key in range(40) for count in range(40)}) == 1600
