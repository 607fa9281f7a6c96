"""Where a video's panes lie, and how long its title card and a fall are shown."""

from __future__ import annotations

from dataclasses import dataclass

from gait.errors import UsageError
from gait.view.panel import FOOTER, HEADER, HEIGHT

TITLE_SECONDS = 1.0
FALL_SECONDS = 1.0
"""A fall at the very end is shown for this long."""
_GAP = 4


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What all panes have in common; lengths in pixels.

    Raises:
      UsageError: `size` (width, height) or `fps` make no video.
    """

    size: tuple[int, int]
    fps: int
    panes: int
    below: int = FOOTER
    """Height below the pictures, of 720."""

    def __post_init__(self) -> None:
        if self.fps < 1:
            raise UsageError(f"{self.fps} frames a second: a video needs at least 1.")
        if min(self.view) < 48:
            raise UsageError(f"a video of {self.size[0]}x{self.size[1]} pixels leaves no room for the pictures.")

    @property
    def scale(self) -> float:
        """Pixels a layout unit."""
        return self.size[1] / HEIGHT

    @property
    def gap(self) -> int:
        """Width of the line between panes."""
        return round(_GAP * self.scale)

    @property
    def pane(self) -> tuple[int, int]:
        """Width and height of one pane."""
        return (self.size[0] - self.gap * (self.panes - 1)) // self.panes, self.size[1]

    @property
    def header(self) -> int:
        """Height of the strip above the picture."""
        return round(HEADER * self.scale)

    @property
    def footer(self) -> int:
        """Height of the strip below the picture."""
        return round(self.below * self.scale)

    @property
    def view(self) -> tuple[int, int]:
        """Width and height of a pane's picture."""
        return self.pane[0], self.size[1] - self.header - self.footer
