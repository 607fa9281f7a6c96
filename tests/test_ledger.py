"""The ledger: what was written comes back to the last bit; what was damaged is dropped or refused."""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy import Toy

from gait.errors import UsageError
from gait.events import digest_of
from gait.files import append_lines, read_json, read_lines, read_npz, write_json, write_npz
from gait.ledger import Ledger, recommendations
from gait.manifest import manifest_of
from gait.optimizers import find_optimizer
from gait.policy import Constant, Gaussian
from gait.run_files import SCHEMA, read_manifest, read_result
from gait.show import show
from gait.task import Beginning
from gait.trial import Query

BATCHES, SIZE = 4, 3
TASK = Toy()


def manifest(**changes):
    settings = find_optimizer("random-search").Settings()
    return {**manifest_of(TASK, "random-search", settings, 0, 100.0, None), **changes}


def batch_of(number):
    """Queries and trials of a batch: both kinds of policy, falls and blow-ups among them."""
    rng = np.random.default_rng(number)
    policies = [
        Constant(rng.random(3)),
        Gaussian(rng.random(3), rng.normal(size=3), rng.normal(size=(3, 1))),
        Constant(rng.random(3)),
    ]
    queries = [
        Query(SIZE * number + k, p, seconds=[None, 4.5, 8.0][k], seed=[None, 7, None][k])
        for k, p in enumerate(policies)
    ]
    return queries, TASK.run(queries, [np.random.SeedSequence([number, k]) for k in range(SIZE)])[0]


