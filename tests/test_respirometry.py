"""Laws of the mask and of the two-minute estimate."""

from dataclasses import replace

import numpy as np
import pytest

from gait.errors import UsageError
from gait.human.respirometry import (
    DRIFT,
    READING,
    UNTIL_BREATH,
    WIDEST,
    Respirometer,
    estimate,
    relative_spread,
    running_estimates,
)

MASK = Respirometer()
STEADY = replace(MASK, drift=0.0)
SILENT = replace(STEADY, noise=0.0)
RNG = np.random.default_rng(0)  # where draws don't matter
RATE = 4.0  # W/kg, brisk walking


def trials(mask: Respirometer, seconds: int, n: int, offset: float = 0.15) -> np.ndarray:
    """Estimates (n,) relative to the truth, from trials that begin `offset` away from the steady rate."""
    rng, rates = np.random.default_rng(seconds), np.full(seconds // 10, RATE)
    state = mask.rest(RATE * (1 - offset))
    found = np.empty(n)
    for i in range(n):
        times, readings, _ = mask.measure(rates, 10.0, state, rng)
        found[i] = estimate(times, readings, mask.tau).rate / RATE
    return found


@pytest.mark.parametrize(
    ("seconds", "noise", "spread"),
    [(60, 0.10, 0.066), (120, 0.05, 0.014), (120, 0.10, 0.028), (120, 0.15, 0.041), (360, 0.10, 0.011)],
)
def test_the_estimate_spreads_as_independent_simulations_of_the_protocol_say_and_is_unbiased(seconds, noise, spread):
    mask = replace(STEADY, noise=noise)
    found = trials(mask, seconds, 2000)
    assert found.std() == pytest.approx(spread, rel=0.10)
    assert relative_spread(seconds, mask) == pytest.approx(found.std(), rel=0.10)
    assert abs(found.mean() - 1) < min(0.003, 3 * found.std() / np.sqrt(len(found)))


def test_told_spread_falls_with_time_and_never_reaches_one():
    spreads = [relative_spread(t, MASK) for t in (1, 4, 8, 11, 20, 60, 120, 360, 1000)]
    assert (np.diff(spreads) <= 0).all()
    assert spreads[0] == spreads[1] == spreads[2] == WIDEST < 1
    assert spreads[3] < WIDEST  # three breaths


@pytest.mark.parametrize("seed", range(10))
def test_without_noise_the_estimate_is_exact_whatever_the_offset_and_the_breaths(seed):
    rng = np.random.default_rng(seed)
    mask = replace(SILENT, breath_spread=0.5, tau=rng.uniform(20, 60))
    state = mask.rest(rng.uniform(0, 10))
    times, readings, _ = mask.measure(np.full(600, RATE), 0.1, state, rng)
    found = estimate(times, readings, mask.tau)
    assert found.rate == pytest.approx(RATE, abs=1e-9)
    assert found.initial == pytest.approx(readings[0], abs=1e-9)
    assert found.residual < 1e-18
    assert estimate(times, readings, mask.tau, start=20.0).rate == pytest.approx(RATE, abs=1e-9)


def test_the_residual_is_the_noise_the_fit_leaves():
    mask = replace(STEADY, noise=0.05)
    times, readings, _ = mask.measure(np.full(7000, RATE), 1.0, mask.rest(RATE), np.random.default_rng(0))
    assert estimate(times, readings, mask.tau).residual == pytest.approx((0.05 * RATE) ** 2, rel=0.1)


def test_breaths_before_the_start_are_left_out():
    times, readings, _ = MASK.measure(np.full(120, RATE), 1.0, MASK.rest(1.5), np.random.default_rng(0))
    late = times >= times[5]
    assert estimate(times, readings, 42.0, start=times[5]) == estimate(times[late], readings[late], 42.0)


def test_gas_exchange_goes_63_percent_of_a_step_in_tau_whatever_the_bins():
    for dt in (0.1, 1.0, 7.0):
        n = round(SILENT.tau / dt)
        after = SILENT.measure(np.full(n, 5.0), dt, SILENT.rest(1.0), np.random.default_rng(0))[2]
        assert (after[READING] - 1.0) / 4.0 == pytest.approx(1 - np.exp(-1), abs=1e-9)


def test_breaths_inside_an_interval_are_read_where_they_fall():
    """Coarse bins of a constant rate give the readings of the closed form."""
    times, readings, _ = SILENT.measure(np.full(6, 5.0), 20.0, SILENT.rest(1.0), np.random.default_rng(0))
    assert len(times) > 25
    np.testing.assert_allclose(readings, 5.0 - 4.0 * np.exp(-times / SILENT.tau), atol=1e-12)


@pytest.mark.parametrize("cut", [1, 400, 777, 1199])
def test_two_trials_on_end_are_one(cut):
    rates = 4 + np.sin(np.arange(1200) / 50)
    state = MASK.rest(1.5)
    times, readings, after = MASK.measure(rates, 0.1, state, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    first = MASK.measure(rates[:cut], 0.1, state, rng)
    second = MASK.measure(rates[cut:], 0.1, first[2], rng)
    np.testing.assert_allclose(np.concatenate([first[0], second[0] + 0.1 * cut]), times, atol=1e-9)
    np.testing.assert_allclose(np.concatenate([first[1], second[1]]), readings, atol=1e-9)
    np.testing.assert_allclose(second[2], after, atol=1e-9)
    np.testing.assert_array_equal(state, MASK.rest(1.5))


def test_a_breath_that_ends_with_the_trial_is_read_in_it_and_once():
    times, _, after = MASK.measure([RATE], MASK.breath, MASK.rest(RATE), RNG)
    assert times.tolist() == [MASK.breath]
    assert after[UNTIL_BREATH] >= 1


def test_the_same_seed_breathes_the_same_and_readings_scale_with_rates():
    rates, state = np.random.default_rng(0).uniform(2, 6, 120), MASK.rest(1.5)
    twice = state * [2, 1, 1]
    times, readings, after = MASK.measure(rates, 1.0, state, np.random.default_rng(1))
    for again, factor in ((MASK.measure(rates, 1.0, state, np.random.default_rng(1)), 1),
                          (MASK.measure(2 * rates, 1.0, twice, np.random.default_rng(1)), 2)):  # fmt: skip
        np.testing.assert_array_equal(again[0], times)
        np.testing.assert_array_equal(again[1], factor * readings)
        np.testing.assert_array_equal(again[2], after * [factor, 1, 1])
    assert not np.array_equal(MASK.measure(rates, 1.0, state, np.random.default_rng(2))[1], readings)


def test_masks_are_compared_on_the_same_breaths():
    quiet = replace(MASK, noise=0.02, drift=0.0)
    state, rates = MASK.rest(RATE), np.full(120, RATE)
    loud, low = (m.measure(rates, 1.0, state, np.random.default_rng(0)) for m in (replace(STEADY, noise=0.2), quiet))
    np.testing.assert_array_equal(loud[0], low[0])
    np.testing.assert_array_equal(MASK.measure(rates, 1.0, state, np.random.default_rng(0))[0], low[0])
    np.testing.assert_allclose(loud[1] / RATE - 1, 10 * (low[1] / RATE - 1), atol=1e-12)


def test_breath_periods_have_their_mean_and_spread_and_a_shortest():
    times, _, after = MASK.measure(np.full(350, RATE), 100.0, MASK.rest(RATE), np.random.default_rng(0))
    periods = np.diff(times)
    assert periods.mean() == pytest.approx(MASK.breath, rel=0.01)
    assert periods.std() == pytest.approx(MASK.breath * MASK.breath_spread, rel=0.03)
    assert 35000 - times[-1] + after[UNTIL_BREATH] >= 1
    wild = replace(MASK, breath_spread=0.9)
    shortest = np.diff(wild.measure(np.full(20, RATE), 100.0, wild.rest(RATE), np.random.default_rng(0))[0]).min()
    assert shortest == pytest.approx(1.0, abs=1e-9)


def test_drift_wanders_as_widely_and_as_slowly_as_said():
    """Over 4000 time constants; periods don't vary, so that a lag is a number of breaths."""
    mask = Respirometer(noise=0.0, breath_spread=0.0, drift=0.02, drift_seconds=35.0)
    _, readings, after = mask.measure(np.full(140, RATE), 1000.0, mask.rest(RATE), np.random.default_rng(0))
    drift = readings / RATE - 1
    lag = 10  # breaths: one time constant
    assert abs(drift.mean()) < 0.002
    assert drift.std() == pytest.approx(0.02, rel=0.05)
    assert np.mean(drift[lag:] * drift[:-lag]) / drift.var() == pytest.approx(np.exp(-1), abs=0.06)
    assert abs(after[DRIFT] - drift[-1]) < 0.05


def test_running_estimates_are_the_estimates_of_what_was_heard():
    times, readings, _ = MASK.measure(np.full(120, RATE), 1.0, MASK.rest(1.5), np.random.default_rng(0))
    times[5] = 20.0  # one breath ends on a whole second
    running = running_estimates(times, readings, MASK.tau, 125, fallback=-7.0)
    for second, rate in zip(range(1, 126), running, strict=True):
        heard = times <= second
        want = estimate(times[heard], readings[heard], MASK.tau).rate if heard.any() else -7.0
        assert rate == pytest.approx(want, abs=1e-9)
    assert running[0] == -7.0
    np.testing.assert_array_equal(running_estimates([], [], MASK.tau, 3, 1.2), [1.2] * 3)


def test_one_breath_is_its_own_estimate_and_none_is_refused():
    assert estimate([3.0], [4.2], 42.0).rate == 4.2
    for times, start in (([], 0.0), ([3.0], 3.1)):
        with pytest.raises(ValueError, match="no breath"):
            estimate(times, [4.2] * len(times), 42.0, start)


@pytest.mark.parametrize(
    ("field", "value"),
    [("tau", 0.0), ("tau", np.inf), ("drift_seconds", -1.0), ("breath", 0.9), ("breath_spread", 1.0),
     ("noise", -0.1), ("noise", np.nan), ("drift", 1.0)],
)  # fmt: skip
def test_fields_out_of_bounds_are_named_with_rule_and_value(field, value):
    with pytest.raises(UsageError, match=rf"{field}={value:g}: {field} is "):
        Respirometer(**{field: value})


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: MASK.measure([1.0, np.nan], 1.0, MASK.rest(1.5), RNG), "finite W/kg"),
        (lambda: MASK.measure([[1.0]], 1.0, MASK.rest(1.5), RNG), r"shape \(1, 1\)"),
        (lambda: MASK.measure([1.0], 0.0, MASK.rest(1.5), RNG), "dt=0"),
        (lambda: MASK.measure([1.0], 1.0, [1.5, 0.0, 0.0], RNG), "seconds above 0"),
        (lambda: MASK.measure([1.0], 1.0, [1.5, 3.5], RNG), "respirometer state"),
        (lambda: MASK.rest(np.nan), "respirometer state"),
        (lambda: estimate([1.0, 1.0], [4.0, 4.0], 42.0), "increase"),
        (lambda: estimate([1.0, 2.0], [4.0], 42.0), "shapes"),
        (lambda: estimate([1.0, 2.0], [4.0, np.nan], 42.0), "finite"),
        (lambda: estimate([1.0, 2.0], [4.0, 4.0], 0.0), "tau=0"),
        (lambda: running_estimates([1.0], [4.0], -1.0, 5, 1.0), "tau=-1"),
        (lambda: relative_spread(0.0, MASK), "0 s"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises(UsageError, match=said):
        call()
