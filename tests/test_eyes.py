"""Laws of styles, races, loops and playback: what is shown is what was recorded, at the pace that is said."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from test_view import decode, needs_gl, walk
from test_view import model as model

from gait.errors import UsageError
from gait.trial import Ending
from gait.view import clock, formats, lanes, loop, marks, pane, race, stage, video
from gait.view.film import open_film
from gait.view.panel import LEG_COLOURS
from gait.view.playback import Playback, poses_of
from gait.view.race_panel import Entry, draw_ranking
from gait.view.rhythm import stride_period
from gait.view.strip_panel import StripFooter, duty_factors
from gait.view.styles import STYLES, parse_styles

Image = pytest.importorskip("PIL.Image")


def with_loads(recording, share=0.5):
    """Loads of `share` of the test model's weight on each foot that is down."""
    import mujoco
    from test_view import XML

    weight = mujoco.MjModel.from_xml_string(XML).body_mass.sum() * 9.81
    return replace(recording, extra={"loads": share * weight * recording.contacts})


class TestStyles:
    def test_names_with_commas_in_any_order(self):
        assert parse_styles(" slow, strip ") == {"strip", "slow"} == parse_styles("strip,slow")
        assert parse_styles("") == frozenset()

    @pytest.mark.parametrize("words", ["strp", "strip,", "strip,fast", ","])
    def test_an_unknown_style_lists_them_all(self, words):
        with pytest.raises(UsageError, match=r"unknown style .*Styles: forces, slow, strip, trails\."):
            parse_styles(words)

    def test_forces_need_loads(self, model, tmp_path):
        with pytest.raises(UsageError, match="the recording 'start' holds no loads"):
            video.render_comparison(model, walk(), with_loads(walk()), tmp_path / "a.mp4", card=(), styles=["forces"])
        assert list(tmp_path.iterdir()) == []

    def test_duty_factors_are_shares_of_the_time_so_far(self):
        time = np.arange(100) * 0.01
        contacts = np.stack([time < 0.5, time >= 0.5, np.ones(100, bool)], axis=1)
        np.testing.assert_allclose(duty_factors(time, contacts, 0.5 - 1e-9), [1, 0, 1])
        np.testing.assert_allclose(duty_factors(time, contacts, 1.0), [0.5, 0.5, 1])
        assert np.isnan(duty_factors(time, contacts, 0.0)).all()

    @needs_gl
    def test_each_style_changes_the_picture_and_together_they_are_all_there(self, model):
        recording = with_loads(walk())

        def shown(*styles):
            film = video._film(formats.Path("a.mp4"), [shot], "m/s", video.FEET, styles, (480, 720), 10)
            times = video.clock_of(model, [shot], film, False)
            with video.Stage(model, film.view, LEG_COLOURS, film.marks) as scene:
                part = pane.Pane(film, scene, shot, video.motion_of(model, shot, film, times), 1.0)
                assert isinstance(part._footer, StripFooter) == ("strip" in styles)
                return np.asarray(part.at(8, slow="slow" in styles), int)

        shot = pane.Shot(recording, "walk", "")
        plain, every = shown(), shown(*STYLES)
        for style in STYLES:
            assert np.abs(shown(style) - plain).mean() > 0.02, style
            assert np.abs(shown(*set(STYLES) - {style}) - every).mean() > 0.02, style

    @needs_gl
    def test_an_arrow_stands_only_where_a_foot_is_loaded_and_grows_with_the_load(self, model):
        def arrows(share):
            film = marks.Marks(forces=True)
            with stage.Stage(model, (96, 72), LEG_COLOURS, film) as scene:
                scene.draw(stage.prepare(model, with_loads(standing, share), np.arange(10) / 10), 5)
                geoms = scene._renderer.scene.geoms[: scene._renderer.scene.ngeom]
                return [float(g.size[2]) for g in geoms if g.type == mujoco.mjtGeom.mjGEOM_ARROW]

        import mujoco

        standing = replace(walk(), contacts=np.tile([True, False, True, False], (126, 1)))
        assert arrows(0.0) == []
        single, double = arrows(0.3), arrows(0.6)
        assert len(single) == len(double) == 2
        np.testing.assert_allclose(np.array(double), 2 * np.array(single), rtol=1e-3)