def append(ledger, numbers):
    for n in numbers:
        ledger.append(n, *batch_of(n), clock=10.0 * (n + 1), recommended=Constant(np.full(3, n)))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A run directory of a few batches, not to be changed."""
    path = tmp_path_factory.mktemp("ledger") / "run"
    ledger = Ledger.create(path, manifest())
    append(ledger, range(BATCHES))
    ledger.close()
    return path


@pytest.fixture
def run(written, tmp_path):
    """A copy of it to break."""
    return Path(shutil.copytree(written, tmp_path / "run"))


def lines_of(run):
    return (run / "events.jsonl").open("rb").readlines()


def whole(lines, batches):
    return b"".join(lines[: batches * (2 * SIZE + 1)])


def reopen(run):
    """The batches of a run directory, and the warnings."""
    ledger = Ledger.open(run)
    try:
        return list(ledger.batches()), ledger.warnings
    finally:
        ledger.close()


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    return a.key() == b.key() if hasattr(a, "key") else a == b


def test_batches_come_back_to_the_last_bit(written):
    batches, warnings = reopen(written)
    assert not warnings
    assert [b.number for b in batches] == list(range(BATCHES))
    assert [b.clock for b in batches] == [10.0, 20.0, 30.0, 40.0]
    for number, batch in enumerate(batches):
        queries, trials = batch_of(number)
        assert batch.line == 1 + number * (2 * SIZE + 1)
        assert batch.recommended.key() == Constant(np.full(3, number)).key()
        for old, new in ((queries, batch.queries), (trials, batch.trials)):
            assert len(old) == len(new)
            for a, b in zip(old, new, strict=True):
                assert all(same(v, getattr(b, k)) for k, v in vars(a).items())
    assert [c for c, _ in recommendations(written)] == [10.0, 20.0, 30.0, 40.0]


def test_reading_changes_nothing(written):
    before = {p: p.read_bytes() for p in written.rglob("*") if p.is_file()}
    reopen(written)
    assert {p: p.read_bytes() for p in written.rglob("*") if p.is_file()} == before


def test_the_manifest_comes_back_and_can_be_extended(run):
    assert read_manifest(run) == manifest()
    ledger = Ledger.open(run)
    ledger.set_manifest(budget=200.0)
    ledger.close()
    assert read_manifest(run) == manifest(budget=200.0)


def test_events_hold_no_wall_time(written, tmp_path):
    again = Ledger.create(tmp_path / "later", manifest())
    append(again, range(BATCHES))
    again.close()
    assert (again.path / "events.jsonl").read_bytes() == (written / "events.jsonl").read_bytes()


# making one


@pytest.mark.parametrize("inside", ["run", "notes.txt", ".hidden", "arrays/000000.npz"])
def test_a_directory_with_something_in_it_is_not_taken(inside, tmp_path):
    taken = tmp_path / "taken"
    if inside == "run":
        Ledger.create(taken, manifest()).close()
    else:
        (taken / inside).parent.mkdir(parents=True)
        (taken / inside).write_text("mine")
    before = sorted(p.relative_to(taken) for p in taken.rglob("*"))
    with pytest.raises(UsageError, match=r"taken exists.*Choose another --out"):
        Ledger.create(taken, manifest())
    assert sorted(p.relative_to(taken) for p in taken.rglob("*")) == before


def test_an_existing_run_says_how_far_it_is_and_how_to_go_on(run):
    with pytest.raises(UsageError, match=r"run exists \(40 s of 100 s spent\).*or: gait resume .*run"):
        Ledger.create(run, manifest())


def test_a_file_is_not_taken(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="file exists and is no run"):
        Ledger.create(tmp_path / "file", manifest())
    assert (tmp_path / "file").read_text() == "mine"


def test_an_empty_directory_is_taken(tmp_path):
    Ledger.create(tmp_path, manifest()).close()
    assert reopen(tmp_path) == ([], [])


@pytest.mark.parametrize("count", range(4))
def test_a_run_killed_while_it_was_made_can_be_made_again(count, tmp_path):
    run = tmp_path / "run"
    (run / "arrays").mkdir(parents=True)
    for name in ("lock", "events.jsonl", "run.part")[:count]:
        (run / name).touch()
    Ledger.create(run, manifest()).close()
    assert reopen(run) == ([], [])


def test_events_without_a_manifest_are_not_overwritten(run):
    (run / "run.json").unlink()
    shutil.rmtree(run / "arrays")
    before = (run / "events.jsonl").read_bytes()
    with pytest.raises(UsageError, match="exists and is no run"):
        Ledger.create(run, manifest())
    assert (run / "events.jsonl").read_bytes() == before


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "run", Path("/proc/run"), tmp_path / ("long" * 100)):
        with pytest.raises(UsageError, match=f"{place.name} can't be written"):
            Ledger.create(place, manifest())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_directory_is_refused(run):
    (run / "lock").unlink(missing_ok=True)
    run.chmod(0o500)
    try:
        for refuse in (lambda: Ledger.create(run / "new", manifest()), lambda: Ledger.open(run)):
            with pytest.raises(UsageError, match="can't be written: Permission denied"):
                refuse()
    finally:
        run.chmod(0o700)


# one writer


def test_a_second_writer_is_refused_until_the_first_lets_go(run):
    first = Ledger.open(run)
    with pytest.raises(UsageError, match="being written by another process"):
        Ledger.open(run)
    first.close()
    Ledger.open(run).close()


def test_another_process_is_refused_until_the_first_dies(run):
    code = (
        "import sys, pathlib; from gait.ledger import Ledger; "
        "ledger = Ledger.open(pathlib.Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            assert other.stdout.readline() == "open\n"
            with pytest.raises(UsageError, match="being written by another process"):
                Ledger.open(run)
        finally:
            other.kill()
            other.wait()
    Ledger.open(run).close()


def test_what_was_refused_is_not_held(run):
    (run / "events.jsonl").write_bytes(b"{}\n")
    with pytest.raises(UsageError, match="line 1 is corrupt") as kept:
        Ledger.open(run)
    assert kept  # and with it what its traceback holds
    with (run / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises if it is


# what a kill leaves


@pytest.mark.parametrize("batches", range(BATCHES))
def test_whatever_follows_the_last_whole_batch_is_dropped_with_a_warning(batches, run):
    lines = lines_of(run)
    keep = whole(lines, batches)
    tail = b"".join(lines)[len(keep) : len(whole(lines, batches + 1)) - 1]  # all but the end of the batch line
    for cut in sorted({1, 2, len(tail) // 3, len(lines[0]), len(lines[0]) + 1, len(tail) - 1, len(tail)}):
        (run / "events.jsonl").write_bytes(keep + tail[:cut])
        found, warnings = reopen(run)
        assert (run / "events.jsonl").read_bytes() == keep
        assert [b.number for b in found] == list(range(batches))
        assert len(warnings) == 1
        assert f"{cut} bytes after {batches} batches were in flight" in warnings[0]
        assert reopen(run)[1] == []


def test_arrays_of_a_batch_that_never_counted_are_no_trouble(run):
    lines = lines_of(run)
    (run / "events.jsonl").write_bytes(whole(lines, 2))
    assert len(reopen(run)[0]) == 2
    (run / "arrays" / "000003.part").write_bytes(b"half")
    ledger = Ledger.open(run)
    append(ledger, (2, 3))
    ledger.close()
    assert lines_of(run) == lines


def test_a_torn_line_in_a_cache_does_not_run_into_the_next(run):
    for name in ("validation.jsonl", "wall.jsonl"):
        (run / name).write_bytes(b'{"a": 1}\n{"b": ')
    reopen(run)
    for name in ("validation.jsonl", "wall.jsonl"):
        append_lines(run / name, [{"c": 3}])
        assert [event for _, event in read_lines(run / name)] == [{"a": 1}, {"c": 3}]


# what a kill can't leave


def corrupt(line, how):
    cut = len(line) // 2
    return {
        "cut": line[:cut] + b"\n",
        "garbage": np.random.default_rng(cut).bytes(cut).replace(b"\n", b"") + b"\n",
        "empty": b"\n",
        "flipped": bytes([line[0] ^ 1]) + line[1:],
        "nan": line.replace(b"null", b"NaN", 1) if b"null" in line else b'{"event": NaN}\n',
        "infinity": b'{"event": "ask", "seconds": -Infinity}\n',
        "overflow": b'{"event": "ask", "seconds": 1e999}\n',
        "list": b"[1, 2]\n",
        "deep": b"[" * 100_000 + b"\n",
        "stranger": b'{"event": "hello"}\n',
        "nameless": b'{"id": 0}\n',
    }[how]


WAYS = ("cut", "garbage", "empty", "flipped", "nan", "infinity", "overflow", "list", "deep",
        "stranger", "nameless")  # fmt: skip


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("line", [1, 9, 2 * SIZE + 1, BATCHES * (2 * SIZE + 1)])
def test_a_corrupt_line_is_refused_by_file_and_number_and_nothing_is_cut(line, how, run):
    lines = lines_of(run)
    lines[line - 1] = corrupt(lines[line - 1], how)
    (run / "events.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(UsageError, match=rf"events.jsonl line {line}\b"):
        reopen(run)
    assert lines_of(run) == lines


@pytest.mark.parametrize(
    "key",
    ["id", "policy", "score", "walked", "charged", "ending", "measures", "clock", "arrays", "recommended"],
)
@pytest.mark.parametrize("value", ["missing", "wrong"])
def test_an_event_that_is_none_is_refused_by_its_lines(key, value, run):
    lines = [json.loads(line) for line in lines_of(run)]
    k = next(k for k, event in enumerate(lines) if key in event and k > 2 * SIZE)
    lines[k][key] = ["wrong"]
    if value == "missing":
        del lines[k][key]
    (run / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    first, last = 2 * SIZE + 2, 4 * SIZE + 2
    with pytest.raises(UsageError, match=rf"events.jsonl lines {first}–{last} are no batch of a run"):
        reopen(run)


@pytest.mark.parametrize("drop", [0, SIZE, 2 * SIZE])
def test_a_line_that_went_missing_is_refused(drop, run):
    lines = lines_of(run)
    del lines[2 * SIZE + 1 + drop]
    (run / "events.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(UsageError, match="are no batch of a run"):
        reopen(run)


def test_a_reformatted_ledger_is_refused_not_emptied(run):
    compact = "".join(json.dumps(json.loads(line), separators=(",", ":")) + "\n" for line in lines_of(run))
    (run / "events.jsonl").write_text(compact)
    with pytest.raises(UsageError, match="is corrupt"):
        reopen(run)
    assert (run / "events.jsonl").read_text() == compact


def test_events_that_are_gone_are_refused(run):
    (run / "events.jsonl").unlink()
    with pytest.raises(UsageError, match=r"events.jsonl can't be written: No such file"):
        reopen(run)


# arrays


def explode():
    raise SystemExit("a pickle was opened")


class Bomb:
    def __reduce__(self):
        return explode, ()


def damage(run, how):
    file, other = (run / "arrays" / f"00000{k}.npz" for k in (1, 2))
    data = file.read_bytes()
    if how == "swapped":
        third = file.with_suffix(".tmp")
        file.rename(third)
        other.rename(file)
        third.rename(other)
    elif how == "gone":
        file.unlink()
    elif how == "directory":
        file.unlink()
        file.mkdir()
    elif how == "pickled objects":
        np.savez(file, **{**np.load(file), "actions": np.array([Bomb()], dtype=object)}, allow_pickle=True)
    elif how == "a bare pickle":
        file.write_bytes(pickle.dumps(Bomb()))
    elif how == "an npy file":
        with file.open("wb") as f:
            np.save(f, np.zeros(3))
    elif how == "another value":
        arrays = dict(np.load(file))
        arrays["rewards"][0] = np.nextafter(arrays["rewards"][0], 9.0)
        np.savez(file, **arrays)
    elif how == "another shape":
        arrays = dict(np.load(file))
        np.savez(file, **{**arrays, "actions": arrays["actions"].T})
    elif how == "an array less":
        arrays = dict(np.load(file))
        del arrays["features"]
        np.savez(file, **arrays)
    else:
        cut = {"empty": 0, "half": len(data) // 2, "all but a byte": len(data) - 1}[how]
        file.write_bytes(data[:cut])


@pytest.mark.parametrize(
    "how",
    ["swapped", "gone", "directory", "pickled objects", "a bare pickle", "an npy file", "another value",
     "another shape", "an array less", "empty", "half", "all but a byte"],
)  # fmt: skip
def test_arrays_that_are_not_those_written_are_refused(how, run):
    damage(run, how)
    with pytest.raises(UsageError, match=r"events.jsonl lines 8–14 are no batch of a run: 000001.npz"):
        reopen(run)


def test_no_byte_of_the_arrays_can_flip_unseen(run):
    file, rng = run / "arrays" / "000001.npz", np.random.default_rng(0)
    data, seen = file.read_bytes(), 0
    arrays = {name: a.tobytes() for name, a in read_npz(file).items()}
    for place in rng.integers(0, len(data), 60):
        file.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            batches, _ = reopen(run)
        except UsageError:
            seen += 1
        else:  # a byte of the zip that says nothing: a time, a flag
            assert {name: a.tobytes() for name, a in read_npz(file).items()} == arrays
            assert len(batches) == BATCHES
    assert seen > 30


# a state that is carried


def state_of(number):
    """Arrays of every kind of number and shape, with what only a type of its own can hold."""
    rng = np.random.default_rng([9, number])
    return {
        "qpos": rng.normal(size=(2, 3)), "delays": np.asfortranarray(rng.normal(size=(4, 3))),
        "special": np.array([np.nan, np.inf, -0.0, 5e-324]), "single": np.float32(rng.random(3)),
        "counter": rng.integers(2**63, 2**64 - 1, 2, np.uint64), "tick": np.array(-(2**53) - 1 - number),
        "on": np.array([True, False]), "file": np.zeros((0, 2)),
    }  # fmt: skip


BEGUN = Beginning(state_of(0), {"rate": 4.2, "slip": None}, 360.0)


@pytest.fixture(scope="module")
def carried(tmp_path_factory):
    """A run directory of a few batches that carry a state, not to be changed."""
    ledger = Ledger.create(tmp_path_factory.mktemp("carried") / "run", manifest())
    ledger.begin(BEGUN)
    for n in range(BATCHES):
        queries, trials = batch_of(n)
        ledger.append(n, queries, trials, 10.0 * (n + 1), queries[0].policy, state_of(n + 1))
    ledger.close()
    return ledger.path


@pytest.fixture
def broken(carried, tmp_path):
    """A copy of it to break."""
    return Path(shutil.copytree(carried, tmp_path / "run"))


def beginning(run):
    ledger = Ledger.open(run)
    try:
        return ledger.beginning()
    finally:
        ledger.close()


def same_state(a, b):
    return a.keys() == b.keys() and all(same(np.asarray(a[n]), b[n]) for n in a)


def test_a_state_comes_back_to_the_last_bit(carried, run):
    begun, (batches, warnings) = beginning(carried), reopen(carried)
    assert (begun.measured, begun.walked) == (BEGUN.measured, BEGUN.walked)
    assert not warnings
    assert [b.line for b in batches] == [2 + k * (2 * SIZE + 1) for k in range(BATCHES)]
    for number, state in enumerate([begun.state, *(b.state for b in batches)]):
        assert same_state(state_of(number), state)
    assert lines_of(carried)[0].startswith(b'{"event": "begin", "state": "')
    assert [c for c, _ in recommendations(carried)] == [10.0, 20.0, 30.0, 40.0]
    assert beginning(run).state is None
    assert all(b.state is None for b in reopen(run)[0])


def test_what_only_a_pickle_could_hold_is_never_written(tmp_path):
    ledger = Ledger.create(tmp_path / "run", manifest())
    for odd in (np.array([Bomb()]), np.array(["walk"]), np.array([1j])):
        with pytest.raises(TypeError, match=r"state.odd must be an array of numbers"):
            ledger.begin(Beginning({"odd": odd}))
    ledger.close()
    assert list((tmp_path / "run" / "arrays").iterdir()) == []
    assert lines_of(tmp_path / "run") == []


def test_a_beginning_in_flight_is_dropped_and_can_be_made_again(broken):
    lines = lines_of(broken)
    for cut in (1, 20, len(lines[0]) - 1):
        (broken / "events.jsonl").write_bytes(lines[0][:cut])
        assert beginning(broken).state is None
        assert lines_of(broken) == []
    ledger = Ledger.open(broken)
    ledger.begin(BEGUN)
    ledger.close()
    assert lines_of(broken) == lines[:1]


def test_the_beginning_is_kept_and_what_follows_it_in_flight_is_dropped(broken):
    lines = lines_of(broken)
    (broken / "events.jsonl").write_bytes(b"".join(lines[:4]) + lines[4][:9])
    found, (warning,) = reopen(broken)
    assert (found, lines_of(broken)) == ([], lines[:1])
    assert "after 0 batches were in flight" in warning
    assert same_state(state_of(0), beginning(broken).state)


@pytest.mark.parametrize("batches", [0, BATCHES])
@pytest.mark.parametrize("how", WAYS)
def test_a_corrupt_beginning_is_refused_and_nothing_is_cut(how, batches, broken):
    lines = lines_of(broken)[: 1 + batches * (2 * SIZE + 1)]
    lines[0] = corrupt(lines[0], how)
    (broken / "events.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(UsageError, match=r"events.jsonl line 1\b"):
        reopen(broken)
    assert lines_of(broken) == lines


@pytest.mark.parametrize("value", ["missing", ["wrong"], "wrong", {"rate": "x"}, None, -1.0])
@pytest.mark.parametrize("key", ["state", "measured", "walked"])
def test_a_beginning_that_is_none_is_refused(key, value, broken):
    lines = lines_of(broken)
    event = json.loads(lines[0]) | {key: value}
    if value == "missing":
        del event[key]
    (broken / "events.jsonl").write_bytes(json.dumps(event).encode() + b"\n" + b"".join(lines[1:]))
    for read in (beginning, reopen):
        with pytest.raises(UsageError, match=r"events.jsonl line 1 is no beginning of a run: "):
            read(broken)
    if key != "state" and value != -1.0:
        with pytest.raises(UsageError, match=r"events.jsonl line 1 is no event of a run"):
            show(broken)


def test_a_run_begins_once_and_first(broken):
    lines = lines_of(broken)
    for k in (1, 4, 2 * SIZE + 2, len(lines)):
        (broken / "events.jsonl").write_bytes(b"".join([*lines[:k], lines[0], *lines[k:]]))
        with pytest.raises(UsageError, match=rf"events.jsonl line {k + 1}\b"):
            reopen(broken)


@pytest.mark.parametrize("how", ["gone", "half", "another", "another bit", "another shape"])
def test_a_state_that_is_not_the_one_written_is_refused(how, broken):
    file = broken / "arrays" / "begin.npz"
    arrays = read_npz(file)
    if how == "gone":
        file.unlink()
    elif how == "half":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif how == "another":
        shutil.copy(broken / "arrays" / "000000.npz", file)
    else:
        arrays["state.counter"][0] ^= np.uint64(how == "another bit")
        arrays["state.tick"] = arrays["state.tick"].reshape((1,) if how == "another shape" else ())
        write_npz(file, arrays)
    with pytest.raises(UsageError, match=r"line 1 is no beginning of a run: begin.npz"):
        reopen(broken)


def test_a_state_without_its_beginning_is_refused(broken):
    (broken / "events.jsonl").write_bytes(b"".join(lines_of(broken)[1:]))
    with pytest.raises(UsageError, match=r"lines 1–7 are no batch of a run: the run began with nothing to carry on"):
        reopen(broken)


@pytest.mark.parametrize("lost", [["counter"], list(state_of(0))])
def test_a_batch_without_the_state_is_refused(lost, broken):
    file, lines = broken / "arrays" / "000001.npz", lines_of(broken)
    arrays = {name: a for name, a in read_npz(file).items() if name.removeprefix("state.") not in lost}
    write_npz(file, arrays)
    end = json.loads(lines[4 * SIZE + 2]) | {"arrays": digest_of(arrays)}
    lines[4 * SIZE + 2] = json.dumps(end).encode() + b"\n"
    (broken / "events.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(UsageError, match=r"lines 9–15 are no batch of a run: the run began with counter, delays"):
        reopen(broken)


@pytest.mark.parametrize("truth", [{"score": -3.5, "rate": None}, {}])
def test_the_truth_comes_back_and_leaves_no_trace_where_there_is_none(truth, tmp_path):
    queries, trials = batch_of(0)
    ledger = Ledger.create(tmp_path / "run", manifest())
    ledger.append(0, queries, [replace(t, truth=truth) for t in trials], 10.0, queries[0].policy)
    ledger.close()
    ((batch,), _) = reopen(tmp_path / "run")
    assert [t.truth for t in batch.trials] == [truth] * SIZE
    assert sum(b'"truth"' in line for line in lines_of(tmp_path / "run")) == (SIZE if truth else 0)


# manifests


@pytest.mark.parametrize("key", ["task", "fields", "space", "optimizer", "settings", "seed", "budget", "versions"])
@pytest.mark.parametrize("value", ["missing", None, [3]])
def test_a_manifest_without_what_it_needs_is_refused_by_name(key, value, run):
    data = json.loads((run / "run.json").read_text())
    data[key] = value
    if value == "missing":
        del data[key]
    write_json(run / "run.json", data)
    for read in (read_manifest, Ledger.open):
        with pytest.raises(UsageError, match=f"run.json is no manifest of a run: it has no usable .*{key}"):
            read(run)


@pytest.mark.parametrize("schema", [None, 0, SCHEMA + 1, "1"])
def test_another_schema_is_refused(schema, run):
    write_json(run / "run.json", {**manifest(), "schema": schema})
    with pytest.raises(UsageError, match=rf"run.json has schema .*; this version reads schema {SCHEMA}"):
        Ledger.open(run)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"schema": NaN}', '{"seed": 1e999}', "\x00\xff", "[" * 100_000, "{}"]
)
def test_what_is_no_manifest_is_refused(text, run):
    (run / "run.json").write_text(text)
    with pytest.raises(UsageError, match=r"run.json (is not a JSON object|has schema)"):
        Ledger.open(run)


def test_a_directory_that_is_no_run_is_refused_and_left_as_it_was(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(UsageError, match=r"is no run directory: it has no run.json"):
            Ledger.open(place)
    assert list(tmp_path.iterdir()) == []


def test_a_result_that_is_none_is_refused(run):
    with pytest.raises(UsageError, match="is not finished; go on with: gait resume"):
        read_result(run)
    (run / "result.json").write_text('{"start": 1}')
    with pytest.raises(UsageError, match=r"result.json is no result of a run: it has no recommended, seconds"):
        read_result(run)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_never_written(value, tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        append_lines(tmp_path / "lines", [{"a": value}])
    assert not (tmp_path / "lines").exists()
    write_json(tmp_path / "file.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "file.json", {"a": value})
    assert read_json(tmp_path / "file.json") == {"a": 1}
