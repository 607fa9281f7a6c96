"""Tuning: find the reflex gains with which a person walks; what counts as walking well, and the search for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.controllers.torque_profile import project
from gait.human.body import DEVICE_MASS
from gait.human.crowd import SENSOR, Crowd
from gait.human.participants import POSTURE, Participant
from gait.human.reflexes import GAINS
from gait.human.state import BINS
from gait.simulate import COMPLETED

Array = NDArray[np.float64]

NAMES = (*(g.name for g in GAINS), *POSTURE)
LOW = np.array([*(g.low for g in GAINS), *(v[1] for v in POSTURE.values())])
HIGH = np.array([*(g.high for g in GAINS), *(v[2] for v in POSTURE.values())])

_PHASE = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
NORMAL = {
    "hip": (25, 22, 14, 5, -4, -10, -6, 12, 25, 29, 25),
    "knee": (6, 17, 18, 11, 7, 12, 35, 60, 55, 22, 6),
    "ankle": (0, -3, 4, 7, 10, 6, -16, -10, 0, 2, 0),
    "load": (0.2, 0.95, 1.05, 0.8, 0.95, 1.05, 0.25, 0.0, 0.0, 0.0, 0.2),
}
"""Hip and knee flexion, ankle dorsiflexion [deg] and vertical load [body weights] of walking people every 10 % of the
stride, rounded from the usual textbook curves (Winter, Biomechanics and Motor Control of Human Movement)."""


Episodes = Callable[[int, np.random.Generator], "list[Episode]"]
"""What the candidates of a generation walk, by its number and a stream of chance."""


@dataclass(frozen=True)
class Episode:
    """One walk of a candidate."""

    seconds: float
    settle: float
    """What comes before is not looked at [s]."""
    key: int
    """Of the sensors' noise."""
    law: tuple[float, float, float, float] = (0.0, 52.9, 26.2, 9.8)
    device: float = 0.0
    """On each shank [kg]."""
    push: float = 0.0
    """On the trunk for 0.2 s [N], at `push_at` [s]."""
    push_at: float = 7.0
    speed: float = 1.25
    noise: float = 1.0
    """Errors of the sensors over their default: who walks with poor senses walks safely with good ones."""
    weight: float = 1.0
    fall: float = 2400.0
    """What a fall at once costs; one at the very end costs half."""
    stride: tuple[float, float] = (1.02, 1.18)
    """Stride times that cost nothing [s]."""
    stride_weight: float = 100.0
    """What a second beyond them costs."""


def walk_episodes(key: int, rng: np.random.Generator) -> list[Episode]:
    """First learn to walk."""
    return [Episode(11.0, 4.0, key)]


def assist_episodes(key: int, rng: np.random.Generator) -> list[Episode]:
    """Then walk at several speeds, and with laws near people's, one strong and late, ramped in; and be pushed."""
    strong = np.array([[0.4, 0.55], [52.0, 57.0], [18.0, 38.0], [5.0, 12.0]])
    any_law = np.array([[0.1, 0.55], [46.0, 57.0], [15.0, 38.0], [5.0, 12.0]])
    episodes = [Episode(12.0, 5.0, 4 * key)]
    for k, (low, high) in enumerate((strong.T, any_law.T), 1):
        peak, time, rise, fall = project(low + (high - low) * rng.random(4)).tolist()
        push, at = rng.uniform(-30.0, 50.0), rng.uniform(12.0, 24.0)
        law = (peak, time, rise, fall)
        episodes.append(Episode(30.0, 12.0, 4 * key + k, law, DEVICE_MASS, push, at, noise=1.25, weight=0.6))
    low, high = (0.98, 1.12) if key % 2 else (1.12, 1.33)
    episodes.append(Episode(20.0, 7.0, 4 * key + 3, speed=rng.uniform(low, high), noise=1.25, weight=0.5))
    return episodes


