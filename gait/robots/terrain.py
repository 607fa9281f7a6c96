"""Terrain: rough ground as a height field of one seed, in place of the floor's plane."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CELLS = 240
"""Samples along each side of the field."""
SIZE = 60.0
"""The field's side in heights of the robot: a trial of a minute doesn't leave it."""
WAVES = (2.0, 5.0)
"""Wavelengths of the ground in heights of the robot: bumps that a leg feels, and hills that a trunk does."""
BASE = 0.1
"""Thickness of the ground below its lowest point [m]."""


def heights(seed: int) -> Array:
    """(CELLS, CELLS) heights from 0 to 1: white noise of a few wavelengths; the field repeats at its borders."""
    rng = np.random.default_rng([17, seed])
    spectrum = np.fft.fft2(rng.standard_normal((CELLS, CELLS)))
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(CELLS, SIZE / CELLS)] * 2))
    shape = sum(w * np.exp(-((frequency * w - 1.0) ** 2) / 0.18) for w in WAVES)
    ground = np.real(np.fft.ifft2(spectrum * shape))
    low, high = ground.min(), ground.max()
    out: Array = (ground - low) / (high - low)
    return out


def roughen(spec: Any, floor: str, height: float, bumps: float, seed: int) -> None:
    """Make the floor of a model's spec rough: bumps of up to so many metres for a robot so high [m]."""
    half = 0.5 * SIZE * height
    spec.add_hfield(name="rough", nrow=CELLS, ncol=CELLS, size=[half, half, bumps, BASE],
                    userdata=heights(seed).astype(np.float32).ravel())  # fmt: skip
    plane = spec.geom(floor)
    plane.type, plane.hfieldname = mujoco.mjtGeom.mjGEOM_HFIELD, "rough"


def ground_below(model: mujoco.MjModel, x: Array, y: Array) -> Array:
    """Height of the ground [m] at places (n,) [m]; 0 where the floor is a plane."""
    if not model.nhfield:
        return np.zeros_like(x)
    half, _, bumps, _ = model.hfield_size[0]
    rows, columns = int(model.hfield_nrow[0]), int(model.hfield_ncol[0])
    field = model.hfield_data[: rows * columns].reshape(rows, columns)
    step = 2 * half / (columns - 1)
    column, row = np.clip((x + half) / step, 0, columns - 1.001), np.clip((y + half) / step, 0, rows - 1.001)
    c, r = column.astype(int), row.astype(int)
    corners = [field[r + i, c + j] for i in (0, 1) for j in (0, 1)]
    highest: Array = np.max(corners, axis=0)  # feet begin on the ground or a little above it
    below: Array = bumps * highest
    return below
