"""Small worlds of a lecture on policy gradients, on the same pure functions as the walkers: `gait.gradients`."""

from __future__ import annotations