class TestClock:
    def test_slow_motion_lasts_four_times_as_long(self):
        plain = clock.real_time(3.0, 30)
        slow = clock.with_replay(plain, 2.0, 3.0, 30)
        assert slow.slow.sum() == pytest.approx(4 * 30, abs=1)
        assert not slow.slow[: len(plain.moments)].any()
        again = slow.moments[slow.slow]
        np.testing.assert_allclose(np.diff(again), 0.25 / 30)
        assert again[-1] == pytest.approx(3.0)
        fast, four = clock.looped(1.0, 2.0, 20), clock.looped(1.0, 2.0, 20, slow=True)
        assert (four.seconds, len(four.moments)) == (4 * fast.seconds, 4 * len(fast.moments))

    def test_a_loop_is_whole_strides_and_does_not_show_its_first_frame_twice(self):
        start, end = clock.whole_strides(0.7, 8.0)
        assert (end - start) / 0.7 == pytest.approx(4)
        moments = clock.looped(start, end, 20).moments
        steps = np.diff([*moments, end])
        np.testing.assert_allclose(steps, steps[0])
        assert clock.whole_strides(None, 8.0) == (0.0, 8.0)

    @pytest.mark.parametrize("stride", [0.3, 0.4, 0.7])
    def test_the_stride_is_found_from_the_joints_whatever_the_contacts_say(self, model, stride):
        recording = walk(seconds=4.0, stride=stride)
        noise = np.random.default_rng(0).random(recording.contacts.shape) < 0.5
        assert stride_period(model, replace(recording, contacts=noise)) == pytest.approx(stride, abs=0.008)

    def test_who_stands_has_no_stride(self, model):
        still = walk()
        still.qpos[:, 7:] = 0.1
        assert stride_period(model, still) is None
        assert stride_period(model, walk(seconds=0.01)) is None

    @needs_gl
    def test_the_film_is_longer_by_two_strides_in_quarter_speed(self, model, tmp_path):
        made = [
            video.render_single(
                model, walk(seconds=2.0), tmp_path / f"{len(styles)}.mp4", card=(), title="", styles=styles,
                size=(160, 240), fps=10,
            )
            for styles in ((), ("slow",))
        ]  # fmt: skip
        plain, slow = (decode(path)[1] for path in made)
        assert slow - plain == pytest.approx(4 * 2 * 0.4, abs=0.2)


class TestLoops:
    @pytest.mark.parametrize(("frames", "seconds"), [(57, 2.848), (20, 1.0), (7, 0.333), (3, 10.0)])
    @pytest.mark.parametrize("tick", [1, 10])
    def test_durations_sum_to_real_time(self, frames, seconds, tick):
        shown = loop.durations(frames, seconds, tick)
        assert len(shown) == frames
        assert sum(shown) == pytest.approx(1000 * seconds, abs=tick / 2)
        assert {d % tick for d in shown} == {0}
        assert max(shown) - min(shown) <= tick

    @needs_gl
    @pytest.mark.parametrize("suffix", [".webp", ".gif"])
    def test_a_loop_has_its_frames_its_time_and_no_title(self, model, tmp_path, suffix):
        out = video.render_single(
            model, walk(seconds=3.2), tmp_path / f"a{suffix}", card=("dark",), title="", size=(160, 240)
        )
        frames, shown = [], []
        with Image.open(out) as picture:
            for k in range(picture.n_frames):
                picture.seek(k)
                frames.append(np.asarray(picture.convert("RGB"), int))
                shown.append(picture.info["duration"])
            assert picture.info["loop"] == 0
        assert len(frames) == round(20 * 2.8)
        assert sum(shown) == pytest.approx(2800, abs=10)
        assert frames[0].mean() == pytest.approx(frames[1].mean(), rel=0.05)  # the title card would be dark
        assert [p.name for p in tmp_path.iterdir()] == [out.name]

    def test_an_interrupted_loop_leaves_nothing(self, tmp_path):
        def interrupted():
            with open_film(tmp_path / "a.webp", (8, 8), 10) as film:
                film.add(Image.new("RGB", (8, 8)))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["walk.avi", "walk", "walk.png"])
    def test_other_suffixes_are_refused_with_the_three_there_are(self, tmp_path, name):
        with pytest.raises(UsageError, match=r"must end in \.mp4, \.webp or \.gif\."):
            formats.format_of(tmp_path / name)


