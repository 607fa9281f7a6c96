"""Neural policies: their scores, their steps, the searchers made of them, and runs that train them (extra `rl`)."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys

import numpy as np
import pytest
from toy import Toy
from worlds import Hill, make_problem

from gait.cli import main
from gait.compare.recorded import recorded_trials
from gait.errors import UsageError
from gait.files import read_lines, read_npz, write_npz
from gait.optimizers import find_optimizer
from gait.play import play
from gait.policy import Network, read_policy
from gait.report.words import acting
from gait.run import optimize, resume
from gait.show import outcome, show, show_table
from gait.tasks import TASKS
from gait.validate import Validator
from gait.weights import read_weights, write_weights

torch = pytest.importorskip("torch")

from gait.gradients import score_gain, score_log_std, score_mean  # noqa: E402
from gait.neural.clipped import Clipping, improve  # noqa: E402
from gait.neural.nets import answers, fit_value, make_network  # noqa: E402
from gait.neural.scores import score_layers  # noqa: E402

D, F, M, REACH = 4, 3, 7, 0.3


def a_network(*hidden, seed=0, d=D):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=a.shape) for a in make_network((F, *hidden, d), rng)]


def decisions(m=M, seed=1, d=D):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, F)), rng.normal(size=(m, d)), rng.normal(0.0, 0.3, d)


def named(layers):
    return {f"{('weight', 'bias')[k % 2]}{k // 2}": a for k, a in enumerate(layers)}


def log_density(layers, log_std, state, action):
    """log π written out in numpy, the last layer's inputs counting `REACH`."""
    h = state
    for k in range(0, len(layers) - 2, 2):
        h = np.tanh(layers[k] @ h + layers[k + 1])
    z = (action - layers[-2] @ (REACH * h) - layers[-1]) / np.exp(log_std)
    return float((-0.5 * z**2 - log_std).sum())


# Scores


@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)])
def test_scores_by_autodiff_are_finite_differences(hidden):
    layers, (states, actions, log_std) = a_network(*hidden), decisions()
    scores = score_layers(layers, log_std, states, actions, REACH)
    flat, ends = np.concatenate([a.ravel() for a in layers]), np.cumsum([a.size for a in layers])[:-1]

    def at(numbers, k):
        parts = [p.reshape(a.shape) for p, a in zip(np.split(numbers, ends), layers, strict=True)]
        return log_density(parts, log_std, states[k], actions[k])

    for j, e in enumerate(np.eye(len(flat))):
        slopes = [(at(flat + 1e-6 * e, k) - at(flat - 1e-6 * e, k)) / 2e-6 for k in range(M)]
        assert np.allclose(scores[:, j], slopes, rtol=1e-5, atol=1e-5)


