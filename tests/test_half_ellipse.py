"""Laws of the half-ellipse locus, for any legal parameters."""

import numpy as np
import pytest

from gait.controllers import GAITS
from gait.controllers.half_ellipse import GROUND, PARAMETERS, PUBLISHED_BEST, HalfEllipse, stroke
from gait.robots import find_robot

ROBOT = find_robot("ers210")
TROT = HalfEllipse(ROBOT.body, GAITS["trot"].offsets)
MIRROR = np.array([1.0, -1.0, 1.0])
LEFT_RIGHT = [1, 0, 3, 2]


def legal_values(n: int, seed: int = 0) -> np.ndarray:
    return TROT.space.decode(np.random.default_rng(seed).uniform(size=(n, 12)))


def level(values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Targets (..., 4, 3) from the trunk's frame into one that is parallel to the ground."""
    pitch = TROT.pitch(values)
    c, s = np.cos(pitch), np.sin(pitch)
    return targets @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def test_published_start_and_best_are_inside_the_bounds():
    assert len(PARAMETERS) == 12
    x = TROT.space.point(PUBLISHED_BEST)
    assert ((x > 0) & (x < 1)).all()
    np.testing.assert_allclose(list(TROT.space.named(x).values()), list(PUBLISHED_BEST.values()))


@pytest.mark.parametrize("values", legal_values(30))
def test_path_is_closed_and_continuous_at_lift_off_and_touchdown(values):
    tiny = 1e-9
    np.testing.assert_allclose(TROT.foot_targets(values, 0.0), TROT.foot_targets(values, 1.0), atol=1e-12)
    for offset in (0.0, 0.5):
        for event in (offset, offset + values[GROUND]):
            before, after = TROT.foot_targets(values, event - tiny), TROT.foot_targets(values, event + tiny)
            np.testing.assert_allclose(before, after, atol=1e-7)


@pytest.mark.parametrize("values", legal_values(10, seed=1))
def test_feet_are_level_and_straight_on_the_ground_and_lift_by_the_locus_height(values):
    phase = np.linspace(0, 1, 4000, endpoint=False)
    path = level(values, TROT.foot_targets(values, phase))
    for leg, height, body in ((0, values[0], values[8]), (2, values[3], values[9])):
        local = (phase - GAITS["trot"].offsets[leg]) % 1.0
        down = local < values[GROUND]
        ground = ROBOT.foot_radius - 0.01 * body
        np.testing.assert_allclose(path[down, leg, 2], ground, atol=1e-12)
        assert path[:, leg, 2].max() == pytest.approx(ground + 0.01 * height, abs=1e-6)
        order = np.argsort(local[down])
        speed = np.diff(path[down, leg, 0][order])
        np.testing.assert_allclose(speed, speed[0], rtol=1e-6)  # straight back at constant speed
        stroke_length = np.ptp(path[:, leg, 0])
        assert stroke_length == pytest.approx(0.02 * values[6], rel=1e-3)  # length is the half-axis


@pytest.mark.parametrize("values", legal_values(10, seed=2))
def test_mirrored_gait_has_mirrored_paths(values):
    mirrored = values.copy()
    mirrored[7] *= -1  # skew
    phase = np.linspace(0, 1, 101)
    ours = TROT.foot_targets(values, phase)
    theirs = TROT.foot_targets(mirrored, phase + 0.5)  # half a stride later, the other diagonal
    np.testing.assert_allclose(theirs[:, LEFT_RIGHT] * MIRROR, ours, atol=1e-12)


def test_diagonal_legs_move_together_and_the_pairs_alternate():
    values = legal_values(1)[0]
    values[7] = 0.0
    for ground in (0.3, 0.5, 0.8):
        for phase in np.linspace(0, 1, 17):
            front, hind = stroke(phase - TROT.offsets[0], ground), stroke(phase - TROT.offsets[3], ground)
            assert front == hind
            assert stroke(phase - TROT.offsets[1], ground) == stroke(phase - 0.5, ground)


def test_batches_of_worlds_and_times_agree_with_one_at_a_time():
    values, phase = legal_values(7, seed=3), np.linspace(-1, 2, 5)
    together = TROT.foot_targets(values[:, None], phase)
    assert together.shape == (7, 5, 4, 3)
    for i in range(7):
        for k in range(5):
            np.testing.assert_array_equal(together[i, k], TROT.foot_targets(values[i], phase[k]))
