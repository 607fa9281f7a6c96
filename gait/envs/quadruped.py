"""Environments of a quadruped: a step is a stride, or 20 ms of it. An episode is a trial of task `quadruped`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike, NDArray

from gait.envs.actions import SPAN, Actions
from gait.envs.worlds import FELL, Bill, Floats, Worlds
from gait.errors import UsageError, unknown_name
from gait.tasks import make_task
from gait.tasks.quadruped import Quadruped
from gait.trial import Ending

RATE = 50.0
"""Decisions a second of the environment that doesn't wait for a stride's end."""


def make_worlds(
    n: int, seconds: float | None, span: float, rate: float, threads: int, fields: dict[str, Any]
) -> Worlds:
    """Worlds of task `quadruped` with these fields; at a rate, its controller is the residual one.

    Raises:
      UsageError: a field is unknown or refused, or a trial is several walks.
    """
    task = make_task("quadruped", fields)
    assert isinstance(task, Quadruped)
    if rate and not task.controller.name.startswith("residual-"):
        task = make_task("quadruped", {**fields, "controller": f"residual-{task.controller.name}"})
        assert isinstance(task, Quadruped)
    return Worlds(task, n, Actions(task.problem.space, span), seconds, rate, threads)


def check_mode(mode: str | None, metadata: dict[str, Any]) -> str | None:
    """A render mode that there is, or none.

    Raises:
      UsageError: there is no such mode.
    """
    if mode is not None and mode not in metadata["render_modes"]:
        raise UsageError(unknown_name("render mode", mode, metadata["render_modes"]))
    return mode


def box(limits: ArrayLike) -> spaces.Box:
    """Numbers within ± these."""
    high = np.asarray(limits, np.float32)
    return spaces.Box(-high, high, dtype=np.float32)


class QuadrupedEnv(gymnasium.Env):
    """A quadruped whose gait is chosen anew for every stride.

    Action: the controller's parameters, see `gait.envs.actions.Actions`. Observation: `gait.envs.worlds.LIMITS` and the
    last action; zeros at rest, before the first stride. Reward: progress along the initial heading [m], so that an
    episode's sum is the distance walked; after another `objective` than speed, 0 until the trial's score is known,
    which then counts for all the seconds walked. `terminated`: it fell (or the simulation blew up); `truncated`: it
    walked all its seconds. `info` has the episode's seconds so far, `walked` and `charged`, and at the end `ending`,
    `score` and `measures`: those of the task's trial with the same noise, of `numpy.random.SeedSequence(seed)`.

    Args:
      render_mode: `rgb_array`, `human`, or none.
      seconds: of an episode; none: the task's.
      span: natural perturbations that an action of 1 is.
      fields: of task `quadruped`: robot, controller, noise, condition, …

    Raises:
      UsageError: a name or value is refused.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array", "human"], "render_fps": 2}
    rate: ClassVar[float] = 0.0

    def __init__(
        self, render_mode: str | None = None, *, seconds: float | None = None, span: float = SPAN, **fields: Any
    ) -> None:
        self.worlds = make_worlds(1, seconds, span, self.rate, 1, fields)
        self.action_space = box(np.ones(len(self.worlds.actions.space)))
        self.observation_space = box(self.worlds.limits)
        self.render_mode = check_mode(render_mode, self.metadata)
        self._one = np.array([0])
        self._picture: Any = None

    @property
    def bill(self) -> Bill:
        """Simulated seconds since the environment was made."""
        return self.worlds.bill

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Floats, dict[str, Any]]:
        """Begin an episode; its noise follows from `seed`, or from those before it."""
        super().reset(seed=seed)
        if options:
            raise UsageError(f"reset takes no options, got {', '.join(options)}.")
        number = episode_seed(seed, self.np_random)
        with self._shown():
            seen = self.worlds.reset(self._one, [np.random.SeedSequence(number)])
        return seen[0], {"seed": number, **self._spent(None)}

    def step(self, action: ArrayLike) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Walk on with this action (d,) until the next decision.

        Raises:
          UsageError: the episode is over or hasn't begun, or the action is misshapen or not finite.
        """
        if not self.worlds.walking[0]:
            raise UsageError("the episode is over, or hasn't begun: call reset first.")
        with self._shown():
            outcome = self.worlds.decide(self._one, self.worlds.actions.check(action)[None])
        ending = outcome.endings[0]
        info = self._spent(ending)
        if ending is not None:
            info |= self.worlds.result(0, ending)
        return outcome.seen[0], float(outcome.rewards[0]), ending in FELL, ending is Ending.COMPLETED, info

    def render(self) -> NDArray[np.uint8] | None:
        """The robot as it is now, a picture (360, 480, 3); a window shows its motion by itself as it walks.

        Before the first stride it hasn't been put on its feet yet: it is shown as the model is at rest.
        """
        if self.render_mode != "rgb_array":
            return None
        from gait.view.live import LiveStage

        if self._picture is None:
            self._picture = LiveStage(self.worlds.task.model)
        picture: NDArray[np.uint8] = self._picture.picture(self.worlds.walker.qpos[0])
        return picture

    def close(self) -> None:
        """Give renderer and window back."""
        if self._picture is not None:
            self._picture.close()
            self._picture = None

    @contextmanager
    def _shown(self) -> Iterator[None]:
        """What is walked within is shown in the window, if one is asked for."""
        if self.render_mode != "human":
            yield
            return
        from gait.view.live import LiveWindow

        if self._picture is None:
            self._picture = LiveWindow(self.worlds.task.model, follow=True)
        walk = self.worlds.walk
        walk.trace = []
        try:
            yield
            self._picture.show([(self.worlds.walker.tick, qpos) for _, qpos, _, _ in walk.trace])
        finally:
            walk.trace = None

    def _spent(self, ending: Ending | None) -> dict[str, Any]:
        return {"walked": self.worlds.walker.walked(0), "charged": self.worlds.charged(0, ending)}


class QuadrupedJointEnv(QuadrupedEnv):
    """A quadruped whose feet are corrected 50 times a second around its own gait, which keeps time.

    The manner of policies modulating trajectory generators (Iscen et al., CoRL 2018): the action is the fourteen
    corrections of `gait.controllers.residual` (stride and time as factors, and a shift of each foot), the observation
    tells the phase and which feet are on the ground as well. Everything else as `QuadrupedEnv`; an episode begins once
    the robot stands. With one action all the time, it is the trial of the residual controller with those parameters.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array", "human"], "render_fps": round(RATE)}
    rate: ClassVar[float] = RATE


def episode_seed(seed: int | None, rng: np.random.Generator) -> int:
    """The number that an episode's noise follows from: the seed that was asked for, or a draw."""
    return int(rng.integers(2**63)) if seed is None else int(seed)