def liked_episodes(stride_time: float) -> Episodes:
    """As `assist_episodes`, for somebody who likes this stride time [s] when nothing is worn."""

    def episodes(key: int, rng: np.random.Generator) -> list[Episode]:
        bare, *others = assist_episodes(key, rng)
        liked = (stride_time - 0.01, stride_time + 0.01)
        return [replace(bare, stride=liked, stride_weight=1000.0), *(replace(e, stride_weight=0.0) for e in others)]

    return episodes


STAGES: Mapping[str, Episodes] = {
    "walk": walk_episodes,
    "assist": assist_episodes,
}


ZERO = (0.0, 52.9, 26.2, 9.8)


def battery() -> dict[str, Episode]:
    """What an outcome is shown by, alike for all: a minute each without a device, with laws, at other speeds."""
    laws = {f"{peak:g} N·m/kg at {time:g} %": (peak, time, 28.0, min(10.0, 65.0 - time))
            for peak in (0.3, 0.45, 0.55) for time in (50.0, 53.0, 56.0)}  # fmt: skip
    told = {f"no device, {k}": Episode(60.0, 10.0, k) for k in (1, 2)}
    told["zero torque"] = Episode(60.0, 10.0, 1, ZERO, DEVICE_MASS)
    told |= {name: Episode(60.0, 14.0, 1, law, DEVICE_MASS) for name, law in laws.items()}
    for speed in (1.0, 1.1, 1.2, 1.3):
        told[f"belt at {speed}"] = Episode(60.0, 10.0, 1, speed=speed)
        told[f"belt at {speed}, zero torque"] = Episode(60.0, 10.0, 2, ZERO, DEVICE_MASS, speed=speed)
    return told


def normal_curves() -> Array:
    """(4, BINS) hip, knee, ankle [rad] and load [body weights] of walking people."""
    phase = (np.arange(BINS) + 0.5) * 100.0 / BINS
    scale = (math.pi / 180, math.pi / 180, math.pi / 180, 1.0)
    return np.array([k * np.interp(phase, _PHASE, v) for k, v in zip(scale, NORMAL.values(), strict=True)])


def beyond(value: float, low: float, high: float) -> float:
    """How far a value is outside a range."""
    return max(0.0, low - value, value - high)


def cost_of(crowd: Crowd, i: int, e: Episode, normal: Array) -> float:
    """What a walk costs: a fall above all, then energy, then what doesn't look like walking people."""
    if crowd.flags[i] != COMPLETED:
        return e.fall * (1.0 - 0.5 * crowd.seconds(i) / e.seconds)
    m = crowd.summary(i)
    if not m["strides"]:
        return 900.0
    curves = crowd.curves(i).mean(axis=0).T
    off = np.sqrt(((curves[:4] - normal) ** 2).mean(axis=1))
    return float(
        150.0 * m["net"]
        + 300.0 * beyond(m["speed"] / e.speed, 0.993, 1.007)
        + 10.0 * beyond(abs(float(crowd.datas[i].qpos[0])), 0.0, 0.3)
        + e.stride_weight * beyond(m["stride_time"], *e.stride)
        + 600.0 * m["stride_time_sd"]
        + 600.0 * beyond(m["duty_factor"], 0.62, 0.65)
        + 30.0 * beyond(m["knee_flexion"], 1.03, 1.22)
        + 100.0 * beyond(m["peak_load"], 0.0, 1.6)
        + 50.0 * off[:3].sum()
        + 15.0 * off[3]
        + 100.0 * beyond(float(curves[12].mean()), 0.0, 0.09)
    )


def split(x: Array) -> tuple[dict[str, float], dict[str, float]]:
    """Gains and posture of parameters (d,), clipped to their ranges."""
    values = dict(zip(NAMES, np.clip(x, LOW, HIGH).tolist(), strict=True))
    return {g.name: values[g.name] for g in GAINS}, {k: values[k] for k in POSTURE}


