"""Stability margins of a walk: how far the centre of mass, and the zero-moment point, are from the support's edge.

Static and longitudinal margin: McGhee & Frank, Math. Biosciences 3 (1968) 331. Zero-moment point: Vukobratović &
Borovac, Int. J. Humanoid Robotics 1 (2004) 157; here of a point mass at the centre of mass, without angular momentum.
A trot, pace or bound stands on two feet or none most of the time: its static margins say little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gait.analysis.body import Array, Body, acceleration
from gait.analysis.contacts import Bools

LEAST_WEIGHT = 0.1
"""Where the ground carries less than this share of the weight there is no zero-moment point."""


@dataclass(frozen=True)
class Margins:
    """Distances [m], inside positive; means over the frames that have one, None where none has."""

    statically_stable: float
    """Fraction of the time with three feet down or more and the centre of mass above their polygon."""
    static_margin: float | None
    static_margin_least: float | None
    longitudinal_margin: float | None
    zmp_margin: float | None
    """Of the zero-moment point in the polygon of three feet or more."""
    zmp_line_distance: float | None
    """From the zero-moment point to the segment between the feet, where two are down; at least 0."""


def margins(time: Array, body: Body, contacts: Bools, gravity: float = 9.81) -> Margins:
    """Margins of a walk: W evenly spaced moments (W,) [s], three or more, and contacts (W, 4)."""
    feet, com = body.feet[..., :2], body.com
    zmp = zero_moment_points(com, acceleration(time, com), gravity)
    headings = np.stack([np.cos(body.angles[:, 0]), np.sin(body.angles[:, 0])], axis=1)
    frames = range(len(time))
    held = [feet[k][contacts[k]] for k in frames]
    static = _known([static_margin(com[k, :2], held[k]) for k in frames])
    lengthwise = _known([longitudinal_margin(com[k, :2], held[k], headings[k]) for k in frames])
    pressed = [k for k in frames if np.isfinite(zmp[k]).all()]
    on_three = _known([static_margin(zmp[k], held[k]) for k in pressed])
    on_two = np.array([-signed_distance(zmp[k], held[k]) for k in pressed if len(held[k]) == 2])
    return Margins(
        statically_stable=float((static > 0).sum()) / len(time),
        static_margin=_mean(static),
        static_margin_least=float(static.min()) if len(static) else None,
        longitudinal_margin=_mean(lengthwise),
        zmp_margin=_mean(on_three),
        zmp_line_distance=_mean(on_two),
    )


def static_margin(point: Array, feet: Array) -> float | None:
    """Signed distance [m] of a point (2,) to the edge of the polygon of `feet` (k, 2); None with fewer than three."""
    return signed_distance(point, feet) if len(feet) >= 3 else None


def longitudinal_margin(point: Array, feet: Array, heading: Array) -> float | None:
    """The same along a heading, a unit vector (2,): the lesser of the ways ahead and back to the polygon's edge.

    Negative where the polygon lies wholly ahead or behind; None with fewer than three feet, or if it lies aside.
    """
    if len(feet) < 3:
        return None
    across = np.array([-heading[1], heading[0]])
    offsets = convex_hull(feet) - point
    x, y = offsets @ heading, offsets @ across
    crossings = []
    for k in range(len(x)):
        (x0, y0), (x1, y1) = (x[k - 1], y[k - 1]), (x[k], y[k])
        if min(y0, y1) <= 0 <= max(y0, y1) and y0 != y1:
            crossings.append(x0 - y0 * (x1 - x0) / (y1 - y0))
    return float(min(max(crossings), -min(crossings))) if crossings else None


def signed_distance(point: Array, feet: Array) -> float:
    """Distance [m] of a point (2,) to the edge of the convex hull of `feet` (k, 2), k ≥ 1; negative outside."""
    corners = convex_hull(feet)
    edges = np.roll(corners, -1, axis=0) - corners
    offsets = point - corners
    lengths = np.maximum((edges**2).sum(axis=1), 1e-300)
    nearest = np.clip((offsets * edges).sum(axis=1) / lengths, 0.0, 1.0)
    distance = float(np.hypot(*(offsets - nearest[:, None] * edges).T).min())
    inside = len(corners) >= 3 and bool((edges[:, 0] * offsets[:, 1] - edges[:, 1] * offsets[:, 0] >= 0).all())
    return distance if inside else -distance


def convex_hull(points: Array) -> Array:
    """Corners (h, 2) of the convex hull of points (k, 2), counter-clockwise: Andrew's monotone chain (1979)."""
    ordered = sorted({(float(x), float(y)) for x, y in points})
    if len(ordered) < 3:
        return np.array(ordered)
    halves = []
    for chain in (ordered, ordered[::-1]):
        half: list[tuple[float, float]] = []
        for p in chain:
            while len(half) > 1 and _turn(half[-2], half[-1], p) <= 0:
                half.pop()
            half.append(p)
        halves += half[:-1]
    return np.array(halves)


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Above 0 where a → b → c turns left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def zero_moment_points(com: Array, accelerations: Array, gravity: float = 9.81) -> Array:
    """(W, 2) x − z / (g + z̈) · ẍ [m] of centres of mass (W, 3) on a floor at z = 0; NaN where nothing presses on it."""
    press = gravity + accelerations[:, 2]
    known = press > LEAST_WEIGHT * gravity
    arm = com[:, 2] / np.where(known, press, np.nan)
    points: Array = com[:, :2] - arm[:, None] * accelerations[:, :2]
    return points


def _known(values: list[float | None]) -> Array:
    return np.array([v for v in values if v is not None], float)


def _mean(values: Array) -> float | None:
    return float(values.mean()) if len(values) else None
