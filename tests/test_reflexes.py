"""Laws of the reflexes: terms against the published equations, force feedback, delays exact at any time step."""

import numpy as np
import pytest
from people import LAW, ONE, crowd, person, walk
from scipy.optimize import brentq

from gait.human import reflexes as r
from gait.human.crowd import Crowd
from gait.human.muscles import GAS, GLU, HAM, HFL, LEAST, MUSCLES, SOL, TA, VAS, lengths_and_arms, make_anatomy
from gait.human.person import _contract, _feel, _stimulate, _switch
from gait.human.reflexes import DELAYS, GAINS, LEG, NAMES, SIGNALS, delay_steps, recall, stance, swing

each_step = pytest.mark.parametrize("timestep", [0.001, 0.0005, 0.00025])


def pos(x):
    return max(x, 0.0)


class Felt:
    """Signals by the papers' names: forces F, lengths l, of leg 0 or 1."""

    def __init__(self, felt):
        self.felt = felt

    def leg(self, which):
        names = ("F_SOL", "l_TA", "F_GAS", "F_VAS", "knee", "knee_rate", "F_HAM", "l_HAM", "F_GLU", "l_HFL", "load",
                 "contact", "heel", "thigh", "thigh_rate")  # fmt: skip
        return dict(zip(names, self.felt[15 * which : 15 * which + 15], strict=True))

    @property
    def trunk(self):
        return dict(zip(("lean", "lean_rate", "speed"), self.felt[30:], strict=True))


def stance_law(g, felt, leg, trailing, lean, push=1.0, bias=None):
    """Stimulation in stance, reflex_walker.md's equations: {name: S}."""
    own, other = felt.leg(leg), felt.leg(1 - leg)
    lo, lc = min(own["load"], 1.0), min(other["load"], 1.0)
    ds, rate = float(trailing), g["kdth"] * felt.trunk["lean_rate"]
    bias = g["dS"] if bias is None else bias
    vas = g["s0VAS"] + g["GVAS"] * own["F_VAS"] + g["kst"] * pos(own["knee"] - g["kftst"]) - g["kbw"] * lc * ds
    if own["knee"] < g["kfoff"] and own["knee_rate"] < 0:
        vas -= g["kphi"] * (g["kfoff"] - own["knee"])
    return {
        "SOL": g["s0SOL"] + push * g["GSOL"] * own["F_SOL"],
        "TA": g["s0TAsw"] + g["GTA"] * pos(own["l_TA"] - g["loTA"]) - g["GSOLTA"] * own["F_SOL"]
        + g["wTA"] * own["heel"],
        "GAS": g["s0GAS"] + push * g["GGAS"] * own["F_GAS"],
        "VAS": vas,
        "HAM": g["s0HIP"] + lo * pos(g["kpHAM"] * lean + rate),
        "GLU": g["s0HIP"] + lo * pos(g["kpGLU"] * lean + rate) - ds * bias,
        "HFL": g["s0HIP"] + lo * pos(-g["kpHFL"] * lean - rate) + ds * bias,
    }  # fmt: skip


def swing_law(g, felt, leg, takeoff, target):
    """Stimulation in swing: {name: S}."""
    own = felt.leg(leg)
    u = g["kphsw"] * (target - own["thigh"]) - g["kdhsw"] * own["thigh_rate"]
    return {
        "SOL": 0.01,
        "TA": g["s0TAsw"] + g["GTA"] * pos(own["l_TA"] - g["loTA"]),
        "GAS": 0.01,
        "VAS": g["s0VASsw"] + g["kfsw"] * pos(own["knee"] - r.SWING_KNEE),
        "HAM": 0.01 + g["GHAM"] * own["F_HAM"],
        "GLU": 0.01 + g["GGLU"] * own["F_GLU"] + pos(-u),
        "HFL": g["s0HFLsw"] + g["GHFL"] * pos(own["l_HFL"] - g["loHFL"])
        - g["GHAMHFL"] * pos(own["l_HAM"] - g["loHAM"]) + g["klean"] * (takeoff - g["thref"]) + pos(u),
    }  # fmt: skip


def vector(stims):
    return [stims[m] for m in MUSCLES]


