"""Stable-Baselines3's PPO on `gait/Quadruped-v0`, on the bill of task `quadruped`: the independent check of ours.

    python scripts/learn_sb3.py [--hours 3] [--seed 0]

Needs `pip install 'gaitopt[rl,gym]' 'stable-baselines3>=2.7'`. Sixteen episodes are walked at a time in one batch of
worlds, stride by stride; what they cost is what the task charges. Its settings are the library's defaults but for those
in `SETTINGS`, which fit the budget: the million strides that its defaults are for would take 250 h. They are the best
of seven that were tried for 3 h with seed 0, which reached 0.24 to 0.48 m/s: a discount over few strides did most.
What it learned is validated on the held-out trials that every run of the task is validated on, with and without draws.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import stable_baselines3
import torch
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv

import gait.envs  # noqa: F401
from gait.envs.worlds import FELL
from gait.trial import Ending
from gait.validate import CURVE_POINTS, held_out_seeds

NAME = "sb3-ppo"
EPISODES, SPAN = 16, 20.0
SETTINGS: dict[str, Any] = {
    "n_steps": 12, "batch_size": 64, "learning_rate": 3e-4, "gamma": 0.6, "log_std_init": math.log(2.0 / SPAN),
}  # fmt: skip
"""12 strides of 16 episodes: about a trial each. An action of 1 is `SPAN` ε, which reaches nearly every gait; the first
spread is 2 ε."""
Array = NDArray[np.float64]


class Episodes(VecEnv):
    """As many environments `gait/Quadruped-v0` in one batch, in this library's manner: each begins anew at once."""

    def __init__(self, n: int, seed: int) -> None:
        env: Any = gym.make_vec("gait/Quadruped-v0", n, span=SPAN, threads=1)
        self.worlds = env.unwrapped.worlds
        super().__init__(n, env.unwrapped.single_observation_space, env.unwrapped.single_action_space)
        self.seed_words, self.begun, self.endings = seed, 0, {str(e): 0 for e in Ending}

    def _noise(self, n: int) -> list[np.random.SeedSequence]:
        self.begun += n
        return [np.random.SeedSequence([self.seed_words, 1, k]) for k in range(self.begun - n, self.begun)]

    def reset(self) -> Any:
        """Begin an episode in every world."""
        return self.worlds.reset(np.arange(self.num_envs), self._noise(self.num_envs))

    def step_async(self, actions: Any) -> None:
        """Take actions (n, d)."""
        self.actions = actions

    def step_wait(self) -> Any:
        """Walk until each world's next decision."""
        outcome = self.worlds.decide(np.arange(self.num_envs), self.actions)
        seen = outcome.seen.copy()
        infos: list[dict[str, Any]] = [{} for _ in outcome.endings]
        over = np.array([i for i, e in enumerate(outcome.endings) if e is not None], np.int64)
        for i in over.tolist():
            ending = outcome.endings[i]
            self.endings[str(ending)] += 1
            infos[i] = {"terminal_observation": seen[i].copy(), "TimeLimit.truncated": ending not in FELL}
        if len(over):
            seen[over] = self.worlds.reset(over, self._noise(len(over)))
        done = np.isin(np.arange(self.num_envs), over)
        return seen, outcome.rewards.astype(np.float32), done, infos

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same for all."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set it for all."""
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """There are no methods of single environments."""
        raise NotImplementedError(method_name)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """None is."""
        return [False] * self.num_envs


def validate(act: Any) -> dict[str, Any]:
    """Mean, s.d., number and falls of the held-out trials of the task, with actions `act(observations)`."""
    seeds = held_out_seeds()
    worlds = Episodes(len(seeds), 0).worlds
    ids, scores, falls = np.arange(len(seeds)), np.zeros(len(seeds)), 0
    seen = worlds.reset(ids, seeds)
    while len(ids):
        outcome = worlds.decide(ids, np.clip(act(seen), -1.0, 1.0))
        for i, ending in zip(ids.tolist(), outcome.endings, strict=True):
            if ending is not None:
                scores[i], falls = worlds.score(i, ending) or 0.0, falls + (ending in FELL)
        on = np.array([e is None for e in outcome.endings])
        ids, seen = ids[on], outcome.seen[on]
    return {"mean": float(scores.mean()), "sd": float(scores.std(ddof=1)), "n": len(seeds), "falls": falls}


