"""Laws of drawing: what was recorded is what is shown, on one clock; missing libraries give one sentence."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gait.errors import UsageError
from gait.task import Recording
from gait.trial import Ending, Trial
from gait.view import gl, kinematics, layout, stage, video
from gait.view.foot_paths import FootPath, draw_foot_paths
from gait.view.formats import check_target
from gait.view.panel import EMPTY, LEG_COLOURS, GaitStrip

mujoco = pytest.importorskip("mujoco")

LEG = """
<body name="{name}" pos="{x} {y} 0">
  <joint name="{name}" axis="0 -1 0"/>
  <geom type="capsule" size="0.01" fromto="0 0 0 0 0 -0.1"/>
  <site name="{name}_foot" pos="0 0 -0.1"/>
</body>"""
LEGS = {"FL": (0.1, 0.05), "FR": (0.1, -0.05), "HL": (-0.1, 0.05), "HR": (-0.1, -0.05)}
XML = f"""
<mujoco>
  <asset><texture name="c" type="2d" builtin="checker" rgb1="0 0 0" rgb2="1 1 1" width="64" height="64"/>
    <material name="c" texture="c" texrepeat="8 8" texuniform="true"/></asset>
  <worldbody>
    <light pos="0 0 3" dir="0 0 -1"/>
    <geom type="plane" size="0 0 0.1" material="c"/>
    <body name="trunk" pos="0 0 0.11">
      <freejoint/>
      <geom type="box" size="0.12 0.04 0.03"/>
      {"".join(LEG.format(name=name, x=x, y=y) for name, (x, y) in LEGS.items())}
    </body>
  </worldbody>
