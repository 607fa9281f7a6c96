"""Laws of the muscles: their curves, passivity of tendons and resting fibres, isometric force, geometry and power."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from gait.human.body import Stature
from gait.human.muscles import (
    ATTACHMENTS,
    MUSCLES,
    TABLE,
    Anatomy,
    balance,
    buffer_force,
    force_length,
    force_velocity,
    lengths_and_arms,
    make_anatomy,
    parallel_force,
    tendon_force,
    velocity_of,
)
from gait.human.people import Times, make_times
from gait.human.person import _contract
from gait.human.reflexes import delay_steps
from gait.human.state import new_state

W, N, K, STRAIN = 0.56, 1.5, 5.0, 0.04  # Geyer & Herr's
HUMAN = make_anatomy(Stature())
GEYER_HERR = {  # IEEE TNSRE 18:263, the published lengths
    "SOL": (4000, 0.04, 6, 0.26, 0.5),
    "TA": (800, 0.06, 12, 0.24, 0.7),
    "GAS": (1500, 0.05, 12, 0.40, 0.7),
    "VAS": (6000, 0.08, 12, 0.23, 0.7),
    "HAM": (3000, 0.10, 12, 0.31, 0.7),
    "GLU": (1500, 0.11, 12, 0.13, 0.5),
    "HFL": (2000, 0.11, 12, 0.10, 0.5),
}
WALKING = (-20, 2, -20)
"""Least angles of a walk [deg]."""
RHO = np.array([TABLE[m][4] for m in MUSCLES])
each_v_max = pytest.mark.parametrize("v_max", [6.0, 12.0])


def f_l(x):
    return np.exp(np.log(0.05) * np.abs((x - 1) / W) ** 3)


def f_pe(x):
    return np.maximum(x - 1, 0) ** 2 / W**2


def f_be(x):
    return np.maximum(1 - W - x, 0) ** 2 / (W / 2) ** 2


def f_se(strain):
    return np.maximum(strain, 0) ** 2 / STRAIN**2


def geyer_length(q):
    """Geyer & Herr's unit length (7,) [m] at hip, knee and ankle (ours, may be complex): with ρ, as they have it."""
    phi = np.array([np.pi, np.pi, np.pi / 2]) - np.asarray(q)
    length = np.array([TABLE[m][1] + TABLE[m][3] for m in MUSCLES], dtype=phi.dtype)
    for m, joint, sign, arm, largest, reference in ATTACHMENTS:
        at = np.radians(reference)
        if largest is None:
            change = phi[joint] - at
        else:
            change = np.sin(phi[joint] - np.radians(largest)) - np.sin(at - np.radians(largest))
        length[m] += sign * RHO[m] * arm * change
    return length


def unit_length(q):
    return geyer_length(q) / RHO


def slopes(q):
    """(7, 3) derivative of each unit's length by each joint's angle, to the last bits: a complex step."""
    return np.array([unit_length(np.asarray(q) + 1e-30j * e).imag * 1e30 for e in np.eye(3)]).T


def geometry(anatomy, q):
    length, arm = np.empty(7), np.empty((7, 3))
    lengths_and_arms(anatomy, *q, length, arm)
    return length, arm


def postures(n, seed=0, low=(-40, 2, -35), high=(100, 130, 28)):
    """(n, 3) hip, knee, ankle, by default anywhere within the body's limits."""
    return np.radians(np.random.default_rng(seed).uniform(low, high, (n, 3)))


