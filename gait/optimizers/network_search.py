"""What searchers with a neural policy and a learned state value share: all but how a batch changes the policy."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.gradients import Episodes, FeatureScale, generalised_advantages
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.optimizers.gaussian_policy import NO_DIFFERENCE, decisions_of, diverged
from gait.optimizers.network_policy import (
    FAR,
    REACH,
    NeuralPolicy,
    Spread,
    need_torch,
    pack_generator,
    pack_layers,
    pack_scale,
    read_hidden,
    unpack_generator,
    unpack_layers,
    unpack_scale,
)
from gait.policy import Policy
from gait.task import Problem
from gait.trial import Query, Trial

EPOCHS, MINIBATCH = 10, 64
"""How often the state value sees each decision of a batch, and how many a step."""
VALUE_HIDDEN = (16,)
"""Hidden layers of the state value where the policy has none."""


@dataclass(frozen=True)
class NetworkSettings(Settings):
    """The network, how widely its draws vary, and how what follows them is valued."""

    trials: int = setting(16, "trials in a batch", low=2, high=10_000)
    hidden: str = setting("16", "units of each hidden layer, such as 16,16; none: a linear policy")
    reach: float = setting(
        REACH, "what a unit of the last hidden layer is worth, against 1 ε of its bias", unit="ε", low=0.0, high=100.0
    )
    initial_std: float = setting(1.0, "standard deviation of the draws at the start", unit="ε", low=1e-3, high=100.0)
    min_std: float = setting(0.25, "floor of that standard deviation", unit="ε", low=1e-3, high=100.0)
    discount: float = setting(1.0, "seconds after which progress counts 1/e", unit="s", low=0.01, high=1e4)
    trace: float = setting(0.95, "how far to look before the state value is believed (λ)", low=0.0, high=1.0)
    averaging: float = setting(
        0.5, "share of the layers recommended before in those recommended next; 0: the last", low=0.0, high=0.999
    )
    value_rate: float = setting(0.01, "Adam's step length for the state value", low=0.0, high=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_std > self.initial_std:
            raise UsageError(f"min_std={self.min_std:g}: min_std must not exceed initial_std={self.initial_std:g} ε.")
        read_hidden(self.hidden)


@dataclass(frozen=True, eq=False)
class Walked:
    """The usable decisions of a batch, in the network's units."""

    states: Array
    """(M, f) standardised features."""
    actions: Array
    """(M, d) unclipped draws, in ε from the start."""
    better: Array
    """(M,) generalised advantages, scaled to a root mean square of 1."""


