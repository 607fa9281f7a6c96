"""Gradients from changed parameters, and the optimizers made of them: exact where they can be, unbiased elsewhere."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from cmaes import CMA
from test_gradients import z_score
from test_optimizers import scored
from worlds import FEATURES, make_problem

from gait import gradients
from gait.errors import UsageError
from gait.lecture.lqr import Regulator
from gait.optimizers.ars import ARS, ARSSettings
from gait.optimizers.cem import CEM, CEMSettings
from gait.optimizers.evolution import EvolutionSettings
from gait.optimizers.lra_cma_es import LRACMAES
from gait.optimizers.pgpe import PGPE, PGPESettings
from gait.optimizers.regression_gradient import RegressionGradient, RegressionGradientSettings
from gait.space import Parameter, Space
from gait.task import Problem, Seconds

FIVE = [ARS, CEM, LRACMAES, PGPE, RegressionGradient]
each = pytest.mark.parametrize("cls", FIVE)

# Regression


@pytest.mark.parametrize("trials", [5, 6, 8, 30])
@pytest.mark.parametrize("clipped", [False, True])
def test_regression_finds_a_linear_slope_exactly(trials, clipped):
    rng = np.random.default_rng(1)
    for _ in range(50):
        slope, point = rng.normal(size=4), np.array([0.5, 0.0, 1.0, 0.95])
        tried = point + 0.1 * rng.normal(size=(trials, 4))
        tried = np.clip(tried, 0.0, 1.0) if clipped else tried
        if np.linalg.matrix_rank(tried - tried.mean(axis=0)) < 4:
            continue  # clipped to one place in some direction
        found = gradients.regression_gradient(tried - point, 7.0 + tried @ slope)
        assert np.abs(found - slope).max() < 1e-10


@pytest.mark.parametrize("trials", [3, 20])
def test_regression_does_not_care_where_the_scores_begin(trials):
    rng = np.random.default_rng(2)
    changes, scores = rng.normal(size=(trials, 4)), rng.normal(size=trials)
    found, moved = gradients.regression_gradient(changes, scores), changes + np.array([3.0, 0.0, 0.0, -2.0])
    assert np.allclose(found, gradients.regression_gradient(changes, scores + 40.0), rtol=0, atol=1e-12)
    assert np.allclose(found, gradients.regression_gradient(moved, scores), rtol=0, atol=1e-12)


def test_too_few_trials_get_the_ridge_with_a_free_intercept():
    """The minimum of ‖[X 1][g; b] - y‖² + λ‖g‖², whose gradient is 0 there; as λ → 0, the least slope that fits."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(4, 6)), rng.normal(size=4)
    g = gradients.regression_gradient(x, y, ridge=0.1)
    residual = y - x @ g - (y - x @ g).mean()
    weight = 0.1 * np.square(x - x.mean(axis=0)).sum() / 6
    assert np.allclose(x.T @ residual, weight * g, rtol=0, atol=1e-12)
    least = np.linalg.pinv(x - x.mean(axis=0)) @ (y - y.mean())
    assert np.allclose(gradients.regression_gradient(x, y, ridge=1e-9), least, rtol=0, atol=1e-6)


def test_a_parameter_that_was_not_changed_has_no_slope():
    rng = np.random.default_rng(4)
    changes = rng.normal(size=(20, 3)) * [1.0, 0.0, 1.0]
    found = gradients.regression_gradient(changes, changes @ [2.0, 5.0, -1.0])
    assert found[1] == 0.0
    assert np.allclose(found, [2.0, 0.0, -1.0], rtol=2e-3)
    assert np.array_equal(gradients.regression_gradient(np.zeros((5, 3)), rng.normal(size=5)), np.zeros(3))


# Antithetic pairs


def pairs(score, rng, n, point, std):
    """Draws (n, d) and the scores of both trials of each pair."""
    z = rng.normal(size=(n, len(point)))
    return z, score(point + std * z), score(point - std * z)


