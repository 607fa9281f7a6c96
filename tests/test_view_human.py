"""Laws of the person's film: heels strike together, the belt moves as it does, muscles stay where they are attached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy import CarryingToy

from gait.controllers.torque_profile import torque as law
from gait.durations import show_duration
from gait.errors import UsageError
from gait.files import read_json
from gait.human.body import Stature, make_body
from gait.human.frames import Frames
from gait.human.muscles import MUSCLES
from gait.run import optimize
from gait.task import Recording
from gait.tasks import TASKS
from gait.trial import Ending, Trial
from gait.view import gl, muscle_paths, person, strides, treadmill
from gait.view.person_panel import CURVE, PersonFooter
from gait.view.person_stage import PersonStage, worn_by
from gait.view.recorded import read_recording
from gait.view.render import render_run, walks_of

mujoco = pytest.importorskip("mujoco")

SPEED = 1.1


def _has_gl() -> bool:
    try:
        gl.find_backend()
    except UsageError:
        return False
    return True


needs_gl = pytest.mark.skipif(not _has_gl(), reason="no OpenGL for off-screen video here")


@pytest.fixture(scope="module")
def model():
    return make_body(Stature(62.0, 1.66), speed=SPEED, device=(0.85, 0.85))


def walk(stride=1.1, seconds=4.0, peak=0.0, ending=Ending.COMPLETED, start=0.0, first=0.3):
    """A walk by hand, right heel strikes at `first` and every `stride`; nothing is simulated."""
    time = np.arange(0.0, seconds + 1e-9, 0.01)
    turns = (time[:, None] - first + 1e-9) / stride + np.array([0.5, 0.0])
    phase = turns % 1.0
    swing = 0.4 * np.cos(2 * np.pi * phase)
    qpos = np.zeros((len(time), 9))
    qpos[:, 3::3], qpos[:, 4::3] = swing, 0.3 + 0.3 * np.sin(np.pi * phase) ** 4
    torques = [[law(100 * p, peak, 50.0, 25.0, 10.0, 0.0) for p in row] for row in phase]
    extra = {"activation": 0.5 + 0.5 * np.sin(turns[:, [0] * 7 + [1] * 7]), "torque": np.array(torques), "phase": phase}
    none = np.zeros((1, 1))
    trial = Trial(0, -3.0, seconds, seconds, ending, none, np.zeros((2, 1)), np.ones(1), np.ones(1), seconds)
    return Recording(trial, time + start, qpos, phase < 0.6, extra)


def rough(rng, n, shortest=0.6):
    """Heel strikes of an uneven walk."""
    return 3.0 + np.cumsum(rng.uniform(shortest, 1.4, n))


class TestWarp:
    def test_heel_strikes_coincide_and_time_never_goes_back(self):
        rng = np.random.default_rng(0)
        for n, m in ((2, 2), (9, 9), (7, 12), (12, 7)):
            own, other = rough(rng, n), rough(rng, m)
            pairs = min(n, m)
            np.testing.assert_allclose(strides.warp(own, own, other)[-pairs:], other[-pairs:])
            times = np.linspace(own[0] - 2, own[-1] + 2, 500)
            warped = strides.warp(times, own, other)
            assert (np.diff(warped) > 0).all()
            a, b = own[-2:], other[-2:]
            middle = strides.warp(np.array([a.mean()]), own, other)
            np.testing.assert_allclose(middle, b.mean())  # evenly in between

    def test_a_walk_is_not_warped_onto_itself(self):
        own = rough(np.random.default_rng(1), 8)
        times = np.linspace(own[0] - 1, own[-1] + 1, 300)
        np.testing.assert_allclose(strides.warp(times, own, own), times)

    def test_with_too_few_strikes_time_is_only_shifted(self):
        times, none = np.linspace(0, 2, 9), np.zeros(0)
        np.testing.assert_array_equal(strides.warp(times, none, np.array([1.0, 2.0])), times)
        np.testing.assert_allclose(strides.warp(times, np.array([0.5, 1.5]), np.array([4.0])), times + 2.5)

    def test_a_scuff_is_no_heel_strike(self):
        recording = walk()
        contact = recording.contacts[:, strides.RIGHT].copy()
        found = strides.heel_strikes(recording.time, contact)
        np.testing.assert_allclose(found, [0.3, 1.4, 2.5, 3.6], atol=0.0101)
        contact[120:123] = True  # in mid-swing, 0.2 s before the heel lands
        assert len(strides.heel_strikes(recording.time, contact)) == 4


class TestSchedule:
    def test_the_optimized_walk_runs_in_real_time_and_right_heels_strike_together(self):
        reference, optimized = walk(0.9, 6.0, start=5.0), walk(1.1, 6.0, start=9.0)
        theirs, ours = person.schedule(reference, optimized, 3.0, 50)
        np.testing.assert_allclose(np.diff(ours), 1 / 50)
        assert ours[-1] == pytest.approx(strides.heel_strikes(optimized.time, optimized.contacts[:, 1])[-1], abs=0.011)
        assert ours[-1] - ours[0] == pytest.approx(3.0, abs=0.021)
        strikes = [strides.heel_strikes(r.time, r.contacts[:, strides.RIGHT]) for r in (reference, optimized)]
        seen = strikes[1][(strikes[1] >= ours[0]) & (strikes[1] <= ours[-1])]
        assert len(seen) == 3
        np.testing.assert_allclose(np.interp(seen, ours, theirs), strikes[0][-len(seen) :], atol=1 / 50)
        assert theirs.min() >= reference.time[0]
        assert theirs.max() <= reference.time[-1] + 1e-9

    def test_a_walk_is_synchronous_with_itself(self):
        theirs, ours = person.schedule(walk(), walk(), 2.0, 30)
        np.testing.assert_allclose(theirs, ours)

    def test_a_fall_is_shown_and_held(self):
        reference, fallen = walk(0.9, 6.0), walk(1.1, 4.0, ending=Ending.FELL)
        theirs, ours = person.schedule(reference, fallen, 2.0, 30)
        assert ours[-1] == pytest.approx(4.0 + person.FALL_SECONDS, abs=1 / 30)
        assert theirs.max() <= 6.0 + 0.2  # who walks on is not shown beyond the recording

    def test_a_single_frame_is_enough(self):
        only = walk(seconds=0.0, ending=Ending.FELL)
        theirs, ours = person.schedule(walk(), only, 10.0, 30)
        assert len(theirs) == len(ours) >= 2


class TestBelt:
    def test_marks_move_back_with_the_belt(self, model):
        assert treadmill.belt_speed(model) == pytest.approx(SPEED)
        length = 2 * treadmill.HALF
        for time in (0.0, 0.37, 31.4):
            for dt in (0.01, 1 / 30, 0.5):
                before, after = treadmill.marks(time, SPEED), treadmill.marks(time + dt, SPEED)
                moved = (before - after) % length  # whoever left at the back is at the front again
                np.testing.assert_allclose(moved, (SPEED * dt) % length, atol=1e-9)

    def test_marks_are_evenly_spaced_and_never_off_the_belt(self):
        for time in np.linspace(0, 3, 40):
            places = np.sort(treadmill.marks(float(time), SPEED))
            np.testing.assert_allclose(np.diff(places), treadmill.SPACING)
            for centre in places:
                back, front = treadmill.seen(float(centre))
                assert -treadmill.HALF <= back <= front <= treadmill.HALF


def at_random_postures(model, n=20):
    rng, data = np.random.default_rng(2), mujoco.MjData(model)
    for _ in range(n):
        data.qpos[:] = rng.uniform([-0.5, -0.1, -0.5, -0.5, 0.05, -0.5, -0.5, 0.05, -0.5],
                                   [0.5, 0.1, 0.8, 1.5, 2.0, 0.5, 1.5, 2.0, 0.5])  # fmt: skip
        mujoco.mj_kinematics(model, data)
        yield data


class TestMuscles:
    def test_the_recording_names_what_is_drawn(self):
        assert muscle_paths.MUSCLES == MUSCLES
        assert set(person.EXTRAS) == Frames().extra().keys()

    def test_the_drawing_fits_the_model(self, model):
        for side, y in muscle_paths.PLANE.items():
            assert model.geom(f"heel_{side}").pos[1] == pytest.approx(y * muscle_paths.body_scale(model))
        assert muscle_paths.body_scale(model) == pytest.approx(1.66 / 1.80)
        assert (2 * treadmill.HALF / treadmill.SPACING) % 1 == 0

    def test_ends_stay_on_their_segments_at_any_posture(self, model):
        muscles, scale = muscle_paths.muscles_of(model), muscle_paths.body_scale(model)
        assert [m.place for m in muscles] == list(range(14))
        seen = []
        for data in at_random_postures(model):
            rows = []
            for muscle in muscles:
                path = muscle_paths.path_of(muscle, data)
                assert path.shape == (muscle_paths.PIECES + 1, 3)
                for end, body in ((path[0], muscle.bodies[0]), (path[-1], muscle.bodies[-1])):
                    rows.append(data.xmat[body].reshape(3, 3).T @ (end - data.xpos[body]))
                assert {model.body(b).name[-2:] for b in muscle.bodies} <= {"at", ("_l", "_r")[muscle.leg]}
            seen.append(rows)
        np.testing.assert_allclose(seen, np.broadcast_to(seen[0], np.shape(seen)), atol=1e-12)
        x, y, _ = np.array(seen[0]).T
        off = np.hypot(x, y - scale * np.repeat([0.085, -0.085], 14))
        assert off.max() < 0.13 * scale  # on the skin of a segment, not beside it

    def test_paths_stay_near_the_leg_at_any_posture(self, model):
        hips_to_toes = 1.1 * muscle_paths.body_scale(model)
        for data in at_random_postures(model):
            for muscle in muscle_paths.muscles_of(model):
                path = muscle_paths.path_of(muscle, data)
                pieces = np.linalg.norm(np.diff(path, axis=0), axis=1)
                assert pieces.max() < 0.1
                assert np.linalg.norm(path - data.xpos[model.body("hat").id], axis=1).max() < hips_to_toes

    def test_muscles_redden_with_activation(self):
        colours = np.array([muscle_paths.activation_colour(a) for a in np.linspace(0, 1, 101)])
        redness = colours[:, 0] - 0.5 * (colours[:, 1] + colours[:, 2])
        assert (np.diff(redness) > 0).all()
        assert ((colours >= 0) & (colours <= 1)).all()
        np.testing.assert_allclose(muscle_paths.activation_colour(1.7), colours[-1])
        np.testing.assert_allclose(muscle_paths.activation_colour(-0.1), colours[0])

    def test_a_belly_is_wider_than_its_tendons(self, model):
        for muscle in muscle_paths.muscles_of(model):
            widths = muscle_paths.widths_of(muscle)
            assert widths.max() <= muscle.width
            assert (np.diff(np.sign(np.diff(widths))) <= 0).all()


class TestTorque:
    def test_a_stride_is_drawn_up_to_now_over_the_whole_one_before(self):
        recording = walk(1.1, peak=0.5)
        torque = strides.TorqueStrides.of(recording, strides.RIGHT)
        moment = 1.4 + 0.55  # halfway through the stride that begins at 1.4 s
        phase, height = torque.current(moment)
        assert phase[0] < 0.02
        assert phase[-1] == pytest.approx(0.5, abs=0.01)
        assert height[-1] == pytest.approx(0.5, abs=0.01)
        whole, past = torque.last(moment)
        assert whole[-1] > 0.98
        for p, t in ((phase, height), (whole, past)):
            assert (np.diff(p) > 0).all()
            np.testing.assert_allclose(t, [law(100 * x, 0.5, 50.0, 25.0, 10.0, 0.0) for x in p], atol=1e-9)

    def test_a_lost_stride_has_no_dot(self):
        recording = walk(peak=0.5)
        recording.extra["phase"][150:250] = -1.0
        torque = strides.TorqueStrides.of(recording, strides.RIGHT)
        assert len(torque.current(2.0)[0]) == 0
        assert all((torque.current(t)[0] >= 0).all() and (torque.last(t)[0] >= 0).all() for t in recording.time)

    def test_the_dot_is_where_the_stride_is(self):
        recording = walk(peak=0.4)
        footer = PersonFooter(
            (638, 248),
            1.0,
            numbers=(("3 W/kg", "rate"),),
            caption="torque",
            torque=strides.TorqueStrides.of(recording, strides.RIGHT),
            top=0.4,
            feet=(recording.time, recording.contacts),
        )
        places = []
        for share in (0.2, 0.5, 0.8):
            picture = np.asarray(footer.at(1.0, 1.4 + 1.1 * share)).astype(int)
            ys, xs = np.nonzero((np.abs(picture[:150, 270:] - CURVE) < 12).all(axis=2))
            places.append(xs.max())
            assert ys.min() >= 40  # under the caption
        np.testing.assert_allclose(np.diff(places), 0.3 * (614 - 290), atol=6)


class PersonToy(CarryingToy):
    """A task whose recordings tell of a person."""

    name = "person-toy"
    model = make_body(Stature(), speed=SPEED, device=(0.85, 0.85))

    def record(self, query, seed):
        recording = walk(seconds=1.7, peak=0.4 * float(query.policy.x[0]))
        return replace(recording, trial=self._walk(query, seed))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of a person's toy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASKS, "person-toy", PersonToy)
        out = tmp_path_factory.mktemp("person") / "run"
        optimize("person-toy", "cma-es", budget=100.0, seed=3, out=out, progress=False)
        return out


class TestRun:
    def test_what_else_a_task_records_comes_back_and_so_does_the_reference(self, run):
        for name in ("start", "recommended", "reference"):
            recording = read_recording(run, name)
            assert person.shows_a_person(recording)
            peak = 0.0 if name == "reference" else recording.extra["torque"].max()
            wanted = walk(seconds=1.7, peak=peak)
            assert recording.extra.keys() == wanted.extra.keys()
            for key in ("activation", "phase"):
                np.testing.assert_array_equal(recording.extra[key], wanted.extra[key])
            assert (recording.extra["torque"].max() == 0) == (name == "reference")

    @needs_gl
    def test_a_run_of_a_person_is_drawn_as_one(self, run, tmp_path, monkeypatch):
        monkeypatch.setitem(TASKS, "person-toy", PersonToy)
        told = {}

        def draw(model, left, right, out, **options):
            told.update(left=left, right=right, card=options["card"])
            return out

        monkeypatch.setattr(person, "render_person", draw)
        render_run(run, tmp_path / "a.mp4")
        result = read_json(run / "result.json")
        assert told["left"].title == "doing nothing"
        assert told["right"].title == "optimized"
        assert told["card"][1:] == ("cma-es", f"{show_duration(result['seconds']['charged'])} of simulated time spent")
        assert told["left"].subtitle.startswith(f"{-result['reference']['mean']:.2f} ± ")
        assert told["right"].numbers[0][0].endswith(" %")

    def test_the_true_rate_is_told_where_it_is_known_and_costs_are_positive(self):
        quality = {"mean": -4.0, "sd": 0.2, "n": 16, "falls": 0, "measures": {"speed": 1.25, "stride_time": 1.1}}
        true = quality | {"truth": {"metabolic_rate": 3.5}, "falls": 2}
        result = {"reference": quality | {"name": "zero torque"}, "recommended": true, "true_saving": {"mean": 0.125}}
        left, right = walks_of(result, "reference", walk(), walk())
        assert (left.title, left.subtitle) == ("zero torque", "4.00 ± 0.20 W/kg, 16 trials")
        assert right.subtitle == "3.50 W/kg, 16 trials, 2 fell"
        assert [n for n, _ in left.numbers] == ["4.00 W/kg", "1.25 m/s", "1.10 s"]
        assert right.numbers[0] == ("−12.5 %", "net metabolic rate")
        result["true_saving"] = {"mean": None}
        assert walks_of(result, "reference", walk(), walk())[1].numbers[0][0] == "3.50 W/kg"


def test_what_tells_nothing_of_a_person_is_refused(model, tmp_path):
    walks = person.Walk(replace(walk(), extra={}), "zero"), person.Walk(walk(), "optimized")
    with pytest.raises(UsageError, match="'zero' lacks activation, torque, phase"):
        person.render_person(model, *walks, tmp_path / "a.mp4", card=())


def test_a_diverged_recording_is_cut_with_all_it_tells():
    recording = walk()
    recording.qpos[40:] = np.nan
    cut = person.finite(recording)
    assert {len(cut.time), *map(len, cut.extra.values())} == {40}


def share_of(picture, colour, within=60):
    return (np.abs(np.asarray(picture).astype(int) - colour).max(axis=2) < within).mean()


@needs_gl
class TestPicture:
    SIZE = (160, 120)
    RED, TEAL = (205, 40, 50), (15, 125, 135)

    def draw(self, model, activation=0.01, torque=0.0, worn=(True, True), time=0.0):
        with PersonStage(model, self.SIZE, worn) as stage:
            return stage.draw(time, walk().qpos[70], np.full(14, activation), np.full(2, torque))

    def test_active_muscles_are_red_and_a_worn_device_is_seen(self, model):
        idle, active = self.draw(model), self.draw(model, activation=1.0)
        assert share_of(idle, self.RED) == 0 < 0.003 < share_of(active, self.RED)
        bare = self.draw(model, worn=(False, False))
        assert share_of(bare, self.TEAL, 25) == 0 < 0.001 < share_of(idle, self.TEAL, 25)

    def test_who_wears_a_device_is_read_from_the_model(self, model):
        assert worn_by(model) == (True, True)
        assert worn_by(make_body(Stature(), speed=SPEED, device=(0.0, 0.85))) == (False, True)

    def test_only_the_belt_moves_while_nothing_else_does(self, model):
        first, later = (np.asarray(self.draw(model, time=t)).astype(int) for t in (0.0, 0.1))
        moved = np.abs(first - later).max(axis=2) > 20
        rows = np.flatnonzero(moved.any(axis=1))
        assert len(rows)
        assert rows.min() > 0.6 * self.SIZE[1]
        again = np.asarray(self.draw(model, time=treadmill.SPACING / SPEED)).astype(int)
        assert np.abs(first - again).max() < 8  # a mark further on, it looks the same

    def test_the_model_is_left_as_it_was(self, model):
        before = (model.vis.quality.offsamples, model.vis.global_.fovy, model.geom("device_l").rgba.tolist())
        self.draw(model, worn=(False, False))
        assert (model.vis.quality.offsamples, model.vis.global_.fovy, model.geom("device_l").rgba.tolist()) == before

    def test_a_film_has_its_size_its_length_and_both_walks(self, model, tmp_path):
        av = pytest.importorskip("av")
        ticks = []
        walks = person.Walk(walk(0.9), "zero torque"), person.Walk(walk(), "optimized")
        out = person.render_person(
            model,
            *walks,
            tmp_path / "a.mp4",
            card=("person", "optimizer"),
            seconds=0.6,
            size=(320, 180),
            fps=10,
            progress=lambda *done: ticks.append(done),
        )
        with av.open(str(out)) as file:
            frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
        assert len(frames) == 10 + 6  # a second of title, and what was walked
        assert {f.shape for f in frames} == {(180, 320, 3)}
        assert ticks[-1] == (7, 7)
        assert frames[3].mean() < 0.6 * frames[-1].mean()
        left, right = (frames[-4][:, half].astype(int) for half in (np.s_[:158], np.s_[160:318]))
        assert np.abs(left - right)[36:90].mean() < 3  # at the same phase, above the belt
        assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