def drawn_gains(rng):
    """A gain vector, and the same by name."""
    values = np.array([rng.uniform(g.low, g.high) for g in GAINS])
    return values, dict(zip(NAMES, values.tolist(), strict=True))


def drawn_signals(rng):
    """Signals (SIGNALS,) of both signs about their thresholds."""
    leg = lambda: [  # noqa: E731
        rng.uniform(0, 1), rng.uniform(0.4, 1.3), *rng.uniform(0, 1, 2), rng.uniform(0, 1.6), rng.normal(0, 3),
        rng.uniform(0, 1), rng.uniform(0.5, 1.4), rng.uniform(0, 1), rng.uniform(0.4, 1.4), *rng.uniform(0, 1.5, 3),
        *rng.normal(0, 0.5, 2),
    ]  # fmt: skip
    near = leg(), leg()
    for one in near:
        if rng.random() < 0.5:
            one[4] = rng.uniform(0, 0.5)  # the knee near extension
    return np.array([*near[0], *near[1], *rng.normal(0, 0.3, 2), rng.uniform(0.5, 1.8)])


def in_stance(g, felt, leg=0, trailing=False, lean=0.1, push=1.0, bias=0.25):
    stim = np.empty(7)
    stance(g, felt, leg * LEG, (1 - leg) * LEG, trailing, lean, push, bias, stim)
    return stim


def in_swing(g, felt, leg=0, takeoff=0.1, target=0.5):
    stim = np.empty(7)
    swing(g, felt, leg * LEG, takeoff, target, stim)
    return stim


# Each law against the published equations


@pytest.mark.parametrize("leg", [0, 1])
@pytest.mark.parametrize("trailing", [False, True])
def test_stance_is_as_published(leg, trailing):
    rng = np.random.default_rng(leg)
    for _ in range(200):
        (g, named), felt = drawn_gains(rng), drawn_signals(rng)
        lean, push, bias = rng.normal(0, 0.2), rng.uniform(0, 2), rng.normal(0, 0.5)
        expected = stance_law(named, Felt(felt), leg, trailing, lean, push, bias)
        assert in_stance(g, felt, leg, trailing, lean, push, bias) == pytest.approx(vector(expected), abs=1e-12)


@pytest.mark.parametrize("leg", [0, 1])
def test_swing_is_as_published(leg):
    rng = np.random.default_rng(leg)
    for _ in range(200):
        (g, named), felt = drawn_gains(rng), drawn_signals(rng)
        takeoff, target = rng.normal(0, 0.2), rng.uniform(0, 1)
        expected = swing_law(named, Felt(felt), leg, takeoff, target)
        assert in_swing(g, felt, leg, takeoff, target) == pytest.approx(vector(expected), abs=1e-12)


GEYER_HERR = {
    "GSOL": 1.2, "GGAS": 1.1, "GTA": 1.1, "loTA": 0.71, "GSOLTA": 0.3, "GVAS": 1.15, "kphi": 2.0, "kbw": 1.2,
    "kpHAM": 1.9, "kpGLU": 1.3, "kdth": 0.25, "dS": 0.25, "GHFL": 0.35, "loHFL": 0.6, "GHAMHFL": 4.0, "loHAM": 0.85,
    "klean": 1.15, "GHAM": 0.65, "GGLU": 0.4,
}  # fmt: skip


def test_defaults_are_geyer_and_herrs_and_nothing_beyond_them():
    defaults = {g.name: g.default for g in GAINS}
    assert {k: defaults[k] for k in GEYER_HERR} == GEYER_HERR
    assert defaults["kfoff"] == pytest.approx(np.radians(180 - 170), abs=1e-4)
    assert defaults["thref"] == pytest.approx(np.radians(6), abs=1e-4)
    ours = [k for k in NAMES if k[0] == "c"] + ["kst", "kphsw", "kdhsw", "kfsw", "wTA"]
    assert all(defaults[k] == 0.0 for k in ours)
    assert pytest.approx(np.radians(65), abs=1e-4) == r.SWING_KNEE
    for g in GAINS:
        assert g.low <= g.default <= g.high