POINT, STD = np.array([0.3, -0.2, 0.5, 0.1]), np.array([0.1, 0.3, 0.2, 0.05])
SLOPE = np.array([0.7, -0.2, 0.0, 1.5])
CURVES = np.array([[-4.0, 0.5, 0, 0.3], [0.5, -1.0, 0.2, 0], [0, 0.2, -2.0, 0], [0.3, 0, 0, -9.0]])


def linear(x):
    return 5.0 + x @ SLOPE


def concave(x):
    return 5.0 + x @ SLOPE + 0.5 * np.einsum("...i,ij,...j->...", x, CURVES, x)


@pytest.mark.parametrize(("score", "slope"), [(linear, SLOPE), (concave, SLOPE + CURVES @ POINT)])
def test_pairs_average_to_the_slope(score, slope):
    """Of a quadratic, smoothing moves the values but not the slope."""
    rng = np.random.default_rng(5)
    found = [gradients.antithetic_gradient(*pairs(score, rng, 3, POINT, STD)) for _ in range(4000)]
    assert (np.abs(z_score(np.array(found) - STD * slope)) < 4).all()
    assert np.abs(z_score(np.array(found))).max() > 20


def test_what_is_even_around_the_point_drops_out_of_every_pair():
    rng = np.random.default_rng(6)
    z, plus, minus = pairs(linear, rng, 7, POINT, STD)
    even = 3.0 - np.square(z).sum(axis=1) + np.abs(z[:, 0] * z[:, 1])
    found = gradients.antithetic_gradient(z, plus + even, minus + even)
    assert np.allclose(found, gradients.antithetic_gradient(z, plus, minus), rtol=0, atol=1e-12)


def test_the_spread_of_a_linear_score_has_no_slope():
    rng = np.random.default_rng(7)
    for _ in range(50):
        found = gradients.antithetic_spread_gradient(*pairs(linear, rng, 6, POINT, STD))
        assert np.abs(found).max() < 1e-12


def test_the_spread_of_a_concave_score_wants_to_shrink():
    """J_σ = J + ½ Σ H_jj σ_j², so that σ ∂J_σ/∂σ = H_jj σ_j²."""
    rng = np.random.default_rng(8)
    found = np.array([gradients.antithetic_spread_gradient(*pairs(concave, rng, 3, POINT, STD)) for _ in range(4000)])
    exact = np.diag(CURVES) * STD**2
    assert (np.abs(z_score(found - exact)) < 4).all()
    assert (z_score(found) < -6).all()


def test_a_constant_leaves_the_spread_as_it_is():
    rng = np.random.default_rng(9)
    z, plus, minus = rng.normal(size=(6, 3)), rng.normal(size=6), rng.normal(size=6)
    found = gradients.antithetic_spread_gradient(z, plus, minus)
    assert np.allclose(found, gradients.antithetic_spread_gradient(z, plus + 9.0, minus + 9.0), rtol=0, atol=1e-12)


def test_all_pairs_augmented_are_the_antithetic_gradient_over_the_scores_spread():
    rng = np.random.default_rng(10)
    z, plus, minus = rng.normal(size=(8, 3)), rng.normal(size=8), rng.normal(size=8)
    expected = 2.0 * gradients.antithetic_gradient(z, plus, minus) / np.concatenate([plus, minus]).std()
    found = gradients.augmented_direction(z, plus, minus, 8)
    assert np.allclose(found, expected, rtol=0, atol=1e-12)
    assert np.allclose(gradients.augmented_direction(z, 9 + 40 * plus, 9 + 40 * minus, 8), found, rtol=0, atol=1e-12)


def test_augmented_keeps_the_pairs_with_the_highest_of_their_two_scores():
    z = np.eye(4)
    plus, minus = np.array([0.0, 5.0, 3.0, 1.0]), np.array([9.0, 0.0, 3.5, 2.0])
    found = gradients.augmented_direction(z, plus, minus, 2)  # maxima 9, 5, 3.5, 2
    assert np.allclose(found, np.array([-9.0, 5.0, 0.0, 0.0]) / 2 / np.std([0.0, 9.0, 5.0, 0.0]))