class NetworkSearch(Optimizer):
    """Base of optimizers with a `NeuralPolicy` and a state value; subclasses write `_improve`.

    The value is a network of the features and of the time since the trial began, with hidden layers as the policy's. It
    judges a batch as it was learned from those before, then learns from it; see
    `gait.gradients.generalised_advantages`. A diverged trial counts as a fall in which nothing was reached.
    Recommended is a running mean of the layers (Polyak & Juditsky, SIAM J. Control Optim. 30:4, 1992): a batch's step
    is chance for the most part, and what is asked next may be too bold to be walked without draws.

    Raises:
      UsageError: PyTorch is not installed.
    """

    ranks = False
    packages = ("torch",)
    Settings = NetworkSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: NetworkSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        s, self._neural = self.settings, need_torch(self.name)
        spread = Spread(s.initial_std, s.min_std, s.reach)
        self._policy = NeuralPolicy(problem, s.hidden, spread, self.rng, self._neural)
        sizes = (len(problem.features) + 1, *(read_hidden(s.hidden) or VALUE_HIDDEN), 1)
        self._critic: list[Array] = self._neural.nets.make_network(sizes, self.rng)
        self._returns = FeatureScale.unknown(1)
        self._average = list(self._policy.layers)

    @property
    def batch_size(self) -> int:
        """A batch of trials of the same policy."""
        return int(self.settings.trials)

    def recommend(self) -> Policy:
        """The answers of the averaged network, without the draws."""
        return self._policy.plain(self._average)

    def drawn(self) -> Policy:
        """The recommendation with its draws."""
        return self._policy.drawn(self._average)

    def state(self) -> dict[str, NDArray[Any]]:
        """The policy, the state value, and where chance and the count of queries are."""
        layers = {**pack_layers("critic", self._critic), **pack_layers("average", self._average)}
        counted = {"asked": np.asarray(self._next_id), "chance": pack_generator(self.rng)}
        return {**self._policy.state(), **layers, **pack_scale("returns", self._returns), **counted}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave."""
        self._policy.restore(state)
        self._critic, self._average = unpack_layers("critic", state), unpack_layers("average", state)
        self._returns = unpack_scale("returns", state)
        self._next_id = int(state["asked"])
        unpack_generator(self.rng, state["chance"])

    def _ask(self) -> list[Query]:
        policy = self._policy.drawn()
        return [self.query(policy) for _ in range(self.settings.trials)]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        with self._neural.nets.one_thread():
            actions, episodes = decisions_of(trials, (len(self.space), len(self.problem.features)))
            walked = self._judged(trials, self._policy.units(actions), episodes)
            layers, log_std = self._policy.layers, self._policy.log_std
            if walked.better.any():
                layers, log_std = self._improve(walked)
        sound = np.array([not diverged(t) for t in trials])[episodes.trial]
        self._policy.become(layers, log_std, episodes.features[sound])
        kept = self.settings.averaging
        mixed = [kept * a + (1.0 - kept) * b for a, b in zip(self._average, self._policy.layers, strict=True)]
        self._average = self._policy.within(mixed)

    @abstractmethod
    def _improve(self, walked: Walked) -> tuple[list[Array], Array]:
        """Layers and log standard deviation (d,) of the policy after a batch."""

    def _judged(self, trials: list[Trial], actions: Array, episodes: Episodes) -> Walked:
        """A batch's decisions with their advantages, by the state value as it was; then that learns."""
        scale, s = self._policy.features, self.settings
        states = scale.standard(episodes.features)
        seen = np.column_stack([states, episodes.starts / episodes.asked[episodes.trial]])
        walked = episodes.lengths[:, :-1].sum(axis=1)
        ends = np.column_stack([scale.standard(_last_features(trials, episodes)), walked / episodes.asked])
        better, returns = generalised_advantages(episodes, self._value(seen), self._value(ends), s.discount, s.trace)
        near = (np.abs(states) <= FAR).all(axis=1)
        if near.any():
            self._learn_value(seen[near], returns[near])
        rounding = NO_DIFFERENCE * float(np.abs(episodes.rewards).max(initial=0.0))
        return Walked(states[near], actions[near], _scaled(better[near], rounding))

    def _value(self, seen: Array) -> Array:
        """V (M,); 0 before it learned anything."""
        centre, spread = self._returns.centre[0], self._returns.spread[0]
        if not (self._returns.count and math.isfinite(spread)):
            return np.zeros(len(seen))
        values: Array = centre + spread * self._neural.nets.answers(self._critic, seen)[:, 0]
        return values

    def _learn_value(self, seen: Array, returns: Array) -> None:
        """Fit the state value to the returns (M,) of a batch, standardised by all so far."""
        self._returns = self._returns.after(returns[:, None])
        targets = (returns - self._returns.centre[0]) / self._returns.spread[0]
        self._critic = self._neural.nets.fit_value(
            self._critic, seen, targets, rate=self.settings.value_rate, epochs=EPOCHS, minibatch=MINIBATCH, rng=self.rng
        )


def _scaled(better: Array, rounding: float) -> Array:
    """Advantages (M,) with a root mean square of 1; 0 where they are rounding."""
    size = math.sqrt(float(np.mean(better**2))) if len(better) else 0.0
    return better / size if size > rounding else np.zeros(len(better))


def _last_features(trials: list[Trial], episodes: Episodes) -> Array:
    """What was seen (n, f) when each trial ended; zeros where nothing was, which a fall doesn't ask for."""
    kept = np.bincount(episodes.trial, minlength=len(trials)).tolist()
    ends = np.zeros((len(trials), episodes.features.shape[1]))
    for i, (t, k) in enumerate(zip(trials, kept, strict=True)):
        if k < len(t.features) and np.isfinite(t.features[k]).all():
            ends[i] = t.features[k]
    return ends
