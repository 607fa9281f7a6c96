"""Laws of landscapes and chases: nothing is asked twice, the best law has no regret, a chase ends once it is there."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from gait.compare.kept import Kept
from gait.hilo import chase
from gait.hilo.chase import POOR, Chase, poor_space
from gait.hilo.regret import Landscape, landscape_of, sooner, times, walks_for
from gait.hilo.truth import Walks, again, ranked
from gait.tasks import exoskeleton

BEST = np.array([0.55, 0.7, 0.3, 0.4])


def rate(law) -> float | None:
    """A bowl; who pushes too hard falls."""
    x = np.array(law)
    return None if x[0] > 0.72 else 3.5 - 0.5 * x[0] + float(((x - BEST) ** 2).sum())


@pytest.fixture
def bowl(monkeypatch, tmp_path):
    monkeypatch.setattr(Walks, "walk", lambda q, work: q.described | {"rates": [rate(x) for x in q.laws]})
    kept = Kept(tmp_path / "kept.jsonl")

    def answer(questions):
        for q in questions:
            kept.lines.append(q.walk(tmp_path))

    return kept, answer


def test_a_landscape_finds_the_bottom_of_a_bowl_and_asks_nothing_twice(bowl):
    kept, answer = bowl
    asked = []
    while todo := walks_for(kept, "3"):
        assert not set(todo) & set(asked)
        answer(todo)
        asked += todo
    found = landscape_of(kept, "3")
    assert found.zero == rate([0.0, *exoskeleton.SPACE.default[1:]])
    assert found.laws == sum(len(q.laws) for q in asked) - 4 - sum(len(q.laws) for q in again("3", [(0.0,)] * 3))
    assert found.fell > 0
    bottom = np.array([0.8, *BEST[1:]])  # beyond where one falls
    assert found.rate - rate(np.minimum(bottom, 0.72)) < 0.05 * (found.zero - found.rate)
    assert found.rate == pytest.approx(rate(found.best))
    assert found.rate == pytest.approx(ranked(kept.lines)[0][0])
    assert found.error == pytest.approx(0.0, abs=1e-12)


def test_the_best_law_is_one_that_the_person_always_stands(bowl, monkeypatch):
    kept, answer = bowl

    def staggering(q, work):
        """Whoever pushes harder than 0.6 falls in every third walk of the finals."""
        rates = [None if q.seed == 22 and x[0] > 0.6 else rate(x) for x in q.laws]
        return q.described | {"rates": rates}

    monkeypatch.setattr(Walks, "walk", staggering)
    while todo := walks_for(kept, "3"):
        answer(todo)
    found = landscape_of(kept, "3")
    assert ranked(kept.lines)[0][1][0] > 0.6  # it does save more
    assert found.best[0] <= 0.6
    assert found.rate == pytest.approx(min(r for r, law in ranked(kept.lines) if law[0] <= 0.6))


def test_regret_is_0_at_the_best_law_and_1_without_torque():
    place = Landscape(128, 3, zero=4.0, best=(0.5,) * 4, rate=3.5, error=0.002)
    assert place.regret(3.5) == pytest.approx(0.0)
    assert place.regret(4.0) == pytest.approx(1.0)
    assert place.regret(place.target(0.2)) == pytest.approx(0.2)


def test_who_is_sooner_is_counted_by_pairs():
    def reached(values):
        asked = [Chase(str(1 + k // 2), "cma-es", 60.0, k % 2, 3.0) for k in range(len(values))]
        return times([(q, {"reached": v}) for q, v in zip(asked, values, strict=True)])

    a, b = reached([100.0, 200.0, None, None]), reached([150.0, 200.0, 50.0, None])
    p = sooner(a, b, np.random.default_rng(0))
    assert p.share == pytest.approx((1 + 0.5 + 0 + 0.5) / 4)
    assert p.pairs == 4
    assert p.low <= p.share <= p.high
    assert sooner(a, reached([]), np.random.default_rng(0)) is None


def test_a_chase_begins_at_the_poor_law_and_ends_as_soon_as_it_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(exoskeleton, "FAMILIARISATION", 30.0)
    walked = []

    def truth(q, work):
        walked.append(q.laws)
        return {"rates": [None if len(walked) == 1 else 3.0 if len(walked) == 2 else 2.0]}

    monkeypatch.setattr(Walks, "walk", truth)
    monkeypatch.setattr(chase, "BUDGET", 600.0)
    q = Chase("1", "cma-es", 20.0, 0, target=2.5, budget=600.0)
    line = q.walk(tmp_path)
    assert [r for _, r in line["curve"]] == [None, 3.0, 2.0]
    clocks = [t for t, _ in line["curve"]]
    assert line["reached"] == clocks[-1]
    assert np.diff([0.0, *clocks]) == pytest.approx(np.full(3, 8 * 20.0), abs=25.0)
    assert line["trials"] == 24
    assert line["settings"]["initial_step"] == 2.0
    assert dataclasses.replace(q, settings={"initial_step": "3"}).described["settings"]["initial_step"] == 3.0
    assert json.loads(json.dumps(line)).items() >= q.described.items()
    assert not list(tmp_path.iterdir())
    assert poor_space().named(poor_space().default) == pytest.approx(POOR)
