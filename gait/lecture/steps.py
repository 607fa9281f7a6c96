"""Equal steps of 1 s as `Episodes`: the textbook's discrete time is a special case of seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gait.gradients import Episodes

Array = NDArray[np.float64]


def unit_episodes(rewards: Array, states: Array | None = None) -> Episodes:
    """n trials of T decisions that last 1 s each; `rewards` (n, T), `states` (n, T, f), without them f is 0."""
    n, steps = rewards.shape
    return Episodes(
        trial=np.repeat(np.arange(n), steps),
        features=np.zeros((n * steps, 0)) if states is None else states.reshape(n * steps, -1),
        rewards=rewards.ravel(),
        durations=np.ones(n * steps),
        asked=np.full(n, float(steps)),
        fell=np.zeros(n, bool),
    )
