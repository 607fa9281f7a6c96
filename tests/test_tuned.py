"""Laws of tunings: truth is what counts, a fall saves nothing, and people pair."""

from __future__ import annotations

import dataclasses
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from gait.compare.kept import Kept
from gait.compare.study import Study
from gait.hilo import tuning
from gait.hilo.truth import Walks, no_torque
from gait.hilo.tuned import Answers, study_of, tell
from gait.hilo.tuning import MOMENTS, Tuning, at_moments, saving_of
from gait.optimizers import find_optimizer
from gait.report.kept import Told, write_kept_report
from gait.report.numbers import Numbers
from gait.tasks import exoskeleton

PEOPLE = [str(k) for k in range(1, 13)]


def test_what_held_at_each_moment_is_kept_and_what_came_too_late_is_not():
    laws = [(60.0 * k, (0.01 * k,) * 4) for k in range(0, 71, 3)]
    kept = at_moments(laws)
    assert kept[0] == laws[0]
    assert [clock / 60 for clock, _ in kept[1:]] == [15, 30, 48, 63]
    assert at_moments(laws[:1]) == laws[:1]
    assert at_moments([laws[0], (MOMENTS[-1] + 1, (0.5,) * 4)]) == laws[:1]


def test_a_fall_saves_nothing():
    assert saving_of([3.0, 3.0], 4.0) == pytest.approx(0.25)
    assert saving_of([3.0, None], 4.0) == pytest.approx(0.125)
    assert saving_of([None, None], 4.0) == 0.0


def test_a_tuning_is_told_by_its_truth_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(exoskeleton, "FAMILIARISATION", 30.0)
    monkeypatch.setattr(exoskeleton, "SECONDS", dataclasses.replace(exoskeleton.SECONDS, default=20.0))
    walked = []

    def truth(q, work):
        walked.append(q)
        return {"rates": [3.5] * len(q.laws), "walked": 180.0}

    monkeypatch.setattr(Walks, "walk", truth)
    monkeypatch.setattr(tuning, "MOMENTS", (50.0, 60.0))
    asked = Tuning("1", "random-search", {"batch": "1"}, budget=60.0)
    line = asked.walk(tmp_path)
    assert line["trials"] == 3
    assert line["laws"][0] == [0.0, tuple(exoskeleton.SPACE.default.tolist())]
    assert sum(line["spent"].values()) == pytest.approx(60.0, abs=20.0)  # a fall costs 20 s
    assert len({q.laws[0] for q in walked}) == len(walked)  # none twice
    assert {(q.participant, q.seed, q.seconds, len(q.laws)) for q in walked} == {("1", 50, 90.0, 2)}
    assert line["validation"] == 180.0 * len(walked)
    assert json.loads(json.dumps(line)).items() >= asked.described.items()
    assert not list(tmp_path.iterdir())


def test_settings_suit_32_laws():
    script = runpy.run_path(str(Path(__file__).parent.parent / "scripts" / "hilo_optimizers.py"))
    task = exoskeleton.Exoskeleton(threads=1)
    for name, settings in script["ARMS"].items():
        if name == "bayesian":
            pytest.importorskip("sklearn")
        kind = find_optimizer(name)
        optimizer = kind(task.problem, 0, kind.Settings.parse(settings))
        planned = [task.problem.seconds.check(q.seconds) for q in optimizer.ask()]
        assert 4 * sum(planned) <= tuning.BUDGET, name
        assert max(planned) <= 120.0, name


def test_all_optimizers_meet_a_person_before_the_next(answers):
    script = runpy.run_path(str(Path(__file__).parent.parent / "scripts" / "hilo_optimizers.py"))
    asked = script["questions"](script["ARMS"], PEOPLE[:2], 2)
    assert len(asked) == len(set(map(str, asked))) == 2 + 2 * 2 * len(script["ARMS"])
    assert [q.participant for q in asked[: 1 + script["FIRST"]]] == ["1"] * (1 + script["FIRST"])


def lines(name: str, better: float, people) -> list[dict]:
    """Made-up answers: people differ by much, optimizers by little."""
    found = []
    for k, person in enumerate(people):
        rates = [3.5 - 0.05 * k, 3.4 - 0.05 * k - better]
        found.append(Tuning(person, name).described | {
            "laws": [[0.0, [0.5] * 4], [900.0 + k, [0.6] * 4]], "rates": [[r, r] for r in rates], "validation": 360.0,
            "trials": 32, "endings": {"completed": 31, "fell": 1},
            "spent": {"walking": 3700.0, "again": 100.0, "stopped": 0, "fallen": 20.0, "falls": 20.0, "setup": 0,
                      "left": 0},
        })  # fmt: skip
    return found


@pytest.fixture
def answers(tmp_path):
    kept = Kept(tmp_path / "kept.jsonl")
    kept.lines += [no_torque(p).described | {"rates": [4.0, 4.0, None, 4.0]} for p in PEOPLE]
    kept.lines += lines("cma-es", 0.0, PEOPLE) + lines("cem", 0.01, PEOPLE[:11]) + lines("genetic", 0.1, PEOPLE[:4])
    return Answers(kept, {n: [Tuning(p, n) for p in PEOPLE] for n in ("cma-es", "cem", "genetic")})


def test_a_study_is_of_the_people_that_all_have_met(answers):
    assert answers.shared == [(p, 0) for p in PEOPLE[:11]]  # the one that is far behind doesn't count
    study = study_of(answers, 13.0)
    assert list(study.results) == ["cma-es", "cem"]
    assert study.start == pytest.approx(100 * np.mean([1 - (3.5 - 0.05 * k) / 4 for k in range(11)]))
    assert "cem 0" in tell(answers)[1]
    assert study_of(Answers(Kept(answers.kept.path), answers.asked), 13.0).results == {}


def test_people_pair_so_that_small_differences_are_seen(answers):
    study = study_of(answers, 13.0)
    apart = Study(study.results, study.budget, study.target)
    assert study.summaries[1].p_value == pytest.approx(2 / 2**11)
    assert study.summaries[1].probability == 1.0
    assert apart.summaries[1].p_value > 0.5
    assert Numbers(study).beats["cem", "cma-es"].p_value < 0.05 < Numbers(apart).beats["cem", "cma-es"].p_value
    assert "signed-rank" in study.caption()
    assert "permutation" in apart.caption()


def test_the_report_of_kept_lines_has_it_all(answers, tmp_path):
    told = Told("exoskeleton, 11 people", "python again.py", {"cma-es": {"population": 8}, "cem": {}}, tell(answers))
    text = write_kept_report(study_of(answers, 13.0), tmp_path / "out", told).read_text()
    for said in ("exoskeleton, 11 people", "population = 8", "python again.py", "signed-rank", "<svg", "1 h 4 min"):
        assert said in text
    assert {p.suffix for p in (tmp_path / "out" / "report").iterdir()} == {".svg", ".csv"}
    assert (tmp_path / "out" / "summary.csv").exists()
