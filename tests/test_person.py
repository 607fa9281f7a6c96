"""Laws of walking people: mirror symmetry, repeatability, state that carries on, energy's books, device and falls."""

import itertools
import math

import mujoco
import numpy as np
import pytest
from people import LAW, OFF, ONE, QUIET, crowd, person, same, walk

from gait.controllers.torque_profile import SPACE, project, torque
from gait.errors import UsageError
from gait.human.account import outcome
from gait.human.chance import normal_pair
from gait.human.crowd import SENSOR, Crowd
from gait.human.device import RAMP, RATE_CAP, TORQUE_CAP, assist, commanded, phase_of, stride_clock
from gait.human.metabolics import BASAL
from gait.human.reflexes import LEG
from gait.human.state import BINS, SPAN, State
from gait.simulate import Flag

SWAPPED = [0, 1, 2, 6, 7, 8, 3, 4, 5]
STEEP = np.array([5.0, 50.0, 0.1, 0.1])
"""No law that a device would be asked for."""


@pytest.fixture(scope="module")
def walking():
    """A state in the middle of a steady walk, without torque."""
    c = crowd()
    return walk(c, 0, OFF, 10.0)


def mirrored(row):
    """A state with left and right exchanged."""
    other = {k: np.array(v) for k, v in row.items()}
    for name in ("qpos", "qvel", "warm"):
        other[name] = other[name][SWAPPED]
    for name in ("activation", "stim", "fibre", "rate", "force", "load", "smooth", "stance", "since", "takeoff",
                 "unloaded", "strike", "period", "strides", "torque"):  # fmt: skip
        other[name] = other[name][::-1].copy()
    legs, trunk = other["ring"][:, : 2 * LEG], other["ring"][:, 2 * LEG :]
    other["ring"] = np.hstack([legs[:, LEG:], legs[:, :LEG], trunk])
    other["wander"] = np.concatenate([row["wander"][7:14], row["wander"][:7], row["wander"][14:]])
    return other


def apart(a, b):
    """Largest difference of two states' fields, by name."""
    return {k: float(np.abs(np.asarray(a[k], float) - np.asarray(b[k], float)).max()) for k in State._fields}


def on_from(c, state, law, seconds, key=1, settle=0.0, i=0):
    """World i through a trial from a state."""
    return walk(c, i, law, seconds, key, start=state, settle=settle)


# The person of these tests


def test_the_person_walks_with_and_without_law_device_and_noise():
    for law, options in itertools.product((OFF, LAW), ({}, {"device": (0.85, 0.85), "sensor": SENSOR})):
        c = crowd(**options)
        walk(c, 0, law, 20.0)
        assert c.flags[0] == Flag.COMPLETED
        assert c.seconds(0) == 20.0
        s = c.summary(0)
        assert s["speed"] == pytest.approx(1.25, rel=0.05)  # 12 s on a belt of 1.8 m
        assert 0.9 < s["stride_time"] < 1.3
        assert 0.5 < s["duty_factor"] < 0.7


# Symmetry


def test_exchanging_left_and_right_mirrors_every_step(walking):
    """Step by step, since contacts and reflexes switch in whole steps, so that rounding grows in a free walk."""
    c, m = crowd(), crowd()
    c.begin(0, LAW, 10.0, 1, start=walking)
    phases, other = set(), ("qvel", "warm", "load", "wander", "draws")
    for _ in range(1300):
        here = c.end(0)
        m.begin(0, LAW, 10.0, 1, start=mirrored({**here, "law": here["old"]}))
        m.state.ramp[0] = here["ramp"]
        assert c.walk(ONE, 1) == m.walk(ONE, 1) == 0
        off = apart(c.end(0), mirrored(m.end(0)))
        assert max(v for k, v in off.items() if k not in other) < 1e-9
        assert off["qvel"] < 1e-7
        assert off["warm"] < 1e-3  # accelerations, 100 rad/s² in size
        assert off["load"] < 1e-6
        phases.add(tuple(c.state.stance[0].tolist()))
    assert len(phases) >= 3