class Billed(BaseCallback):
    """Ends the training when the bill is spent, and validates what was learned at log-spaced times."""

    def __init__(self, budget: float) -> None:
        super().__init__()
        self.budget, self.curve = budget, [[0.0, validate(lambda seen: np.zeros((len(seen), 12)))["mean"]]]
        self.marks = sorted(budget * 2.0 ** (-0.5 * k) for k in range(1, CURVE_POINTS))

    @property
    def clock(self) -> float:
        """Charged seconds, those of episodes under way with them."""
        return float(self.training_env.worlds.bill.charged)

    def _on_step(self) -> bool:
        return self.clock < self.budget

    def _on_rollout_start(self) -> None:
        while self.marks and self.clock >= self.marks[0]:
            self.marks = [m for m in self.marks if m > self.clock]
            self.curve.append([self.clock, self.validated(True)["mean"]])

    def validated(self, deterministic: bool) -> dict[str, Any]:
        """What the policy of now does on held-out trials."""
        return validate(lambda seen: self.model.predict(seen, deterministic=deterministic)[0])


@dataclass(frozen=True)
class SB3Question:
    """One training; a question of `gait.compare.kept`."""

    seed: int
    budget: float
    """Simulated seconds, as charged."""
    optimizer: str = NAME

    @property
    def described(self) -> dict[str, Any]:
        """All that the answer follows from."""
        worlds = Episodes(1, 0).worlds
        versions = {"stable_baselines3": version("stable-baselines3"), "torch": version("torch").partition("+")[0]}
        said = {
            "task": worlds.task.name, "task_version": worlds.task.version, "fields": worlds.task.fields(),
            "optimizer": NAME, "settings": {**SETTINGS, "episodes": EPISODES, "span": SPAN}, "seed": self.seed,
            "budget": self.budget, "versions": versions,
        }  # fmt: skip
        return dict(json.loads(json.dumps(said)))

    def walk(self, work: Path) -> dict[str, Any]:
        """Train, validate; the whole line."""
        torch.set_num_threads(1)
        episodes, billed = Episodes(EPISODES, self.seed), Billed(self.budget)
        settings: dict[str, Any] = {k: v for k, v in SETTINGS.items() if k != "log_std_init"}
        kwargs = {"log_std_init": SETTINGS["log_std_init"]}
        model: Any = stable_baselines3.PPO(
            "MlpPolicy", episodes, seed=self.seed, device="cpu", policy_kwargs=kwargs, **settings
        )
        model.learn(10**9, callback=billed)
        bill, best = episodes.worlds.bill, billed.validated(True)
        billed.curve.append([self.budget, best["mean"]])
        seconds = {"walking": bill.walked, "charged": bill.charged}
        return self.described | {
            "start": {"mean": billed.curve[0][1]}, "recommended": best, "stochastic": billed.validated(False),
            "seconds": seconds, "trials": sum(episodes.endings.values()), "endings": episodes.endings,
            "curve": billed.curve,
        }  # fmt: skip


def main(words: Sequence[str] | None = None) -> None:
    """Train once, print."""
    parser = argparse.ArgumentParser(description="Stable-Baselines3's PPO on gait/Quadruped-v0.")
    parser.add_argument("--hours", type=float, default=3.0, help="simulated, as charged")
    parser.add_argument("--seed", type=int, default=0)
    o = parser.parse_args(words)
    began = time.monotonic()
    line = SB3Question(o.seed, 3600 * o.hours).walk(Path())
    for clock, mean in line["curve"]:
        print(f"{clock / 3600:6.2f} h  {mean:.3f} m/s")
    for name, key in (("deterministic", "recommended"), ("stochastic", "stochastic")):
        print(f"{name} {line[key]['mean']:.3f} ± {line[key]['sd']:.3f} m/s")
    print(f"{line['trials']} trials, {line['endings']['fell']} falls, {(time.monotonic() - began) / 60:.0f} min")


if __name__ == "__main__":
    main()
