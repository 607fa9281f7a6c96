"""The person's environment keeps Gymnasium's rules; its laws are trials of the task, one after another."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402

import gait.envs  # noqa: E402, F401
from gait.errors import UsageError  # noqa: E402
from gait.policy import Constant  # noqa: E402
from gait.simulate import child  # noqa: E402
from gait.task import Seconds  # noqa: E402
from gait.trial import Query  # noqa: E402

NAME = "gait/Exoskeleton-v0"
SHORT = {"seconds": 20.0, "laws": 2}


@pytest.fixture(scope="module")
def env():
    return gymnasium.make(NAME, **SHORT).unwrapped


def test_gymnasium_and_stable_baselines3_find_nothing_to_warn_of():
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    env = gymnasium.make(NAME, **SHORT).unwrapped
    # some forty laws, too short for the task: what they are worth isn't asked here
    env.task.problem = replace(env.task.problem, seconds=Seconds(2.0, 2.0, 2.0))
    env.seconds = 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True, skip_close_check=True)
        checker.check_env(env)


def test_laws_are_trials_one_after_another_from_the_same_start(env):
    laws = np.array([[0.1, 0.0, -0.1, 0.0], [0.3, -0.2, 0.0, 0.1]])
    before = env.bill
    seen, info = env.reset(seed=8)
    infos, rewards, ends = [info], [], []
    for law in laws:
        seen, reward, terminated, truncated, info = env.step(law)
        infos.append(info)
        rewards.append(reward)
        ends.append((terminated, truncated))
    queries = [Query(k, p, 20.0) for k, p in enumerate([env.task.reference, *map(Constant, env.actions.point(laws))])]
    noise = [child(np.random.SeedSequence(8), k) for k in range(3)]
    trials, _ = env.task.run(queries, noise, env.task.start())
    assert [i["score"] for i in infos] == [t.score for t in trials]
    assert rewards == [t.score - trials[0].score for t in trials[1:]]
    assert ends == [(False, False), (False, True)]
    assert [i["walked"] for i in infos] == pytest.approx([30.0, 50.0, 70.0])  # ten to walk steadily are with them
    assert env.bill.charged - before.charged == pytest.approx(10.0 + sum(t.charged for t in trials))
    rows = seen.reshape(4, 5)  # the newest law first
    assert rows[:, 0] == pytest.approx([-t.score for t in trials[::-1]] + [0.0])
    assert np.allclose(rows[:2, 1:], laws[::-1])
    with pytest.raises(UsageError, match="reset"):
        env.step(laws[0])


def test_a_fall_terminates_and_is_charged(env, monkeypatch):
    env.reset(seed=1)
    crowd = env.task.treadmills.first
    walk, walked = type(crowd).walk, env.bill.walked

    def stumble(self, ids, steps):
        walk(self, ids, 500)
        self.datas[0].qvel[2] += 20.0  # thrown forward
        return walk(self, ids, steps)

    monkeypatch.setattr(type(crowd), "walk", stumble)
    _, reward, terminated, truncated, info = env.step(np.zeros(4))
    assert (terminated, truncated, info["ending"]) == (True, False, "fell")
    assert -30.0 <= info["score"] <= -20.0
    assert reward < -10.0
    assert info["charged"] == pytest.approx(info["walked"] + 20.0)
    assert env.bill.walked - walked < 20.0


def test_a_seed_fixes_all_chance(env):
    def scores(seed):
        return env.reset(seed=seed)[1]["score"], env.step(np.zeros(4))[4]["score"]

    assert scores(3) == scores(3) != scores(4)


def test_what_cannot_be_asked_for_is_said_at_once():
    for fields, said in (
        ({"laws": 0}, "laws"), ({"laws": 1.5}, "laws"), ({"seconds": 5.0}, "5 s"), ({"robot": "x"}, "robot"),
        ({"adaptation": "quick"}, "adaptation"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=said):
            gymnasium.make(NAME, **fields)
