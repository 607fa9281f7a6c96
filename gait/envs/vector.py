"""Vector environments of quadrupeds: n worlds in one `mujoco.batch`, as `gymnasium.make_vec` makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from gait.envs.actions import SPAN
from gait.envs.quadruped import RATE, box, episode_seed, make_worlds
from gait.envs.worlds import FELL, Bill, Floats, Worlds
from gait.errors import UsageError
from gait.trial import Ending

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class QuadrupedVectorEnv(VectorEnv):
    """n environments `QuadrupedEnv` in one batch of worlds; n single ones with the same seeds do the same, bit by bit.

    An episode that ended begins anew in the step after it (`AutoresetMode.NEXT_STEP`): the action of that step isn't
    used. With `reset(seed=s)`, world i is seeded by s + i. There are no pictures.

    Args:
      num_envs: n.
      threads: physics threads; 0 is one a core. Results do not depend on it.
      seconds: of an episode; none: the task's.
      span: natural perturbations that an action of 1 is.
      fields: of task `quadruped`.

    Raises:
      UsageError: a name or value is refused.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}
    rate: ClassVar[float] = 0.0

    def __init__(
        self, num_envs: int = 1, *, threads: int = 0, seconds: float | None = None, span: float = SPAN, **fields: Any
    ) -> None:
        if num_envs < 1:
            raise UsageError(f"num_envs={num_envs}: there must be at least 1.")
        self.num_envs = num_envs
        self.worlds: Worlds = make_worlds(num_envs, seconds, span, self.rate, threads, fields)
        self.single_action_space = box(np.ones(len(self.worlds.actions.space)))
        self.single_observation_space = box(self.worlds.limits)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._rngs: list[np.random.Generator | None] = [None] * num_envs
        self._over = np.ones(num_envs, bool)
        self._begun = False

    @property
    def bill(self) -> Bill:
        """Simulated seconds since the environment was made, of all worlds together."""
        return self.worlds.bill

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Begin an episode in each world.

        Raises:
          UsageError: there are as many seeds as worlds, or one; and no options.
        """
        if options:
            raise UsageError(f"reset takes no options, got {', '.join(options)}.")
        seeds = [None] * self.num_envs if seed is None else seed
        if isinstance(seeds, int | np.integer):
            super().reset(seed=int(seeds))
            seeds = [int(seeds) + i for i in range(self.num_envs)]
        if len(seeds) != self.num_envs:
            raise UsageError(f"{len(seeds)} seeds for {self.num_envs} worlds.")
        ids = np.arange(self.num_envs)
        numbers = [self._number(i, s) for i, s in enumerate(seeds)]
        seen = self.worlds.reset(ids, [np.random.SeedSequence(number) for number in numbers])
        self._over[:], self._begun = False, True
        return seen, self._infos(np.ones(self.num_envs, bool), numbers, [None] * self.num_envs)

    def step(self, actions: ArrayLike) -> tuple[Floats, Array, Flags, Flags, dict[str, Any]]:
        """Walk on with `actions` (n, d), each world until its next decision; those that ended begin anew.

        Raises:
          UsageError: nothing has begun yet, or the actions are misshapen or not finite.
        """
        if not self._begun:
            raise UsageError("no episode has begun: call reset first.")
        chosen, fresh = self.worlds.actions.check(actions), self._over.copy()
        if chosen.shape != self.action_space.shape:
            raise UsageError(f"actions must have shape {self.action_space.shape}, got {chosen.shape}.")
        numbers = [self._number(int(i), None) for i in np.flatnonzero(fresh)]
        seen, rewards, endings = self._advance(chosen, fresh, [np.random.SeedSequence(number) for number in numbers])
        self._over = np.array([ending is not None for ending in endings])
        fell = np.array([ending in FELL for ending in endings])
        return seen, rewards, fell, self._over & ~fell, self._infos(fresh, numbers, endings)

    def _advance(
        self, actions: Array, fresh: Flags, seeds: Sequence[np.random.SeedSequence]
    ) -> tuple[Floats, Array, list[Ending | None]]:
        """What is seen (n, o), got (n,), and which episodes ended, of worlds that walk on and those that begin anew."""
        worlds, ids = self.worlds, np.flatnonzero(fresh)
        worlds.begin(ids, seeds)
        if self.rate:  # those that begin stand up while the others walk
            outcome = worlds.decide(np.arange(self.num_envs), np.where(fresh[:, None], 0.0, actions))
            return outcome.seen, np.where(fresh, 0.0, outcome.rewards), list(outcome.endings)
        seen = np.empty(self.observation_space.shape or (), np.float32)
        rewards = np.zeros(self.num_envs)
        endings: list[Ending | None] = [None] * self.num_envs
        seen[ids] = worlds.seen(ids, np.zeros(len(ids)))
        if len(ids) < self.num_envs:
            on = np.flatnonzero(~fresh)
            outcome = worlds.decide(on, actions[on])
            seen[on], rewards[on] = outcome.seen, outcome.rewards
            for k, i in enumerate(on.tolist()):
                endings[i] = outcome.endings[k]
        return seen, rewards, endings

    def _number(self, i: int, seed: int | None) -> int:
        """The number that the next episode of world i follows from."""
        rng = self._rngs[i]
        if seed is not None or rng is None:
            rng = self._rngs[i] = seeding.np_random(seed)[0]
        return episode_seed(seed, rng)

    def _infos(self, fresh: Flags, numbers: Sequence[int], endings: Sequence[Ending | None]) -> dict[str, Any]:
        """Gymnasium's manner: an array a key, and by `_key` whose it is."""
        every = np.ones(self.num_envs, bool)
        infos: dict[str, Any] = {}
        if fresh.any():
            infos["seed"], infos["_seed"] = np.zeros(self.num_envs, int), fresh.copy()
            infos["seed"][fresh] = numbers
        walked, charged = self.worlds.seconds_of(endings)
        infos |= {"walked": walked, "_walked": every, "charged": charged, "_charged": every.copy()}
        for i, ending in enumerate(endings):
            if ending is not None:
                infos = self._add_info(infos, self.worlds.result(i, ending), i)
        return infos


class QuadrupedJointVectorEnv(QuadrupedVectorEnv):
    """n environments `QuadrupedJointEnv` in one batch of worlds; everything else as `QuadrupedVectorEnv`."""

    rate: ClassVar[float] = RATE