@pytest.mark.parametrize("score", [0.1, 0.3, 1.7])
def test_equal_scores_have_no_slope_whatever_rounding_says(score):
    """Their mean often differs from them in the last bit."""
    rng = np.random.default_rng(13)
    for n in range(4, 20):
        z, same = rng.normal(size=(n, 3)), np.full(n, score)
        assert np.array_equal(gradients.regression_gradient(z, same), np.zeros(3))
        assert np.array_equal(gradients.antithetic_gradient(z, same, same), np.zeros(3))
        assert np.array_equal(gradients.antithetic_spread_gradient(z, same, same), np.zeros(3))
        assert np.array_equal(gradients.augmented_direction(z, same, same, n - 1), np.zeros(3))


# A scalar LQR with a known gradient: u = k x, noise in the process only

REGULATOR, GAIN = Regulator(horizon=10), -0.2
BATCHES, PAIRS = 20_000, 3
WIDTH, NARROW = 0.15, 0.05
"""Standard deviations of k. A regression sees the smoothed slope only in large batches, so it gets the narrow one."""


def smoothed(std):
    """σ ∂J_σ/∂k and σ ∂J_σ/∂σ by Gauss-Hermite quadrature: exact, since J is a polynomial in k."""
    z, weights = np.polynomial.hermite_e.hermegauss(40)
    values = np.array([REGULATOR.expected_return((GAIN + std * x, -math.inf)) for x in z])
    weights /= weights.sum()
    return weights @ (z * values), weights @ ((z**2 - 1.0) * values)


def returns(draws, std, rng):
    """Return of one trial each with the gains that the draws (…, 1) stand for."""
    gains = GAIN + std * draws[..., 0]
    return REGULATOR.walk((gains.ravel(), -math.inf), gains.size, rng).rewards.sum(axis=1).reshape(gains.shape)


@cache
def batches(std):
    """Draws of all batches and the returns of their pairs; both trials of a pair meet noise of their own."""
    rng = np.random.default_rng(11)
    z = rng.normal(size=(BATCHES, PAIRS, 1))
    return z, returns(z, std, rng), returns(-z, std, rng)


def one_sided(z, plus, minus):
    """Plain evolution strategies: the plus trials only, each held against the mean of the others."""
    return z.T @ (plus - plus.mean()) / (len(plus) - 1)


def regression(z, plus, minus):
    """The draws of both trials as changes."""
    return gradients.regression_gradient(np.concatenate([z, -z]), np.concatenate([plus, minus]))


def forgets_the_half(z, plus, minus):
    return z.T @ (plus - minus) / len(z)


def in_batch_mean(z, plus, minus):
    return z.T @ (plus - plus.mean()) / len(z)


def in_batch_spread(z, plus, minus):
    means = (plus + minus) / 2.0
    return (np.square(z) - 1.0).T @ (means - means.mean()) / len(z)


def misses(estimator, std, which):
    """How far the estimator's average is off the exact smoothed gradient, in standard errors."""
    found = np.array([estimator(*batch) for batch in zip(*batches(std), strict=True)])
    return float(np.abs(z_score(found - smoothed(std)[which])).max())


@pytest.mark.parametrize(
    ("estimator", "std", "which"),
    [
        (gradients.antithetic_gradient, WIDTH, 0),
        (gradients.antithetic_spread_gradient, WIDTH, 1),
        (one_sided, WIDTH, 0),
        (regression, NARROW, 0),
    ],
)
def test_estimators_meet_the_exact_smoothed_gradient_of_an_lqr(estimator, std, which):
    assert misses(estimator, std, which) < 4


@pytest.mark.parametrize(("estimator", "which"), [(forgets_the_half, 0), (in_batch_mean, 0), (in_batch_spread, 1)])
def test_the_usual_mistakes_miss_it(estimator, which):
    assert misses(estimator, WIDTH, which) > 6