TIMES = np.arange(31) / 30


class TestRace:
    def test_the_same_walk_on_two_lanes_is_the_same_but_for_the_lane(self, model):
        recording = walk(yaw=0.5)
        recording.qpos[:, :2] += [3.0, -2.0]  # wherever it was recorded
        a, b = lanes.line_up(model, ["a", "b"], [recording, recording], TIMES, 0.7)
        shift = b.qpos - a.qpos
        np.testing.assert_allclose(shift[:, 1], b.lane - a.lane)
        assert abs(b.lane - a.lane) == pytest.approx(0.7)
        np.testing.assert_allclose(np.delete(shift, 1, axis=1), 0, atol=1e-12)
        np.testing.assert_allclose(a.track[0, :2], [0, a.lane], atol=1e-12)
        np.testing.assert_allclose(a.distance[-1], 0.5, atol=0.01)

    def test_who_curves_left_starts_on_the_left(self, model):
        drifts = [0.0, -0.6, 0.4]
        walks = [walk() for _ in drifts]
        for recording, drift in zip(walks, drifts, strict=True):
            recording.qpos[:, 1] = drift * recording.time
        runners = lanes.line_up(model, list("abc"), walks, TIMES, 0.7)
        assert [r.lane for r in runners] == pytest.approx([0.0, -0.7, 0.7])
        gaps = np.diff(np.sort(np.stack([r.track[:, 1] for r in runners]), axis=0), axis=0)
        assert gaps.min() >= 0.7 - 1e-9

    def test_the_order_in_the_panel_is_the_order_of_distance(self):
        rng = np.random.default_rng(1)
        for _ in range(20):
            distances = rng.normal(size=9)
            assert (np.diff(distances[lanes.ranking(distances)]) <= 0).all()
        colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
        entries = [Entry("x", "", colour, d) for colour, d in zip(colours, (0.2, 0.9, 0.5), strict=True)]
        bar = np.asarray(draw_ranking((360, 664), 1.0, 1.0, entries))[:, 28]
        seen = [tuple(map(int, row)) for row in bar if tuple(row) in colours]
        assert list(dict.fromkeys(seen)) == [colours[1], colours[2], colours[0]]

    def test_ties_keep_their_order(self):
        assert lanes.ranking([1.0, 2.0, 1.0, 2.0]) == [1, 3, 0, 2]

    @needs_gl
    def test_everybody_is_in_the_picture_all_the_time(self, model):
        speeds = [0.1, 1.2, 0.5, 0.4, 0.0]
        contestants = [race.Contestant(walk(v, seconds=1.0), str(v)) for v in speeds]
        scene = race.RaceScene(model, contestants, TIMES, (320, 240))
        with scene.stage:
            for k in range(len(TIMES)):
                for runner in scene.runners:
                    x, y = scene.camera.project(k, np.array([*runner.track[k, :2], 0.0]))
                    assert 0.02 < x < 0.98
                    assert 0.02 < y < 0.98
        assert [e.distance for e in scene.entries(30)] == pytest.approx(speeds, abs=0.01)

    @needs_gl
    def test_names_are_where_the_runners_are_drawn(self, model):
        contestants = [race.Contestant(walk(v), "") for v in (0.2, 0.8)]
        scene = race.RaceScene(model, contestants, TIMES, (400, 300))
        with scene.stage as drawn:
            picture = np.asarray(drawn.draw(scene.camera, 30), int)
        for runner in scene.runners:
            x, y = scene.camera.project(30, np.array([*runner.track[30, :2], 0.11]))
            patch = picture[int(300 * y) - 4 : int(300 * y) + 4, int(400 * x) - 4 : int(400 * x) + 4]
            colour = patch.mean(axis=(0, 1))
            assert np.ptp(colour) > 40, "the checkered floor is grey, a runner is not"

    @needs_gl
    def test_a_race_is_a_film_with_title_race_and_finish(self, model, tmp_path):
        contestants = [
            race.Contestant(walk(0.3), "a"), race.Contestant(walk(0.6, seconds=0.5, ending=Ending.FELL), "b"),
        ]  # fmt: skip
        out = race.render_race(model, contestants, tmp_path / "r.mp4", title="t", card=("t",), size=(320, 240), fps=10)
        _, seconds, frames = decode(out)
        assert seconds == pytest.approx(1.0 + 1.5 + race.FINISH_SECONDS, abs=0.2)
        assert frames[3].mean() < 0.6 * frames[12].mean()

    def test_too_few_too_many_and_who_stays_are_refused(self, model, tmp_path):
        one = race.Contestant(walk(), "a")
        for n in (1, 10):
            with pytest.raises(UsageError, match=rf"a race of {n}: 2 to 9 take part"):
                race.render_race(model, [one] * n, tmp_path / "r.mp4", title="", card=())
        import mujoco

        fixed = mujoco.MjModel.from_xml_string(
            "<mujoco><worldbody><body><joint/><geom size='1'/></body></worldbody></mujoco>"
        )
        with pytest.raises(UsageError, match="these stay in their place"):
            lanes.line_up(fixed, ["a"], [walk()], TIMES, 1.0)


