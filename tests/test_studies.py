"""Slow, on demand (`pytest -m slow`): the scripts run as they are, and the optimizers learn to walk faster."""

import subprocess
import sys
from pathlib import Path

import pytest

import gait

SCRIPTS = Path(__file__).parent.parent / "scripts"


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["finite-difference", "cma-es", "reinforce"])
def test_half_an_hour_of_walking_beats_the_start_by_half(optimizer, tmp_path):
    run = gait.optimize("quadruped", optimizer, budget="30min", out=tmp_path / "run", progress=False)
    best = max(point["mean"] for point in run.result["curve"])
    assert best >= 1.5 * run.result["start"]["mean"]


@pytest.mark.slow
def test_a_script_runs_as_it_is_and_its_run_can_be_drawn(tmp_path):
    for words in (("optimize.py", "run"), ("render.py", "run", "again.mp4")):
        done = subprocess.run(
            [sys.executable, SCRIPTS / words[0], *words[1:]], cwd=tmp_path, capture_output=True, text=True
        )
        if "no OpenGL" in done.stderr:
            pytest.skip("no OpenGL for video here")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "walk.mp4").stat().st_size > 10_000
    assert (tmp_path / "again.mp4").stat().st_size > 10_000


@pytest.mark.slow
def test_the_published_experiment_runs_to_its_tables_plots_and_video(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPTS / "kohl_stone_2004.py", "--out", tmp_path / "ks"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "1035" in done.stdout
    for name in ("learning-curve.png", "learning-curve.svg", "foot-paths.png"):
        assert (tmp_path / "ks" / name).stat().st_size > 1000