def test_the_exact_gradient_is_that_of_the_regulator_where_draws_are_narrow():
    slope = REGULATOR.expected_return((GAIN + 1e-30j, -math.inf)).imag / 1e-30
    assert smoothed(1e-3)[0] / 1e-3 == pytest.approx(slope, rel=1e-4)


# What the five optimizers have in common


def uneven(scales, default=0.5):
    """Parameters in [0, 1] with these ε."""
    parameters = [Parameter(f"p{i}", 0, 1, default, s, "") for i, s in enumerate(scales)]
    return Problem(Space(parameters), FEATURES, Seconds(1, 8, 60), lambda s: 0.1)


def climb(optimizer, score, batches):
    for _ in range(batches):
        optimizer.tell(scored(optimizer.ask(), score))
    return optimizer.recommend().x


@each
def test_another_seed_asks_something_else(cls):
    asked = [[q.policy.key() for q in cls(make_problem(), seed).ask()] for seed in (0, 1)]
    assert asked[0] != asked[1]


@each
def test_everything_is_in_units_of_epsilon(cls):
    """Parameters of other ranges, the same score per ε: the same search in ε."""
    ends = []
    for scales in ([0.004, 0.004, 0.004], [0.001, 0.008, 0.004]):
        problem = uneven(scales)

        def score(x, problem=problem):
            v = (x - 0.5) / problem.space.scale - [3.0, -2.0, 1.0]
            return -(v**2).sum() + v[0] * v[1]

        ends.append((climb(cls(problem, 2), score, 8) - 0.5) / problem.space.scale)
    assert np.allclose(ends[0], ends[1], rtol=0, atol=1e-6)
    assert np.linalg.norm(ends[0]) > 0.5


@each
def test_the_scale_of_the_scores_does_not_matter(cls):
    def score(x):
        return -float(((x - 0.55) ** 2) @ np.arange(1, 7))

    one = climb(cls(make_problem(), 3), score, 8)
    other = climb(cls(make_problem(), 3), lambda x: 1000.0 * score(x) - 250.0, 8)
    assert np.allclose(one, other, rtol=0, atol=1e-6)


@each
@pytest.mark.parametrize("bound", [0.0, 1.0])
def test_a_start_at_a_bound_is_left(cls, bound):
    problem = make_problem(default=bound)
    x = climb(cls(problem), lambda x: -((x - 0.5) ** 2).sum(), 30)
    assert (np.abs(x - bound) > 0.2).all()


@pytest.mark.parametrize("cls", [ARS, PGPE, RegressionGradient])
def test_a_gradient_of_flat_ground_is_no_step(cls):
    problem = make_problem()
    for score in (0.1, 0.3, 1.7):
        x = climb(cls(problem), lambda x, score=score: score, 5)
        assert np.array_equal(x, problem.space.default)


# Regression gradient


@pytest.mark.parametrize("default", [0.35, 0.0])
def test_regression_gradient_steps_along_a_linear_slope_exactly(default):
    """At a bound too, where half of the changes were cut: those that were walked explain the scores."""
    scales, slope = np.array([0.01, 0.04, 0.02]), np.array([3.0, 0.5, 1.0])
    optimizer = RegressionGradient(uneven(scales, default), 0, RegressionGradientSettings(step=2.5))
    for _ in range(4):
        before = optimizer.recommend().x
        step = (climb(optimizer, lambda x: x @ slope, 1) - before) / scales
        assert np.allclose(step, 2.5 * slope * scales / np.linalg.norm(slope * scales), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("parameters", "trials"), [(1, 4), (2, 4), (4, 8), (12, 24)])
def test_regression_gradient_asks_two_trials_a_parameter(parameters, trials):
    assert len(RegressionGradient(make_problem(parameters)).ask()) == trials


def test_regression_gradient_tries_normal_changes_of_its_point():
    problem = uneven([0.01, 0.03])
    optimizer = RegressionGradient(problem, 0, RegressionGradientSettings(trials=4000, spread=1.5))
    v = (np.array([q.policy.x for q in optimizer.ask()]) - 0.5) / problem.space.scale
    assert (np.abs(z_score(v)) < 4).all()
    assert (np.abs(z_score(v**2 - 1.5**2)) < 4).all()