</mujoco>"""


def _has_gl() -> bool:
    try:
        gl.find_backend()
    except UsageError:
        return False
    return True


needs_gl = pytest.mark.skipif(not _has_gl(), reason="no OpenGL for off-screen video here")


@pytest.fixture(scope="module")
def model():
    return mujoco.MjModel.from_xml_string(XML)


def walk(speed=0.5, seconds=1.0, stride=0.4, ending=Ending.COMPLETED, yaw=0.0):
    """A trot by hand: diagonal pairs swing in turn; nothing is simulated."""
    time = np.arange(0.0, seconds + 1e-9, 0.008)
    phase = 2 * np.pi * (time[:, None] / stride + np.array([0, 0.5, 0.5, 0]))
    qpos = np.zeros((len(time), 11))
    qpos[:, 0], qpos[:, 2] = speed * time, 0.11
    qpos[:, 3], qpos[:, 6] = np.cos(yaw * time / 2), np.sin(yaw * time / 2)
    qpos[:, 7:] = 0.3 * np.cos(phase)
    empty = np.zeros((1, 1))
    trial = Trial(
        0,
        speed,
        seconds,
        seconds,
        ending,
        empty,
        np.zeros((2, 1)),
        np.ones(1),
        np.ones(1),
        1.0,
        np.array([speed]),
    )
    return Recording(trial, time, qpos, np.sin(phase) > 0)


def decode(path):
    av = pytest.importorskip("av")
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
        return stream.codec_context, float(stream.duration * stream.time_base), frames


class TestBackend:
    @pytest.fixture(autouse=True)
    def _linux(self, monkeypatch):
        monkeypatch.setattr(sys, "platform", "linux")
        for name in ("MUJOCO_GL", "PYOPENGL_PLATFORM", "DISPLAY", "MUJOCO_EGL_DEVICE_ID"):
            monkeypatch.delenv(name, raising=False)

    def have(self, monkeypatch, *, egl=False, osmesa=False):
        monkeypatch.setattr(gl, "egl_works", lambda: egl)
        monkeypatch.setattr(gl, "osmesa_works", lambda: osmesa)

    @pytest.mark.parametrize(
        ("egl", "osmesa", "found"), [(True, True, "egl"), (True, False, "egl"), (False, True, "osmesa")]
    )
    def test_first_that_works(self, monkeypatch, egl, osmesa, found):
        self.have(monkeypatch, egl=egl, osmesa=osmesa)
        assert gl.find_backend() == found

    def test_the_one_asked_for_goes_first_if_it_works(self, monkeypatch):
        monkeypatch.setenv("MUJOCO_GL", "OSMesa ")
        self.have(monkeypatch, egl=True, osmesa=True)
        assert gl.find_backend() == "osmesa"
        self.have(monkeypatch, egl=True, osmesa=False)
        assert gl.find_backend() == "egl"

    def test_a_broken_choice_does_not_break_what_draws_nothing(self):
        code = "import sys; sys.argv[1:] = ['list', 'robots']; from gait.cli import main; main()"
        for choice in ("osmesa", "egl", "glfw", "off", "nonsense"):
            env = {k: v for k, v in os.environ.items() if k != "DISPLAY"} | {"MUJOCO_GL": choice}
            done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr

    def test_nothing_there_is_one_sentence(self, monkeypatch, capsys):
        monkeypatch.setattr(gl, "load", lambda *names: None)
        gl.use_backend.cache_clear()
        assert gl.main() == 2
        assert capsys.readouterr().err == (
            "gait: no OpenGL for off-screen video (tried EGL, OSMesa). "
            "Install one: apt-get install libosmesa6. Everything but video works.\n"
        )

    def test_a_display_is_the_last_resort(self, monkeypatch):
        self.have(monkeypatch)
        monkeypatch.setenv("DISPLAY", ":0")
        assert gl.find_backend() == "glfw"

    def test_egl_needs_desktop_opengl_too(self, monkeypatch):
        load = gl.load
        monkeypatch.setattr(gl, "load", lambda *names: None if "libGL.so.1" in names else load(*names))
        assert not gl.egl_works()

    def test_a_missing_device_is_no_egl(self, monkeypatch):
        for device in ("99", "gpu"):
            monkeypatch.setenv("MUJOCO_EGL_DEVICE_ID", device)
            assert not gl.egl_works()

    def test_pyopengl_of_another_platform_is_not_contradicted(self, monkeypatch):
        self.have(monkeypatch, egl=True, osmesa=True)
        monkeypatch.setenv("PYOPENGL_PLATFORM", "osmesa")
        assert gl.find_backend() == "osmesa"

    @needs_gl
    def test_replaces_the_backend_of_an_imported_mujoco(self, monkeypatch):
        gl.use_backend.cache_clear()
        name = gl.use_backend()
        holder = sys.modules[mujoco.Renderer.__module__].gl_context
        assert holder.GLContext.__module__.startswith(f"mujoco.{name}")


def test_modules_import_without_the_heavy_ones():
    heavy = "{'mujoco', 'av', 'matplotlib'}"
    code = f"import sys, gait.view.video, gait.view.foot_paths; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


class TestKinematics:
    def test_resampling_at_the_recorded_moments_gives_the_recording(self, model):
        recording = walk(yaw=1.0)
        np.testing.assert_allclose(kinematics.resample(model, recording, recording.time), recording.qpos)

    def test_between_moments_quaternions_stay_rotations_whatever_their_sign(self, model):
        recording = walk(yaw=1.0)
        times = np.linspace(0, 1, 77)
        qpos = kinematics.resample(model, recording, times)
        np.testing.assert_allclose(np.linalg.norm(qpos[:, 3:7], axis=1), 1)
        flipped = recording.qpos.copy()
        flipped[::2, 3:7] *= -1
        other = kinematics.resample(model, replace(recording, qpos=flipped), times)
        np.testing.assert_allclose(np.abs((qpos[:, 3:7] * other[:, 3:7]).sum(axis=1)), 1)

    def test_the_last_frame_stays(self, model):
        recording = walk()
        late = kinematics.resample(model, recording, np.array([1.0, 5.0]))
        np.testing.assert_allclose(late, recording.qpos[[-1, -1]])

    def test_a_diverged_recording_is_cut_before_it_breaks(self):
        recording = walk()
        recording.qpos[40:] = np.nan
        assert len(kinematics.finite(recording).time) == 40
        recording.qpos[0, 3] = np.inf
        with pytest.raises(UsageError, match="finite"):
            kinematics.finite(recording)

    def test_foot_paths_do_not_depend_on_where_the_trunk_is(self, model):
        here, there = walk(), walk(speed=-1.0, yaw=2.0)
        np.testing.assert_allclose(kinematics.hip_paths(model, here), kinematics.hip_paths(model, there), atol=1e-9)
        swing = kinematics.hip_paths(model, here)
        np.testing.assert_allclose(np.hypot(swing[..., 0], swing[..., 1]), 10.0)  # a stiff leg of 10 cm

    def test_feet_are_under_their_hips_in_the_world(self, model):
        feet = kinematics.foot_positions(model, walk(speed=0.0, yaw=0.0))
        assert feet.shape == (126, 4, 3)
        np.testing.assert_allclose(feet[:, :, 1], np.tile([y for _, y in LEGS.values()], (126, 1)))

    def test_an_unknown_foot_is_named(self, model):
        with pytest.raises(UsageError, match="'tail'"):
            kinematics.foot_positions(model, walk(), ["tail"])

    def test_strides_are_counted_from_touchdown_to_touchdown(self):
        recording = walk(seconds=3.0, stride=0.4)
        assert kinematics.stride_seconds(recording) == pytest.approx(0.4, abs=0.01)
        span = kinematics.last_strides(recording, 0, strides=2)
        assert recording.time[span][-1] - recording.time[span][0] == pytest.approx(0.8, abs=0.01)

    def test_a_bounce_is_no_touchdown(self):
        time = np.arange(10) * 0.01
        contact = np.array([0, 0, 0, 1, 1, 0, 1, 1, 0, 0], bool)
        np.testing.assert_allclose(kinematics.touchdowns(time, contact), [0.03])


def test_the_camera_keeps_up_with_a_uniform_walk():
    track = np.outer(np.arange(60), [0.02, -0.01])
    np.testing.assert_allclose(stage.smooth(track, 9.0), track, atol=1e-12)


def test_the_gait_strip_fills_while_a_foot_is_down():
    recording = walk()
    strip = GaitStrip(recording.time, recording.contacts, 1.0, (500, 100), 1.0)
    for now in (0.0, 0.33, 1.0):
        row = np.asarray(strip.at(now))[5]
        filled = (row == LEG_COLOURS[0]).all(axis=1)
        seen = int(now * 500)
        down = np.sin(2 * np.pi * np.arange(seen) / 500 / 0.4) > 0
        assert (filled[:seen] != down).sum() <= 5 * 4  # pixels a recorded moment is wide, five changes
        assert (row[seen:] == EMPTY).all()


@needs_gl
class TestVideo:
    def test_comparison_round_trip(self, model, tmp_path):
        before, after, ticks = walk(0.1, stride=0.6), walk(0.5), []
        out = video.render_comparison(
            model,
            before,
            after,
            tmp_path / "walk.mp4",
            card=("robot", "optimizer", "3 h"),
            fps=12,
            progress=lambda done, total: ticks.append((done, total)),
        )
        codec, seconds, frames = decode(out)
        assert (codec.name, codec.pix_fmt, codec.width, codec.height) == ("h264", "yuv420p", 1280, 720)
        assert seconds == pytest.approx(layout.TITLE_SECONDS + 1.0, abs=1 / 12)
        assert len(frames) == 24
        assert ticks == [(k, 13) for k in range(1, 14)]
        title, first, last = frames[3], frames[12], frames[-1]
        assert np.abs(frames[0].astype(int) - title).mean() < 2  # the card stands still
        assert title.mean() < 0.6 * first.mean()  # and is dimmed
        scene = np.s_[60:500]
        left, right = last[scene, :638].astype(int), last[scene, 642:].astype(int)
        assert left.std() > 20
        assert np.abs(left - right).mean() > 3
        assert np.abs(last[scene, 642:].astype(int) - first[scene, 642:]).mean() > 3
        assert [p.name for p in tmp_path.iterdir()] == ["walk.mp4"]

    def test_faststart(self, model, tmp_path):
        out = video.render_single(
            model,
            walk(seconds=0.2),
            tmp_path / "a.mp4",
            card=("robot",),
            title="walk",
            size=(320, 240),
            fps=10,
        )
        data = out.read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")

    def test_who_falls_stays_down_while_the_other_walks_on(self, model, tmp_path):
        fallen = walk(0.3, seconds=0.4, ending=Ending.FELL)
        out = video.render_comparison(
            model, fallen, walk(), tmp_path / "a.mp4", card=("robot",), size=(640, 360), fps=10
        )
        _, seconds, frames = decode(out)
        assert seconds == pytest.approx(layout.TITLE_SECONDS + 0.4 + layout.FALL_SECONDS, abs=0.1)
        a, b = frames[16].astype(int), frames[19].astype(int)
        assert np.abs(a - b)[:, :318].mean() < 1.5
        assert np.abs(a - b)[:, 322:].mean() > 2 * np.abs(a - b)[:, :318].mean()
        red = (frames[-1][:, :318].astype(int) - [196, 60, 40])[28:250]
        assert (np.abs(red).max(axis=2) < 30).sum() > 300

    def test_the_model_is_left_as_it_was(self, model):
        before = (model.vis.quality.offsamples, model.vis.global_.offwidth)
        with stage.Stage(model, (64, 48), LEG_COLOURS) as scene:
            scene.draw(stage.prepare(model, walk(), np.arange(5) / 10), 3)
        assert (model.vis.quality.offsamples, model.vis.global_.offwidth) == before

    def test_an_interrupted_video_leaves_nothing(self, model, tmp_path):
        def stop(done, total):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            video.render_single(model, walk(), tmp_path / "a.mp4", card=(), title="", size=(160, 240), progress=stop)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("size", [(321, 241), (320, 60), (0, 0)])
    def test_impossible_sizes_are_refused(self, model, tmp_path, size):
        with pytest.raises(UsageError, match="a video of"):
            video.render_single(model, walk(), tmp_path / "a.mp4", card=(), title="", size=size)


def test_only_an_mp4_in_a_folder_that_exists(tmp_path):
    with pytest.raises(UsageError, match="must end in"):
        check_target(tmp_path / "walk.avi")
    with pytest.raises(UsageError, match="there is no folder"):
        check_target(tmp_path / "nowhere" / "walk.mp4")
    (tmp_path / "dir.mp4").mkdir()
    with pytest.raises(UsageError, match="that is a folder"):
        check_target(tmp_path / "dir.mp4")


class TestFootPaths:
    def test_every_curve_is_named_and_the_legend_is_off_them(self):
        from matplotlib.figure import Figure

        figure = Figure(layout="constrained")
        ax = figure.subplots()
        locus = np.array([[0, 0], [1, 1], [2, 0]], float)
        paths = [FootPath("start", locus, locus), FootPath("recommended", 2 * locus)]
        assert draw_foot_paths(ax, paths, title="front") is ax
        figure.draw_without_rendering()
        labels = [text.get_text() for text in ax.get_legend().get_texts()]
        assert labels == ["start, walked", "start, commanded", "recommended, walked"]
        assert ax.get_legend().get_window_extent().y1 < ax.get_window_extent().y0
        assert "[cm]" in ax.get_xlabel()
        assert "[cm]" in ax.get_ylabel()

    def test_misshapen_arrays_are_refused(self):
        with pytest.raises(ValueError, match=r"start: walked must be \(points, 2\)"):
            FootPath("start", np.zeros((3, 3)))
