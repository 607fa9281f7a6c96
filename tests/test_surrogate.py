"""Laws of surrogates: they say what the walks said that they are made of, and an optimizer finds their best law."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from gait.hilo.chase import Chase
from gait.hilo.surrogate import Falls, Known, Rates, pursue, surrogates, tune
from gait.hilo.truth import SECONDS
from gait.optimizers import find_optimizer
from gait.tasks.exoskeleton import Exoskeleton

SCRIPT = Path(__file__).parents[1] / "scripts" / "study_first_step.py"
BEST = np.array([0.5, 0.7, 0.4, 0.5])


def bowl(law) -> float:
    """A law's rate; without torque nothing else matters."""
    x = np.asarray(law)
    return 3.5 - 4.0 * x[0] * (2.0 * BEST[0] - x[0]) + x[0] * float(((x[1:] - BEST[1:]) ** 2).sum())


@pytest.fixture(scope="module")
def known():
    laws = np.random.default_rng(0).uniform(size=(150, 4))
    laws[:4, 0] = 0.0
    rates = np.array([bowl(x) for x in laws])
    rates[140:] = np.nan
    return Known(laws, rates)


def test_rates_are_those_walked_and_between_them_nearly(known):
    rates = Rates(known)
    assert rates.zero == pytest.approx(3.5)
    assert rates([0.0, 0.3, 0.9, 0.2]) == pytest.approx(3.5, abs=0.06)
    for law, rate in zip(known.laws[4:140], known.rates[4:140], strict=True):
        assert rates(law) == pytest.approx(rate, abs=0.02)
    assert rates(BEST) == pytest.approx(bowl(BEST), abs=0.05)


def test_falls_follow_the_law_the_seconds_and_the_hazard():
    rng = np.random.default_rng(1)
    laws = rng.uniform(size=(4000, 4))
    true = expit(12.0 * (laws[:, 0] - 0.6))
    fell = rng.uniform(size=4000) < true
    once, twice = Falls(laws, fell), Falls(laws, fell, hazard=2.0)
    assert np.abs(once.chance(laws, SECONDS) - true).mean() < 0.02  # 0.01 is chance's
    stands = 1.0 - once.chance(laws, SECONDS)
    assert 1.0 - once.chance(laws, SECONDS / 3) == pytest.approx(stands ** (1 / 3))
    assert 1.0 - twice.chance(laws, SECONDS) == pytest.approx(stands**2)


def test_an_optimizer_finds_the_best_law_and_the_same_again_with_the_same_seed(known):
    people, falls = surrogates([known], 1.0)
    problem = dataclasses.replace(Exoskeleton(threads=1).problem, noise=lambda seconds: 0.0)
    settings = find_optimizer("cma-es").Settings()
    one, again, other = (tune(people[0], falls, problem, "cma-es", settings, 240, 120.0, s) for s in (0, 0, 1))
    assert one == again != other
    assert one.saving == pytest.approx(1.0 - bowl(BEST) / 3.5, abs=0.02)


def test_who_falls_everywhere_is_told_falls_alone(known):
    falls = Falls(np.random.default_rng(2).uniform(size=(100, 4)), np.ones(100, bool), hazard=1e3)
    problem, settings = Exoskeleton(threads=1).problem, find_optimizer("cma-es").Settings()
    assert tune(Rates(known), falls, problem, "cma-es", settings, 16, 120.0, 0).falls == 16


def test_a_chase_on_a_surrogate_ends_at_its_target_and_is_the_same_again(known):
    (rates,), falls = surrogates([known], 1.0)

    def reached(share, **changes):
        """Clock at which so much of the best saving is reached."""
        q = Chase("1", "cma-es", 120.0, 0, target=3.5 - share * (3.5 - bowl(BEST)), settings={"initial_step": "3"})
        return pursue(dataclasses.replace(q, **changes), rates, falls)

    assert reached(-1.0) == 8 * 120.0  # the start is there already, but only told after a generation
    assert reached(0.6) == reached(0.6) > reached(-1.0)
    assert reached(0.6) % 120.0 == 0.0  # nobody falls here
    assert reached(0.6, seed=1) != reached(0.6)
    assert reached(0.6, settings={"initial_step": "0.5"}) > reached(0.6)
    assert reached(1.5) is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(["--seeds", "0"], "above 0"), (["--hazard", "nan"], "above 0"), (["--steps", "wide"], "initial_step"),
     (["--kept", "nowhere.jsonl"], "participant 1")],
)  # fmt: skip
def test_the_script_refuses_what_it_cannot_use(wrong, told, tmp_path):
    done = subprocess.run([sys.executable, SCRIPT, *wrong], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_script_tells_a_line_a_step():
    asked = [sys.executable, SCRIPT, "--steps", "1,2", "--seeds", "1", "--jobs", "1"]
    told = subprocess.run(asked, capture_output=True, text=True, cwd=SCRIPT.parents[1], check=True).stdout.splitlines()
    assert told[0].startswith("12 people")
    assert [line.split()[:2] for line in told[1:]] == [["1", "saves"], ["2", "saves"]]


def test_the_study_of_as_cma_is_made_on_surrogates_too():
    asked = [sys.executable, SCRIPT.with_name("study_as_cma.py"), "--surrogates", "--seeds", "1", "--jobs", "1"]
    told = subprocess.run(asked, capture_output=True, text=True, cwd=SCRIPT.parents[1], check=True).stdout
    lines = told[told.index("on surrogates") :].splitlines()
    assert [line.split("(")[1].split("/")[1][:2] for line in lines[2:6]] == ["12"] * 4
    assert sum("sooner than" in line for line in lines) == 3


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(["--seeds", "0"], "above 0"), (["--jobs", "0"], "above 0"), (["--step", "wide"], "initial_step")],
)
def test_the_study_of_as_cma_refuses_what_it_cannot_use(wrong, told):
    asked = [sys.executable, SCRIPT.with_name("study_as_cma.py"), "--surrogates", *wrong]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=SCRIPT.parents[1], check=False)
    assert (done.returncode, told in done.stderr, "Traceback" in done.stderr) == (2, True, False)
