"""Policies: stored as data and read back to the last bit, never changed, never not finite."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gait.errors import UsageError
from gait.policy import POLICIES, Constant, Gaussian, GaussianNetwork, Linear, Network, read_policy


def make(kind: str, seed: int = 0, d: int = 4, f: int = 3):
    rng = np.random.default_rng(seed)
    if kind == "constant":
        return Constant(rng.normal(size=d))
    if kind == "linear":
        return Linear(rng.random(d), rng.normal(size=(d, f)))
    if "network" in kind:
        layers = {"weight0": rng.normal(size=(5, f)), "bias0": rng.normal(size=5)}
        layers |= {"weight1": rng.normal(size=(d, 5)), "bias1": rng.random(d)}
        return Network(**layers) if kind == "network" else GaussianNetwork(log_std=rng.normal(size=d), **layers)
    return Gaussian(rng.random(d), rng.normal(size=d), rng.normal(size=(d, f)))


every = pytest.mark.parametrize("kind", sorted(POLICIES))


@every
def test_a_policy_survives_being_written_as_json(kind):
    for seed in range(20):
        policy = make(kind, seed)
        again = read_policy(json.loads(json.dumps(policy.describe(), allow_nan=False)))
        assert type(again) is type(policy)
        assert again.key() == policy.key()
        assert all(np.array_equal(a, again.arrays()[name]) for name, a in policy.arrays().items())


@every
def test_the_key_tells_policies_apart_to_the_last_bit(kind):
    policy = make(kind)
    for name, a in policy.arrays().items():
        for i in np.ndindex(a.shape):
            b = a.copy()
            b[i] = np.nextafter(b[i], 2.0)
            other = type(policy)(**{**policy.arrays(), name: b})
            assert other.key() != policy.key()
    assert Constant(np.zeros(2)).key() != Constant(np.zeros(3)).key()


@every
def test_nobody_can_change_a_policy(kind):
    given = {name: a.copy() for name, a in make(kind).arrays().items()}
    policy = type(make(kind))(**given)
    key = policy.key()
    for name, a in given.items():
        a += 1.0  # the caller's own array, not the policy's
        with pytest.raises(ValueError, match="read-only"):
            policy.arrays()[name] += 1.0
    with pytest.raises(ValueError, match="read-only"):
        make("constant").act(np.zeros(3), np.random.default_rng(0))[0] = 0.0
    assert policy.key() == key


def test_a_constant_policy_does_the_same_in_every_state_and_asks_for_no_chance():
    policy, rng = make("constant"), np.random.default_rng(0)
    before = rng.bit_generator.state
    for phi in (np.zeros(3), np.full(3, 1e9), np.full(3, np.nan)):
        assert np.array_equal(policy.act(phi, rng), policy.x)
    assert rng.bit_generator.state == before


def test_a_linear_policy_answers_to_what_it_sees_and_asks_for_no_chance():
    policy, rng = make("linear"), np.random.default_rng(0)
    before = rng.bit_generator.state
    assert np.array_equal(policy.act(np.zeros(3), rng), policy.mean)
    for phi in np.random.default_rng(1).normal(size=(20, 3)):
        assert np.allclose(policy.act(phi, rng), policy.mean + policy.gain @ phi, rtol=0, atol=1e-12)
    assert rng.bit_generator.state == before


def test_a_linear_policy_is_a_gaussian_one_without_its_draws():
    linear, phi = make("linear"), np.array([0.3, -1.0, 2.0])
    drawn = Gaussian(linear.mean, np.full(4, -800.0), linear.gain).act(phi, np.random.default_rng(0))
    assert np.array_equal(drawn, linear.act(phi, np.random.default_rng(0)))
    assert np.array_equal(Linear(linear.mean, np.zeros((4, 3))).act(phi, np.random.default_rng(0)), linear.mean)
    assert linear.key() != Gaussian(linear.mean, np.zeros(4), linear.gain).key()


def test_a_network_of_one_layer_is_a_linear_policy_to_the_last_bit():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        mean, log_std, gain = rng.random(12), rng.normal(size=12), rng.normal(size=(12, 5))
        phi = rng.normal(size=5) * 10.0 ** rng.integers(-3, 4)
        plain, drawn = Network(weight0=gain, bias0=mean), GaussianNetwork(log_std=log_std, weight0=gain, bias0=mean)
        assert np.array_equal(plain.act(phi, rng), Linear(mean, gain).act(phi, rng))
        draws = [p.act(phi, np.random.default_rng(seed)) for p in (drawn, Gaussian(mean, log_std, gain))]
        assert np.array_equal(*draws)
    assert plain.key() != Linear(mean, gain).key()


def test_a_network_is_tanh_layers_and_asks_for_no_chance():
    network, rng = make("network"), np.random.default_rng(0)
    before = rng.bit_generator.state
    for phi in np.random.default_rng(1).normal(size=(20, 3)):
        (w0, b0), (w1, b1) = network.layers
        assert np.allclose(network.act(phi, rng), w1 @ np.tanh(w0 @ phi + b0) + b1, rtol=0, atol=1e-12)
    assert rng.bit_generator.state == before
    drawn = GaussianNetwork(log_std=np.full(4, -800.0), **network.arrays())
    assert np.array_equal(drawn.act(phi, rng), network.act(phi, rng))


def test_a_gaussian_policy_draws_what_it_says():
    policy, phi = make("gaussian"), np.array([0.3, -1.0, 2.0])
    rng = np.random.default_rng(0)
    draws = np.array([policy.act(phi, rng) for _ in range(20_000)])
    std = np.exp(policy.log_std)
    assert np.allclose(draws.mean(axis=0), policy.mean + policy.gain @ phi, rtol=0, atol=4 * std.max() / 141)
    assert np.allclose(draws.std(axis=0), std, rtol=0.03)
    assert abs(np.corrcoef(draws.T) - np.eye(4)).max() < 0.04


def test_a_gaussian_policy_without_spread_is_its_mean():
    policy = Gaussian(np.full(2, 0.4), np.full(2, -800.0), np.zeros((2, 3)))
    assert np.array_equal(policy.act(np.ones(3), np.random.default_rng(0)), policy.mean)


@every
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_arrays_that_are_not_finite_are_refused(kind, bad):
    for name, a in make(kind).arrays().items():
        b = a.copy()
        b.flat[-1] = bad
        with pytest.raises(ValueError, match=f"{name} must be finite"):
            type(make(kind))(**{**make(kind).arrays(), name: b})


@every
def test_arrays_of_the_wrong_shape_are_refused(kind):
    arrays = make(kind).arrays()
    for name, a in arrays.items():
        for wrong in (a[None], a.sum()):
            with pytest.raises(ValueError, match=f"{name} must have {a.ndim}"):
                type(make(kind))(**{**arrays, name: wrong})
    with pytest.raises(ValueError, match="must agree"):
        Gaussian(np.zeros(3), np.zeros(2), np.zeros((3, 1)))
    with pytest.raises(ValueError, match="must agree"):
        Gaussian(np.zeros(3), np.zeros(3), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="must agree"):
        Linear(np.zeros(3), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="must agree"):
        GaussianNetwork(log_std=np.zeros(3), weight0=np.zeros((2, 1)), bias0=np.zeros(2))
    with pytest.raises(ValueError, match="must agree"):
        Network(weight0=np.zeros((3, 1)), bias0=np.zeros(2))
    with pytest.raises(ValueError, match="must agree"):
        Network(weight0=np.zeros((3, 1)), bias0=np.zeros(3), weight1=np.zeros((2, 4)), bias1=np.zeros(2))


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "constant",
        {},
        {"kind": "neural"},
        {"kind": ["constant"]},
        {"kind": None},
        {"kind": "constant"},
        {"kind": "constant", "x": "abc"},
        {"kind": "constant", "x": None},
        {"kind": "constant", "x": [[1.0]]},
        {"kind": "constant", "x": [1.0, [2.0]]},
        {"kind": "constant", "x": [1.0, None]},
        {"kind": "constant", "x": [float("nan")]},
        {"kind": "constant", "x": [1.0], "y": [1.0]},
        {"kind": "linear", "mean": [0.0], "gain": [0.0]},
        {"kind": "linear", "mean": [0.0], "gain": [[1.0], [1.0]]},
        {"kind": "linear", "mean": [0.0], "log_std": [0.0], "gain": [[1.0]]},
        {"kind": "network", "bias0": [0.0]},
        {"kind": "network", "weight0": [[0.0]], "bias0": [0.0], "weight2": [[0.0]], "bias2": [0.0]},
        {"kind": "network", "weight0": [[0.0]], "bias0": [0.0], "log_std": [0.0]},
        {"kind": "gaussian-network", "weight0": [[0.0]], "bias0": [0.0]},
        {"kind": "gaussian", "mean": [0.0], "log_std": [0.0]},
        {"kind": "gaussian", "mean": [0.0], "log_std": [0.0], "gain": [[1.0], [1.0]]},
    ],
)
def test_foreign_data_is_refused_in_words(data):
    with pytest.raises(UsageError, match="policy"):
        read_policy(data)


def test_unknown_kinds_list_the_known_ones():
    with pytest.raises(
        UsageError, match=r"'gausian'. Did you mean 'gaussian'.*constant, gaussian, gaussian-network, linear, network"
    ):
        read_policy({"kind": "gausian"})