def acting(law, condition, changed, rng, n=50):
    """Which muscles a gain or signal can move at all, under a condition on signals (written in place)."""
    moved = np.zeros(7, bool)
    for _ in range(n):
        (g, _), felt = drawn_gains(rng), drawn_signals(rng)
        condition(felt)
        before = law(g, felt)
        for k in changed:
            other = g.copy()
            other[NAMES.index(k)] += 0.1
            moved |= law(other, felt) != before
    return set(np.flatnonzero(moved).tolist())


def test_inhibitions_act_only_in_their_phase():
    rng = np.random.default_rng(3)

    def nothing(felt):
        pass

    def bent(felt):
        felt[r.KNEE_FLEXION] = rng.uniform(0.53, 1.5)

    def flexing(felt):
        felt[r.KNEE_RATE] = abs(felt[r.KNEE_RATE])

    def extending(felt):
        felt[r.KNEE_FLEXION], felt[r.KNEE_RATE] = rng.uniform(-0.1, 0.0), -1.0

    def trailing(g, felt):
        return in_stance(g, felt, trailing=True)

    assert acting(in_stance, nothing, ["GSOLTA"], rng) == {TA}
    assert acting(in_swing, nothing, ["GSOLTA", "wTA"], rng) == set()
    assert acting(trailing, nothing, ["kbw"], rng) == {VAS}
    assert acting(in_stance, nothing, ["kbw", "dS"], rng) == set()
    assert acting(in_stance, extending, ["kphi"], rng) == {VAS}
    assert acting(in_stance, bent, ["kphi"], rng) == set()
    assert acting(in_stance, flexing, ["kphi"], rng) == set()
    assert acting(in_swing, extending, ["kphi", "kbw", "kst"], rng) == set()
    assert acting(in_swing, nothing, ["GHAMHFL"], rng) == {HFL}
    assert acting(in_stance, nothing, ["GHAMHFL", "klean", "kphsw", "kfsw", "GHAM", "GGLU", "GHFL"], rng) == set()
    assert acting(in_swing, nothing, ["GSOL", "GGAS", "GVAS", "kpHAM", "kpGLU", "kpHFL", "kdth"], rng) == set()


def test_bias_of_double_support_moves_the_trailing_legs_hip_alone():
    rng = np.random.default_rng(4)
    for _ in range(50):
        (g, _), felt = drawn_gains(rng), drawn_signals(rng)
        change = in_stance(g, felt, trailing=True, bias=0.4) - in_stance(g, felt, trailing=True, bias=0.1)
        expected = np.zeros(7)
        expected[GLU], expected[HFL] = -0.3, 0.3
        assert change == pytest.approx(expected, abs=1e-12)
        assert (in_stance(g, felt, bias=0.4) == in_stance(g, felt, bias=0.1)).all()


def test_stance_legs_hip_is_silent_without_load():
    rng = np.random.default_rng(5)
    for _ in range(50):
        (g, named), felt = drawn_gains(rng), drawn_signals(rng)
        felt[r.LOAD] = 0.0
        assert in_stance(g, felt, lean=rng.normal())[[HAM, GLU, HFL]] == pytest.approx([named["s0HIP"]] * 3)
        felt[r.LOAD] = 3.0  # an impact counts as one body weight
        heavy = in_stance(g, felt)
        felt[r.LOAD] = 1.0
        assert (heavy == in_stance(g, felt)).all()


# What the person makes of them


def disturbed(rng, n=1):
    """A crowd in random states: everything that stimulation depends on."""
    c = Crowd([person() for _ in range(n)], 1.0, speed=1.1, sensor=(0.3, 0.05))
    s = c.state
    for i in range(n):
        c.people.gains[i], _ = drawn_gains(rng)
        s.pace[i], s.station[i] = rng.uniform(0.5, 1.8), rng.uniform(-20, 20)
        s.takeoff[i], s.wander[i] = rng.normal(0, 0.2, 2), rng.normal(0, 1, 15)
        s.stance[i], s.since[i] = rng.integers(0, 2, 2), rng.integers(0, 1000, 2)
    return c


