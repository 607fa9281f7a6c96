"""Laws of the muscles' metabolic power: hand-worked values, clamps, scaling, continuity, and use in compiled code."""

import math

import numba
import numpy as np
import pytest

from gait.human.metabolics import bhargava, minetti, muscle_mass, umberger

# The muscle of the hand-worked values: 0.8 kg, half of it slow, 1000 N, 0.1 m, 12 lengths/s.
M, R, F, L, V = 0.8, 0.5, 1000.0, 0.1, 12.0


def near(value):
    return pytest.approx(value, rel=1e-6)


def states(n=4000, seed=0):
    """Random states (u, a, l, v_rel, f_l, f_active, f_total, mass, slow), forces as Hill's muscle would have them."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        u, a, slow = rng.uniform(0, 1, 3)
        length, v_rel = rng.uniform(0.4, 1.7), rng.uniform(-V, V)
        f_l = math.exp(math.log(0.05) * abs((length - 1) / 0.56) ** 3)
        x = v_rel / V
        f_v = (1 + x) / (1 - 5 * x) if x < 0 else min(1.5, 1 + 4 * x)
        active = a * f_l * f_v * F
        yield u, a, length, v_rel, f_l, active, active + F * max(0.0, (length - 1) / 0.56) ** 2, M, slow


def of_bhargava(s):
    u, a, length, v_rel, _, active, total, mass, slow = s
    return bhargava(u, a, length, v_rel * L, active, total, mass, slow)


def of_umberger(s):
    u, a, length, v_rel, f_l, active, _, mass, slow = s
    return umberger(u, a, length, v_rel, f_l, active, v_rel * L, mass, slow, V)


def of_minetti(s):
    return minetti(s[1], s[3], F, L, V)


ALL = pytest.mark.parametrize("model", [of_bhargava, of_umberger, of_minetti])
HEATED = pytest.mark.parametrize("model", [of_bhargava, of_umberger])


# Bhargava, term by term: activation 40/133, maintenance 74/111 times length, shortening, work.


def test_bhargava_at_rest():
    # excitation: slow 0.5 sin(0.9°) = 0.0078537, fast 0.5 (1 − cos(0.9°)) = 0.0000617; heat 0.91 W/kg, below the floor
    assert 40 * 0.0078537 + 133 * 0.0000617 + 74 * 0.0078537 + 111 * 0.0000617 < 1
    assert bhargava(0.01, 0.01, 1.0, 0.0, 10.0, 10.0, M, R) == near(0.8 * 1.0)


def test_bhargava_isometric():
    # 0.8 (20 + 66.5) + 0.8 (37 + 55.5) = 69.2 + 74
    assert bhargava(1.0, 1.0, 1.0, 0.0, 1000.0, 1000.0, M, R) == near(143.2)
    # u = 1/3, 80 % slow: slow 0.8 · ½ = 0.4, fast 0.2 (1 − ½√3) = 0.0267949
    # 0.8 (16 + 3.5637239) + 0.8 (29.6 + 2.9742364) = 15.6509791 + 26.0593891
    assert bhargava(1 / 3, 0.2, 1.0, 0.0, 200.0, 200.0, M, 0.8) == near(41.7103682)


def test_bhargava_shortening_at_0_3_of_v_max():
    # l = 0.8, v = −0.3 · 12 · 0.1 = −0.36 m/s; Hill (1 − 0.3)/(1 + 5 · 0.3) = 0.28; 20 N passive
    # 69.2 + 0.8 · 74 + 0.25 · 300 · 0.36 + 280 · 0.36 = 69.2 + 59.2 + 27 + 100.8
    assert bhargava(1.0, 1.0, 0.8, -0.36, 280.0, 300.0, M, R) == near(256.2)


def test_bhargava_lengthening():
    # l = 1.2: 69.2 + 0.6 · 74 = 113.6; no shortening heat; work −1300 · 0.05 = −65, then −130: the total stays 0
    assert bhargava(1.0, 1.0, 1.2, 0.05, 1300.0, 1400.0, M, R) == near(48.6)
    assert bhargava(1.0, 1.0, 1.2, 0.10, 1300.0, 1400.0, M, R) == 0.0


@pytest.mark.parametrize(
    ("length", "factor"), [(0.2, 0.5), (0.5, 0.5), (0.75, 0.75), (1.0, 1.0), (1.25, 0.5), (1.5, 0.0), (2.5, 0.0)]
)
def test_bhargava_maintenance_follows_length(length, factor):
    assert bhargava(1.0, 1.0, length, 0.0, 0.0, 0.0, M, R) == near(69.2 + 74.0 * factor)


# Umberger: S = 1.5, drive^0.6 (128 (1 − r) + 25), shortening heat per lengths/s 250/12 slow and 153/12 fast.


def test_umberger_at_rest():
    # drive (0.01 + 0.01)/2; slow share 0.00785366/(0.00785366 + 0.00006168) = 0.992207; 0.01^0.6 = 0.0630957
    # 0.8 · 1.5 · 0.0630957 · (128 · 0.007793 + 25) = 0.0757149 · 25.99751
    assert umberger(0.01, 0.01, 1.0, 0.0, 1.0, 10.0, 0.0, M, R, V) == pytest.approx(1.968398, rel=1e-4)


def test_umberger_isometric():
    # slow share ½: 128 · ½ + 25 = 89; 0.8 · 1.5 · 89
    assert umberger(1.0, 1.0, 1.0, 0.0, 1.0, 1000.0, 0.0, M, R, V) == near(106.8)


def test_umberger_shortening_at_0_3_of_v_max():
    # v_rel = −3.6: slow 250/12 · 3.6 = 75, fast 153/12 · 3.6 = 45.9; half of each 60.45
    # 1.2 (89 + 60.45) + 280 · 0.36 = 179.34 + 100.8
    assert umberger(1.0, 1.0, 0.8, -3.6, 0.9, 280.0, -0.36, M, R, V) == near(280.14)
    # past the optimum with f_l = 0.7: 1.2 (89 (0.4 + 0.42) + 60.45 · 0.7) = 1.2 (72.98 + 42.315) = 138.354
    assert umberger(1.0, 1.0, 1.2, -3.6, 0.7, 280.0, -0.36, M, R, V) == near(239.154)
    # half as active: ½^0.6 = 0.6597540, ½² = 0.25; slow share at u = ½: 0.7071068/(0.7071068 + 0.2928932) = 0.7071068
    # 0.659754 (128 · 0.2928932 + 25) = 41.22823; 0.25 (75 · 0.7071068 + 45.9 · 0.2928932) = 16.6192; ×1.2 + 50.4
    assert umberger(0.5, 0.5, 1.0, -3.6, 1.0, 140.0, -0.36, M, R, V) == pytest.approx(119.81688, rel=1e-5)


def test_umberger_limits_the_slow_fibres_heat():
    # v_rel = −6: slow 125 → 100, fast 76.5; 1.2 (89 + 50 + 38.25)
    assert umberger(1.0, 1.0, 1.0, -6.0, 1.0, 0.0, -0.6, M, R, V) == near(212.7)


def test_umberger_lengthening():
    # v_rel = 0.5: 4 · 250/12 · 0.5 = 41.666667; 1.2 (89 + 41.666667) − 1300 · 0.05 = 156.8 − 65
    assert umberger(1.0, 1.0, 1.0, 0.5, 1.0, 1300.0, 0.05, M, R, V) == near(91.8)
    # drive 0.75 enters once, not squared, f_l = 0.8 past the optimum; u = ½: slow share 0.7071068 as above
    # 0.75^0.6 = 0.8414686; ×(0.4 + 0.48) (128 · 0.2928932 + 25) = 46.27380; + 0.75 · 41.666667 · 0.8 = 25; ×1.2
    assert umberger(0.5, 1.0, 1.1, 0.5, 0.8, 0.0, 0.05, M, R, V) == pytest.approx(85.52856, rel=1e-5)


def test_umberger_without_excitation_counts_slow_fibres_only():
    # drive (0 + 0.5)/2 = 0.25; 0.25^0.6 = 0.4352753; 1.2 · 0.4352753 · 25
    assert umberger(0.0, 0.5, 1.0, 0.0, 1.0, 500.0, 0.0, M, R, V) == near(13.058258)
    assert umberger(1e-9, 0.5, 1.0, 0.0, 1.0, 500.0, 0.0, M, R, V) == near(13.058258)


# Minetti & Alexander: a · 1000 N · 1.2 m/s · Φ.


@pytest.mark.parametrize(
    ("a", "v_rel", "power"),
    [
        (0.01, 0.0, 0.648),  # at rest: 0.01 · 1200 · 0.054
        (1.0, 0.0, 64.8),  # isometric
        (1.0, -3.6, 289.836718),  # x = 0.3: (0.054 + 0.1518 + 0.2214)/(1 − 0.339 + 1.152 − 0.04428) = 0.4272/1.76872
        (1.0, 6.0, 100.442656),  # x = −0.5: (0.054 − 0.253 + 0.615)/(1 + 0.565 + 3.2 + 0.205) = 0.416/4.97
        (1.0, -12.0, 328.558477),  # x = 1: 3.02/11.03
        (1.0, 12.0, 145.419433),  # x = −1: 2.008/16.57
        (1.0, -92.4, 328.558477),  # clipped; at x = 7.7 the fraction is near its pole
        (1.0, 99.0, 145.419433),
    ],
)
def test_minetti_by_hand(a, v_rel, power):
    assert minetti(a, v_rel, F, L, V) == near(power)


def test_minetti_is_positive_and_bounded_over_all_speeds():
    powers = [minetti(1.0, v, 1.0, 1.0, 1.0) for v in np.linspace(-20, 20, 4001)]
    assert 0.02 < min(powers) < 0.054
    assert max(powers) < 0.33


@pytest.mark.parametrize("curvature", [3.0, 4.0, 5.0, 7.0])
def test_minetti_efficiency_with_hill_is_that_of_muscle(curvature):
    # Efficiency peaks at slower speeds than power does. (With these constants at 0.08–0.11 v_max, and 0.42–0.55.)
    x = np.linspace(0.001, 1, 1000)
    work = x * (1 - x) / (1 + curvature * x)
    efficiency = work / [minetti(1.0, -s, 1.0, 1.0, 1.0) for s in x]
    assert 0.05 < x[efficiency.argmax()] < x[work.argmax()] < 0.4
    assert 0.4 < efficiency.max() < 0.6
    at = efficiency.argmax()
    assert (np.diff(efficiency[: at + 1]) > 0).all()
    assert (np.diff(efficiency[at:]) < 0).all()


# Laws of all or of the two heat models.


@ALL
def test_power_is_never_negative(model):
    assert min(model(s) for s in states()) >= 0.0


@HEATED
def test_heat_has_a_floor_of_1_W_per_kg(model):
    heats = np.array([model(s) + s[5] * s[3] * L for s in states()])  # power − work
    assert heats.min() >= M * (1 - 1e-9)
    assert model((0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, M, R)) == M


@HEATED
def test_both_clamps_at_once(model):
    """A passive muscle that does a little negative work has the floor's heat less the work, and then nothing."""
    for force, power in ((5.0, 0.3), (8.0, 0.0), (50.0, 0.0)):  # ·0.1 m/s = 0.5, 0.8, 5 W
        state = (0.0, 0.0, 1.0, 1.0, 1.0, force, force, M, R)
        assert model(state) == pytest.approx(power, abs=1e-12)


