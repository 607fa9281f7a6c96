"""The seeing quadruped: its world, what its camera shows, its policy in numpy and PyTorch, trials and training."""

from __future__ import annotations

import subprocess
import sys

import mujoco
import numpy as np
import pytest

from gait.errors import UsageError
from gait.robots import find_robot
from gait.seeing.camera import SIDE, Eye
from gait.seeing.judge import Judged
from gait.seeing.policy import SHAPES, load_policy, policy_of
from gait.seeing.trials import BallTrial, Sight, curve, seeing, told, walk_balls
from gait.seeing.walker import SHARPEST, BallWalker
from gait.seeing.world import NOSE, RADIUS, REACH, WIDEST, Ball, draw_ball, seeing_robot, spread_balls
from gait.simulate import Walk
from gait.view.gl import find_backend


def opens_no_gl() -> bool:
    try:
        return not find_backend()
    except UsageError:
        return True


needs_gl = pytest.mark.skipif(opens_no_gl(), reason="no OpenGL to draw with")


def random_policy(seed=0, size=0.3):
    rng = np.random.default_rng(seed)
    return policy_of({name: size * rng.standard_normal(shape) for name, shape in SHAPES.items()})


def seeds_of(n, seed=0):
    return [np.random.SeedSequence([seed, k]) for k in range(n)]


@pytest.fixture(scope="module")
def walk():
    return Walk(BallWalker(), 4)


@pytest.fixture(scope="module")
def eye(walk):
    with Eye(walk.walker.model) as it:
        yield it


def redness(picture):
    """Columns and rows of what is orange."""
    rows, columns = np.nonzero(picture[..., 0].astype(int) - picture[..., 2] > 60)
    return columns, rows


# the world


def test_the_quadruped_is_the_shipped_one():
    ours, shipped = seeing_robot().model, find_robot("ers210").model
    assert (ours.nq, ours.nv, ours.nu, ours.nsensordata) == (shipped.nq, shipped.nv, shipped.nu, shipped.nsensordata)
    for kind, count in (("body", shipped.nbody), ("geom", shipped.ngeom), ("joint", shipped.njnt)):
        names = [getattr(shipped, kind)(k).name for k in range(count)]
        assert [getattr(ours, kind)(k).name for k in range(count)] == names
    assert np.array_equal(ours.body_mass[: shipped.nbody], shipped.body_mass)
    assert ours.geom("ball").contype[0] == ours.geom("ball").conaffinity[0] == 0


def test_balls_are_where_they_may_be():
    rng = np.random.default_rng(0)
    for ball in [*spread_balls(40, 1), *(draw_ball(rng) for _ in range(40))]:
        assert 1.0 <= ball.distance <= 2.0
        assert abs(ball.bearing) <= WIDEST
        assert np.hypot(*ball.place) == pytest.approx(ball.distance)
    bearings = np.array([b.bearing for b in spread_balls(40, 1)])
    assert np.array_equal(np.floor((bearings / WIDEST + 1) * 20), np.arange(40))


@needs_gl
def test_a_ball_on_the_left_appears_on_the_left(walk, eye):
    """By the pinhole: its column is that of its bearing from the camera; nearer is larger."""
    standing = walk.walker.model.qpos0
    for bearing in (-0.6, -0.2, 0.3, 0.7):
        place = np.array([0.17, 0.0]) + 1.2 * np.array([np.cos(bearing), np.sin(bearing)])
        columns, _ = redness(eye.look(standing, np.array([*place, RADIUS])))
        focal = SIDE / 2 / np.tan(np.radians(60.0))
        assert columns.mean() == pytest.approx(SIDE / 2 - 0.5 - focal * np.tan(bearing), abs=1.0)
    sizes = [len(redness(eye.look(standing, np.array([x, 0.0, RADIUS])))[0]) for x in (0.6, 1.2, 2.17)]
    assert sizes[0] > sizes[1] > sizes[2] >= 1


@needs_gl
def test_a_ball_behind_is_not_seen(walk, eye):
    assert not len(redness(eye.look(walk.walker.model.qpos0, np.array([-1.0, 0.0, RADIUS])))[0])