def expected_stimulation(c, i, behind, felt, pace=None, station=None):
    """(2, 7) from reflex_walker.md, with station keeping in place of its speed integrator."""
    g, s, speed = dict(zip(NAMES, c.people.gains[i], strict=True)), c.state, c.speed
    late, held = speed - (s.pace[i] if pace is None else pace), s.station[i] if station is None else station
    fast = speed - 1.25
    leaning = g["thref"] + g["cI1"] * behind + g["cJ1"] * held + g["cD1"] * late + g["cS1"] * fast
    push = pos(1 + g["cI3"] * behind + g["cJ3"] * held + g["cD3"] * late + g["cS3"] * fast)
    bias = g["dS"] + g["cI2"] * behind + g["cD2"] * late + g["cS2"] * fast
    f = Felt(felt)
    target = g["hsw"] + g["cv"] * (f.trunk["speed"] - speed) + g["cI4"] * behind + g["cJ4"] * held
    target += g["cS4"] * fast
    relative, lean_error = c.people.sensor[i]
    lean = f.trunk["lean"] + lean_error * s.wander[i, 14] - leaning
    found = []
    for leg in range(2):
        if s.stance[i, leg]:
            trails = bool(s.stance[i].all() and s.since[i, leg] > s.since[i, 1 - leg])
            law = stance_law(g, f, leg, trails, lean, push, bias)
        else:
            law = swing_law(g, f, leg, s.takeoff[i, leg], target)
        noisy = np.array(vector(law)) * (1 + relative * s.wander[i, 7 * leg : 7 * leg + 7])
        found.append(np.clip(noisy, 0.01, 1.0))
    return np.array(found)


def test_stimulation_is_phase_law_station_keeping_error_and_limits():
    rng = np.random.default_rng(6)
    c = disturbed(rng, 300)
    seen = set()
    for i in range(c.n):
        felt, behind = drawn_signals(rng), rng.uniform(-0.9, 0.9)
        _stimulate(i, behind, felt, c.people, c.state)
        assert c.state.stim[i] == pytest.approx(expected_stimulation(c, i, behind, felt), abs=1e-12)
        seen.add(tuple(c.state.stance[i].tolist()))
    assert len(seen) == 4
    assert c.state.stim.min() == LEAST
    assert c.state.stim.max() == 1.0


def test_stance_begins_and_ends_by_load_with_hysteresis_and_a_refractory_time():
    """On the same loads: on above 0.05, off below 0.02 body weights, never within the refractory time of the last."""
    rng = np.random.default_rng(7)
    c, refractory, felt = crowd(), 37, np.zeros(SIGNALS)
    s, phase, since, switched = c.state, [0, 0], [0, 0], 0
    for _ in range(6000):
        for leg in range(2):
            load = rng.choice([0.0, 0.01, 0.02, 0.03, 0.05, 0.051, 1.0])
            felt[leg * LEG + r.CONTACT] = load
        felt[r.LEAN] = rng.normal()
        before = s.takeoff[0].copy()
        _switch(0, felt, s, refractory)
        for leg in range(2):
            load = felt[leg * LEG + r.CONTACT]
            since[leg] += 1
            on = phase[leg] == 0 and load > 0.05
            off = phase[leg] == 1 and load < 0.02
            if since[leg] >= refractory and (on or off):
                phase[leg], since[leg] = int(on), 0
                switched += 1
            else:
                off = False
            assert s.takeoff[0, leg] == (felt[r.LEAN] if off else before[leg])
        assert s.stance[0].tolist() == phase
        assert s.since[0].tolist() == since
    assert switched > 100


# Force feedback


