"""Gymnasium environments: `import gait.envs` registers them. They walk on the same bill as everything else.

    import gait.envs, gymnasium as gym
    env = gym.make("gait/Quadruped-v0", robot="ers210")

`gait/Quadruped-v0`: a step is a stride; `gait/QuadrupedJoint-v0`: a step is 20 ms; `gait/Exoskeleton-v0`: a step
is a torque law. See docs/learning.md.
"""

from __future__ import annotations

from gait.errors import UsageError

try:
    import gymnasium
except ModuleNotFoundError:
    raise UsageError("gait.envs needs Gymnasium: pip install 'gaitopt[gym]'.") from None

ENVIRONMENTS: dict[str, tuple[str, str | None]] = {
    "gait/Quadruped-v0": ("gait.envs.quadruped:QuadrupedEnv", "gait.envs.vector:QuadrupedVectorEnv"),
    "gait/QuadrupedJoint-v0": ("gait.envs.quadruped:QuadrupedJointEnv", "gait.envs.vector:QuadrupedJointVectorEnv"),
    "gait/Exoskeleton-v0": ("gait.envs.exoskeleton:ExoskeletonEnv", None),
}
"""Name to class, and to the class of many at a time where there is one."""

for _name, (_single, _vector) in ENVIRONMENTS.items():
    if _name not in gymnasium.registry:
        gymnasium.register(_name, entry_point=_single, vector_entry_point=_vector)
