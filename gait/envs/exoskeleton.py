"""Environment of a person with ankle exoskeletons: a step is one torque law, walked with for two minutes."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike, NDArray

from gait.envs.actions import SPAN, Actions
from gait.envs.quadruped import box, check_mode, episode_seed
from gait.envs.worlds import FELL, Bill, Floats
from gait.errors import UsageError
from gait.policy import Constant, Policy
from gait.simulate import child
from gait.task import State
from gait.tasks import make_task
from gait.tasks.exoskeleton import FALLEN, Exoskeleton
from gait.trial import Ending, Query, Trial

Array = NDArray[np.float64]

REMEMBERED = 4
"""Laws that are seen, the newest first."""
HIGHEST = 30.0
"""What is seen of a metabolic rate is cut to ± so much [W/kg]."""


class ExoskeletonEnv(gymnasium.Env):
    """A person who walks on from law to law; an episode begins with a law of zero torque, walked in `reset`.

    The ten seconds until the person walks steadily, before that law, are on the bill with it.

    Action: the four parameters of the torque law, see `gait.envs.actions.Actions`. Observation: of the last four laws,
    the newest first, the net metabolic rate as the respirometer estimates it [W/kg] and the law as an action; zeros
    where none was yet. Reward: what the law saves over the zero torque that the episode began with [W/kg]: the law's
    score less that of zero torque, so that an episode's sum is Σ score less as many times zero torque's. `terminated`:
    the person fell (its score, of −20 to −30 W/kg, is in the reward); `truncated`: all laws were walked. `info` has
    the episode's seconds so far, `walked` and `charged`, and the law's `ending`, `score` and `measures`: those that
    task `exoskeleton` gives for the same laws one after another from `Exoskeleton.start`, law k with the noise of
    `gait.simulate.child(numpy.random.SeedSequence(seed), k)`, zero torque being law 0.

    Args:
      render_mode: `rgb_array`, `human`, or none; what is shown is how a law ended.
      seconds: of a law; none: the task's two minutes.
      laws: of an episode, zero torque not counted.
      span: natural perturbations that an action of 1 is.
      fields: of task `exoskeleton`: participant, adaptation, noise, …

    Raises:
      UsageError: a name or value is refused.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array", "human"], "render_fps": 1}

    def __init__(
        self, render_mode: str | None = None, *, seconds: float | None = None, laws: int = 8, span: float = SPAN,
        **fields: Any,
    ) -> None:  # fmt: skip
        if isinstance(laws, bool) or not isinstance(laws, int | np.integer) or laws < 1:
            raise UsageError(f"laws={laws}: an episode has a whole number of laws, at least 1.")
        task = make_task("exoskeleton", fields)
        assert isinstance(task, Exoskeleton)
        self.task, self.laws = task, int(laws)
        self.seconds = task.problem.seconds.check(seconds)
        self.actions = Actions(task.problem.space, span)
        d = len(task.problem.space)
        self.action_space: spaces.Box = box(np.ones(d))
        self.observation_space: spaces.Box = box(np.tile([HIGHEST, *np.ones(d)], REMEMBERED))
        self.render_mode = check_mode(render_mode, self.metadata)
        self.bill = Bill(0.0, 0.0)
        """Simulated seconds since the environment was made."""
        self._walked = Bill(0.0, 0.0)
        self._state: State = None
        self._count, self._zero, self._going = 0, 0.0, False
        self._noise = np.random.SeedSequence(0)
        self._history: list[Array] = []
        self._picture: Any = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Floats, dict[str, Any]]:
        """Begin an episode: the person walks a law of zero torque; chance follows from `seed`, or from those before.

        Raises:
          UsageError: there are options, or the person falls without torque.
        """
        super().reset(seed=seed)
        if options:
            raise UsageError(f"reset takes no options, got {', '.join(options)}.")
        number = episode_seed(seed, self.np_random)
        self._noise, self._state = np.random.SeedSequence(number), self.task.start()
        self._walked, self._history, self._count = Bill(0.0, 0.0), [], 0
        self._charge(self.task.getting_up, self.task.getting_up)
        trial = self._law(self.task.reference)
        if trial.ending is not Ending.COMPLETED:
            raise UsageError(f"{self.task.title}: {trial.ending} without torque, so there is no episode to begin.")
        self._zero, self._going = self._score(trial), True
        return self._seen(), {"seed": number, **self._told(trial)}

    def step(self, action: ArrayLike) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Walk on with the law that this action (4,) means.

        Raises:
          UsageError: the episode is over or hasn't begun, or the action is misshapen or not finite.
        """
        if not self._going:
            raise UsageError("the episode is over, or hasn't begun: call reset first.")
        trial = self._law(Constant(self.actions.point(action)))
        fell = trial.ending in FELL
        done = not fell and self._count > self.laws
        self._going = not (fell or done)
        return self._seen(), self._score(trial) - self._zero, fell, done, self._told(trial)

    def render(self) -> NDArray[np.uint8] | None:
        """The person as the last law ended: a picture, or in a window."""
        if self.render_mode == "human":
            self._show()
            return None
        if self.render_mode is None:
            return None
        from gait.view.live import SIZE
        from gait.view.person_stage import PersonStage, worn_by

        if self._picture is None:
            self._picture = PersonStage(self.task.model, SIZE, worn_by(self.task.model))
        return np.array(self._picture.draw(self._walked.walked, *self.task.posture()))

    def close(self) -> None:
        """Give renderer and window back."""
        if self._picture is not None:
            self._picture.close()
            self._picture = None

    def _show(self) -> None:
        from gait.view.live import LiveWindow

        if self._picture is None:
            self._picture = LiveWindow(self.task.model, follow=False)
        self._picture.show([(0.0, self.task.posture()[0])])

    def _law(self, policy: Policy | None) -> Trial:
        """Walk on with a law; it's put on the bill."""
        assert policy is not None
        query = Query(self._count, policy, self.seconds)
        (trial,), self._state = self.task.run([query], [child(self._noise, self._count)], self._state)
        self._count += 1
        self._charge(trial.walked, trial.charged)
        self._history.insert(0, np.array([-self._score(trial), *self.actions.action(trial.actions[0])]))
        if self.render_mode == "human":
            self._show()
        return trial

    def _charge(self, walked: float, charged: float) -> None:
        self.bill = Bill(self.bill.walked + walked, self.bill.charged + charged)
        self._walked = Bill(self._walked.walked + walked, self._walked.charged + charged)

    def _score(self, trial: Trial) -> float:
        return FALLEN if trial.score is None else trial.score

    def _seen(self) -> Floats:
        rows = np.zeros((REMEMBERED, 1 + len(self.actions.space)))
        last = np.array(self._history[:REMEMBERED])
        rows[: len(last)] = last
        limits = self.observation_space.high
        seen: Floats = np.clip(rows.ravel(), -limits, limits).astype(np.float32)
        return seen

    def _told(self, trial: Trial) -> dict[str, Any]:
        told: dict[str, Any] = {
            "walked": self._walked.walked, "charged": self._walked.charged, "ending": str(trial.ending),
            "measures": {name: v for name, v in trial.measures.items() if v is not None},
        }  # fmt: skip
        return told if trial.score is None else told | {"score": trial.score}