class Loop:
    """Both legs in stance, held still: felt forces, delayed, stimulate the muscles that make them."""

    def __init__(self, knee=15.0, **gains):
        self.c = crowd()
        named = {"s0VAS": 0.01, "s0SOL": 0.01, "s0GAS": 0.01} | gains
        self.c.people.gains[0] = [named.get(k, 0.0) for k in NAMES]
        self.c.people.body[0, 3] = 0.0
        self.anatomy = make_anatomy(person().stature)
        self.q, self.qd = np.array([0.0, 0.0, 0.0, *np.radians([10.0, knee, 5.0] * 2)]), np.zeros(9)
        s = self.c.state
        s.load[0], s.smooth[0], s.stance[0] = 0.5, 1.0, 1
        s.activation[0] = s.stim[0] = 0.01
        s.fibre[0] = self.anatomy.l_opt
        self.work, self.applied, self.felt = np.empty((7, 6)), np.empty(9), np.empty(SIGNALS)

    def hold(self, steps):
        c, s = self.c, self.c.state
        for _ in range(steps):
            k = int(s.age[0])
            _feel(0, self.q, self.qd, c.people, s, s.ring[0, k % s.ring.shape[1]])
            recall(s.ring[0], k, c.times.delays, self.felt)
            _stimulate(0, 0.0, self.felt, c.people, s)
            _contract(0, self.q, self.qd, self.anatomy, s, c.times, self.work, self.applied)
            s.age[0] += 1
        return s

    def isometric(self, m, a):
        """Force [F_max] of muscle m, held still at this activation."""
        unit = self._unit(m)

        def excess(x):
            strain = (unit - x * self.anatomy.l_opt[m]) / self.anatomy.l_slack[m] - 1
            active = a * np.exp(np.log(0.05) * abs((x - 1) / 0.56) ** 3) + pos(x - 1) ** 2 / 0.56**2
            return (pos(strain) / 0.04) ** 2 + pos(0.44 - x) ** 2 / 0.28**2 - active

        x = brentq(excess, 0.3, 1.5, xtol=1e-14)
        return pos((unit - x * self.anatomy.l_opt[m]) / self.anatomy.l_slack[m] - 1) ** 2 / 0.04**2

    def _unit(self, m):
        length, arm = np.empty(7), np.empty((7, 3))
        lengths_and_arms(self.anatomy, *self.q[3:6], length, arm)
        return length[m]


MUSCLES_WITH_FEEDBACK = pytest.mark.parametrize(
    ("m", "gain", "knee"), [(SOL, "GSOL", 15.0), (GAS, "GGAS", 15.0), (VAS, "GVAS", 50.0)]
)


def loop_gain(loop, m, gain, a):
    return gain * (loop.isometric(m, a + 1e-5) - loop.isometric(m, a - 1e-5)) / 2e-5


@MUSCLES_WITH_FEEDBACK
def test_force_feedback_below_gain_1_settles_at_its_fixed_point(m, gain, knee):
    loop = Loop(knee, **{gain: 0.8})
    s = loop.hold(2500)
    fixed = brentq(lambda a: 0.01 + 0.8 * loop.isometric(m, a) - a, 0.01, 1.0, xtol=1e-13)
    assert loop_gain(loop, m, 0.8, fixed) < 1
    assert s.stim[0, :, m] == pytest.approx(fixed, rel=1e-3)
    assert s.force[0, :, m] == pytest.approx(loop.isometric(m, fixed), rel=1e-3)
    assert fixed < 0.3
    others = [k for k in range(7) if k != m]
    assert s.stim[0][:, others] == pytest.approx(0.01)


@MUSCLES_WITH_FEEDBACK
def test_force_feedback_above_gain_1_runs_into_saturation(m, gain, knee):
    loop = Loop(knee, **{gain: 3.0})
    s = loop.hold(2500)
    assert loop_gain(loop, m, 3.0, 0.05) > 1
    assert (s.stim[0, :, m] == 1.0).all()
    assert s.force[0, :, m] == pytest.approx(loop.isometric(m, 1.0), rel=1e-3)


def test_force_feedback_waits_for_its_delay():
    """A force that appears at one step stimulates soleus 20 ms later, vasti 10 ms later: not a step sooner or later."""
    for m, gain, steps in ((SOL, "GSOL", 20), (GAS, "GGAS", 20), (VAS, "GVAS", 10)):
        loop = Loop(**{gain: 1.0})
        loop.hold(50)
        loop.c.state.stim[:] = 0.01
        rest = loop.c.state.stim[0, 0, m]
        history = []
        for k in range(40):
            s = loop.c.state
            if k == 0:
                s.force[0, :, m] += 0.3  # one step's report; the next contraction overwrites it
            before = s.force[0, 0, m]
            loop.hold(1)
            history.append((before, s.stim[0, 0, m]))
        felt = [f for f, _ in history]
        jumped = [k for k, (_, stim) in enumerate(history) if stim > rest + 0.25]
        assert felt[0] > 0.3 > max(felt[1:])
        assert jumped == [steps]


# Delays


