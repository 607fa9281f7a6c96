"""Environments keep Gymnasium's rules, and their episodes are trials of the task, on the same bill."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402
from gymnasium.utils.passive_env_checker import env_render_passive_checker  # noqa: E402

import gait.envs  # noqa: E402, F401
from gait.errors import UsageError  # noqa: E402
from gait.policy import Constant  # noqa: E402
from gait.trial import Query  # noqa: E402

STRIDE, JOINT = "gait/Quadruped-v0", "gait/QuadrupedJoint-v0"
QUADRUPEDS = (STRIDE, JOINT)


def draws() -> bool:
    """Whether there is an OpenGL here."""
    from gait.view.gl import use_backend

    try:
        use_backend()
    except UsageError:
        return False
    return True


needs_gl = pytest.mark.skipif(not draws(), reason="no OpenGL here")


def made(name, **fields):
    return gymnasium.make(name, **fields).unwrapped


def episode(env, seed, action):
    """Rewards, infos and the last step of an episode; `action` is one for all, or a generator's draws."""
    _, info = env.reset(seed=seed)
    rewards, infos = [], [info]
    while True:
        chosen = action.uniform(-1, 1, env.action_space.shape) if isinstance(action, np.random.Generator) else action
        seen, reward, terminated, truncated, info = env.step(chosen)
        assert seen in env.observation_space
        rewards.append(reward)
        infos.append(info)
        if terminated or truncated:
            return np.array(rewards), infos, (terminated, truncated)


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_gymnasium_finds_nothing_to_warn_of(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(made(name, seconds=4.0), skip_render_check=True)


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_stable_baselines3_finds_nothing_to_warn_of(name):
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(made(name, seconds=4.0))


@needs_gl
@pytest.mark.parametrize("name", QUADRUPEDS)
def test_pictures_show_the_robot_walk_and_human_without_a_display_says_so(name, capsys, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    env = gymnasium.make(name, render_mode="rgb_array", seconds=4.0).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for mode in env.metadata["render_modes"]:
            shown = env.spec.make(render_mode=mode)
            shown.reset(seed=0)
            env_render_passive_checker(shown)
            shown.step(np.zeros(env.action_space.shape))
            shown.close()
    assert "needs a display" in capsys.readouterr().err
    env.reset(seed=0)
    pictures = [env.render()]
    for _ in range(2):
        env.step(np.zeros(env.action_space.shape))
        pictures.append(env.render())
    assert all(p.shape == (360, 480, 3) and p.std() > 10 for p in pictures)
    assert not np.array_equal(pictures[1], pictures[2])
    env.close()


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_with_one_action_an_episode_is_the_trial_of_the_task(name):
    env = made(name, seconds=4.0)
    actions = env.worlds.actions
    action = 0.5 * np.random.default_rng(3).uniform(-1, 1, len(actions.space))
    rewards, infos, _ = episode(env, 11, action)
    query = Query(0, Constant(actions.point(action)), 4.0)
    (trial,), _ = env.worlds.task.run([query], [np.random.SeedSequence(11)])
    last = infos[-1]
    assert (last["score"], last["walked"], last["charged"]) == (trial.score, trial.walked, trial.charged)
    assert last["measures"] == {k: v for k, v in trial.measures.items() if v is not None}
    assert last["ending"] == trial.ending == "completed"
    assert rewards.sum() == pytest.approx(trial.rewards.sum(), abs=1e-12)
    if name == STRIDE:
        assert np.array_equal(rewards, trial.rewards)


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_a_seed_fixes_all_chance_and_without_one_it_goes_on(name):
    def scores(seeds):
        env = made(name, seconds=4.0)
        return [episode(env, s, np.full(env.action_space.shape, 0.2))[1][-1]["score"] for s in seeds]

    one = scores([4, None, None])
    assert scores([4, None, None]) == one
    assert len(set(one)) == 3
    assert scores([5]) != one[:1]


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_falling_terminates_and_time_truncates(name):
    env = made(name, seconds=4.0)
    _, infos, ends = episode(env, 0, np.zeros(env.action_space.shape))
    assert ends == (False, True)
    assert infos[-1]["walked"] == pytest.approx(4.0, abs=0.01)
    wild = made(name, seconds=8.0, span=30.0)
    if name == STRIDE:
        action = np.random.default_rng(0)
    else:  # tiptoe in front, crouching behind, the forefeet far out
        action = np.zeros(14)
        action[[2, 5]], action[[8, 11]], action[[4, 7]] = -1.0, 1.0, 1.0
    rewards, infos, ends = episode(wild, 0, action)
    last = infos[-1]
    assert ends == (True, False)
    assert last["ending"] == "fell"
    assert last["charged"] == pytest.approx(last["walked"] + 2.0 + 8.0)
    assert last["score"] == pytest.approx(rewards.sum() / 8.0)
    with pytest.raises(UsageError, match="reset"):
        wild.step(np.zeros(wild.action_space.shape))


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_every_second_is_on_the_bill(name):
    env = made(name, seconds=4.0)
    _, infos, _ = episode(env, 0, np.zeros(env.action_space.shape))
    walked = np.array([info["walked"] for info in infos])
    assert np.all(np.diff(walked) > 0)
    assert [info["charged"] for info in infos] == pytest.approx(walked + 2.0)
    env.reset()
    _, *_, given_up = env.step(np.zeros(env.action_space.shape))
    env.reset()
    begun = env.worlds.walker.walked(0)
    assert env.bill.walked == pytest.approx(walked[-1] + given_up["walked"] + begun)
    assert env.bill.charged == pytest.approx(env.bill.walked + 3 * 2.0)


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_a_new_episode_remembers_nothing_of_the_last(name):
    env = made(name, seconds=4.0)
    first, _ = env.reset(seed=2)
    assert not first[-len(env.worlds.actions.space) :].any()
    for _ in range(3):
        env.step(np.full(env.action_space.shape, 0.5))
    again, _ = env.reset(seed=2)
    assert np.array_equal(first, again)


def test_fifty_decisions_a_second_whatever_the_tick_of_commands():
    env = made(JOINT, seconds=4.0)
    _, infos, _ = episode(env, 0, np.zeros(14))
    times = np.array([info["walked"] for info in infos])
    assert np.allclose(times - times[0], np.arange(len(times)) / 50.0, atol=env.worlds.walker.tick)


def test_what_cannot_be_asked_for_is_said_at_once():
    for fields, said in (
        ({"robott": "x"}, "robott"), ({"noise": "loud"}, "noise level"), ({"seconds": 1.0}, "1 s"),
        ({"span": 0}, "span"), ({"objective": "robustness"}, "robustness"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=said):
            made(STRIDE, **fields)
    env = made(STRIDE)
    with pytest.raises(UsageError, match="options"):
        env.reset(options={"speed": 1})
    env.reset(seed=0)
    for wrong, said in ((np.zeros(3), "12 numbers"), (np.full(12, np.nan), "finite"), ("left", "numbers")):
        with pytest.raises(UsageError, match=said):
            env.step(wrong)


def test_another_objective_is_paid_when_it_is_known():
    env = made(STRIDE, seconds=4.0, objective="smoothness")
    rewards, infos, _ = episode(env, 3, np.zeros(12))
    (trial,), _ = env.worlds.task.run([Query(0, Constant(env.worlds.actions.point(np.zeros(12))), 4.0)],
                                      [np.random.SeedSequence(3)])  # fmt: skip
    assert infos[-1]["score"] == trial.score
    assert not rewards[:-1].any()
    assert rewards.sum() == pytest.approx(trial.rewards.sum())


def same(one, other):
    """Whether nested infos of vector environments hold the same, bit by bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    return type(one) is type(other) and one.dtype == other.dtype and np.array_equal(one, other)


@pytest.mark.parametrize("name", QUADRUPEDS)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_vector_is_as_many_single_ones(name, threads):
    kind = {"seconds": 4.0, "span": 30.0}
    ours = gymnasium.make_vec(name, num_envs=3, threads=threads, **kind)
    theirs = gymnasium.make_vec(name, num_envs=3, vectorization_mode="sync", **kind)
    assert ours.metadata["autoreset_mode"] == theirs.metadata["autoreset_mode"]
    assert ours.single_action_space == theirs.single_action_space
    assert ours.observation_space == theirs.observation_space
    rng, ended = np.random.default_rng(0), np.zeros(2, int)
    for a, b in ((ours.reset(seed=5), theirs.reset(seed=5)), (ours.reset(), theirs.reset())):
        assert np.array_equal(a[0], b[0])
        assert same(a[1], b[1])
    for _ in range(40 if name == STRIDE else 230):
        actions = rng.uniform(-1, 1, ours.action_space.shape).astype(np.float32)
        a, b = ours.step(actions), theirs.step(actions)
        assert all(np.array_equal(x, y) for x, y in zip(a[:4], b[:4], strict=True))
        assert same(a[4], b[4])
        ended += a[2].sum(), a[3].sum()
    assert ended[1] >= 3
    assert ended[0] >= (name == STRIDE)
    assert ours.bill.charged == pytest.approx(sum(e.unwrapped.bill.charged for e in theirs.envs))
    theirs.close()
