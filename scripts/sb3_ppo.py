"""Stable-Baselines3's PPO, as in its documentation, on each of the environments.

    pip install 'gaitopt[gym]' stable-baselines3
    python scripts/sb3_ppo.py [gait/Quadruped-v0 ...] [--timesteps 100000]

For each environment: what a few episodes bring before and after training, with the policy's mean actions and with its
draws, and what the training cost. It is short by default (some minutes for all three), too short to learn much.
"""

from __future__ import annotations

import argparse
from typing import Any

import gymnasium as gym
import numpy as np
from stable_baselines3 import PPO

import gait.envs  # noqa: F401  registers the environments

# an hour of walking is 4500 strides or 180 000 steps of 20 ms, but 30 laws: PPO has to learn from fewer of these
KINDS: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "gait/Quadruped-v0": (2048, {}, {"n_steps": 512}),
    "gait/QuadrupedJoint-v0": (8192, {}, {}),
    "gait/Exoskeleton-v0": (32, {"seconds": 60.0, "laws": 4}, {"n_steps": 16, "batch_size": 16}),
}
"""Steps, the environment's arguments, and PPO's own beside its defaults."""
EPISODES = 4


def mean_score(model: PPO, env: gym.Env, deterministic: bool) -> float:
    """Mean score of the trials of a few episodes; 0 for one that diverged."""
    scores = []
    for k in range(EPISODES):
        obs, _ = env.reset(seed=1000 + k)
        over = False
        while not over:
            action, _ = model.predict(obs, deterministic=deterministic)
            obs, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
            if "score" in info:
                scores.append(info["score"])
    return float(np.sum(scores) / max(EPISODES, len(scores)))


def main() -> None:
    """Train on each environment and print a few lines."""
    parser = argparse.ArgumentParser(description="Stable-Baselines3's PPO on gait's environments.")
    parser.add_argument("names", nargs="*", default=list(KINDS), help="environments")
    parser.add_argument("--timesteps", type=int, default=0, help="steps of training; 0: a few")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for name in asked.names:
        few, arguments, settings = KINDS[name]
        env = gym.make(name, **arguments)
        model = PPO("MlpPolicy", env, seed=asked.seed, device="cpu", **settings)
        before = [mean_score(model, env, d) for d in (True, False)]
        spent = env.unwrapped.bill
        model.learn(total_timesteps=asked.timesteps or few)
        hours = (env.unwrapped.bill.charged - spent.charged) / 3600
        after = [mean_score(model, env, d) for d in (True, False)]
        for what, one, other in zip(("mean actions", "drawn actions"), before, after, strict=True):
            print(f"{name}, {what}: score {one:.3f} -> {other:.3f} in {hours:.2f} h charged", flush=True)
        env.close()


if __name__ == "__main__":
    main()
