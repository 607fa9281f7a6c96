"""Stable-Baselines3's PPO learns on the environments, and its script runs as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")
sb3 = pytest.importorskip("stable_baselines3")

import gait.envs  # noqa: E402, F401

SCRIPT = Path(__file__).parent.parent / "scripts" / "sb3_ppo.py"


@pytest.mark.parametrize("name", ["gait/Quadruped-v0", "gait/QuadrupedJoint-v0"])
def test_ppo_learns_from_steps_and_pays_for_them(name):
    env = gymnasium.make(name, seconds=4.0)
    model = sb3.PPO("MlpPolicy", env, n_steps=16, batch_size=16, n_epochs=1, seed=0, device="cpu")
    before = model.policy.parameters_to_vector()
    model.learn(32)
    assert not np.allclose(before, model.policy.parameters_to_vector(), atol=1e-6)
    assert env.unwrapped.bill.charged > env.unwrapped.bill.walked > 0.5


@pytest.mark.slow
def test_the_script_trains_on_each_environment():
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("h charged") == 6