# ARS


def test_ars_is_its_algorithm():
    """Step by step as in the paper's algorithm 2, with the directions read off the queries."""
    problem = uneven([0.01, 0.02, 0.04])
    optimizer = ARS(problem, 0, ARSSettings(directions=6, best=3, spread=0.8, step=0.7))

    def score(x):
        return float(np.sin(9 * x).sum() + x[0] * x[1])

    for _ in range(10):
        theta = optimizer.recommend().x / problem.space.scale
        queries = optimizer.ask()
        v = np.array([q.policy.x for q in queries]) / problem.space.scale
        delta = (v[:6] - theta) / 0.8
        assert np.allclose(v[6:], theta - 0.8 * delta, rtol=0, atol=1e-9)
        rewards = [(score(a.policy.x), score(b.policy.x)) for a, b in zip(queries[:6], queries[6:], strict=True)]
        order = sorted(range(6), key=lambda k: max(rewards[k]), reverse=True)[:3]
        used = [r for k in order for r in rewards[k]]
        step = sum((rewards[k][0] - rewards[k][1]) * delta[k] for k in order)
        optimizer.tell(scored(queries, score))
        expected = theta + 0.7 / (3 * np.std(used)) * step
        assert np.allclose(optimizer.recommend().x / problem.space.scale, expected, rtol=0, atol=1e-9)


def test_ars_draws_standard_directions():
    problem = uneven([0.01, 0.03])
    queries = ARS(problem, 0, ARSSettings(directions=4000, best=1, spread=1.5)).ask()
    v = (np.array([q.policy.x for q in queries]) - 0.5)[:4000] / problem.space.scale
    assert (np.abs(z_score(v)) < 4).all()
    assert (np.abs(z_score(v**2 - 1.5**2)) < 4).all()


# PGPE


def pgpe_step(optimizer, problem, score):
    """The distribution before and after one batch: mean, std, mean, std; and the draws with their scores."""
    before, std = optimizer._mean, optimizer._std
    queries = optimizer.ask()
    n = len(queries) // 2
    z = (np.array([q.policy.x for q in queries[:n]]) - before) / std
    r = np.array([score(q.policy.x) for q in queries])
    optimizer.tell(scored(queries, score))
    return before, std, optimizer._mean, optimizer._std, z, r


def test_pgpe_steps_by_its_two_equations():
    problem = uneven([0.01, 0.02, 0.03])
    optimizer = PGPE(problem, 0, PGPESettings(pairs=9, step=0.7, std_step=0.05))
    for _ in range(5):
        before, std, after, std_after, z, r = pgpe_step(optimizer, problem, lambda x: np.sin(7 * x).sum() - x[0] ** 3)
        plus, minus = r[:9], r[9:]
        means = (plus + minus) / 2
        slope, widen = np.zeros(3), np.zeros(3)
        for i in range(9):
            slope += z[i] * (plus[i] - minus[i]) / 2 / 9
            widen += (z[i] ** 2 - 1) * (means[i] - np.delete(means, i).mean()) / 9
        assert np.allclose(after, before + 0.7 * std * slope / r.std(), rtol=0, atol=1e-9)
        assert np.allclose(std_after, std * (1 + 0.05 * widen / r.std()), rtol=0, atol=1e-9)


def test_pgpe_changes_its_spread_by_a_fifth_at_most_and_within_its_limits():
    problem = make_problem(default=0.5)
    for score, limit in ((lambda x: ((x - 0.5) ** 2).sum(), 0.5), (lambda x: -((x - 0.5) ** 2).sum(), 0.5 * 0.05)):
        optimizer = PGPE(problem, 0, PGPESettings(std_step=10.0, step=0.0, min_std=0.5))
        ratios = []
        for _ in range(60):
            _, std, _, after, _, _ = pgpe_step(optimizer, problem, score)
            ratios.append(after / std)
            assert (after <= 0.5 * (1 + 1e-12)).all()
            assert (after >= 0.5 * problem.space.scale * (1 - 1e-12)).all()
        assert np.max(ratios) <= 1.2 + 1e-12
        assert np.min(ratios) >= 0.8 - 1e-12
        assert np.median(optimizer._std) == pytest.approx(limit, rel=0.3)


