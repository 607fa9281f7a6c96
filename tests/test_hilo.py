"""Laws of studies with people in the loop: drift falls out, no device saves nothing, and the way of walking is moot."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from gait.errors import UsageError
from gait.files import read_json
from gait.hilo import Protocol, Study
from gait.hilo.plots import save_laws
from gait.hilo.protocol import GENERIC, OPTIMIZED, ORDER, ZERO, walk_bouts
from gait.hilo.summary import rate, report, saving
from gait.human.adaptation import RATES
from gait.human.muscles import MUSCLES
from gait.policy import Constant
from gait.session import Session
from gait.tasks import exoskeleton
from gait.tasks.exoskeleton import Exoskeleton
from gait.trial import Ending, Trial
from gait.view import look

SHORT = Protocol("random-search", {"batch": "1"}, budget=240.0, bout=60.0)


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(exoskeleton, "FAMILIARISATION", 30.0)


def study(out, people=("1",), adaptations=("off",), protocol=SHORT):
    return Study(people, adaptations, protocol, out)


class Drifting(Exoskeleton):
    """Rates by law, and 0.1 W/kg more with every trial."""

    def run(self, queries, seeds, state=None):
        trials = []
        for q in queries:
            state = {"k": np.array([0 if state is None else state["k"][0] + 1])}
            r = 3.0 - float(q.policy.x[0]) + 0.1 * float(state["k"][0])
            trials.append(
                Trial(
                    query=q.id, score=-r, walked=q.seconds, charged=q.seconds, ending=Ending.COMPLETED,
                    actions=q.policy.x[None], features=np.zeros((2, 0)), rewards=np.array([-r]),
                    durations=np.array([q.seconds]), asked=q.seconds, measures={"metabolic_rate": r},
                    truth={"metabolic_rate": r, **dict.fromkeys(MUSCLES, 0.0)},
                )
            )  # fmt: skip
        return trials, state


def test_what_is_asked_goes_before_what_goes_without_saying():
    assert Protocol().settings == {"initial_step": "1.5"}
    given = {"initial_step": "3", "population": "6"}
    assert Protocol(settings=given).settings == given
    assert Protocol("random-search").settings == {}


def test_a_steady_drift_falls_out_of_differences_by_mirrored_order():
    task = Drifting()
    laws = {ZERO: Constant(np.zeros(4)), GENERIC: Constant(np.full(4, 0.3)), OPTIMIZED: Constant(np.full(4, 0.5))}
    bouts = walk_bouts(task, None, ORDER, laws, 60.0, (0, 5))
    line = {"bouts": [b.describe() for b in bouts], "control": []}
    assert [b.law for b in bouts] == list(ORDER)
    assert rate(line, ZERO) - rate(line, OPTIMIZED) == pytest.approx(0.5)
    assert rate(line, ZERO) - rate(line, GENERIC) == pytest.approx(0.3)


class Tripping(Drifting):
    """Trials end in a fall by this list, in the order that they are walked."""

    def __init__(self, falls):
        super().__init__()
        self.falls, self.seeds = list(falls), []

    def run(self, queries, seeds, state=None):
        trials, state = super().run(queries, seeds, state)
        self.seeds += [s.entropy for s in seeds]
        return [dataclasses.replace(t, ending=Ending.FELL) if self.falls.pop(0) else t for t in trials], state


@pytest.mark.parametrize(
    ("falls", "trials", "fell", "known"),
    [([0, 0], 2, 0, True), ([1, 0], 2, 1, True), ([0, 1, 0, 0], 4, 1, True), ([1, 1, 0, 1, 0, 1], 6, 4, False)],
)
def test_a_bout_that_ends_in_a_fall_is_walked_again_twice_at_most(falls, trials, fell, known):
    task = Tripping(falls)
    (bout,) = walk_bouts(task, None, [ZERO], {ZERO: Constant(np.zeros(4))}, 60.0, (0, 5))
    assert not task.falls
    assert len({tuple(e) for e in task.seeds}) == trials
    assert (bout.fell, bout.walked, bout.true is not None) == (fell, 30.0 * trials, known)


def test_without_a_device_no_law_saves_anything(tmp_path):
    protocol = Protocol("random-search", {"batch": "1"}, budget=120.0, bout=80.0, fields={"device": "none"})
    (line,) = study(tmp_path, protocol=protocol).run("one")
    assert abs(saving(line)) < 0.01
    assert abs(saving(line, GENERIC)) < 0.01


def test_every_second_is_told(tmp_path):
    (line,) = study(tmp_path, adaptations=["fast"]).run("one")
    seconds, falls = line["seconds"], line["falls"]
    assert seconds["familiarisation"] == 40.0  # with getting up
    assert seconds["charged"] == pytest.approx(seconds["walking"] + 20.0 * falls)
    assert seconds["validation"] == pytest.approx(sum(b["walked"] for b in line["bouts"]))
    assert len(line["bouts"]) == 6
    assert len(line["control"]) == 2
    if not falls and not any(b["fell"] for b in (*line["bouts"], *line["control"])):
        assert seconds["control"] == pytest.approx(40.0 + seconds["walking"] + 240.0)


def test_people_walk_alike_in_lockstep_and_one_by_one_and_after_a_stop(tmp_path, monkeypatch):
    asked = {"people": ("1", "2"), "adaptations": ("off",)}
    one = list(study(tmp_path / "one", **asked).run("one"))
    lockstep = study(tmp_path / "lockstep", **asked)
    walk, walked = Session.walk_batch, []

    def stopped(self):
        if len(walked) == 3:
            raise KeyboardInterrupt
        walked.append(1)
        return walk(self)

    monkeypatch.setattr(Session, "walk_batch", stopped)
    with pytest.raises(KeyboardInterrupt):
        list(lockstep.run("lockstep"))
    monkeypatch.setattr(Session, "walk_batch", walk)
    list(lockstep.run("lockstep"))
    assert lockstep.lines() == one == study(tmp_path / "one", **asked).lines()
    assert list(lockstep.run("one")) == []  # all is known
    seeds = {read_json(s.place / "run.json")["seed"] for s in lockstep.sittings}
    assert len(seeds) == 2  # each person tries laws of its own
    told = "\n".join(report(one))
    assert "24.2 ± 7.4 %" in told
    assert told.count("participant 2") == 1


@pytest.mark.slow
def test_processes_give_the_same(tmp_path, monkeypatch):
    monkeypatch.undo()  # workers know nothing of it
    one, processes = study(tmp_path / "one", ("1", "2")), study(tmp_path / "processes", ("1", "2"))
    list(one.run("one"))
    list(processes.run("processes"))
    assert one.lines() == processes.lines()


def test_another_study_in_the_directory_is_refused(tmp_path, monkeypatch):
    kept = study(tmp_path)
    line = {"participant": "1", "adaptation": "off", "asked": kept.sittings[0].asked}
    kept.kept.write_text(json.dumps(line) + "\n")
    assert kept.lines() == [line]
    other = study(tmp_path, protocol=Protocol("random-search", {"batch": "1"}, budget=360.0, bout=60.0))
    with pytest.raises(UsageError, match="another study"):
        other.lines()
    with monkeypatch.context() as older:
        older.setattr("gait.hilo.study.AGAIN", 0)  # no bout was walked again then
        with pytest.raises(UsageError, match="another study"):
            study(tmp_path).lines()
    kept.kept.write_text("{}\n")
    with pytest.raises(UsageError, match="line 1"):
        kept.lines()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda out: study(out, people=("99",)), "unknown participant"),
        (lambda out: study(out, adaptations=("medium",)), "unknown adaptation"),
        (lambda out: Protocol("nobody"), "unknown optimizer"),
        (lambda out: Protocol(budget=10.0), "--minutes"),
        (lambda out: Protocol(bout=10.0), "20 to 600"),
        (lambda out: list(study(out).run("fly")), "processes, lockstep, one"),
        (lambda out: list(study(out).run("one", 0)), "--jobs 0"),
    ],
)
def test_bad_input_is_refused(make, said, tmp_path):
    with pytest.raises(UsageError, match=said):
        make(tmp_path)


def test_the_legend_of_many_ways_of_adapting_is_one_and_within_the_picture(tmp_path, monkeypatch):
    figures = []

    def made(**options):
        figures.append(Figure(**options))
        return figures[-1]

    monkeypatch.setattr(look, "Figure", made)
    save_laws(tmp_path, [{"adaptation": a, "held_out": h, "law": [0.5] * 4} for a in RATES for h in (False, True)])
    boxes = [e.get_window_extent() for f in figures for e in (*f.legends, *(ax.get_legend() for ax in f.axes)) if e]
    assert len(boxes) == 1
    assert figures[0].bbox.x0 <= boxes[0].x0 <= boxes[0].x1 <= figures[0].bbox.x1
    assert not any(boxes[0].overlaps(ax.get_window_extent()) for ax in figures[0].axes)