class Judge:
    """Costs of candidates over episodes, walked on a few threads.

    Args:
      body: whose gains and posture are sought.
      threads: candidates walked at a time.
    """

    def __init__(self, body: Participant, threads: int = 2) -> None:
        self.body, self.threads = body, threads
        self.normal = normal_curves()
        self.seconds = 0.0
        """Walked so far."""

    def person(self, x: Array) -> Participant:
        """The participant whose parameters are x (d,), by `NAMES`."""
        gains, posture = split(x)
        return replace(self.body, gains=gains, posture=posture)

    def __call__(self, xs: Sequence[Array], episodes: Sequence[Episode]) -> tuple[Array, list[list[dict[str, float]]]]:
        """Mean cost of each candidate (k,), and each episode's summary."""
        with ThreadPoolExecutor(self.threads) as pool:
            found = list(pool.map(lambda x: self._judge(x, episodes), xs))
        self.seconds += sum(t["walked"] for _, told in found for t in told)
        return np.array([cost for cost, _ in found]), [told for _, told in found]

    def _judge(self, x: Array, episodes: Sequence[Episode]) -> tuple[float, list[dict[str, float]]]:
        who, total, told = self.person(x), 0.0, []
        for e in episodes:
            sensor = SENSOR[0] * e.noise, SENSOR[1] * e.noise
            crowd = Crowd([who], e.seconds, speed=e.speed, device=(e.device, e.device), sensor=sensor)
            crowd.people.push[0] = round(e.push_at / crowd.dt), round((e.push_at + 0.2) / crowd.dt), e.push
            crowd.begin(0, np.array(e.law), e.seconds, e.key, settle=e.settle)
            crowd.walk(np.array([0]), int(crowd.sums.last[0]))
            total += e.weight * cost_of(crowd, 0, e, self.normal)
            told.append({**crowd.summary(0), "walked": crowd.seconds(0), "fell": float(crowd.flags[0] != COMPLETED)})
        return total / sum(e.weight for e in episodes), told


@dataclass(frozen=True)
class Generation:
    """One generation of a search."""

    number: int
    costs: list[float]
    mean: Array
    """(d,) of the distribution after it: the recommendation."""
    step: float
    """Step size, relative to the first."""
    told: list[dict[str, float]]
    """Episodes of the best candidate; empty if the generation was replayed."""


def tune(
    judge: Judge, start: Array, episodes: Episodes, *, population: int, step: float, seed: int,
    before: Sequence[Sequence[float]] = (),
) -> Iterator[Generation]:  # fmt: skip
    """Search without end by CMA-ES from `start` (d,); costs of earlier generations in `before` are not walked again."""
    import cma

    spread = spread_of(start)
    bounds = [((LOW - start) / spread).tolist(), ((HIGH - start) / spread).tolist()]
    rng = np.random.default_rng(seed)
    options = {"popsize": population, "bounds": bounds, "verbose": -9, "seed": np.nan,
               "randn": lambda *shape: rng.standard_normal(shape)}  # fmt: skip
    search: Any = cma.CMAEvolutionStrategy(np.zeros(len(start)), step, options)
    number = 0
    while True:
        number += 1
        asked = search.ask()
        told: list[list[dict[str, float]]] = [[]]
        if number <= len(before):
            costs = np.array(before[number - 1])
        else:
            chance = np.random.default_rng([seed, number])
            xs = [np.clip(start + spread * np.array(z), LOW, HIGH) for z in asked]
            costs, told = judge(xs, episodes(number, chance))
        search.tell(asked, costs.tolist())
        mean = np.clip(start + spread * np.clip(search.result.xfavorite, *np.array(bounds)), LOW, HIGH)
        best = told[int(np.argmin(costs))] if len(told) == len(costs) else []
        yield Generation(number, costs.tolist(), mean, float(search.sigma), best)


def spread_of(start: Array) -> Array:
    """(d,) natural perturbations: a quarter of a gain, or a fiftieth of its range where it's near nothing."""
    spread: Array = np.maximum(0.25 * np.abs(start), 0.02 * (HIGH - LOW))
    return spread


def start_of(values: Mapping[str, float]) -> Array:
    """Parameters (d,) by `NAMES`; what is missing is at its default."""
    default = {g.name: g.default for g in GAINS} | {k: v[0] for k, v in POSTURE.items()}
    x: Array = np.clip(np.array([values.get(n, default[n]) for n in NAMES]), LOW, HIGH)
    return x