def test_pgpe_that_keeps_its_spread_keeps_it():
    optimizer = PGPE(make_problem(), 0, PGPESettings(std_step=0.0))
    std = optimizer._std
    climb(optimizer, lambda x: x[0] - x[1] ** 2, 5)
    assert np.array_equal(optimizer._std, std)


# CEM


def test_cem_without_smoothing_and_floor_is_the_textbooks():
    """Refit to the elite, again and again."""
    problem = uneven([0.02, 0.04, 0.03])
    settings = CEMSettings(population=20, elite=0.25, smoothing=1.0, min_std=0.0, initial_std=1.5)
    optimizer, rng = CEM(problem, 6, settings), np.random.default_rng(np.random.SeedSequence([6, 1]))
    mean, std = np.full(3, 0.5), 1.5 * problem.space.scale

    def score(x):
        return -float(((x - 0.45) ** 2) @ [1.0, 4.0, 9.0])

    for _ in range(12):
        population = mean + std * rng.standard_normal((20, 3))
        queries = optimizer.ask()
        assert np.allclose([q.policy.x for q in queries], population, rtol=0, atol=1e-12)
        optimizer.tell(scored(queries, score))
        elite = np.array(sorted(population, key=score)[-5:])
        mean, std = elite.mean(axis=0), np.sqrt(np.square(elite - elite.mean(axis=0)).mean(axis=0))
        assert np.allclose(optimizer.recommend().x, mean, rtol=0, atol=1e-12)


def test_cem_smooths_between_the_distribution_and_the_elite():
    """What smoothing takes is linear: α of the way to where it would be without."""
    problem = uneven([0.02, 0.04])
    found = {}
    for α in (1.0, 0.3):
        optimizer = CEM(problem, 6, CEMSettings(smoothing=α, min_std=0.0))
        start = optimizer._mean, optimizer._std
        climb(optimizer, lambda x: x[0] - x[1], 1)
        found[α] = optimizer._mean - start[0], optimizer._std - start[1]
    for full, part in zip(found[1.0], found[0.3], strict=True):
        assert np.allclose(part, 0.3 * full, rtol=1e-9)
        assert (np.abs(full) > 1e-3).all()


def test_the_floor_of_cem_holds():
    problem, widths = uneven([0.01, 0.02]), {}
    for floor in (0.0, 0.5):
        optimizer = CEM(problem, 0, CEMSettings(min_std=floor))
        climb(optimizer, lambda x: -((x - 0.5) ** 2).sum(), 40)
        widths[floor] = optimizer._std / problem.space.scale
    assert np.allclose(widths[0.5], 0.5, rtol=1e-9)
    assert (widths[0.0] < 1e-3).all()


def test_cem_keeps_two_at_least():
    """One has no spread; without the floor the search would end there."""
    optimizer = CEM(make_problem(), 0, CEMSettings(population=4, elite=0.0, smoothing=1.0, min_std=0.0))
    climb(optimizer, lambda x: x[0], 1)
    assert (optimizer._std > 0).all()


# LRA-CMA-ES


def straight_from_cmaes(problem, score, generations, population):
    """The same search, written against cmaes, in units of the first standard deviation."""
    seed = int(np.random.default_rng(np.random.SeedSequence([4, 1])).integers(2**32))
    start, unit = problem.space.default, 2.0 * problem.space.scale
    bounds = np.column_stack([(0.0 - start) / unit, (1.0 - start) / unit])
    options = {"bounds": bounds, "population_size": population, "lr_adapt": True, "seed": seed}
    strategy = CMA(np.zeros(len(start)), 1.0, **options)
    asked = []
    for _ in range(generations):
        population = [strategy.ask() for _ in range(strategy.population_size)]
        asked.append(np.clip([start + unit * y for y in population], 0.0, 1.0))
        strategy.tell([(y, -score(x)) for y, x in zip(population, asked[-1], strict=True)])
    return asked, start + unit * strategy.mean


