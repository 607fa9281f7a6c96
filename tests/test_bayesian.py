"""The laws of Bayesian optimisation: the process, what is promising, and what the optimizer makes of them."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from test_optimizers import scored
from threadpoolctl import threadpool_info
from worlds import Hill, make_problem

from gait.errors import UsageError
from gait.optimizers import acquisition, gaussian_process
from gait.optimizers.acquisition import expected_improvement, most_promising, upper_confidence_bound
from gait.optimizers.bayesian import Bayesian, BayesianSettings
from gait.optimizers.gaussian_process import GaussianProcess, Scales
from gait.trial import Ending

EASY = {"acquisition": "ei", "initial": 6}


@pytest.fixture
def one_thread():
    """Spare busy machines: what an optimizer does by itself."""
    with gaussian_process.one_thread():
        yield


# The process


def matern(a, b, scales):
    """k(a, b) of two points, as in Rasmussen & Williams (4.17)."""
    r = np.sqrt((((a - b) / scales.lengths) ** 2).sum())
    return scales.signal * (1 + np.sqrt(5) * r + 5 * r**2 / 3) * np.exp(-np.sqrt(5) * r)


def some_trials(n=25, d=3, seed=0):
    """Points, scores and noise ratios from 0.1 to 10; and scales that do not fit them particularly well."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, d))
    y = np.sin(5 * x).sum(axis=1) + 0.3 * rng.standard_normal(n)
    return x, y, 10 ** rng.uniform(-1, 1, n), Scales(1.7, np.array([0.3, 0.8, 1.5])[:d], 0.2)


def covariance(x, ratio, scales):
    return np.array([[matern(a, b, scales) for b in x] for a in x]) + np.diag(scales.noise * ratio)


def test_the_posterior_is_the_textbooks():
    x, y, ratio, scales = some_trials()
    inverse = np.linalg.inv(covariance(x, ratio, scales))
    at = np.vstack([np.random.default_rng(1).random((20, 3)), x[:3]])
    k = np.array([[matern(a, b, scales) for b in x] for a in at])
    mean, std = GaussianProcess(x, y, ratio, scales).predict(at)
    assert np.abs(mean - k @ inverse @ y).max() < 1e-8
    assert np.abs(std**2 - (scales.signal - np.einsum("ij,jk,ik->i", k, inverse, k))).max() < 1e-8


