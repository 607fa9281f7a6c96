"""Laws of participants: read as data, wholly checked, told apart by what makes them walk as they do."""

import dataclasses
import json
import math

import numpy as np
import pytest
from people import GAINS, POSTURE, person

from gait.errors import UsageError
from gait.human import participants
from gait.human.body import Stature
from gait.human.cohort import FIRST, draw
from gait.human.participants import (
    Participant,
    find_participant,
    participant_names,
    read_participant,
    shipped,
    write_participant,
)
from gait.human.reflexes import GAINS as RANGES


def entry(name="1", **changes):
    """A participant as participants.json has it."""
    data = {"name": name, "mass": 80.0, "height": 1.8, "strength": 1.0, "gains": dict(GAINS), "posture": dict(POSTURE)}
    return data | changes


def write(path, *entries):
    path.write_text(json.dumps({"participants": entries}))
    return path


def test_reading_back_what_was_written_gives_the_same_person(tmp_path):
    who = person("one", mass=63.5, height=1.71, strength=0.9, GSOL=1.2345678901234567)
    data = {"name": who.name, "mass": who.stature.mass, "height": who.stature.height, "strength": who.strength,
            "gains": dict(who.gains), "posture": dict(who.posture), "made": "by hand"}  # fmt: skip
    path = write(tmp_path / "people.json", entry("other"), data)
    assert participant_names(path) == ["other", "one"]
    again = find_participant("one", path)
    assert again == who
    assert again.digest() == who.digest()
    assert again.made == "by hand"


def test_what_an_entry_leaves_out_has_its_default():
    data = entry()
    del data["strength"]
    assert read_participant(data) == person("1")
    assert read_participant(data).made == ""


def test_an_unknown_name_is_told_the_names(tmp_path):
    path = write(tmp_path / "people.json", entry("anna"), entry("ben"))
    with pytest.raises(UsageError, match=r"'carl'.*anna, ben"):
        find_participant("carl", path)


def test_shipped_people_are_all_readable():
    names = participant_names()
    assert names
    assert len(set(names)) == len(names)
    for name in names:
        assert find_participant(name).name == name


@pytest.mark.parametrize(("what", "name"), [("gains", "GSOL"), ("posture", "i_vx")])
def test_missing_unknown_and_impossible_entries_are_named(what, name):
    values = entry()[what]
    less = {k: v for k, v in values.items() if k != name}
    with pytest.raises(UsageError, match=f"participant 1.*{name} is missing"):
        read_participant(entry(**{what: less}))
    with pytest.raises(UsageError, match=r"participant 1.*nonsense is unknown"):
        read_participant(entry(**{what: values | {"nonsense": 1.0}}))
    for value in (-1.0, 99.0, math.nan, math.inf):
        with pytest.raises(UsageError, match=rf"participant 1: {name}=.*must lie within \["):
            read_participant(entry(**{what: values | {name: value}}))


def test_each_gain_and_posture_entry_is_held_within_its_range():
    ranges = {g.name: (g.low, g.high) for g in RANGES} | {k: v[1:] for k, v in participants.POSTURE.items()}
    for name, (low, high) in ranges.items():
        for value in (low, high):
            person(**{name: value})
        for value in (np.nextafter(low, -np.inf), np.nextafter(high, np.inf)):
            with pytest.raises(UsageError, match=name):
                person(**{name: float(value)})


@pytest.mark.parametrize("field", ["name", "mass", "height", "gains", "posture"])
def test_an_entry_without_what_it_needs_is_named(field):
    data = entry("anna")
    del data[field]
    with pytest.raises(UsageError, match=field):
        read_participant(data)


@pytest.mark.parametrize(
    "changes",
    [{"mass": "heavy"}, {"mass": None}, {"mass": 300.0}, {"height": float("nan")}, {"strength": 0.1},
     {"strength": float("nan")}, {"gains": [1, 2]}, {"gains": 3}, {"gains": None}, {"posture": {"i_vx": "fast"}},
     {"gains": GAINS | {"GSOL": None}}],
)  # fmt: skip
def test_broken_entries_are_refused(changes):
    with pytest.raises(UsageError):
        read_participant(entry("anna", **changes))