@needs_gl
def test_a_mirrored_ball_is_a_mirrored_picture(walk, eye):
    left, right = (
        redness(eye.look(walk.walker.model.qpos0, np.array([1.0, y, RADIUS])))[0].mean() for y in (0.5, -0.5)
    )
    assert left + right == pytest.approx(SIDE - 1, abs=0.6)


# trials


def test_distance_and_bearing_are_seen_from_the_nose(walk):
    walker = walk.walker
    walk.reset(np.arange(4), [np.random.default_rng(0)] * 4, [5.0] * 4)
    walker.put(0, Ball(NOSE[0] + 0.5, 0.0))
    walker.qpos[0, :2] = 0.0
    walker.qpos[0, 3:7] = 1, 0, 0, 0
    distance, bearing = walker.nose_to_ball(np.array([0]))
    assert distance[0] == pytest.approx(0.5)
    assert bearing[0] == pytest.approx(0.0)
    turn = 0.4  # the robot turns left: the ball is now on its right
    walker.qpos[0, 3:7] = np.cos(turn / 2), 0, 0, np.sin(turn / 2)
    assert walker.nose_to_ball(np.array([0]))[1][0] < -turn


def test_told_pilot_steers_left_to_the_left():
    rng = np.random.default_rng(0)
    left, right = (told(Sight(np.zeros(0, np.uint8), 1.0, b), rng) for b in (0.5, -0.5))
    assert left[0] > 0
    assert np.array_equal(left, -right)


def test_a_blind_curve_is_one_action():
    rng = np.random.default_rng(0)
    sights = [Sight(np.zeros(0, np.uint8), d, b) for d, b in ((1.0, 0.5), (2.0, -0.5))]
    assert [curve(1.5)(sight, rng).tolist() for sight in sights] == [[1.5 / SHARPEST, 0.0, 0.0]] * 2


def test_a_trial_ends_when_the_ball_is_reached(walk):
    (trial,) = walk_balls(walk, [Ball(1.2, 0.5)], seeds_of(1), told)
    assert trial.outcome == "reached"
    assert trial.places[-1, 0] <= REACH < trial.places[-2, 0]
    assert trial.walked < 15.0
    assert trial.charged == trial.walked + 2.0
    assert len(trial.places) == len(trial.times) == len(trial.actions) + 1 == len(trial.pictures) + 1


def test_a_trial_ends_when_its_time_is_over(walk):
    away = Ball(1.5, 1.0)
    (trial,) = walk_balls(walk, [away], seeds_of(1), lambda sight, rng: np.array([-0.5, 0.0, 0.0]), seconds=4.0)
    assert trial.outcome == "time out"
    assert trial.walked == pytest.approx(4.0)


def test_a_trial_ends_with_a_fall(walk, monkeypatch):
    walker = walk.walker
    tumbling = walker.controller.space.point({"front_body_height": 6.0, "rear_body_height": 12.5, "locus_length": 8.0})
    monkeypatch.setattr(walker, "base", tumbling)
    (trial,) = walk_balls(walk, [Ball(2.0, 1.0)], seeds_of(1), lambda sight, rng: np.array([1.0, 1.0, 1.0]))
    assert trial.outcome == "fell"
    assert trial.charged == trial.walked + 2.0 + 8.0


def test_trials_depend_on_ball_and_seed_alone(walk):
    balls, seeds = list(spread_balls(3, 5)), seeds_of(3)

    def wild(sight, rng):
        return told(sight, rng) + 0.3 * rng.standard_normal(3)

    together = walk_balls(walk, balls, seeds, wild, seconds=4.0)
    alone = walk_balls(walk, balls[2:], seeds[2:], wild, seconds=4.0)[0]
    assert together[2].outcome == alone.outcome
    assert np.array_equal(together[2].places, alone.places)
    assert np.array_equal(together[2].actions, alone.actions)


def test_actions_are_clipped_and_mean_what_they_say(walk):
    walker = walk.walker
    walker.act(np.array([0]), np.array([[3.0, 5.0, -5.0]]))
    walker.act(np.array([1]), np.array([1.0, 1.0, -1.0])[None])
    assert np.array_equal(walker.values[0], walker.values[1])
    assert walker.turn[0] == SHARPEST
    walker.act(np.array([2]), np.zeros(3)[None])
    names = walker.controller.space.names
    changed = {names[k]: walker.values[1, k] - walker.values[2, k] for k in range(len(names))}
    assert {n: round(v, 9) for n, v in changed.items() if abs(v) > 1e-12} == {
        "locus_length": 1.0, "locus_skew_multiplier": -0.3
    }  # fmt: skip