def differences(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


def test_the_posteriors_slopes_are_its_own():
    x, y, ratio, scales = some_trials()
    process = GaussianProcess(x, y, ratio, scales)
    for at in np.random.default_rng(2).random((10, 3)):
        mean, std, by_mean, by_std = process.slopes(at)
        assert (mean, std) == pytest.approx([float(v[0]) for v in process.predict(at[None])], rel=1e-10)
        assert np.allclose(by_mean, differences(lambda a: process.predict(a[None])[0][0], at), rtol=1e-6, atol=1e-7)
        assert np.allclose(by_std, differences(lambda a: process.predict(a[None])[1][0], at), rtol=1e-6, atol=1e-7)


@pytest.mark.usefixtures("one_thread")
def test_the_likelihood_is_that_of_a_normal_distribution_and_so_is_its_gradient():
    x, y, ratio, scales = some_trials()
    theta = scales.logarithms()
    value, gradient = gaussian_process.loss(theta, x, y, ratio)
    assert value == pytest.approx(-multivariate_normal(np.zeros(25), covariance(x, ratio, scales)).logpdf(y), rel=1e-10)
    numeric = differences(lambda t: gaussian_process.loss(t, x, y, ratio)[0], theta, 1e-5)
    assert np.allclose(gradient, numeric, rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("one_thread")
def test_a_fit_finds_the_scales_that_made_the_scores():
    """Or likelier ones; and with priors, where their pull balances that of the scores."""
    rng, truth = np.random.default_rng(3), Scales(1.0, np.array([0.2, 0.6]), 0.04)
    x, ratio = rng.random((200, 2)), 10 ** rng.uniform(-0.5, 0.5, 200)
    y = rng.multivariate_normal(np.zeros(200), covariance(x, ratio, truth))
    prior = Scales(2.0, np.array([0.5, 0.5]), 0.3)
    found = gaussian_process.fit(x, y, ratio, prior, np.full(4, 3.0), [prior])
    unlikely = [gaussian_process.loss(s.logarithms(), x, y, ratio)[0] for s in (found, truth, prior)]
    assert unlikely[0] < unlikely[1] < unlikely[2] - 10
    assert found.noise == pytest.approx(truth.noise, rel=0.2)
    prior = Scales(2.0, np.array([0.5, 0.5]), 0.06)
    theta = gaussian_process.fit(x, y, ratio, prior, np.full(4, 0.3), [prior]).logarithms()
    pull = gaussian_process.loss(theta, x, y, ratio)[1]
    assert np.abs(pull).max() > 1
    assert np.allclose((prior.logarithms() - theta) / 0.3**2, pull, atol=0.05 * np.abs(pull).max())


@pytest.mark.usefixtures("one_thread")
def test_a_fit_takes_the_better_of_its_starts_and_few_steps(monkeypatch):
    """A start that explains all by one parameter's whims leads nowhere; the good one beside it is taken."""
    x, y, ratio, _ = some_trials(60)
    prior, trap = Scales(1.0, np.full(3, 0.5), 0.1), Scales(50.0, np.array([30, 30, 0.02]), 1e-3)
    calls, loss, widths = [], gaussian_process.loss, np.full(5, 5.0)
    monkeypatch.setattr(gaussian_process, "loss", lambda *a: calls.append(0) or loss(*a))
    both = [gaussian_process.fit(x, y, ratio, prior, widths, s) for s in ([prior, trap], [trap, prior])]
    assert 0 < len(calls) <= 4 * (2 * gaussian_process.ITERATIONS + 1)
    good = gaussian_process.fit(x, y, ratio, prior, widths, [prior])
    bad = gaussian_process.fit(x, y, ratio, prior, widths, [trap])
    assert loss(good.logarithms(), x, y, ratio)[0] < loss(bad.logarithms(), x, y, ratio)[0] - 1
    assert all(np.array_equal(s.logarithms(), good.logarithms()) for s in both)


# What is promising


def test_expected_improvement_is_expected_improvement():
    mean, std = np.array([-1.0, 0.0, 0.4, 2.0]), np.array([0.5, 1.0, 0.1, 0.3])
    z = np.random.default_rng(4).standard_normal((400_000, 1))
    improvement = np.maximum(mean + std * z - 0.3, 0.0)
    error = improvement.std(axis=0) / np.sqrt(len(z))
    value = expected_improvement(mean, std, best=0.3).value
    assert (np.abs(value - improvement.mean(axis=0)) < 4 * error).all()
    assert (error < 0.04 * value).all()
    sure = expected_improvement(mean, np.full(4, 1e-9), best=0.3).value
    assert np.allclose(sure, np.maximum(mean - 0.3, 0), atol=1e-9)
    assert expected_improvement(np.zeros(1), np.ones(1), 0.0).value == pytest.approx(1 / np.sqrt(2 * np.pi))


@pytest.mark.parametrize("promise", [
    lambda m, s: expected_improvement(m, s, 0.3),
    lambda m, s: upper_confidence_bound(m, s, 1.7),
])  # fmt: skip
def test_a_promise_knows_its_slopes(promise):
    mean, std = np.random.default_rng(5).normal(size=20), np.linspace(0.1, 2, 20)
    found, h = promise(mean, std), 1e-6
    by_mean = (promise(mean + h, std).value - promise(mean - h, std).value) / (2 * h)
    by_std = (promise(mean, std + h).value - promise(mean, std - h).value) / (2 * h)
    assert np.allclose(found.by_mean, by_mean, atol=1e-8)
    assert np.allclose(found.by_std, by_std, atol=1e-8)


def test_the_upper_confidence_bound_adds_so_many_standard_deviations():
    mean, std = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    assert np.array_equal(upper_confidence_bound(mean, std, 2.0).value, [2.0, 4.0])


SKEW = np.array([[1.0, 0.8], [0.8, 1.0]])


class Bowl:
    """A belief whose mean is highest at `peak`, by 1e-7 only, and as sure everywhere."""

    def __init__(self, peak):
        self.peak = np.array(peak)

    def predict(self, x):
        return -1e-7 * np.einsum("ij,jk,ik->i", x - self.peak, SKEW, x - self.peak), np.full(len(x), 1e-7)

    def slopes(self, x):
        mean, std = self.predict(x[None])
        return float(mean[0]), float(std[0]), -2e-7 * SKEW @ (x - self.peak), np.zeros(len(x))


@pytest.mark.parametrize(("peak", "best"), [
    ([0.3, 0.6], [0.3, 0.6]),
    ([1.4, 0.5], [1.0, 0.82]),  # not the nearest point of the cube: the bowl is skew
    ([-0.2, 1.1], [0.0, 0.94]),
])  # fmt: skip
def test_the_most_promising_point_is_climbed_to_within_the_cube(peak, best):
    """However little there is to gain."""
    candidates = np.random.default_rng(6).random((10, 2))
    for promise in (lambda m, s: expected_improvement(m, s, 0.0), lambda m, s: upper_confidence_bound(m, s, 1.0)):
        assert np.allclose(most_promising(Bowl(peak), promise, candidates), best, atol=1e-3)


# The optimizer


def told(optimizer, score, n):
    """The points of the next n trials, told their scores."""
    points = []
    while len(points) < n:
        queries = optimizer.ask()
        points += [q.policy.x for q in queries]
        optimizer.tell(scored(queries, score))
    return np.array(points)


def hill(x):
    return 1.0 - float(((x - 0.6) ** 2) @ np.arange(1, len(x) + 1))


@pytest.mark.parametrize(("initial", "batch", "n"), [(0, 1, 12), (20, 1, 20), (1, 1, 1), (0, 5, 15)])
def test_the_start_comes_first_and_then_a_latin_hypercube_about_it(initial, batch, n):
    problem = make_problem(6, default=0.9)  # the box is cut by the cube
    settings = BayesianSettings(initial=initial, batch=batch, initial_spread=3.0)
    points = told(Bayesian(problem, 1, settings), lambda x: 0.0, n)
    assert np.array_equal(points[0], problem.space.default)
    cells = np.floor((points[1:] - 0.75) / 0.25 * (n - 1))  # 0.9 - 3 ε to 1
    assert np.array_equal(np.sort(cells, axis=0), np.tile(np.arange(n - 1)[:, None], 6))
    other = told(Bayesian(problem, 2, settings), lambda x: 0.0, n)
    assert (n == 1) == np.array_equal(points, other)


@pytest.mark.parametrize("name", ["ei", "ucb"])
@pytest.mark.parametrize("batch", [1, 4])
def test_it_finds_the_peak_in_few_noisy_trials(name, batch):
    problem, rng = make_problem(4), np.random.default_rng(7)
    optimizer = Bayesian(problem, 0, BayesianSettings(name, batch=batch))
    told(optimizer, lambda x: hill(x) + 0.03 * rng.standard_normal(), 48)
    assert hill(problem.space.default) < 0.5
    assert hill(optimizer.recommend().x) > 0.95


def test_what_it_asks_is_what_its_formulas_say(monkeypatch):
    """After the first points: the acquisition, over the posterior, over the recommended point's mean."""
    seen = []

    def spy(belief, promise, candidates):
        seen.append((belief, promise, candidates))
        return most_promising(belief, promise, candidates)

    monkeypatch.setattr(acquisition, "most_promising", spy)
    mean, std = np.array([0.3, 2.0]), np.array([0.5, 0.1])
    for name in ("ei", "ucb"):
        optimizer = Bayesian(make_problem(3), 0, BayesianSettings(name, confidence=0.7))
        x = told(optimizer, hill, 10)
        optimizer.ask()
        belief, promise, candidates = seen[-1]
        y = np.array([hill(p) for p in x])
        y, scales = (y - y.mean()) / y.std(), belief.scales
        k = np.array([[matern(a, b, scales) for b in x] for a in candidates[:3]])
        expected = k @ np.linalg.solve(covariance(x, np.full(10, 8.0), scales), y)  # trials of 1 s rather than 8 s
        assert np.allclose(belief.predict(candidates[:3])[0], expected, rtol=0, atol=1e-8)
        best = belief.predict(optimizer.recommend().x[None])[0][0]
        assert best == pytest.approx(max(belief.predict(x)[0]))
        wanted = upper_confidence_bound(mean, std, 0.7) if name == "ucb" else expected_improvement(mean, std, best)
        assert np.allclose(promise(mean, std).value, wanted.value, rtol=1e-12)
        assert ((candidates >= 0) & (candidates <= 1)).all()


def test_the_recommendation_is_not_the_luckiest_reading():
    problem, rng = make_problem(2), np.random.default_rng(8)
    settings = BayesianSettings(initial=40, initial_spread=20.0)
    x = told(Bayesian(problem, 0, settings), lambda x: 0.0, 40)
    true = np.array([hill(p) for p in x])
    lucky = int(np.argmin(np.abs(true - 0.5)))  # on a slope, well below the peak
    readings = true + 0.02 * rng.standard_normal(40)
    readings[lucky] += 0.6
    optimizer, coming = Bayesian(problem, 0, settings), iter(readings)
    assert np.array_equal(told(optimizer, lambda _: next(coming), 40), x)
    assert int(np.argmax(readings)) == lucky
    best = int(np.flatnonzero((x == optimizer.recommend().x).all(axis=1))[0])
    assert true[best] > 0.95


def recommended(problem, lengths, endings=(Ending.COMPLETED, Ending.COMPLETED)):
    """Which of two far points, that read 1.0 and 0.8 after so many seconds, is recommended; others read 0."""
    optimizer = Bayesian(problem, 0, BayesianSettings(initial=10, initial_spread=20.0))
    points = []
    for i in range(9):
        queries = optimizer.ask()
        points.append(queries[0].policy.x)
        trial = scored(queries, lambda x: 0.0)[0]
        if i in (3, 6):
            j = (3, 6).index(i)
            walked, asked = lengths[j] if isinstance(lengths[j], tuple) else (lengths[j], lengths[j])
            trial = dataclasses.replace(
                trial, score=(1.0, 0.8)[j], asked=asked, walked=walked, charged=walked, ending=endings[j]
            )
        else:
            trial = dataclasses.replace(trial, asked=8.0)
        optimizer.tell([trial])
    found = optimizer.recommend().x
    return next(i for i, p in enumerate(points) if np.array_equal(p, found))


def test_longer_trials_weigh_more():
    problem = make_problem(4)
    assert recommended(problem, (8.0, 8.0)) == 3
    assert recommended(problem, (60.0, 60.0)) == 3
    assert recommended(problem, (1.0, 60.0)) == 6
    constant = dataclasses.replace(problem, noise=lambda seconds: 0.05)  # a noise that walking on does not reduce
    assert recommended(constant, (1.0, 60.0)) == 3
    assert recommended(dataclasses.replace(problem, noise=lambda seconds: 0.0), (1.0, 60.0)) == 3


def test_a_stopped_trial_counts_for_what_it_walked():
    """A fallen one for what was asked: standing up would not have changed its score."""
    problem, done = make_problem(4), Ending.COMPLETED
    assert recommended(problem, ((1.0, 60.0), 60.0), (Ending.STOPPED, done)) == 6
    assert recommended(problem, ((1.0, 60.0), 60.0), (Ending.FELL, done)) == 3


def test_fits_are_few_and_their_time_does_not_depend_on_scores(monkeypatch):
    """Some 40 in 200 trials, none of which takes many steps (see above), all after the first points."""
    fitted = []

    def fit(x, y, ratio, prior, widths, starts):
        fitted.append(len(x))
        return prior

    monkeypatch.setattr(gaussian_process, "fit", fit)
    monkeypatch.setattr(acquisition, "most_promising", lambda belief, promise, candidates: candidates[-1])
    runs = []
    for score, n in ((hill, 200), (lambda x: -3.0, 60)):
        fitted.clear()
        told(Bayesian(make_problem(6), 0), score, n)
        runs.append(list(fitted))
    assert runs[1] == [n for n in runs[0] if n <= 60]
    assert runs[0][0] == 12
    assert len(runs[0]) <= 40
    assert max(np.diff(runs[0]) / runs[0][:-1]) <= 0.1


def test_the_last_bits_of_scores_do_not_change_what_is_asked():
    """A replay on another machine: its arithmetic differs, and replayed asks are compared to 1e-9."""
    rng = np.random.default_rng(9)
    asked = [
        told(
            Bayesian(make_problem(3), 0, BayesianSettings(**EASY)), lambda x, e=e: hill(x) * (1 + e * rng.normal()), 30
        )
        for e in (0.0, 1e-14)
    ]
    assert np.abs(asked[0] - asked[1]).max() < 1e-9


@pytest.mark.parametrize("name", ["ei", "ucb"])
def test_units_and_zero_of_the_score_do_not_matter(name):
    settings = BayesianSettings(name, initial=6)
    asked = [told(Bayesian(make_problem(3), 0, settings), lambda x, a=a, b=b: a * hill(x) + b, 14)
             for a, b in ((1.0, 0.0), (1e-3, 2.0), (500.0, -1e4))]  # fmt: skip
    assert np.abs(asked[1] - asked[0]).max() < 1e-5
    assert np.abs(asked[2] - asked[0]).max() < 1e-5


def test_looking_at_the_recommendation_changes_nothing():
    """And two of one seed ask the same, long after the first points too."""
    quiet, curious = (Bayesian(make_problem(3), 0, BayesianSettings(**EASY)) for _ in range(2))
    for _ in range(16):
        queries = quiet.ask()
        assert np.array_equal(queries[0].policy.x, curious.ask()[0].policy.x)
        for optimizer in (quiet, curious):
            optimizer.tell(scored(queries, hill))
        curious.recommend()


def test_a_batch_begins_as_if_it_were_a_single_trial_and_goes_on_elsewhere():
    problem = make_problem(3)
    batches = []
    for batch in (1, 3):
        optimizer = Bayesian(problem, 0, BayesianSettings(initial=6, batch=batch))
        told(optimizer, hill, 6)
        batches.append(np.array([q.policy.x for q in optimizer.ask()]))
    assert [len(b) for b in batches] == [1, 3]
    assert np.array_equal(batches[0][0], batches[1][0])
    apart = np.linalg.norm(batches[1][:, None] - batches[1], axis=-1)
    assert apart[~np.eye(3, dtype=bool)].min() > 0.05


def test_what_was_never_scored_is_not_recommended():
    problem = make_problem(3)
    optimizer = Bayesian(problem, 0, BayesianSettings(**EASY))
    x, scores = [], [None, -5.0, None, -6.0, -7.0, None, None, -5.5, None]
    for score in scores:
        queries = optimizer.ask()
        x.append(queries[0].policy.x)
        optimizer.tell([dataclasses.replace(t, score=score) for t in scored(queries, lambda x: 0.0)])
        found = next(i for i, p in enumerate(x) if np.array_equal(p, optimizer.recommend().x))
        assert scores[found] is not None or len(x) == 1
    assert found in (1, 7)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("score", [hill, lambda x: 0.1, lambda x: float(x[0] > 0.5)], ids=["hill", "flat", "cliff"])
def test_it_stays_quiet_after_its_first_points(score, capfd):
    state = np.random.get_state()  # noqa: NPY002
    optimizer = Bayesian(make_problem(3), 0, BayesianSettings(**EASY))
    told(optimizer, score, 20)
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(state, after, strict=True))
    assert capfd.readouterr() == ("", "")


def test_linear_algebra_does_not_spread_over_the_cores(monkeypatch):
    def threads():
        return {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}

    seen, before, loss = [], threads(), gaussian_process.loss
    monkeypatch.setattr(gaussian_process, "loss", lambda *a: seen.append(threads()) or loss(*a))
    spy = lambda *a: seen.append(threads()) or most_promising(*a)  # noqa: E731
    monkeypatch.setattr(acquisition, "most_promising", spy)
    told(Bayesian(make_problem(2), 0, BayesianSettings(initial=5)), hill, 6)
    assert len(seen) > 2
    assert all(n == {1} for n in seen)
    assert threads() == before


def test_it_climbs_where_trials_fall():
    problem = make_problem(4)
    world = Hill(problem, falls=0.02, noise=0.1)
    optimizer = Bayesian(problem)
    for _ in range(50):
        optimizer.tell(world.walk(optimizer.ask()))
    assert world.value(optimizer.recommend()) > world.speed(problem.space.default) + 0.4


def test_without_scikit_learn_it_says_what_to_do(monkeypatch):
    for module in ("gait.optimizers.gaussian_process", "sklearn.gaussian_process"):
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delattr("gait.optimizers.gaussian_process")
    monkeypatch.setitem(sys.modules, "sklearn.gaussian_process", None)
    with pytest.raises(UsageError, match=r"bayesian needs scikit-learn: pip install 'gaitopt\[bayesian\]'\."):
        Bayesian(make_problem())