@each_step
def test_delays_are_20_10_and_5_ms_to_the_step(timestep):
    steps = delay_steps(timestep)
    by_name = Felt(np.round(steps * timestep * 1000, 9))
    ankle, knee = ("F_SOL", "l_TA", "F_GAS"), ("F_VAS", "knee", "knee_rate")
    hip = ("F_HAM", "l_HAM", "F_GLU", "l_HFL", "load", "contact", "heel", "thigh", "thigh_rate")
    for leg in range(2):
        felt = by_name.leg(leg)
        for names, delay in ((ankle, 20.0), (knee, 10.0), (hip, 5.0)):
            assert [felt[k] for k in names] == [delay] * len(names)
    assert list(by_name.trunk.values()) == [5.0] * 3
    assert len(steps) == len(DELAYS) == SIGNALS


@each_step
def test_ring_holds_the_longest_delay_and_no_more(timestep):
    assert crowd(timestep=timestep).state.ring.shape[1] == round(0.020 / timestep) + 1


def reported(c, i):
    """What person i's sensors report now (SIGNALS,), from physics and muscles."""
    s, q, qd, who = c.state, c.datas[i].qpos, c.datas[i].qvel, c.anatomies[i]
    rows = []
    for leg in range(2):
        force, fibre = s.force[i, leg], s.fibre[i, leg] / who.l_opt
        _, knee, _ = q[3 + 3 * leg : 6 + 3 * leg]
        heel, ball = s.load[i, leg]
        rows += [
            force[SOL], fibre[TA], force[GAS], force[VAS], knee, qd[4 + 3 * leg], force[HAM], fibre[HAM], force[GLU],
            fibre[HFL], s.smooth[i, leg], heel + ball, max(0.0, heel - ball), q[3 + 3 * leg] - q[2],
            qd[3 + 3 * leg] - qd[2],
        ]  # fmt: skip
    return np.array([*rows, q[2], qd[2], qd[0] + c.speed])


@each_step
def test_every_stimulation_follows_from_what_was_felt_exactly_so_long_ago(timestep):
    """Each channel, each step, over several turns of the ring, in a real walk with both phases of both legs."""
    c = crowd(timestep=timestep)
    c.begin(0, LAW, 10.0, 1)
    before = round(0.6 / timestep)
    c.walk(ONE, before - 100)
    steps, s, history, phases = delay_steps(timestep), c.state, [], set()
    turns = 4 * s.ring.shape[1]
    for k in range(100 + max(turns, round(0.5 / timestep))):
        history.append(reported(c, 0))
        behind, pace, station = -c.datas[0].qpos[0], s.pace[0], s.station[0]
        c.walk(ONE, 1)
        if k < 100:
            continue
        felt = np.array([history[k - steps[channel]][channel] for channel in range(SIGNALS)])
        recalled = np.empty(SIGNALS)
        recall(s.ring[0], s.age[0] - 1, c.times.delays, recalled)
        assert (recalled == felt).all()
        expected = expected_stimulation(c, 0, behind, felt, pace, station)
        assert s.stim[0] == pytest.approx(expected, abs=1e-12)
        phases.add(tuple(s.stance[0].tolist()))
    assert len(phases) >= 3
    assert c.flags[0] == 0


def test_recall_returns_the_signal_of_so_many_steps_ago_over_turns_of_a_ring():
    """Step k reports k in every channel: at age k, channel c recalls k − delay."""
    for timestep in (0.001, 0.0005, 0.00025, 0.0008):
        delays = delay_steps(timestep)
        ring, felt = np.full((int(delays.max()) + 1, SIGNALS), np.nan), np.empty(SIGNALS)
        for age in range(5 * len(ring)):
            ring[age % len(ring)] = age
            recall(ring, age, delays, felt)
            if age >= delays.max():
                assert (felt == age - delays).all()


def test_someone_who_walked_on_feels_what_they_felt_before():
    """The ring goes along with the state: no reflex forgets at the beginning of a trial."""
    c = crowd()
    state = walk(c, 0, LAW, 3.0)
    felt, again = np.empty(SIGNALS), np.empty(SIGNALS)
    recall(c.state.ring[0], c.state.age[0] - 1, c.times.delays, felt)
    other = crowd()
    other.begin(0, LAW, 3.0, 2, start=state)
    recall(other.state.ring[0], other.state.age[0] - 1, other.times.delays, again)
    assert (felt == again).all()
    assert (felt != 0).sum() > 20
