"""Participants: who can be asked to walk. Size, strength, reflex gains and starting posture, read as data."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gait.errors import UsageError
from gait.files import read_json, write_json
from gait.human.body import Stature
from gait.human.reflexes import GAINS
from gait.models import model_path

POSTURE = {
    "i_th": (0.0873, -0.175, 0.349), "i_vx": (1.3, 0.6, 1.8), "i_hs": (0.0, -0.524, 0.524),
    "i_ks": (0.1047, 0.035, 0.698), "i_as": (0.0524, -0.349, 0.349), "i_hw": (0.1745, -0.524, 0.873),
    "i_kw": (0.8727, 0.035, 1.571), "i_aw": (0.0, -0.349, 0.349), "i_aVAS": (0.1, 0.01, 0.9),
    "i_aSOL": (0.1, 0.01, 0.9), "i_aHFL": (0.2, 0.01, 0.9), "i_aGLU": (0.1, 0.01, 0.9),
}  # fmt: skip
"""Start of a walk (default, low, high): lean [rad], speed [m/s]; hip, knee, ankle of stance and swing leg [rad];
activations of the stance leg's vasti and soleus, the swing leg's hip flexors and the stance leg's glutei."""

TRAITS = {"strength": (0.5, 2.0), "tendon": (0.5, 2.0), "slow_more": (-0.2, 0.2), "stride_time": (0.9, 1.5)}
"""Lowest and highest of what makes a body beyond its size; see `Participant`."""


@dataclass(frozen=True)
class Participant:
    """One simulated person.

    Raises:
      UsageError: a gain or posture entry is missing, unknown, or out of range.
    """

    name: str
    stature: Stature
    gains: Mapping[str, float]
    """By the names of `gait.human.reflexes.GAINS`."""
    posture: Mapping[str, float]
    """By the names of `POSTURE`."""
    strength: float = 1.0
    """Muscle forces over Geyer & Herr's, beyond what body mass brings."""
    tendon: float = 1.0
    """Stiffness of the tendons over Geyer & Herr's."""
    slow_more: float = 0.0
    """Added to each muscle's share of slow-twitch fibres."""
    stride_time: float = 1.2
    """The stride it likes at 1.25 m/s [s]: what its gains were tuned for."""
    made: str = field(default="", compare=False)
    """How: command, cost, criteria."""
    held_out: bool = field(default=False, compare=False)
    """Whether methods are not to be tried out on this person: who is kept for the final study."""

    def __post_init__(self) -> None:
        bounds = {g.name: (g.low, g.high) for g in GAINS}
        _check(self.name, "gain", self.gains, bounds)
        _check(self.name, "posture", self.posture, {k: v[1:] for k, v in POSTURE.items()})
        _check(self.name, "trait", {k: getattr(self, k) for k in TRAITS}, TRAITS)

    def digest(self) -> str:
        """A hash of all that makes this person walk as it does."""
        data = [self.stature.mass, self.stature.height, *(getattr(self, k) for k in TRAITS),
                sorted(self.gains.items()), sorted(self.posture.items())]  # fmt: skip
        return hashlib.sha256(json.dumps(data).encode()).hexdigest()[:16]

    @property
    def about(self) -> str:
        """The person's size."""
        return f"{self.stature.mass:g} kg, {self.stature.height:.2f} m"

    def title(self) -> str:
        """The person in a few words."""
        return f"participant {self.name} · {self.about}"


def _check(who: str, what: str, values: Mapping[str, float], bounds: Mapping[str, tuple[float, ...]]) -> None:
    wrong = sorted(values.keys() ^ bounds.keys())
    if wrong:
        kind = "unknown" if wrong[0] in values else "missing"
        raise UsageError(f"participant {who}: {what} {wrong[0]} is {kind}.")
    for name, (low, high) in bounds.items():
        if not (math.isfinite(values[name]) and low <= values[name] <= high):
            raise UsageError(f"participant {who}: {name}={values[name]:g} must lie within [{low:g}, {high:g}].")


def shipped() -> Path:
    """The file of the participants that come with the package."""
    return model_path("human/participants.json")


def participant_names(path: Path | None = None) -> list[str]:
    """Names of the participants in a file."""
    return [str(p["name"]) for p in _read(path or shipped())]


def studied_names() -> list[str]:
    """Names of those that methods may be tried out on: who isn't held out."""
    return [name for name in participant_names() if not find_participant(name).held_out]


def find_participant(name: str, path: Path | None = None) -> Participant:
    """The participant of this name.

    Raises:
      UsageError: there is none, or the file is broken.
    """
    people = {str(p["name"]): p for p in _read(path or shipped())}
    if name not in people:
        raise UsageError(f"unknown participant {name!r}. Participants: {', '.join(people)}.")
    return read_participant(people[name])


def read_participant(data: Mapping[str, Any]) -> Participant:
    """A participant from plain data, as in participants.json."""
    try:
        found = Participant(
            str(data["name"]), Stature(float(data["mass"]), float(data["height"])),
            {str(k): float(v) for k, v in data["gains"].items()},
            {str(k): float(v) for k, v in data["posture"].items()},
            **{k: float(data[k]) for k in TRAITS if k in data}, made=str(data.get("made", "")),
            held_out=data.get("held_out") is True,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"participant {data.get('name', '?')}: broken entry ({error}).") from None
    if data.get("digest", found.digest()) != found.digest():
        raise UsageError(
            f"participant {found.name}: what makes it walk was changed since it was frozen; its digest is "
            f"{found.digest()}, not {data['digest']}."
        )
    return found


def write_participant(person: Participant, path: Path | None = None) -> Participant:
    """Put a person into a file, in place of one of the same name; the person as it will be read back.

    Gains and posture are rounded to six decimals and frozen: the entry holds their digest.
    """
    path = path or shipped()
    entry: dict[str, Any] = {
        "name": person.name, "mass": person.stature.mass, "height": person.stature.height,
        **{k: getattr(person, k) for k in TRAITS}, "held_out": person.held_out,
        "gains": {k: round(v, 6) for k, v in person.gains.items()},
        "posture": {k: round(v, 6) for k, v in person.posture.items()}, "made": person.made,
    }  # fmt: skip
    frozen = read_participant(entry)
    people = [q for q in _read(path) if q["name"] != person.name] if path.exists() else []
    people.append(entry | {"digest": frozen.digest()})
    write_json(path, {"participants": sorted(people, key=lambda q: (len(str(q["name"])), str(q["name"])))})
    return frozen


def _read(path: Path) -> list[dict[str, Any]]:
    people = read_json(path).get("participants")
    if not (isinstance(people, list) and all(isinstance(p, dict) and "name" in p for p in people)):
        raise UsageError(f"{path} holds no list of participants.")
    return people
