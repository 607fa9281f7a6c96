"""What searchers with a neural policy share: the network in convenient units, what it drew, saw and came to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.gradients import Episodes, FeatureScale, generalised_advantages
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.optimizers.gaussian_policy import LARGEST_CHANGE, NO_DIFFERENCE, WIDEST, decisions_of, diverged
from gait.policy import GaussianNetwork, Network, Policy
from gait.task import Problem
from gait.trial import Query, Trial

WIDEST_LAYER, MOST_LAYERS = 1024, 8
FAR = 10.0
"""A decision in a state so many standard deviations from all that was seen teaches nothing: a blown-up simulation's."""
SCALE = ("count", "centre", "squares")
"""The numbers of a `FeatureScale`."""
MASK = 2**64 - 1
EPOCHS, MINIBATCH = 10, 64
"""How often the state value sees each decision of a batch, and how many a step."""


@dataclass(frozen=True)
class NetworkSettings(Settings):
    """The network, how widely its draws vary, and how what follows them is valued."""

    trials: int = setting(16, "trials in a batch", low=2, high=10_000)
    hidden: str = setting("16", "units of each hidden layer, such as 16,16; none: a linear policy")
    initial_std: float = setting(1.0, "standard deviation of the draws at the start", unit="ε", low=1e-3, high=100.0)
    min_std: float = setting(0.25, "floor of that standard deviation", unit="ε", low=1e-3, high=100.0)
    reach: float = setting(
        0.3, "what a unit of the last layer is worth, against 1 ε of its bias", unit="ε", low=0.0, high=100.0
    )
    discount: float = setting(1.0, "seconds after which progress counts 1/e", unit="s", low=0.01, high=1e4)
    trace: float = setting(0.95, "how far to look before the state value is believed (λ)", low=0.0, high=1.0)
    value_rate: float = setting(0.01, "Adam's step length for the state value", low=0.0, high=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_std > self.initial_std:
            raise UsageError(f"min_std={self.min_std:g}: min_std must not exceed initial_std={self.initial_std:g} ε.")
        read_hidden(self.hidden)


def read_hidden(text: str) -> tuple[int, ...]:
    """Units of the hidden layers: `16,16` is (16, 16), `none` is ().

    Raises:
      UsageError: it is something else.
    """
    if text == "none":
        return ()
    try:
        sizes = tuple(int(word) for word in text.split(","))
    except ValueError:
        sizes = (0,)
    if not all(1 <= size <= WIDEST_LAYER for size in sizes) or len(sizes) > MOST_LAYERS:
        raise UsageError(
            f"hidden={text}: none, or up to {MOST_LAYERS} numbers from 1 to {WIDEST_LAYER} with commas between."
        )
    return sizes


@dataclass(frozen=True, eq=False)
class Walked:
    """The usable decisions of a batch, in the network's units."""

    states: Array
    """(M, f) standardised features."""
    actions: Array
    """(M, d) unclipped draws, in ε from the start."""
    better: Array
    """(M,) generalised advantages."""


class NetworkSearch(Optimizer):
    """Base of optimizers over a = start + ε ∘ (b + κ W h(φ)) + σ ∘ z, one draw a decision; subclasses write `_improve`.

    h are the last hidden layer's units, or the features themselves without one, φ the task's features, standardised by
    what was told before, and κ is `reach`. What is asked is the same network in the cube's and the features' own
    units, plain arrays. Beside it a state value of the same size is learned, of φ and the time since the trial
    began; see `gait.gradients.generalised_advantages`. At the features' means the network's answer is kept
    within the cube. A diverged trial counts as one that went nowhere for all its seconds.

    Raises:
      UsageError: PyTorch is not installed.
    """

    ranks = False
    Settings = NetworkSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: NetworkSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        try:
            from gait.neural import nets  # here, since PyTorch takes seconds
        except ModuleNotFoundError:
            raise UsageError(f"{self.name} needs PyTorch: pip install 'gaitopt[rl]'.") from None
        self._nets = nets
        d, f, hidden = len(self.space), len(problem.features), read_hidden(self.settings.hidden)
        self._actor = nets.make_network((f, *hidden, d), self.rng)
        self._critic = nets.make_network((f + 1, *(hidden or (16,)), 1), self.rng)
        self._log_std = self._limited(np.full(d, math.log(self.settings.initial_std)))
        self._features, self._returns = FeatureScale.unknown(f), FeatureScale.unknown(1)

    @property
    def batch_size(self) -> int:
        """A batch of trials of the same policy."""
        return int(self.settings.trials)

    def recommend(self) -> Policy:
        """The network's answers, without the draws."""
        return Network(**self._layers())

    def drawn(self) -> Policy:
        """The recommendation with its draws."""
        return GaussianNetwork(log_std=self._log_std + np.log(self.space.scale), **self._layers())

    def state(self) -> dict[str, NDArray[Any]]:
        """Layers of the actor and the critic, spread of the draws, what was seen, and where chance is."""
        layers = {f"actor.{k}": a for k, a in enumerate(self._actor)}
        layers |= {f"critic.{k}": a for k, a in enumerate(self._critic)}
        scales = {
            f"{name}.{part}": np.asarray(getattr(scale, part))
            for name, scale in (("features", self._features), ("returns", self._returns))
            for part in SCALE
        }
        chance = generator_words(self.rng)
        return {**layers, **scales, "log_std": self._log_std, "asked": np.asarray(self._next_id), "chance": chance}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave."""
        self._actor = [np.array(state[f"actor.{k}"]) for k in range(len(self._actor))]
        self._critic = [np.array(state[f"critic.{k}"]) for k in range(len(self._critic))]
        self._features, self._returns = (
            FeatureScale(int(state[f"{name}.count"]), *(np.array(state[f"{name}.{part}"]) for part in SCALE[1:]))
            for name in ("features", "returns")
        )
        self._log_std, self._next_id = np.array(state["log_std"]), int(state["asked"])
        set_generator(self.rng, state["chance"])

    def _ask(self) -> list[Query]:
        policy = self.drawn()
        return [self.query(policy) for _ in range(self.settings.trials)]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        with self._nets.one_thread():
            walked, sound = self._walked(trials)
            if len(walked.better):
                self._actor, log_std = self._improve(walked)
                change = np.clip(log_std - self._log_std, -LARGEST_CHANGE, LARGEST_CHANGE)
                self._log_std = self._limited(self._log_std + change)
            self._features = self._features.after(sound)
            self._stay_within()

    def _improve(self, walked: Walked) -> tuple[list[Array], Array]:
        """Layers and log standard deviation (d,) in ε after a batch."""
        raise NotImplementedError

    def _walked(self, trials: list[Trial]) -> tuple[Walked, Array]:
        """What a batch did, its advantages by the value as it was; then the value learns. And the sound features."""
        d, f = len(self.space), len(self.problem.features)
        actions, episodes = decisions_of(trials, (d, f))
        ends, times = _ends(trials, episodes, f)
        states = self._features.standard(episodes.features)
        seen = np.column_stack([states, episodes.starts / episodes.asked[episodes.trial]])
        final = np.column_stack([self._features.standard(ends), times / episodes.asked])
        better, returns = generalised_advantages(
            episodes, self._value(seen), self._value(final), self.settings.discount, self.settings.trace
        )
        near = (np.abs(states) <= FAR).all(axis=1)
        if near.any():
            self._learn_value(seen[near], returns[near])
        sound = np.array([not diverged(t) for t in trials])[episodes.trial]
        actions = (actions - self.space.default) / self.space.scale
        rounding = NO_DIFFERENCE * float(np.abs(episodes.rewards).max(initial=0.0))
        return Walked(states[near], actions[near], _scaled(better[near], rounding)), episodes.features[sound]

    def _learn_value(self, seen: Array, returns: Array) -> None:
        """Fit the state value to the returns (M,) of a batch, standardised by all so far."""
        self._returns = self._returns.after(returns[:, None])
        targets = (returns - self._returns.centre[0]) / self._returns.spread[0]
        self._critic = self._nets.fit_value(
            self._critic, seen, targets, rate=self.settings.value_rate, epochs=EPOCHS, minibatch=MINIBATCH, rng=self.rng
        )

    def _value(self, states: Array) -> Array:
        known = self._returns.count > 0 and np.isfinite(self._returns.spread[0])
        if not known:
            return np.zeros(len(states))
        values: Array = self._returns.centre[0] + self._returns.spread[0] * self._nets.value(self._critic, states)
        return values

    def _layers(self) -> dict[str, Array]:
        """The network in the cube's and the features' own units, as `Network` has it."""
        layers = [np.array(a) for a in self._actor]
        layers[-2] = self.settings.reach * self.space.scale[:, None] * layers[-2]
        layers[-1] = self.space.default + self.space.scale * layers[-1]
        weight = layers[0] / self._features.spread
        layers[:2] = weight, layers[1] - weight @ self._features.centre
        return {f"{('weight', 'bias')[k % 2]}{k // 2}": a for k, a in enumerate(layers)}

    def _stay_within(self) -> None:
        """Keep the answer at the features' means within the cube, by the last bias."""
        answer = Network(**self._layers()).act(self._features.centre, self.rng)
        self._actor[-1] = self._actor[-1] + (np.clip(answer, 0.0, 1.0) - answer) / self.space.scale

    def _limited(self, log_std: Array) -> Array:
        floor = math.log(self.settings.min_std)
        limited: Array = np.maximum(np.minimum(log_std, math.log(WIDEST) - np.log(self.space.scale)), floor)
        return limited


def _scaled(better: Array, rounding: float) -> Array:
    """Advantages (M,) with a root mean square of 1; 0 where they are rounding."""
    size = math.sqrt(float(np.mean(better**2))) if len(better) else 0.0
    return better / size if size > rounding else np.zeros(len(better))


def generator_words(rng: np.random.Generator) -> NDArray[np.uint64]:
    """Where a PCG64 generator is, (6,) words of 64 bits."""
    told: Any = rng.bit_generator.state
    where = [told["state"][name] >> shift & MASK for name in ("state", "inc") for shift in (64, 0)]
    return np.array([*where, told["has_uint32"], told["uinteger"]], np.uint64)


def set_generator(rng: np.random.Generator, words: NDArray[np.uint64]) -> None:
    """Bring a PCG64 generator to where `generator_words` found one."""
    high, low, inc_high, inc_low, has, uinteger = (int(w) for w in words)
    where = {"state": high << 64 | low, "inc": inc_high << 64 | inc_low}
    rng.bit_generator.state = {"bit_generator": "PCG64", "state": where, "has_uint32": has, "uinteger": uinteger}


def _ends(trials: list[Trial], episodes: Episodes, f: int) -> tuple[Array, Array]:
    """Features (n, f) and seconds (n,) when each trial ended; zeros where that isn't known, as in a fall it needn't."""
    kept = np.bincount(episodes.trial, minlength=len(trials))
    ends = np.zeros((len(trials), f))
    for i, (t, k) in enumerate(zip(trials, kept.tolist(), strict=True)):
        if k < len(t.features) and np.isfinite(t.features[k]).all():
            ends[i] = t.features[k]
    return ends, episodes.lengths[:, :-1].sum(axis=1)