class Leg:
    """Two legs' muscles alone: joint angles and stimulations are ours to prescribe."""

    def __init__(self, timestep: float = 0.001, substeps: int | None = None, anatomy: Anatomy = HUMAN):
        self.anatomy, self.s = anatomy, new_state(1, 21)
        self.t: Times = make_times(timestep, delay_steps(timestep))
        if substeps:
            self.t = self.t._replace(substeps=substeps)
        self.work, self.applied = np.empty((7, 6)), np.zeros(9)

    def settle(self, q, a):
        """Activation a, fibres as long as leaves the tendons just taut."""
        self.s.activation[:] = self.s.stim[:] = a
        self.s.fibre[:] = geometry(self.anatomy, q)[0] - self.anatomy.l_slack
        return self

    def step(self, q, qd=(0.0, 0.0, 0.0)):
        """Both legs at these angles and rates for a step; the left joints' torques (3,)."""
        self.applied[:] = 0.0
        full, rates = np.array([0, 0, 0, *q, *q], float), np.array([0, 0, 0, *qd, *qd], float)
        _contract(0, full, rates, self.anatomy, self.s, self.t, self.work, self.applied)
        return self.applied[3:6].copy()

    def left(self, name):
        return getattr(self.s, name)[0, 0]


# Curves


def test_force_length_is_1_at_the_optimum_and_a_twentieth_at_its_width():
    assert force_length(1.0) == 1.0
    assert force_length(1 - W) == pytest.approx(0.05, rel=1e-12)
    assert force_length(1 + W) == pytest.approx(0.05, rel=1e-12)


def test_force_length_is_symmetric_and_falls_away_from_the_optimum():
    d = np.linspace(0.01, 1, 100)
    long, short = (np.array([force_length(1 + s * x) for x in d]) for s in (1, -1))
    assert np.allclose(long, short, rtol=1e-12, atol=0)
    assert (np.diff(long) < 0).all()
    assert np.allclose(long, f_l(1 + d), rtol=1e-13)


@each_v_max
def test_force_velocity_holds_at_0_fails_at_v_max_and_bears_n_when_pulled(v_max):
    assert force_velocity(0.0, v_max) == 1.0
    assert force_velocity(-v_max, v_max) == 0.0
    assert force_velocity(v_max, v_max) == pytest.approx(N, rel=1e-15)


@each_v_max
def test_force_velocity_grows_with_velocity_without_a_jump(v_max):
    v = np.linspace(-v_max, v_max, 4001)
    f = np.array([force_velocity(x, v_max) for x in v])
    assert (np.diff(f) > 0).all()
    steepest = (N - 1) * (1 + 7.56 * K) / v_max  # of the eccentric branch at 0
    assert np.diff(f).max() <= steepest * (v[1] - v[0]) * 1.001
    shortening = v[v < 0] / v_max
    assert np.allclose(f[v < 0], (1 + shortening) / (1 - K * shortening), rtol=1e-13, atol=0)  # Hill's hyperbola


@each_v_max
def test_velocity_of_is_the_inverse_of_force_velocity(v_max):
    for v in np.linspace(-v_max, v_max, 301):
        assert velocity_of(force_velocity(v, v_max), v_max) == pytest.approx(v, abs=1e-12 * v_max)
    for f in np.linspace(0, N, 301):
        assert force_velocity(velocity_of(f, v_max), v_max) == pytest.approx(f, abs=1e-12)


def test_tendon_bears_f_max_at_4_percent_is_quadratic_and_never_pushes():
    assert tendon_force(0.04) == pytest.approx(1.0, rel=1e-15)
    for strain in np.linspace(0, 0.1, 21):
        assert tendon_force(2 * strain) == pytest.approx(4 * tendon_force(strain), rel=1e-15)
        assert tendon_force(-strain) == 0.0


def test_passive_fibre_bears_nothing_between_its_two_ends():
    for x in np.linspace(1 - W + 1e-9, 1, 50):
        assert parallel_force(x) == buffer_force(x) == 0.0
    assert parallel_force(1 + W) == pytest.approx(1.0, rel=1e-15)
    assert buffer_force(1 - W - W / 2) == pytest.approx(1.0, rel=1e-15)


def test_fibres_velocity_balances_its_forces_with_the_tendons():
    rng = np.random.default_rng(0)
    for a, x, strain in rng.uniform([0.01, 0.3, -0.01], [1, 1.7, 0.08], (500, 3)):
        pull = f_se(strain)
        f_v = balance(a, x, pull)
        assert 0.0 <= f_v <= N
        wanted = (pull + f_be(x)) / (a * f_l(x) + f_pe(x))
        assert f_v == pytest.approx(min(wanted, N), rel=1e-12, abs=1e-15)
        assert -12.0 <= velocity_of(f_v, 12.0) <= 12.0


