"""Read the model of a quadruped that nobody described, propose its description, and see whether that holds."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from gait.errors import UsageError
from gait.robots.chains import find_legs, find_trunk
from gait.robots.drives import Servo, command_interval, doubt_home, leg_drives, propose_servo
from gait.robots.feet import find_foot
from gait.robots.home import Body, Stance, find_home, kinematics, stance
from gait.robots.mjcf import Array, Notes, one_line, read_spec, set_free
from gait.robots.sides import name_legs
from gait.robots.verify import REACHED, Stand, reach_errors, stand


@dataclass(frozen=True)
class Check:
    """A proposed description, what is behind it, and what came of it."""

    file: str
    """The model's file."""
    description: dict[str, Any]
    """As `gait.robots` reads it from a TOML."""
    told: tuple[str, ...]
    """What was inferred, and how."""
    doubts: tuple[str, ...]
    """What could not be, or does not fit together."""
    reach: dict[str, float]
    """Largest distance of each foot from its targets [m]."""
    stand: Stand
    usable: bool
    """Whether the model can be used as it is."""

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return self.usable and self.stand.stood and max(self.reach.values()) < self._tolerance

    @property
    def _tolerance(self) -> float:
        return REACHED * float(self.description["hip_height"])

    @property
    def verdict(self) -> str:
        """One sentence."""
        far = {name: e for name, e in self.reach.items() if e >= self._tolerance}
        wrong = [] if self.usable else ["the model has to be changed first"]
        if far:
            wrong.append("feet miss places near home by up to "
                         + ", ".join(f"{1e3 * e:.0f} mm ({name})" for name, e in far.items()))  # fmt: skip
        s = self.stand
        how = f"lowest at {100 * s.height:.0f} % of its height, tilt up to {s.tilt:.1f}°, sag {1e3 * s.sag:.1f} mm"
        if not s.stood:
            wrong.append(f"it doesn't stand for 2 s: {how}")
        if wrong:
            return f"not ok: {'; '.join(wrong)}."
        return f"ok: feet reach all places near home within {1e3 * max(self.reach.values()):.2f} mm; stands 2 s, {how}."

    def lines(self) -> list[str]:
        """The verdict, what was inferred, what is doubtful."""
        return [f"{self.file}: {self.verdict}", *self.told, *(f"Doubt: {d}" for d in self.doubts)]

    def toml(self) -> str:
        """The description as TOML, with the lines as comments above it."""
        comments = "".join(f"# {one_line(line)}\n" for line in self.lines())
        plain = {k: v for k, v in self.description.items() if not isinstance(v, dict)}
        blocks = [_block("", plain)]
        if "servo" in self.description:
            blocks.append(_block("servo", self.description["servo"]))
        blocks += [_block(f"legs.{name}", leg) for name, leg in self.description["legs"].items()]
        return comments + "\n".join(blocks)

    def data(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {
            "file": self.file, "ok": self.ok, "verdict": self.verdict, "description": self.description,
            "inferred": list(self.told), "doubts": list(self.doubts), "reach_error": self.reach,
            "stand": {**asdict(self.stand), "stood": self.stand.stood},
        }  # fmt: skip


def check_robot(path: Path, out: Path | None = None) -> Check:
    """Propose a description of the quadruped in an MJCF; verify it.

    Args:
      path: the MJCF; it is data, and nothing in it is trusted.
      out: where the description is to lie: its `model` is named relative to that folder if it lies in it.

    Raises:
      UsageError: it isn't a quadruped; what is missing is named.
    """
    file, notes = path.name, Notes()
    spec, model = read_spec(path, notes)
    trunk, free = find_trunk(model, file, notes)
    if not free:
        model = set_free(spec, model.body(trunk).name, file)
        trunk = model.body(model.body(trunk).name).id
    body, home = _measure(model, trunk, file, notes)
    at = stance(body, home)
    drive = leg_drives(model, body.legs.values(), file, notes)
    doubt_home(body, home, notes)
    servo = propose_servo(body, home, at.hip_height, notes) if drive == "motor" else None
    knees = ", ".join(f"{n} {k}" for n, k in zip(body.legs, at.knees, strict=True))
    notes.told.append(f"knees: {knees}; hips at {100 * at.reach:.0f} % of the legs' reach.")
    description = _describe(path, out, body, home, at, servo, command_interval(model, notes))
    stood = stand(body, home, at.hip_height, _ground(model), servo)
    reach = reach_errors(body, home, at.hip_height)
    return Check(file, description, tuple(notes.told), tuple(notes.doubts), reach, stood, free)


def _measure(model: mujoco.MjModel, trunk: int, file: str, notes: Notes) -> tuple[Body, Array]:
    """Legs, feet and home; feet are looked for again at home, where it counts."""
    legs, pose = find_legs(model, trunk, file, notes)
    data = kinematics(model, pose)
    forward, named = name_legs(model, data, trunk, legs, file, notes)
    feet = {name: find_foot(model, data, leg, file, Notes()) for name, leg in named.items()}
    body = Body(model, trunk, forward, named, feet)
    home = find_home(body, file, notes)
    data = kinematics(model, home)
    feet = {name: find_foot(model, data, leg, file, notes) for name, leg in named.items()}
    moved = [name for name in feet if feet[name].geom != body.feet[name].geom]
    if moved:
        notes.doubts.append(f"At home other geoms of {', '.join(moved)} are lowest than where the legs were told.")
    radii = {name: foot.radius for name, foot in feet.items()}
    if max(radii.values()) - min(radii.values()) > 1e-4:
        each = ", ".join(f"{n} {r:.4g} m" for n, r in radii.items())
        notes.doubts.append(f"The feet have different radii ({each}); foot_radius is their mean.")
    return Body(model, trunk, forward, named, feet), home


def _describe(
    path: Path, out: Path | None, body: Body, home: Array, at: Stance, servo: Servo | None, interval: float
) -> dict[str, Any]:
    m = body.model
    full = path.resolve()
    title = full.parent.name if full.stem in full.parent.name else full.stem
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "robot"
    count = sum(len(leg.joints) for leg in body.legs.values())
    what = "torque motors" if servo else "position servos"
    folder = (out.parent if out else Path()).resolve()
    return {
        "name": name,
        "about": f"{name}: {m.body_subtreemass[body.trunk]:.1f} kg, {count} {what}",
        "model": (full.relative_to(folder) if full.is_relative_to(folder) else full).as_posix(),
        "trunk": m.body(body.trunk).name,
        "forward": body.forward,
        "command_interval": interval,
        "hip_height": round(at.hip_height, 4),
        "foot_radius": round(float(np.mean([f.radius for f in body.feet.values()])), 5),
        "controller": "bezier",
        "heading_hold": round(1.0 / at.hip_height, 1),
        **({"servo": {"kp": servo.kp, "kd": servo.kd}} if servo else {}),
        "legs": {
            name: {
                "joints": [m.joint(j).name for j in leg.joints],
                "actuators": [m.actuator(a).name for a in leg.actuators],
                "foot": body.feet[name].reference,
                "home": [round(float(home[m.jnt_qposadr[j]]), 4) + 0.0 for j in leg.joints],
            }
            for name, leg in body.legs.items()
        },
    }  # fmt: skip


def _ground(model: mujoco.MjModel) -> float:
    """Height of the world's plane [m]."""
    planes = (model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE) & (model.geom_bodyid == 0)
    return float(model.geom_pos[planes, 2][0])


def _block(name: str, values: dict[str, Any]) -> str:
    """A table of TOML; JSON's strings, numbers and lists are TOML's, but for the delete character."""
    head = f"[{name}]\n" if name else ""
    texts = {k: json.dumps(v, ensure_ascii=False).replace("\x7f", "\\u007f") for k, v in values.items()}
    return head + "".join(f"{k} = {v}\n" for k, v in texts.items())


def write_description(check: Check, out: Path) -> None:
    """Write the TOML; a file that is there stays.

    Raises:
      UsageError: it is there already.
    """
    if out.exists():
        raise UsageError(f"{out} is there already: name another file, or remove it.")
    out.write_text(check.toml(), encoding="utf-8")
