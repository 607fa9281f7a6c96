"""Every gait of the table, played slowly on our robot, is measured as it was asked for."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from gait.controllers import GAITS

SCRIPT = Path(__file__).parents[1] / "scripts" / "gait_table.py"
spec = importlib.util.spec_from_file_location("gait_table", SCRIPT)
table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(table)


def test_every_gait_is_there():
    assert set(table.SLOW) == set(GAITS)


@pytest.mark.parametrize("gait", GAITS)
def test_a_gait_played_slowly_is_measured_as_asked(gait):
    found, speed = table.play(gait)
    phases = np.array([leg.phase for leg in found.legs])
    apart = np.abs((phases - table.asked_phases(gait) + 0.5) % 1.0 - 0.5)
    assert apart.max() < 0.05
    duty = np.array([leg.duty_factor for leg in found.legs])
    assert np.abs(duty - table.SLOW[gait]["duty_factor"]).max() < 0.05
    assert found.stride_frequency == pytest.approx(1.0 / table.SLOW[gait]["period"], rel=0.02)
    assert abs(speed) < 0.2