@pytest.mark.parametrize(("population", "size"), [(0, 12), (13, 13)])
@pytest.mark.parametrize("peak", [0.55, 1.0])
def test_lra_cma_es_is_cmaes(population, size, peak):
    """To the last bit, at a bound too; noise makes the learning rates adapt."""
    problem, noise = make_problem(), np.random.default_rng(12).normal(size=9)

    def score(x):
        bits = int(np.abs(x[0] - 0.5) * 2**40) % 9  # of the point itself, so that both searches meet the same
        return 2.0 - float(((x - peak) ** 2) @ np.arange(1, 7)) + 0.3 * noise[bits]

    asked, mean = straight_from_cmaes(problem, score, 40, size)
    optimizer = LRACMAES(problem, 4, EvolutionSettings(population=population))
    for expected in asked:
        queries = optimizer.ask()
        assert np.array_equal([q.policy.x for q in queries], expected)
        optimizer.tell(scored(queries, score))
    assert np.array_equal(optimizer.recommend().x, np.clip(mean, 0.0, 1.0))
    assert optimizer._strategy._eta_mean < 0.5


@pytest.mark.parametrize(("parameters", "trials"), [(1, 4), (2, 4), (3, 6), (12, 24)])
def test_lra_cma_es_asks_two_trials_a_parameter(parameters, trials):
    assert len(LRACMAES(make_problem(parameters)).ask()) == trials


def test_lra_cma_es_starts_as_wide_as_the_parameters_scales():
    problem = uneven([0.01, 0.04, 0.5])
    x = np.array([q.policy.x for q in LRACMAES(problem, 0, EvolutionSettings(population=2000)).ask()])
    assert np.allclose(x[:, :2].std(axis=0), [0.02, 0.08], rtol=0.1)
    assert 0.2 < x[:, 2].std() < 1 / np.sqrt(12)  # a third, cut off at the bounds


def widest(optimizer):
    s = optimizer._strategy
    return (s._sigma * np.sqrt(np.diag(s._C)) * optimizer._unit).max()


def test_lra_cma_es_is_not_driven_wide_by_a_corner():
    optimizer = LRACMAES(make_problem(d=12, default=0.0))
    for _ in range(12):
        optimizer.tell(scored(optimizer.ask(), np.sum))
        assert widest(optimizer) <= 0.5 * (1 + 1e-9)


def test_lra_cma_es_goes_on_when_there_is_nothing_left_to_find():
    """Exact scores for so long that an unlimited spread would be 0; points still differ."""
    optimizer = LRACMAES(make_problem(d=2))
    x = climb(optimizer, lambda x: -((x - 0.5) ** 2).sum(), 500)
    assert np.allclose(x, 0.5, rtol=0, atol=1e-6)
    assert widest(optimizer) >= 1e-9 * (1 - 1e-9)
    assert len({q.policy.key() for q in optimizer.ask()}) == 4


def test_impossible_settings_are_refused_by_name():
    with pytest.raises(UsageError, match=r"trials=1: trials must be 0 .* or 2"):
        RegressionGradientSettings(trials=1)
    with pytest.raises(UsageError, match="best=9: best must not exceed directions=8"):
        ARSSettings(best=9)
    with pytest.raises(UsageError, match="min_std=3: min_std must not exceed initial_std=2"):
        PGPESettings(min_std=3.0)
    with pytest.raises(UsageError, match="min_std=3: min_std must not exceed initial_std=2"):
        CEMSettings(min_std=3.0)
    with pytest.raises(UsageError, match=r"population=3: population must be 0 .* or 4"):
        EvolutionSettings(population=3)
