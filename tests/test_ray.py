"""Laws of runs on a Ray cluster: the same ledgers as here, whichever machine walks them and whichever dies."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import apart
import pytest

from gait.compare.entries import TaskEntry, read_optimizers
from gait.compare.executors.events import Again
from gait.compare.executors.here import Here
from gait.compare.experiment import Experiment
from gait.compare.plan import Plan
from gait.errors import UsageError

pytest.importorskip("ray")
from gait.compare.executors import ray as ours

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def toys(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    apart.install(tmp_path / "site", monkeypatch)


@pytest.fixture
def cluster(toys):
    """Two nodes of one core; also the second one."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster, second
    ray.shutdown()
    cluster.shutdown()


def experiment(out: Path, seeds: int = 20) -> Experiment:
    entries = read_optimizers(["random-search", "cma-es:population=6"])
    return Experiment(Plan((TaskEntry("", "slow-toy"),), entries, seeds=seeds, budget=1500.0), out)


def test_a_node_killed_in_the_middle_changes_nothing(cluster, tmp_path, monkeypatch):
    nodes, second = cluster
    exp, calm = experiment(tmp_path / "ray"), experiment(tmp_path / "calm")
    events, walk = [], ours.Ray.walk

    def kill() -> None:
        while len(list(exp.out.rglob("result.json"))) < 15:
            time.sleep(0.1)
        nodes.remove_node(second, allow_graceful=False)

    def watched(self, jobs):
        for event in walk(self, jobs):
            events.append(event)
            yield event

    monkeypatch.setattr(ours.Ray, "walk", watched)
    killer = threading.Thread(target=kill)
    killer.start()
    exp.run(ours.Ray(jobs=2))
    killer.join()
    assert any(isinstance(event, Again) for event in events)
    calm.run(Here(1))
    assert len(apart.snapshot(exp.out)) == 2 * 40
    assert apart.snapshot(exp.out) == apart.snapshot(calm.out)


def test_a_cluster_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"--executor ray:127\.0\.0\.1:9: no cluster there"):
        experiment(tmp_path, 1).run(ours.Ray("127.0.0.1:9"))


def test_a_machine_that_does_not_see_the_directory_sends_the_files(cluster, tmp_path, monkeypatch):
    exp, calm = experiment(tmp_path / "ray", 1), experiment(tmp_path / "calm", 1)
    monkeypatch.setattr(Path, "touch", lambda self, **how: None)  # here: so that no worker finds the token
    exp.run(ours.Ray())
    calm.run(Here(1))
    assert apart.snapshot(exp.out) == apart.snapshot(calm.out)
    assert {p.name for p in (exp.out / "cma-es" / "seed-0").iterdir()} == {
        p.name for p in (calm.out / "cma-es" / "seed-0").iterdir()
    }