def test_scores_of_one_layer_are_the_linear_policys_closed_form():
    (weight, bias), (states, actions, log_std) = a_network(), decisions()
    z = (actions - states @ weight.T - bias) * np.exp(-log_std)
    by_gain, by_mean = score_gain(z, log_std, states).reshape(M, -1), score_mean(z, log_std)
    found = score_layers([weight, bias], log_std, states, actions)
    assert np.allclose(found, np.hstack([by_gain, by_mean]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [0.1, 1e3])
def test_a_step_of_a_linear_policy_is_that_of_reinforce(size):
    """Δmean = σ² g, and Δgain the same times what the features count; together at most 1 σ long."""
    optimizer = searcher("reinforce", hidden="none")
    policy = optimizer._network
    policy.log_std = np.random.default_rng(2).normal(0.0, 0.3, 6)
    slope, std = size * np.random.default_rng(3).normal(size=6 * 2 + 6), np.exp(policy.log_std)
    gain, mean = slope[:12].reshape(6, 2), slope[12:]
    length = max(1.0, math.sqrt(((std[:, None] * gain) ** 2).sum() + ((std * mean) ** 2).sum()))
    found = policy.uphill(slope)
    assert np.allclose(found[0], std[:, None] ** 2 * gain / length, rtol=1e-12)
    assert np.allclose(found[1], std**2 * mean / length, rtol=1e-12)
    assert (length > 1.0) == (size > 1.0)


# The clipped objective and the state value


def by(**changes):
    return dataclasses.replace(Clipping(0.2, 0.01, 0.0, 1, 1000, REACH, 1e9), **changes)


def test_the_first_step_goes_along_the_policy_gradient():
    """At a ratio of 1 nothing is clipped; the last layer's numbers are in units of σ."""
    layers, (states, actions, log_std) = a_network(5), decisions(40)
    better = np.random.default_rng(5).normal(size=40)
    slope = score_layers(layers, log_std, states, actions, REACH).T @ better / 40
    z = (actions - answers(layers, states, REACH)) * np.exp(-log_std)
    found, spread = improve(layers, log_std, states, actions, better, by(std_rate=0.002), np.random.default_rng(0))
    variance = [np.ones(20), np.repeat(np.exp(2 * log_std), 5), np.exp(2 * log_std)]  # of steps in units of σ, twice
    moved = np.concatenate([(b - a).ravel() for a, b in zip(layers, found, strict=True)])
    assert np.allclose(moved, 0.01 * slope * np.concatenate(variance), rtol=1e-9, atol=1e-12)
    assert np.allclose(spread - log_std, 0.002 * score_log_std(z).T @ better / 40, rtol=1e-9, atol=1e-12)


def test_nothing_to_tell_apart_changes_nothing():
    layers, (states, actions, log_std) = a_network(5), decisions(40)
    found, spread = improve(layers, log_std, states, actions, np.zeros(40), by(epochs=3), np.random.default_rng(0))
    assert all(np.array_equal(a, b) for a, b in zip(layers, found, strict=True))
    assert np.array_equal(spread, log_std)


def ratios(layers, found, log_std, states, actions):
    pairs = list(zip(states, actions, strict=True))
    return np.array([math.exp(log_density(found, log_std, *p) - log_density(layers, log_std, *p)) for p in pairs])


def test_what_is_clipped_is_not_pushed_further():
    """One decision that went well: its probability rises to the clip, and no step further."""
    layers, (states, actions, log_std) = a_network(5), decisions(1)
    for clip in (0.1, 0.5):
        found, _ = improve(
            layers, log_std, states, actions, np.ones(1), by(clip=clip, epochs=400), np.random.default_rng(0)
        )
        assert 1.0 + clip < ratios(layers, found, log_std, states, actions)[0] < 1.0 + 1.5 * clip


def test_epochs_end_once_the_policy_is_far_from_the_one_that_walked():
    layers, (states, actions, log_std) = a_network(5), decisions(40)
    better = np.random.default_rng(5).normal(size=40)
    divergences = []
    for limit in (0.02, 0.2):
        found, _ = improve(
            layers,
            log_std,
            states,
            actions,
            better,
            by(divergence=limit, epochs=500, clip=9.0),
            np.random.default_rng(0),
        )
        ratio = ratios(layers, found, log_std, states, actions)
        divergences.append(float((ratio - 1.0 - np.log(ratio)).mean()) / limit)
    assert all(1.0 < d < 2.0 for d in divergences)


def test_the_state_value_learns_what_it_is_told():
    states = np.random.default_rng(0).normal(size=(300, F))
    targets = np.sin(states[:, 0]) + 0.5 * states[:, 1]
    critic = fit_value(
        make_network((F, 16, 1), np.random.default_rng(1)), states, targets, rate=0.01, epochs=60, minibatch=64,
        rng=np.random.default_rng(2),
    )  # fmt: skip
    assert np.mean((answers(critic, states)[:, 0] - targets) ** 2) < 0.05 * targets.var()


# The searchers

LEARNERS = {"ppo": {}, "actor-critic": {}, "reinforce": {"hidden": "8"}}
every = pytest.mark.parametrize("name", LEARNERS)


def searcher(name, problem=None, seed=0, **settings):
    cls = find_optimizer(name)
    return cls(problem or make_problem(), seed, cls.Settings(**{**LEARNERS[name], **settings}))


@every
def test_what_acts_in_numpy_is_what_was_trained(name):
    optimizer, world = searcher(name, hidden="6,5"), Hill(make_problem(), falls=0.05)
    for _ in range(3):
        trials = world.walk(optimizer.ask())
        optimizer.tell(trials)
    policy = optimizer._policy if name != "reinforce" else optimizer._network
    seen = np.concatenate([t.features for t in trials])
    inside = policy.units(np.array([optimizer.recommend().act(s, optimizer.rng) for s in seen]))
    layers = policy.layers if name == "reinforce" else optimizer._average
    trained = answers(layers, policy.features.standard(seen), policy.spread.reach)
    assert np.allclose(inside, trained, rtol=0, atol=1e-9)
    assert isinstance(optimizer.recommend(), Network)
    assert optimizer.drawn().network.key() == optimizer.recommend().key()


@every
def test_threads_of_torch_change_nothing_and_are_left_as_they_were(name):
    keys = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        optimizer = searcher(name)
        for _ in range(3):
            optimizer.tell(Hill(make_problem()).walk(optimizer.ask()))
        keys.append(optimizer.recommend().key())
        assert torch.get_num_threads() == threads
    assert keys[0] == keys[1]


@pytest.mark.parametrize("hidden", ["none", "8"])
def test_reinforce_climbs_with_a_network(hidden):
    cls = find_optimizer("reinforce")
    problem = make_problem(4)
    optimizer, world = cls(problem, 0, cls.Settings(hidden=hidden)), Hill(problem, noise=0.3)
    for _ in range(25):
        optimizer.tell(world.walk(optimizer.ask()))
    usual = optimizer.recommend().act(optimizer._network.features.centre, optimizer.rng)
    assert 1.0 - world.speed(usual) < 0.2 * (1.0 - world.speed(problem.space.default))


@pytest.mark.parametrize("name", ["ppo", "actor-critic"])
def test_a_policy_without_hidden_layers_climbs_too(name, monkeypatch):
    cls = find_optimizer(name)
    monkeypatch.setattr(cls.Settings.__dataclass_fields__["hidden"], "default", "none")
    problem = make_problem(4)
    optimizer, world = cls(problem, 0, cls.Settings(hidden="none")), Hill(problem, noise=0.3)
    for _ in range(25):
        optimizer.tell(world.walk(optimizer.ask()))
    assert world.speed(optimizer.recommend().layers[0][1]) > 0.5 > world.speed(problem.space.default)


@pytest.mark.parametrize("hidden", ["0", "-3", "16,", "wide", "16 16", "4096", ",".join(["2"] * 9)])
def test_hidden_layers_that_are_none_are_refused(hidden):
    for name in LEARNERS:
        with pytest.raises(UsageError, match=f"hidden={hidden}: none, or up to 8 numbers from 1 to 1024"):
            find_optimizer(name).Settings(hidden=hidden)


def test_a_network_that_sees_nothing_is_refused_by_reinforce_and_a_bandit_to_ppo():
    blind = dataclasses.replace(make_problem(), features=())
    with pytest.raises(UsageError, match="hidden=8: this task shows a policy nothing"):
        searcher("reinforce", blind)
    policy = searcher("ppo", blind).recommend()
    assert np.allclose(policy.act(np.zeros(0), np.random.default_rng(0)), blind.space.default, rtol=0, atol=1e-12)


def test_draws_that_are_narrower_than_their_floor_are_refused():
    with pytest.raises(UsageError, match="min_std=2: min_std must not exceed initial_std=1"):
        find_optimizer("ppo").Settings(min_std=2.0)


# Runs

OPTIONS = {"budget": 300.0, "settings": {"trials": 4, "hidden": "5"}, "progress": False}


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setitem(TASKS, "toy", Toy)


@pytest.mark.usefixtures("toy")
@every
def test_a_run_is_resumed_to_the_identical_ledger(name, tmp_path):
    optimize("toy", name, out=tmp_path / "run", **OPTIONS)
    longer = resume(tmp_path / "run", budget=600.0, progress=False)
    at_once = optimize("toy", name, out=tmp_path / "once", **(OPTIONS | {"budget": 600.0}))
    assert (longer.path / "events.jsonl").read_bytes() == (at_once.path / "events.jsonl").read_bytes()
    assert longer.result["recommended"] == at_once.result["recommended"]
    for file in (longer.path / "arrays").iterdir():
        assert all(a.dtype.kind in "biuf" for a in read_npz(file).values())


@pytest.mark.usefixtures("toy")
def test_a_state_that_is_not_the_runs_is_refused(tmp_path):
    run = optimize("toy", "ppo", out=tmp_path / "run", **OPTIONS)
    file = sorted((run.path / "arrays").iterdir())[-1]
    arrays = read_npz(file)
    (run.path / "result.json").unlink()
    write_npz(file, arrays | {"optimizer.actor.3": arrays["optimizer.actor.3"] + 1e-6})
    with pytest.raises(UsageError, match="is not the file that was written with it"):
        resume(run.path, progress=False)


@pytest.mark.usefixtures("toy")
def test_a_run_without_its_optimizers_state_is_refused(tmp_path):
    from gait.events import digest_of

    run = optimize("toy", "ppo", out=tmp_path / "run", **OPTIONS)
    file = sorted((run.path / "arrays").iterdir())[-1]
    arrays = {k: a for k, a in read_npz(file).items() if not k.startswith("optimizer.critic")}
    write_npz(file, arrays)
    events = [event for _, event in read_lines(run.path / "events.jsonl")]
    events[-1]["arrays"] = digest_of(arrays)
    (run.path / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events))
    with pytest.raises(UsageError, match=r"keeps no critic\.0, .* of the optimizer's state.*not resumed"):
        resume(run.path, budget=600.0, progress=False)