class TestPlayback:
    def test_it_goes_round_at_its_speed_and_waits_when_paused(self):
        playback = Playback(2.0)
        assert playback.advance(0.5) == pytest.approx(0.5)
        assert playback.advance(2.0) == pytest.approx(0.5)
        playback.speed = 0.25
        assert playback.advance(1.0) == pytest.approx(0.75)
        playback.playing = False
        assert playback.advance(9.0) == pytest.approx(0.75)
        playback.seek(99.0)
        assert playback.advance(0.0) == 2.0
        with pytest.raises(ValueError, match="more than 0 s"):
            Playback(0.0)

    def test_poses_are_the_recorded_moments(self, model):
        recording = walk()
        poses = poses_of(model, recording)
        np.testing.assert_allclose(poses.places[:, 1], recording.qpos[:, :3])
        np.testing.assert_allclose(
            np.swapaxes(poses.frames, -1, -2) @ poses.frames, np.broadcast_to(np.eye(3), poses.frames.shape), atol=1e-9
        )
        assert [poses.index(t) for t in (0.0, 0.0081, 5.0, -1.0)] == [0, 1, 125, 0]

    def test_without_the_extra_the_sentence_has_the_pip_line(self, model, monkeypatch):
        from gait.view.web import WebViewer

        monkeypatch.setitem(sys.modules, "mjviser", None)
        with pytest.raises(UsageError, match=r"needs mjviser: pip install 'gaitopt\[view\]'\.$"):
            WebViewer(model, poses_of(model, walk()))

    def test_without_a_display_the_window_is_refused(self, model, monkeypatch):
        from gait.view import window

        monkeypatch.setattr(sys, "platform", "linux")
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(UsageError, match="--window needs a display"):
            window.play_in_window(model, poses_of(model, walk()))
        monkeypatch.setenv("DISPLAY", ":4321")  # there is none behind it
        with pytest.raises(UsageError, match="the display doesn't open"):
            window.play_in_window(model, poses_of(model, walk()))

    def test_nobody_else_can_reach_the_viewer_and_the_model_is_left_alone(self, model):
        pytest.importorskip("mjviser")
        from gait.view.web import WebViewer

        before = model.vis.rgba.contactforce.copy()
        with WebViewer(model, poses_of(model, walk()), port=8890) as viewer:
            assert viewer.address.startswith("http://127.0.0.1:")
            assert viewer.server.get_host() == "127.0.0.1"
        np.testing.assert_array_equal(model.vis.rgba.contactforce, before)