@HEATED
def test_held_muscle_has_heat_only(model):
    for u, a, length, _, f_l, _, _, mass, slow in states(200):
        forces = [model((u, a, length, 0.0, f_l, f, f, mass, slow)) for f in (0.0, 500.0, 1500.0)]
        assert forces[0] == forces[1] == forces[2] >= mass


@HEATED
def test_twice_the_muscle_costs_twice(model):
    for *state, active, total, mass, slow in states(500):
        double = model((*state, 2 * active, 2 * total, 2 * mass, slow))
        assert double == pytest.approx(2 * model((*state, active, total, mass, slow)), rel=1e-12, abs=1e-12)


def test_twice_the_muscle_costs_twice_by_minetti():
    for s in states(200):
        one = minetti(s[1], s[3], F, L, V)
        assert minetti(s[1], s[3], 2 * F, L, V) == near(2 * one)
        assert minetti(s[1], s[3], F, 2 * L, V) == near(2 * one)
        assert minetti(0.5 * s[1], s[3], F, L, V) == near(0.5 * one)


@pytest.mark.parametrize("slow", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("v", [-0.5, 0.0, 0.05])
def test_bhargava_rises_with_excitation(slow, v):
    powers = [bhargava(u, 0.5, 0.9, v, 400.0, 400.0, M, slow) for u in np.linspace(0, 1, 101)]
    assert (np.diff(powers) >= 0).all()
    assert (np.diff(powers)[30:] > 0).all()


@HEATED
def test_fast_fibres_cost_more_at_full_excitation(model):
    for length in (0.7, 1.0, 1.2):
        for v_rel in (-3.0, 0.0):
            powers = [model((1.0, 1.0, length, v_rel, 0.9, 300.0, 300.0, M, slow)) for slow in (1.0, 0.7, 0.3, 0.0)]
            assert (np.diff(powers) > 0).all()


@ALL
def test_shortening_costs_more_than_lengthening(model):
    for speed in (0.5, 2.0, 5.0):
        ways = [(1.0, 1.0, 1.0, v, 1.0, f, f, M, R) for v, f in ((-speed, 500.0), (speed, 1300.0))]
        assert model(ways[0]) > model(ways[1])


@ALL
@pytest.mark.parametrize(("column", "at"), [(3, 0.0), (2, 0.5), (2, 1.0), (2, 1.5)])
def test_power_is_continuous(model, column, at):
    """In velocity at 0 and in length at the corners of the curves; f_l is 1 at the optimum, as the caller's is."""
    for s in states(200):
        before, after = list(s), list(s)
        before[column], after[column] = at - 1e-7, at + 1e-7
        if (column, at) == (2, 1.0):
            before[4] = after[4] = 1.0
        assert model(before) == pytest.approx(model(after), abs=1e-3)


def test_mass_of_geyer_and_herrs_leg():
    # SOL TA GAS VAS HAM GLU HFL: F_max [N] and l_opt [m]; Σ F l = 1448 N·m, /0.25 MPa · 1059.7 kg/m³
    f_max = np.array([4000, 800, 1500, 6000, 3000, 1500, 2000.0])
    l_opt = np.array([0.04, 0.06, 0.05, 0.08, 0.10, 0.11, 0.11])
    masses = muscle_mass(f_max, l_opt)
    assert masses.sum() == pytest.approx(6.14, abs=0.005)
    assert muscle_mass(4000.0, 0.04) == near(0.678208)  # 160 / 250000 · 1059.7


def test_compiled_code_can_call_them():
    rows = list(states(50))

    @numba.njit
    def power(u, a, length, v_rel, f_l, active, total, mass, slow):
        return (
            bhargava(u, a, length, v_rel * L, active, total, mass, slow),
            umberger(u, a, length, v_rel, f_l, active, v_rel * L, mass, slow, V),
            minetti(a, v_rel, F, L, V),
        )

    table = np.array([power(*s) for s in rows])
    assert table == pytest.approx(np.array([[of_bhargava(s), of_umberger(s), of_minetti(s)] for s in rows]))
    # interpreted Python agrees with the compiled code
    plain = [bhargava.py_func(u, a, x, v * L, f, t, m, r) for u, a, x, v, _, f, t, m, r in rows]
    assert table[:, 0] == pytest.approx(plain, rel=1e-12)