@pytest.mark.usefixtures("toy")
@every
def test_both_ways_to_act_are_validated_and_told(name, tmp_path, capsys):
    run = optimize("toy", name, out=tmp_path / "run", **OPTIONS)
    best, drawn = run.result["recommended"], run.result["stochastic"]
    assert (best["acts"], best["policy"]["kind"], drawn["policy"]["kind"]) == (
        "deterministic", "network", "gaussian-network"
    )  # fmt: skip
    for quality in (best, drawn):
        policy = read_policy(quality["policy"])
        assert Validator(Toy(), tmp_path / "none.jsonl")([policy])[0].mean == quality["mean"]
    assert best["mean"] > drawn["mean"]  # the toy is best in its middle: draws cost
    data = show(run.path)
    assert data["stochastic"]["mean"] == drawn["mean"]
    show_table(data)
    said = capsys.readouterr().out
    for text in (said, outcome(run), acting(run.result)):
        assert "deterministic" in text
        assert "stochastic" in text
        assert f"{drawn['mean']:.3f}" in text


@pytest.mark.usefixtures("toy")
def test_a_run_that_draws_nothing_tells_of_no_draws(tmp_path):
    run = optimize("toy", "cma-es", out=tmp_path / "run", budget=300.0, progress=False)
    assert "stochastic" not in run.result
    assert "acts" not in run.result["recommended"]
    assert acting(run.result) == ""
    assert not (run.path / "policy.npz").exists()