# Passivity


def loop(rng, middle, size, n=4000):
    """A smooth closed path (n + 1,) of some length."""
    t = np.linspace(0, 2 * np.pi, n + 1)
    a, phase = rng.normal(size=5), rng.uniform(0, 2 * np.pi, 5)
    path = sum(a[k] * np.sin((k + 1) * t + phase[k]) for k in range(5))
    return middle + size * path / np.abs(path).max()


def works(function, path, factor=1.0):
    """∫ force d(path) of each piece of a path (n + 1,), by Simpson's rule."""
    middles = (path[1:] + path[:-1]) / 2
    at, between = (np.array([function(x) for x in xs]) for xs in (path, middles))
    return (at[1:] + at[:-1] + 4 * between) / 6 * factor * np.diff(path)


@pytest.mark.parametrize("seed", range(3))
def test_tendon_gives_back_what_it_took_over_any_closed_loop_and_never_pulls_when_slack(seed):
    strain = loop(np.random.default_rng(seed), 0.01, 0.05)  # slack at times
    work = works(tendon_force, strain)
    stored = np.maximum(strain, 0) ** 3 / (3 * STRAIN**2)
    assert np.cumsum(work) == pytest.approx(stored[1:] - stored[0], abs=1e-9)
    assert abs(work.sum()) < 1e-9 < 1e-3 < np.abs(work).sum()
    slack = (strain[1:] <= 0) & (strain[:-1] <= 0)
    assert slack.any()
    assert (work[slack] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_resting_fibre_never_gives_more_work_than_it_took(seed):
    x = loop(np.random.default_rng(seed), 1.0, 0.8)  # stretched and buckled at times
    assert abs(works(buffer_force, x).sum()) < 1e-7 < np.abs(works(buffer_force, x)).sum()
    taken = []
    for fastest in (1e-6, 6.0, 12.0):
        v = np.diff(x) / np.abs(np.diff(x)).max() * fastest
        taken.append(works(parallel_force, x, np.array([force_velocity(u, 12.0) for u in v])).sum())
    assert abs(taken[0]) < 1e-4 < 0.1 < taken[1] < taken[2]  # the faster, the more is lost


@pytest.mark.parametrize("joint", range(3))
def test_relaxed_legs_brake_what_swings_them(joint):
    middle, size = np.radians([20.0, 40.0, 0.0]), np.zeros(3)
    size[joint] = np.radians([40.0, 35.0, 25.0])[joint]
    leg, omega = Leg().settle(middle, 1e-6), 2 * np.pi
    work = np.zeros(3)  # of each cycle of a second
    for k in range(3000):
        t = k * 0.001
        q, qd = middle + size * np.sin(omega * t), size * omega * np.cos(omega * t)
        work[k // 1000] += 0.001 * float(leg.step(q, qd) @ qd)
    assert (work[1:] < 0).all()
    assert work[2] == pytest.approx(work[1], rel=0.05)


def test_tendons_store_what_unit_and_fibre_put_into_them():
    """Along a walk of the muscles: ∫ F d(unit − fibre) is the tendon's energy, the more exactly the finer the step."""
    errors = []
    for timestep in (0.001, 0.00025):
        leg, q = Leg(timestep, 4), np.radians([10.0, 20.0, 0.0])
        leg.settle(q, 0.01)
        swing, put = np.radians([20.0, 15.0, 12.0]), np.zeros(7)
        before = leg.anatomy.l_slack.copy()
        start, through = before.copy(), np.zeros(7)
        for k in range(round(0.4 / timestep)):
            t = k * timestep
            leg.s.stim[:] = 0.5 - 0.49 * np.cos(15 * t)
            now = q + swing * np.sin(9 * t), 9 * swing * np.cos(9 * t)
            leg.step(*now)
            tendon = unit_length(q + swing * np.sin(9 * (t + timestep))) - leg.left("fibre")
            put += leg.left("force") * (tendon - before)
            through += np.abs(leg.left("force") * (tendon - before))
            before = tendon
        slack = leg.anatomy.l_slack
        now, then = (np.maximum(length / slack - 1, 0) ** 3 / (3 * STRAIN**2) for length in (before, start))
        stored = slack * (now - then)
        errors.append(np.abs(put - stored) / through)
    assert (through > 0).all()
    assert errors[1].max() < 0.01
    assert (errors[1] < 0.35 * errors[0]).all()  # of first order: a quarter


def motion(a0, stim, q, qd, seconds, fibre):
    """Fibre lengths (7,) [m] after so long at constant joint rates, by the differential equations."""

    def slope(t, y):
        x, strain = y / HUMAN.l_opt, (unit_length(q + t * qd) - y) / HUMAN.l_slack - 1
        a = stim + (a0 - stim) * np.exp(-t / 0.01)
        f_v = np.clip((f_se(strain) + f_be(x)) / (a * f_l(x) + f_pe(x)), 0, N)
        hill, eccentric = (f_v - 1) / (1 + K * f_v), (f_v - 1) / (7.56 * K * (N - f_v) + N - 1)
        return np.where(f_v < 1, hill, eccentric) * HUMAN.v_max * HUMAN.l_opt

    return solve_ivp(slope, (0, seconds), fibre, rtol=1e-9, atol=1e-12, max_step=1e-3).y[:, -1]


def test_muscles_in_motion_follow_their_differential_equations():
    """In shortening and in lengthening: the error is of first order in the steps within a step of physics."""
    q = np.radians([10.0, 25.0, 0.0])
    for qd in (np.array([3.0, 4.0, -2.0]), np.array([-3.0, -4.0, 2.0])):
        errors = []
        for substeps in (8, 16):
            leg = Leg(substeps=substeps).settle(q, 0.1)
            start = leg.left("fibre").copy()
            leg.s.stim[:] = 0.6
            for k in range(60):
                leg.step(q + 0.001 * k * qd, qd)
            exact = motion(0.1, 0.6, q, qd, 0.06, start)
            errors.append(np.abs(leg.left("fibre") - exact) / np.abs(exact - start))
        assert errors[1].max() < 1.5e-3
        assert errors[1] == pytest.approx(errors[0] / 2, rel=0.2)


# Isometric force


def isometric(anatomy, m, unit, a):
    """Relative fibre lengths at which tendon and still fibre of muscle m balance, by bracketing; all of them."""

    def excess(x):
        strain = (unit - x * anatomy.l_opt[m]) / anatomy.l_slack[m] - 1
        return f_se(strain) + f_be(x) - a * f_l(x) - f_pe(x)

    grid = np.linspace(0.05, 2.2, 400)
    signs = np.sign(excess(grid))
    return [brentq(excess, grid[k], grid[k + 1], xtol=1e-14) for k in np.flatnonzero(signs[1:] != signs[:-1])]


@pytest.mark.parametrize("a", [1.0, 0.3])
def test_held_muscle_settles_where_tendon_and_fibre_balance(a):
    checked = np.zeros(7, int)
    for q in postures(4, 0, WALKING, (30, 60, 15)):
        leg = Leg().settle(q, a)
        for _ in range(3000):
            leg.step(q)
        unit = unit_length(q)
        for m in range(7):
            roots = isometric(leg.anatomy, m, unit[m], a)
            x = leg.left("fibre")[m] / leg.anatomy.l_opt[m]
            assert min(abs(x - r) for r in roots) < 1e-9
            force = leg.left("force")[m]
            assert force == pytest.approx(a * f_l(x) + f_pe(x) - f_be(x), abs=1e-7)
            assert abs(leg.left("rate")[m]) < 1e-6
            checked[m] += force > 0.1 * a
    assert (checked > 0).all()


def test_held_muscle_at_its_optimum_bears_f_max():
    """A unit as long as optimal fibre and tendon under F_max: its force is F_max."""
    for m in range(7):
        unit = HUMAN.l_opt + HUMAN.l_slack
        rest = unit.copy()
        rest[m] += STRAIN * HUMAN.l_slack[m]
        leg = Leg(anatomy=HUMAN._replace(rest=rest, arms=np.zeros((9, 4)))).settle((0, 0, 0), 1.0)
        leg.s.fibre[:] = HUMAN.l_opt
        for _ in range(500):
            leg.step((0, 0, 0))
        assert leg.left("force")[m] == pytest.approx(1.0, rel=1e-9)
        assert leg.left("fibre")[m] == pytest.approx(HUMAN.l_opt[m], rel=1e-9)


# Geometry and power


def test_unit_lengths_are_geyer_and_herrs_over_rho():
    for q in postures(50):
        assert geometry(HUMAN, q)[0] * RHO == pytest.approx(geyer_length(q), rel=1e-13)


def test_reference_angles_give_optimal_fibre_and_slack_tendon():
    for m in range(7):
        q = np.zeros(3)
        for muscle, joint, *_, reference in ATTACHMENTS:
            if muscle == m:
                q[joint] = np.radians((180, 180, 90)[joint] - reference)
        assert geometry(HUMAN, q)[0][m] == pytest.approx(HUMAN.l_opt[m] + HUMAN.l_slack[m], rel=1e-14)


@pytest.mark.parametrize("m", range(7), ids=MUSCLES)
def test_moment_arm_is_minus_the_lengths_derivative(m):
    for q in postures(30):
        arm = geometry(HUMAN, q)[1]
        assert arm[m] == pytest.approx(-slopes(q)[m], abs=1e-15)
        for j in range(3):
            h = 1e-5 * np.eye(3)[j]
            difference = (geometry(HUMAN, q + h)[0] - geometry(HUMAN, q - h)[0])[m] / 2e-5
            assert arm[m, j] == pytest.approx(-difference, abs=1e-9)


def test_muscles_turn_their_joints_the_way_anatomy_has_it():
    arm = geometry(HUMAN, np.radians([10.0, 20.0, 0.0]))[1]
    flexes = {"SOL": (0, 0, -1), "TA": (0, 0, 1), "GAS": (0, 1, -1), "VAS": (0, -1, 0), "HAM": (-1, 1, 0),
              "GLU": (-1, 0, 0), "HFL": (1, 0, 0)}  # fmt: skip
    for m, name in enumerate(MUSCLES):  # hip flexion, knee flexion, dorsiflexion
        assert tuple(np.sign(arm[m])) == flexes[name]


def test_units_power_is_the_joints_power():
    rng = np.random.default_rng(2)
    for q in postures(50, 0, WALKING, (30, 60, 15)):
        leg, qd = Leg().settle(q, 0.5), rng.normal(0, 5, 3)
        leg.s.fibre[:] *= rng.uniform(0.8, 1.0, (1, 2, 7))
        torques = leg.step(q, qd)
        forces = leg.left("force") * HUMAN.f_max
        assert forces.max() > 100.0
        assert float(torques @ qd) == pytest.approx(-float(forces @ (slopes(q) @ qd)), rel=1e-12)
        assert leg.applied[6:] == pytest.approx(leg.s.force[0, 1] * HUMAN.f_max @ geometry(HUMAN, q)[1], rel=1e-12)


# People


def test_muscles_are_geyer_and_herrs():
    assert {name: values[:5] for name, values in TABLE.items()} == GEYER_HERR
    assert tuple(TABLE) == MUSCLES


def test_a_legs_muscles_weigh_6_14_kg():
    assert HUMAN.mass.sum() == pytest.approx(6.14, abs=0.005)


@pytest.mark.parametrize(("mass", "height", "strength"), [(52.0, 1.8, 1.0), (80.0, 1.5, 1.0), (110.0, 2.0, 0.8)])
def test_forces_scale_with_mass_and_strength_and_lengths_with_height(mass, height, strength):
    other = make_anatomy(Stature(mass, height), strength)
    heavy, long = mass / 80 * strength, height / 1.8
    assert other.f_max == pytest.approx(HUMAN.f_max * heavy, rel=1e-14)
    assert other.mass == pytest.approx(HUMAN.mass * heavy * long, rel=1e-14)
    assert (other.v_max == HUMAN.v_max).all()
    assert (other.slow == HUMAN.slow).all()
    for q in postures(20):
        for ours, theirs in zip(geometry(other, q), geometry(HUMAN, q), strict=True):
            assert ours == pytest.approx(theirs * long, rel=1e-12, abs=1e-16)
    for name in ("l_opt", "l_slack", "rest"):
        assert getattr(other, name) == pytest.approx(getattr(HUMAN, name) * long, rel=1e-14)


def test_tall_peoples_muscles_do_the_same_relative_to_their_size():
    """Strains, activations and relative forces are the same at any size: torque scales with mass × height."""
    q, qd = np.radians([10.0, 30.0, 5.0]), np.array([1.0, -2.0, 0.5])
    stature = Stature(60.0, 1.6)
    small, tall = (Leg(anatomy=make_anatomy(s)).settle(q, 0.4) for s in (stature, Stature()))
    for _ in range(50):
        a, b = small.step(q, qd), tall.step(q, qd)
    assert small.left("force") == pytest.approx(tall.left("force"), rel=1e-9)
    assert a == pytest.approx(b * stature.weight_scale * stature.length_scale, rel=1e-9)


@pytest.mark.parametrize("stiffness", [0.8, 1.0, 1.25])
def test_stiffer_tendons_stretch_less_under_the_same_force(stiffness):
    """Held still, a tendon's force is stiffness × (strain / ε_ref)², and the fibre bears just that."""
    q = np.radians([10.0, 30.0, 5.0])
    anatomy = make_anatomy(Stature(), tendon=stiffness)
    leg = Leg(anatomy=anatomy).settle(q, 0.4)
    for _ in range(2000):
        leg.step(q)
    strain = (geometry(anatomy, q)[0] - leg.left("fibre")) / anatomy.l_slack - 1.0
    force = leg.left("force")
    assert (force > 0.02).sum() >= 4
    assert force == pytest.approx(stiffness * (np.maximum(strain, 0.0) / STRAIN) ** 2, rel=1e-6, abs=1e-9)


def test_fibre_mix_moves_shares_and_the_velocity_that_goes_with_them():
    usual, fast, slow = (make_anatomy(Stature(), slow_more=x) for x in (0.0, -0.1, 0.1))
    assert slow.slow - usual.slow == pytest.approx(np.full(7, 0.1))
    assert (fast.v_max > usual.v_max).all()
    assert (usual.v_max > slow.v_max).all()
    # a muscle of slow fibres alone, and one of fast ones alone, by Umberger's ratio
    every, none = (make_anatomy(Stature(), slow_more=x) for x in (1.0, -1.0))
    assert every.v_max / none.v_max == pytest.approx(np.full(7, 0.4))
    assert (every.slow == 1).all()
    assert (none.slow == 0).all()
    assert usual.v_max.tolist() == [values[2] for values in GEYER_HERR.values()]  # to the bit


def test_activation_follows_stimulation_with_10_ms():
    """After 1, 10 and 30 ms, in the limit of small steps: the error is of first order and vanishes."""
    q = np.radians([10.0, 20.0, 0.0])
    for up in (True, False):
        for steps in (1, 10, 30):
            found = []
            for substeps in (32, 64, 128):
                leg = Leg(substeps=substeps).settle(q, 0.2)
                leg.s.stim[:] = 1.0 if up else 0.05
                for _ in range(steps):
                    leg.step(q)
                found.append(leg.left("activation")[0])
            stim = leg.left("stim")[0]
            exact = stim + (0.2 - stim) * np.exp(-steps / 10)
            errors = np.abs(np.array(found) - exact)
            assert errors[2] < 1e-3
            assert errors[:2] / errors[1:] == pytest.approx(2.0, rel=0.02)
            assert (8 * found[2] - 6 * found[1] + found[0]) / 3 == pytest.approx(exact, abs=1e-7)
