"""Crowd: persons on treadmills, each in a world of its own; begin a walk, carry one on, and read what it came to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.human.account import SINKS
from gait.human.adaptation import PLACES, put_on
from gait.human.body import make_body
from gait.human.device import RAMP, phase_of
from gait.human.muscles import GLU, HFL, LEAST, SOL, VAS, lengths_and_arms, make_anatomy
from gait.human.participants import Participant
from gait.human.people import People, make_times
from gait.human.person import USUAL_SPEED, walk
from gait.human.reflexes import NAMES, delay_steps
from gait.human.state import clear, new_state, new_sums, put, take
from gait.simulate import make_bench, silence_mujoco

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SENSOR = (0.05, 0.01)
"""Relative s.d. of the error of a muscle's stimulation, s.d. of the sensed lean [rad]."""
ZERO_LAW = np.array([0.0, 52.9, 26.2, 9.8])
NEVER = -(10**9)
"""Age of a heel strike that hasn't been: setting out is none, so the first period is a whole stride."""
SETTLE = RAMP
"""Seconds before things are summed: while the law ramps in."""


class Crowd:
    """n worlds of walking people, stepped on the caller's thread.

    Args:
      people: who walks in each world.
      longest: seconds of the longest trial.
      speed: of the belts [m/s].
      device: mass [kg] on the left and the right shank.
      ankles: which ankles a device can push.
      sensor: errors of the sensors, see `SENSOR`.
      timestep: of the physics [s].
      learning: how fast people adapt their gains, see `gait.human.adaptation.RATES`.
    """

    def __init__(
        self, people: Sequence[Participant], longest: float, *, speed: float = 1.25,
        device: tuple[float, float] = (0.0, 0.0), ankles: tuple[bool, bool] = (True, True),
        sensor: tuple[float, float] = SENSOR, timestep: float = 0.001, learning: float = 0.0,
    ) -> None:  # fmt: skip
        silence_mujoco()
        n = len(people)
        self.who, self.n, self.speed, self.dt = list(people), n, speed, timestep
        bodies: dict[Any, mujoco.MjModel] = {}
        for p in people:
            if p.stature not in bodies:
                bodies[p.stature] = make_body(p.stature, speed=speed, device=device, timestep=timestep)
        self.models = [bodies[p.stature] for p in people]
        self.datas = [mujoco.MjData(m) for m in self.models]
        self.bench = make_bench(self.models, self.datas)
        self.times = make_times(timestep, delay_steps(timestep))
        self.state, self.sums = new_state(n, int(self.times.delays.max()) + 1), new_sums(n, longest)
        self.flags = np.zeros(n, np.uint8)
        self.anatomies = [make_anatomy(p.stature, p.strength, p.tendon, p.slow_more) for p in people]
        stacked = {f: np.stack([getattr(a, f) for a in self.anatomies]) for f in self.anatomies[0]._fields}
        gains = np.array([[p.gains[name] for name in NAMES] for p in people])
        self.people = People(
            gains=gains, base=gains[:, PLACES].copy(), learning=np.full(n, learning), **stacked,
            body=np.array([[p.stature.mass, 1.03 * p.stature.length_scale, SINKS * p.stature.length_scale, speed]
                           for p in people]),
            sensor=np.tile(np.array(sensor, float), (n, 1)), ankles=np.tile(np.array(ankles, float), (n, 1)),
            push=np.zeros((n, 3)),
        )  # fmt: skip

    def set_out(self, i: int) -> None:
        """Put person i on the belt in its starting posture, walking: left leg in stance, right in swing."""
        p, s, data = self.who[i].posture, self.state, self.datas[i]
        mujoco.mj_resetData(self.models[i], data)
        clear(s, i)
        data.qpos[2:] = p["i_th"], p["i_hs"], p["i_ks"], p["i_as"], p["i_hw"], p["i_kw"], p["i_aw"]
        data.qvel[0] = p["i_vx"] - USUAL_SPEED  # as fast beside any belt
        mujoco.mj_kinematics(self.models[i], data)
        touching = self.models[i].geom_contype + self.models[i].geom_conaffinity > 0
        touching[0] = False
        data.qpos[1] = -(data.geom_xpos[touching, 2] - self.models[i].geom_size[touching, 0]).min()
        s.activation[i] = LEAST
        s.activation[i, 0, VAS], s.activation[i, 0, SOL] = p["i_aVAS"], p["i_aSOL"]
        s.activation[i, 1, HFL], s.activation[i, 0, GLU] = p["i_aHFL"], p["i_aGLU"]
        s.stim[i] = s.activation[i]
        length, arm = np.empty(7), np.empty((7, 3))
        for leg in range(2):
            hip, knee, ankle = data.qpos[3 + 3 * leg : 6 + 3 * leg]
            lengths_and_arms(self.anatomies[i], hip, knee, ankle, length, arm)
            s.fibre[i, leg] = np.maximum(length - self.anatomies[i].l_slack, 0.3 * self.anatomies[i].l_opt)
        s.stance[i, 0], s.since[i] = 1, 1000
        s.takeoff[i] = p["i_th"]
        s.smooth[i, 0] = 1.0
        s.load[i, 0, 1] = 1.0
        s.pace[i] = self.speed + data.qvel[0]
        s.unloaded[i, 1] = 1
        s.strike[i] = NEVER
        s.law[i] = s.old[i] = ZERO_LAW

    def begin(
        self, i: int, law: Array, seconds: float, key: int, *, start: Mapping[str, Any] | None = None,
        settle: float = SETTLE,
    ) -> None:  # fmt: skip
        """Begin a trial: a law (4,), so many seconds, a key for its random numbers, from `start` or setting out."""
        s, u, data = self.state, self.sums, self.datas[i]
        if start is None:
            self.set_out(i)
        else:
            put(s, i, start)
            mujoco.mj_resetData(self.models[i], data)
            data.qpos[:], data.qvel[:], data.qacc_warmstart[:] = s.qpos[i], s.qvel[i], s.warm[i]
        clear(u, i)
        u.last[i], u.from_step[i] = round(seconds / self.dt), round(min(settle, seconds) / self.dt)
        u.key[i] = key
        s.draws[i] = 0
        s.old[i], s.law[i] = s.law[i], law
        s.ramp[i] = 0
        s.probe[i], s.lesson[i], s.lesson_at[i] = 0.0, 0.0, 0  # a lesson under way ends with the law
        if self.people.learning[i] > 0.0 or s.habit[i].any():
            put_on(i, self.people, s)

    def walk(self, ids: Ints, steps: int) -> int:
        """Walk the worlds `ids` so many steps, or until they are flagged; how many were."""
        return int(walk(ids, steps, self.bench, self.people, self.state, self.sums, self.times, self.flags))

    def end(self, i: int) -> dict[str, NDArray[Any]]:
        """A copy of person i's state, from which `begin` can go on."""
        s, data = self.state, self.datas[i]
        s.qpos[i], s.qvel[i], s.warm[i] = data.qpos, data.qvel, data.qacc_warmstart
        return take(s, i)

    def seconds(self, i: int) -> float:
        """Seconds that world i walked in this trial."""
        return float(self.sums.step[i] * self.dt)

    def summary(self, i: int) -> dict[str, float]:
        """What the trial came to since the law had ramped in, SI; NaN where there was nothing to measure."""
        u, mass = self.sums, float(self.people.body[i, 0])
        time = max(0, int(u.step[i] - u.from_step[i])) * self.dt
        beats = max(1, int(u.beats[i]))
        energy = u.energy[i] / beats / mass
        n, took, squares, stood = u.strides[i].sum(axis=0)
        mean = took / n if n else math.nan
        return {
            "seconds": time,
            **dict(zip(("net", "net_umberger", "net_minetti"), energy.sum(axis=1).tolist(), strict=True)),
            "speed": self.speed + float(self.datas[i].qpos[0] - u.start[i]) / time if time else math.nan,
            "stride_time": mean, "stride_time_sd": math.sqrt(max(0.0, squares / n - mean**2)) if n else math.nan,
            "duty_factor": stood / took if n else math.nan,
            "knee_flexion": float(u.knee[i, :, 1].sum() / n) if n else math.nan,
            "peak_load": float(u.peak[i]), "strides": float(n),
            "device_power": float(u.work[i].sum() / time) if time else math.nan,
        }  # fmt: skip

    def muscles(self, i: int) -> Array:
        """(7,) power of each muscle, both legs together, by Bhargava [W/kg]."""
        u = self.sums
        rates: Array = u.energy[i, 0] / max(1, int(u.beats[i])) / self.people.body[i, 0]
        return rates

    def phases(self, i: int) -> Array:
        """(2,) where in its stride each leg is, 0 … 1; below 0 where the stride is lost."""
        return np.array([phase_of(i, leg, self.state, self.dt) for leg in range(2)])

    def curves(self, i: int) -> Array:
        """(2, BINS, CHANNELS) mean stride of each leg."""
        u = self.sums
        mean: Array = u.curves[i] / np.maximum(u.counts[i], 1.0)[..., None]
        return mean
