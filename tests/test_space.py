"""Parameters and the unit cube: there and back, clipped, and refused in words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gait.errors import UsageError, unknown_name
from gait.space import Parameter, Space

LENGTH = Parameter("length", 0.1, 0.3, 0.2, 0.02, "m", "half of the stroke")


def random_space(rng: np.random.Generator) -> Space:
    def draw(i: int) -> Parameter:
        low, high = np.sort(rng.normal(scale=10.0 ** rng.integers(-4, 5), size=2)).tolist()
        default = min(max(low + rng.random() * (high - low), low), high)
        return Parameter(f"p{i}", low, high, default, 0.1 * (high - low), "cm")

    return Space([draw(i) for i in range(rng.integers(1, 9))])


@pytest.fixture(params=range(20))
def space(request):
    return random_space(np.random.default_rng(request.param))


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_encode_and_decode_undo_each_other(space, rng):
    x = rng.random((20, len(space)))
    assert np.allclose(space.encode(space.decode(x)), x, rtol=0, atol=1e-12)
    values = space.low + x * (space.high - space.low)
    assert np.allclose(space.decode(space.encode(values)), values, rtol=1e-12, atol=1e-9)


def test_decode_clips_and_never_leaves_the_bounds(space, rng):
    corners = rng.integers(0, 2, (20, len(space))).astype(float)
    for x in (corners, rng.random((20, len(space))), 3 * rng.normal(size=(20, len(space)))):
        values = space.decode(x)
        assert np.array_equal(values, space.decode(np.clip(x, 0, 1)))
        assert (values >= space.low).all()
        assert (values <= space.high).all()
    size = np.maximum(abs(space.low), abs(space.high))
    for x, bound in ((np.inf, space.high), (-np.inf, space.low)):
        assert (abs(space.decode(np.full(len(space), x)) - bound) <= 1e-15 * size).all()


def test_whatever_is_decoded_can_be_given_back(space, rng):
    # a recommendation at a bound must not be refused as out of range for its last bit
    for x in (np.zeros(len(space)), np.ones(len(space)), rng.random(len(space))):
        values = space.named(x)
        assert list(values) == space.names
        assert np.allclose(space.point(values), x, rtol=0, atol=1e-12)


def test_defaults_and_scales_are_those_of_the_parameters(space):
    defaults = np.array([p.default for p in space.parameters])
    assert np.allclose(space.decode(space.default), defaults, rtol=1e-12, atol=1e-9)
    assert np.array_equal(space.point({}), space.default)
    assert np.allclose(space.scale * (space.high - space.low), [p.scale for p in space.parameters], rtol=1e-12)
    one = {space.names[-1]: space.parameters[-1].low}
    x = space.point(one)
    assert x[-1] == 0
    assert np.array_equal(x[:-1], space.default[:-1])


def test_shapes_are_kept(space):
    for shape in ((), (1,), (4,), (3, 4)):
        x = np.full((*shape, len(space)), 0.25)
        assert space.decode(x).shape == space.encode(x).shape == x.shape


def test_what_all_share_nobody_can_change(space):
    for a in (space.default, space.scale, space.low, space.high):
        with pytest.raises(ValueError, match="read-only"):
            a += 1.0
    space.point({})[:] = 0.5  # a copy is one's own
    assert np.array_equal(space.point({}), space.default)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0999999, 0.31, 1e300])
def test_values_not_finite_or_out_of_range_are_refused(value):
    for refuse in (LENGTH.check, lambda v: Space([LENGTH]).point({"length": v})):
        with pytest.raises(UsageError, match=r"length.*half of the stroke.*\[0.1, 0.3\] m"):
            refuse(value)


def test_unknown_names_list_the_valid_ones():
    with pytest.raises(UsageError, match=r"unknown parameter 'lenght'. Did you mean 'length'"):
        Space([LENGTH]).point({"lenght": 0.2})
    assert unknown_name("policy", 3, ["b", "a"]) == "unknown policy 3. Policies: a, b."
    assert unknown_name("noise level", "x", []) == "unknown noise level 'x'. Noise levels: none."


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"low": 0.3}, "low 0.3 must be below high 0.3 m"),
        ({"default": 0.4}, r"default 0.4 m is outside \[0.1, 0.3\] m"),
        ({"scale": 0.0}, "scale must be above 0"),
        ({"scale": -1.0}, "scale must be above 0"),
        ({"high": math.inf}, "high must be finite"),
        ({"low": -math.inf}, "low must be finite"),
        ({"default": math.nan}, "default must be finite"),
        ({"scale": math.nan}, "scale must be finite"),
    ],
)
def test_impossible_parameters_are_refused_by_name_and_rule(change, rule):
    with pytest.raises(ValueError, match=f"length: {rule}"):
        Parameter(**{**vars(LENGTH), **change})


def test_impossible_spaces_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        Space([])
    with pytest.raises(ValueError, match="repeated: length"):
        Space([LENGTH, LENGTH])


def test_a_space_describes_itself_as_plain_data(space):
    assert Space([Parameter(**p) for p in space.describe()]) == space