@pytest.mark.usefixtures("toy")
def test_trials_of_networks_are_weighed_by_what_they_do_at_rest(tmp_path):
    run = optimize("toy", "ppo", out=tmp_path / "run", **OPTIONS)
    trials = recorded_trials([run.path])
    first = [t.parameters for t in trials if t.id < 4]
    start = Toy().problem.space.named(Toy().problem.space.default)
    assert first[0] == pytest.approx(start)
    assert trials[-1].parameters != pytest.approx(start, abs=1e-6)


# Weights


@pytest.mark.usefixtures("toy")
def test_a_trained_policy_is_one_plain_file_that_needs_no_training_code(tmp_path):
    run = optimize("toy", "ppo", out=tmp_path / "run", **OPTIONS)
    found = read_weights(run.path / "policy.npz")
    assert found.policy.key() == read_policy(run.result["recommended"]["policy"]).key()
    assert (found.task, found.features, found.parameters) == ("toy", ("lean [rad]",), ("p0", "p1", "p2"))
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy as np; from pathlib import Path; from gait.weights import read_weights\n"
        f"p = read_weights(Path({str(run.path / 'policy.npz')!r})).policy\n"
        "print(p.act(np.array([0.3]), np.random.default_rng(0)).tolist(), 'gait.neural' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    action = found.policy.act(np.array([0.3]), np.random.default_rng(0))
    assert said.strip() == f"{action.tolist()} False"