def test_someone_who_sets_out_with_the_other_foot_walks_the_mirrored_walk():
    c, m = crowd(), crowd()
    c.set_out(0)
    start = c.end(0)
    a = on_from(c, start, LAW, 1.0)
    b = mirrored(on_from(m, mirrored(start), LAW, 1.0))
    off = apart(a, b)
    assert off["qpos"] < 0.02
    assert (a["stance"] == b["stance"]).all()
    a, b = on_from(c, start, OFF, 12.0, settle=4.0), mirrored(on_from(m, mirrored(start), OFF, 12.0, settle=4.0))
    assert c.summary(0)["net"] == pytest.approx(m.summary(0)["net"], rel=0.01)
    assert c.summary(0)["stride_time"] == pytest.approx(m.summary(0)["stride_time"], rel=0.01)


def test_the_steady_gait_is_symmetric(walking):
    c = crowd()
    on_from(c, walking, OFF, 20.0)
    left, right = c.curves(0)
    assert np.degrees(np.abs(left - right)[:, :3]).mean() < 1.0
    assert np.abs(left - right)[:, 3].mean() < 0.05  # body weights
    assert np.abs(left - right)[:, 4:11].mean() < 0.02
    u = c.sums
    assert u.strides[0, 0, 1] / u.strides[0, 0, 0] == pytest.approx(u.strides[0, 1, 1] / u.strides[0, 1, 0], rel=0.005)


# Repeatability


def test_the_same_key_gives_the_same_walk_and_another_another():
    ends = [walk(crowd(sensor=SENSOR), 0, LAW, 2.0, key) for key in (5, 5, 6)]
    assert same(ends[0], ends[1])
    assert not same(ends[0], ends[2])
    assert (ends[0]["wander"] != ends[2]["wander"]).all()


def test_without_errors_of_the_sensors_the_key_does_nothing():
    ends = [walk(crowd(), 0, LAW, 2.0, key) for key in (5, 6)]
    assert same(*ends, but=("wander",))


def test_sensors_errors_are_unit_ornstein_uhlenbeck_processes():
    c = crowd(sensor=(0.0, 0.0))
    c.begin(0, OFF, 40.0, 3)
    series = []
    while c.walk(ONE, 10) == 0:
        series.append(c.state.wander[0].copy())
    series = np.array(series)[100:]
    n = len(series) / 10  # about as many are independent
    assert np.abs(series.mean(axis=0)).max() < 5 / math.sqrt(n)
    assert np.abs(series.var(axis=0) - 1).max() < 5 * math.sqrt(2 / n)
    memory = (series[1:] * series[:-1]).mean(axis=0) / series.var(axis=0)
    assert memory == pytest.approx(math.exp(-0.010 / 0.050), abs=0.05)
    across = np.corrcoef(series.T)[np.triu_indices(15, 1)]
    assert np.abs(across).max() < 6 / math.sqrt(n)


def test_every_drift_takes_fresh_draws_of_the_trials_key():
    c = crowd()
    c.begin(0, OFF, 1.0, 77)
    wander, count, keep = np.zeros(15), 0, math.exp(-0.010 / 0.050)
    for tick in range(1, 6):
        c.walk(ONE, 10)
        drawn = [normal_pair(np.uint64(77), np.uint64(count + k)) for k in range(0, 16, 2)]
        wander = keep * wander + math.sqrt(1 - keep**2) * np.ravel(drawn)[:15]
        count += 16
        assert c.state.wander[0] == pytest.approx(wander, abs=1e-14)
        assert c.state.draws[0] == count == 16 * tick


def people():
    return [person(), person("small", mass=55.0, height=1.6), person("leaning", thref=0.13)]


LAWS = (OFF, LAW, np.array([0.2, 52.0, 20.0, 8.0]))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_worlds_do_not_influence_each_other(order):
    """Three together, in any order, many or a few steps at a time, are three alone."""
    alone = []
    for k, who in enumerate(people()):
        c = Crowd([who], 5.0, sensor=SENSOR)
        alone.append(walk(c, 0, LAWS[k], 2.0, 7 + k))
    together = Crowd([people()[k] for k in order], 5.0, sensor=SENSOR)
    for place, k in enumerate(order):
        together.begin(place, LAWS[k], 2.0, 7 + k)
    ids = np.array([2, 0, 1])
    while together.walk(ids[together.flags[ids] == 0], 7 if order[0] else 5000) == 0:
        pass
    while (left := np.flatnonzero(together.flags == 0)).size:
        together.walk(left, 5000)
    for place, k in enumerate(order):
        assert same(together.end(place), alone[k])