@pytest.mark.parametrize("entry_of", [[], "anna", 3, None])
def test_an_entry_that_is_no_object_is_refused(tmp_path, entry_of):
    path = write(tmp_path / "people.json", entry_of)
    with pytest.raises(UsageError, match=r"people\.json"):
        find_participant("anna", path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"participants": 3}', '{"participants": [3]}', '{"participants": [{}]}',
             '{"participants": [{"name": "1", "mass": NaN}]}', "[" * 100_000],
)  # fmt: skip
def test_a_broken_file_is_named(tmp_path, text):
    path = tmp_path / "people.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"people\.json"):
        participant_names(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"nobody\.json"):
        find_participant("1", tmp_path / "nobody.json")


def test_digest_tells_people_apart_by_all_that_makes_them_walk():
    base = person()
    changed = [dataclasses.replace(base, stature=Stature(80.0, 1.81)), dataclasses.replace(base, strength=1.01),
               dataclasses.replace(base, stature=Stature(80.1, 1.8)), dataclasses.replace(base, tendon=1.01),
               dataclasses.replace(base, slow_more=0.01), dataclasses.replace(base, stride_time=1.21)]  # fmt: skip
    for g in RANGES:
        changed.append(person(**{g.name: g.low if base.gains[g.name] != g.low else g.high}))
    for name, (_, low, high) in participants.POSTURE.items():
        changed.append(person(**{name: low if base.posture[name] != low else high}))
    digests = {p.digest() for p in changed}
    assert len(digests) == len(changed)
    assert base.digest() not in digests
    least = np.nextafter(base.gains["GSOL"], 1.0)
    assert person(GSOL=float(least)).digest() != base.digest()


def test_digest_does_not_depend_on_name_story_or_order():
    base = person()
    shuffled = Participant("other", base.stature, dict(reversed(base.gains.items())),
                           dict(reversed(base.posture.items())), made="otherwise")  # fmt: skip
    assert shuffled.digest() == base.digest()


def test_title_says_who():
    assert person("anna", mass=63.0, height=1.7).title() == "participant anna · 63 kg, 1.70 m"


def test_who_was_written_is_read_back_and_frozen(tmp_path):
    path = tmp_path / "people.json"
    who = dataclasses.replace(person("12", mass=63.5), tendon=1.125, slow_more=-0.05, stride_time=1.1, held_out=True,
                              made="by hand")  # fmt: skip
    frozen = write_participant(who, path)
    assert frozen == find_participant("12", path)
    assert (frozen.held_out, frozen.made, frozen.tendon) == (True, "by hand", 1.125)
    for name in ("3", "1", "12"):
        write_participant(person(name), path)
    assert participant_names(path) == ["1", "3", "12"]
    assert not find_participant("12", path).held_out


def test_somebody_changed_since_it_was_frozen_is_refused(tmp_path):
    path = tmp_path / "people.json"
    write_participant(person("1"), path)
    data = json.loads(path.read_text())
    data["participants"][0]["gains"]["GSOL"] += 1e-6
    path.write_text(json.dumps(data))
    with pytest.raises(UsageError, match=r"participant 1: what makes it walk was changed since it was frozen"):
        find_participant("1", path)


@pytest.mark.parametrize(
    ("trait", "value"), [("tendon", 0.4), ("slow_more", 0.3), ("stride_time", 2.5), ("strength", 3)]
)
def test_a_trait_out_of_its_range_is_refused(trait, value):
    with pytest.raises(UsageError, match=rf"participant anna: {trait}={value} must lie within"):
        read_participant(entry("anna", **{trait: value}))


def test_shipped_people_are_frozen_and_as_drawn():
    people = {name: find_participant(name) for name in participant_names()}
    for name, who in people.items():
        if name == FIRST:
            continue
        drawn = draw(name)
        assert (who.stature, who.strength, who.tendon, who.slow_more, who.stride_time, who.held_out) == (
            drawn.stature, drawn.strength, drawn.tendon, drawn.slow_more, drawn.stride_time, drawn.held_out
        )  # fmt: skip
        assert "9 of 9 walks" in who.made
    digests = {json.loads(json.dumps(p))["digest"] for p in json.loads(shipped().read_text())["participants"]}
    assert len(digests) == len(people)