@pytest.mark.parametrize("wrong", ["text", "no about", "about", "kind", "array", "object"])
def test_other_files_are_no_weights(wrong, tmp_path):
    file, layers = tmp_path / "w.npz", named(a_network(5))
    write_weights(file, Network(**layers), Toy())
    arrays = read_npz(file)
    about = json.loads(str(arrays["about"]))
    if wrong == "text":
        file.write_text("weights")
    elif wrong == "object":
        np.savez(file, about=np.array([{}], dtype=object))
    else:
        changes = {
            "no about": {"about": None}, "about": {"about": np.array("[1]")}, "array": {"policy.bias0": np.zeros(3)},
            "kind": {"about": np.array(json.dumps(about | {"kind": "sorcery"}))},
        }[wrong]  # fmt: skip
        write_npz(file, {k: a for k, a in (arrays | changes).items() if a is not None})
    with pytest.raises(UsageError, match=r"no policy's weights|network policy|unknown policy"):
        read_weights(file)


@pytest.mark.usefixtures("toy")
def test_weights_walk_a_held_out_trial_as_the_validated_policy_did(tmp_path):
    run = optimize("toy", "actor-critic", out=tmp_path / "run", **OPTIONS)
    task, before, after = play(run.path / "policy.npz")
    assert task.name == "toy"
    for recording, name in ((before, "start"), (after, "recommended")):
        score = recording.trial.score
        assert run.result[name]["scores"][0] == (0.0 if score is None else score)


@pytest.mark.usefixtures("toy")
def test_weights_of_another_task_are_not_played(tmp_path, monkeypatch, capsys):
    write_weights(tmp_path / "w.npz", Network(**named(a_network(5, d=3))), Toy())
    monkeypatch.setattr(Toy, "version", "2")
    with pytest.raises(UsageError, match="is of task 'toy' with version 1; here it has 2"):
        play(tmp_path / "w.npz")
    monkeypatch.setattr(sys, "argv", ["gait", "render", str(tmp_path / "none.npz"), "--out", str(tmp_path / "w.mp4")])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "none.npz is no policy's weights" in capsys.readouterr().err


# Without PyTorch


def test_without_torch_a_sentence_says_what_to_install_and_all_else_works():
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.split('.')[0] == 'torch': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from gait.cli import main\n"
        "for words in (['list', 'optimizers'], ['optimize', 'quadruped', '--optimizer', 'ppo'],\n"
        "              ['optimize', 'quadruped', '--optimizer', 'reinforce', '--set', 'hidden=8']):\n"
        "    sys.argv = ['gait', *words]\n"
        "    try: print('code', main())\n"
        "    except SystemExit as e: print('code', e.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "actor-critic" in done.stdout, done.stderr
    assert done.stderr.count("needs PyTorch: pip install 'gaitopt[rl]'") == 2
    assert "Traceback" not in done.stderr
    assert done.stdout.count("code 2") == 2