def test_walking_ten_steps_at_a_time_is_walking_at_once():
    once, chunked = crowd(sensor=SENSOR), crowd(sensor=SENSOR)
    end = walk(once, 0, LAW, 2.0, settle=1.0)
    chunked.begin(0, LAW, 2.0, 1, settle=1.0)
    calls = 1
    while chunked.walk(ONE, 10) == 0:
        calls += 1
    assert calls == 200
    assert same(chunked.end(0), end)
    for name, mine, theirs in zip(once.sums._fields, once.sums, chunked.sums, strict=True):
        assert np.array_equal(mine, theirs), name


# State


def test_a_state_walks_on_in_any_world_as_in_its_own(walking):
    """Two crowds go on from one state, in other worlds, beside other people: the same to the bit."""
    c, other = crowd(sensor=SENSOR), Crowd([*people(), person()], 5.0, sensor=SENSOR)
    walk(other, 3, LAW, 1.5, 99)  # whatever this world did before
    assert same(on_from(c, walking, LAW, 2.0), on_from(other, walking, LAW, 2.0, i=3))


def test_an_interrupted_walk_is_the_uninterrupted_one():
    whole, parts = crowd(), crowd()
    end = walk(whole, 0, OFF, 6.0)
    state = walk(parts, 0, OFF, 2.5)
    later = crowd()
    state = on_from(later, state, OFF, 1.5, key=2)
    state = on_from(parts, state, OFF, 2.0, key=3)
    assert same(state, end, but=("wander", "draws", "ramp"))


def test_putting_a_state_back_and_taking_it_again_changes_nothing(walking):
    c = crowd()
    c.begin(0, OFF, 1.0, 1, start=walking)
    assert same(c.end(0), {**walking, "old": OFF, "law": OFF, "ramp": np.array(0), "draws": np.array(0)})
    for name in State._fields:
        with pytest.raises(UsageError, match=f"{name} is missing"):
            c.begin(0, OFF, 1.0, 1, start={k: v for k, v in walking.items() if k != name})
        with pytest.raises(UsageError, match=f"{name} has shape .*another version"):
            c.begin(0, OFF, 1.0, 1, start={**walking, name: np.stack([walking[name]] * 2)})


def test_a_state_is_a_copy(walking):
    c = crowd()
    before = {k: v.copy() for k, v in walking.items()}
    on_from(c, walking, LAW, 0.5)
    assert same(walking, before)


# Energy and strides