def test_judged_counts(walk):
    empty = np.zeros((0, 3))
    trials = [BallTrial(Ball(1, 0), o, w, w, empty, empty, empty, empty) for o, w in (("reached", 3.0), ("fell", 1.0))]
    judged = Judged(trials)
    assert judged.success == 0.5
    assert judged.seconds == 3.0
    assert judged.outcomes == {"fell": 1, "reached": 1}


# the policy


def test_weights_come_back_from_their_file(tmp_path):
    policy = random_policy()
    policy.save(tmp_path / "p.npz")
    again = load_policy(tmp_path / "p.npz")
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    assert np.array_equal(policy.means(picture), again.means(picture))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        load_policy(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(UsageError, match="missing or unknown"):
        load_policy(tmp_path / "other.npz")
    arrays = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    with pytest.raises(UsageError, match="mean_bias must be"):
        policy_of(arrays | {"mean_bias": np.zeros(5)})
    with pytest.raises(UsageError, match="finite"):
        policy_of(arrays | {"mean_bias": np.full(3, np.nan)})


def test_draws_scatter_about_the_mean():
    policy = random_policy()
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    rng = np.random.default_rng(2)
    draws = np.array([policy.act(picture, rng) for _ in range(400)])
    z = (draws - policy.means(picture)) / np.exp(policy.log_std)
    assert np.abs(z.mean(0)).max() < 4 / 20
    assert np.abs(z.std(0) - 1).max() < 0.15


def test_numpy_and_torch_agree():
    torch = pytest.importorskip("torch")
    from gait.seeing.learn import as_input, means

    policy = random_policy()
    pictures = np.random.default_rng(1).integers(0, 256, (6, SIDE, SIDE, 3), np.uint8)
    weights = {name: torch.tensor(getattr(policy, name)) for name in SHAPES}
    ours = np.array([policy.means(p) for p in pictures])
    assert np.abs(ours).max() > 0.1
    assert np.abs(means(weights, as_input(pictures)).numpy() - ours).max() < 1e-5


def test_score_equals_finite_differences():
    torch = pytest.importorskip("torch")
    from gait.seeing.learn import as_input, log_likelihood

    policy = random_policy()
    rng = np.random.default_rng(3)
    x = as_input(rng.integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)).double()
    action = torch.tensor(rng.standard_normal((1, 3)))
    weights = {n: torch.tensor(getattr(policy, n), dtype=torch.float64, requires_grad=True) for n in SHAPES}
    scores = torch.autograd.grad(log_likelihood(weights, x, action).sum(), list(weights.values()))
    step = 1e-5
    for (name, weight), score in zip(weights.items(), scores, strict=True):
        for k in rng.choice(weight.numel(), min(4, weight.numel()), replace=False):
            values = []
            for sign in (1, -1):
                with torch.no_grad():
                    moved = weight.detach().clone().contiguous()
                    moved.reshape(-1)[k] += sign * step
                    values.append(float(log_likelihood(weights | {name: moved}, x, action)))
            slope = (values[0] - values[1]) / (2 * step)
            assert float(score.reshape(-1)[k]) == pytest.approx(slope, rel=1e-5, abs=1e-5), name


# training


def test_advantages_telescope():
    """With λ = γ = 1 they are returns less values, whatever the values are."""
    pytest.importorskip("torch")
    from gait.seeing import train

    gained, values = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, -0.2, 4.0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "DISCOUNT", 1.0)
        patch.setattr(train, "TRACE", 1.0)
        assert train.advantages(gained, values, True) == pytest.approx(gained[::-1].cumsum()[::-1] - values[:-1])
        assert train.advantages(gained, values, False) == pytest.approx(4 + gained[::-1].cumsum()[::-1] - values[:-1])


