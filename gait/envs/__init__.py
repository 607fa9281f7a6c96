"""Gymnasium environments: `import gait.envs` registers them. They walk on the same bill as everything else.

    import gait.envs, gymnasium as gym
    env = gym.make("gait/Quadruped-v0", robot="ers210")

`gait/Quadruped-v0`: a step is a stride; `gait/QuadrupedJoint-v0`: a step is 20 ms. See docs/learning.md.
"""

from __future__ import annotations

from gait.errors import UsageError

try:
    import gymnasium
except ModuleNotFoundError:
    raise UsageError("gait.envs needs Gymnasium: pip install 'gaitopt[gym]'.") from None

ENVIRONMENTS: dict[str, str] = {
    "gait/Quadruped-v0": "gait.envs.quadruped:QuadrupedEnv",
    "gait/QuadrupedJoint-v0": "gait.envs.quadruped:QuadrupedJointEnv",
}
"""Name to class."""

for _name, _single in ENVIRONMENTS.items():
    if _name not in gymnasium.registry:
        gymnasium.register(_name, entry_point=_single)