def test_gross_rate_is_net_rate_and_basal_rate(walking):
    c = crowd(device=(0.85, 0.85))
    on_from(c, walking, LAW, 12.0, settle=RAMP)
    gross = c.sums.gross[0] / (c.times.span // c.times.beat)
    first, last = int(RAMP / SPAN), int(12.0 / SPAN)
    assert gross[first:last].mean() == pytest.approx(c.summary(0)["net"] + BASAL, rel=1e-12)
    assert c.muscles(0).sum() == pytest.approx(c.summary(0)["net"], rel=1e-12)
    assert (gross[:last] > BASAL).all()
    assert (gross[last:] == 0).all()


@pytest.mark.parametrize("timestep", [0.001, 0.0005])
def test_bins_of_the_gross_rate_hold_half_a_second_of_beats(timestep):
    c = crowd(timestep=timestep)
    walk(c, 0, OFF, 2.0, settle=0.0)
    assert c.times.span * timestep == 0.5
    assert c.times.beat * timestep == pytest.approx(0.004)
    assert c.sums.beats[0] == 4 * (c.times.span // c.times.beat)
    gross = c.sums.gross[0, :4] / (c.times.span // c.times.beat)
    assert gross.mean() == pytest.approx(c.summary(0)["net"] + BASAL, rel=1e-12)


def test_strides_fill_the_time(walking):
    c = crowd()
    on_from(c, walking, OFF, 20.0)
    for leg in range(2):
        n, took, squares, stood = c.sums.strides[0, leg]
        assert took / n == pytest.approx(c.summary(0)["stride_time"], rel=0.01)
        assert took == pytest.approx(20.0, abs=took / n)  # those begun before and unfinished after
        assert 0 <= squares / n - (took / n) ** 2 < 0.03**2
        assert 0.5 < stood / took < 0.7
    s = c.summary(0)
    assert s["speed"] == pytest.approx(1.25 + (c.datas[0].qpos[0] - walking["qpos"][0]) / 20.0, abs=1e-12)


def test_a_walk_that_was_never_summed_has_no_means():
    c = crowd()
    walk(c, 0, OFF, 2.0)
    s = c.summary(0)
    assert s["seconds"] == s["strides"] == 0.0
    assert all(math.isnan(s[k]) for k in ("speed", "stride_time", "duty_factor", "knee_flexion", "device_power"))


# The device's torque


def test_zero_torque_of_a_massless_device_is_no_device():
    end = walk(crowd(), 0, OFF, 5.0)
    assert same(walk(crowd(ankles=(False, False)), 0, OFF, 5.0), end)
    assert same(walk(crowd(ankles=(False, False)), 0, LAW, 5.0), end, but=("law",))
    assert not same(walk(crowd(ankles=(True, False)), 0, LAW, 5.0), end, but=("law",))
    assert not same(walk(crowd(device=(0.5, 0.5)), 0, OFF, 5.0), end)


def followed(c, steps):
    """State before each step, and the torques after it: (phases (2,), ramped seconds, torques (2,))."""
    s = c.state
    for _ in range(steps):
        phases = c.phases(0)
        ramped = s.ramp[0] * c.dt
        assert c.walk(ONE, 1) == 0
        yield phases, ramped, s.torque[0].copy()


def blended(phase, ramped, new, old):
    share = min(1.0, ramped / RAMP)
    laws = [float(torque(100.0 * phase, *law, 0.0)) for law in (new, old)]
    return share * laws[0] + (1 - share) * laws[1] if phase >= 0 else 0.0


@pytest.mark.parametrize("law", project(SPACE.decode(np.random.default_rng(0).uniform(size=(3, 4)))), ids=str)
def test_delivered_torque_is_the_blend_of_the_laws_at_every_step(walking, law):
    """Unless the cap on its rate holds it back, and then it catches up."""
    c = crowd()
    state = on_from(c, walking, LAW, 10.0)
    c.begin(0, law, 20.0, 1, start=state)
    before, capped, most = c.state.torque[0].copy(), 0, 0.0
    for ramped_on in (0.0, 3.0, 7.9):
        c.state.ramp[0] = round(ramped_on / c.dt)
        for phases, ramped, now in followed(c, 1400):
            wanted = np.array([blended(p, ramped, law, LAW) for p in phases])
            late = np.abs(wanted - before) > RATE_CAP * c.dt
            assert now[~late] == pytest.approx(wanted[~late], abs=1e-9)
            assert np.abs(now - before).max() <= RATE_CAP * c.dt * (1 + 1e-9)
            capped, most, before = capped + late.sum(), max(most, now.max()), now
    assert most > 0.8 * law[0]
    assert capped < 60  # of 8400, when a stride ends amid the torque


def test_a_new_law_ramps_in_linearly_over_8_s_as_the_old_one_ramps_out():
    assert RAMP == 8.0
    c = crowd()
    s, peak = c.state, LAW[1] / 100
    s.law[0], s.old[0] = LAW, OFF
    for seconds in (0.0, 1.0, 4.0, 7.0, 8.0, 9.0, 100.0):
        s.ramp[0] = round(seconds / c.dt)
        assert commanded(0, peak, s, c.dt) == pytest.approx(LAW[0] * min(1.0, seconds / 8.0), abs=1e-12)
    s.old[0] = [0.7, 52.0, 30.0, 8.0]
    for seconds, phase in itertools.product((0.0, 2.5, 8.0), np.linspace(-0.5, 1.5, 201)):
        s.ramp[0] = round(seconds / c.dt)
        expected = blended(phase, seconds, LAW, s.old[0])
        assert commanded(0, phase, s, c.dt) == pytest.approx(expected, abs=1e-12)


def test_a_law_waits_for_the_stride_to_be_known():
    c = crowd()
    c.begin(0, LAW, 10.0, 1)
    waited = 0
    for k in range(5000):
        before, known = c.state.ramp[0], (c.state.strides[0] >= 2).any()
        c.walk(ONE, 1)
        assert c.state.ramp[0] - before == known
        if not known:
            assert (c.state.torque[0] == 0).all()
            waited = k
    assert 1000 < waited < 4000


def test_torque_and_its_rate_never_exceed_their_caps(walking):
    """Not even for a law that nobody would ask for, nor through the end of a stride amid the torque."""
    for law in (STEEP, np.array([5.0, 50.0, 40.0, 0.1]), np.array([1e9, 30.0, 1e-9, 60.0])):
        c = crowd()
        c.begin(0, law, 20.0, 1, start=walking)
        c.state.ramp[0] = 100_000
        before, highest, fastest = walking["torque"], 0.0, 0.0
        for _ in range(1500):
            c.walk(ONE, 1)
            now = c.state.torque[0].copy()
            assert (now >= 0.0).all()
            highest, fastest, before = max(highest, now.max()), max(fastest, np.abs(now - before).max()), now
        assert highest <= TORQUE_CAP
        assert fastest <= RATE_CAP * c.dt * (1 + 1e-9)
        assert highest > 0.02  # it did push
    assert highest == TORQUE_CAP


@pytest.mark.parametrize("place", range(4))
def test_a_law_that_is_no_number_pushes_nobody(place):
    c, law = crowd(), LAW.copy()
    law[place] = np.nan
    s, applied = device(c), np.zeros(9)
    s.law[0] = law
    for age in range(10_000, 10_600):
        s.age[0] = age
        assist(0, np.zeros(9), c.people, s, c.sums, c.dt, applied)
        assert (s.torque[0] <= LAW[0]).all()


def device(c, *, age=10_000, struck=(500, 500), period=1.1, strides=5):
    """Crowd c in the air, amid a stride: so many steps since heel strike."""
    s = c.state
    s.age[0], s.period[0], s.strides[0], s.ramp[0] = age, period, strides, 10**6
    s.strike[0] = [age - n for n in struck]
    s.law[0] = s.old[0] = LAW
    return s


def test_no_torque_without_a_stride():
    """Before two regular strides, and when the next heel strike is half a period late, the phase is lost."""
    c = crowd()
    for strides, expected in ((0, -1.0), (1, -1.0), (2, 0.5), (9, 0.5)):
        s = device(c, struck=(550, 550), strides=strides)
        assert phase_of(0, 0, s, c.dt) == pytest.approx(expected)
        assert (commanded(0, phase_of(0, 0, s, c.dt), s, c.dt) > 0) == (expected > 0)
    for late, lost in ((1.0, False), (1.49, False), (1.51, True), (20.0, True)):
        s = device(c, struck=(round(1100 * late), 0))
        assert (phase_of(0, 0, s, c.dt) == -1.0) == lost
        assert phase_of(0, 1, s, c.dt) == 0.0


def test_torque_dies_down_when_the_stride_is_lost(walking):
    c = crowd()
    c.begin(0, LAW, 20.0, 1, start=walking)
    c.state.ramp[0] = 10**6
    while c.state.torque[0].max() < 0.3:
        c.walk(ONE, 1)
    before = c.state.torque[0].max()
    c.state.strides[0] = 0
    for k in range(1, 12):
        c.walk(ONE, 1)
        assert c.state.torque[0].max() == pytest.approx(max(0.0, before - k * RATE_CAP * c.dt), abs=1e-12)
    assert (c.state.torque[0] == 0).all()
    c.walk(ONE, 50)
    assert (c.state.torque[0] == 0).all()


def test_feasible_laws_are_over_by_65_percent_of_the_stride(walking):
    rng = np.random.default_rng(1)
    c = crowd()
    s = device(c)
    for law in project(SPACE.decode(rng.uniform(size=(50, 4)))):
        s.law[0] = s.old[0] = law
        late = [commanded(0, p, s, c.dt) for p in np.linspace(0.65, 1.5, 86)]
        assert max(late) == 0.0
        assert commanded(0, -1.0, s, c.dt) == 0.0
        assert commanded(0, law[1] / 100, s, c.dt) == pytest.approx(law[0])
    on_from(c, walking, LAW, 10.0, settle=RAMP)
    torques, centres = c.curves(0)[..., 11], (np.arange(BINS) + 0.5) / BINS
    assert (torques[:, centres > 0.65] == 0.0).all()
    assert torques.max() > 0.9 * LAW[0]


def test_mean_torque_by_phase_is_the_law(walking):
    c = crowd()
    on_from(c, walking, LAW, 20.0, settle=RAMP)
    centres = 100 * (np.arange(BINS) + 0.5) / BINS
    law = [torque(p, *LAW, 0.0) for p in centres]
    for leg in range(2):
        assert c.curves(0)[leg, :, 11] == pytest.approx(law, abs=0.02)


def test_torque_plantarflexes_its_own_ankle_and_its_work_is_booked():
    c = crowd(ankles=(True, True))
    s, u = device(c), c.sums
    rng = np.random.default_rng(2)
    for _ in range(100):
        qd, applied = rng.normal(0, 3, 9), np.zeros(9)
        s.torque[0] = rng.uniform(0, 0.4, 2)
        booked = u.work[0].sum(axis=1).copy()
        assist(0, qd, c.people, s, u, c.dt, applied)
        assert (np.flatnonzero(applied) == [5, 8]).all()
        assert applied[[5, 8]] == pytest.approx(-s.torque[0] * 80.0)
        power = applied[[5, 8]] * qd[[5, 8]] / 80.0
        assert u.work[0].sum(axis=1) - booked == pytest.approx(power * c.dt, abs=1e-15)
    assert (u.work[0, :, 0] > 0).all()
    assert (u.work[0, :, 1] < 0).all()


@pytest.mark.parametrize("ankles", [(True, False), (False, True)])
def test_a_device_on_one_ankle_pushes_that_one_only(walking, ankles):
    c = crowd(ankles=ankles)
    on_from(c, walking, LAW, 6.0)
    worn, bare = (0, 1) if ankles[0] else (1, 0)
    assert c.sums.curves[0, worn, :, 11].max() > 0.1
    assert (c.sums.curves[0, bare, :, 11] == 0).all()
    assert (c.sums.work[0, bare] == 0).all()
    assert c.sums.work[0, worn].all()


# The device's stride clock


def clocked(c, loads, leg=0, phases=None):
    """Heel strikes [s] that the clock notes in a row of loads of one leg, a step each."""
    s, found = c.state, []
    for load in loads:
        s.load[0, leg] = load / 2  # on heel and ball
        s.age[0] += 1
        before = s.strike[0, leg]
        stride_clock(0, s, c.sums, c.times)
        if s.strike[0, leg] != before:
            found.append(s.age[0] * c.dt)
            assert s.strike[0, leg] == s.age[0]
    return found


def pattern(c, *pieces):
    """Loads from (seconds, load) pieces."""
    return np.concatenate([np.full(round(seconds / c.dt), float(load)) for seconds, load in pieces])


STRIDE = ((0.65, 1.0), (0.45, 0.0))


@pytest.mark.parametrize("timestep", [0.001, 0.0005])
@pytest.mark.parametrize("leg", [0, 1])
def test_a_heel_strike_comes_after_a_swing(timestep, leg):
    c = crowd(timestep=timestep)
    found = clocked(c, pattern(c, *STRIDE * 5, (0.01, 1.0)), leg)
    assert found == pytest.approx(np.arange(1, 6) * 1.1 + timestep)
    assert c.state.period[0, leg] == pytest.approx(1.1, abs=timestep / 10)
    assert c.state.strides[0, leg] == 5
    assert c.state.strides[0, 1 - leg] == 0


@pytest.mark.parametrize("gap", [0.01, 0.05, 0.148])
@pytest.mark.parametrize("at", [0.1, 0.6])
def test_a_bounce_is_no_heel_strike(gap, at):
    """Short unloading, just after landing or before toe-off, shifts nothing."""
    c = crowd()
    bouncing = ((at, 1.0), (gap, 0.0), (0.65 - at, 1.0), (0.45 - gap, 0.0))
    found = clocked(c, pattern(c, *STRIDE * 2, *bouncing * 3, (0.01, 1.0)))
    assert found == pytest.approx(np.arange(1, 6) * 1.1 + c.dt)
    assert c.state.period[0, 0] == pytest.approx(1.1, abs=c.dt / 10)


def test_swing_long_enough_counts_and_light_touches_in_it_do_not():
    c = crowd()
    assert len(clocked(c, pattern(c, (0.6, 1.0), (0.15, 0.0), (0.01, 1.0)))) == 1
    c = crowd()  # a load between the thresholds neither ends a stance nor a swing
    hanging = ((0.65, 1.0), (0.2, 0.0), (0.05, 0.04), (0.2, 0.0), (0.65, 1.0), (0.3, 0.03), (0.15, 1.0), (0.01, 0.0))
    assert clocked(c, pattern(c, *hanging)) == pytest.approx([1.1 + c.dt])


def test_period_is_the_running_mean_of_new_and_before():
    c, expected = crowd(), None
    for took in (1.0, 1.2, 0.9, 1.1, 1.3, 0.7):
        (struck,) = clocked(c, pattern(c, (took - 0.4 - c.dt, 1.0), (0.4, 0.0), (c.dt, 1.0)))
        expected = took if expected is None else 0.5 * (expected + took)
        assert c.state.period[0, 0] == pytest.approx(expected, abs=1e-9)
        assert c.state.strike[0, 0] == c.state.age[0] == round(struck / c.dt)
    assert c.state.strides[0, 0] == 6


@pytest.mark.parametrize("took", [0.45, 2.1])
def test_an_irregular_stride_begins_the_count_anew(took):
    c = crowd()
    clocked(c, pattern(c, *STRIDE * 4, (c.dt, 1.0)))
    assert c.state.strides[0, 0] == 4
    period = c.state.period[0, 0]
    clocked(c, pattern(c, (took - 0.2 - c.dt, 1.0), (0.2, 0.0), (c.dt, 1.0)))
    assert c.state.strides[0, 0] == 0
    assert c.state.period[0, 0] == period
    assert phase_of(0, 0, c.state, c.dt) == -1.0


def test_the_clock_sees_the_walks_heel_strikes(walking):
    """Against the loads of a walk: each foot strikes when it's loaded after a swing, half a stride from the other."""
    c = crowd()
    c.begin(0, OFF, 10.0, 1, start=walking)
    strikes, landed, air = [[], []], [[], []], walking["unloaded"].tolist()
    for _ in range(6000):
        before = c.state.strike[0].copy()
        c.walk(ONE, 1)
        for leg in range(2):
            if c.state.strike[0, leg] != before[leg]:
                strikes[leg].append(c.seconds(0))
            if c.state.load[0, leg].sum() > 0.05:
                if air[leg] > 250:
                    landed[leg].append(c.seconds(0))
                air[leg] = 0
            else:
                air[leg] += 1
    for leg in range(2):
        assert len(strikes[leg]) >= 4
        assert strikes[leg] == landed[leg]
    period = np.diff(strikes[0]).mean()
    n = min(map(len, strikes))
    shift = (np.array(strikes[1][:n]) - strikes[0][:n]) / period % 1
    assert shift == pytest.approx(0.5, abs=0.03)


# Falls and pushes


def test_a_sunk_hip_a_lean_and_the_belts_ends_are_falls():
    c = crowd()
    c.sums.last[0] = 100
    for place, low, high in ((0, -0.9, 0.9), (2, -0.9, 0.9)):
        for value in (low - 0.01, low + 0.01, high - 0.01, high + 0.01):
            q = np.zeros(9)
            q[place] = value
            fell = outcome(0, q, q.copy(), c.people, c.sums) == Flag.FELL
            assert fell == (not low <= value <= high)
    for hip, fell in ((0.76, False), (0.74, True)):
        q = np.zeros(9)
        q[1] = hip - 1.03
        assert (outcome(0, q, q.copy(), c.people, c.sums) == Flag.FELL) == fell
    small = Crowd([person(height=1.5)], 1.0)
    small.sums.last[0] = 100
    for share, fell in ((0.76, False), (0.74, True)):
        q = np.zeros(9)
        q[1] = (share - 1.03) * 1.5 / 1.8
        assert (outcome(0, q, q.copy(), small.people, small.sums) == Flag.FELL) == fell


def test_a_trial_ends_when_it_is_over_or_a_fall_ends_it(walking):
    c = crowd()
    on_from(c, walking, OFF, 1.0)
    assert (c.flags[0], c.seconds(0)) == (Flag.COMPLETED, 1.0)
    for place, value in ((0, 0.95), (0, -0.95), (1, -0.3), (2, 1.0), (2, -1.0)):
        c.begin(0, OFF, 1.0, 1, start=walking)
        c.datas[0].qpos[place] = value
        assert c.walk(ONE, 1000) == 1
        assert (c.flags[0], c.seconds(0)) == (Flag.FELL, c.dt)


def test_someone_without_reflexes_falls():
    c = Crowd([person(GSOL=0.0, GVAS=0.0, GGAS=0.0, kst=0.0, s0VAS=0.01)], 20.0, sensor=QUIET)
    c.begin(0, OFF, 20.0, 1)
    assert c.walk(ONE, 20_000) == 1
    assert c.flags[0] == Flag.FELL
    assert c.seconds(0) < 5.0


@pytest.fixture
def quiet(tmp_path, monkeypatch):
    """MuJoCo's log of what blew up goes elsewhere."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("broken", ["qpos", "qvel"])
@pytest.mark.parametrize("value", [np.nan, 1e6, np.inf])
def test_a_world_that_blows_up_says_so_and_its_neighbours_walk_on(walking, broken, value, quiet):
    c = crowd(2)
    for i in range(2):
        c.begin(i, OFF, 1.0, 1, start=walking)
    getattr(c.datas[0], broken)[4] = value
    c.walk(np.arange(2), 1000)
    assert c.flags.tolist() == [Flag.DIVERGED, Flag.COMPLETED]
    alone = on_from(crowd(), walking, OFF, 1.0)
    assert same(c.end(1), alone)
    assert same(on_from(c, walking, OFF, 1.0), alone)  # and the world itself is as new


def momentum(c):
    """Of the whole body in x and z [N·s]."""
    mujoco.mj_subtreeVel(c.models[0], c.datas[0])
    return c.models[0].body_mass.sum() * c.datas[0].subtree_linvel[1][[0, 2]]


def test_a_push_is_a_force_times_a_time():
    """In the air, where nothing else acts on the body but gravity: Newton."""
    for force in (0.0, 100.0, -60.0):
        c = crowd()
        c.begin(0, OFF, 5.0, 1)
        c.datas[0].qpos[1] += 0.5
        c.people.push[0] = 50, 150, force
        mujoco.mj_forward(c.models[0], c.datas[0])
        start = momentum(c)
        for steps, pushed in ((50, 0.0), (50, 0.05), (50, 0.10), (30, 0.10)):
            assert c.walk(ONE, steps) == 0
            assert c.state.load[0].sum() == 0.0
            mujoco.mj_forward(c.models[0], c.datas[0])
            gained = momentum(c) - start
            weight = c.models[0].body_mass.sum() * 9.81
            assert gained[0] == pytest.approx(force * pushed, abs=0.05)
            assert gained[1] == pytest.approx(-weight * c.seconds(0), abs=0.05)


def test_a_small_push_forward_moves_the_walker_forward(walking):
    c, pushed = crowd(), crowd()
    pushed.people.push[0] = 0, 200, 40.0
    at_rest = on_from(c, walking, OFF, 0.2)
    moved = on_from(pushed, walking, OFF, 0.2)
    assert 0.0 < moved["qpos"][0] - at_rest["qpos"][0] < 40.0 * 0.2**2 / 2 / 80.0 * 1.5
    assert moved["qvel"][0] > at_rest["qvel"][0]
    on_from(pushed, moved, OFF, 10.0)
    assert pushed.flags[0] == Flag.COMPLETED