def test_rewards_are_for_coming_near_and_for_reaching():
    from gait.seeing.train import BONUS, FALL, HEADING, rewards

    places = np.array([[1.0, 0.5], [0.8, -0.2], [0.1, 1.5]])
    rest = (np.zeros((2, 3)), places, np.arange(3.0))
    by = {o: rewards(BallTrial(Ball(1, 0), o, 1, 1, np.zeros(0, np.uint8), *rest)) for o in ("reached", "fell")}
    assert by["reached"] == pytest.approx([0.2 + 0.3 * HEADING, 0.7 + BONUS])
    assert by["fell"] == pytest.approx([0.2 + 0.3 * HEADING, -FALL])


def test_training_pays_for_what_brought_more():
    """Actions to the left were good where it's bright on the left: so they become likelier there."""
    pytest.importorskip("torch")
    from gait.seeing.learn import Learner, Settings

    learner, rng = Learner(1, 12, Settings(rate=3e-3, minibatch=32)), np.random.default_rng(0)
    pictures = np.full((32, SIDE, SIDE, 3), 120, np.uint8)
    for k in range(32):
        pictures[k, 28:36, (8, 48)[k % 2] : (16, 56)[k % 2]] = 255, 90, 0
    side = np.where(np.arange(32) % 2, -1.0, 1.0)
    for _ in range(12):
        policy = learner.policy()
        actions = np.array([policy.act(p, rng) for p in pictures])
        learner.learn(pictures, actions, np.zeros((32, 5)), actions[:, 0] * side)
    left, right = (learner.policy().means(pictures[k])[0] for k in (0, 1))
    assert left > 0.2
    assert right < -0.2


@needs_gl
def test_the_same_seed_trains_the_same_policy():
    pytest.importorskip("torch")
    from gait.seeing.train import train

    lines = []
    (one, bill), (two, _) = (train(3, updates=2, trials=2, tell=lines.append) for _ in range(2))
    assert all(np.array_equal(getattr(one, name), getattr(two, name)) for name in SHAPES)
    assert bill.trials == 4
    assert bill.charged > 4 * 2.0
    assert len(lines) == 4


@needs_gl
def test_the_shipped_policy_reaches_a_ball(walk, eye):
    from gait.models import model_path

    pilot = seeing(load_policy(model_path("quadruped/seeing.npz")))
    trials = walk_balls(walk, [Ball(1.3, 0.4), Ball(1.3, -0.4)], seeds_of(2), pilot, eye)
    assert [t.outcome for t in trials] == ["reached", "reached"]
    assert all(p.any() for p in trials[0].pictures)


def test_training_without_torch_is_one_sentence():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from gait.seeing.judge import judge\n"
        "from gait.errors import UsageError\n"
        "from gait.seeing.train import train\n"
        "try: train(0, updates=1)\n"
        "except UsageError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "training a seeing robot needs PyTorch: pip install 'gaitopt[rl]'.\n"


def test_a_picture_is_rendered_from_the_camera_of_the_head():
    model = seeing_robot().model
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    camera = model.camera("eye").id
    looks, up = -data.cam_xmat[camera].reshape(3, 3)[:, 2], data.cam_xmat[camera].reshape(3, 3)[:, 1]
    assert looks == pytest.approx([1, 0, 0])
    assert up == pytest.approx([0, 0, 1])
    assert model.cam_bodyid[camera] == model.body("trunk").id


def test_the_table_says_what_was_kept(tmp_path):
    from gait.seeing.ledger import keep, table
    from gait.seeing.train import Bill

    trial = BallTrial(Ball(1, 0), "reached", 3.0, 5.0, *[np.zeros(0)] * 4)
    miss = BallTrial(Ball(1, 0), "time out", 30.0, 32.0, *[np.zeros(0)] * 4)
    for seed, trials in ((0, [trial, trial]), (1, [trial, miss])):
        bill = Bill(trials=2, charged=3600.0, processor=120.0, wall=240.0)
        keep(tmp_path / "l.jsonl", {"seed": seed, "blind": False}, bill, {"seeing": Judged(trials)})
    keep(tmp_path / "l.jsonl", {}, None, {"seeing": Judged([miss])})  # no training: not in the table
    said = table(tmp_path / "l.jsonl")
    assert said[2] == "| 0 | 1.00 h | 2.0 min | 4 min | 100% |  |  |"
    assert "75.0% over 2 trainings (s.d. 35.4 points, worst 50.0%)" in said[-1]
    with pytest.raises(UsageError, match="no trainings"):
        table(tmp_path / "none.jsonl")
